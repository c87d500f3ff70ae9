"""The reference table that a test holds the model to: the headline arrangements on the small place.

Figures of the model move only by a commit that begins with ``MODEL:``, moves this table and says by how much.
Run as ``uv run python experiments/_reference.py``; writes ``results/reference/headline_milltown.csv`` and prints every
mean that moved.
"""

from pathlib import Path

import pandas as pd

import sim
from sim.cli import HEADLINE

FILE = Path(__file__).parent.parent / "results" / "reference" / "headline_milltown.csv"
MEASURES = [
    "promised", "gross_avoided", "case_finding", "backfill_unmet_need", "backfill_threshold", "stranded_unclosed",
    "cash_released", "returned_to_centre", "retained", "programme_cost", "net_position", "family_years_spared",
    "self_sustaining",
]  # fmt: skip


def headline():
    """Mean and 5 to 95% range of the main measures of each headline arrangement on milltown, seeds 1 to 10."""
    summary = sim.compare(list(HEADLINE), "milltown", seed=1, replicates=10).summary
    total = summary[summary["agency"] == "all"].set_index(["arrangement", "measure"])
    return total.loc[[(name, measure) for name in HEADLINE for measure in MEASURES], ["mean", "p05", "p95"]]


def text(table):
    """The table as its file has it: every digit."""
    return table.to_csv(lineterminator="\n")


def moved(table):
    """Means that differ from those of the file, a line each."""
    if not FILE.exists():
        return []
    before = pd.read_csv(FILE, index_col=[0, 1])["mean"]
    both = table[["mean"]].join(before.rename("before"), how="left")
    other = both[both["mean"] != both["before"]]
    return [f"{name} {measure}: {old:,.6g} to {new:,.6g}" for (name, measure), new, old in other.itertuples()]


if __name__ == "__main__":
    made = headline()
    print("\n".join(moved(made)) or "Nothing moved.")
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(made), encoding="utf-8", newline="")

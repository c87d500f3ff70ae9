"""Which arrangement is best on cash, on people helped and on risk, under three sets of assumptions and at equal money.

Every shipped arrangement is compared on the same place and the same luck, first with the money it can raise and then
with the same money each. A winner that only one set of assumptions makes is no winner.
Run as ``uv run python experiments/who_wins.py``; fills the tables of ``docs/who_wins.md``. Takes half an hour.
"""

import os

from _tables import fill
from _who_wins import every_arrangement, undominated, winners

from sim.api import compare_points

SETS = {
    "as shipped": {},
    "cash can follow": {"services.threshold_drift": 0, "agencies.decommissioning": 1, "departments.review_years": 10},
    "half the effect, fair measurement": {"programmes.effect_scale": 0.5, "measurement.design": "waiting_list"},
}
WORKERS = os.cpu_count()
MONEY = {"what each can raise": 0, "the same for each": 2_000_000}  # pounds a year per million people


def simulate(arrangements=("all",), place="birmingham_2010", families=None, replicates=10, workers=WORKERS):
    """Comparisons by (set of assumptions, money)."""
    points = {
        (name, money): {**settings, "comparison.envelope": envelope}
        for name, settings in SETS.items()
        for money, envelope in MONEY.items()
    }
    return compare_points(
        points, list(arrangements), place=place, replicates=replicates, families=families, workers=workers
    )


def write(comparisons, folder="docs"):
    """Fill the tables of the page."""
    tables = {"winners": winners(comparisons), "undominated": undominated(comparisons)}
    for money in MONEY:
        chosen = {name: result for (name, how), result in comparisons.items() if how == money}
        tables[money.replace(" ", "_")] = every_arrangement(chosen)
    fill(folder, "who_wins", **tables)


if __name__ == "__main__":
    write(simulate())

"""Which friction takes which part of the savings.

In the frictionless corner (no unmet need, drift, case finding or fixed cost) every pound of service use avoided is cash.
From there one friction after another goes to the value of the place's data, and the leak that bears its name is
compared over paired seeds. A plan met by a grant buys the same programmes at every point, whatever the money does.
Run as ``uv run python experiments/leaks.py``; fills the tables of ``docs/leaks.md`` and draws its figure.
"""

import os

from _tables import LEAKS, by_replicate, draw_leaks, fill, table, with_interval

from sim.api import compare_points

UNMET, DRIFT, FOUND, FIXED, BLOCK, NOTICE = (
    "services.unmet_need_scale", "services.threshold_drift", "families.case_finding",
    "services.fixed_share_scale", "services.block_scale", "services.notice_scale",
)  # fmt: skip
CORNER, BARE = {UNMET: 0, DRIFT: 0, FOUND: 0, FIXED: 0}, {FIXED: 1, BLOCK: 0, NOTICE: 0}
POINTS = {
    "frictionless": {}, "unmet need": {UNMET: 1}, "unmet need, found": {UNMET: 1, FOUND: 1}, "drift": {DRIFT: 0.5},
    "fixed cost": BARE, "fixed cost, blocks": {**BARE, BLOCK: 1}, "fixed cost, notice": {**BARE, NOTICE: 1},
    "fixed cost, blocks, notice": {FIXED: 1}, "all": {UNMET: 1, DRIFT: 0.5, FOUND: 1, FIXED: 1},
}  # fmt: skip
UNCLOSED, ON_NOTICE, WORKERS = ("stranded_unclosed",), ("stranded_notice",), os.cpu_count()
STEPS = [
    ("frictionless", "unmet need", ("backfill_unmet_need",)), ("frictionless", "drift", ("backfill_threshold",)),
    ("unmet need", "unmet need, found", ("case_finding",)), ("fixed cost", "fixed cost, blocks", UNCLOSED),
    ("fixed cost", "fixed cost, notice", ON_NOTICE), ("fixed cost", "fixed cost, blocks, notice", UNCLOSED + ON_NOTICE),
]  # fmt: skip


def simulate(place="birmingham_2010", families=None, replicates=10, workers=WORKERS):
    """Rows of the runs at each point."""
    plan = os.path.join(os.path.dirname(__file__), "plan.toml")
    found = compare_points(
        POINTS, [plan], place=place, settings=CORNER, replicates=replicates, families=families, workers=workers
    )
    points = {name: result.runs for name, result in found.items()}
    rows = points["frictionless"].set_index("measure")["value_pence"]  # by replicate, year and line, in one order
    gross, cash = (rows[measure].to_numpy() for measure in ("gross_avoided", "cash_released"))
    assert (gross == cash).all(), "without frictions cash equals gross in pence"
    return points


def write(points, folder="docs"):
    """Fill the tables and draw where the service use avoided went."""
    shown, steps, levels = ("programme_cost", "gross_avoided", *LEAKS, "cash_released"), [], []
    for old, new, leaks in STEPS:
        gaps = by_replicate(points[new], *leaks) - by_replicate(points[old], *leaks)
        steps.append((f"{old} → {new}", " + ".join(leaks), with_interval(gaps), len(gaps)))
    means = {name: {measure: by_replicate(runs, measure).mean() for measure in shown} for name, runs in points.items()}
    for name, row in means.items():
        levels.append((name, *(f"{pounds:.2f}" for pounds in row.values()), f"{row[shown[-1]] / row[shown[1]]:.0%}"))
    steps = table(("change", "leak", "paired difference, £m (95% interval)", "seeds"), steps)
    fill(folder, "leaks", steps=steps, points=table(("£m", *shown, "cash / gross"), levels))
    draw_leaks(folder, "leaks_by_friction", means, (*LEAKS, "cash_released"))


if __name__ == "__main__":
    write(simulate())

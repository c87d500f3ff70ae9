"""When does a LIST live on what it earns, and when does it collapse.

Its members pay for benefit, and stay while the year's underspend covers what they pay. So its fate turns on three dials:
what they pay on (benefit measured, or the fall of their own budget lines), how readily empty places lower a threshold,
and how long it takes until a spending review takes an underspend out of the budget.
Run as ``uv run python experiments/list_boundary.py``; fills the tables of ``docs/list_boundary.md``, draws its figure.
"""

import os

from _tables import draw_grid, fill, table

from sim.api import compare_points

BASIS, DRIFT, REVIEW = "list.payment_basis", "services.threshold_drift", "departments.review_years"
DRIFTS, REVIEWS, WORKERS = (0, 0.15, 0.3, 0.5), (3, 5, 7, 10), os.cpu_count()
LIVES = {BASIS: "cashed", DRIFT: 0, REVIEW: 10}
POINTS = {  # beside the grid: settings and years
    "collapses: all as shipped": ({}, 15), "lives: cashed, no drift, review after 10 years": (LIVES, 15),
    "lives, but paid on gross": ({**LIVES, BASIS: "gross"}, 15), "lives, but drift as shipped": ({**LIVES, DRIFT: 0.5}, 15),
    "lives, but reviews as shipped": ({**LIVES, REVIEW: 3}, 15), "lives, seen for 25 years": (LIVES, 25),
    "the same, members bound for good": ({**LIVES, "list_public.trust_to_stay": 0}, 25),
}  # fmt: skip
RATES = {"self_sustaining": "self-sustaining", "list_alive": "alive at the end"}
MONEY = ("programme_cost", "measured_saving", "true_saving", "cash_released", "retained")


def simulate(place="birmingham_2010", families=None, replicates=10, workers=WORKERS, drifts=DRIFTS, reviews=REVIEWS):
    """Summaries of the points by name, and of the grid by (drift, years between reviews)."""
    grid = {(drift, years): ({**LIVES, DRIFT: drift, REVIEW: years}, 15) for drift in drifts for years in reviews}
    every, found = {**POINTS, **grid}, {}
    for length in (15, 25):
        points = {name: settings for name, (settings, years) in every.items() if years == length}
        found |= compare_points(
            points,
            ["list_public"],
            place=place,
            replicates=replicates,
            years=length,
            families=families,
            workers=workers,
        )
    return {name: found[name].summary for name in every}


def mean(summary, measure, agency="all"):
    """A measure's mean over replicates; nought where nothing of the kind happened."""
    found = summary[(summary["measure"] == measure) & (summary["agency"] == agency)]["mean"]
    return float(found.fillna(0).sum())


def write(summaries, folder="docs"):
    """Fill the tables and draw the grid."""
    rows, grid = [], {}
    for name, summary in summaries.items():
        shares = [mean(summary, rate) for rate in RATES]
        if name in POINTS:
            money = [mean(summary, "outcome_payment_in", "list"), *(mean(summary, measure) for measure in MONEY)]
            rows.append((name, *(f"{share:.0%}" for share in shares), *(f"{pounds / 1e6:.1f}" for pounds in money)))
        else:
            grid[name] = shares
    heads = ("£m over the years", *RATES.values(), "members paid", *(measure.replace("_", " ") for measure in MONEY))
    fill(folder, "list_boundary", points=table(heads, rows))
    draw_grid(folder, "list_boundary", grid, list(RATES.values()), "threshold drift", "years between reviews")


if __name__ == "__main__":
    write(simulate())

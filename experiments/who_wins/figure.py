"""Tables of the page: who is first on each criterion under each set of assumptions, and who cannot be told from it."""

import pandas as pd

from sim.core.pages import table
from sim.experiments.numbers import interval

CRITERIA = {"cash": "cash released, £m", "people": "family-years spared", "risk": "net position in a bad run, £m"}
FORMATS = {"cash": "{:.1f}", "people": "{:,.0f}", "risk": "{:.1f}"}
SEED_BY_SEED = {"cash": ("cash_released", 1e6), "people": ("family_years_spared", 1)}
HEADS = (
    "£m over the years",
    "cost of delivery",
    "gross avoided",
    "cash released",
    "family-years spared",
    "net, bad run",
    "net, mean",
    "gross a pound",
    "cash a pound",
)
SHOWN = 4  # arrangements level with the first that are named
BAD = 0.05  # share of runs that are worse than a bad one


def measured(rows, measure):
    """A measure by arrangement, a column a seed; only of arrangements that bought something."""
    bought = rows.xs("families_enrolled", level="measure").sum(axis=1) > 0
    numbers = rows.xs(measure, level="measure")
    return numbers[bought.reindex(numbers.index, fill_value=False)]


def by_seed(rows, criterion):
    """Cash in £m, or family-years spared, by arrangement, a column a seed."""
    measure, unit = SEED_BY_SEED[criterion]
    return measured(rows, measure) / unit


def scores(rows):
    """Cash, people and risk by arrangement, the more the better: means, and the net position that 5% of runs fall below."""
    net = measured(rows, "net_position").quantile(BAD, axis=1) / 1e6
    return pd.DataFrame({name: by_seed(rows, name).mean(axis=1) for name in SEED_BY_SEED} | {"risk": net})


def level_with(rows, criterion, best):
    """Arrangements whose paired difference from the best, seed by seed, may be nothing (95%)."""
    numbers = by_seed(rows, criterion)
    halves = {name: interval(numbers.loc[best] - row) for name, row in numbers.iterrows() if name != best}
    return [name for name, (mean, half) in halves.items() if mean <= half]


def first(rows, criterion, column):
    """The best, its number, and who is level with it, in words."""
    if column.empty:
        return "nobody bought anything"
    best = column.idxmax()
    near = level_with(rows, criterion, best) if criterion in SEED_BY_SEED else []
    level = f"; level: {', '.join(near[:SHOWN])}" if near else ""
    level += f" and {len(near) - SHOWN} more" if len(near) > SHOWN else ""
    return f"{best} ({FORMATS[criterion].format(column[best])}){level}"


def undominated(found):
    """Arrangements that no other beats on one criterion without losing on another."""
    return [
        code for code, row in found.iterrows() if not ((found >= row).all(axis=1) & (found > row).any(axis=1)).any()
    ]


def arrangement(means, code, row):
    """A line of what an arrangement comes to."""
    money = means.loc[code]
    return (
        code,
        *(f"{money[name] / 1e6:.1f}" for name in ("delivery_cost", "gross_avoided")),
        *(form.format(row[key]) for key, form in FORMATS.items()),
        f"{money['net_position'] / 1e6:.1f}",
        *(f"{money[name]:.2f}" for name in ("gross_per_pound", "cash_per_pound")),
    )


def tables(found):
    """Winners and the undominated by assumptions and money; and what each arrangement comes to, a table a set."""
    winners, best, every = [], [], {}
    whole = found["study"].xs("all", level="agency")
    for (assumptions, money), rows in whole.groupby(["assumptions", "money"], sort=False):
        point = rows.droplevel(["assumptions", "money"])
        got, means = scores(point), point.mean(axis=1).unstack("measure", sort=False)
        winners.append((assumptions, money, *(first(point, name, got[name]) for name in CRITERIA)))
        codes = undominated(got)
        best.append((assumptions, money, f"{len(codes)} of {len(got)}", ", ".join(codes)))
        lines = table(HEADS, [arrangement(means, code, row) for code, row in got.iterrows()])
        every[money] = every.get(money, "") + f"### {assumptions.capitalize()}\n\n{lines}\n"
    return {
        "winners": table(("assumptions", "money", *CRITERIA.values()), winners),
        "undominated": table(("assumptions", "money", "how many", "which"), best),
        **{money.replace(" ", "_"): text.rstrip("\n") + "\n" for money, text in every.items()},
    }

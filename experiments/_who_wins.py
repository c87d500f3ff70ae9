"""Numbers and tables of ``who_wins.py``."""

import pandas as pd
from _tables import interval, table

CRITERIA = {"cash": "cash released, £m", "people": "family-years spared", "risk": "net position in a bad run, £m"}
HEADS = (
    "£m over the years", "cost of delivery", "gross avoided", "cash released", "family-years spared", "net, bad run", "net, mean",
    "gross a pound", "cash a pound",
)  # fmt: skip
SHOWN = 4  # arrangements level with the first that are named
FORMATS = {"cash": "{:.1f}", "people": "{:,.0f}", "risk": "{:.1f}"}


def by_replicate(result):
    """Cash in £m and family-years spared by (arrangement, replicate); only of arrangements that bought something."""
    rows = result.runs.assign(number=lambda rows: rows["value_pence"].astype(float).fillna(rows["value"]))
    sums = rows.groupby(["arrangement", "replicate", "measure"], sort=False)["number"].sum().unstack(fill_value=0.0)
    bought = sums.groupby("arrangement")["families_enrolled"].transform("sum") > 0
    return pd.DataFrame({"cash": sums["cash_released"] / 1e8, "people": sums["family_years_spared"]})[bought]


def scores(result):
    """Cash, people and risk by arrangement, the more the better: means, and the net position that 5% of runs fall below."""
    means = by_replicate(result).groupby("arrangement", sort=False).mean()
    cells = result.summary.query("agency == 'all' and measure == 'net_position'").set_index("arrangement")
    return means.assign(risk=cells["p05"] / 1e6)


def level_with(result, criterion, best):
    """Arrangements whose paired difference from the best, seed by seed, may be nothing (95%)."""
    numbers = by_replicate(result)[criterion].unstack("replicate")
    halves = {name: interval(numbers.loc[best] - row) for name, row in numbers.iterrows() if name != best}
    return [name for name, (mean, half) in halves.items() if mean <= half]


def winners(comparisons):
    """Who is first on each criterion, and who cannot be told from it."""
    rows = []
    for (name, money), result in comparisons.items():
        found, cells = scores(result), []
        for criterion, form in FORMATS.items():
            best = found[criterion].idxmax()
            near = level_with(result, criterion, best) if criterion != "risk" else []
            level = f"; level: {', '.join(near[:SHOWN])}" if near else ""
            level += f" and {len(near) - SHOWN} more" if len(near) > SHOWN else ""
            cells.append(f"{best} ({form.format(found.loc[best, criterion])}){level}")
        rows.append((name, money, *cells))
    return table(("assumptions", "money", *CRITERIA.values()), rows)


def undominated(comparisons):
    """Arrangements that no other beats on one criterion without losing on another."""
    rows = []
    for (name, money), result in comparisons.items():
        found = scores(result)
        best = [
            code for code, row in found.iterrows() if not ((found >= row).all(axis=1) & (found > row).any(axis=1)).any()
        ]
        rows.append((name, money, f"{len(best)} of {len(found)}", ", ".join(best)))
    return table(("assumptions", "money", "how many", "which"), rows)


def every_arrangement(results):
    """What each arrangement comes to under each set of assumptions, a table a set."""
    text = ""
    for name, result in results.items():
        found = scores(result)
        means = result.summary.query("agency == 'all'").pivot(index="arrangement", columns="measure", values="mean")
        rows = [
            (code, f"{means.loc[code, 'delivery_cost'] / 1e6:.1f}", f"{means.loc[code, 'gross_avoided'] / 1e6:.1f}",
             *(form.format(row[key]) for key, form in FORMATS.items()), f"{means.loc[code, 'net_position'] / 1e6:.1f}",
             f"{means.loc[code, 'gross_per_pound']:.2f}", f"{means.loc[code, 'cash_per_pound']:.2f}")
            for code, row in found.iterrows()
        ]  # fmt: skip
        text += f"### {name.capitalize()}\n\n{table(HEADS, rows)}\n"
    return text.rstrip("\n") + "\n"

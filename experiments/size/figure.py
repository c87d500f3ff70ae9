"""Tables and figure of the page: cash for each pound of gross at two sizes, their difference, and where it arises."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sim.core.pages import table
from sim.record.measures import LEAKS, MEASURES
from sim.report import figures

SIZES = {"town": 20_000, "city": 150_000}
GROSS, CASH = "gross_avoided", "cash_released"
T = 1.96  # of a normal tail: with forty seeds a ratio of sums is close to one


def sums(found):
    """Pounds over the years by (size, arrangement, measure), a column a seed that both sizes have."""
    rows = pd.concat({size: found[size].xs("all", level="agency") for size in SIZES}, names=["size"])
    return rows[rows.index.isin((GROSS, *LEAKS, CASH), level="measure")].dropna(axis=1)


def ratio(rows, measure=CASH):
    """A measure over gross, each summed over seeds, and what each seed adds to its error: (float, array of seeds).

    The sum of the array's squares is n - 1 times n times the squared standard error (delta method).
    """
    part, gross = rows.loc[measure].to_numpy(), rows.loc[GROSS].to_numpy()
    share = part.sum() / gross.sum()
    return share, (part - share * gross) / gross.mean()


def error(residuals):
    """Standard error of a ratio of sums, or of the difference of two with the same seeds, of what each seed adds."""
    return residuals.std(ddof=1) / len(residuals) ** 0.5 if len(residuals) > 1 else np.nan


def difference(rows, measure=CASH):
    """Town less city of a measure over gross, with its standard error, paired by seed."""
    (town, of_town), (city, of_city) = (ratio(rows.loc[size], measure) for size in SIZES)
    return town - city, error(of_town - of_city)


def names(rows):
    return list(dict.fromkeys(rows.index.get_level_values("arrangement")))


def tables(found):
    rows = sums(found)
    sizes, gaps, where = [], [], []
    for name in names(rows):
        mine = rows.xs(name, level="arrangement")
        for size, families in SIZES.items():
            share, residuals = ratio(mine.loc[size])
            gross, cash = (mine.loc[size, measure].mean() / 1e6 for measure in (GROSS, CASH))
            sizes.append(
                (name, f"{families:,}", f"{gross:.1f}", f"{cash:.1f}", f"{share:.3f}", f"{error(residuals):.3f}")
            )
        gap, spread = difference(mine)
        gaps.append((name, f"{gap:+.3f}", f"{spread:.3f}", f"{gap - T * spread:+.3f} to {gap + T * spread:+.3f}"))
        for measure in (*LEAKS, CASH):
            pair = [ratio(mine.loc[size], measure)[0] for size in SIZES]
            gap, spread = difference(mine, measure)
            where.append(
                (name, MEASURES[measure].label, *(f"{share:.3f}" for share in pair), f"{gap:+.3f}", f"{spread:.3f}")
            )
    return {
        "sizes": table(
            ("arrangement", "families", "gross, £m", "cash, £m", "cash over gross", "standard error"), sizes
        ),
        "difference": table(("arrangement", "town less city", "standard error", "95% interval"), gaps),
        "where": table(("arrangement", "of gross", "town", "city", "difference", "standard error"), where),
    }


def draw(found, folder):
    """Cash over gross of each arrangement at each size, with its 95% interval, and town against city seed by seed."""
    figures.setup()
    rows = sums(found)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
    for i, (name, colour) in enumerate(zip(names(rows), (figures.BLUE, figures.VERMILION), strict=False)):
        mine = rows.xs(name, level="arrangement")
        points = [ratio(mine.loc[size]) for size in SIZES]
        spots = np.arange(len(SIZES)) + 0.08 * (i - 0.5)
        bars = [T * error(residuals) for _, residuals in points]
        left.errorbar(spots, [share for share, _ in points], bars, fmt="o", color=colour, label=name)
        town, city = (mine.loc[size, CASH] / SIZES[size] for size in SIZES)
        right.plot(city, town, "o", color=colour, alpha=0.6, label=name)
    left.set_xticks(range(len(SIZES)), [f"{families:,}" for families in SIZES.values()])
    left.set(xlabel="families", ylabel="cash for each £ of gross", xlim=(-0.5, 1.5))
    left.set_ylim(0)
    right.axline((0, 0), slope=1, color="black", linewidth=1)
    right.set(xlabel="city, £ a family", ylabel="town, £ a family", title="Cash released, seed by seed")
    left.legend()
    right.legend()
    figures.save(figure, folder, "size")

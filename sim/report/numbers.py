"""Numbers as people read them: what is known, how sure it is, and no more than that."""

import numpy as np

from sim.core.codes import ALL
from sim.record.measures import MEASURES, shown

MINUS_POUND = "-\N{WORD JOINER}£"
BAD_RUN_SEEDS = 100  # fewer say nothing of the worst run of twenty
ROWS, SOME_ROWS = shown(money=True)
PEOPLE_ROWS = shown(money=False)[1]
CAPTION = "£m of 2010/11 over the years: mean of replicates"
WITH_BAND = f"{CAPTION} (5% to 95% of them)"


def of_all(summary):
    """Rows of a summary for all agencies together, by arrangement and measure."""
    return summary[summary["agency"] == ALL].set_index(["arrangement", "measure"])


def shown_rows(cells):
    """Rows of the table of figures, as measure and label: the headline ones, and those that some arrangement has."""
    table = cells["mean"].unstack("measure")
    some = [name for name in SOME_ROWS if name in table and table[name].abs().max() > 0]
    return [(name, MEASURES[name].row_label) for name in (*ROWS, *some)]


def shown_digits(cells):
    """Decimals of £m that tell the sums of a comparison apart, at a small place too."""
    return digits_for(cells["mean"][cells.index.get_level_values("measure").isin(ROWS)])


def share_without_estimate(cells, code):
    """Which share of an arrangement's findings have no estimate, and so claim nothing; nought where it has no findings."""
    means = cells.loc[code]["mean"]
    return means["findings_without_estimate"] / means["findings"] if means.get("findings", 0.0) > 0 else 0.0


def digits_for(pounds):
    """Decimals of £m that tell sums of their size apart."""
    most = np.abs(np.nan_to_num(pounds)).max(initial=0.0)
    return 1 if most >= 10e6 else 2 if most >= 1e6 else 3


def modelled(cells):
    """Which share of all public spending in the place its services are, in words; nothing where results do not say."""
    shares = cells[cells.index.get_level_values("measure") == "modelled_share"]["mean"]
    return f"The services modelled are {shares.iloc[0]:.1%} of public spending in the place" if len(shares) else ""


def figure(number, scale=1e6, digits=1, sign=""):
    """A number in a scale; what rounds to nought has no sign, and what is not known is n/a."""
    if np.isnan(number):
        return "n/a"
    rounded = round(number / scale, digits) + 0.0
    return f"{rounded:{sign if rounded else ''},.{digits}f}"


def ranged(mean, low, high, scale=1e6, digits=1, sign=""):
    """A mean with a range; without it where the range is not known."""
    text = figure(mean, scale, digits, sign)
    if np.isnan(mean) or np.isnan(low):
        return text
    return f"{text} ({figure(low, scale, digits, sign)} to {figure(high, scale, digits, sign)})"


def has_band(row):
    """Whether there are seeds enough for a row of a summary to say what a bad run is."""
    return row["n"] >= BAD_RUN_SEEDS


def spread(row, scale=1e6, digits=1):
    """A mean, with its 5 to 95% range where there are seeds enough for one."""
    low, high = (row["p05"], row["p95"]) if has_band(row) else (np.nan, np.nan)
    return ranged(row["mean"], low, high, scale, digits)


def in_pounds(text):
    """A number of millions as money, with its range or without; its first minus stays on the line of its number."""
    number, blank, rest = text.partition(" ")
    text = f"{number}m{blank}{rest}" if number != "n/a" else text
    return text if number == "n/a" else text.replace("-", MINUS_POUND, 1) if text[0] == "-" else f"£{text}"


def million(row, digits=1):
    """A mean in £m, as :func:`spread` shows it."""
    return in_pounds(spread(row, digits=digits))


def verdict(row):
    """What a row of differences says in a word: more or less where its interval leaves nought, same where it is nought, else unclear."""
    if np.isnan(row["low"]):
        return "one run" if row["n"] == 1 else "not known"
    if row["low"] == row["high"] == 0:
        return "same"
    return "more" if row["low"] > 0 else "less" if row["high"] < 0 else "unclear"

"""By how much arrangements differ seed by seed, which luck that they share leaves alone."""

from functools import cache

import numpy as np
import pandas as pd

from sim.core.codes import ALL
from sim.core.faults import InputError, suggest
from sim.results.by_seed import by_seed

__all__ = ["DIFFERENCE_COLUMNS", "bases", "by_seed", "differences", "half_width", "interval", "paired"]

DIFFERENCE_COLUMNS = ["arrangement", "than", "agency", "measure", "mean", "low", "high", "n"]
ESTIMATE = DIFFERENCE_COLUMNS[4:7]
CONFIDENCE = 0.95


def paired(numbers, than):
    """Differences of every other arrangement from one, paired by seed: mean and 95% t interval.

    Parameters
    ----------
    numbers : pandas.DataFrame
        As :func:`by_seed` gives them.
    than : str
        The arrangement that the others are compared with.

    Returns
    -------
    pandas.DataFrame
        Columns DIFFERENCE_COLUMNS: measures that both have, in the order of `numbers`. `n` counts the seeds in which
        both are known; the interval is null where there are fewer than two.
    """
    of_it = numbers.index.get_level_values("arrangement") == than
    others, base = numbers[~of_it], numbers[of_it].droplevel("arrangement")
    keys = others.index.droplevel("arrangement")
    both = keys.isin(base.index)
    others, keys = others[both], keys[both]
    found = pd.DataFrame(interval(others.to_numpy() - base.loc[keys].to_numpy()), others.index, DIFFERENCE_COLUMNS[4:])
    return found.astype({"n": "int64"}).reset_index().assign(than=than)[DIFFERENCE_COLUMNS]


def bases(than, arrangements):
    """The arrangements that others are compared with: those asked for, by default the first.

    Parameters
    ----------
    than : str or sequence of str, optional
    arrangements : list of str
        Ids of all that are compared.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
    """
    asked = [than] if isinstance(than, str) else list(than or arrangements[:1])
    for name in asked:
        if name not in arrangements:
            problem = "is none of the arrangements compared"
            raise InputError("--than", str(name), problem, suggest(str(name), arrangements))
    return tuple(dict.fromkeys(asked))


def differences(numbers, than):
    """Paired differences of all arrangements from some, and from the one that released most cash on average.

    Parameters
    ----------
    numbers : pandas.DataFrame
        As :func:`by_seed` gives them.
    than : sequence of str
        As :func:`bases` gives them.

    Returns
    -------
    pandas.DataFrame
        Columns DIFFERENCE_COLUMNS, one arrangement that others are compared with after another.
    """
    return pd.concat([paired(numbers, base) for base in dict.fromkeys([*than, *most_cash(numbers)])], ignore_index=True)


def most_cash(numbers):
    """The arrangement whose mean cash released is largest, in a list; the first of several, and none where nothing is known."""
    of_all = numbers.index.get_level_values("agency") == ALL
    cash = numbers[of_all & (numbers.index.get_level_values("measure") == "cash_released")].mean(axis=1)
    return [cash.droplevel(["agency", "measure"]).idxmax()] if cash.notna().any() else []


def half_width(differences, measure):
    """Half the width of the widest interval of a measure of all agencies together, over the arrangements compared.

    Parameters
    ----------
    differences : pandas.DataFrame
        As :func:`paired` gives them.
    measure : str

    Returns
    -------
    float
        Null where an arrangement has no interval, or none is compared.
    """
    of_all = differences[(differences["agency"] == ALL) & (differences["measure"] == measure)]
    return float(((of_all["high"] - of_all["low"]) / 2).max(skipna=False))


def interval(differences):
    """Mean, low, high and n of each row: the t interval of the mean of what is not null.

    Parameters
    ----------
    differences : numpy.ndarray
        A column a seed.

    Returns
    -------
    numpy.ndarray
        Four columns; null where too few are known.
    """
    known = ~np.isnan(differences)
    n = known.sum(axis=1)
    some, several = np.maximum(n, 1), np.maximum(n - 1, 1)
    mean = np.where(known, differences, 0.0).sum(axis=1) / some
    squares = np.where(known, differences - mean[:, None], 0.0) ** 2
    half = np.sqrt(squares.sum(axis=1) / several / some) * [_quantile(int(free)) for free in several]
    mean[n < 1], half[n < 2] = np.nan, np.nan
    return np.column_stack([mean, mean - half, mean + half, n])


@cache
def _quantile(freedom):
    """Student's t below which all but half of what the interval leaves out lies, at so many degrees of freedom."""
    from scipy.special import stdtrit  # scipy.stats has it too, and takes thrice as long to import

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))

"""The contrast of two arms on the scale a paper states it, from published shares or from pairs of followed families."""

import math

import numpy as np

Z95 = 1.959963984540054  # of a 95% interval
ODDS_PER_SD = math.pi / math.sqrt(3)  # Chinn 2000, Statistics in Medicine 19:3127: d as a log odds ratio
SCALES = ("difference", "ratio", "odds")


def contrast(treated, control, scale):
    """Contrast of two arms: their difference, the log of their ratio, or the log of their odds ratio.

    Parameters
    ----------
    treated, control : float
        Shares, or means.
    scale : str
        One of :data:`SCALES`.

    Returns
    -------
    float
        Infinite where nobody in one arm is in the state; not a number where nobody is in either, or all are.
    """
    if scale == "difference":
        return treated - control
    size = _log(treated) - _log(control)
    return size if scale == "ratio" else size - _log(1 - treated) + _log(1 - control)


def _log(share):
    return math.log(share) if share > 0 else -math.inf


def on_scale(stated, scale):
    """A contrast as a paper states it, on the scale on which it is compared: ratios become logs."""
    return stated if scale == "difference" else math.log(stated)


def as_stated(value, scale):
    """The same the other way: a difference, or a ratio."""
    return value if scale == "difference" else math.exp(value)


def se_of_arms(shares, numbers, scale):
    """Standard error of the contrast of two independent arms of shares.

    Parameters
    ----------
    shares, numbers : (float, float)
        Share in each arm, and how many are in it.
    """
    slopes = _slopes(*shares, scale)
    return math.sqrt(sum(a**2 * p * (1 - p) / n for a, p, n in zip(slopes, shares, numbers, strict=True)))


def se_of_spread(means, variances, numbers, scale):
    """Standard error of the contrast of two independent arms of means, from the variance within each."""
    slopes = _slopes(*means, scale)
    return math.sqrt(sum(a**2 * v / n for a, v, n in zip(slopes, variances, numbers, strict=True)))


def se_of_pairs(treated, control, scale):
    """Standard error of the contrast of two arms that the same families are in: the families are the units.

    Parameters
    ----------
    treated, control : float (n,)
        What is measured of each family in either arm.
    """
    a, b = _slopes(treated.mean(), control.mean(), scale)
    return float(np.std(a * treated - b * control, ddof=1) / math.sqrt(len(treated)))


def _slopes(treated, control, scale):
    """How the contrast moves with the mean of either arm (its sign left out): the delta method."""
    if scale == "difference":
        return 1.0, 1.0
    rest = (1.0, 1.0) if scale == "ratio" else (1 - treated, 1 - control)
    try:
        return 1 / (float(treated) * rest[0]), 1 / (float(control) * rest[1])
    except ZeroDivisionError:
        return math.nan, math.nan

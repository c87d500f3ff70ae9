"""What noise alone brings where programmes do nothing: how often it passes a bar, and what is paid for it."""

from statistics import NormalDist

_NOISE = NormalDist()


def chance(bar, error):
    """Chance that noise of a standard error about nought passes a bar."""
    return _NOISE.cdf(-bar / error) if error else 0.0


def paid(bar, error, rate=1.0):
    """What is paid on average for noise of a standard error about nought, where all of it is paid for once it passes a bar.

    Notes
    -----
    The mean of x over x > bar, x being normal about nought: error x phi(bar / error). Nothing below nought is paid, so the
    bar is not below it. Without a bar 0.4 of the error is paid; a cohort of n families has an error of sigma x sqrt(n), so
    that luck costs 0.4 sigma / sqrt(n) a family. A bar grows with n, and luck past it fades faster.
    """
    return rate * error * _NOISE.pdf(bar / error) if error else 0.0

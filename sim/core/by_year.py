"""Numbers that may differ by financial year: a float, or a path, which is a tuple with one float a year of the run.

The value of year y is growth from year y to the next. The last value of a path holds on.
"""

from math import prod


def in_year(value, year):
    """The value in a financial year of the run, from 1."""
    return value[min(year, len(value)) - 1] if isinstance(value, tuple) else value


def added(one, other):
    """The sum of two values year by year."""
    if not isinstance(one, tuple) and not isinstance(other, tuple):
        return one + other
    paths = [value if isinstance(value, tuple) else (value,) for value in (one, other)]
    longest = max(map(len, paths))
    return tuple(sum(in_year(path, year) for path in paths) for year in range(1, longest + 1))


def compounded(growth, years):
    """Factor by which something has grown some years after the start of year 1, which may end in part.

    Parameters
    ----------
    growth : float or tuple of float
        Share a year.
    years : float
    """
    if not isinstance(growth, tuple):
        return (1 + growth) ** years
    whole = int(years)
    passed = prod(1 + in_year(growth, year) for year in range(1, whole + 1))
    return passed * (1 + in_year(growth, whole + 1)) ** (years - whole)

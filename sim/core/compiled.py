"""Compiled functions: kept on disk where that can be, and compiled at each start where it cannot."""

import warnings
from functools import cache

from numba import njit
from numba.core.caching import FunctionCache


class _Cache(FunctionCache):
    """A cache on disk that costs time, not the run, when it cannot be written."""

    def save_overload(self, sig, data):
        try:
            super().save_overload(sig, data)
        except OSError:
            _warn_once()


def compiled(function):
    """A function compiled to run without Python's lock.

    Parameters
    ----------
    function : callable
        One that numba compiles in nopython mode.

    Returns
    -------
    numba dispatcher
    """
    dispatcher = njit(nogil=True)(function)
    try:
        dispatcher._cache = _Cache(function)  # as enable_caching does
    except (RuntimeError, OSError):  # numba has no error of its own for "no folder can be written"
        _warn_once()
    return dispatcher


@cache
def _warn_once():
    warnings.warn(
        "compiled code cannot be kept on disk, so each start takes about a minute longer; "
        "set NUMBA_CACHE_DIR to a folder that can be written",
        RuntimeWarning,
        stacklevel=3,
    )

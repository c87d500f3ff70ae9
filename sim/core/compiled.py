"""Compiled functions: kept on disk where that can be, and compiled at each start where it cannot."""

import warnings
from functools import cache
from hashlib import sha256
from pathlib import Path

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

from sim.core.turns import take_turn

_EVERYWHERE = Path(__file__).with_name("philox.py")  # what compiled code of any folder draws from


class _Cache(FunctionCache):
    """A cache on disk that costs time, not the run, when it cannot be written.

    Numba takes what it kept for good as long as a function's own file is as it was. Here functions of other files are
    compiled into it, so what these say counts too. Of processes that miss the same, one compiles it and the others wait.
    """

    def __init__(self, function):
        super().__init__(function)
        stamp = self._impl.locator.get_source_stamp(), _texts(Path(function.__code__.co_filename).parent)
        self._cache_file = IndexDataCacheFile(self._cache_path, self._impl.filename_base, stamp)
        self._turn_path, self._turn = Path(self._cache_path) / f"{self._impl.filename_base}.lock", None

    def load_overload(self, sig, target_context):
        """What was kept; where that is nothing, this process has the turn to compile it until it saves it."""
        kept = super().load_overload(sig, target_context)
        if kept is None:
            self._end_turn()  # of a compilation that failed
            self._turn = take_turn(self._turn_path)
            kept = super().load_overload(sig, target_context)
            if kept is not None:
                self._end_turn()
        return kept

    def save_overload(self, sig, data):
        try:
            super().save_overload(sig, data)
        except OSError:
            _warn_once()
        finally:
            self._end_turn()

    def _end_turn(self):
        if self._turn:
            self._turn.close()
            self._turn = None


# nobody calls compiled code from C, and what that would take is a fifteenth of all there is to compile
_OPTIONS = {"nogil": True, "no_cfunc_wrapper": True}


def helper(function):
    """A function that compiled ones call, compiled into each of them."""
    return njit(**_OPTIONS)(function)


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
    dispatcher = helper(function)
    try:
        dispatcher._cache = _Cache(function)  # as enable_caching does
    except (RuntimeError, OSError):  # numba has no error of its own for "no folder can be written"
        _warn_once()
    return dispatcher


@cache
def _texts(folder):
    """Digest of all code that a function of a folder may have compiled into it."""
    digest = sha256()
    for path in (_EVERYWHERE, *sorted(folder.glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _warn_once():
    warnings.warn(
        "compiled code cannot be kept on disk, so each start takes about a minute longer; "
        "set NUMBA_CACHE_DIR to a folder that can be written",
        RuntimeWarning,
        stacklevel=3,
    )

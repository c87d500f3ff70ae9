"""Turns that processes take at something, so that of those that would make the same one does and the others wait."""

from contextlib import suppress

try:
    import fcntl
except ImportError:  # Windows has none: there, processes that start together make the same
    fcntl = None


def take_turn(path, place=0):
    """Wait until no other process has a turn at a place of a file, and have it until what is returned is closed.

    Parameters
    ----------
    path : Path
        Made if it is not there; what it says stays.
    place : int, optional

    Returns
    -------
    file or None
        None where turns cannot be taken, as some file systems know no locks.
    """
    file = None
    if fcntl:
        with suppress(OSError):
            file = path.open("a")
            fcntl.lockf(file, fcntl.LOCK_EX, 1, place)
    return file

"""Files that appear whole or not at all, and stand once they appear."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.core.folders import told
from sim.core.holders import holder, is_gone

_END = ".partial"


@contextmanager
def whole(path):
    """Write a file beside its place, and put it there at the end; an error leaves what stood there.

    Parameters
    ----------
    path : path
        Where it will stand.

    Yields
    ------
    pathlib.Path
        What to write: a hidden file beside it, which bears the name of this process.

    Raises
    ------
    InputError
        If the system refuses.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}_{holder()}{_END}")
    try:
        with told(path, "make room there and give the same command"):
            yield partial
            with partial.open("rb+") as file:
                os.fsync(file.fileno())  # else a power cut may leave the name without the content
            os.replace(partial, path)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def clear_partials(folder):
    """Remove what processes that are gone left half written in a folder."""
    for partial in Path(folder).glob(f".*_*_*_*{_END}"):
        if partial.is_file() and is_gone("_".join(partial.name.removesuffix(_END).rsplit("_", 3)[1:])):
            with suppress(OSError):
                partial.unlink()

"""Settled places, twins, projections and runs, kept for tasks that come to the same: by the dials and values read in making them.

What is made reads its dials and its place's values through :class:`Noted`, so it is known which it read. Where all of
those are the same again, and so is what else it was made of, making it anew would come to the same.
"""

import os
import pickle
import platform
import re
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from sim.core.digest import Digests
from sim.core.faults import InputError
from sim.core.turns import take_turn
from sim.core.versions import version_of
from sim.results.manifest import VERSIONS, code_hash

PACKAGE = Path(__file__).resolve().parents[1]
MARK, MARK_TEXT = "listsim-cache.txt", "A cache of listsim's: settled places and twins. It may be deleted.\n"
MOST_BYTES = 200_000_000  # kept in memory by each process, less what is needed to make the next
MOST_FILES = 1_000  # kept in the user's own folder, each of some 0.1 to 0.5 MB
_NAME = re.compile(r"[0-9a-f]{64}-[0-9a-f]{64}\.pickle")  # of a file of a cache


class Noted(Mapping):
    """A mapping that notes what is read of it, absent names too.

    Attributes
    ----------
    read : dict
        What was read: values by name, None where there is no such name.
    """

    def __init__(self, values, read=()):
        self._values, self.read = values, dict(read)

    def __getitem__(self, name):
        self.read[name] = self._values.get(name)
        return self._values[name]

    def __contains__(self, name):
        self.read[name] = self._values.get(name)
        return name in self._values

    def __iter__(self):
        self.read.update(self._values)
        return iter(self._values)

    def __len__(self):
        self.read.update(self._values)
        return len(self._values)


@dataclass(frozen=True)
class Made:
    """Something made, and what was read of some mappings in making it: by the mapping's name, values by name."""

    thing: object
    read: dict

    def fits(self, now):
        """Whether all that was read is the same in the mappings of today."""
        return all(now[name].get(key) == value for name, values in self.read.items() for key, value in values.items())


class Recent:
    """What this process made lately, the last used last, within a limit of memory.

    Parameters
    ----------
    most_bytes : int
    """

    def __init__(self, most_bytes=MOST_BYTES):
        self._most, self._kept, self._lock = most_bytes, [], Lock()  # pairs of base and Made

    def find(self, base, now):
        """What was made on a base and fits, or None."""
        with self._lock:
            for i, (other, made) in enumerate(self._kept):
                if other == base and made.fits(now):
                    self._kept.append(self._kept.pop(i))
                    return made
        return None

    def keep(self, base, made):
        """Keep what was made, and let go of what was used longest ago."""
        with self._lock:
            self._kept.append((base, made))
            self._let_go(self._most, 1)

    def make_room(self):
        """Let go of enough that making another takes no more memory than without what is kept."""
        with self._lock:
            self._let_go(self._most // 2, 0)

    def clear(self):
        """Let go of all."""
        with self._lock:
            self._kept.clear()

    def _let_go(self, most, at_least):
        while len(self._kept) > at_least and sum(made.thing.nbytes for _, made in self._kept) > most:
            self._kept.pop(0)


RECENT = Recent()
AROUND = Recent(MOST_BYTES // 2)  # what projections are made in, let go of apart
SMALL = Recent(MOST_BYTES // 4)  # projections
AREAS = Recent(MOST_BYTES // 4)  # comparison areas
RUNS = Recent(MOST_BYTES // 4)


def all_read(*each):
    """What was read by several: of each mapping, values by name."""
    together = {}
    for read in each:
        for name, values in read.items():
            together.setdefault(name, {}).update(values)
    return together


def make_once(base, now, make, folder=None, recent=RECENT):
    """What was made before of the same, else what is made now; what another process is making for a folder is waited for.

    Parameters
    ----------
    base : str
        Digest of all it is made of but for what is noted as read.
    now : dict of str to mapping
        The mappings that are read, by name.
    make : callable
        () -> :class:`Made`.
    folder : path, optional
        Where it is kept on disk too; see :func:`open_folder`.
    recent : Recent
        Where it is kept in memory.

    Returns
    -------
    Made
    """
    if made := recent.find(base, now):
        return made
    recent.make_room()
    made = _made_in_turn(folder, base, now, make) if folder else make()
    recent.keep(base, made)
    return made


def _made_in_turn(folder, base, now, make):
    """What is on disk, else what is made now and put there, while others that want the same wait."""
    made = _from_disk(folder, base, now)
    if made is None:
        with take_turn(Path(folder) / MARK, int(_key(base)[:12], 16)) or nullcontext():
            made = _from_disk(folder, base, now)
            if made is None:
                made = make()
                with suppress(OSError):  # what cannot be kept is made again
                    _to_disk(folder, base, made)
    return made


def open_folder(path):
    """Make a folder for what is kept on disk, or see that it is one; nothing else is ever written there or deleted.

    Its files are read as Python's own objects, so it must be as safe from others as the code is.

    Raises
    ------
    InputError
        If it is a file, or a folder that holds anything but a cache of listsim's.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark = folder / MARK
        if not mark.is_file():
            if any(folder.iterdir()):
                raise InputError(
                    "cache", path, "holds files and is no cache of listsim's", "give a new or empty folder"
                )
            mark.write_text(MARK_TEXT, encoding="utf-8")
    except OSError as error:
        raise InputError("cache", path, f"cannot be used ({error.strerror})", "give a new or empty folder") from None
    return str(folder.resolve())


def users_folder():
    """A folder of the user's for what is worth keeping from one run to the next, or None where there can be none.

    It is ``listsim`` in the user's folder for caches, or what the environment variable ``LISTSIM_CACHE`` names; none where
    that is empty.
    """
    named = os.environ.get("LISTSIM_CACHE")
    if named == "":
        return None
    with suppress(InputError, OSError, RuntimeError, ValueError):  # a user may have no home
        folder = open_folder(named or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "listsim")
        _make_room_in(folder)
        return folder
    return None


def _make_room_in(folder):
    """Of too many files that were kept, delete the older half; a file of any other name is not one of them."""
    with os.scandir(folder) as entries:
        kept = [entry for entry in entries if _NAME.fullmatch(entry.name)]
    if len(kept) > MOST_FILES:
        by_age = sorted(kept, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime)
        for entry in by_age[: len(by_age) // 2]:
            with suppress(OSError):  # another process may have deleted it
                os.unlink(entry.path)


@cache
def _code():
    """Digest of what makes the same inputs come to the same: code, versions and machine."""
    versions = [version_of(name) for name in VERSIONS]
    return Digests().of(code_hash(PACKAGE), versions, platform.python_version(), platform.machine())


def _key(base):
    return Digests().of(base, _code())


def _from_disk(folder, base, now):
    """What fits among the files of a base, or None; one that cannot be read is as good as none."""
    for path in sorted(Path(folder).glob(f"{_key(base)}-*.pickle")):
        with (
            suppress(OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, ValueError),
            path.open("rb") as file,
        ):
            made = Made(None, pickle.load(file))
            if made.fits(now):
                return Made(pickle.load(file), made.read)
    return None


def _to_disk(folder, base, made):
    """Write what was made and, before it, what was read for it; whole or not at all."""
    read = Digests().of({name: dict(sorted(values.items())) for name, values in made.read.items()})
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            pickle.dump(made.read, file)
            pickle.dump(made.thing, file)
        os.replace(name, Path(folder) / f"{_key(base)}-{read}.pickle")
    except BaseException:
        os.unlink(name)
        raise

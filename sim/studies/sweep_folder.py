"""The folder of a sweep: there from the start, gone on with by the same study and code, held by one process at a time."""

import time
from contextlib import contextmanager
from functools import cache, partial
from glob import escape
from pathlib import Path

from sim.core.atomic import whole
from sim.core.folders import HeldError, Reservation, TakenError, check_folder, reserve_next, swap, told
from sim.core.text import json_text
from sim.results import parts
from sim.results.joined import SWEEP_TABLES
from sim.results.manifest import made_by
from sim.results.swept import STUDY, read_study

PATIENCE = 10  # seconds that a shard waits for another that is making the folder


@cache
def code():
    """What runs here: hash of the code, and versions of what it uses; the same inputs and seed then give the same."""
    made = made_by()
    return {"code_hash": made["code_hash"], "versions": made["versions"]}


def said_of(sweep):
    """What ``study.json`` says of a sweep."""
    return {**made_by(), "study_hash": sweep.hash, "study": sweep.describe()}


def differs(said, other):
    """How another ``study.json`` differs in what decides the results, in words; None where it does not."""
    if said["study_hash"] != other["study_hash"]:
        return "is of another study"
    if any(said[name] != other[name] for name in ("code_hash", "versions")):
        version, number = other["versions"]["listsim"], other["code_hash"][:12]
        return f"was begun by other code (listsim {version}, {number})"
    return None


def same_seeds(said, other):
    """Whether two ``study.json`` ask for the same seeds, of which one study may have more or fewer."""
    return said["study"]["seeds"] == other["study"]["seeds"]


@contextmanager
def open_sweep(sweep, out=None, overwrite=False, shard=None):
    """The folder of a sweep, held until it is left; in it are ``study.json`` and the folder of parts.

    Parameters
    ----------
    sweep : Sweep
    out : str or path, optional
        The next free ``results/sweep-NNN`` by default. A folder that holds the same study, begun by the same code, is
        gone on with, whether it is now of more seeds or of fewer.
    overwrite : bool
        Whether something else that listsim wrote may be replaced; see :func:`sim.core.folders.reserve_folder`.
    shard : tuple of int and int, optional
        The i-th of n; shards may hold the same folder at a time.

    Yields
    ------
    pathlib.Path

    Raises
    ------
    InputError
        If another study is there, or something that listsim did not write, or another process holds it.
    """
    with open_said(said_of(sweep), out, overwrite, sorted(sweep.request.texts), shard) as folder:
        yield folder


@contextmanager
def open_said(said, out, overwrite=False, inputs=(), shard=None):
    """The folder of the sweep that a ``study.json`` tells of; see :func:`open_sweep`."""
    if shard is None:
        with _held(said, out, overwrite, inputs) as folder:
            yield folder
        return
    folder = _shared(said, out, overwrite, inputs)
    name = folder.with_name(f"{folder.name}.shard-{shard[0]}-of-{shard[1]}")
    with Reservation(name, lambda _: None, None):
        if not _same(said, folder):  # replaced just now, or of other seeds
            raise TakenError("--out", folder, "was replaced by another study", "give another folder")
        yield folder


@contextmanager
def _held(said, out, overwrite, inputs):
    """The folder, made if need be, and nobody else's until it is left."""
    check = partial(_check, out, said, overwrite, inputs)
    with reserve_next("sweep") if out is None else Reservation(out, check, swap) as held:
        _refuse_shards(held.path)
        if not _goes_on(said, held.path):
            held.finish(lambda new: _begin(new, said))
        elif not _same(said, held.path):
            _begin_again(held.path, said)
        with told(held.path / parts.FOLDER, "move what is there away"):
            (held.path / parts.FOLDER).mkdir(exist_ok=True)
        yield held.path


def _shared(said, out, overwrite, inputs):
    """The folder of several shards, made by the first that comes."""
    begun = time.monotonic()
    while True:
        try:
            if out is not None and _same(said, out):
                return Path(out)
            with _held(said, out, overwrite, inputs) as folder:
                return folder
        except HeldError:
            if time.monotonic() - begun > PATIENCE:
                raise
        time.sleep(0.05)


def _refuse_shards(folder):
    """Refuse a folder into which shards write."""
    for lock in sorted(folder.parent.glob(f".{escape(folder.name)}.shard-*.partial")):
        remedy = f"wait for it; if it is gone, remove {lock.name}"
        raise HeldError("--out", folder, "a shard of it is running", remedy)


def _begin(folder, said):
    """Write what is there before the first part."""
    folder.mkdir(exist_ok=True)
    (folder / STUDY).write_text(json_text(said), encoding="utf-8")


def _begin_again(folder, said):
    """Let a folder of the same study be of other seeds: its tables, of those before, go; its parts stay."""
    with told(folder):
        for name in SWEEP_TABLES:
            (folder / name).unlink(missing_ok=True)
        with whole(folder / STUDY) as new:
            new.write_text(json_text(said), encoding="utf-8")


def _same(said, folder):
    """Whether a folder holds the same study, of the same seeds, begun by the same code."""
    return _goes_on(said, folder) and same_seeds(said, read_study(folder))


def _goes_on(said, folder):
    """Whether a folder holds the same study, begun by the same code, of whatever number of seeds; a link is no folder."""
    folder = Path(folder)
    if folder.is_symlink() or not (folder / STUDY).is_file():
        return False
    return differs(said, read_study(folder)) is None


def _check(shown, said, overwrite, inputs, full):
    """Refuse what is neither the same study, nor may be replaced."""
    if _goes_on(said, full):
        return
    if not overwrite and not full.is_symlink() and (full / STUDY).is_file():
        there = differs(said, read_study(full))
        raise TakenError("--out", shown, there, "give another folder or --overwrite")
    check_folder(shown, overwrite, inputs, full)

"""Shards: a sweep's tasks divided among machines that know nothing of one another, and their folders joined."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from sim.core.atomic import whole
from sim.core.faults import InputError
from sim.results import parts
from sim.studies.sweep_folder import differs, open_said, read_study

SHOWN = 3  # missing tasks that a message names


def read_shard(text):
    """The shard that ``i/n`` names: tuple of int and int.

    Raises
    ------
    InputError
    """
    number, slash, of = text.partition("/")
    if slash and all(part.isascii() and part.isdecimal() for part in (number, of)) and 1 <= int(number) <= int(of):
        return int(number), int(of)
    raise InputError("--shard", repr(text), "is no shard", "write i/n, such as 2/5 for the second of five")


def tasks_of(sweep, shard=None):
    """The tasks of a sweep, or of one of its shards: list of (point, seed).

    Shards are runs of tasks in the sweep's order, whole seeds or blocks of their points, so that points of a seed share
    its settled place and twins. Where seeds are added until the answer is sure, they are whole points, as it takes all
    seeds of a point to know.
    """
    tasks = sweep.tasks()
    if shard is None:
        return tasks
    number, of = shard
    if sweep.until:
        return [(point, seed) for point, seed in tasks if point % of == number - 1]
    return tasks[len(tasks) * (number - 1) // of : len(tasks) * number // of]


@contextmanager
def merged(folders, out, overwrite=False):
    """The parts of several folders of one study in one folder, held until it is left.

    Parts are linked where the disk allows it, and copied otherwise; the folders stay as they are.

    Parameters
    ----------
    folders : list of str or path
    out : str or path
        A new folder, or one that holds the same study.
    overwrite : bool
        As in :func:`sim.studies.sweep_folder.open_sweep`.

    Yields
    ------
    tuple of pathlib.Path and dict
        The folder with all tasks, and what its ``study.json`` says.

    Raises
    ------
    InputError
        If they are not all of the same study and code, or tasks are missing; what there is, is kept in the folder.
    """
    said = read_study(folders[0])
    for folder in folders[1:]:
        difference = differs(said, read_study(folder))
        if difference:
            raise InputError(folder, "", f"{difference}, unlike {folders[0]}", "merge folders of one study and code")
    with open_said(said, out, overwrite, folders) as target:
        for folder in folders:
            for part in sorted((Path(folder) / parts.FOLDER).glob("*.parquet")):
                _bring(part, target / parts.FOLDER / part.name)
        _refuse_missing(said["study"], target)
        yield target, said


def _bring(part, target):
    """Link or copy a part, unless it is there: the same name stands for the same content."""
    if not target.exists():
        parts.read_part(part)
        with whole(target) as partial:
            try:
                os.link(part, partial)
            except OSError:
                shutil.copyfile(part, partial)


def _refuse_missing(study, folder):
    index = parts.read_index(folder)
    wanted = [(point, seed) for seed in study["seeds"] for point in range(len(study["points"]))]
    missing = [task for task in wanted if task not in index.done and task not in index.failed]
    if missing:
        some = ", ".join(f"point {point} with seed {seed}" for point, seed in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        said = f"{len(missing)} of {len(wanted)} tasks are missing: {some}{more}"
        raise InputError(folder, "", said, "merge what holds them into it too; what there is, is kept there")

"""Shards: a sweep's tasks divided among machines that know nothing of one another, and their folders joined."""

import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sim.core.atomic import whole
from sim.core.faults import InputError
from sim.results import parts
from sim.studies.sweep_folder import differs, open_said, read_study, same_seeds

SHOWN = 3  # missing tasks that a message names


@dataclass(frozen=True)
class Outcome:
    """What stands of a sweep's tasks.

    Attributes
    ----------
    done, failed : int
        Tasks, of all that the sweep has.
    left : int
        Tasks that nobody has done yet.
    failures : list of dict
        Point, seed, settings, error, message, traceback of each task that failed.
    """

    done: int
    failed: int
    left: int
    failures: list


def outcome_of(tasks, index):
    """What stands of some tasks, by what a folder's index holds."""
    failures = [index.failed[task] for task in tasks if task in index.failed]
    done = sum(task in index.done for task in tasks)
    return Outcome(done, len(failures), len(tasks) - done - len(failures), failures)


def read_shard(text):
    """The shard that ``i/n`` names: tuple of int and int.

    Raises
    ------
    InputError
    """
    number, _, of = text.partition("/")
    if re.fullmatch(r"[0-9]{1,9}/[0-9]{1,9}", text) and 1 <= int(number) <= int(of):
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
    tuple of pathlib.Path, dict and Outcome
        The folder with all tasks, the description of its sweep, and what stands of it.

    Raises
    ------
    InputError
        If they are not all of the same study and code, or tasks are missing; what there is, is kept in the folder.
    """
    said = read_study(folders[0])
    for folder in folders[1:]:
        other = read_study(folder)
        difference = differs(said, other) or (not same_seeds(said, other) and "is of other seeds")
        if difference:
            raise InputError(folder, "", f"{difference}, unlike {folders[0]}", "merge folders of one study and code")
    with open_said(said, out, overwrite, folders) as target:
        for folder in folders:
            for part in sorted((Path(folder) / parts.FOLDER).glob("*.parquet")):
                _bring(part, target / parts.FOLDER / part.name)
        index = parts.read_index(target).asked_for(said["study"])
        asked = {(point, seed) for seed in said["study"]["seeds"] for point in range(len(said["study"]["points"]))}
        _refuse_missing(asked, index, target)
        every = sorted(asked | set(index.done) | set(index.failed))  # of seeds that were added, too
        yield target, said["study"], outcome_of(every, index)


def _bring(part, target):
    """Link or copy a part, unless it is there: the same name stands for the same content."""
    if not target.exists():
        parts.read_part(part)
        with whole(target) as partial:
            try:
                os.link(part, partial)
            except OSError:
                shutil.copyfile(part, partial)


def _refuse_missing(asked, index, folder):
    missing = sorted(asked - set(index.done) - set(index.failed))
    if missing:
        some = ", ".join(f"point {point} with seed {seed}" for point, seed in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        said = f"{len(missing)} of {len(asked)} tasks are missing: {some}{more}"
        raise InputError(folder, "", said, "merge what holds them into it too; what there is, is kept there")

"""The folder of an experiment's run: there from the start, and gone on with by the same experiment."""

import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sim.core.folders import Reservation, check_folder, reserve_next, swap, written_by_listsim
from sim.core.text import json_text
from sim.results.manifest import made_by

MARK = "experiment.json"


@contextmanager
def open_folder(experiment, out=None, keep=True):
    """The folder in which an experiment is run, held by this process until it is left; in it is ``experiment.json``.

    Parameters
    ----------
    experiment : Experiment
    out : str or path, optional
        The next free ``results/experiment-NNN`` by default. A folder that holds a run of this experiment is gone on with.
    keep : bool
        Whether it stays; else it lies among the temporary files.

    Yields
    ------
    pathlib.Path

    Raises
    ------
    InputError
        If something else is there, or another process holds it.
    """
    if not keep:
        with tempfile.TemporaryDirectory(prefix="listsim-") as folder:
            yield Path(folder)
        return
    check = partial(_check, experiment, out)
    with reserve_next("experiment") if out is None else Reservation(out, check, swap) as held:
        if not _is_of(experiment, held.path):
            held.finish(lambda new: _begin(experiment, new))
        yield held.path


def is_experiment(folder):
    """Whether a folder is that of an experiment's run."""
    return (Path(folder) / MARK).is_file()


def _begin(experiment, folder):
    said = {"experiment": experiment.name, **made_by()}
    (folder / MARK).write_text(json_text(said), encoding="utf-8")


def _is_of(experiment, folder):
    """Whether a run of the experiment is there; a link is no folder."""
    said = None if Path(folder).is_symlink() else written_by_listsim(folder, [MARK])
    return said is not None and said.get("experiment") == experiment.name


def _check(experiment, shown, full):
    if not _is_of(experiment, full):
        check_folder(shown, False, (), full)

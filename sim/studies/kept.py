"""Carrying out a sweep so that finished work is kept: in part files, by whatever processes there are."""

import time
import traceback
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from sim.core import terminal
from sim.core.atomic import clear_partials, whole
from sim.core.digest import Digests
from sim.core.faults import InputError
from sim.core.folders import told
from sim.core.holders import holder
from sim.results import parts
from sim.studies import executors as pool
from sim.studies.arguments import check_numbers
from sim.studies.done import Done, Failure
from sim.studies.lots import TRIES, Lots
from sim.studies.run import attempt
from sim.studies.shards import outcome_of, tasks_of
from sim.studies.sweep_folder import code

KILLED = f"a worker process was killed {TRIES} times (out of memory?); try fewer workers or families, then --retry"
_DIGESTED = 64  # points whose digests are made with one memory of what they share


@dataclass(frozen=True)
class Task:
    """A task as a worker gets it: the study of its point, and what is told of it."""

    point: int
    seed: int
    study: object
    settings: dict
    key: str
    tries: int  # times that it has failed before


@dataclass(frozen=True)
class Receipt:
    """What a worker hands back: the part's name and what its metadata say, and its content where it could not write it."""

    name: str
    told: dict
    seconds: float
    content: bytes | None = None


@dataclass(frozen=True)
class Work:
    """What lots of tasks need to be handed out, or given up."""

    sweep: object
    folder: Path
    mark: Path
    cache: str | None
    index: parts.Index
    keys: "Keys"

    def hand_out(self, executor, lot):
        """The future receipt of a lot; of an executor that broke, one that says so."""
        tasks = [self._task(*task) for task in lot.tasks]
        try:
            return executor.submit(keep_lot, str(self.folder), str(self.mark), self.sweep.seeds[0], tasks, self.cache)
        except BrokenExecutor as error:
            future = Future()
            future.set_exception(error)
            return future

    def give_up(self, lot):
        """The receipt of a task whose process was killed once too often."""
        task = self._task(*lot.tasks[0])
        part = parts.Part(self.sweep.seeds[0])
        _fail(part, task, Failure(pool.WorkerError.__name__, KILLED, ""))
        return _written(self.folder, part, 0)

    def _task(self, point, seed):
        failed = self.index.failed.get((point, seed))
        tries = failed["tries"] if failed else 0
        return Task(point, seed, self.sweep.at(point), self.sweep.points[point], self.keys.of(point, seed), tries)


class Here:
    """The executor that runs what it is given, at once, in this process."""

    def submit(self, function, *args):
        """Run it, and give a future that is done."""
        future = Future()
        future.set_result(function(*args))
        return future


def carry_out(sweep, folder, executor=None, workers=1, progress=None, retry=False, shard=None, cache=None):
    """Do what is left to do of a sweep, and keep it in a folder; may be called again with more seeds.

    Parameters
    ----------
    sweep : Sweep
    folder : path
        As :func:`sim.studies.sweep_folder.open_sweep` gives it.
    executor : optional
        Anything with the ``submit`` of :mod:`concurrent.futures`; processes of this machine by default.
    workers : int
        Processes, or lots of tasks that the executor is given at a time; results do not depend on it.
    progress : callable, optional
        Called with the number of tasks that are done or failed, and their total, at the start and after each part.
    retry : bool
        Whether those that failed are done again, and nothing else is.
    shard : tuple of int and int, optional
        Do the i-th of n shards alone, from 1.
    cache : path, optional
        As in :func:`sim.studies.task.run_task`.

    Returns
    -------
    sim.studies.shards.Outcome
        Of all tasks of the sweep.

    Raises
    ------
    InputError
        If a part cannot be read or written, or is another study's.
    """
    if executor is None:
        check_numbers(workers=workers)
    folder = Path(folder).resolve()
    clear_partials(folder)
    index, keys = parts.read_index(folder), Keys(sweep)
    _refuse_strange(folder, index, sweep, keys)
    mine = tasks_of(sweep, shard)
    todo = [task for task in mine if (task in index.failed if retry else not _known(task, index))]
    finished = len(mine) - sum(not _known(task, index) for task in mine) - retry * len(todo)
    if progress:
        progress(finished, len(mine))
    with _marked(folder / parts.FOLDER) as mark:
        work = Work(sweep, folder, mark, cache, index, keys)
        with closing(_receipts(work, todo, executor, workers)) as receipts:
            for receipt in receipts:
                if receipt.content is not None:
                    _write(folder, receipt.name, receipt.content)
                index.add(receipt.name, receipt.told)
                finished += len(receipt.told["tasks"]) + len(receipt.told["failures"])
                if progress:
                    progress(finished, len(mine))
    return outcome_of(sweep.tasks(), parts.read_index(folder) if shard else index)


class Keys:
    """Hashes of what the rows of a task depend on: code, inputs of the point, seed."""

    def __init__(self, sweep):
        self._sweep, self._digests = sweep, Digests()
        self._of_point = lru_cache(None)(self._point)
        self._code = Digests().of(code())

    def of(self, point, seed):
        """The key of a task."""
        return Digests().of(self._code, self._of_point(point), seed)

    def _point(self, point):
        if point % _DIGESTED == 0:
            self._digests = Digests()
        every = self._sweep.at(point).inputs()
        return self._digests.of([(replace(inputs, settings={}), inputs.dials, inputs.place_dials) for inputs in every])


def keep_lot(folder, mark, seed, tasks, cache=None):
    """Do some tasks, in whatever process, and keep them in one part of a sweep's folder.

    Parameters
    ----------
    folder, mark : str
        The folder, and a file that its holder made: who sees it shares a disk with the holder, and writes the part.
    seed : int
        The first seed of the sweep.
    tasks : list of Task
    cache : path, optional

    Returns
    -------
    Receipt
    """
    part, begin = parts.Part(seed), time.perf_counter()
    for task in tasks:
        done = _attempt(task, cache)
        if done.failure:
            _fail(part, task, done.failure)
        else:
            part.add(done, task.key)
    return _written(folder, part, time.perf_counter() - begin, Path(mark).is_file())


def _attempt(task, cache):
    """What comes of a task; a wrong input is a failure too, as it may be wrong at this point alone."""
    try:
        return attempt(task.study, task.point, task.seed, 1, cache)
    except InputError as error:
        if terminal.received:  # as in `attempt`
            raise
        failure = Failure(type(error).__name__, str(error), traceback.format_exc())
        return Done(task.point, task.seed, [], failure)


def _fail(part, task, failure):
    part.add_failure(Done(task.point, task.seed, [], failure), task.key, task.settings, task.tries + 1)


def _written(folder, part, seconds, here=True):
    """The receipt of a part, which is written if the folder is here."""
    name, content = part.finish()
    if here:
        _write(folder, name, content)
    told = {"tasks": part.tasks, "failures": part.failures}
    return Receipt(name, told, seconds, None if here else content)


def _write(folder, name, content):
    with whole(Path(folder) / parts.FOLDER / name) as partial:
        partial.write_bytes(content)


@contextmanager
def _marked(folder):
    """A file that whoever shares the disk can see, while its process holds the folder; what is half written goes."""
    mark = folder / f".here_{holder()}.partial"
    clear_partials(folder)
    with told(folder):
        mark.touch()
    try:
        yield mark
    finally:
        with suppress(OSError):
            mark.unlink(missing_ok=True)
        clear_partials(folder)  # of a worker that was killed


def _known(task, index):
    return task in index.done or task in index.failed


def _refuse_strange(folder, index, sweep, keys):
    """Refuse parts of another study, which somebody put there."""
    kept = [(where, place.key, place.file) for where, place in index.done.items()]
    kept += [(where, failure["key"], "") for where, failure in index.failed.items()]
    for (point, seed), key, file in kept:
        if point >= len(sweep.points) or key != keys.of(point, seed):
            where = folder / parts.FOLDER / file
            said = f"holds point {point} with seed {seed} of another study, or by other code"
            raise InputError(where, "", said, "move it away and give the same command")


def _receipts(work, todo, executor, workers):
    """Receipts of all tasks, lot by lot as they come back; processes of our own are made anew when one is killed."""
    if executor or workers == 1:
        lots = Lots(todo, workers)
        lost = Exception if executor else BrokenExecutor  # what a cluster raises for a lost process is its own
        yield from _through(work, lots, executor or Here(), lost)
        if lots:
            raise pool.WorkerError("the executor broke; give the same command to go on")
        return
    workers = min(workers, len(todo))
    lots = Lots(todo, workers)
    while lots:
        with pool.workers(workers) as processes:
            yield from _through(work, lots, processes, BrokenExecutor)


def _through(work, lots, executor, lost):
    """Receipts of lots from one executor, until all are back or it broke."""
    out, broken = {}, False
    while out or (lots and not broken):
        while not broken and (lot := lots.next()):
            out[work.hand_out(executor, lot)] = lot
        for future in wait(out, return_when=FIRST_COMPLETED).done:
            lot = out.pop(future)
            try:
                receipt = future.result()
            except InputError:
                raise
            except lost as error:
                broken |= isinstance(error, BrokenExecutor)
                if not lots.lost(lot):
                    yield work.give_up(lot)
            else:
                lots.back(lot, receipt.seconds)
                yield receipt

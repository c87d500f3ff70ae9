"""Running a study: its tasks done here, one by one, or handed to processes, which then import the model and this one does not."""

import os
import traceback
from collections import deque
from contextlib import nullcontext

from sim.core import terminal
from sim.core.faults import InputError
from sim.studies import executors as pool
from sim.studies.arguments import check_numbers
from sim.studies.done import Done, Failure, StudyError


def run_study(study, executor=None, progress=None, ahead=None, cache=None):
    """Run the tasks of a study, each on its own, and give what came of each in the order of ``study.tasks()``.

    Parameters
    ----------
    study : Study
    executor : optional
        Anything with the ``submit`` of :mod:`concurrent.futures`; by default tasks are run here, one by one.
    progress : callable, optional
        Called with the number of tasks done and their total.
    ahead : int, optional
        Tasks handed out before the first of them is back, which bounds the results that wait; by default twice the
        processors there are here.
    cache : path, optional
        As in :func:`sim.studies.task.run_task`.

    Yields
    ------
    Done
        A task that fails is one with a failure, and the rest goes on; only a wrong input and an interrupt end all.
    """
    tasks = study.tasks()
    waiting, todo = deque(), iter(tasks)
    try:
        for number in range(1, len(tasks) + 1):
            if executor is None:
                point, seed = next(todo)
                done = attempt(study.at(point), point, seed, os.cpu_count() if len(tasks) == 1 else 1, cache)
            else:
                while len(waiting) < (ahead or 2 * os.cpu_count()) and (task := next(todo, None)):
                    waiting.append(executor.submit(attempt, study.at(task[0]), *task, 1, cache))
                done = waiting.popleft().result()
            if progress:
                progress(number, len(tasks))
            yield done
    finally:
        for future in waiting:
            future.cancel()


def attempt(study, point, seed, threads=1, cache=None):
    """What comes of a task of a study of one point, whose number is given."""
    from sim.studies.task import run_task  # the model, which takes seconds to import

    try:
        every, luck = study.task(seed)
        return Done(point, seed, run_task(every, luck, threads, cache))
    except Exception as error:
        if isinstance(error, InputError) or terminal.received:  # an interrupt may come out as any error
            raise
        return Done(point, seed, [], Failure(type(error).__name__, str(error), traceback.format_exc()))


def carry_out(study, workers=1, progress=None, cache=None, executor=None):
    """Run a study on processes of this machine.

    Parameters
    ----------
    study : Study
    workers : int
        Processes; results do not depend on it.
    progress, cache
        As in :func:`run_study`.
    executor : optional
        So many workers that there are already, and stay.

    Returns
    -------
    list of Done

    Raises
    ------
    StudyError
        If every task failed.
    WorkerError
        If a worker process is killed.
    """
    check_numbers(workers=workers)
    workers = min(workers, len(study.tasks()))
    with nullcontext(executor) if executor or workers == 1 else pool.workers(workers) as executor:
        done = list(run_study(study, executor, progress, 2 * workers, cache))
    if all(item.failure for item in done):
        raise StudyError(done[0])
    return done

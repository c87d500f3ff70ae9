"""Work that pages ask for: a queue in front of worker processes, so that the page never stalls and nobody waits behind a long job."""

import asyncio
import gc
import itertools
import shlex
import tempfile
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from sim.app.asked import apart, batches
from sim.app.seen import Known, seen
from sim.app.told import LOOKS, look
from sim.core.faults import InputError
from sim.studies.study import load_study

MOST_JOBS = 16  # kept, the last asked for last
FIRST = LOOKS[0]
_SOME = 8  # seeds after which a worker lets go of twins that it keeps, so that a day of turning dials does not fill the memory
_SEEDS = itertools.count(1)  # a worker's own


def seen_of(studies, seed):
    """What came of a seed of each batch of a job; done by a worker.

    Returns
    -------
    list of Seen, or str
        Why it failed, in a line.
    """
    from sim.studies.cache import AREAS, RECENT  # the model, which the page itself has no use for
    from sim.studies.run import attempt

    AREAS.clear()  # of use to the seed's own runs alone
    if next(_SEEDS) % _SOME == 0:
        RECENT.clear()
    found = []
    for study in studies:
        done = attempt(study, 0, seed)
        if done.failure:
            return done.failure.in_brief()
        found.append(seen(done))
    gc.collect()  # a model that is done is a ring of references, 9 MB in a small town
    return found


def stakes_at(place, families, settings):
    """Who would pay at a place, and who would gain, as ``listsim incentives --json`` says; done by a worker."""
    from sim.cost_benefit.at_place import incentives

    found = incentives(place, families=families, settings=settings, threads=1)
    return found.to_dict(), found.by_body


def path_of(kind, batch):
    """One family's path through the model, or one pound's, as lines of text; done by a worker."""
    from sim.report.traced import family_lines, pound_lines
    from sim.results.pound import trace_pound
    from sim.studies.inputs import load_inputs
    from sim.studies.task import run
    from sim.trace.family import trace_family

    common = dict(batch.common)
    seed = common.pop("seed")
    inputs = load_inputs(*batch.arrangements, settings=batch.settings, **common)
    if kind == "family":
        return family_lines(trace_family(inputs, seed))
    return pound_lines(trace_pound(run(inputs, seed).flows))


def workbook_of(batch, replicates):
    """The workbook of a command, its bytes; done by a worker, which runs it again."""
    from sim.api import compare
    from sim.core.folders import WORKBOOK
    from sim.report.workbook.writing import write_workbook

    with tempfile.TemporaryDirectory(prefix="listsim-") as folder:
        done = compare(**batch.request(replicates))
        done.write_into(folder, shlex.split(batch.command(replicates))[1:], report=False)
        write_workbook(folder, done.findings(folder))
        return (Path(folder) / WORKBOOK).read_bytes()


class Queue:
    """Tasks for worker processes, those of early looks first.

    Parameters
    ----------
    crew : Crew
        Who has the worker processes.
    """

    def __init__(self, crew):
        self._crew, self._waiting, self._number = crew, asyncio.PriorityQueue(), itertools.count()
        self._hands = [asyncio.create_task(self._work()) for _ in range(crew.size)]

    def put(self, urgency, wanted, work, *given):
        """Have something done; an asyncio.Future of its result, cancelled where it is no longer wanted when its turn comes.

        Parameters
        ----------
        urgency : int
            The lower, the sooner.
        wanted : callable
            () -> bool.
        work : callable
            A function of a module, which a worker calls with `given`.
        """
        result = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((urgency, next(self._number), wanted, work, given, result))
        return result

    async def _work(self):
        while True:
            *_, wanted, work, given, result = await self._waiting.get()
            if result.done() or not wanted():
                result.cancel()
                continue
            try:
                found = await self._done(work, given)
            except Exception as error:  # told to who asked; the queue goes on
                if not result.done():
                    result.set_exception(error)
            else:
                if not result.done():
                    result.set_result(found)

    async def _done(self, work, given):
        """The result of a task, tried once more with new workers where one was killed."""
        loop, workers = asyncio.get_running_loop(), self._crew.workers
        try:
            return await loop.run_in_executor(workers, work, *given)
        except BrokenProcessPool:
            return await loop.run_in_executor(self._crew.instead_of(workers), work, *given)

    def stop(self):
        """Hand out nothing more."""
        for hand in self._hands:
            hand.cancel()


class Job:
    """The seeds of what a page asked, as they come in; shared by all pages that ask the same.

    Parameters
    ----------
    studies : list of Study
        One a batch, of the seeds that may be run.
    queue : Queue
    """

    def __init__(self, studies, queue):
        self.studies, self._queue = studies, queue
        self._found, self._pending, self._last = {}, set(), None
        self.watchers, self.failure = {}, None

    @property
    def n(self):
        """Seeds that are in, without a gap."""
        return next(i for i in itertools.count() if i not in self._found)

    @property
    def is_going_on(self):
        """Whether seeds are being run, or wait for a worker."""
        return bool(self._pending)

    def known(self, n=None):
        """What the first n seeds come to, or those of the last look: list of Known, one a batch; None before the first look."""
        n = look(self.n) if n is None else n
        if n and (self._last is None or self._last[0].n != n):
            self._last = [Known([self._found[i][at] for i in range(n)]) for at in range(len(self.studies))]
        return self._last if n else None

    def watch(self, who, tell, goal):
        """Have a page told of every seed, and go on until its goal is met.

        Parameters
        ----------
        who : object
            The page, which watches with one goal at most.
        tell : callable
            (job).
        goal : callable
            (list of Known) -> whether more seeds would change nothing that the page says.
        """
        self.watchers[who] = (tell, goal)
        self._go_on()

    def leave(self, who):
        """A page looks no longer; with nobody looking, what has not begun is not done."""
        self.watchers.pop(who, None)

    async def first(self, n):
        """What the first n seeds come to, which are run if need be.

        Raises
        ------
        InputError
            If one of them fails.
        """
        who, more = object(), asyncio.Event()
        self.watchers[who] = (lambda _: more.set(), lambda _: True)
        try:
            while self.n < n and not self.failure:
                more.clear()
                self._ask_for(n)
                await more.wait()
        finally:
            self.leave(who)
        if self.failure:
            raise InputError("run", "", self.failure, "give another place or dial")
        return self.known(n)

    def _go_on(self):
        if self.failure or not self.watchers:
            return
        now = self.known()
        if now is None or not all(goal(now) for _, goal in self.watchers.values()):
            self._ask_for(next((stage for stage in LOOKS if stage > self.n), self.n))

    def _ask_for(self, n):
        for number in range(n):
            if number in self._found or number in self._pending:
                continue
            self._pending.add(number)
            urgency, seed = sum(stage <= number for stage in LOOKS), self.studies[0].seeds[0] + number
            result = self._queue.put(urgency, lambda: bool(self.watchers), seen_of, self.studies, seed)
            result.add_done_callback(lambda result, number=number: self._take(number, result))

    def _take(self, number, result):
        self._pending.discard(number)
        if result.cancelled():
            return
        error = result.exception()
        found = f"{type(error).__name__}: {error}" if error else result.result()
        if isinstance(found, str):
            self.failure = found
        else:
            self._found[number] = found
        if not self._pending:  # a stage is whole
            self._go_on()
        for tell, _ in self.watchers.values():  # one page's trouble is none of another's
            asyncio.get_running_loop().call_soon(tell, self)


class Jobs:
    """The jobs of all pages: what is asked again is not run again.

    Parameters
    ----------
    queue : Queue
    altered : Altered
    """

    def __init__(self, queue, altered):
        self._queue, self.altered = queue, altered
        self._jobs, self._stakes = {}, {}

    def batches(self, asked):
        """What a command line would run for what is asked: list of Batch."""
        return batches(asked, self.altered.file_of)

    def script(self, asked, replicates):
        """The commands that come to the same numbers."""
        return self.altered.script(self.batches(asked), lambda batch, own: batch.command(replicates, own))

    async def workbook(self, asked, at, replicates):
        """The workbook of a command of what is asked, its bytes."""
        return await self._queue.put(1, lambda: True, workbook_of, self.batches(asked)[at], replicates)

    async def path(self, asked, at, kind, wanted):
        """One family's or one pound's path on a side: its lines, and the command that prints them.

        Raises
        ------
        InputError
            If there is none.
        """
        batch = apart(asked, self.altered.file_of)[at]
        lines = await self._queue.put(0, wanted, path_of, kind, batch)
        return lines, self.altered.script([batch], lambda batch, own: batch.trace(kind, own))

    async def job(self, asked):
        """The job of what is asked.

        Raises
        ------
        InputError
        """
        key = asked.what.query()
        if key not in self._jobs:
            wanted = [batch.request(LOOKS[-1]) for batch in self.batches(asked)]
            studies = await asyncio.to_thread(lambda: [load_study(**given) for given in wanted])
            _keep(self._jobs, key, Job(studies, self._queue))
        return self._jobs[key]

    async def stakes(self, asked, side, wanted=lambda: True):
        """Who would pay and who would gain on a side: what ``listsim incentives`` says, and its table by body.

        Raises
        ------
        InputError
        """
        key = asked.place, asked.families, tuple(side.settings.items())
        if key not in self._stakes or self._stakes[key].cancelled():
            given = (stakes_at, asked.place, asked.families, side.settings)
            _keep(self._stakes, key, self._queue.put(0, wanted, *given))
        return await asyncio.shield(self._stakes[key])


def _keep(kept, key, thing):
    kept[key] = thing
    while len(kept) > MOST_JOBS:
        kept.pop(next(iter(kept)))

"""One task of a study, a pure function of (inputs, seed) that owns all its state: the runs of its arrangements."""

from dataclasses import replace
from functools import cache as memo
from functools import cached_property
from types import SimpleNamespace

from sim.core.digest import Digests
from sim.deals.evaluation import designed
from sim.evaluation.protocol import looks_elsewhere
from sim.place.burn_in import burn_in
from sim.record.recorder import Recorder
from sim.record.rows import Rows
from sim.record.social import Social
from sim.studies.ahead import make_ready
from sim.studies.cache import RUNS, Made, Noted, all_read, make_once, users_folder
from sim.studies.comparison import DoNothing, nothing_done
from sim.studies.done import RunResult
from sim.studies.projected import KeptProjections
from sim.system import LocalSystem

_NOBODY, _MANAGED = "nobody's dials", "dials of a management"


def run_task(every, seed, threads=1, cache=None):
    """Runs of several arrangements with one seed, against one do-nothing twin.

    An arrangement that changes management has a second twin with that management and no programmes, against which its
    programmes are judged.

    Parameters
    ----------
    every : list of Inputs
        That differ in nothing but their arrangement.
    seed : int
    threads : int
        Threads that share out the families; the result does not depend on it.
    cache : path, optional
        Folder in which settled places and twins are kept; see :mod:`sim.studies.cache`.

    Returns
    -------
    list of RunResult
    """
    shared = Shared(every, seed, threads, cache)
    return [shared.result(inputs) for inputs in every]


def models(every, seed, threads=1, cache=None):
    """Models of several arrangements, each before its first quarter; parameters as in :func:`run_task`.

    Yields
    ------
    LocalSystem
        Whose recorder has its twin.
    """
    shared = Shared(every, seed, threads, cache)
    for inputs in every:
        yield shared.model(inputs, shared.now(inputs))


class Shared:
    """What the runs of one seed have in common, and the runs, each made once; parameters as in :func:`run_task`."""

    def __init__(self, every, seed, threads=1, cache=None):
        self._first, self._every = every[0], every
        self._seed, self._threads, self._cache, self._digests = seed, threads, cache, Digests()
        make_ready(self._first.place, self._first.place_dials, seed)
        self._projections = KeptProjections(self._first, threads, cache or users_folder())
        self._alone = {}  # do-nothing runs under the management of an arrangement, by its id

    @cached_property
    def _settled(self):
        return _settle(self._first, self._seed, self._threads, self._cache)

    @cached_property
    def _nothing(self):
        watched = any(looks_elsewhere(designed(inputs.dials, inputs.arrangement)) for inputs in self._every)
        return self._do_nothing(nothing_done(self._first), watched, _NOBODY)

    def _do_nothing(self, inputs, watched, whose):
        return DoNothing(inputs, self._settled, self._seed, self._threads, self._cache, watched, whose)

    def now(self, inputs):
        """What a run of some inputs reads, by name: dict of str to mapping."""
        nobody = nothing_done(self._first).dials
        named = {"place dials": inputs.place_dials, "values": inputs.place.values, _NOBODY: nobody}
        return {**named, "dials": inputs.dials, _MANAGED: inputs.dials}

    def model(self, inputs, now):
        """A run of some inputs before its first quarter, which reads the mappings given: LocalSystem."""
        place, dials, recorder = replace(inputs.place, values=now["values"]), now["place dials"], self._recorder(inputs)
        settled = self._settled.thing.at(place, dials, self._threads).copy()
        area = memo(lambda: self._nothing.area().at(place, dials))
        reading = SimpleNamespace(**{**vars(inputs), "place": place, "dials": now["dials"]})
        return LocalSystem(reading, settled, self._seed, recorder, self._projections, area)

    def _recorder(self, inputs):
        twin, arrangement = self._nothing.record(), inputs.arrangement
        if not arrangement.manages:
            return Recorder(twin)
        alone = replace(inputs, arrangement=arrangement.without_programmes())
        alone = self._alone[arrangement.id] = self._do_nothing(alone, False, _MANAGED)
        return Recorder(alone.record(), twin)

    def result(self, inputs):
        """What a run of some inputs comes to: RunResult."""
        now = self.now(inputs)

        def make():
            noted = {name: Noted(values) for name, values in now.items()}
            model = self.model(inputs, noted)
            result = result_of(model)
            model.families = None  # most of its memory, which else stays until Python looks for rings of references
            twins = [self._nothing, *filter(None, [self._alone.get(inputs.arrangement.id)])]
            made_of = [self._settled.read, self._projections.read, *(twin.read for twin in twins)]
            return Made(result, all_read({name: item.read for name, item in noted.items()}, *made_of))

        same = ("catalogue", "providers", "arrangement", "years", "n_families", "investors", "bank", "worth", "trials")
        base = self._digests.of(
            "run", replace(inputs.place, values={}), self._seed, [getattr(inputs, name) for name in same]
        )
        return make_once(base, now, make, recent=RUNS).thing


def result_of(model):
    """What a model comes to, run on to its end if it is not there yet: RunResult."""
    model.run_model()
    of_place, record = (model.place, model.services.prices, model.payers), model.recorder
    record.finish(model)
    table = Rows(*of_place, record, record.twin)
    rows, events = table.build(), table.events()
    rows += Social(model.place, model.services.prices, model.worth, record, record.twin).build()
    if record.unmanaged is not None:
        rows += Rows(*of_place, record.twin, record.unmanaged).management()
    return RunResult(
        model.arrangement.id, model.seed, rows, record.flows, record.bodies, record.decisions, record.notes, events
    )


def _settle(inputs, seed, threads, cache):
    """The settled place of some inputs, made once: Made, of a Settled."""
    place, now = inputs.place, {"place dials": inputs.place_dials, "values": inputs.place.values}

    def make():
        dials, values = Noted(now["place dials"]), Noted(now["values"])
        settled = burn_in(replace(place, values=values), dials, seed, inputs.n_families, threads)
        read = {"place dials": dials.read, "values": values.read}
        return Made(settled.at(replace(place, values={}), {}), read)

    base = Digests().of("settled", replace(place, values={}), seed, inputs.n_families)
    return make_once(base, now, make, cache)


def run(inputs, seed, threads=1):
    """One arrangement with its do-nothing twin; see :func:`run_task`.

    Returns
    -------
    RunResult
    """
    return run_task([inputs], seed, threads)[0]

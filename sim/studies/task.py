"""One task of a study, a pure function of (inputs, seed) that owns all its state: the runs of its arrangements."""

from dataclasses import replace

from sim.core.digest import Digests
from sim.deals.evaluation import designed
from sim.evaluation.protocol import looks_elsewhere
from sim.place.burn_in import burn_in
from sim.record.recorder import Recorder
from sim.record.rows import Rows
from sim.record.social import Social
from sim.studies.ahead import make_ready
from sim.studies.cache import Made, Noted, make_once, users_folder
from sim.studies.comparison import DoNothing, nothing_done
from sim.studies.done import RunResult
from sim.studies.projected import KeptProjections
from sim.system import LocalSystem


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
    results = []
    for model in models(every, seed, threads, cache):
        results.append(result_of(model))
        model.families = None  # most of its memory, which else stays until Python looks for rings of references
    return results


def models(every, seed, threads=1, cache=None):
    """Models of several arrangements, each before its first quarter; parameters as in :func:`run_task`.

    Yields
    ------
    LocalSystem
        Whose recorder has its twin.
    """
    first = every[0]
    make_ready(first.place, first.place_dials, seed)
    made = _settle(first, seed, threads, cache)
    settled = made.thing.at(first.place, first.place_dials, threads)
    projections = KeptProjections(first, threads, cache or users_folder())
    watched = any(looks_elsewhere(designed(inputs.dials, inputs.arrangement)) for inputs in every)
    nothing = DoNothing(nothing_done(first), made, seed, threads, cache, watched)
    twin = nothing.record()
    for inputs in every:
        recorder = Recorder(twin)
        if inputs.arrangement.manages:
            alone = replace(inputs, arrangement=inputs.arrangement.without_programmes())
            recorder = Recorder(DoNothing(alone, made, seed, threads, cache).record(), twin)
        yield LocalSystem(inputs, settled.copy(), seed, recorder, projections, nothing.area)


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

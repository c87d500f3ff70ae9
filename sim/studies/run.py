"""Running and comparing: pure functions of (inputs, seed) that own all their state."""

import os
from dataclasses import dataclass, field, replace

from sim.arrangements.reading import load_arrangement
from sim.core.calendar import QUARTERS
from sim.model import LocalSystem
from sim.place.burn_in import burn_in
from sim.record.recorder import Recorder
from sim.record.rows import Rows
from sim.studies import executors as pool
from sim.studies.arguments import check_numbers
from sim.studies.inputs import TWIN


@dataclass(frozen=True)
class RunResult:
    """Rows, flows and decisions of one run, in the order in which they will be written, and notes of what was refused."""

    arrangement: str
    seed: int
    rows: list
    flows: list
    bodies: tuple
    decisions: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def simulate(inputs, settled, seed, twin=None):
    """One run from a settled place; changes `settled`.

    Returns
    -------
    tuple of Recorder and service prices
    """
    recorder = Recorder(twin)
    model = LocalSystem(inputs, settled, seed, recorder)
    for _ in range(inputs.years * QUARTERS):
        model.step()
    recorder.finish(model)
    return recorder, model.services.prices


def run_seed(cases, seed, threads=1):
    """Runs of several arrangements with one seed, against one do-nothing twin.

    An arrangement that changes management has a second twin with that management and no programmes, against which its
    programmes are judged.

    Parameters
    ----------
    cases : list of Inputs
        That differ in nothing but their arrangement.
    seed : int
    threads : int

    Returns
    -------
    list of RunResult
    """
    first = cases[0]
    settled = burn_in(first.place, first.place_dials, seed, first.n_families, threads)
    nothing = replace(first, arrangement=load_arrangement(TWIN))
    twin, prices = simulate(nothing, settled.copy(), seed)
    results = []
    for inputs in cases:
        managed, managed_twin = None, twin
        if inputs.arrangement.manages:
            alone = replace(inputs, arrangement=inputs.arrangement.without_programmes())
            managed = managed_twin = simulate(alone, settled.copy(), seed)[0]
        record, _ = simulate(inputs, settled.copy(), seed, managed_twin)
        rows = Rows(inputs.place, prices, record, managed_twin).build()
        if managed is not None:
            rows += Rows(inputs.place, prices, managed, twin).management()
        results.append(
            RunResult(inputs.arrangement.id, seed, rows, record.flows, record.bodies, record.decisions, record.notes)
        )
    return results


def run(inputs, seed, threads=1):
    """One arrangement with its do-nothing twin.

    Parameters
    ----------
    inputs : Inputs
    seed : int
    threads : int
        Threads that share out the families; the result does not depend on it.

    Returns
    -------
    RunResult
    """
    return run_seed([inputs], seed, threads)[0]


def compare(cases, seed=1, replicates=10, workers=1, progress=None):
    """Runs of several arrangements over several seeds.

    Parameters
    ----------
    cases : list of Inputs
    seed : int
        Seed of the first replicate; the others follow.
    replicates : int
    workers : int
        Processes; results do not depend on it.
    progress : callable, optional
        Called with the number of seeds done and their total.

    Returns
    -------
    list of list of RunResult
        By replicate, then by case.

    Raises
    ------
    WorkerError
        If a worker process is killed.
    """
    check_numbers(seed=seed, replicates=replicates, workers=workers)
    seeds = range(seed, seed + replicates)
    workers = min(workers, replicates)
    if workers <= 1:
        return [
            _tell(progress, i, replicates, run_seed(cases, s, os.cpu_count() if replicates == 1 else 1))
            for i, s in enumerate(seeds)
        ]
    with pool.workers(workers) as executor:
        futures = [executor.submit(run_seed, cases, s) for s in seeds]
        return [_tell(progress, i, replicates, future.result()) for i, future in enumerate(futures)]


def _tell(progress, i, total, result):
    if progress:
        progress(i + 1, total)
    return result

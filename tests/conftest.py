"""Shared places and runs; a run is made once and only read."""

import sys
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sim import system
from sim.core.dials import defaults
from sim.core.parameters import Quantity
from sim.place.burn_in import burn_in
from sim.place.places import load_place
from sim.record.recorder import Recorder
from sim.record.served import Served
from sim.results import parts
from sim.studies import task as runner
from sim.studies.cache import RECENT, RUNS, users_folder
from sim.studies.comparison import DoNothing, nothing_done
from sim.studies.inputs import load_inputs
from sim.studies.kept import carry_out
from sim.studies.projected import KeptProjections
from sim.studies.shards import Outcome
from sim.studies.sweep import load_sweep
from sim.studies.sweep_folder import open_sweep

DATA = Path(__file__).parent / "data"
PLAN = str(DATA / "plan.toml")
NAIVE = {"appraisal.method": "snapshot"}  # for tests of other things in a place of their own: nothing is projected
CORNER = {
    **NAIVE,
    "services.unmet_need_scale": 0,
    "services.threshold_drift": 0,
    "services.practice_drift": 0,
    "services.practice_pressure": 0,
    "families.case_finding": 0,
    "services.fixed_share_scale": 0,
}


@pytest.fixture(scope="session", autouse=True)
def projections(tmp_path_factory):
    """Projections are kept for the session, those of models made without a study too, and none in the user's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LISTSIM_CACHE", str(tmp_path_factory.mktemp("cache") / "listsim"))

        def kept(place, dials):
            return KeptProjections(SimpleNamespace(place=place, place_dials=dials), 1, users_folder())

        patch.setattr(system, "Projections", kept)
        yield


@pytest.fixture(scope="session")
def milltown():
    return load_place("milltown")


@pytest.fixture(scope="session")
def settled(milltown):
    """Milltown after its burn-in; copy before changing."""
    return burn_in(milltown, defaults(), seed=5)


@pytest.fixture(scope="session")
def compared():
    """Five arrangements on Milltown, two seeds."""
    from sim.api import compare

    return compare(["do_nothing", "silo", "pooled_s75", "list_public", PLAN], place="milltown", seed=3, replicates=2)


def forget():
    """Let go of what was made in this process, as if there were another."""
    RECENT.clear()
    RUNS.clear()


@pytest.fixture(autouse=True)
def _every_run_anew():
    """No test is given what ran for another, which may have changed the code for itself."""
    RUNS.clear()


def settled_for(inputs, seed=1):
    """The settled place that a run of some inputs begins with, made once for all tests; all of it may be changed."""
    return deepcopy(runner._settle(inputs, seed, 1, None).thing).at(inputs.place, inputs.place_dials)


def area_for(inputs, seed=1, threads=1):
    """What gives the comparison area of some inputs, which is not made yet."""
    alone = DoNothing(nothing_done(inputs), runner._settle(inputs, seed, threads, None), seed, threads)
    return cache(lambda: alone.area().at(inputs.place, inputs.place_dials))


def twin_for(inputs, seed=1):
    """The record of the do-nothing twin of some inputs."""
    return DoNothing(nothing_done(inputs), runner._settle(inputs, seed, 1, None), seed).record()


def blank_twin(n_families):
    """The record of a twin in which nobody was ever served."""
    served = Served()
    served.add(np.zeros(n_families, np.uint32))
    return Recorder(served=served)


@pytest.fixture
def listsim(tmp_path, monkeypatch, capfd):
    """Run the command line in an empty folder; (exit code, stdout, stderr)."""
    from sim.cli.shell import main

    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["listsim", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capfd.readouterr()
        return stop.value.code, out, err

    return call


def with_values(place, changes):
    """A place with some values replaced, ranges aside."""
    values = dict(place.values)
    for name, value in changes.items():
        values[name] = replace(
            values[name], value=value, low=min(value, values[name].low), high=max(value, values[name].high)
        )
    return replace(place, values=values)


def with_numbers(model, **numbers):
    """Give the model's arrangement other numbers, ranges aside."""
    plain = {name: Quantity(value, "test", value, value, "assumption: test") for name, value in numbers.items()}
    model.arrangement = replace(model.arrangement, values={**model.arrangement.values, **plain})
    return model


def levels_of_one_need(n, level):
    """Levels of n families of one need, uint8 (n, 1), and the same packed, uint32 (n,): one memory."""
    packed = np.full(n, level, "<u4")
    return packed.view(np.uint8).reshape(n, 4)[:, :1], packed


def masks_of(use):
    """Lines that served each family, a bit each, in as many quarters as its use of a line says: uint32 (quarters, families)."""
    use = np.array(use)
    bits = np.uint32(1) << np.arange(use.shape[1], dtype=np.uint32)
    return np.array([(use > past) @ bits for past in range(max(1, use.max()))], np.uint32)


def sums(result, *measures, by=()):
    """Pence of some measures of a run, summed; by any of year, agency, line."""
    names = ("year", "agency", "line", "measure")
    totals = {}
    for row in result.rows:
        if row[3] in measures and row[4] is not None:
            key = tuple(row[names.index(name)] for name in by)
            totals[key] = totals.get(key, 0) + row[4]
    return totals if by else totals.get((), 0)


def one(arrangement, settings=None, seed=1, **options):
    """One run on Milltown."""
    return runner.run(load_inputs(arrangement, "milltown", settings, **options), seed)


SMALL_SWEEP = {"place": "milltown", "families": 500, "years": 1}
DRIFTS = {"services.threshold_drift": [0, 0.5, 1]}


def sweep_of(**options):
    """A small sweep."""
    return load_sweep(
        **{"arrangements": ["silo", "list_public"], "replicates": 3, "grid": DRIFTS, **SMALL_SWEEP, **options}
    )


def runs_of(folder):
    """All runs in a folder, by point, in the order of the tables."""
    index = parts.read_index(folder)
    return [(point, frame.to_csv(), bodies) for point, frame, bodies in parts.points(folder, index)]


@pytest.fixture(scope="session")
def sweep():
    """Two arrangements at three points with three seeds, small."""
    return sweep_of()


@pytest.fixture(scope="session")
def whole(sweep, tmp_path_factory):
    """The runs of the sweep done in one go, one lot after the other."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    with open_sweep(sweep, folder):
        assert carry_out(sweep, folder) == Outcome(9, 0, 0, [])
    return runs_of(folder)

"""Kernels are compiled once, for one set of types, and made ready as a run calls them."""

import gc
import subprocess
import sys

import numpy as np
import pytest

from sim.evaluation.loops import first_from
from sim.place.kernels.lists import nth_least
from sim.studies import ahead

_READY_THEN_RUN = """
from sim.evaluation import loops
from sim.place import kernels
from sim.place.kernels import ages, uptake
from sim.record import served
from sim.studies.ahead import calls
from sim.studies.task import run_task
from sim.studies.study import load_study

def kinds():
    modules = (kernels, ages, uptake, served)
    every = {id(item): item for module in modules for item in vars(module).values() if hasattr(item, "stats")}
    return {item.__name__: len(item.signatures) for item in every.values() if item.stats.cache_path}

inputs = load_study(["list_full"], "milltown", {}, 1, 1, 2, 1000).inputs()
for call in calls(inputs[0].place, inputs[0].place_dials):
    call()
print(kinds())
run_task(inputs, 1)
print(kinds())
"""


@pytest.mark.parametrize("most", [2, 300, 2**64 - 1])
@pytest.mark.parametrize("size", [1, 2, 300])
def test_the_nth_least_is_what_sorting_says(size, most):
    keys = np.random.default_rng(size).integers(0, most, size, dtype=np.uint64)
    for n in {1, (size + 1) // 2, size}:
        assert nth_least(keys, n) == np.sort(keys)[n - 1]


@pytest.mark.parametrize("size", [0, 1, 7, 300])
def test_the_first_place_from_a_value_on_is_what_searching_says(size):
    values = np.sort(np.random.default_rng(size).integers(0, 20, size).astype(float))
    for begin in (0, size // 3):
        for least in (-1.0, 0.0, 7.0, 7.5, 30.0):
            assert first_from(values, begin, size, least) == begin + np.searchsorted(values[begin:], least)


def test_a_run_calls_every_kernel_with_the_types_it_was_made_ready_for():
    done = subprocess.run([sys.executable, "-c", _READY_THEN_RUN], capture_output=True, text=True, check=True)
    ready, run = map(eval, done.stdout.splitlines())
    slow = {
        "screen",
        "move_needs",
        "age_families",
        "happen",
        "admit",
        "applicants",
        "list_like",
    }
    assert slow <= {name for name, kinds in ready.items() if kinds}
    assert set(run.values()) <= {0, 1}


def test_rings_are_looked_for_again_where_a_kernel_cannot_be_made_ready(monkeypatch):
    def broken(*_):
        raise MemoryError

    monkeypatch.setattr(ahead, "_ready", False)
    monkeypatch.setattr(ahead, "parent_process", lambda: True)
    monkeypatch.setattr(ahead, "calls", lambda *_: [broken])
    with pytest.raises(MemoryError):
        ahead.make_ready(None, None, 1)
    assert gc.isenabled()

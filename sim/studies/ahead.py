"""Kernels made ready before a worker's first run, so that workers that start together compile half of them each."""

import gc
from multiprocessing import parent_process

import numpy as np

from sim.evaluation import loops
from sim.evaluation.covariates import looked_at, seen_of
from sim.place import kernels
from sim.place.families import Families
from sim.programmes.uptake import worst_first
from sim.record.served import Served

_ready = False


def make_ready(place, dials, seed):
    """In a worker, once: compile what a run calls, or load it; for an even seed from the last kernel on.

    A kernel that another worker is compiling is waited for (:mod:`sim.core.compiled`), so that two meet in the middle.
    """
    global _ready
    if not _ready and parent_process() is not None:
        gc.disable()  # what compiling makes stays; looking through it for rings of references took an eighth of the time
        try:
            for call in calls(place, dials)[:: 1 if seed % 2 else -1]:
                call()
        finally:
            gc.enable()
        gc.freeze()
    _ready = True


def calls(place, dials):
    """Calls of what takes a run's kernels longest to compile, on a place without families; halves take about as long."""
    families, nobody = Families(place, dials, 0, 0), np.zeros(0, np.int64)
    lines, needs = len(place.lines), len(place.needs)
    no_line, waiting = np.zeros(lines, bool), (np.zeros(0, np.uint64), np.zeros(0, np.uint32))
    target = kernels.Target(np.zeros(needs, np.uint8), 1, 3, 1, 0, 0)
    asked = (0, np.zeros(1, np.uint8), worst_first(0), 1.0, 1.0, 1, np.zeros(0, np.uint8))
    numbers, whole, prices = np.zeros(0), np.zeros(0, np.int64), np.zeros(lines, np.int64)
    return [
        lambda: families.screen(0, no_line, no_line, np.ones((needs, 4))),
        lambda: families.move_needs(0),
        lambda: families.admit(0, waiting, np.zeros((lines, 2), np.int64)),
        lambda: Served().add(np.zeros(0, np.uint32)),
        lambda: loops.newton(np.zeros((2, 2)), 1, np.zeros(2)),
        lambda: loops.nearest(numbers, whole, numbers, whole, 0.0, 1),
        lambda: seen_of(families, target, nobody, 0, looked_at(place, prices, prices)),
        lambda: families.enrol(nobody, 0, 0.0),
        lambda: families.spread_word(0.0),
        lambda: families.like(target),
        lambda: families.take_up(0, target, *asked),
        lambda: families.happen(0),
        lambda: families.age(),
    ]

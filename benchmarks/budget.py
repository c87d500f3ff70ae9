"""What the whole model costs beyond its families: institutions, accounts and the taking down of results.

One seed of `list_public` with its do-nothing twin, 15 years of a city of 150,000 families, on one thread. The run is
timed as it is, then once more with every compiled kernel timed; what is left is agents, accounts, services and
collection. Prints CPU time of each with its twin and without, and the functions that cost most outside the kernels.
Settling the place, which is all families, is left out. Fails if all else costs more than the kernels.
"""

import cProfile
import io
import pstats
import sys
import time
from dataclasses import replace
from itertools import pairwise

from sim.place import families
from sim.place import kernels as compiled
from sim.place.burn_in import burn_in
from sim.place.payers import payers_of
from sim.record import recorder as record
from sim.record.rows import Rows
from sim.studies.cache import Made
from sim.studies.comparison import DoNothing, nothing_done, simulate
from sim.studies.inputs import load_inputs

FAMILIES = 150_000
KERNELS = [name for name, item in vars(compiled).items() if hasattr(item, "py_func") and not name.startswith("_")]


class Timer:
    """Stands in for the module of kernels and adds up the CPU time of its calls."""

    def __init__(self):
        self.seconds = dict.fromkeys(KERNELS, 0.0)

    def __getattr__(self, name):
        item = getattr(compiled, name)
        if name not in self.seconds:
            return item

        def timed(*values):
            begin = time.process_time()
            result = item(*values)
            self.seconds[name] += time.process_time() - begin
            return result

        return timed


def run_pair(inputs, settled):
    """A run with its twin, and its rows; CPU seconds of the twin, the run and the rows."""
    marks = [time.process_time()]
    made = Made(settled, {"place dials": {}, "values": {}})
    nothing = DoNothing(nothing_done(inputs), made, 1, watched=True)
    twin = nothing.record()
    marks.append(time.process_time())
    run = simulate(inputs, settled.copy(), 1, record.Recorder(twin), nothing.area)
    marks.append(time.process_time())
    Rows(inputs.place, settled.services.prices, payers_of(inputs.place), run, twin).build()
    marks.append(time.process_time())
    return [after - before for before, after in pairwise(marks)]


def main():
    """Measure, print, and fail if all else costs more than the kernels."""
    inputs = load_inputs("list_public", families=FAMILIES)
    settled = burn_in(inputs.place, inputs.place_dials, 1, FAMILIES)
    run_pair(replace(inputs, n_families=500), burn_in(inputs.place, inputs.place_dials, 1, 500))  # compiles
    timer = Timer()
    families.kernels = record.kernels = timer
    twin, run, rows = run_pair(inputs, settled)
    families.kernels = record.kernels = compiled
    whole, within = twin + run + rows, sum(timer.seconds.values())
    ratio = (whole - within) / within
    print(f"{inputs.place.id}, {FAMILIES:,} families, 60 quarters, CPU seconds: twin {twin:.2f}, list_public {run:.2f}, rows {rows:.2f}")  # fmt: skip
    moving = sum(timer.seconds[name] for name in ("age_families", "move_needs", "screen"))
    print(f"kernels {within:.2f}, all else {whole - within:.2f}: {ratio:.2f} of the kernels (goal: at most 1)")
    print(f"or, counting only what ages, moves and screens every family as kernels: {(whole - moving) / moving:.2f}")
    for name, seconds in sorted(timer.seconds.items(), key=lambda pair: -pair[1])[:6]:
        print(f"  {name:<20}{seconds:6.2f}")
    _profile(inputs, settled)
    return 0 if ratio <= 1 else 1


def _profile(inputs, settled, functions=15):
    profile = cProfile.Profile(time.process_time)
    profile.runcall(run_pair, inputs, settled)
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(functions)
    table = text.getvalue().partition("   ncalls")
    print("\nA profile of the same run:\n" + "".join(table[1:]).rstrip())


if __name__ == "__main__":
    sys.exit(main())

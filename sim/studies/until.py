"""Seeds added at each point until what is asked for is known narrowly enough.

At every point seeds are looked at in stages: the first ones, then a quarter more, and so on, up to the most. A point has
enough at the first stage at which its interval is narrow. So how many it needs depends on its own runs alone: not on
who ran them, in which order, or how often that was interrupted.
"""

import numpy as np
import pandas as pd

from sim.core.codes import ALL
from sim.results import parts
from sim.results.by_seed import KEYS, by_seed
from sim.results.differences import half_width, paired
from sim.studies import kept

STEP = 4  # a stage has this part more seeds than the one before, or one more


def carry_out(sweep, folder, retry=False, **how):
    """Do what is left to do of a sweep, seeds that its `until` adds included; see :func:`sim.studies.kept.carry_out`.

    Returns
    -------
    kept.Outcome
    """
    if sweep.until is None or retry:
        return kept.carry_out(sweep, folder, retry=retry, **how)
    known = Known(sweep)
    while True:
        outcome = kept.carry_out(sweep, folder, **how)
        known.read(folder)
        more = {point: n for point in range(len(sweep.points)) if (n := known.wanted(point)) > sweep.n_seeds(point)}
        if not more:
            return outcome
        sweep = sweep.with_seeds(more)


def next_stage(n, most):
    """Number of seeds of the stage after one of n."""
    return min(most, n + -(-n // STEP))


class Known:
    """What is known at each point of the measure that a sweep's `until` asks for.

    Parameters
    ----------
    sweep : Sweep
    """

    def __init__(self, sweep):
        self._sweep = sweep
        self._of = {point: {} for point in range(len(sweep.points))}  # by replicate: numbers by arrangement, or None

    def read(self, folder):
        """Read the tasks that were done, or failed, since the last time."""
        index, first = parts.read_index(folder), self._sweep.seeds[0]
        for point, seed in index.failed:
            self.add(point, {seed - first: None})
        new = {task: place for task, place in index.done.items() if self._of[task[0]].get(task[1] - first) is None}
        for point, runs, bodies in parts.points(folder, parts.Index(done=new)):
            self.add(point, {i: column.to_dict() for i, column in self._asked_for(by_seed(runs, bodies)).items()})

    def add(self, point, numbers):
        """Take note of what came of some replicates of a point: numbers by arrangement, None where it failed."""
        self._of[point] |= numbers

    def _asked_for(self, numbers):
        """The measure of all agencies: a row an arrangement, a column a replicate."""
        agency, measure = (numbers.index.get_level_values(key) for key in ("agency", "measure"))
        chosen = numbers[(agency == ALL) & (measure == self._sweep.until.measure)]
        return chosen.droplevel(["agency", "measure"])

    def wanted(self, point):
        """Number of seeds that a point should have, as far as its runs tell.

        Those of the first stage that is not done, or at which the point has enough.
        """
        known, until = self._of[point], self._sweep.until
        n = len(self._sweep.seeds)
        while n < until.most and all(i in known for i in range(n)) and not self._is_enough(known, n):
            n = next_stage(n, until.most)
        return n

    def _is_enough(self, known, n):
        """Whether the interval of the first n seeds is narrow; one that is not known is not."""
        names, until = self._sweep.arrangements, self._sweep.until
        numbers = np.array([[(known[i] or {}).get(name, np.nan) for i in range(n)] for name in names])
        index = pd.MultiIndex.from_tuples([(name, ALL, until.measure) for name in names], names=KEYS)
        return half_width(paired(pd.DataFrame(numbers, index), until.than), until.measure) <= until.half_width

"""Lots: the tasks that are handed to one process together, and what becomes of those that were lost."""

from collections import deque
from dataclasses import dataclass

SECONDS = 10  # of work in a lot: what an interruption may lose, and enough that handing out costs nothing
LEAST_SECONDS = 1  # towards the end, when lots shrink so that all processes end together
MOST = 200  # tasks in a lot, whose rows wait in memory
TRIES = 3  # times that a lot is handed out before a killed process counts as its failure


@dataclass(frozen=True)
class Lot:
    """Tasks for one process, and how often a process was lost with them."""

    tasks: tuple
    lost: int = 0


class Lots:
    """Hands out tasks: those of a seed to one process one after the other, as they share settled place and twins there.

    A lot whose process was lost is handed out again as it was; lost twice, its tasks go out alone, one at a time, which
    tells the one that is to blame from those that ran beside it.

    Parameters
    ----------
    tasks : iterable of (int, int)
        Points and seeds.
    width : int
        Lots that are out at a time.
    """

    def __init__(self, tasks, width):
        self._width, self._seeds = width, {}
        for point, seed in tasks:
            self._seeds.setdefault(seed, deque()).append(point)
        self._left = sum(map(len, self._seeds.values()))
        self._again, self._alone, self._out = deque(), deque(), []
        self._seconds = self._timed = 0

    def __bool__(self):
        return bool(self._left or self._again or self._alone)

    def next(self):
        """The next lot to hand out now, or None."""
        if len(self._out) >= self._width:
            return None
        if self._again:
            lot = self._again.popleft()
        elif self._left:
            lot = self._cut()
        elif self._alone and not self._out:
            lot = self._alone.popleft()
        else:
            return None
        self._out.append(lot)
        return lot

    def back(self, lot, seconds):
        """A lot came back, after so many seconds of work."""
        self._out.remove(lot)
        self._seconds, self._timed = self._seconds + seconds, self._timed + len(lot.tasks)

    def lost(self, lot):
        """A lot did not come back: True if it will be handed out again, False if its one task has failed for good."""
        self._out.remove(lot)
        lost = lot.lost + 1
        if lost < TRIES - 1:
            self._again.append(Lot(lot.tasks, lost))
        elif lost < TRIES:
            self._alone.extend(Lot((task,), lost) for task in lot.tasks)
        return lost < TRIES

    def _cut(self):
        """The next lot of tasks that were not out before."""
        seed = self._seed()
        points = self._seeds[seed]
        tasks = tuple((points.popleft(), seed) for _ in range(min(self._size(), len(points))))
        self._left -= len(tasks)
        if not points:
            del self._seeds[seed]
        return Lot(tasks)

    def _seed(self):
        """The first seed that no process has, the one of the process that is free as a rule; else the longest."""
        taken = {lot.tasks[0][1] for lot in self._out}
        free = [seed for seed in self._seeds if seed not in taken]
        return free[0] if free else max(self._seeds, key=lambda seed: len(self._seeds[seed]))

    def _size(self):
        """Tasks of a lot, by the time that tasks have taken so far."""
        if not self._timed:
            return 1
        each = max(self._seconds / self._timed, 1e-6)
        share = self._left / (2 * self._width) if self._width > 1 else self._left
        return max(1, min(MOST, round(SECONDS / each), max(round(share), round(LEAST_SECONDS / each))))

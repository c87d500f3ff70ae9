"""Another place, as an evaluator's records show it: like the run's in all but its luck, and nobody is helped there."""

import numpy as np

from sim.core.calendar import QUARTERS
from sim.place.kernels import RING
from sim.place.services import served_cases

FAMILIES = 30_000  # at most: a third of a second's work


class ComparisonArea:
    """The records of a comparison area, quarter by quarter.

    Parameters
    ----------
    settled : Settled
        The area at quarter 0, before it lives on; its families' columns are looked at as they change.
    """

    def __init__(self, settled):
        self._families, self._counts = settled.families, settled.services.counts
        self.n, self._quarters, self._then = settled.families.n, [], None
        ring = settled.families.columns
        self._served, self._events = (
            [table[quarter % RING].copy() for quarter in range(1 - RING, 1)] for table in (ring.served, ring.events)
        )
        self._note()

    @property
    def nbytes(self):
        """About how much memory it takes."""
        every = [*self._served, *self._events, *(part for one in self._quarters for part in one.values())]
        return sum(part.nbytes for part in every) + sum(column.nbytes for column in self._families.columns)

    def at(self, place, dials):
        """The same records, of which nobody takes down any more; other places' values are read of the place given."""
        same = object.__new__(ComparisonArea)
        same.__dict__.update(self.__dict__, _families=self._families.at(place, dials))
        return same

    def at_quarter(self, quarter):
        """The families as they stood at the end of a quarter: Families."""
        if self._then is None or self._then.quarter != quarter:
            now = self._quarters[quarter]
            levels = np.empty((self.n, len(self._families.place.needs)), np.uint8)
            for k in range(levels.shape[1]):
                levels[:, k] = now["packed"] >> np.uint32(2 * k) & np.uint32(3)
            served, events = self._rings(quarter)
            self._then = self._families.as_at(quarter, levels=levels, served=served, events=events, **now)
        return self._then

    def use(self, year):
        """Use of each line in the base year and in a year, in case-quarters: float (2, lines)."""
        return np.stack([self._use_to(0), self._use_to(QUARTERS * year)])

    def _use_to(self, last):
        return sum(served_cases(self._counts[quarter]) for quarter in range(last + 1 - QUARTERS, last + 1)).astype(
            float
        )

    def _rings(self, quarter):
        """Lines and events remembered of the last quarters at the end of one, by quarter modulo RING; nothing of a family before."""
        lives = self._quarters[quarter]["generation"]
        rings = [np.empty((RING, self.n), table[0].dtype) for table in (self._served, self._events)]
        for past in range(quarter - RING + 1, quarter + 1):
            others = np.flatnonzero(self._quarters[max(0, past)]["generation"] != lives)
            for ring, table in zip(rings, (self._served, self._events), strict=True):
                ring[past % RING] = table[past + RING - 1]
                ring[past % RING, others] = 0
        return rings

    def _note(self):
        columns = self._families.columns
        names = ("packed", "age", "generation", "known", "trust")
        self._quarters.append({name: getattr(columns, name).copy() for name in names})

    def take_down(self, quarter):
        """Take down a quarter that has just ended."""
        columns = self._families.columns
        self._served.append(columns.served[quarter % RING].copy())
        self._events.append(columns.events[quarter % RING].copy())
        self._note()

    # What a model tells a recorder

    def record(self, model):
        """Take down a quarter that has just ended."""
        self.take_down(model.calendar.quarter)

    def budgeted(self, *_):
        """Nothing that an evaluator looks at."""

    resized = budgeted

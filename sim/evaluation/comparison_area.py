"""Families of a place where nobody is helped, as an evaluator's records show them."""

import numpy as np

from sim.core.calendar import QUARTERS
from sim.place.kernels import RING, use_of_rows
from sim.place.services import pick, served_cases


class ComparisonArea:
    """The records of some families of a place, quarter by quarter.

    Parameters
    ----------
    settled : Settled
        The place at quarter 0, before it lives on; its families' columns are looked at as they change.
    rows : int64 (n,), optional
        Families that are looked at; all by default.
    seed : int
        Of their luck in being reached and in agreeing to take part, where some are looked at.

    Attributes
    ----------
    doubles : int64 (n,)
        Rows that are these same families in another run of the same place and seed: of a cohort, they are not looked at.
    """

    def __init__(self, settled, rows=None, seed=0):
        families = settled.families
        self._place, self._rows = settled, np.arange(families.n) if rows is None else rows
        self._families = families if rows is None else families.copies(rows, seed)
        self.doubles, self.n = self._rows[:0] if rows is None else rows, len(self._rows)
        self._share = self.n / families.n
        self._quarters, self._then = [], None
        ring = families.columns
        self._served, self._events = (
            [table[quarter % RING][self._rows] for quarter in range(1 - RING, 1)]
            for table in (ring.served, ring.events)
        )
        self._note()
        self._use = [self._used_before(quarter) for quarter in range(1 - RING, 1)]

    @property
    def nbytes(self):
        """About how much memory it takes."""
        every = [*self._served, *self._events, *(part for one in self._quarters for part in one.values())]
        return sum(part.nbytes for part in every) + sum(column.nbytes for column in self._families.columns)

    def at(self, place, dials):
        """The same records, of which nobody takes down any more; other places' values are read of the place given."""
        same = object.__new__(ComparisonArea)
        same.__dict__.update(self.__dict__, _families=self._families.at(place, dials), _place=None, _then=None)
        return same

    def at_quarter(self, quarter):
        """The families as they stood at the end of a quarter: Families."""
        if self._then is None or self._then.quarter != quarter:
            now = self._quarters[quarter]
            levels, left = np.empty((self.n, len(self._families.place.needs)), np.uint8), now["packed"].copy()
            for of_need in levels.T:
                np.bitwise_and(left, 3, out=of_need, casting="unsafe")
                left >>= np.uint32(2)
            served, events = self._rings(quarter)
            self._then = self._families.as_at(quarter, levels=levels, served=served, events=events, **now)
        return self._then

    def use(self, year):
        """Use of each line in the base year and in a year, in case-quarters: float (2, lines)."""
        return np.stack([self._use_to(0), self._use_to(QUARTERS * year)])

    def _use_to(self, last):
        return sum(self._use[last : last + QUARTERS])

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
        columns = self._place.families.columns
        names = ("packed", "age", "generation", "known", "trust")
        self._quarters.append({name: getattr(columns, name)[self._rows] for name in names})

    def _for_others(self, quarter):
        """Use of the place's services in a quarter by others than its families."""
        services = self._place.services
        return services.outside + pick(services.counts[quarter], "refilled")

    def _used_before(self, quarter):
        """The same of the base year, whose records lack families that have left: as much more as the whole place's records lack."""
        services, whole = self._place.services, self._place.families.columns.served[quarter % RING]
        known, others = _use_of(whole, len(services.lines)), self._for_others(quarter)
        lack = (served_cases(services.counts[quarter]) - others) / np.maximum(1, known)
        return _use_of(whole[self._rows], len(services.lines)) * lack + self._share * others

    def take_down(self, quarter):
        """Take down a quarter that has just ended."""
        columns = self._place.families.columns
        self._served.append(columns.served[quarter % RING][self._rows])
        self._events.append(columns.events[quarter % RING][self._rows])
        self._note()
        use = _use_of(self._served[-1], len(self._place.services.lines))
        self._use.append(use + self._share * self._for_others(quarter))


def _use_of(served, lines):
    """Families that each line serves, of masks by family: int64 (lines,)."""
    use, lives = np.zeros(lines, np.int64), np.zeros(len(served), np.uint8)
    use_of_rows(served, np.arange(len(served)), lives, lives, use)
    return use

"""Families looked at together: a cohort, and those it is compared with."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.evaluation.covariates import seen_of


def evenly(n, most):
    """Places of an even sample of at most `most` among n: int64."""
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.int64)


def _any(table):
    """Whether there is any in each row of a table of bools: as its own ``any`` has it, in a quarter of the time."""
    return table @ np.ones(table.shape[1], bool)


@dataclass
class Group:
    """Families looked at together: those of a cohort, or those it is compared with.

    Attributes
    ----------
    rows : int64 (n,)
        Row numbers; `generation` tells whether the family is still there.
    generation : uint8 (n,)
    before : uint8 (n, lines)
        Use of services in the twelve months before they were noted, in served quarters.
    severity : uint8 (n, needs)
        Levels of the needs the programme is meant for at that time.
    seen : float (n, covariates) or None
        What services knew of them then, where families are compared; see :mod:`sim.evaluation.covariates`.
    quarter : int64 (n,) or None
        When they were noted.
    """

    rows: np.ndarray
    generation: np.ndarray
    before: np.ndarray
    severity: np.ndarray
    seen: np.ndarray | None = None
    quarter: np.ndarray | None = None

    def of(self, picked):
        """The group of some of them: places, or bool (n,)."""
        places = np.flatnonzero(picked) if picked.dtype == bool else picked
        parts = (self.rows, self.generation, self.before, self.severity, self.seen, self.quarter)
        return Group(*(None if part is None else part.take(places, axis=0) for part in parts))

    @cached_property
    def troubled(self):
        """Whether a need the programme is meant for was entrenched or worse: bool (n,)."""
        return _any(self.severity >= 2)

    @cached_property
    def hard(self):
        """Whether such a need was in crisis: bool (n,)."""
        return _any(self.severity == 3)

    @cached_property
    def _entrenched(self):
        """Of packed levels: the bits of an entrenched need, or one in crisis, that the programme is meant for."""
        return np.uint32((2 << 2 * np.flatnonzero(self.severity.any(axis=0))).sum())

    def still_there(self, families):
        """Whether each family still stands in its row: bool (n,)."""
        return families.columns.generation[self.rows] == self.generation

    def turned_around(self, families):
        """Families with an entrenched need then and none now, and those of them whose need was in crisis: bool (n,)."""
        eased = families.columns.packed[self.rows] & self._entrenched == 0
        turned = self.still_there(families) & self.troubled & eased
        return turned, turned & self.hard

    def sample(self, size):
        """An even sample of at most `size`: int64."""
        return evenly(len(self.rows), size)

    def use(self, families, size):
        """Those still there of an even sample of at most `size`, and their served quarters of the last year by line."""
        picked = self.sample(size)
        picked = picked[self.still_there(families)[picked]]
        return picked, families.served_in_year(self.rows[picked]).astype(int)

    def shared(self, families):
        """Share that has been on another programme as well."""
        return float(np.logical_and.reduce(families.columns.offer.take(self.rows, axis=1)).mean())


@dataclass
class Cohort(Group):
    """Families enrolled on one programme by one body in one year.

    Attributes
    ----------
    comparison : sim.evaluation.compared.Comparison or None
        Whom it is compared with, where the design has anybody.
    evaluated : bool
        Whether it has been measured.
    """

    body: str = ""
    programme: str = ""
    year: int = 0
    comparison: object = None
    evaluated: bool = False

    @property
    def key(self):
        """Body, programme and year: those of its contract."""
        return self.body, self.programme, self.year


def noted(families, target, rows, quarter, at=None):
    """A group of some families as they stand in a quarter, with what services know of them where :class:`LookedAt` is given."""
    columns = families.columns
    return Group(
        rows,
        columns.generation[rows],
        families.served_in_year(rows),
        columns.levels[rows] * target.needs,
        None if at is None else seen_of(families, target, rows, quarter, at),
        np.full(len(rows), quarter),
    )


def joined(groups):
    """One group of several."""
    names = ("rows", "generation", "before", "severity", "seen", "quarter")
    parts = ([getattr(group, name) for group in groups] for name in names)
    return Group(*(None if part[0] is None else np.concatenate(part) for part in parts))

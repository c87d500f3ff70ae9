"""What is counted of a cohort, in the unit that its contract pays for (docs/odd.md, section 7)."""

import math
from dataclasses import dataclass

import numpy as np

from sim.core.calendar import DAYS

UNITS = ("levels", "pounds", "days", "events", "families")


@dataclass(frozen=True)
class Tally:
    """What a cohort came to beyond what is held against it, in some unit; nought where nothing is counted.

    Attributes
    ----------
    gain, error : float
        Of the whole cohort, as far as it is still there, and its standard error: use that was spared, or families turned
        around.
    usual : float
        What would have come of it: what a threshold is a share of.
    """

    gain: float = 0.0
    error: float = 0.0
    usual: float = 0.0

    def __add__(self, other):
        """Of two cohorts together, whose errors have nothing to do with one another."""
        return Tally(self.gain + other.gain, math.hypot(self.error, other.error), self.usual + other.usual)


NOTHING = Tally()


@dataclass(frozen=True)
class Unit:
    """What is counted of a family in a year; more is better, so that use counts below nought.

    Attributes
    ----------
    name : str
        One of :data:`UNITS`: needs that have eased (``levels``: turned around or not), pence of use, days of service,
        events served, or whether the family had no use at all (``families``).
    hard_premium : float
        By how much more a family counts that was in crisis and is turned around.
    """

    name: str = "pounds"
    hard_premium: float = 0.0

    @property
    def of_use(self):
        """Whether an amount of use is counted, and not families."""
        return self.name in ("pounds", "days", "events")

    def weights(self, looked_at, average):
        """Units of a case-quarter, or event, by line: float (lines,).

        Parameters
        ----------
        looked_at : bool (lines,)
        average : int64 (lines,)
            Pence a case-quarter.
        """
        return looked_at * {"pounds": average, "days": DAYS}.get(self.name, 1.0)

    def of(self, use, turned, hard, looked_at, average):
        """What each family comes to: float (n,).

        Parameters
        ----------
        use : float (n, lines)
            Case-quarters, or events, in the year.
        turned, hard : bool (n,)
            Families turned around, and those of them that were in crisis.
        looked_at, average
            As :meth:`weights` has them.
        """
        if self.name == "levels":
            return turned + self.hard_premium * np.asarray(hard)
        if self.name == "families":
            return -(use[:, looked_at] > 0).any(axis=1).astype(float)
        return -(use @ self.weights(looked_at, average))


POUNDS = Unit()

"""A family's crisis: one clock that bunches the events of all its needs (docs/odd.md, section 3.2)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.core.philox import to_unit


class CrisisTables(NamedTuple):
    """What brings a family into a crisis and out of it; chances are a quarter."""

    onset: (
        np.ndarray
    )  # float32 (2 ** K,): chance that one begins, by the bits of the needs a family has; all 0: no crises
    frail: np.ndarray  # float32 (FRAILTY_CLASSES,): factor of frailty on that chance
    stays: np.float32  # chance that one goes on
    ratio: np.float32  # how many times as likely an event is in a crisis as outside
    most: np.ndarray  # float32 (2,): a bound on the chance of an event over its average, outside a crisis and in one


@njit(nogil=True, inline="always")
def turn(t, crisis, has, frailty, draw):
    """Crises of a block of families end, go on or begin, each by a word of its own."""
    for i in range(crisis.size):
        begins = t.onset[np.uint64(has[i])] * t.frail[np.uint64(frailty[i])]
        crisis[i] = to_unit(draw[i]) < (t.stays if crisis[i] else begins)


@njit(nogil=True, inline="always")
def bunched(t, chance, has, grade, in_crisis):
    """The chance of an event now, of which the family's average over crises and calm is `chance`."""
    one = np.float32(1.0)
    begins = min(one, t.onset[np.uint64(has)] * t.frail[grade])
    share = begins / (begins + one - t.stays)  # of its quarters that such a family spends in crises
    within = min(one, t.ratio * chance / (one + share * (t.ratio - one)))
    return within if in_crisis else (chance - share * within) / (one - share)

"""What services know of a family when it is referred: what families are matched on (docs/odd.md, section 7)."""

from typing import NamedTuple

import numpy as np

from sim.core.compiled import compiled
from sim.evaluation.loops import first_from
from sim.place.kernels import RING
from sim.place.kernels.lists import bits_set
from sim.place.kernels.uptake import severity, shown, signs_of

_PENCE = 100_000  # costs are in thousands of pounds


def names(place):
    """Names of the covariates of a place, in order."""
    cost = [f"cost of the services looked at, {back} quarters before" for back in range(RING)]
    return [*cost, "cost of all services", "services", "age", "deprivation", "own events", "other events", "worst level",
            "urgency", *(f"known {need.id}" for need in place.needs)]  # fmt: skip


class LookedAt(NamedTuple):
    """What an evaluation of a programme looks at."""

    pence: (
        np.ndarray
    )  # float (2, lines): hundred thousands of pence a case-quarter, of the services looked at and of all
    events: np.uint16  # the programme's own, by bits: of needs that these services are for
    deprivation: np.ndarray  # float (neighbourhoods,)


def looked_at(place, price, average):
    """What is looked at: :class:`LookedAt`.

    Parameters
    ----------
    place : Place
    price : int64 (lines,)
        Pence a case-quarter of the services that are looked at, 0 of the others.
    average : int64 (lines,)
        Pence a case-quarter of every service.
    """
    own = {line.need for line, pence in zip(place.lines, price, strict=True) if pence}
    events = np.uint16(sum(1 << e for e, event in enumerate(place.events) if event.need in own))
    return LookedAt(np.stack([price, average]) / _PENCE, events, np.array(place.deprivation))


def seen_of(families, target, rows, quarter, at):
    """What services know of some families at the end of a quarter, as a referrer to a programme sees it.

    Parameters
    ----------
    families : Families
    target : kernels.Target
    rows : int64 (n,)
    quarter : int
    at : LookedAt

    Returns
    -------
    float (n, covariates)
        As :func:`names` has them.
    """
    seen = np.zeros((len(rows), len(names(families.place))))
    look_up(families.columns, target.at(families.quarter), rows, quarter, at, seen)
    return seen


@compiled
def look_up(c, target, rows, quarter, at, seen):
    """Fill in what is known of some families.

    Parameters
    ----------
    c, target : Columns, Target
    rows : int64 (n,)
    quarter : int
    at : LookedAt
    seen : float (n, covariates)
        Of noughts; filled.
    """
    for i in range(rows.size):
        f, lines, its = rows[i], np.uint32(0), seen[i]
        for back in range(RING):
            slot = (quarter - back) % RING
            served, events = c.served[slot, f], c.events[slot, f]
            lines |= served
            if served:
                for j in range(at.pence.shape[1]):
                    if (served >> j) & 1:
                        its[back] += at.pence[0, j]
                        its[RING] += at.pence[1, j]
            its[RING + 4] += bits_set(np.uint16(events & at.events))
            its[RING + 5] += bits_set(np.uint16(events & ~at.events))
        for j in range(at.pence.shape[1]):
            its[RING + 1] += (lines >> j) & 1
        its[RING + 2] = c.age[f]
        its[RING + 3] = at.deprivation[first_from(c.first, 0, c.first.size, f + 1) - 1]
        known = shown(c, target, f)[1]
        total, its[RING + 6] = severity(c.levels[f], target.needs, known)
        its[RING + 7] = total + signs_of(c, target, f)
        for k in range(target.needs.size):
            its[RING + 8 + k] = c.levels[f, k] * ((known >> k) & 1)

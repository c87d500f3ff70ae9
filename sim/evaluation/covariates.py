"""What services know of a family when it is referred: what families are matched on (docs/odd.md, section 7)."""

import numpy as np

from sim.evaluation.loops import cost
from sim.place.kernels import RING

_PENCE = 100_000  # costs are in thousands of pounds


def names(place):
    """Names of the covariates of a place, in order."""
    cost = [f"cost of the services looked at, {back} quarters before" for back in range(RING)]
    return [*cost, "cost of all services", "services", "age", "deprivation", "own events", "other events", "worst level",
            "urgency", *(f"known {need.id}" for need in place.needs)]  # fmt: skip


def seen_of(families, target, rows, quarter, use, price, average):
    """Covariates of some families at the end of a quarter, as a referrer to a programme sees them.

    Parameters
    ----------
    families : Families
    target : kernels.Target
    rows : int64 (n,)
    quarter : int
    use : uint8 (n, lines)
        What :meth:`Families.served_in_year` says of them.
    price : int64 (lines,)
        Pence a case-quarter of the services that are looked at, 0 of the others.
    average : int64 (lines,)
        Pence a case-quarter of every service.

    Returns
    -------
    float (n, covariates)
        As :func:`names` has them.
    """
    place, columns = families.place, families.columns
    served = columns.served.take(rows, axis=1)
    own = {line.need for line, pence in zip(place.lines, price, strict=True) if pence}
    mine = np.uint16(sum(1 << e for e, event in enumerate(place.events) if event.need in own))
    events = columns.events.take(rows, axis=1)
    referred = families.as_referred(target, rows)
    known = referred.seen[:, None] >> np.arange(len(place.needs), dtype=np.uint16) & 1
    by_slot = cost(served.ravel(), price / _PENCE).reshape(served.shape)
    each = (
        *by_slot[(quarter - np.arange(RING)) % RING],
        use @ (average / _PENCE),
        np.bitwise_count(np.bitwise_or.reduce(served, axis=0)),
        columns.age[rows],
        np.array(place.deprivation)[families.area_of(rows)],
        np.bitwise_count(events & mine).sum(axis=0),
        np.bitwise_count(events & ~mine).sum(axis=0),
        referred.worst,
        referred.urgency,
    )
    seen = np.empty((len(rows), len(each) + len(place.needs)))
    for i, column in enumerate(each):
        seen[:, i] = column
    seen[:, len(each) :] = columns.levels[rows] * known
    return seen

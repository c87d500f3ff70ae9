"""Counts of a whole area against those of a comparison area (docs/odd.md, section 7)."""

from dataclasses import dataclass

import numpy as np

from sim.core.calendar import QUARTERS
from sim.evaluation.findings import Finding, Quality
from sim.evaluation.tally import Tally


@dataclass(frozen=True)
class Count:
    """What an area's counts say, in case-quarters by line.

    Attributes
    ----------
    saved, usual : float (lines,)
        By how much the year's use is less than it would have been, and what it would have been.
    variance : float (lines,)
        Of `saved`.
    families : int
        Families of the comparison area.
    """

    saved: np.ndarray
    usual: np.ndarray
    variance: np.ndarray
    families: int


def count(area, other, families, of_other, on_event):
    """The change of an area's use since the base year less that of a comparison area, scaled by families.

    Parameters
    ----------
    area, other : float (2, lines)
        Use in the base year and in the year just past, in case-quarters, of the area and of the one compared with.
    families, of_other : int
        Families of both.
    on_event : bool (lines,)
        Lines that serve events: each is a case of its own, where others' cases are counted in every quarter of a year.

    Returns
    -------
    Count
    """
    scale = families / of_other
    (first, now), change = area, scale * (other[1] - other[0])
    a_case = np.where(on_event, 1, QUARTERS)
    return Count(first + change - now, first + change, a_case * (area.sum(0) + scale**2 * other.sum(0)), of_other)


def finding(cohort, followed, families, protocol, counted):
    """A cohort's part of what an area's count says, by its share of the families followed for the same services."""
    mine = protocol.relieved(cohort.programme)
    claims = sum(len(other.rows) * protocol.relieved(other.programme) for other in followed)
    share = np.where(mine, len(cohort.rows) / np.maximum(1, claims), 0.0)
    price, n = protocol.prices.average, len(cohort.rows)
    turned, hard = (int(group.sum()) for group in cohort.turned_around(families))
    return Finding(
        cohort,
        share * counted.saved,
        float(share * counted.saved @ price) / n,
        float(np.sqrt((share * price) ** 2 @ counted.variance)) / n,
        n,
        float(share * counted.usual @ price) / n,
        turned,
        hard,
        cohort.shared(families),
        Quality(counted.families, float(counted.families)),
        _tally(cohort, protocol, share, counted, turned, hard),
        protocol.unit.name != "families",  # an area's count does not say how many families were in it
    )


def _tally(cohort, protocol, share, counted, turned, hard):
    """A cohort's part of what an area's count says of what is paid for; families turned around are its own."""
    if protocol.unit.name == "levels":
        return Tally(turned + protocol.unit.hard_premium * hard)
    weights = share * protocol.weights(cohort.programme)
    error = np.sqrt(weights**2 @ counted.variance)
    return Tally(*map(float, (weights @ counted.saved, error, weights @ counted.usual)))

"""Whom a programme's places go to: the worst off, as practice has it, or the levels of need of its design (3.4)."""

import numpy as np

from sim.place.kernels import Places

ANYBODY = (1.0, 0.0, 0.0, 0.0)  # a design without shares by level: by lot among all who are like the target


def parts_of(reactive, shares=None):
    """How the places of a programme are shared out.

    Parameters
    ----------
    reactive : float
        Share of them that practice gives to the worst off, whatever the design says.
    shares : float (4,), optional
        The design's shares by worst level of the needs it is for, none of them of level 0; anybody alike without.

    Returns
    -------
    float (5,)
        Shares that go by order, by lot among all, and by lot at each level; they sum to 1.
    """
    return np.array([reactive, *((1 - reactive) * np.asarray(ANYBODY if shares is None else shares))])


def share_out(places, parts, owed):
    """Whole places of a quarter by part, by largest remainder.

    Parameters
    ----------
    places : int
    parts : float (5,)
        From :func:`parts_of`.
    owed : float (5,)
        Places that each part has had too few, above 0, or too many so far; changed in place, so that a part that comes
        to less than a place a quarter has its turn.

    Returns
    -------
    Places
    """
    due = places * parts + owed
    given = np.maximum(0, np.floor(due))
    while short := places - int(given.sum()):
        behind = due - given
        one = behind.argmax() if short > 0 else np.where(given > 0, behind, np.inf).argmin()
        given[one] += np.sign(short)
    owed[:] = due - given
    by_order, *by_level = given.astype(np.int64)
    return Places(int(by_order), np.array(by_level))


def worst_first(places):
    """All places go by order."""
    return Places(places, np.zeros(4, np.int64))

"""The endpoint of a trial, measured on families that are followed: one number a family, as the trial counted it."""

import numpy as np

from sim.core.calendar import QUARTERS

DAYS = 365.25 / QUARTERS  # of a quarter
MONTHS = 12 / QUARTERS


def quarters_of(months):
    """Whole quarters nearest to some months, one at least."""
    return max(1, round(months / MONTHS))


def measured(followed, trial, place):
    """The endpoint of a trial for each family.

    Parameters
    ----------
    followed : Followed
        Of at least the trial's quarters.
    trial : Trial
    place : Place

    Returns
    -------
    value : float (n,)
        Share endpoints: 1 for a family that counts and 0 for another; else days or events.
    there : bool (n,)
        Families that were there until follow-up.
    """
    end = quarters_of(trial.follow_up)
    counted = _in_state(followed, trial, place)[: end + 1]
    return ENDPOINTS[trial.endpoint](counted, trial).astype(float), followed.there[end]


def _in_state(followed, trial, place):
    """Whether each family is in the state that counts, by quarter since referral: bool (quarters + 1, n)."""
    if trial.event or trial.entering:
        at = _served(followed, trial.entering, place)
        at[1:] &= ~at[:-1]
        if trial.event:
            at |= (followed.events >> place.index("events")[trial.event]) & 1 > 0
    elif trial.lines:
        at = _served(followed, trial.lines, place)
    else:
        at = (followed.packed >> np.uint32(2 * place.index("needs")[trial.need])) & 3 >= trial.level_from
    return ~at if trial.sense == "better" else at


def _served(followed, lines, place):
    """Whether any of some lines serves each family, by quarter."""
    known = place.index("lines")
    return followed.served & np.uint32(sum(1 << known[line] for line in lines)) > 0


def _ever(counted, _):
    return counted[1:].any(axis=0)


# The quarter of referral (row 0) lies before the offer: it counts for nobody.
ENDPOINTS = {
    "share_at": lambda counted, _: counted[-1],
    "standardised": lambda counted, _: counted[-1],
    "ever": _ever,
    "never": lambda counted, _: ~_ever(counted, _),
    "window": lambda counted, trial: _ever(counted[-quarters_of(trial.window) - 1 :], trial),
    "days": lambda counted, _: counted[1:].sum(axis=0) * DAYS,
    "events": lambda counted, _: counted[1:].sum(axis=0),
}

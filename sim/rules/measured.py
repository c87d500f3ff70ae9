"""How the outcome is measured: () -> the design's name in :mod:`sim.programmes.measurement`."""

from sim.core.kinds import COST
from sim.deals.terms import Rule

_COST = {"evaluation_cost": COST}
_FINDS = {"offers": "findings", "wants": {"decides": "programmes"}, "posts": "evaluation_cost"}


def _none():
    return "none"


def _before_after():
    return "before_after"


def _matched():
    return "matched"


def _waiting_list():
    return "waiting_list"


def _area_count():
    return "area_count"


CHOICES = {
    "none": Rule(_none, "not at all"),
    "before_after": Rule(
        _before_after, "families' use of services in later years against when they enrolled", _COST, **_FINDS
    ),
    "matched": Rule(_matched, "against families alike in what services know of them", _COST, **_FINDS),
    "waiting_list": Rule(_waiting_list, "against applicants who lost a draw and wait", _COST, **_FINDS),
    "area_count": Rule(_area_count, "the area's counts against the base year", _COST, **_FINDS),
}

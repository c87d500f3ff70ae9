"""How the outcome is measured: () -> the design's name in :mod:`sim.evaluation.protocol`."""

from sim.core.kinds import COST
from sim.deals.terms import Rule


def _none():
    return "none"


def _before_after():
    return "before_after"


def _matched():
    return "matched"


def _matched_here():
    return "matched_here"


def _waiting_list():
    return "waiting_list"


def _area_count():
    return "area_count"


def _stated_baseline():
    return "stated_baseline"


def _design(rule, text, offers="findings each_family", **wants):
    """The rule of a design; one that counts an area, or against a baseline, knows nothing of each family."""
    wants = {"decides": "programmes", **wants}
    return Rule(rule, text, {"evaluation_cost": COST}, wants=wants, offers=offers, posts="evaluation_cost")


CHOICES = {
    "none": Rule(_none, "not at all"),
    "before_after": _design(
        _before_after, "families' use of services in later years against that in the year before they enrolled"
    ),
    "matched": _design(
        _matched,
        "against families recruited as its own are where nobody is helped, and alike in what services know of them",
    ),
    "matched_here": _design(_matched_here, "against families alike in what services know of them, in the same place"),
    "waiting_list": _design(_waiting_list, "against applicants who lost a draw and wait"),
    "area_count": _design(
        _area_count,
        "the area's counts since the base year against those of a place like it where nobody is helped",
        "findings",
    ),
    "stated_baseline": _design(
        _stated_baseline,
        "families' use of services in later years against what the contract states for those without help",
        "findings",
        file="baseline",
    ),
}

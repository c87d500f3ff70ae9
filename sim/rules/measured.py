"""How the outcome is measured: () -> the design's name in :mod:`sim.measurement`."""

from functools import partial

from sim.answers import Rule

_TEXTS = {
    "before_after": "families' use of services in later years against when they enrolled",
    "matched": "against families alike in what services know of them",
    "waiting_list": "against applicants who lost a draw and wait",
    "area_count": "the area's counts against the base year",
}


def _design(name):
    return name


CHOICES = {"none": Rule(partial(_design, "none"), "not at all")}
CHOICES |= {name: Rule(partial(_design, name), text, {"evaluation_cost": 0}) for name, text in _TEXTS.items()}

"""How the outcome is measured: () -> the design's name in :mod:`sim.measurement`."""

from sim.answers import Rule


def _not_measured():
    return "none"


def _before_after():
    return "before_after"


CHOICES = {
    "none": Rule(_not_measured, "not at all"),
    "before_after": Rule(_before_after, "families' use of services in later years against when they enrolled", {"evaluation_cost": 0}),
}  # fmt: skip

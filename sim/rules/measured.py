"""How the outcome is measured: () -> the design's name in :mod:`sim.measurement`."""

from sim.answers import Rule


def _not_measured():
    return "none"


def _before_after():
    return "before_after"


def _area_count():
    return "area_count"


CHOICES = {
    "none": Rule(_not_measured, "not at all"),
    "area_count": Rule(_area_count, "the area's counts against the base year"),
    "before_after": Rule(_before_after, "families' use of services in later years against when they enrolled", {"evaluation_cost": 0}),
}  # fmt: skip

"""How the outcome is measured: () -> the design's name in :mod:`sim.evaluation.protocol`."""

from functools import partial

from sim.core.kinds import COST
from sim.deals.terms import Rule

_COST = {"evaluation_cost": COST}
_FINDS = {"posts": "evaluation_cost"}
_COUNTS = ("area_count", "stated_baseline")  # say nothing of how many families there were
_TEXTS = {
    "before_after": "families' use of services in later years against that in the year before they enrolled",
    "matched": "against families alike in what services know of them, in a place like this one where nobody is helped",
    "matched_here": "against families alike in what services know of them, in the same place",
    "waiting_list": "against applicants who lost a draw and wait",
    "area_count": "the area's counts since the base year against those of a place like it where nobody is helped",
    "stated_baseline": "families' use of services in later years against what the contract states for those without help",
}


def _named(design):
    return partial(str, design)  # a rule crosses processes, which a lambda cannot


CHOICES = {
    "none": Rule(_named("none"), "not at all"),
    **{
        design: Rule(
            _named(design),
            text,
            _COST,
            wants={"decides": "programmes", **({"file": "baseline"} if design == "stated_baseline" else {})},
            offers="findings" if design in _COUNTS else "findings each_family",
            **_FINDS,
        )
        for design, text in _TEXTS.items()
    },
}

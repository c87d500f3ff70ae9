"""What each design finds of cohorts to whom nothing was done."""

from itertools import product
from types import SimpleNamespace

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.faults import InputError
from sim.place import burn_in, services
from sim.programmes import measurement
from sim.programmes.uptake import worst_first

AXES = ("programme", "design", "places")
DESIGNS, PLACES, YEARS = ("before_after", "matched", "waiting_list", "area_count"), (25, 50, 100, 200, 400), 2
REACH = 0.1


def measure(inputs, seed):
    """Findings of one seed by programme, design, places and measure.

    Families of a cohort; pounds a family saved, their standard error as stated, and what would have been used.
    """
    if inputs.years != YEARS:
        raise InputError("--years", "", f"is {inputs.years}, and this one takes {YEARS}", "leave it out")
    place, last = inputs.place, YEARS * QUARTERS
    start = burn_in.burn_in(place, inputs.place_dials, seed, inputs.n_families)
    chosen = {name: item for name, item in inputs.catalogue.items() if item.targets(place)}
    noted = {key: note(start.families, chosen[key[0]], *key[1:]) for key in product(chosen, DESIGNS, PLACES)}
    for quarter in range(1, last + 1):
        start.families.live(quarter)
        start.services.serve(start.families, quarter)
    return {
        (*key, name): number
        for key, cohorts in noted.items()
        for name, number in find(start, chosen[key[0]], cohorts, last).items()
    }


def note(families, programme, design, size):
    """A cohort of those who take up a programme in the first quarter; nobody is changed."""
    cohorts, target = measurement.Cohorts(design), programme.targets(families.place)
    offer = {"code": programme.code, "order": 1, "reach": REACH, "engagement": programme.get("engagement")}
    same = np.zeros(1, np.uint8)
    groups = cohorts.take_up(families, worst_first(size), 1, programme.id, target=target, same_programme=same, **offer)
    if len(groups[0]):
        cohorts.enrolled(SimpleNamespace(body="", programme=programme.id, year=1), families, target, *groups, 1)
    cohorts.close_year()
    return cohorts


def find(start, programme, cohorts, last):
    """What the design finds of a cohort after the last quarter, by measure; nothing where there is nobody, or nobody to compare with."""
    counts, lines = start.services.counts, start.families.place.lines
    relieved = np.isin([line.need for line in lines], [effect.need for effect in programme.effects])
    base, now = (sum(services.served_cases(counts[q]) for q in range(end - 3, end + 1)) for end in (0, last))
    area = np.stack([base - now, base])
    findings = cohorts.measure(start.families, start.services.prices, 2, 10**9, 1, lambda _: relieved, area)
    if not findings:
        return {}
    (it,) = findings
    return {
        "families": len(it.cohort.rows),
        "saving": it.per_family / 100,
        "stated": it.spread / 100,
        "usual": it.usual / 100,
    }

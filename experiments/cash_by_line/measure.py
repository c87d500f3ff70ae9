"""Falls of each line's cases by the rules of its gate, notice and blocks; and those of youth custody, as they were."""

from itertools import product

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.faults import InputError
from sim.place.burn_in import burn_in
from sim.place.falls import released, replay
from sim.place.services import pick, served_cases

AXES = ("line", "fall", "year")
FALLS, YEARS = (0.01, 0.1, 0.3), 5
YOUTH = "youth custody"
PEOPLE = (
    (2008.5, 3072),
    (2012.0, 2036),
    (2012.5, 1734),
    (2013.5, 1237),
)  # institutions:YC2: end of June 2008, of 2011, ...
BEDS = {2010: 3502, 2011: 2777, 2012: 2508, 2013: 2491, 2014: 1622}  # institutions:YC1: at the end of March
FULL = 0.93  # institutions:YC3


def measure(inputs, seed):
    """Cash as a share of the published cost of the cases that fall, by line, fall and year; places of youth custody."""
    if inputs.years != YEARS:
        raise InputError("--years", "", f"is {inputs.years}, and this one takes {YEARS}", "leave it out")
    place, dials = inputs.place, inputs.dials
    start = burn_in(place, inputs.place_dials, seed, inputs.n_families).services
    demand = pick(np.stack([start.counts[q] for q in range(1 - QUARTERS, 1)]), "demand").mean(axis=0)
    cases = np.rint(demand * place.get("place.families") / inputs.n_families).astype(int)
    found = {}
    for (line, n), fall in product(zip(start.lines.ids, cases, strict=True), FALLS):
        shares = released(place, dials, line, int(n), fall, YEARS, seed)
        found |= {(line, f"{fall:g}", str(year), "share"): float(shares[year - 1]) for year in (1, 3, 5)}
    return found | youth_custody(place, dials, seed)


def youth_custody(place, dials, seed):
    """The prison line's rules on the young people of 2008 to 2013 (none came from elsewhere): its places and how full."""
    for name, value in (("boundary", 0), ("occupancy", FULL)):
        place = place.with_value(f"lines.prison.{name}", value)
    quarters = np.arange(PEOPLE[0][0], max(BEDS) + 0.5, 1 / QUARTERS)
    people = np.rint(np.interp(quarters, *zip(*PEOPLE, strict=True))).astype(int)
    counts = [row[0] for _, row in sorted(replay(place, dials, "prison", people, seed).counts.items())][-len(people) :]
    found = {}
    for when, row in zip(quarters, counts, strict=True):
        key = YOUTH, "", f"{when:g}"
        if when % 1 == 0.25 and int(when) in BEDS:
            found[(*key, "places")] = int(pick(row, "places"))
        if when in (2012.5, 2013.5):
            found[(*key, "share")] = float(served_cases(row) / pick(row, "places"))
    return found

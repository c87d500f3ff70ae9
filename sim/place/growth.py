"""How far caseloads answer a rise of onset, need by need: what the trend of need has to know (docs/odd.md, section 3.2)."""

from dataclasses import replace

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.dials import defaults
from sim.place.burn_in import burn_in
from sim.place.influence import AreaInfluence
from sim.place.services import Lines, Services

GROWTH, YEARS = 0.02, 15  # a year; the span over which caseloads are to have grown at it
_PASSES = 3


def name_of(need):
    """Name of the value that says it of a need."""
    return f"needs.{need.id}.caseload_response"


def measure_responses(place, seeds, threads=1):
    """A place whose caseloads grow at the rate asked for: each need's response, if the place gives one, is measured.

    Onset that rises by a factor x raises the caseload by x to the power of the response. It starts as it is and is
    multiplied, a few times over, by the growth that comes out over the growth that was asked for (of logarithms).
    """
    if not all(place.has(name_of(need)) for need in place.needs):
        return place
    settled = [burn_in(place, defaults(), seed, threads=threads) for seed in seeds]
    still = sum(needy(place, each, 0.0) for each in settled)
    wanted = (YEARS - 0.5) * np.log(1 + GROWTH)
    for _ in range(_PASSES):
        grown = sum(needy(place, each, GROWTH) for each in settled)
        values = dict(place.values)
        for need, ratio in zip(place.needs, grown[:, 0] / np.maximum(1, still[:, 0]), strict=True):
            item = values[name_of(need)]
            answer = item.value * np.log(max(ratio, 1.01)) / wanted
            values[name_of(need)] = replace(item, value=float(f"{min(item.high, max(item.low, answer)):.3g}"))
        place = replace(place, values=values)
    return place


def needy(place, settled, growth):
    """Family-quarters by need at level 1 or more, 2 or more, 3, in the last year of a place that grows without policy.

    Services grow with need: each rationed line serves its usual share of it.

    Returns
    -------
    int64 (needs, 3)
    """
    dials = {**defaults(), "families.demand_growth": growth}
    families = settled.copy().families
    families.follow(AreaInfluence(place, dials))
    services, last = Services(Lines(place, dials, families.n)), YEARS * QUARTERS
    total = np.zeros((len(place.needs), 3), np.int64)
    for quarter in range(1, last + 1):
        families.live(quarter)
        services.serve(families, quarter)
        if quarter > last - QUARTERS:
            total += families.counts.sum(axis=0)[:, :0:-1].cumsum(axis=1)[:, ::-1]
    return total

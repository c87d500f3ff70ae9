"""What a fall of one line's cases releases: the rules of section 4 on a demand that is given, with no budget to open places."""

from dataclasses import replace

import numpy as np

from sim.core.calendar import QUARTERS
from sim.place.places import LEVELS
from sim.place.services import Lines, Services, resizing


class GivenDemand:
    """Stands for families where only how many need a line matters; below its threshold there are always enough.

    Parameters
    ----------
    lines : Lines
        One line.
    place : Place

    Attributes
    ----------
    demand : int
        Cases that need the line this quarter.
    """

    def __init__(self, lines, place):
        self.lines, self.n_needs, self.n_events = lines, len(place.needs), len(place.events)
        self.demand = self.served = 0

    @property
    def happened(self):
        """Events of the quarter: each case, where the line serves one."""
        return np.full((1, self.n_events), self.demand)

    def screen(self, quarter, lower, open_door, supply):
        """All who need it are known; those served last quarter keep their place."""
        by_need = np.zeros((self.n_needs, len(LEVELS), 2), np.int64)
        by_need[self.lines.need[0], self.lines.level[0], 0] = self.demand
        self.served = self.demand if open_door[0] else min(self.served, self.demand)
        return by_need, np.array([[self.served, 0, self.demand, 0]]), None

    def admit(self, quarter, waiting, places):
        """As many as there are places for."""
        self.served += int(places[0, 0])
        return np.stack([places, np.zeros_like(places)], axis=-1)


def replay(place, dials, line, demand, seed):
    """Counts of one line, quarter by quarter, whose cases follow a path from a steady start.

    Parameters
    ----------
    place : Place
    dials : dict
    line : str
    demand : sequence of int
        Cases that need it by quarter; before the first, as many as in it.
    seed : int
        Which blocks an agency is willing to close is drawn.

    Returns
    -------
    Services
        Of that line alone, with its counts.
    """
    alone = replace(place, lines=tuple(item for item in place.lines if item.id == line))
    lines = Lines(alone, dials, place.get("place.families"))
    lines.outside[:] = 0
    services, families = Services(lines), GivenDemand(lines, place)
    drift = dials["services.threshold_drift"] if lines.gate[0] == "judgement" else 0.0
    for quarter in range(1 - 2 * QUARTERS, len(demand) + 1):
        if quarter == 1 - QUARTERS:
            services.open_for_business(range(1 - 2 * QUARTERS, quarter))
        if quarter > 0:
            services.build(quarter)
        families.demand = int(demand[max(0, quarter - 1)])
        services.serve(families, quarter)
        if quarter > 0 and quarter % QUARTERS == 0:
            plan = resizing(services, 0, quarter, drift, dials["agencies.decommissioning"], seed, 0)
            services.carry_out(0, quarter, plan)
    return services


def released(place, dials, line, cases, fall, years, seed):
    """What a fall of cases releases in cash, as a share of what they cost at the published price: float (years,).

    Parameters
    ----------
    place, dials, line, seed
        As for :func:`replay`.
    cases : int
        That need the line at the start.
    fall : float
        Share of them that no longer do from the second quarter on.
    years : int
    """
    after = round(cases * (1 - fall))
    services = replay(place, dials, line, [cases, *[after] * (years * QUARTERS)], seed)
    spent = [int(services.prices.spending(services.counts[1 + q])[0]) for q in range(years * QUARTERS + 1)]
    cash = spent[0] - np.array(spent[1:]).reshape(years, QUARTERS).mean(axis=1)
    return cash / (services.lines.average_pence[0] * (cases - after))

"""Leaf rows of what a run is worth to society beside cash, against its twin (docs/odd.md, 8.2)."""

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.codes import FAMILIES
from sim.place.identity import leaks

_SERVED_FOR_GOOD = ("judgement", "duty")  # gates of lines whose service is a good to those who wait for it


class Social:
    """Leaf rows of one run against its twin: what outcomes, freed resources and need that is met are worth.

    Who gains stands in the place of the agency, and the need or event in that of the line where it is no line's.

    Parameters
    ----------
    place : Place
    prices : Prices
    worth : Worth
    run, twin : Recorder
    """

    def __init__(self, place, prices, worth, run, twin):
        self.place, self.prices, self.worth, self.run, self.twin = place, prices, worth, run, twin
        self.years = run.counts.shape[0] // QUARTERS

    def build(self):
        """All rows, in a fixed order: (year, who gains, what, measure, pence, None)."""
        return [*self._services(), *self._displaced(), *self._outcomes()]

    def _yearly(self, by_quarter):
        return by_quarter.reshape(self.years, QUARTERS, *by_quarter.shape[1:]).sum(axis=1)

    def _services(self):
        """Resources that services no longer use, and need that they meet in their place."""
        whole = leaks(self.run.counts, self.twin.counts, self.prices)
        parts = {name: self._yearly(pence) for name, pence in whole.items()}
        met = self.worth.get("met_need") * (parts["case_finding"] + parts["backfill_unmet_need"])
        met = np.rint(met + self.worth.get("lower_need") * parts["backfill_threshold"]).astype(np.int64)
        for year in range(self.years):
            for j, line in enumerate(self.place.lines):
                if line.kind != "demand_led":
                    yield year + 1, line.agency, line.id, "resources_freed", int(parts["cash_released"][year, j]), None
                if line.gate in _SERVED_FOR_GOOD:
                    yield year + 1, FAMILIES, line.id, "met_need_value", int(met[year, j]), None

    def _displaced(self):
        """What other services that gave way were worth."""
        then, now = (_spent_elsewhere(record.flows) for record in (self.twin, self.run))
        for year in range(1, self.years + 1):
            for agency in self.place.agencies:
                gave_way = then.get((year, agency.id), 0) - now.get((year, agency.id), 0)
                lost = round(self.worth.get("displaced_services") * gave_way)
                yield year, agency.id, None, "displaced_value", lost, None

    def _outcomes(self):
        """What less of a need, or of an event, is worth; a gain is cut for the grade of its evidence, a harm is not."""
        less = self._less()
        for outcome in self.worth.outcomes:
            what = outcome.need or outcome.event
            if what not in less:
                continue
            pence = 100 * self.worth.pounds(outcome) * less[what][:, list(outcome.levels or (0,))].sum(axis=1)
            pence = np.where(pence > 0, pence * (1 - outcome.correction), pence)
            for whom, share in self.worth.parts(outcome):
                for year in range(self.years):
                    yield year + 1, whom, what, outcome.measure, round(share * pence[year]), None

    def _less(self):
        """By need family-years at each level, and by event events, that the twin has more of: float (years, levels or 1)."""
        levels, events = (
            self._yearly(np.stack(then) - np.stack(now))
            for then, now in ((self.twin.levels, self.run.levels), (self.twin.happened, self.run.happened))
        )
        needs = {need.id: levels[:, k] / QUARTERS for k, need in enumerate(self.place.needs)}
        return needs | {event.id: events[:, e, None] for e, event in enumerate(self.place.events)}


def _spent_elsewhere(flows):
    """Pence by year and payer that other services than the place's lines got."""
    paid = {}
    for year, payer, _, purpose, pence in flows:
        if purpose == "other_services":
            paid[year, payer] = paid.get((year, payer), 0) + pence
    return paid

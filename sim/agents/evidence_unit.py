"""The evidence unit: gathers findings, here and elsewhere, publishes them to all, and accredits programmes."""

import math

from sim.agents.party import Belief, Party
from sim.core.ledger import OUTSIDE
from sim.core.streams import normal


class EvidenceUnit(Party):
    """A body like NICE for family programmes (Community Budgets Political Leadership Group 2011, recommendation 2).

    Attributes
    ----------
    posterior : dict of str to Belief
        Effect of each programme as a multiple of the published one; it starts there, with deciders' doubt.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        spread = model.place.get("place.belief_spread")
        self.posterior = {name: Belief(1.0, spread**2) for name in model.catalogue}

    def work(self):
        """Year end: other places' findings come in, everything is published, and the centre pays for it."""
        cost = self.cost_here("evidence_cost")
        self.model.ledger.transfer(OUTSIDE, self.account(), cost, "contribution")
        self.pay(OUTSIDE, cost, "delivery")
        places = self.model.arrangement.get("other_places")
        if places:
            for name in self.model.catalogue:
                doubt = self.model.place.get("place.evaluation_doubt") / math.sqrt(places)
                luck = normal(self.model.seed, "other places", name, self.model.calendar.year)
                self.publish(name, self.model.offers.multiple(name) + doubt * luck, doubt**2)

    def publish(self, programme, estimate, variance):
        """Bring in a finding and tell everybody who decides or invests.

        Parameters
        ----------
        programme : str
        estimate, variance : float
            As a multiple of the published effect.
        """
        self.posterior[programme].update(estimate, variance)
        for party in (*self.model.agencies, *self.model.bodies, *self.model.investors):
            if party.beliefs is not self.posterior:
                party.beliefs[programme].update(estimate, variance)

    def accreditation_hold(self):
        """Share of reactive practice that it holds back: a programme is accredited for whom its trials took on."""
        return self.model.arrangement.get("accreditation_hold")

    def accredits(self, programme):
        """Whether a programme is believed to do enough of what was published."""
        return self.posterior[programme].mean >= self.model.arrangement.get("accredited_from")

"""A neighbourhood, and the board that commissions for it."""

import numpy as np

from sim.agents.party import Commissioner, Party
from sim.core import codes
from sim.core.ledger import OUTSIDE


class Neighbourhood(Party):
    """A part of the place: a node of its graph, with what its people share.

    Attributes
    ----------
    area : int
        Position among the place's neighbourhoods.
    deprivation : float
        Standard score; above 0 is more deprived.
    social_capital : float
        0 to 1; it grows where community groups help families.
    helped : int
        Families that community groups took on this year.
    """

    def __init__(self, model, code, area):
        super().__init__(model, code)
        self.area = area
        get = model.place.get
        self.deprivation, self.social_capital = (
            get(f"neighbourhoods.{code}.{name}") for name in ("deprivation", "social_capital")
        )
        self.families_share = get(f"neighbourhoods.{code}.families_share")
        self.helped = 0

    def prevalence(self):
        """Share of its families with each need: float (needs,)."""
        counts = self.model.families.counts[self.area]
        return 1 - counts[:, 0] / np.maximum(1, counts.sum(axis=1))

    def gain(self):
        """What the year's help by community groups adds to social capital, never above 1; the year's count begins anew."""
        families = max(1, int(self.model.families.counts[self.area, 0].sum()))
        step = self.model.arrangement.get("capital_step") * self.model.dials["programmes.effect_scale"]
        gained = min(1 - self.social_capital, step * self.helped / families)
        self.social_capital += gained
        self.helped = 0
        return gained


class NeighbourhoodBoard(Commissioner):
    """Commissions for one neighbourhood, by what its people need more than others do."""

    def __init__(self, model, neighbourhood):
        super().__init__(model, codes.board(neighbourhood.code))
        self.neighbourhood = neighbourhood
        self.areas = (neighbourhood.area, neighbourhood.area + 1)
        self.people = neighbourhood.families_share

    def members(self):
        """Agencies whose powers and money it uses."""
        return [agency for agency in self.model.agencies if self.model.arrangement.takes(agency.code)]

    def is_open(self):
        """It takes its time to be set up."""
        return self.model.calendar.year > self.model.arrangement.get("years_to_agree")

    def scope(self):
        """Its share of the place's families, in proportion to need."""
        return min(1.0, self.people * float(self.priorities().mean()))

    def priorities(self):
        """Prevalence of each need here over the place's: float (needs,)."""
        counts = self.model.families.counts.sum(axis=0)
        usual = 1 - counts[:, 0] / np.maximum(1, counts.sum(axis=1))
        return np.divide(self.neighbourhood.prevalence(), usual, out=np.ones_like(usual), where=usual > 0)

    def spendable(self):
        """What it holds, less its part of what brokers are owed at the end of the year."""
        brokers = self.cost_here("broker_base") * self.people / sum(body.people for body in self.model.bodies)
        return max(0, self.balance() - round(brokers))

    def project_cost(self, programme):
        """Agreeing costs in proportion to its families."""
        return round(super().project_cost(programme) * self.people)

    def pay_standing_costs(self):
        """Meetings and a little staff, in proportion to its families."""
        cost = round(self.cost_here("board_cost") * self.people)
        self.pay(OUTSIDE, min(cost, max(0, self.balance())), "transaction_cost")

"""A provider of programmes: public in-house, private, or a third-sector community group."""

from math import exp

from sim.agents.party import Party
from sim.ledger import OUTSIDE
from sim.streams import normal

PROVIDER_VALUES = {"cost_ratio": 0.1, "margin": 0, "fidelity": 0, "reach": 0, "bid_spread": 0}


class Provider(Party):
    """Delivers programmes at its own cost, price and fidelity.

    Attributes
    ----------
    sector : str
    fidelity : float
        Share of a programme's effect it delivers.
    reach : float
        Chance that it reaches a family services do not know.
    """

    def __init__(self, model, code, sector, values):
        super().__init__(model, code)
        self.sector = sector
        self.cost_ratio, self.margin, self.fidelity, self.reach, self.bid_spread = (
            values[name].base_value for name in PROVIDER_VALUES
        )

    def cost_pence(self, programme):
        """What delivering a programme to a family costs it this year."""
        luck = self.bid_spread * normal(self.model.seed, "bid", self.code, programme.id, self.model.year)
        return round(programme.cost_pence() * self.cost_ratio * exp(luck))

    def price_pence(self, programme):
        """What it asks for a family."""
        return round(self.cost_pence(programme) * (1 + self.margin))

    def deliver(self, programme, families):
        """Pay the staff for a quarter's planned families."""
        self.pay(OUTSIDE, families * self.cost_pence(programme), "delivery")

    def can_carry(self, project, expected_pence, share=1.0):
        """Families it can pay for itself until outcomes are paid: none where it expects to lose by it.

        Parameters
        ----------
        project : party.Project
        expected_pence : int
            Outcome payments expected a family.
        share : float
            Share of the cost that it carries.
        """
        cost = max(1, round(self.cost_pence(project.programme) * share))
        return 0 if expected_pence < cost else min(project.families, max(0, self.balance()) // cost)

"""An investor: philanthropic, a social bank, or commercial."""

import math
from statistics import NormalDist

import numpy as np

from sim.agents.party import Belief, Party
from sim.core.ledger import OUTSIDE
from sim.deals import finance

# Outcomes of a standard normal number, equally likely: expectations are sums over them, so that an offer needs no luck.
_OUTCOMES = np.array([NormalDist().inv_cdf((i + 0.5) / 200) for i in range(200)])


class Investor(Party):
    """Puts capital into deals whose expected return pays for their risk, as it sees them.

    Attributes
    ----------
    kind : str
        One of :data:`sim.agents.values.INVESTOR_KINDS`.
    beliefs : dict of str to Belief
        By programme; they start at the published effect.
    holdings : list of vehicle.Stake
        All it ever bought.
    required_return : float
        A year, real.
    risk_aversion : float
        Return asked for on top per unit of the return's standard deviation: the less, the more risk it tolerates.
    largest_share : float
        Most of its means that it puts into one deal.
    tranche : int
        Rank of seniority it takes; 1 is paid first.
    tax_relief_share : float
        Share of what it puts in that the Treasury gives back, in deals that are relieved.
    """

    def __init__(self, model, code, kind, values):
        super().__init__(model, code)
        self.kind = kind
        self.capital_per_million = values["capital_per_million"].base_value
        self.required_return = values["required_return"].base_value
        self.risk_aversion = values["risk_aversion"].base_value
        self.largest_share = values["largest_share"].base_value
        self.tranche = round(values["tranche"].base_value)
        self.tax_relief_share = values["tax_relief_share"].base_value
        self.prior_spread = values["prior_spread"].base_value
        self.beliefs = {name: Belief(1.0, self.prior_spread**2) for name in model.catalogue}
        self.holdings = []

    def endow(self, people, payer=OUTSIDE):
        """Post its opening capital, in proportion to the people of the place."""
        pence = round(self.capital_per_million * 100 * people / 1e6)
        self.model.ledger.transfer(payer, self.account(), pence, "opening_balance")

    def means(self):
        """Pence of cash and of capital still out, at what was paid for it."""
        return self.balance() + sum(stake.pence - stake.repaid for stake in self.holdings if stake.is_open)

    def offer(self, deal):
        """What it would put into a deal.

        Parameters
        ----------
        deal : vehicle.Deal

        Returns
        -------
        tuple of (int, float)
            Pence, nought if the deal does not pay enough, and the least expected yearly return it asks for.
        """
        expected, spread = self.prospect(deal)
        least = self.required_return + self.risk_aversion * spread
        if expected < least:
            return 0, least
        return min(max(0, self.balance()), int(self.largest_share * self.means())), least

    def refuses(self, deal):
        """Why it would put nothing into a deal; empty where it would."""
        pence, least = self.offer(deal)
        expected, _ = self.prospect(deal)
        if expected < least:
            return f"expects {100 * expected:.1f}% a year and asks {100 * least:.1f}%"
        return "" if pence else "has nothing left to put in"

    def prospect(self, deal):
        """Mean and standard deviation of the yearly return that it expects, net of tax relief and with any guarantee.

        Notes
        -----
        Outcome payments per pound of capital are taken to be normal, cut off at nought, with a mean in proportion to
        the believed effects, and to arrive at maturity.
        """
        mean = sum(weight * self.beliefs[name].mean for name, weight in deal.exposure.items())
        doubt = sum(weight**2 * self.beliefs[name].variance for name, weight in deal.exposure.items())
        multiples = np.maximum(0.0, mean + math.sqrt(doubt + deal.sd**2) * _OUTCOMES)
        paid = finance.payoff(multiples, *deal.layer(deal.rank_for(self)), deal.cap)
        paid += deal.guaranteed * np.maximum(0.0, 1 - paid)
        returns = (paid / (1 - deal.relief_for(self))) ** (1 / deal.years) - 1
        return float(returns.mean()), float(returns.std())

    def learn(self, programme, estimate, variance):
        """Bring in a published finding, as a multiple of the published effect with its variance."""
        self.beliefs[programme].update(estimate, variance)

    def learn_from(self, deal, multiple):
        """Learn from a deal that has ended.

        Parameters
        ----------
        deal : vehicle.Deal
        multiple : float
            Outcome payments it had, per pound of capital that was spent.

        Notes
        -----
        One sum is seen for all the programmes of the deal: each belief moves as if the others were as believed, and
        their doubt were noise. A deal that was paid up to its cap says only that the effect is no smaller than that.
        """
        believed = {name: weight * self.beliefs[name].mean for name, weight in deal.exposure.items()}
        doubt = {name: weight**2 * self.beliefs[name].variance for name, weight in deal.exposure.items()}
        surprise = multiple - sum(believed.values())
        if multiple >= deal.cap and surprise < 0:
            return
        for name, weight in deal.exposure.items():
            noise = sum(doubt.values()) - doubt[name] + deal.sd**2
            if weight > 0 and doubt[name] + noise > 0:
                self.beliefs[name].update((believed[name] + surprise) / weight, noise / weight**2)

"""Parties to a bargain: what each values, how far it looks, and what it believes to become cash (docs/odd.md, 6.8)."""

import math
from functools import cached_property

import numpy as np

from sim.agents.party import Belief
from sim.core.streams import normal
from sim.programmes.appraisal import discount_factors

_NEED = "formula"  # a grant that follows known need


def signatories(body, agencies):
    """Those of some agencies that have services of their own, as parties to what a body agrees: list of Signatory."""
    model = body.model
    return [
        Signatory(body, agency, np.where(model.lines.demand_led, 0.0, model.payers.weights[agency.number]))
        for agency in agencies
        if agency.has_services()
    ]


class Signatory:
    """An agency that may sign with a joint body.

    Attributes
    ----------
    body : BargainingBody
    party : Agency
    part : float (lines,)
        Its part of the average cost of each line; nought of what the centre pays at cost.
    patience : float
        Years that it looks ahead as a multiple of what is usual.
    weight : float
        Pounds it values per pound of service use avoided that is no cash to it.
    optimism : float
        Its belief in effects as a multiple of its organisation's.
    caution : float
        Share of a gain that it gives up per unit of its relative standard deviation.
    cash, doubt : float (lines,)
        Believed share of benefit that becomes cash, and the variance of this belief.
    """

    def __init__(self, body, party, part):
        self.body, self.party, self.part, self.code = body, party, part, party.code
        get = body.model.arrangement.optional
        self.patience = self._differs("horizon")
        self.optimism, self.caution = self._differs("belief"), get("caution") * self._differs("caution")
        self.weight = self._weight()
        self.cash = np.full(len(part), self._first_cash())
        self.doubt = np.full(len(part), get("cash_doubt") ** 2)

    def _differs(self, what):
        """How it differs from others: log-normal, keyed by party."""
        model = self.body.model
        return math.exp(model.arrangement.optional("members_differ") * normal(model.seed, f"member {what}", self.code))

    @property
    def horizon(self):
        """Years it looks ahead, as far as the body's own appraisal reaches: further as the body's does."""
        return self.body.horizon() * self.patience

    def _weight(self):
        return min(1.0, self.party.outcome_weight * self._differs("weight"))

    def _first_cash(self):
        return self.party.believed_cash_share()

    def belief(self, programme):
        """Its belief in a programme."""
        held = self._held(programme)
        return Belief(held.mean * self.optimism, held.variance * self.optimism**2)

    def _held(self, programme):
        return self.party.beliefs[programme]

    @cached_property
    def taken(self):
        """Share of cash that a spending review takes from it, and whether it is taken every year.

        A departmental limit loses what was not needed; a formula's grant follows need, and pay by workload follows cases.
        """
        party = self.party
        if party.funding == "historic":
            return 1.0, False
        grant = party.income.opening["grant"] / max(1, party.whole_pence)
        return (party.need_weight * grant, False) if party.funding == _NEED else (grant, True)

    def kept(self, years):
        """Share of its cash that it may keep, or pay with, in each year from this one on: float (years,).

        All of it up to the next review. What a review takes it keeps as far as outstanding payments are left in budgets.
        """
        model, (taken, at_once) = self.body.model, self.taken
        reviews, year = int(model.dials["departments.review_years"]), model.calendar.year
        after = np.arange(years) > (0 if at_once else -year % reviews)
        left = 1 - taken
        if model.arrangement.optional("payments_left"):
            left = max(left, model.arrangement.get("payment_share"))
        return np.where(after, left, 1.0)

    def valued(self, years):
        """What a pound of benefit is worth to it today, by year from this one on and line: float (years, lines)."""
        cash = self.kept(years)[:, None] * self.cash
        discount = discount_factors(years, self.horizon)
        return discount[:, None] * self.part * (cash + self.weight * (1 - cash))

    def worth(self, case, correction):
        """What a family on a programme is worth to it, pence: what it gains less what it gives up for doubt."""
        worth = float((self.valued(len(case.benefit_pence)) * case.benefit_pence).sum()) * (1 - correction)
        return worth - self.caution * case.uncertainty * abs(worth)

    def gained(self, saved):
        """What a year's measured benefit was worth to it, pence.

        Parameters
        ----------
        saved : float (lines,)
            Case-quarters.
        """
        pence = self.part * saved * self.body.model.services.prices.average
        return float((pence * (self.cash + self.weight * (1 - self.cash))).sum())

    def learn(self, saved):
        """Move the belief in cash, line by line, by what the budget shows of measured benefit, as sure as that is.

        Where a line's bills move by `line_noise` of themselves from year to year whatever is done, what they show of a
        benefit that is small beside them says little.
        """
        model = self.body.model
        measured = self.part * saved * model.services.prices.average
        noise = model.arrangement.get("line_noise")
        for line in np.nonzero((measured > 0) & (self.part > 0))[0]:
            one = np.zeros(len(measured), bool)
            one[line] = True
            seen, size = self.party.cash_seen(one), max(1, int(self.party.baseline[line]))
            belief = Belief(self.cash[line], self.doubt[line])
            belief.update(seen / measured[line], (noise * size / measured[line]) ** 2)
            self.cash[line], self.doubt[line] = min(1.0, belief.mean), belief.variance


class Centre(Signatory):
    """A department for the Treasury: what is paid at cost falls, and what reviews take from agencies is its gain.

    Parameters
    ----------
    body : BargainingBody
    party : Department
    part : float (lines,)
        1 on lines that are paid at cost.
    agencies : list of Signatory
    """

    def __init__(self, body, party, part, agencies):
        self.agencies = agencies
        super().__init__(body, party, part)

    @property
    def horizon(self):
        """Years it looks ahead; whose body it is does not matter."""
        return self.body.model.arrangement.get("centre_horizon") * self.patience

    def _weight(self):
        return 0.0

    def _first_cash(self):
        return 1.0

    def _held(self, programme):
        return self.body.beliefs[programme]

    def valued(self, years):
        """See :meth:`Signatory.valued`: benefits paid at cost, and what agencies will have taken from them."""
        taken = sum((1 - item.kept(years))[:, None] * item.cash * item.part for item in self.agencies)
        discount = discount_factors(years, self.horizon)
        return discount[:, None] * (self.part + taken)

    def gained(self, saved):
        """See :meth:`Signatory.gained`: what is paid at cost, and what later reviews take, as agencies see it today."""
        later = int(self.body.model.dials["departments.review_years"]) + 1
        taken = sum((1 - item.kept(later)[-1]) * item.cash * item.part for item in self.agencies)
        return float(((self.part + taken) * saved * self.body.model.services.prices.average).sum())

    def learn(self, saved):
        """It sees what it pays at cost, all of it."""

"""Boards that commission on behalf of others."""

import numpy as np

from sim.agents.party import Commissioner
from sim.core.faults import InputError, suggest
from sim.core.ledger import OUTSIDE, TREASURY, split
from sim.deals.contracts import Project
from sim.deals.terms import Backing
from sim.place import kernels


def agency_in_role(model, role):
    """The agency that plays a role in the arrangement.

    Raises
    ------
    InputError
        If the place has no such agency.
    """
    code, known = model.arrangement.roles.get(role, ""), [agency.code for agency in model.agencies]
    if code not in known:
        where = f"{code!r} is no agency of {model.place.id}"
        raise InputError(model.arrangement.file, f"roles.{role}", where, suggest(code, known))
    return model.agencies[known.index(code)]


class Body(Commissioner):
    """A joint body with an account of its own, set up by the agencies that may take part; chooses programmes for them.

    Attributes
    ----------
    founded : int or None
        Year in which it starts to commission; it takes time to agree.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        self.founded = None

    def members(self):
        """Agencies of the arrangement."""
        return [agency for agency in self.model.agencies if self.model.arrangement.takes(agency.code)]

    def years_open(self):
        """Years since it was founded."""
        return self.model.calendar.year - self.founded

    def is_open(self):
        """Whether it can commission this year; members share its set-up cost in the year it is founded."""
        if self.founded is None and self.model.calendar.year > self.model.arrangement.get("years_to_agree"):
            self.founded = self.model.calendar.year
            cost = self.cost_here("setup_cost") + self.cost_here("map_cost")
            self._share_cost(cost)
            self.model.decisions.taken(self.code, "found", "yes", "", f"{len(self.members())} members")
        return self.founded is not None

    def cashability(self):
        """A body that has mapped resources knows what of a cost follows cases; others go by agencies' beliefs."""
        if not self.model.arrangement.has("resource_map"):
            return super().cashability()
        centre = self.model.rules.benefit_counted.centre
        return np.where(self.model.lines.demand_led, float(centre), 1 - self.model.lines.fixed_share)

    def term(self):
        """Years of an agreement, and years gone of the present one; (1, 0) where agreements have no term."""
        years = int(self.model.arrangement.optional("term_years")) or 1
        return years, self.years_open() % years

    def spendable(self):
        """What it holds beyond what it expects to owe for outcomes, spread over the years left of the present term."""
        years, gone = self.term()
        owed = 0 if self.model.rules.savings.payers else self.model.outcomes.owed_by(self)
        return max(0, self.balance() - owed - self.reserved()) // (years - gone)

    def reserved(self):
        """Pence kept for what earlier years still cost: nothing, for most."""
        return 0

    def can_charge(self, fee):
        """Members can be charged where the body itself holds no money for programmes."""
        return sum(max(0, member.balance("prevention")) for member in self.members()) >= fee

    def pay_fee(self, fee):
        """From its own account, else members share it."""
        if self.balance() >= fee:
            super().pay_fee(fee)
        else:
            self._share_cost(fee)

    def _share_cost(self, pence):
        """Members pay a joint cost in equal parts, from discretionary money as far as it goes."""
        members = self.members()
        for member, part in zip(members, split(pence, [1] * len(members)), strict=True):
            member.pay(OUTSIDE, min(part, max(0, member.balance("prevention"))), "transaction_cost", "prevention")

    def pay_standing_costs(self):
        """Accounting, audit and irrecoverable tax of a pool, as a share of what it holds."""
        share = self.model.arrangement.optional("pool_overhead")
        self.pay(OUTSIDE, round(max(0, self.balance()) * share), "pool_overhead")

    def spent_this_year(self):
        """Pence it spent on programmes, agreeing and evaluation this year."""
        costs = ("programme", "transaction_cost", "evaluation_cost", "outcome_payment")
        return self.model.ledger.paid(self.account(self.purse), *costs, quarters=self.model.calendar.quarters_of_year())

    def duplication_removed(self):
        """Pence by line that one assessment of a family for all members saves this quarter, once the body is founded.

        Returns
        -------
        int64 (lines,)
            A share of the average cost of each family's services that is served by two or more members.
        """
        model = self.model
        saved = np.zeros(len(model.lines), np.int64)
        if self.founded is None:
            return saved
        served = model.families.columns.served[model.calendar.quarter % kernels.RING]
        members = self.members()
        bits = [np.uint32(sum(1 << int(line) for line in member.own_lines)) for member in members]
        shared = served[sum((served & bit > 0).astype(np.uint8) for bit in bits) > 1] if bits else served[:0]
        rate = model.services.prices.average * model.arrangement.get("efficiency_share")
        for line in np.concatenate([member.own_lines for member in members]) if members else ():
            saved[line] = int(np.count_nonzero(shared >> np.uint32(line) & 1) * rate[line])
        return saved


class LeadBoard(Body):
    """A member that decides for all, with an account for what they delegate.

    Attributes
    ----------
    lead : Agency
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        self.host = self.lead = agency_in_role(model, "lead")

    def weight_on_outcomes(self):
        """The lead's own weight on outcomes without cash."""
        return self.lead.outcome_weight


class CentreBoard(Commissioner):
    """A department that commissions: what it owes, the Treasury votes."""

    def members(self):
        """Agencies of the department that takes the centre's role."""
        centre = self.model.centre().code
        return [agency for agency in self.model.agencies if agency.spec.department == centre]

    def is_open(self):
        """It needs nobody's agreement."""
        return True

    def spendable(self):
        """What its yearly budget is."""
        return self.cost_here("centre_budget")

    def pay(self, payee, pence, purpose, purse=""):
        """Pay out of a vote, as far as there is no grant for it."""
        lacking = pence - max(0, self.balance(purse))
        self.model.ledger.transfer(TREASURY, self.account(purse), max(0, lacking), "vote")
        super().pay(payee, pence, purpose, purse)

    def pay_due(self, account, due):
        """Pay for an outcome; what was paid."""
        self.pay(account, due, "outcome_payment")
        return due


class PlanBoard(Commissioner):
    """Carries out a plan fixed beforehand, whatever its worth: for experiments that need equal volumes."""

    def members(self):
        """All agencies."""
        return self.model.agencies

    def is_open(self):
        """A plan starts at once."""
        return True

    def commission(self, money):
        """Sign the plan."""
        for programme, families, provider in self.planned():
            price = provider.price_pence(programme, families)
            appraisal = self.appraise(programme, price)
            if appraisal is not None:
                project = Project(self, programme, provider, families, price, appraisal)
                self.model.market.sign(project, Backing(families, self.account(), ""))

    def planned(self):
        """The plan as far as somebody can deliver it: (programme, families of this place, provider) of each."""
        for name, families in sorted(self.model.arrangement.plan.items()):
            if name in self.model.catalogue:
                programme = self.model.catalogue[name]
                here = max(1, round(families * self.model.scale))
                provider = self.model.market.best_provider(programme, self, here)
                if provider is not None:  # all that could deliver it may have failed or be full
                    yield programme, here, provider

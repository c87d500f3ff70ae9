"""Funds whose members agree each year what is bought and pay for it at once (docs/odd.md, 6.8)."""

from math import ceil

import numpy as np

from sim.agents.bargaining_body import BargainingBody
from sim.core.streams import uniform
from sim.deals.agreement import bargain
from sim.programmes import refusals


class BargainedFund(BargainingBody):
    """A common fund: members bargain each year, and each pays in the same pence per pound of its own gain.

    Attributes
    ----------
    worth : dict of str to float
        What the year's plan is worth to each member, in pence.
    due : dict of str to int
        What each is to pay in this year.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        self.worth, self.due, self._projects_agreed, self._joint = {}, {}, [], {}

    def members(self):
        """Those of the last agreement; before there is one, all who may take part."""
        return self.joined or super().members()

    def is_open(self):
        """Whether it can commission: it is founded in the first year in which there is a deal, or a list or a grant decides."""
        calendar, agreeing = self.model.calendar, self.model.arrangement.get("years_to_agree")
        if calendar.is_year_start and self.agreed != calendar.year > agreeing:
            self.agreed = calendar.year
            self._negotiate()
        decided = self.founded is not None or self.agreement is not None or self._is_decided()
        return decided and super().is_open()

    def _is_decided(self):
        """Whether there is nothing to agree on: a list says what is bought, or a grant from outside pays for it."""
        return self.model.funding.is_equal or bool(self.model.decisions.listed(self.code, "commission"))

    def _negotiate(self):
        """Bargain over the year's plan, and over who is in; where a list or a grant decides, what is due is all that may be."""
        money = {agency.code: self._most(agency) for agency in super().members()}
        self.agreement, self.worth, self.due = None, {}, {}
        if self._is_decided():
            self.due = {} if self.model.funding.is_equal else money
            return
        says = self.model.decisions.says
        able = [item for item in self.admitted().values() if not says(item.code, self.code, "leave")]
        overhead = self.model.arrangement.optional("pool_overhead")
        margin = overhead / (1 - overhead)
        held = max(0, round(self.spendable() - self.reserved() * margin)) if self.founded is not None else 0
        self._projects_agreed = self.projects_for(able)
        table = self.table(able, self._projects_agreed, held, money, margin=margin)
        self.agreement = bargain(table)
        if self.agreement is None:
            self.note(self.code, "no_deal", "yes", "", "nothing pays for those who would pay together")
        else:
            self._agree(table)
        self._decline(table)

    def _agree(self, table):
        """Who is in, what the plan is worth to each, and what each is to pay."""
        plan, signed = self.agreement.plan, self.agreement.parties
        self.change_members([agency for agency in super().members() if agency.code in signed], table)
        worth = table.worth[[table.parties.index(code) for code in signed]]
        self.worth = dict(zip(signed, (worth @ plan.families).tolist(), strict=True))
        self._joint = {offer.programme: pence for offer, pence in zip(table.offers, worth.sum(axis=0), strict=True)}
        self.due = {code: ceil(pence) for code, pence in self.agreement.payments.items()}

    def _decline(self, table):
        """What is not in the plan is not worth its price to those who would pay."""
        order = self.agreement.plan.order if self.agreement else ()
        for k, offer in enumerate(table.offers):
            if k not in order:
                why = refusals.within(refusals.VALUE, self.horizon())
                self.model.decisions.declined(self.code, offer.programme, why)

    def _most(self, agency):
        """Most that a member may be asked for: a share of its discretionary money, as far as it has it."""
        share = self.model.arrangement.get("contribution_share")
        return max(0, min(round(agency.discretionary_pence * share), agency.balance("prevention")))

    def pay_in(self):
        """Each member pays what it has agreed to."""
        self.funds.capital = {}
        for code, pence in self.due.items():
            self.contribute(self.model.party(code), pence)

    def contribute(self, member, pence):
        """One member pays, as far as its money goes."""
        paid = min(pence, max(0, member.balance("prevention")))
        self.funds.capital[member.code] = paid
        member.pay(self.account(), paid, "contribution", "prevention")
        self.note(member.code, "contribute", pence, self.code, paid)

    def reserved(self):
        """Pence kept for the evaluation of cohorts that is still to come."""
        year = self.model.calendar.year
        mine = [item for item in self.model.cohorts.cohorts if item.body == self.code and item.year >= year - 1]
        due = sum(not item.evaluated for item in mine) if self.model.evaluation.design != "none" else 0
        return due * self.cost_here("evaluation_cost")

    def _is_worth(self, backing):
        """Whether a family is worth its price at that volume to those who have agreed."""
        if self._is_decided():
            return super()._is_worth(backing)
        return self._joint[backing.project.programme.id] > backing.project.price_pence

    def commission(self, money):
        """Buy the plan that was agreed on, as far as the money that came goes."""
        if self._is_decided():
            super().commission(money)
        elif self.agreement:
            self.buy_plan(self.agreement.plan, self._projects_agreed, money)


class Partners(BargainedFund):
    """Bodies that plan together, each with its own money: nothing binds one to what it promised.

    Attributes
    ----------
    withheld : tuple of str
        Partners that dropped out of this year's plan.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        self.withheld = ()

    def pay_in(self):
        """Each partner pays what it has promised, or drops out."""
        self.withheld = ()
        super().pay_in()

    def contribute(self, member, pence):
        """One partner pays or drops out; families are taken on as far as the money comes."""
        if self.worth and self.drops_out(member, self.worth[member.code] / sum(self.worth.values())):
            self.withheld += (member.code,)
            self.note(member.code, "withhold", pence, self.code, 0)
        else:
            super().contribute(member, pence)

    def drops_out(self, member, benefit_share):
        """Whether a partner withholds its money: likelier the less of the benefit is its own and the less it trusts.

        Chance = drop_out x (1 - its share of the benefit) x (1 - its trust).
        """
        chance = self.model.arrangement.get("drop_out") * (1 - benefit_share) * (1 - member.trust)
        return uniform(self.model.seed, "drop out", member.code, self.model.calendar.year) < chance

    def relate(self):
        """Trust grows in a year in which all partners pay, and falls in one in which some do not."""
        step = self.model.arrangement.get("trust_step") * (-1 if self.withheld else 1)
        for member in self.members() if self.funds.capital or self.withheld else ():
            member.trust = float(np.clip(member.trust + step, 0, 1))

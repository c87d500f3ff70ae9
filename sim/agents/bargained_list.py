"""A LIST whose parties bargain over who pays what, sign it cohort by cohort, and look again at every review."""

import numpy as np

from sim.agents.bargaining_body import BargainingBody
from sim.agents.boards import Body
from sim.agents.list_trust import ListTrust
from sim.core.ledger import OUTSIDE, split
from sim.deals.agreement import bargain, drawn_up, holds
from sim.deals.payment_terms import chances, on_offer
from sim.deals.tabs import Signed, Tab

_PLENTY = 1e15  # pence, where others pay up front


class BargainedList(BargainingBody, ListTrust):
    """A LIST that agrees its terms, pays its capital back, waits where it cannot buy, and lets go of who loses by it.

    Attributes
    ----------
    signatories : dict of str to Signatory
        Those who may sign: agencies of the arrangement with services of their own, and the centre where it is a party.
    tabs : dict of str to Tab
        What each party owes.
    repaid : dict of str to int
        Capital that each member has had back.
    receipts : dict of tuple to int
        What was paid for each cohort so far, by its key.
    completed : list of tuple
        (key, receipts, pence that were to be earned back) of cohorts no longer paid for, as of this year.
    gained : float
        What the measured benefit of the year just settled was worth to all who pay, pence.
    is_dormant : bool
        Whether it bought nothing in the year just past.
    is_reopened : bool
        Whether somebody has asked for new terms, or left.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        self.signatories, self.tabs, self.repaid, self.receipts = {}, {}, {}, {}
        self.completed, self.gained = [], 0.0
        self.is_dormant = self.is_reopened = False
        self._billed = {}  # pence by cohort of the last year in which any came to something

    # Agreeing

    def is_open(self):
        """Whether it can commission; before it is founded, and where a review or a shortfall asks for it, there is a bargain."""
        calendar = self.model.calendar
        if not self.alive or not calendar.is_year_start:
            return self.alive and self.founded is not None
        if self.founded is None:
            agreeing = calendar.year > self.model.arrangement.get("years_to_agree")
            if agreeing and self._negotiate():
                return Body.is_open(self)
            return False
        return True

    def _must_bargain(self):
        """Whether there are no terms, somebody has asked for new ones, or a review is due."""
        due = self.model.calendar.year - self.agreed >= self.model.arrangement.get("agreed_years")
        return self.agreement is None or self.is_reopened or due

    def may_sign(self):
        """Who may sign this year: agencies that trust it enough, unless a list decides, and the centre: list of Signatory."""
        model = self.model
        if not self.signatories:
            self.signatories = self.admitted()
        get, says = model.arrangement.get, model.decisions.says
        able = []
        for item in self.signatories.values():
            listed = says(item.code, self.code, "leave", "join")
            if listed is None and model.calendar.year < self._left.get(item.code, 0):
                continue
            trust = getattr(item.party, "trust", 1.0)
            ready = trust >= get("trust_to_stay" if item.party in self.joined else "trust_to_join")
            if listed.kind == "join" if listed else ready:
                able.append(item)
        return able

    def _new_money(self):
        """What each agency would put in this year, by code; money of others is not known before there is a body for it."""
        get = self.model.arrangement.optional
        share = get("subscription_share") or get("contribution_share")
        if self.model.funding.is_equal or self._has_backers() or not share:
            return dict.fromkeys(self.signatories, _PLENTY)
        return {item.code: round(item.discretionary_pence * share) for item in self.model.agencies}

    def _table(self, able, held, new_money=None):
        """What is to be bargained over, and the projects it is about: (Table, list of Project)."""
        model, get = self.model, self.model.arrangement.get
        projects = self.projects_for(able)
        doubt, noise = chances(projects, self.beliefs, get("outcome_noise"))
        table = self.table(
            able,
            projects,
            held,
            new_money or {},
            standing=self.cost_here("running_cost"),
            margin=get("margin"),
            most_share=get("payment_share"),
            fewest=int(get("fewest_members")),
            centre=model.centre().code if model.arrangement.has("centre_party") else "",
            rides_free=bool(get("rides_free")),
            terms=on_offer(get("payment_cap"), bool(get("true_up")), bool(get("terms_open"))),
            caution=tuple(item.caution for item in able),
            doubt=doubt,
            noise=noise,
        )
        return table, projects

    def _negotiate(self, money=None):
        """Bargain over what a sum may buy, before the founding over what its owners would put in. Whether there is a deal.

        The outcome takes the place of the standing terms.
        """
        able = self.may_sign()
        held = (-self.cost_here("running_cost"), self._new_money()) if money is None else (money,)
        table, _ = self._table(able, *held)
        self.is_reopened = False
        old, self.agreement, self.agreed = self.agreement, bargain(table), self.model.calendar.year
        signed = self.agreement.parties if self.agreement else ()
        if self.agreement is None:
            if old is not None or self.founded is None:
                self.note(self.code, "no_deal", "yes", "", "nothing pays for those who would sign together")
            return False
        joined = [self.signatories[code].party for code in signed if code != table.centre]
        self.change_members(sorted(joined, key=lambda agency: agency.code), table)
        for code in signed:
            self.tabs.setdefault(code, Tab())
        if old is not None and self.founded < self.agreed:
            self.note(self.code, "renegotiate", round(self.agreement.plan.cost), "", self.agreement.in_words())
        return True

    def change_members(self, joined, table):
        """As of every body; who comes back after notice signs again."""
        for agency in joined:
            if agency not in self.joined:
                self.tabs.setdefault(agency.code, Tab()).sign_again()
        super().change_members(joined, table)

    # Buying

    def pay_standing_costs(self):
        """While it waits, a LIST keeps up a part of its office."""
        share = self.model.arrangement.get("dormant_share") if self.is_dormant else 1.0
        cost = round(self.cost_here("running_cost") * share)
        self.pay(OUTSIDE, min(cost, max(0, self.balance())), "transaction_cost")

    def commission(self, money):
        """Buy what pays its parties by the standing terms; where these no longer hold, they bargain first."""
        if self.model.decisions.listed(self.code, "commission"):
            super().commission(money)
            return
        with_backers = money + (_PLENTY if self._has_backers() else 0)
        if self._must_bargain() and not self._negotiate(with_backers):
            return
        projects, plan, fits = self._planned(with_backers)
        if not fits:
            if not self._negotiate(with_backers):
                return
            projects, plan, _ = self._planned(with_backers)
        self.buy_plan(plan, projects, money)

    def _planned(self, money):
        """What a sum may buy for those bound by the standing terms, and whether these still suit them all."""
        table, projects = self._table(self._present(), money)
        members = tuple(range(len(table.parties)))
        plan = drawn_up(table, members)
        return projects, plan, not plan.order or holds(table, members, self.agreement, plan)

    def _has_backers(self):
        """Whether others pay for what own money does not cover."""
        return not self.model.funding.is_equal and any(source.back for source in self.model.rules.up_front)

    def _present(self):
        """Those who are bound by the standing terms."""
        return [self.signatories[code] for code in self.agreement.parties]

    def buy(self, project, backing, fee):
        """Sign a contract, and with it the terms on which parties pay for its results."""
        committed = super().buy(project, backing, fee)
        contract = self.model.contracts.running[-1]
        contract.terms = self._signed(contract, project, fee)
        for code in contract.terms.expected:
            self.tabs.setdefault(code, Tab()).sign(contract.terms, code)
        return committed

    def _signed(self, contract, project, fee):
        """The standing terms as they are for a cohort."""
        cost = contract.cost_pence + fee + self.cost_here("evaluation_cost")
        if self.agreement is None:
            return Signed(1, {}, {}, cost)
        years, rates, expected = self.agreement.years, {}, {}
        for item in self._present():
            share = self.agreement.shares[item.code]
            rates[item.code] = share * self.unit(item, contract.programme)
            billable = self.stake(item, project.programme, years)[1][years - 1]
            expected[item.code] = max(0, round(share * billable * contract.families))
        terms = self.agreement.terms
        return Signed(years, rates, expected, cost, terms.cap, terms.true_up)

    # Being paid

    def collect(self, findings):
        """Each party pays for what is measured of all cohorts it has signed for, net, with what was carried forward."""
        model, signed, get = self.model, self.model.contracts.signed, self.model.arrangement.get
        saved, billed, deemed, self.measured = {}, {}, {}, bool(findings)
        for finding in findings:
            contract = signed[finding.cohort.key]
            if contract.terms and model.calendar.year <= contract.year + contract.terms.years:
                for code in contract.terms.expected:
                    pence = contract.terms.billed(code, finding, get("deemed_share"))
                    self.tabs[code].add(contract.year, pence, contract.terms.true_up)
                    deemed[code] = deemed.get(code, 0.0) + pence * (not finding.estimate)
                    billed[contract.key] = billed.get(contract.key, 0.0) + max(0.0, pence)
            saved[contract.programme] = saved.get(contract.programme, 0.0) + finding.saved
        self.invoices = {}
        for code, tab in self.tabs.items():
            self._settle(model.party(code), tab)
        self._enter_receipts(billed)
        self._take_stock(saved, deemed)

    def _enter_receipts(self, billed):
        """What was paid is entered by what each cohort came to, arrears by what cohorts last came to."""
        self._billed = billed if sum(billed.values()) > 0 else self._billed
        if self._billed:
            parts = split(sum(self.invoices.values()), list(self._billed.values()))
            for key, part in zip(self._billed, parts, strict=True):
                self.receipts[key] = self.receipts.get(key, 0) + part

    def _settle(self, party, tab):
        """Ask a party for what is due; one that is short a second year disputes it first."""
        monitor = self.model.monitor
        tab.close_bill()
        due = tab.asked()
        listed = self.model.decisions.says(party.code, self.code, "refuse", "accept")
        if monitor and due > 0 and tab.short > 1 and listed is None and party in self.joined:
            tab.rule(due, monitor.arbitrate(self, party, due), self.model.calendar.year)
            due = tab.asked()
        self.invoices[party.code] = party.pay_for_outcome(self.account(), due)
        tab.settle(self.invoices[party.code])

    def _take_stock(self, saved, deemed):
        """What the year's benefit was worth to each party, and what budgets say of it; what is deemed is worth what it costs."""
        relevant = sum(
            (pence * self.model.relief.paid_for(name) for name, pence in saved.items()),
            np.zeros(len(self.model.lines)),
        )
        gained = {code: self.signatories[code].gained(relevant) + deemed.get(code, 0.0) for code in self.tabs}
        for code, tab in self.tabs.items():
            tab.close_year(gained[code])
        self.gained = sum(gained.values())
        for item in self.signatories.values():
            item.learn(relevant)

    def share_surplus(self):
        """Part of what another year like this one would leave pays capital back, and after that is shared out.

        What is left of the year's surplus is kept to reinvest.
        """
        spent = self.spent_this_year()
        surplus, free = max(0, sum(self.invoices.values()) - spent), max(0, self.spendable() - spent)
        part = round(free * (1 - self.model.dials["list.reinvested_share"])) if self.funds.capital else 0
        self.share_out(part)
        self.kept_to_reinvest = max(0, surplus - part)
        if self.kept_to_reinvest:
            self.note(self.code, "reinvest", self.kept_to_reinvest, "", f"of a surplus of {surplus}")

    def share_out(self, pence):
        """Members get a sum: capital back first, by what each is still owed of it, and of the rest a part by what it put in."""
        owed = {code: pence - self.repaid.get(code, 0) for code, pence in self.funds.capital.items()}
        back = min(pence, sum(owed.values()))
        if back:
            for code, part in zip(owed, split(back, list(owed.values())), strict=True):
                self.pay(self.model.party(code).account("prevention"), part, "capital_repayment")
                self.repaid[code] = self.repaid.get(code, 0) + part
            self.note(self.code, "repay", back, "", f"{sum(owed.values()) - back} of capital to come")
        if pence > back and owed:
            super().share_out(pence - back)
            self.note(self.code, "distribute", pence - back, "", "by capital put in")

    def at_risk(self):
        """See :meth:`ListTrust.at_risk`: less what has been paid back."""
        return super().at_risk() - sum(self.repaid.values())

    # The year end

    def relate(self):
        """Trust follows capital; who is short asks for new terms, disputes, gives notice; it waits, or is wound up."""
        self.completed = []
        if self.founded is None or not self.alive:
            return
        role = self.role()
        self.grow_daring()
        self._trust()
        self._keep_record()
        if self.role() > role:
            self.note(self.code, "widen_role", self.role(), "", "by its record")
        self._part()
        year = self.model.calendar.year
        mine = [item for item in self.model.contracts.of(self.code) if item.terms]
        self.completed = [
            (item.key, self.receipts.get(item.key, 0), item.terms.cost)
            for item in mine
            if item.year + item.terms.years == year
        ]
        outstanding = any(item.year + item.terms.years > year for item in mine)
        bought = any(contract.body == self.code for contract in self.model.contracts.running)
        self._wait_or_wake(bought)
        self.idle_years = 0 if bought or outstanding or self.agreement is not None else self.idle_years + 1
        idle = self.idle_years >= self.model.arrangement.get("idle_years")
        spent = not bought and not outstanding and self._is_spent()
        if idle or spent:
            self.wind_up("its money is spent" if spent else "no parties who would sign")

    def _trust(self):
        """Trust rises or falls by how far what it holds and is still owed covers the capital that is not back yet."""
        at_risk = self.at_risk()
        if at_risk <= 0:
            return
        owed, year = 0.0, self.model.calendar.year
        for contract in self.model.contracts.of(self.code):
            if contract.terms:
                left = max(0, min(1.0, (contract.year + contract.terms.years - year) / contract.terms.years))
                owed += left * sum(contract.terms.expected.values())
        covered = (max(0, self.balance()) + owed) / at_risk
        step = self.model.arrangement.get("trust_step") * float(np.clip(covered - 1, -1, 1))
        for member in self.joined:
            member.trust = float(np.clip(member.trust + step, 0, 1))

    def _keep_record(self):
        """A good year is one in which what was measured is worth what was paid, to all who sign and have signed together."""
        paid = sum(self.invoices.values())
        if paid:
            self.record = max(0, self.record + (1 if self.gained >= paid else -1))

    def _part(self):
        """A party that is short asks for new terms; one that stays short through a dispute gives notice, unless a list decides."""
        says, staying, has_monitor = self.model.decisions.says, [], self.model.monitor is not None
        for member in self.joined:
            tab, listed = self.tabs.get(member.code, Tab()), says(member.code, self.code, "leave", "join")
            why = "listed" if listed and listed.kind == "leave" else ""
            if not listed and tab.short > 1 + has_monitor:
                why = f"short for {tab.short} years"
            elif not listed and member.trust < self.model.arrangement.get("trust_to_stay"):
                why = "its capital is not covered"
            if why:
                self.give_notice(member, why)
            else:
                staying.append(member)
            self.is_reopened |= bool(why) or tab.short == 1
        self.joined = staying

    def _wait_or_wake(self, bought):
        """It is dormant in a year without a purchase, and woken by the next."""
        if bought == self.is_dormant:
            self.is_dormant = not bought
            kind = "dormant" if self.is_dormant else "wake"
            self.note(self.code, kind, "yes", "", f"{max(0, self.balance())} in hand")

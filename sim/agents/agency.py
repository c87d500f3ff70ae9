"""A public body of the place: it pays for services, decides their size, and may commission prevention."""

from collections import Counter

import numpy as np

from sim.agents import by_list, cuts, deficits
from sim.agents.income import LOCAL_TAX, Income
from sim.agents.party import Commissioner
from sim.agents.spending_plan import SpendingPlan
from sim.core.by_year import compounded
from sim.core.calendar import QUARTERS
from sim.core.ledger import OUTSIDE, equal_part
from sim.core.streams import uniform
from sim.place import year_end


class Agency(Commissioner):
    """Runs services from three purses (service, prevention, reserve); decides their size, cuts, programmes, joining, paying.

    Attributes
    ----------
    own_lines : int64
        Service lines it runs out of its own budget; those the centre pays at cost are in `demand_led`.
    paid_lines : int64
        Those that it pays for, in full or in part, whoever runs them.
    whole_pence : int
        Its whole budget at the start, of which services of the model are a part.
    income : Income
    plan : SpendingPlan
        Of the lines it pays for, other services, and prevention.
    budget_pence, other_pence, discretionary_pence : int
        This year's budget of lines it pays for, of services outside the model, and of prevention.
    baseline : int64 (lines,)
        What it is expected to pay for each line a year at the start, against which cash is agreed.
    places_agreed : dict of int to int
        Pence a year of its part of the places decided on, by quarter.
    trust : float
        Trust in its partners, 0 to 1.
    agreed_together : int64 (lines,)
        Pence by which the last review cut budgets of its lines for what working as one with others saves.
    cash_this_year : int
        Underspend of its own lines in the year just closed, before anything was done with it.
    to_recover : int
        Support that its department has yet to take back.
    section_114 : int
        The last year with a section 114 report; 0 without one.
    noted : Counter of str
        What the year brought of cuts, reports and support, by measure.
    cash_belief : float
        Believed share of service use avoided that becomes cash.
    """

    purse, keeps = "prevention", "reserve"

    def __init__(self, model, spec, expected):
        super().__init__(model, spec.id)
        self.spec = spec
        self.number = model.index["agencies"][spec.id]
        mine = np.nonzero(model.lines.agency == self.number)[0]
        self.own_lines = mine[~model.lines.demand_led[mine]]
        self.demand_led = mine[model.lines.demand_led[mine]]
        pays = (model.payers.weights[self.number] > 0) | (model.lines.agency == self.number)
        self.paid_lines = np.nonzero(pays & ~model.lines.demand_led)[0]
        self.baseline = np.where(model.lines.agency == self.number, expected, 0) + model.outturn.recharged_in_base_year(
            self.number
        )
        self.budget_pence = int(self.baseline[self.paid_lines].sum())
        self._draw_up_first_plan(model, self.budget_pence - int(expected[self.own_lines].sum()))
        self.trust = self._value("trust")
        self.cash_belief = self._value("cashability_belief")
        self.outcome_weight = self._value("outcome_weight")
        self.need_weight, self.in_year_share = self._value("need_weight"), self._value("in_year_share")
        self.agreed_together = np.zeros(len(self.paid_lines), np.int64)
        self.to_recover = self.cash_this_year = self.section_114 = self.stopped_pence = 0
        self.noted, self.places_agreed = Counter(), {}

    def _draw_up_first_plan(self, model, moved):
        """Its whole budget in balance: what comes in and what it goes to.

        Who pays for lines moves budgets by `moved`, and leaves other services and money for prevention where they were.
        """
        whole = round(self._value("budget_per_head") * 100 * model.place.get("place.population") * model.scale)
        free = round(whole * self._value("discretionary_share") * self._value("prevention_share"))
        duties = round(whole * self._value("statutory_share")) + moved
        self.whole_pence = max(whole + moved, self.budget_pence)
        self.discretionary_pence = min(free, self.whole_pence - self.budget_pence)
        modelled = self.budget_pence / self.whole_pence if self.whole_pence else 0.0
        self.income = Income(
            self.whole_pence, self._value("ring_fenced_share"), self._value("local_tax_share"), modelled, moved
        )
        rationed = ~model.lines.open_door[self.paid_lines]
        places = model.services.places[self.paid_lines]
        expected = self.baseline[self.paid_lines]
        self.plan = SpendingPlan(rationed, expected, places, self.whole_pence, duties, self.discretionary_pence)
        self.other_pence = self.plan.other

    @property
    def funding(self):
        """Its funding rule: the place's, unless the arrangement changes it."""
        return self.model.arrangement.funding.get(self.code, self.spec.funding)

    @property
    def department(self):
        """Its parent."""
        return self.model.party(self.spec.department)

    def _value(self, name):
        return self.model.place.get(f"agencies.{self.code}.{name}")

    def members(self):
        """Itself."""
        return [self]

    def claim(self):
        """Envelopes are shared as free money is held: by what each agency has at its discretion."""
        return max(1, self.discretionary_pence)

    def is_open(self):
        """An agency can always decide for itself."""
        return True

    def has_services(self):
        """Whether it pays for any service out of its own budget."""
        return len(self.paid_lines) > 0

    @property
    def prices(self):
        """What it pays for each line, as a price list."""
        return self.model.payers.price_lists(self.model.services.prices).of(self.number)

    def part_of(self, by_line, centre=False):
        """Its part of a benefit at average cost by line, float (lines,): of each line what it pays of it.

        What the centre pays at cost through it counts only where `centre` is true.
        """
        lines = np.concatenate([self.paid_lines, self.demand_led]) if centre else self.paid_lines
        return float((by_line * self.model.payers.weights[self.number])[lines].sum())

    def opening_reserve(self):
        """Pence of reserve at the start."""
        return round(self.whole_pence * self._value("opening_reserve_share"))

    # Money through the year

    def open_year(self):
        """Its own tax comes in, support is repaid, and the year's money for prevention is set aside."""
        self.model.ledger.transfer(OUTSIDE, self.account("service"), self.income.now[LOCAL_TAX], "local_tax")
        self.to_recover -= self.department.recover(self, min(self.to_recover, max(0, self.balance("service"))))
        self.model.ledger.transfer(
            self.account("service"), self.account("prevention"), self.discretionary_pence, "internal"
        )
        self.noted, self.stopped_pence = Counter(), 0

    def pay_services(self, spending):
        """Pay a quarter's bills and other services; what the centre funds at cost is drawn from the parent first.

        Parameters
        ----------
        spending : int64 (lines,)
        """
        for line in self.demand_led:
            self.department.fund_at_cost(self, int(spending[line]))
            self.pay(OUTSIDE, int(spending[line]), "service", "service")
        for line in self.own_lines:
            self.pay(OUTSIDE, int(spending[line]), "service", "service")
        quarter = self.model.calendar.quarter_of_year
        stopped = self.stopped_pence if quarter == QUARTERS - 1 else 0
        self.pay(OUTSIDE, equal_part(self.other_pence, QUARTERS, quarter) - stopped, "other_services", "service")

    def pay_others(self, quarter):
        """Pay those who run lines that it is charged for or pays a share of, and what is done in place of a service."""
        outturn = self.model.outturn
        for line in np.nonzero(outturn.recharged[quarter][self.number] > 0)[0]:
            other = self.model.agencies[self.model.lines.agency[line]]
            self.pay(other.account("service"), int(outturn.recharged[quarter][self.number, line]), "charge", "service")
        self.pay(OUTSIDE, int(outturn.diversion[quarter][self.number].sum()), "diversion", "service")

    def spent(self, quarters):
        """Pence it paid for services in some quarters: bills of own lines and charges of others, less what others paid it."""
        outturn = self.model.outturn
        return outturn.spent(self.own_lines, quarters) + outturn.paid_to_others(self.number, self.paid_lines, quarters)

    def outturn(self):
        """Pence that each line it pays for would have cost it this year without working as one: int64 (lines,)."""
        paid = self.model.outturn.paid_by(self.number, self.model.calendar.quarters_of_year())
        return paid[self.paid_lines] + self._together()

    def _together(self):
        """Pence that working as one saved this year, by line it pays for, on those it runs: int64 (lines,)."""
        outturn, quarters = self.model.outturn, self.model.calendar.quarters_of_year()
        own = np.isin(self.paid_lines, self.own_lines)
        return np.where(own, sum(outturn.saved_by_line(quarter) for quarter in quarters)[self.paid_lines], 0)

    def saved_together(self, quarters):
        """Pence by which bills of some quarters were smaller because members of a body work as one."""
        return self.model.outturn.saved_together(self.own_lines, quarters)

    def forecast_and_cut(self, quarter):
        """In the third quarter: if the outturn will exceed budget and reserve, cut what is not statutory, prevention first."""
        so_far = self.spent(range(quarter - 2, quarter + 1))
        cuts.in_year(self, so_far * QUARTERS // 3 - self.budget_pence)

    def report_section_114(self, gap):
        """Report that spending will exceed resources: next year has no new discretionary spending and no new prevention."""
        if self.section_114 != self.model.calendar.year:
            self.section_114 = self.model.calendar.year
            self.noted["section_114_reports"] += 1
            self.model.decisions.taken(self.code, "section_114", gap, "deficit", "new spending that is no duty stops")

    def contribute(self, body, share):
        """Pay a share of the year's discretionary money to a joint body; what was paid."""
        pence = min(round(self.discretionary_pence * share), max(0, self.balance("prevention")))
        self.pay(body.account(body.purse), pence, "contribution", "prevention")
        return pence

    def pay_due(self, account, due):
        """Pay an account for measured benefit: from the year's underspend if it may, discretionary money, then reserve.

        Returns
        -------
        int
            Pence paid; less than due when the money is not there.
        """
        left = due
        first = ("service",) if self.model.dials["agencies.outcome_payments"] == "before_claw_back" else ()
        for purse in (*first, "prevention", "reserve"):
            part = min(left, max(0, self.balance(purse)))
            self.pay(account, part, "outcome_payment", purse)
            left -= part
        return due - left

    def paid_for_outcomes(self):
        """Pence it paid for outcomes this year."""
        paid, quarters = self.model.ledger.paid, self.model.calendar.quarters_of_year()
        purses = ("service", "prevention", "reserve")
        return sum(paid(self.account(purse), "outcome_payment", quarters=quarters) for purse in purses)

    def cash_seen(self, lines=None):
        """By how much services cost it less this year than at the start, in constant prices, whatever the budget is now.

        Parameters
        ----------
        lines : bool (lines,), optional
            Budget lines that are looked at; all that it pays for by default.
        """
        own, paid = (some if lines is None else some[lines[some]] for some in (self.own_lines, self.paid_lines))
        outturn, quarters = self.model.outturn, self.model.calendar.quarters_of_year()
        spent = outturn.spent(own, quarters) + outturn.paid_to_others(self.number, paid, quarters)
        trend = compounded(self.model.dials["families.demand_growth"], self.model.calendar.year - 1)
        return round(int(self.baseline[paid].sum()) * trend) - spent

    def underspend(self):
        """What this year's services cost it less than this year's budget: the cash a treasurer can spend."""
        return self.budget_pence - self.spent(self.model.calendar.quarters_of_year())

    # The year end

    def learn_cashability(self, saved):
        """Move the belief in cashability towards the year's underspend over the benefit measured.

        Parameters
        ----------
        saved : float (lines,)
            Case-quarters measured as saved this year.
        """
        measured = self.part_of(saved * self.model.services.prices.average)
        if measured > 0:
            seen = min(1.0, max(0.0, self.underspend() / measured))
            self.cash_belief += self._value("cashability_learning") * (seen - self.cash_belief)

    def believed_cash_share(self):
        """Believed share of its benefit that becomes its own cash."""
        return self.cash_belief

    @property
    def pound(self):
        """What a pound of benefit is worth to it: believed cash, and its weight on the rest."""
        return self.believed_cash_share() + self.outcome_weight * (1 - self.believed_cash_share())

    def close_year(self):
        """Year end: cover a deficit, or return, keep and reinvest an underspend; then spend what is left over.

        A deficit is met from reserve, then discretionary money, then what joint bodies it hosts hold, once what is left of
        a ring-fenced sum has gone back to the centre; what then remains goes by its own rule. An underspend is kept or
        returned by the agency's own rule.
        """
        self.cash_this_year = self.underspend()
        if self.funds.ring_fenced:
            self._hand_back(min(self.funds.earmarked, max(0, self.balance("prevention"))))
        cuts.cover(self)
        if self.balance("service") < 0:
            deficits.CHOICES[self.spec.deficit](self, -self.balance("service"))
        self.pay(OUTSIDE, max(0, self.balance("prevention")), "other_services", "prevention")
        under = max(0, self.balance("service"))
        kept = round(under * year_end.CHOICES[self.spec.year_end](self.model.dials))
        self.department.claw_back(self, under - kept)
        again = round(kept * self._value("reinvested_share"))
        self.model.ledger.transfer(self.account("service"), self.account("prevention"), again, "internal")
        self.model.ledger.transfer(self.account("service"), self.account("reserve"), kept - again, "internal")

    def plan_year(self, review):
        """Next year's budget, within its income; rationed services shrink with theirs.

        Parameters
        ----------
        review : bool
            Whether a spending review ends with this year.
        """
        owed = self.to_recover + max(0, -self.balance("service"))
        may_choose = self.section_114 != self.model.calendar.year
        if review:
            self.agreed_together = np.where(self.plan.rationed, 0, self._together())
        short = self.plan.draw_up(self.income.total, owed, self.outturn(), self.agreed_together, review, may_choose)
        self.budget_pence, self.other_pence = self.plan.lines, self.plan.other
        self.discretionary_pence = self.plan.discretionary
        cuts.note_plan(self, short)
        cuts.fit_places(self, self.model.calendar.quarter)

    def resize(self, quarter):
        """Decide the size of each line it runs: let lower need in, close what stands empty, open where demand presses.

        Places open as far as all who pay for the line have money for their part of them.
        """
        for line in self.own_lines:
            payers = self.model.payers_of_places(line)
            slack = min(int(payer.slack(quarter) / share) for payer, share in payers)
            plan = by_list.size(self, line, quarter, cuts.slack(self, line, slack), self.plan.pressure)
            cost = self.model.services.carry_out(line, quarter, plan)
            for payer, share in payers:
                payer.places_agreed[quarter] = payer.places_agreed.get(quarter, 0) + round(cost * share)

    def slack(self, quarter):
        """Pence of its budget that a year as this quarter, with the places agreed in it, leaves for more of them.

        What working as one with others saves is no reason to open places: budget and bills are taken as without it.
        """
        budget, bills = (
            self.budget_pence + int(self.agreed_together.sum()),
            self.spent([quarter]) + self.saved_together([quarter]),
        )
        return budget - QUARTERS * bills - self.places_agreed.get(quarter, 0)

    def drift(self, line):
        """Readiness to lower a line's threshold when places stay empty: nothing but professional judgement allows it."""
        judged = self.model.lines.gate[line] == "judgement"
        return self.model.dials["services.threshold_drift"] if judged and not self.holds(line) else 0.0

    def practice(self, line, pressure):
        """Share of a duty line's demand by which its practice moves at a year end, below 0 towards strictness.

        Parameters
        ----------
        line : int
        pressure : float
            Share of its whole budget by which what it may choose to spend falls; below 0 there is more of it.
        """
        model = self.model
        if not model.lines.by_practice[line] or self.holds(line) or not model.calendar.is_year_end:
            return 0.0
        draw = uniform(model.seed, "practice", model.lines.ids[line], model.calendar.year)
        by_itself = model.dials["services.practice_drift"] * (2 * draw - 1)
        return by_itself - model.dials["services.practice_pressure"] * pressure

    def holds(self, line):
        """Whether it holds a line's threshold, as part of the arrangement."""
        return self._manages("backfill_control", line)

    def willingness(self, line):
        """Willingness to close what stands empty on a line."""
        planned = self._manages("benefits_realisation", line)
        return 1.0 if planned else self.model.dials["agencies.decommissioning"]

    # Inside

    def _hand_back(self, pence):
        """What it has not spent of a ring-fenced sum goes back to the centre, which surrenders it."""
        if pence:
            centre = self.model.centre()
            self.pay(centre.code, pence, "distribution", self.purse)
            centre.surrender(pence)

    def _manages(self, part, line):
        """Whether a part of the arrangement manages a line: one that its programmes are meant to relieve."""
        arrangement = self.model.arrangement
        mine = [name for name in self.model.catalogue if arrangement.is_for(name)]
        return arrangement.has(part) and self.model.relief.lines(*mine)[line]

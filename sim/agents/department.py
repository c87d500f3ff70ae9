"""A department: parent of agencies, with the Treasury above it."""

from sim.agents.income import GRANTS
from sim.agents.party import Party
from sim.core.by_year import added, compounded
from sim.core.ledger import TREASURY


class Department(Party):
    """Sets its agencies' budgets and takes back what they may not keep.

    Attributes
    ----------
    growth : float or tuple of float
        Real growth a year of what it pays; by year where the future has a path.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        own = f"departments.{code}.real_growth"
        self.growth = added(model.dials["departments.real_growth"], model.dials.get(own, model.place.get(own)))

    def agencies(self):
        """The agencies whose parent it is."""
        return [agency for agency in self.model.agencies if agency.spec.department == self.code]

    def fund_agencies(self):
        """The year's money arrives: the Treasury votes grants, and they are passed on."""
        for agency in self.agencies():
            for kind in GRANTS:
                self._pass_on(agency, agency.income.now[kind], kind, "service")
            agency.open_year()

    def fund_at_cost(self, agency, pence):
        """Pay for what the centre funds at cost."""
        self._pass_on(agency, pence, "benefit_funding", "service")

    def support(self, agency, pence):
        """Cover a deficit that nothing else can."""
        self._pass_on(agency, pence, "exceptional_support", "service")

    def recover(self, agency, pence):
        """Take support back and surrender it; what was taken."""
        agency.pay(self.code, pence, "support_repaid", "service")
        self.surrender(pence)
        return pence

    def claw_back(self, agency, pence):
        """Take an underspend back and surrender it."""
        self.model.ledger.transfer(agency.account("service"), self.code, pence, "claw_back")
        self.surrender(pence)

    def surrender(self, pence):
        """Give the Treasury back what it voted."""
        self.pay(TREASURY, pence, "surrender")

    def set_budgets(self):
        """Its agencies' income and budgets for next year."""
        for agency in self.agencies():
            self.set_income(agency, self.model.calendar.year)
            agency.plan_year(self.is_review(self.model.calendar.year))

    def is_review(self, year):
        """Whether a spending review ends with a year."""
        return year > 0 and year % int(self.model.dials["departments.review_years"]) == 0

    def set_income(self, agency, year):
        """An agency's income for the year after `year`: a real-terms path, and what its funding rule says of the grant.

        A limit loses at a spending review what it was not needed for, but for outcome payments of the year where an
        arrangement has these left in it. A formula goes at a review by known need, and
        pay by workload every year by last year's caseload, so an agency that reduces either loses income. Nothing
        grows because money was overspent.
        """
        outturn, lines = self.model.outturn, agency.paid_lines
        if agency.funding == "workload":
            agency.income.index = outturn.workload(lines)
        elif self.is_review(year) and agency.funding == "formula":
            trend = compounded(self.model.dials["families.demand_growth"], year)
            agency.income.index = 1 + agency.need_weight * (outturn.known_need(lines) / trend - 1)
        elif self.is_review(year):
            left = agency.paid_for_outcomes() if self.model.arrangement.optional("payments_left") else 0
            agency.income.take(agency.spent(self.model.calendar.quarters_of_year()) + left)
            agency.plan.rebase(agency.outturn())
        agency.income.follow(year, self.growth, self.model.dials["agencies.local_tax_growth"])

    def _pass_on(self, agency, pence, purpose, purse):
        self.model.ledger.transfer(TREASURY, self.code, pence, "vote")
        self.pay(agency.account(purse), pence, purpose)

    def pay_due(self, account, due):
        """The centre pays for an outcome; the Treasury votes what it takes."""
        self.model.ledger.transfer(TREASURY, self.code, due, "vote")
        self.pay(account, due, "outcome_payment")
        return due

    def set_aside(self, account, pence):
        """Hold money that the Treasury votes now for outcomes of later years."""
        self.model.ledger.transfer(TREASURY, account, pence, "vote")

    def pay_grant(self, account, pence):
        """The centre pays towards a programme; the Treasury votes it."""
        self.model.ledger.transfer(TREASURY, self.code, pence, "vote")
        self.pay(account, pence, "contribution")

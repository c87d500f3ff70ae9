"""A department: parent of agencies, with the Treasury above it."""

from sim.agents.party import Party
from sim.core.by_year import added, compounded, in_year
from sim.core.ledger import TREASURY


class Department(Party):
    """Sets its agencies' budgets and takes back what they may not keep.

    Attributes
    ----------
    growth : float or tuple of float
        Real growth of its budgets a year, beyond the trend of need; by year where the future has a path.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        own = f"departments.{code}.real_growth"
        self.growth = added(model.dials["departments.real_growth"], model.dials.get(own, model.place.get(own)))

    def agencies(self):
        """The agencies whose parent it is."""
        return [agency for agency in self.model.agencies if agency.spec.department == self.code]

    def fund_agencies(self):
        """The year's money arrives: the Treasury votes it, and it is passed on."""
        for agency in self.agencies():
            held_back = min(agency.to_recover, agency.discretionary_pence)
            self._pass_on(agency, agency.budget_pence, "grant", "service")
            self._pass_on(agency, agency.discretionary_pence - held_back, "discretionary_grant", "prevention")

    def fund_at_cost(self, agency, pence):
        """Pay for what the centre funds at cost."""
        self._pass_on(agency, pence, "benefit_funding", "service")

    def support(self, agency, pence):
        """Cover a deficit that nothing else can."""
        self._pass_on(agency, pence, "emergency_support", "service")

    def claw_back(self, agency, pence):
        """Take an underspend back and surrender it."""
        self.model.ledger.transfer(agency.account("service"), self.code, pence, "claw_back")
        self.surrender(pence)

    def surrender(self, pence):
        """Give the Treasury back what it voted."""
        self.pay(TREASURY, pence, "surrender")

    def set_budgets(self):
        """Its agencies' budgets for next year."""
        for agency in self.agencies():
            self.set_budget(agency, self.model.calendar.year)

    def set_budget(self, agency, year):
        """An agency's service budget for the year after `year`.

        Historic budgets follow a real-terms path with the trend of need and are rebased on outturn at each spending
        review. Workload budgets follow last year's caseload, so an agency that reduces its caseload loses income.
        """
        trend = in_year(self.model.dials["families.demand_growth"], year)
        path = (1 + in_year(self.growth, year)) * (1 + trend)
        if agency.funding == "workload":
            workload = self.model.outturn.workload(agency.own_lines)
            agency.budget_pence = round(agency.opening_budget * workload * compounded(self.growth, year))
        elif year > 0 and year % int(self.model.dials["departments.review_years"]) == 0:
            quarters = self.model.calendar.quarters_of_year()
            self._rebase(agency, agency.spent(quarters), agency.saved_together(quarters), path)
        else:
            self._rebase(agency, agency.budget_pence, agency.rebased_away, path)
        agency.discretionary_pence = round(agency.discretionary_pence * path)

    def _rebase(self, agency, pence, saved, path):
        """A budget on its path, with what it would be without what working as one with others saves."""
        agency.budget_pence = round(pence * path)
        agency.rebased_away = round((pence + saved) * path) - agency.budget_pence

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

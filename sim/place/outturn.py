"""What services cost and were used, quarter by quarter."""

import numpy as np

from sim.core.calendar import QUARTERS
from sim.place.services import pick, served_cases


class Outturn:
    """Bills and use of every service line, as accounts and returns show them.

    Parameters
    ----------
    services : Services
    calendar : Calendar

    Attributes
    ----------
    spending : dict of int to int64 (lines,)
        Pence billed, by quarter; those before the first decision included.
    duplication : dict of int to int64 (lines,)
        Pence by which bills of a quarter are smaller because bodies work as one.
    first_use : float (lines,)
        Use in the base year, in pence at average cost.
    """

    def __init__(self, services, calendar):
        self.services, self.calendar = services, calendar
        self.spending = {quarter: services.prices.spending(counts) for quarter, counts in services.counts.items()}
        self.duplication = {}
        self.first_use = self.use(range(1 - QUARTERS, 1))

    def bill(self, duplication=None):
        """Take down this quarter's bills, and return them: int64 (lines,) pence."""
        quarter = self.calendar.quarter
        bills = self.services.prices.spending(self.services.counts[quarter])
        if duplication is not None:
            self.duplication[quarter] = duplication
            bills = bills - duplication
        self.spending[quarter] = bills
        return bills

    def spent(self, lines, quarters):
        """Pence spent on some lines in some quarters."""
        return int(sum(self.spending[quarter][lines].sum() for quarter in quarters))

    def saved_together(self, lines, quarters):
        """Pence by which bills of some lines and quarters were smaller because bodies work as one."""
        return sum(int(self.duplication[quarter][lines].sum()) for quarter in quarters if quarter in self.duplication)

    def use(self, quarters):
        """Use of each line in some quarters, in pence at average cost: float (lines,)."""
        served = np.zeros(len(self.services.lines))
        for quarter in quarters:
            served = served + served_cases(self.services.counts[quarter])
        return served * self.services.prices.average

    def use_this_year(self):
        """Use of each line this year up to now, in pence at average cost."""
        return self.use(self.calendar.quarters_of_year())

    def workload(self, lines):
        """Caseload of some lines this year over that of the base year, at average cost."""
        now, first = self.use_this_year()[lines].sum(), self.first_use[lines].sum()
        return float(now / first) if first else 1.0

    def known_need(self, lines):
        """Known eligible need of some lines this year over that of the base year, at average cost."""
        now, first = (
            self._needed(lines, quarters) for quarters in (self.calendar.quarters_of_year(), range(1 - QUARTERS, 1))
        )
        return now / first if first else 1.0

    def _needed(self, lines, quarters):
        need = sum(pick(self.services.counts[quarter], "demand") for quarter in quarters)
        return float((need * self.services.prices.average)[lines].sum())

    def base(self, lines):
        """Use of some lines in the base year, in pence at average cost."""
        return float(self.first_use[lines].sum())

    def fall(self, lines):
        """By how much use of some lines is less this year than in the base year."""
        return self.base(lines) - float(self.use_this_year()[lines].sum())

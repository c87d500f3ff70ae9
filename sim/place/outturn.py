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
    payers : Payers

    Attributes
    ----------
    spending : dict of int to int64 (lines,)
        Pence billed, by quarter; those before the first decision included.
    recharged : dict of int to int64 (agencies, lines)
        Pence that agencies pay who runs a line, by quarter; below nought for what that one is paid.
    diversion : dict of int to int64 (agencies, lines)
        Pence that agencies pay for what is done in place of a service, by quarter.
    duplication : dict of int to int64 (lines,)
        Pence by which bills of a quarter are smaller because bodies work as one.
    first_use : float (lines,)
        Use in the base year, in pence at average cost.
    """

    def __init__(self, services, calendar, payers):
        self.services, self.calendar, self.payers = services, calendar, payers
        self.spending, self.recharged, self.diversion = {}, {}, {}
        for quarter in services.counts:
            self._take_down(quarter)
        self.duplication = {}
        self.first_use = self.use(range(1 - QUARTERS, 1))

    def bill(self, duplication=None):
        """Take down this quarter's bills, and return them: int64 (lines,) pence."""
        quarter = self.calendar.quarter
        self._take_down(quarter)
        if duplication is not None:
            self.duplication[quarter] = duplication
            self.spending[quarter] = self.spending[quarter] - duplication
        return self.spending[quarter]

    def _take_down(self, quarter):
        counts, prices = self.services.counts[quarter], self.services.prices
        self.spending[quarter] = prices.spending(counts)
        self.recharged[quarter] = self.payers.recharges(counts, prices)
        self.diversion[quarter] = self.payers.diversion_cost(counts, prices)

    def spent(self, lines, quarters):
        """Pence spent on some lines in some quarters."""
        return int(sum(self.spending[quarter][lines].sum() for quarter in quarters))

    def paid_to_others(self, agency, lines, quarters):
        """Pence that an agency paid in some quarters beside the bills of lines that it runs, less what others paid it.

        Parameters
        ----------
        agency : int
        lines : int64 or bool (lines,)
            Lines that are looked at.
        quarters : iterable of int
        """
        tables = [
            table[quarter] for quarter in quarters for table in (self.recharged, self.diversion) if quarter in table
        ]
        return int(sum(table[agency, lines].sum() for table in tables))

    def paid_by(self, agency, quarters):
        """What an agency paid in some quarters for each line, charges and what is done in its place included: int64 (lines,)."""
        paid = np.zeros(len(self.services.lines), np.int64)
        for quarter in quarters:
            paid += np.where(self.payers.runs[agency], self.spending[quarter], 0)
            paid += sum(table[quarter][agency] for table in (self.recharged, self.diversion) if quarter in table)
        return paid

    def saved_by_line(self, quarter):
        """Pence by which bills of a quarter were smaller because bodies work as one: int64 (lines,)."""
        return self.duplication.get(quarter, np.zeros(len(self.services.lines), np.int64))

    def recharged_in_base_year(self, agency):
        """What an agency paid others who run lines in the base year, less what others paid it: int64 (lines,)."""
        return sum(self.recharged[quarter][agency] for quarter in range(1 - QUARTERS, 1))

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

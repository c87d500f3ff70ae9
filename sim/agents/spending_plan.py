"""What a public body means to spend in a year: duties first, and what is left shared by what can be cut (6.6)."""

import numpy as np


class SpendingPlan:
    """A balanced budget of a whole body, of which the model's lines are a part.

    Parameters
    ----------
    rationed : bool (lines,)
        Of the lines it pays for, those with no entitlement.
    expected : int64 (lines,)
        Pence that they cost it a year at the start.
    places : int64 (lines,)
        Their places at the start.
    whole, statutory, discretionary : int
        Pence of its whole budget, of duties in it (its lines' included), and of discretionary money for prevention.

    Attributes
    ----------
    by_line : int64 (lines,)
        This year's budget of each of its lines.
    other, optional, duties : int
        This year's budget of services outside the model, the part of it that is no duty, and the part that is.
    discretionary : int
        This year's money for prevention.
    cut : dict of str to int
        Pence by which each is less than the year before, by measure.
    pressure : float
        Share of the whole by which what is no duty is less than the year before; below 0 it is more.
    """

    def __init__(self, rationed, expected, places, whole, statutory, discretionary):
        self.rationed, self.by_line = rationed, expected.copy()
        self._first, self._agreed, self._places = expected.copy(), expected.copy(), places.copy()
        rest = whole - int(expected.sum()) - discretionary
        self.duties = min(rest, max(0, statutory - int(expected[~rationed].sum())))
        self.other, self.optional, self.discretionary = rest, rest - self.duties, discretionary
        self._usual = {"optional": self.optional, "discretionary": discretionary, "lines": expected[rationed].copy()}
        self.cut, self.pressure = {}, 0.0

    @property
    def lines(self):
        """Pence for all its lines."""
        return int(self.by_line.sum())

    def rebase(self, outturn):
        """A review takes for granted what rationed lines were not spent on; nothing grows by it.

        Parameters
        ----------
        outturn : int64 (lines,)
        """
        budget, spent = self.by_line[self.rationed], outturn[self.rationed]
        kept = np.divide(np.minimum(budget, spent), budget, out=np.ones(len(budget)), where=budget > 0)
        self._usual["lines"] = np.rint(self._usual["lines"] * kept).astype(np.int64)

    def draw_up(self, income, owed, outturn, together, review, may_choose=True):
        """Next year's budget: duties at what they cost, debts, and the rest in equal proportion.

        Parameters
        ----------
        income, owed : int
            Pence coming in, and of it what repays a deficit.
        outturn : int64 (lines,)
            What its lines would have cost this year without what working as one with others saved.
        together : int64 (lines,)
            What that saved when budgets were last agreed.
        review : bool
            Whether budgets of lines with a duty are agreed anew; until the next one they have no less.
        may_choose : bool
            Whether there may be new discretionary spending.

        Returns
        -------
        int
            Pence by which duties and debts exceed income.
        """
        before, duty = self._can_be_cut(), ~self.rationed
        if review:
            self._agreed = outturn.copy()
        self.by_line[duty] = (np.maximum(self._agreed, outturn) - together)[duty]
        room = income - owed - int(self.by_line[duty].sum()) - self.duties
        usual = self._usual["optional"] + self._usual["discretionary"] + int(self._usual["lines"].sum())
        scale = max(0, room) / usual if usual else 0.0
        self.by_line[self.rationed] = np.rint(self._usual["lines"] * scale).astype(np.int64)
        self.discretionary = round(self._usual["discretionary"] * scale) if may_choose else 0
        self.optional = max(0, room - int(self.by_line[self.rationed].sum()) - self.discretionary)
        self.other = self.duties + self.optional
        after = self._can_be_cut()
        self.cut = {name: max(0, before[name] - pence) for name, pence in after.items()}
        self.pressure = (sum(before.values()) - sum(after.values())) / max(1, income)
        return max(0, -room)

    def _can_be_cut(self):
        lines = int(self.by_line[self.rationed].sum())
        return {"cut_lines": lines, "cut_other_services": self.optional, "cut_prevention": self.discretionary}

    def places(self, line):
        """Places that the budget of one of its lines pays for; None where it is not cut below its start."""
        if not self.rationed[line] or self.by_line[line] >= self._first[line]:
            return None
        return self._places[line] * self.by_line[line] / self._first[line]

"""What a party owes under terms it has signed: benefit measured, netted over all its cohorts, carried forward, capped."""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Signed:
    """Terms of a cohort, fixed when it is signed.

    Attributes
    ----------
    years : int
        Years after its own in which it is paid for.
    rates : dict of str to numpy.ndarray
        Pence by party for each case-quarter measured as saved, by line.
    expected : dict of str to int
        Pence that each party expects to pay for it in all.
    cost : int
        Pence that are to be earned back of it.
    most : float
        Most pence that each pays, as a multiple of what it expects.
    true_up : bool
        Whether what is measured below nought in a year is set against later bills.
    """

    years: int
    rates: dict
    expected: dict
    cost: int
    most: float = math.inf
    true_up: bool = True

    def billed(self, code, finding, deemed):
        """Pence that a year's finding of a cohort comes to for a party, below nought where use rose.

        A family on two schemes at once counts for one half. Where nothing could be estimated, a share of what was expected
        of the year is deemed to have come.
        """
        if not finding.estimate:
            return deemed * self.expected[code] / self.years
        return (1 - finding.shared / 2) * float(self.rates[code] @ finding.saved)


@dataclass
class Tab:
    """What one party owes a body.

    Attributes
    ----------
    most : float
        Pence that it pays at most for all it has signed.
    fresh : float
        Pence measured this year of what is not trued up.
    carried : float
        Pence measured and not asked for yet; below nought where it has paid for more than was measured since.
    paid : int
        Pence paid so far.
    last : int
        Of them, in the year before.
    ahead : float
        Pence by which what it gained exceeds what it paid, since it signed or since the last ruling.
    short : int
        Years in a row at whose end it had paid more than it had gained.
    cut : dict of int to float
        By year of signing, the part of what is measured that a ruling has left.
    """

    most: float = 0.0
    fresh: float = 0.0
    carried: float = 0.0
    paid: int = 0
    last: int = 0
    ahead: float = 0.0
    short: int = 0
    cut: dict = field(default_factory=dict)

    def sign(self, terms, code):
        """Take on terms of a cohort."""
        if terms.expected[code]:
            self.most += terms.most * terms.expected[code]

    def add(self, year, pence, true_up):
        """Enter what a cohort signed in a year comes to."""
        part = pence * self.cut.get(year, 1.0)
        if true_up:
            self.carried += part
        else:
            self.fresh += part

    def close_bill(self):
        """What is not trued up is netted within the year; below nought it is forgotten."""
        self.carried += max(0.0, self.fresh)
        self.fresh = 0.0

    def asked(self):
        """Pence asked for this year: what is carried, as far as all payments stay within the caps of what was signed."""
        return max(0, round(min(self.carried, self.most - self.paid)))

    def settle(self, paid):
        """Enter what was paid."""
        self.carried -= paid
        self.paid += paid
        self.last = paid

    def rule(self, claim, ruling, year):
        """A monitor's ruling cuts a claim: last year's payment is clawed back in proportion, and what was signed is rebased.

        Cut or not, what lies behind it is settled: it is counted afresh who is ahead.
        """
        kept = ruling / claim
        self.carried -= (claim - ruling) + (1 - kept) * self.last
        self.cut = {signed: self.cut.get(signed, 1.0) * kept for signed in range(1, year + 1)}
        self.ahead = 0.0

    def close_year(self, gained):
        """Enter what the year's benefit was worth, and count years in which it had paid more than it had gained."""
        self.ahead += gained - self.last
        self.short = self.short + 1 if self.ahead < 0 else 0

    def sign_again(self):
        """One that comes back begins afresh; what it has signed before runs on."""
        self.ahead, self.short = 0.0, 0

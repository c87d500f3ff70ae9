"""Contracts: what is offered for one, what is signed, and what of it is due."""

from dataclasses import dataclass, field

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.ledger import equal_part, party_of
from sim.place.places import LEVELS


@dataclass
class Contract:
    """A year of a programme bought from a provider.

    Attributes
    ----------
    body : str
        Code of the party that commissions.
    provider : str
        Who delivers; another where the first one fails.
    families : int
        Families to be taken on in the year.
    price_pence : int
        Price a family.
    funder : str
        Account that pays the provider's bills; empty where the provider pays its own way.
    payee : str
        Account that outcome payments go to; empty where there are none.
    at_risk : float
        Share of the price that the provider gets by outcomes alone.
    order : int
        Whom the provider takes first: 1 the worst off, -1 the easiest.
    effort : float
        Share of its effect, and of a family's staff, that it gives the hardest.
    expected_pence : int
        Outcome payments expected of it.
    stated_pence : int
        Those of them that findings decide, if effects are as published.
    taken, hardest : dict of int to int
        Families taken on, and those of them in crisis, by quarter of the year.
    terms : tabs.Signed or None
        What parties pay by its results, where they have signed for it.
    owed : float (5,)
        Places that rounding still owes the worst off, anybody and each level of need (:func:`sim.programmes.uptake.share_out`).
    """

    body: str
    programme: str
    provider: str
    offer: int
    year: int
    families: int
    price_pence: int
    funder: str
    payee: str = ""
    at_risk: float = 0.0
    order: int = 1
    effort: float = 1.0
    expected_pence: int = 0
    stated_pence: int = 0
    taken: dict = field(default_factory=dict)
    hardest: dict = field(default_factory=dict)
    terms: object = field(default=None, compare=False, repr=False)
    owed: np.ndarray = field(default_factory=lambda: np.zeros(5), compare=False, repr=False)

    @property
    def key(self):
        """What tells it from every other contract, and its families' cohort from others."""
        return self.body, self.programme, self.year

    @property
    def is_with_others(self):
        """Whether another party than the body that commissions is paid for its outcomes."""
        return bool(self.payee) and party_of(self.payee) != self.body

    @property
    def cost_pence(self):
        """Price of all its families."""
        return self.families * self.price_pence

    @property
    def billed_pence(self):
        """Pence a family that is billed by the quarter: the price less the part at risk, rounded down to the penny."""
        return _whole(self.price_pence * (1 - self.at_risk))

    def take_on(self, quarter_of_year, worst):
        """Families are taken on, whose worst needs have these levels: int (families,)."""
        self.taken[quarter_of_year] = len(worst)
        self.hardest[quarter_of_year] = int((worst == LEVELS.index("crisis")).sum())

    def planned(self, quarters):
        """Families that it is planned to have taken on by the end of so many quarters of the year."""
        return sum(equal_part(self.families, QUARTERS, i) for i in range(quarters))


@dataclass(frozen=True)
class Project:
    """A programme that a body would commission for a year: what those who might back it look at.

    Attributes
    ----------
    families : int
        Most families that may be taken on.
    price_pence : int
        Price a family.
    appraisal : appraisal.Appraisal
        Of the body, for one family.
    least : int
        Fewest families that are worth another party's backing.
    money : int
        Pence the body has left for it.
    """

    body: object
    programme: object
    provider: object
    families: int
    price_pence: int
    appraisal: object
    least: int = 1
    money: int = 0


class ContractBook:
    """The contracts of all bodies: signed ones, those of this year, and what of them is due and cancelled.

    Parameters
    ----------
    calendar : Calendar
    bill : callable
        (contract, quarter of the year, families it is staffed for) -> pence billed by the provider: what payments are for.

    Attributes
    ----------
    signed : dict of tuple to Contract
        Every contract by its key, in the order signed.
    running : list of Contract
        This year's.
    """

    def __init__(self, calendar, bill):
        self.calendar, self._bill = calendar, bill
        self.signed, self.running, self._cut = {}, [], {}

    def open_year(self):
        """A year begins: nothing is under contract yet."""
        self.running = []

    def sign(self, contract):
        """Take a contract into the book."""
        self.running.append(contract)
        self.signed[contract.key] = contract

    def of(self, body):
        """All that a body has ever signed, by its code."""
        return [contract for contract in self.signed.values() if contract.body == body]

    def places(self, contract):
        """Families a contract is staffed for this quarter; what is billed follows them."""
        return self._staffed(contract, self.calendar.quarter_of_year)

    def due(self, contract):
        """Pence the provider is due this quarter."""
        return self._due(contract, self.calendar.quarter_of_year)

    def owed_next_quarter(self, account):
        """Pence an account owes providers next quarter."""
        quarter = self.calendar.quarter_of_year + 1
        return sum(self._due(contract, quarter) for contract in self.running if contract.funder == account)

    def cut_next_quarter(self, account, pence):
        """Cancel a sum of what an account owes providers next quarter: of each contract as many families as its part takes."""
        self._cut[account] = pence / self.owed_next_quarter(account)

    def close_quarter(self):
        """Bills are paid: what was cancelled was this quarter's."""
        self._cut = {}

    def _staffed(self, contract, quarter_of_year):
        """Families planned by the end of the quarter less by its start; of these, those not cancelled."""
        before, after = contract.planned(quarter_of_year), contract.planned(quarter_of_year + 1)
        return _whole((after - before) * (1.0 - self._cut.get(contract.funder, 0.0)))

    def _due(self, contract, quarter_of_year):
        if quarter_of_year >= QUARTERS:
            return 0
        return self._bill(contract, quarter_of_year, self._staffed(contract, quarter_of_year))


def _whole(number):
    """Whole families or pence in a number of them; what lacks less than a billionth of one is whole."""
    return int(number + 1e-9)

"""All money: one double-entry ledger in whole pence.

A posting moves a positive sum from one account to another in a quarter, for a purpose from one list. There is no
other way to change a balance, so money is neither made nor lost; accounts outside the place may go below nought.
"""

from collections import defaultdict
from fractions import Fraction
from functools import cache
from math import lcm

OUTSIDE = "outside"
TREASURY = "treasury"

# Every purpose money moves for. `internal` ones move money between purses of one party and never reach a flow table.
PURPOSES = frozenset(
    {
        "opening_balance",
        "vote",
        "grant",
        "ring_fenced_grant",
        "local_tax",
        "benefit_funding",
        "exceptional_support",
        "support_repaid",
        "claw_back",
        "surrender",
        "service",
        "charge",
        "diversion",
        "closing_cost",
        "opening_cost",
        "other_services",
        "programme",
        "delivery",
        "transaction_cost",
        "evaluation_cost",
        "pool_overhead",
        "contribution",
        "outcome_payment",
        "distribution",
        "capital",
        "capital_repayment",
        "investor_return",
        "tax_relief",
        "agency_premium",
        "internal",
    }
)


class LedgerError(Exception):
    """A posting that double entry does not allow: our fault, not the user's."""


class Ledger:
    """Accounts, postings and balances of one run.

    An account is named ``party`` or ``party:purse``; the part before the colon is the party that appears in
    ``flows.parquet``.

    Attributes
    ----------
    postings : list of tuple
        (quarter, payer, payee, pence, purpose), in the order posted. Quarter 0 holds opening balances.
    """

    def __init__(self):
        self.postings = []
        self._balance, self._held = defaultdict(int), defaultdict(int)  # by account, by party
        self._quarter = 0

    def at(self, quarter):
        """Set the quarter that postings from now on belong to."""
        if quarter < self._quarter:
            raise LedgerError(f"quarter {quarter} is already closed")
        self._quarter = quarter

    def transfer(self, payer, payee, pence, purpose):
        """Move a sum; nothing is posted for a sum of nought.

        Parameters
        ----------
        payer, payee : str
            Two different accounts.
        pence : int
            Nought or more.
        purpose : str
            One of :data:`PURPOSES`.

        Raises
        ------
        LedgerError
            If the sum is negative or not whole, the accounts are the same, or the purpose is unknown.
        """
        whole = int(pence)
        if whole != pence or whole < 0:
            raise LedgerError(f"cannot move {pence!r} pence from {payer} to {payee}")
        if payer == payee or purpose not in PURPOSES:
            raise LedgerError(f"cannot post {purpose!r} from {payer} to {payee}")
        giver, taker = party_of(payer), party_of(payee)
        if (purpose == "internal") != (giver == taker):
            raise LedgerError(f"{purpose!r} from {payer} to {payee}: only purses of one party trade internally")
        if whole == 0:
            return
        self._balance[payer] -= whole
        self._balance[payee] += whole
        self._held[giver] -= whole
        self._held[taker] += whole
        self.postings.append((self._quarter, payer, payee, whole, purpose))

    def balance(self, account):
        """Pence in an account (a party's purses are separate accounts)."""
        return self._balance[account]

    def party_balance(self, party):
        """Pence in all accounts of a party."""
        return self._held[party]

    def paid(self, account, *purposes, quarters=None):
        """Pence that an account has paid: for some purposes (any by default), in some quarters (all by default)."""
        return self._moved(1, account, purposes, quarters)

    def received(self, account, *purposes, quarters=None):
        """Pence that an account has received; see :meth:`paid`."""
        return self._moved(2, account, purposes, quarters)

    def _moved(self, side, account, purposes, quarters):
        return sum(
            posting[3]
            for posting in self.postings
            if posting[side] == account
            and (not purposes or posting[4] in purposes)
            and (quarters is None or posting[0] in quarters)
        )

    def flows(self, quarters_per_year=4):
        """Postings between different parties, added up by year.

        Returns
        -------
        list of tuple
            (year, payer, payee, purpose, pence), sorted; year 0 holds the opening balances.
        """
        totals = defaultdict(int)
        for quarter, payer, payee, pence, purpose in self.postings:
            if purpose != "internal":
                year = (quarter + quarters_per_year - 1) // quarters_per_year
                totals[year, party_of(payer), party_of(payee), purpose] += pence
        return sorted((*key, pence) for key, pence in totals.items())


@cache
def party_of(account):
    """The party an account belongs to."""
    return account.partition(":")[0]


def equal_part(whole, parts, which):
    """One of several equal parts of a sum, counted from 0; what is over goes to the first ones, as :func:`split` has it."""
    return whole // parts + (which < whole % parts)


def split(pence, weights):
    """Share a sum in proportion to weights, by largest remainder.

    Parameters
    ----------
    pence : int
        The sum, nought or more.
    weights : sequence of float or int
        Non-negative, at least one above nought.

    Returns
    -------
    list of int
        One share a weight; they add up to the sum exactly. Equal remainders go to the earlier weight.

    Raises
    ------
    LedgerError
        If the weights do not add up to more than nought, or one is negative or not a number.
    """
    if any(not weight >= 0 for weight in weights) or not sum(weights) > 0:
        raise LedgerError(f"cannot split by the weights {list(weights)}")
    exact = (weight if isinstance(weight, float) else Fraction(weight) for weight in weights)
    ratios = [(int(above), int(below)) for above, below in (weight.as_integer_ratio() for weight in exact)]
    common = lcm(*(below for _, below in ratios))
    whole = [above * (common // below) for above, below in ratios]  # the same weights, as whole numbers
    shares, over = map(list, zip(*(divmod(int(pence) * weight, sum(whole)) for weight in whole), strict=True))
    left = pence - sum(shares)
    for i in sorted(range(len(shares)), key=lambda i: -over[i])[:left]:
        shares[i] += 1
    return shares

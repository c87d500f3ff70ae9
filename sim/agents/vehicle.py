"""The conduit between investors and outcome contracts: one purse a deal."""

from dataclasses import dataclass, field
from fractions import Fraction

from sim.agents.party import Party
from sim.core import codes
from sim.core.ledger import OUTSIDE, split
from sim.core.streams import uniform
from sim.deals import finance
from sim.programmes.refusals import REFUSED


@dataclass
class Stake:
    """An investor's part of a deal.

    Attributes
    ----------
    deal, investor : str
        Codes.
    rank : int
        1 is paid first.
    pence : int
        Capital put in.
    repaid, returned, relief : int
        Pence of capital had back, of return, and of tax relief.
    flows : dict of int to int
        Pence had (put in: negative), by year end.
    irr : float or None
        Yearly return as it turned out, once the deal is closed.
    """

    deal: str
    investor: str
    rank: int
    pence: int
    repaid: int = 0
    returned: int = 0
    relief: int = 0
    flows: dict = field(default_factory=dict)
    is_open: bool = True
    irr: float | None = None

    def add(self, year, pence):
        """Take down money had in a year."""
        self.flows[year] = self.flows.get(year, 0) + pence

    def realised_irr(self):
        """Yearly return on all flows up to now (:func:`sim.deals.finance.irr`)."""
        years = range(min(self.flows), max(self.flows) + 1)
        return finance.irr([self.flows.get(year, 0) for year in years])


@dataclass
class Deal:
    """Terms on which investors pay for a contract, and what became of them.

    Attributes
    ----------
    code : str
    body, programme, provider : str
        Who commissions, what, from whom.
    year : int
        Financial year of the contract.
    multiple : float
        Outcome payments expected per pound of capital if effects are as published.
    sd : float
        Standard deviation of that for a given effect: luck in the cohort and in its measurement.
    years : int
        Until maturity.
    cap : float or Fraction
        Most that investors may be paid in all, as a multiple of capital.
    tranches : tuple of float
        Share of capital by rank; the first is paid first, the last takes the first loss.
    remainder_to : dict of str to float
        Accounts that share what is left when investors have had all they may; the body by default.
    relief_payer : str
        Account that pays tax relief; none is paid where it is empty.
    guaranteed : float
        Share of capital lost that a guarantor makes good.
    mix : dict of str to float
        Share of the expected payments by programme, where there is more than one.
    """

    code: str
    body: str
    programme: str
    provider: str
    year: int
    multiple: float
    sd: float
    years: int
    cap: float | Fraction
    tranches: tuple = (1.0,)
    remainder_to: dict = field(default_factory=dict)
    relief_payer: str = ""
    guaranteed: float = 0.0
    mix: dict = field(default_factory=dict)
    stakes: list = field(default_factory=list)
    opened: int | None = None
    closed: bool = False
    default_pence: int = 0

    @property
    def capital(self):
        """Pence put in."""
        return sum(stake.pence for stake in self.stakes)

    @property
    def paid(self):
        """Pence paid to investors, capital and return."""
        return sum(stake.repaid + stake.returned for stake in self.stakes)

    @property
    def exposure(self):
        """Expected payments per pound of capital by programme."""
        return {name: self.multiple * part for name, part in (self.mix or {self.programme: 1.0}).items()}

    def rank_for(self, investor):
        """The tranche an investor takes: the one it prefers, or the last there is."""
        return min(investor.tranche, len(self.tranches))

    def layer(self, rank):
        """Share of capital that is repaid before a tranche, and its own share."""
        whole = sum(self.tranches)
        return sum(self.tranches[: rank - 1]) / whole, self.tranches[rank - 1] / whole

    def relief_for(self, investor):
        """Share of an investor's capital that comes back as tax relief."""
        return investor.tax_relief_share if self.relief_payer else 0.0


class Vehicle(Party):
    """Raises capital for deals, pays their bills from one purse each, and pays investors out.

    Attributes
    ----------
    deals : dict of str to Deal
        All deals that raised capital, by code.
    """

    def __init__(self, model, code=codes.VEHICLE):
        super().__init__(model, code)
        self.deals = {}

    def raise_capital(self, deal, investors, wanted, least=1):
        """Raise capital for a deal.

        Parameters
        ----------
        deal : Deal
        investors : sequence of Investor
        wanted : int
            Most pence to raise.
        least : int
            Fewest pence worth starting with: with less on offer, nothing is taken.

        Returns
        -------
        int
            Pence raised.
        """
        bids = self.bids(deal, investors, wanted)
        total = sum(pence for _, pence in bids)
        enough = total >= max(least, 1)
        raised = f"raised {total}" if enough else f"{REFUSED}{total} bid, {least} needed"
        self.model.decisions.taken(deal.body, "offer", wanted, deal.code, raised)
        for investor in investors:
            why = investor.refuses(deal)
            if why:
                self.model.decisions.taken(investor.code, "refuse", wanted, deal.code, why)
        if not enough:
            return 0
        for investor, pence in bids:
            self.take(deal, investor, pence)
        return total

    def bids(self, deal, investors, wanted):
        """Who would put in what: tranches keep their proportions, and within one those who ask least come first.

        Returns
        -------
        list of tuple of (Investor, int)
            In pence; empty where a tranche finds nobody.
        """
        books = [[] for _ in deal.tranches]
        for investor in investors:
            pence, least = investor.offer(deal)
            if pence > 0:
                books[deal.rank_for(investor) - 1].append((least, investor.code, pence, investor))
        shares = [Fraction(share) for share in deal.tranches]
        offered = [sum(bid[2] for bid in book) for book in books]
        total = min(wanted, *(int(pence * sum(shares) / share) for pence, share in zip(offered, shares, strict=True)))
        taken = []
        for book, room in zip(books, split(max(0, total), deal.tranches), strict=True):
            left = room
            for _, _, pence, investor in sorted(book, key=lambda bid: bid[:2]):
                part = min(pence, left)
                left -= part
                if part:
                    taken.append((investor, part))
        return taken

    def take(self, deal, investor, pence):
        """Take an investor's capital into the deal's purse; the Treasury pays its relief where the deal is relieved."""
        self.deals[deal.code] = deal
        deal.opened = self.model.calendar.years_ended
        stake = Stake(deal.code, investor.code, deal.rank_for(investor), pence)
        investor.pay(self.account(deal.code), pence, "capital")
        stake.relief = round(pence * deal.relief_for(investor))
        if stake.relief:
            self.model.ledger.transfer(deal.relief_payer, investor.account(), stake.relief, "tax_relief")
        stake.add(deal.opened, stake.relief - pence)
        self.model.decisions.taken(investor.code, "accept", pence, deal.code, f"rank {stake.rank}")
        deal.stakes.append(stake)
        investor.holdings.append(stake)

    def pay_out(self, deal, bills=0):
        """Pay investors what the deal's purse holds beyond the bills to come; what they may not have goes back.

        Parameters
        ----------
        deal : Deal
        bills : int
            Pence still needed.

        Returns
        -------
        int
            Pence paid to investors.
        """
        free = max(0, self.balance(deal.code) - bills)
        stakes = [(stake.rank, stake.pence, stake.repaid, stake.returned) for stake in deal.stakes]
        capital, returns, rest = finance.payouts(free, stakes, deal.cap)
        for stake, repaid, returned in zip(deal.stakes, capital, returns, strict=True):
            investor = self.model.party(stake.investor).account()
            self.pay(investor, repaid, "capital_repayment", deal.code)
            self.pay(investor, returned, "investor_return", deal.code)
            stake.repaid += repaid
            stake.returned += returned
            if repaid + returned:
                stake.add(self.model.calendar.years_ended, repaid + returned)
        back = deal.remainder_to or {deal.body: 1.0}
        for account, part in zip(back, split(rest, list(back.values())), strict=True):
            self.pay(account, part, "outcome_payment", deal.code)
        return free - rest

    def pay_investors(self, ends=()):
        """Year end: pay investors out of every open deal, and close those that are due, or ended early by their codes."""
        for deal in [deal for deal in self.deals.values() if not deal.closed]:
            self.pay_out(deal)
            if self.is_due(deal) or deal.code in ends:
                early, lost = not self.is_due(deal), self.close(deal)
                if early:
                    self.model.decisions.taken(self.code, "end_deal", "yes", deal.code, f"{lost} of capital not repaid")

    def _call_guarantee(self, deal):
        """The guarantor makes its share of each stake's loss good."""
        for stake in deal.stakes:
            pence = round((stake.pence - stake.repaid) * deal.guaranteed)
            if pence:
                investor = self.model.party(stake.investor).account()
                self.model.ledger.transfer(OUTSIDE, investor, pence, "capital_repayment")
                self.model.decisions.taken(self.code, "call_guarantee", pence, deal.code, f"paid to {stake.investor}")
                stake.repaid += pence
                stake.add(self.model.calendar.years_ended, pence)

    def takes(self, account):
        """Whether an account may still be paid: not the purse of a deal that has been closed."""
        return all(self.account(deal.code) != account for deal in self.deals.values() if deal.closed)

    def owed_at_most(self, account, otherwise):
        """Most pence a deal's account may still be paid under its cap; `otherwise` where it is no deal's account."""
        for deal in self.deals.values():
            if self.account(deal.code) == account:
                return max(0, int(deal.cap * deal.capital) - deal.paid - self.balance(deal.code))
        return otherwise

    def is_due(self, deal):
        """Whether a deal has reached maturity."""
        return not deal.closed and self.model.calendar.years_ended - deal.opened >= deal.years

    def close(self, deal):
        """End a deal, at maturity or before: pay out, record the default, and let its investors learn from it.

        Returns
        -------
        int
            Pence of capital not repaid.
        """
        self.pay_out(deal)
        self._call_guarantee(deal)
        deal.closed = True
        deal.default_pence = sum(stake.pence - stake.repaid for stake in deal.stakes)
        for stake in deal.stakes:
            stake.is_open = False
            stake.add(self.model.calendar.years_ended, 0)
            stake.irr = stake.realised_irr()
        received, spent = self.received(deal), self.spent(deal)
        if spent:
            for code in sorted({stake.investor for stake in deal.stakes}):
                self.model.party(code).learn_from(deal, received / spent)
        return deal.default_pence

    def received(self, deal):
        """Pence of outcome payments a deal has had."""
        return self.model.ledger.received(self.account(deal.code), "outcome_payment")

    def spent(self, deal):
        """Pence a deal has spent on bills: all that left its purse but for investors and for what went back."""
        purse, back = self.account(deal.code), ("capital_repayment", "investor_return", "outcome_payment")
        return self.model.ledger.paid(purse) - self.model.ledger.paid(purse, *back)

    def ended_at_review(self):
        """Deals that politics ends at a spending review before they mature."""
        arrangement, calendar = self.model.arrangement, self.model.calendar
        review = calendar.is_review(self.model.dials["departments.review_years"])
        if not review or not arrangement.has("political_risk"):
            return ()
        chance = arrangement.get("ended_at_review")
        return [
            code for code in self.deals if uniform(self.model.seed, "ended at review", code, calendar.year) < chance
        ]

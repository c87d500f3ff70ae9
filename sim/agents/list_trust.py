"""The Local Integrated Services Trust: a lasting body owned by the agencies it commissions for."""

import numpy as np

from sim.agents.boards import Body
from sim.core.ledger import OUTSIDE, split
from sim.deals import basis

ROLES = ("facilitator", "supply-chain manager", "part-commissioner", "commissioner")


class ListTrust(Body):
    """A LIST: commissions for its members, collects payments for measured benefit, reinvests, distributes, winds up.

    Attributes
    ----------
    alive : bool
    joined : list of Agency
        Present members.
    invoices : dict of str to int
        What each member paid for the year just settled.
    measured : bool
        Whether anything was measured of its cohorts in the year just settled.
    kept_to_reinvest : int
        Surplus of the year just settled that is kept.
    daring : float
        How far its own reserve would pay for another year like the one just past, 0 to 1.
    idle_years : int
        Years in a row in which it found nothing to commission.
    record : int
        Good years less bad ones: in a good year members' cash covered what they paid.
    """

    def __init__(self, model, code):
        super().__init__(model, code)
        self.invoices, self.measured = {}, False
        self.alive = True
        self.joined = []
        self.kept_to_reinvest = self.idle_years = self.record = 0
        self.daring = 0.0

    def members(self):
        """Present members; before the LIST is founded, those who are ready to join."""
        return self.joined

    def is_open(self):
        """Whether it can commission this year."""
        if self.founded is None:
            self.joined = [agency for agency in super().members() if self._would_join(agency)]
            if len(self.joined) < self.model.arrangement.get("fewest_members"):
                return False
        was_founded = self.founded is not None
        is_open = self.alive and super().is_open()
        if is_open and not was_founded:
            self._take_down(self.joined, "join", "founds it")
        return is_open

    def role(self):
        """How far its role has widened: 0 facilitator, 1 supply-chain manager, 2 part-commissioner, 3 commissioner."""
        arrangement = self.model.arrangement
        if not arrangement.has("widening_role"):
            return len(ROLES) - 1
        return int(np.clip(self.record // arrangement.get("role_years"), 0, len(ROLES) - 1))

    def scope(self):
        """Scope grows with members' trust, and with its role where that widens."""
        return min(1.0, 2 * self.mean_trust()) * (self.role() + 1) / len(ROLES)

    def supply_chain_hold(self):
        """As supply-chain manager and beyond it holds its providers to the design; a facilitator does not."""
        return self.model.arrangement.get("supply_chain_hold") if self.role() else 0.0

    def dares(self, appraisal):
        """A body without a reserve takes on what is likely to gain; the more its own reserve covers, the more it dares."""
        if not self.model.arrangement.has("widening_role"):
            return True
        return appraisal.chance_of_gain >= self.model.arrangement.get("cautious_chance") * (1 - self.daring)

    def horizon(self):
        """It looks further ahead as its reserve grows: up to half as far again."""
        return super().horizon() * (1 + 0.5 * self.daring)

    def at_risk(self):
        """Pence of capital that members have put in and not had back."""
        return sum(self.funds.capital.values())

    def grow_daring(self):
        """Its reserve is what it holds beyond members' capital: what has been earned and kept."""
        if self.model.arrangement.has("widening_role"):
            reserve = max(0, self.balance() - self.at_risk())
            self.daring = min(1.0, reserve / max(1, self.spent_this_year()))

    def mean_trust(self):
        """Mean trust of the members, 0 without any."""
        return float(np.mean([member.trust for member in self.joined])) if self.joined else 0.0

    def spendable(self):
        """What it holds beyond its reserve."""
        return int(max(0, self.balance()) * (1 - self.model.arrangement.get("reserve_share")))

    def pay_standing_costs(self):
        """The LIST's own staff and premises; what it cannot pay it does without."""
        cost = self.cost_here("running_cost")
        self.pay(OUTSIDE, min(cost, max(0, self.balance())), "transaction_cost")

    def relate(self):
        """Trust follows the year's cash against payments; members leave, others join, and the LIST may be wound up."""
        if self.founded is None or not self.alive:
            return
        self.grow_daring()
        arrangement = self.model.arrangement
        for member in self.joined:
            paid = self.invoices.get(member.code, 0)
            if paid > 0:
                gap = (member.cash_this_year - paid) / paid
                member.trust = float(np.clip(member.trust + arrangement.get("trust_step") * np.clip(gap, -1, 1), 0, 1))
        paid, cash = sum(self.invoices.values()), sum(max(0, member.cash_this_year) for member in self.joined)
        if paid:
            self.record = max(0, self.record + (1 if cash >= paid else -1))
        before = self.joined
        self.joined = [member for member in before if self._stays(member)]
        outside = [agency for agency in super().members() if agency not in self.joined]
        self.joined += [agency for agency in outside if self._would_join(agency)]
        self._take_down([member for member in before if member not in self.joined], "leave", "at the year end")
        self._take_down([member for member in self.joined if member not in before], "join", "at the year end")
        self.joined.sort(key=lambda agency: agency.code)
        bought = any(contract.body == self.code for contract in self.model.contracts.running)
        self.idle_years = 0 if bought else self.idle_years + 1
        idle = self.idle_years >= arrangement.get("idle_years")
        few = len(self.joined) < arrangement.get("fewest_members")
        if few or idle or self._is_spent():
            self.wind_up("too few members" if few else "idle" if idle else "its money is spent")

    def wind_up(self, why):
        """Close the LIST; members share what is left by what they put in."""
        self.alive = False
        self.model.decisions.taken(self.code, "wind_up", "yes", "", f"{why}; {max(0, self.balance())} to share out")
        self.share_out(max(0, self.balance()))
        self.joined = []

    def share_out(self, pence):
        """Members get parts of a sum by their shares in outcome risk; nobody has any where nothing was put in."""
        shares = self.model.rules.outcome_risk(self)
        if pence > 0 and sum(shares.values()) > 0:
            for code, part in zip(shares, split(pence, list(shares.values())), strict=True):
                self.pay(self.model.party(code).account("prevention"), part, "distribution")

    def _is_spent(self):
        """Past the founding years, with less than a year's running cost and nothing under contract."""
        arrangement = self.model.arrangement
        founding = self.years_open() + 1 < arrangement.optional("subscription_years")
        return not founding and self.balance() < self.cost_here("running_cost")

    def _take_down(self, agencies, kind, when):
        for agency in agencies:
            self.model.decisions.taken(agency.code, kind, "yes", self.code, when)

    def _stays(self, member):
        """Whether a member stays: while it trusts the LIST, unless a list decides."""
        listed = self.model.decisions.says(member.code, self.code, "leave", "join")
        return listed.kind == "join" if listed else member.trust >= self.model.arrangement.get("trust_to_stay")

    def _would_join(self, agency):
        """An agency joins if it trusts the LIST and thinks membership worth its payments, unless a list decides."""
        arrangement, listed = self.model.arrangement, self.model.decisions.says(agency.code, self.code, "leave", "join")
        if listed:
            return listed.kind == "join"
        if agency.trust < arrangement.get("trust_to_join"):
            return False
        expected = basis.of(self.model).expected(self, agency)
        return agency.has_services() and agency.pound >= arrangement.optional("payment_share") * expected

"""What all institutions share: a name, an account, and, for those that commission, beliefs and a way to choose."""

import math
from dataclasses import dataclass, field, replace

import mesa
import numpy as np

from sim.core.ledger import OUTSIDE
from sim.deals.terms import Backing
from sim.programmes.appraisal import appraise_case

_YEARS_LISTED = 25  # years of benefit an appraisal lists, however short the run


class Party(mesa.Agent):
    """An institution with an account in the ledger.

    Attributes
    ----------
    code : str
        Stable name: the party in ``flows.parquet``, and part of its keys for draws.
    """

    def __init__(self, model, code):
        super().__init__(model)
        self.code = code

    def pay(self, payee, pence, purpose, purse=""):
        """Pay another party from a purse."""
        self.model.ledger.transfer(self.account(purse), payee, pence, purpose)

    def account(self, purse=""):
        """Name of the account that holds a purse."""
        return f"{self.code}:{purse}" if purse else self.code

    def balance(self, purse=""):
        """Pence in a purse."""
        return self.model.ledger.balance(self.account(purse))


@dataclass
class Belief:
    """Belief in a programme, as a multiple of its published effect: mean and variance."""

    mean: float
    variance: float

    def update(self, estimate, variance):
        """Bring in an estimate with its variance, by precision."""
        weight = self.variance / (self.variance + variance)
        self.mean = max(0.0, self.mean + weight * (estimate - self.mean))
        self.variance *= 1 - weight


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
    expected_pence : int
        Outcome payments expected of it.
    kept : float
        Share of it for which the money came: partners who are not bound may withhold theirs.
    taken : dict of int to int
        Families taken on, by quarter of the year.
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
    expected_pence: int = 0
    kept: float = 1.0
    taken: dict = field(default_factory=dict)

    @property
    def key(self):
        """What tells it from every other contract, and its families' cohort from others."""
        return self.body, self.programme, self.year

    @property
    def cost_pence(self):
        """Price of all its families."""
        return self.families * self.price_pence


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


class Commissioner(Party):
    """A party that may commission programmes.

    Attributes
    ----------
    beliefs : dict of str to Belief
    purse, keeps : str
        The purses it commissions from, and keeps what it is paid for outcomes in.
    areas : tuple of int or None
        First and past the last of the neighbourhoods it commissions for; all where None.
    people : float
        Share of the place's families that it commissions for.
    members : method
        Agencies on whose behalf it commissions.
    earmarked : int
        Pence of this year's money, not yet committed, that can be spent on programmes only, so that any benefit is worth it.
    ring_fenced : int
        Pence of a ring-fenced sum of the centre it has had this year.
    projects : dict of str to int
        Years in which each programme was commissioned: repetition makes agreeing cheaper.
    """

    purse = keeps = ""
    areas = None
    people = 1.0

    def __init__(self, model, code):
        super().__init__(model, code)
        optimism, spread = model.dials["programmes.optimism"], model.place.get("place.belief_spread")
        self.beliefs = {name: Belief(optimism, spread**2) for name in model.catalogue}
        self.projects = {}
        self.earmarked = self.ring_fenced = 0

    def horizon(self):
        """Years it looks ahead."""
        return self.model.dials["agencies.horizon_years"]

    def cashability(self):
        """Believed share of benefit that becomes cash, by line: each agency's own belief for its own lines."""
        return self.model.believed_cashability(self.model.arrangement.rules.benefit_counted.centre)

    def weight_on_outcomes(self):
        """Average weight its members put on outcomes without cash."""
        return float(np.mean([member.outcome_weight for member in self.members()]))

    def may_commission(self, programme):
        """Whether the arrangement is for the programme, and a member with the legal power to commission it does not veto."""
        for_it = self.model.arrangement.is_for(programme.id) and self.model.market.is_accredited(programme.id)
        return for_it and any(member.code in programme.commissioners for member in self.members())

    def project_cost(self, programme):
        """Pence that agreeing a year of a programme costs; it falls with every repetition."""
        times = self.projects.get(programme, 0) + 1
        return round(self.model.cost_here("project_cost") * times ** -self.model.arrangement.get("project_learning"))

    def scope(self):
        """Largest share of a programme's yearly reach that it takes on."""
        return 1.0

    def dares(self, appraisal):
        """Whether a project's chance of gain is enough for it."""
        return True

    def appraise(self, programme, price_pence):
        """Appraise a programme at a price a family with this party's beliefs; None where there is nobody to help."""
        case = self.model.market.case_for(programme, self.beliefs[programme.id], price_pence)
        if case is None:
            return None
        arrangement = self.model.arrangement
        within = 1 - arrangement.optional("outside_benefit") if arrangement.has("wider_geography") else True
        return appraise_case(
            case,
            arrangement.rules.benefit_counted(self) * within,
            self.cashability(),
            self.weight_on_outcomes(),
            self.horizon(),
            self.model.correction(programme),
            max(_YEARS_LISTED, self.model.years),
        )

    def relate(self):
        """What it does about its members at the year end: nothing, for most."""

    def duplication_removed(self):
        """Pence by line that working as one saves its members this quarter: nothing, for most."""
        return np.zeros(len(self.model.lines), np.int64)

    def spendable(self):
        """Pence it may commit this year."""
        return self.balance(self.purse)

    def claim(self):
        """Its part of an envelope that all bodies of an arrangement share, by people."""
        return self.people

    def has_all_cohorts(self):
        """Whether it has as many yearly cohorts as the arrangement is for; an equal envelope comes every year, for all."""
        if self.model.equal_money:
            return False
        most = self.model.arrangement.optional("yearly_cohorts") or math.inf
        return len({contract.year for contract in self.model.signed.values() if contract.body == self.code}) >= most

    def outcome_account(self):
        """Account for outcome payments from others on what it paid for itself; empty where nobody else pays."""
        arrangement = self.model.arrangement
        return (
            self.account(self.keeps)
            if arrangement.optional("centre_share") or arrangement.optional("outside_share")
            else ""
        )

    def pay_standing_costs(self):
        """What it pays each year whatever it buys: nothing, for most."""

    def commission(self, money):
        """Choose next year's programmes for the money there is, the best value per pound first.

        Parameters
        ----------
        money : int
            Pence it may spend.
        """
        for _, _, project in sorted(self._projects(), key=lambda option: option[:2]):
            worth_it = self.model.outcomes.value_to(self, project) > 0
            fee = self.project_cost(project.programme.id)
            can_pay = money if worth_it else min(money, self.earmarked)
            if can_pay < fee and not self.can_charge(fee):
                continue
            backing = self._backing(project, max(0, can_pay - fee))
            if backing is None:
                continue
            name = project.programme.id
            self.projects[name] = self.projects.get(name, 0) + 1
            self.pay_fee(fee)
            committed = fee + self._commitment(self.model.sign(project, backing))
            money -= committed
            self.earmarked = max(0, self.earmarked - committed)

    def _commitment(self, contract):
        """Pence of its own that a contract binds: its bills, and its share of outcomes where the provider shares the risk."""
        if contract.funder != self.account(self.purse):
            return 0
        bills = round(contract.cost_pence * (1 - contract.at_risk))
        return bills + (round(contract.expected_pence * self.model.outcomes.own_share()) if contract.at_risk else 0)

    def smallest_project(self):
        """Fewest families that are worth a project."""
        return max(1, math.ceil(self.model.place.get("place.smallest_project") * self.model.scale))

    def can_charge(self, fee):
        """Whether somebody else can be charged for what agreeing a project costs."""
        return False

    def pay_fee(self, fee):
        """Pay what agreeing a project costs."""
        self.pay(OUTSIDE, fee, "transaction_cost", self.purse)

    def _projects(self):
        """Programmes worth their price, by value per pound: (-value per pound, id, project)."""
        options = []
        for programme in self.model.catalogue.values():
            if self.may_commission(programme):
                room = self.model.market.room_for(programme, self)
                provider = self.model.market.best_provider(programme, self, max(1, room))
                if provider is None:
                    continue
                price = self.model.market.price_pence(programme, provider)
                appraisal = self.appraise(programme, price)
                if appraisal is None or not self.dares(appraisal):
                    continue
                families = provider.may_take(programme, self.model.market.stage(programme.id, room))
                project = Project(self, programme, provider, families, price, appraisal)
                if not self.model.market.is_feasible(project):
                    continue
                value = self.model.outcomes.value_to(self, project)
                if value > (-price if self.earmarked else 0):
                    options.append((-value / price, programme.id, project))
        return options

    def _backing(self, project, money):
        """The first money that covers the project, in the order of the sources; own money in part where none does.

        None if that is too little. Under an equal envelope own money is all there is.
        """
        room = self.model.market.room_for(project.programme, self)
        room = min(project.families, project.provider.may_take(project.programme, room))
        rules = self.model.arrangement.rules
        smallest = self.smallest_project()
        affordable = money // project.price_pence if self.model.own_money else 0
        own = Backing(min(room, affordable), self.account(self.purse), self.outcome_account())
        others_first = rules.up_front[0].back is not None
        if (own.families < room or others_first) and not self.model.equal_money:
            least = smallest if others_first else max(own.families + 1, smallest)
            other = (
                rules.back(self, replace(project, families=room, least=least, money=money)) if room >= least else None
            )
            if other is not None:
                return other
        return own if own.families >= smallest else None

"""What all institutions share: a name, an account, and, for those that commission, beliefs and a way to choose."""

import math
from dataclasses import dataclass, field, replace

import mesa
import numpy as np

from sim.agents import by_list
from sim.core.ledger import OUTSIDE, party_of
from sim.deals.contracts import Project
from sim.deals.terms import Backing
from sim.programmes import refusals
from sim.programmes.appraisal import appraise_case


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

    def pay_for_outcome(self, account, due):
        """Pay an account for an outcome as far as the money goes, unless a list refuses or accepts less.

        Returns
        -------
        int
            Pence paid.
        """
        book, payee = self.model.decisions, party_of(account)
        listed = book.says(self.code, payee, "refuse", "accept") if due > 0 else None
        if listed and listed.kind == "refuse":
            book.taken(self.code, "refuse", due, payee, 0)
            return 0
        asked = due if listed is None or listed.number is None else min(due, listed.number)
        paid = self.pay_due(account, asked)
        if listed:
            book.taken(self.code, "accept", asked, payee, paid)
        if due > 0:
            book.taken(self.code, "pay", due, payee, paid)
        return paid

    def cost_here(self, name):
        """Pence of an administrative cost of the arrangement, in proportion to the people of the place; 0 if it has none."""
        arrangement, place = self.model.arrangement, self.model.place
        if name not in arrangement.values:
            return 0
        return round(arrangement.pence(name) * self.model.scale * place.get("place.population") / 1e6)


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
class Funds:
    """Money that an arrangement's answers keep account of for a body, in pence.

    Attributes
    ----------
    earmarked : int
        Of this year's money, not yet committed, that can be spent on programmes only, so that any benefit is worth it.
    ring_fenced : int
        Of a ring-fenced sum of the centre, had this year.
    capital : dict of str to int
        What each member has put in.
    gained : dict of str to float
        Benefit measured for each member in the present term.
    advanced : int
        What others have paid up front for the present term.
    """

    earmarked: int = 0
    ring_fenced: int = 0
    capital: dict = field(default_factory=dict)
    gained: dict = field(default_factory=dict)
    advanced: int = 0

    def open_year(self):
        """What was earmarked last year is no longer."""
        self.earmarked = self.ring_fenced = 0


class Commissioner(Party):
    """A party that may commission programmes.

    Attributes
    ----------
    beliefs : dict of str to Belief
    purse, keeps : str
        The purses it commissions from, and keeps what it is paid for outcomes in.
    host : Agency or None
        The agency that holds its money and may take it when it is in need.
    areas : tuple of int or None
        First and past the last of the neighbourhoods it commissions for; all where None.
    people : float
        Share of the place's families that it commissions for.
    members : method
        Agencies on whose behalf it commissions.
    funds : Funds
    projects : dict of str to int
        Years in which each programme was commissioned: repetition makes agreeing cheaper.
    """

    purse = keeps = ""
    host = None
    areas = None
    people = 1.0

    def __init__(self, model, code):
        super().__init__(model, code)
        self.beliefs = {
            name: Belief(model.dials["programmes.optimism"], model.place.get("place.belief_spread") ** 2)
            for name in model.catalogue
        }
        self.projects = {}
        self.funds = Funds()

    def horizon(self):
        """Years it looks ahead: what the arrangement gives those who decide in it, or else what is usual among agencies."""
        given = self.model.arrangement.optional("horizon_years") if self in self.model.bodies else 0
        return given or self.model.dials["agencies.horizon_years"]

    def cashability(self):
        """Believed share of benefit that becomes cash, by line: each agency's own belief for what it pays of a line.

        A charge for each use is cash to whoever no longer pays it. Of a line that several pay for, its members' parts are
        looked at, or all where none is theirs. What the centre pays at cost is cash to the centre alone: all of it
        where its benefit counts, else nothing.
        """
        model, payers = self.model, self.model.payers
        beliefs = np.array([agency.believed_cash_share() for agency in model.agencies])
        cash = beliefs[:, None] * (payers.weights - payers.charged) + payers.charged
        members = [model.index["agencies"][member.code] for member in self.members()]
        theirs = payers.weights[members].sum(axis=0)
        share = np.where(theirs > 0, cash[members].sum(axis=0) / np.where(theirs > 0, theirs, 1), cash.sum(axis=0))
        return np.where(model.lines.demand_led, float(model.rules.benefit_counted.centre), share)

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
        return round(self.cost_here("project_cost") * times ** -self.model.arrangement.get("project_learning"))

    def scope(self):
        """Largest share of a programme's yearly reach that it takes on."""
        return 1.0

    def supply_chain_hold(self):
        """Share of reactive practice that it holds back as manager of its providers: nothing, for most."""
        return 0.0

    def dares(self, appraisal):
        """Whether a project's chance of gain is enough for it."""
        return True

    def appraise(self, programme, price_pence):
        """Appraise a programme at a price a family with this party's beliefs; None where there is nobody to help."""
        case = self.model.market.case_for(programme, self.beliefs[programme.id], price_pence, self.horizon())
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
            programme.correction,
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
        if self.model.funding.is_equal:
            return False
        most = self.model.arrangement.optional("yearly_cohorts") or math.inf
        return len({contract.year for contract in self.model.contracts.of(self.code)}) >= most

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
        listed = self.model.decisions.listed(self.code, "commission")
        if listed or self.model.arrangement.only_listed:
            by_list.commission(self, listed, money)
            return
        for _, _, project in sorted(self._projects(), key=lambda option: option[:2]):
            worth_it = self.model.outcomes.value_to(self, project) > 0
            fee = self.project_cost(project.programme.id)
            can_pay = money if worth_it else min(money, self.funds.earmarked)
            backing = None
            if can_pay >= fee or self.can_charge(fee):
                backing = self.backing(
                    project, max(0, can_pay - fee), self._families_left(project), self.smallest_project()
                )
            if backing is None or not self._is_worth(backing):
                self.model.decisions.declined(self.code, project.programme.id, self._not_backed(project))
                continue
            money -= self.buy(project, backing, fee)

    def buy(self, project, backing, fee):
        """Agree a project and sign its contract: pence of its own that are bound by it."""
        name = project.programme.id
        self.projects[name] = self.projects.get(name, 0) + 1
        self.pay_fee(fee)
        committed = fee + self._commitment(self.model.market.sign(project, backing))
        self.funds.earmarked = max(0, self.funds.earmarked - committed)
        return committed

    def _commitment(self, contract):
        """Pence of its own that a contract binds: its bills, and its share of outcomes where the provider shares the risk."""
        if contract.funder != self.account(self.purse):
            return 0
        bills = contract.families * contract.billed_pence
        return bills + (round(contract.expected_pence * self.model.outcomes.own_share()) if contract.at_risk else 0)

    def pay_due(self, account, due):
        """Pay for an outcome, as far as its money goes; what was paid."""
        part = min(due, max(0, self.balance(self.purse)))
        self.pay(account, part, "outcome_payment", self.purse)
        return part

    def smallest_project(self):
        """Fewest families that are worth a project."""
        return max(1, math.ceil(self.model.place.get("place.smallest_project") * self.model.scale))

    def _least(self, project):
        """Fewest families that are worth a project and that its provider bids for."""
        return max(self.smallest_project(), project.provider.least_families)

    def can_charge(self, fee):
        """Whether somebody else can be charged for what agreeing a project costs."""
        return False

    def pay_fee(self, fee):
        """Pay what agreeing a project costs."""
        self.pay(OUTSIDE, fee, "transaction_cost", self.purse)

    def _families_left(self, project):
        """Families of a project that may still be taken on, as others have been by then."""
        return min(
            project.families,
            project.provider.may_take(project.programme, self.model.market.room_for(project.programme, self)),
        )

    def _not_backed(self, project):
        """Why there is no contract for a project that is worth it."""
        if not self.model.market.stage(project.programme.id, 1):
            return refusals.PILOT
        return refusals.FEW if self._families_left(project) < self.smallest_project() else refusals.MONEY

    def _projects(self):
        """Programmes worth their price, by value per pound: (-value per pound, id, project); why others are not is taken down."""
        self.model.market.look_ahead(self)
        options = []
        for programme in self.model.catalogue.values():
            may = self.may_commission(programme)
            found = self._weighed(programme) if may else self._barred(programme)
            if isinstance(found, str):
                self.model.decisions.declined(self.code, programme.id, found)
            elif found:
                options.append(found)
        return options

    def _barred(self, programme):
        """Why it may not commission a programme; None where the arrangement is for others."""
        if not self.model.arrangement.is_for(programme.id):
            return None
        accredited = self.model.market.is_accredited(programme.id)
        return refusals.POWER if accredited else refusals.ACCREDITED

    def _weighed(self, programme):
        """The option that a programme it may commission is, or why it is none."""
        market = self.model.market
        room = market.room_for(programme, self)
        provider = market.best_provider(programme, self, max(1, room))
        if provider is None:
            return refusals.PROVIDER
        families = provider.may_take(programme, market.stage(programme.id, room))
        price = market.price_pence(programme, provider, families)
        appraisal = self.appraise(programme, price)
        if appraisal is None:
            return refusals.NOBODY
        project = Project(self, programme, provider, families, price, appraisal)
        value = self.model.outcomes.value_to(self, project)
        if value <= (-appraisal.cost_pence if self.funds.earmarked else 0):
            return refusals.within(refusals.VALUE, self.horizon())
        if not self.dares(appraisal):
            return refusals.CHANCE
        if not market.is_feasible(project):
            return refusals.FEASIBLE
        return -value / appraisal.cost_pence, programme.id, project

    def backing(self, project, money, room, smallest):
        """The first money that covers a project, in the order of the sources; own money in part where none does.

        Under an equal envelope own money is all there is.

        Parameters
        ----------
        project : Project
        money : int
            Pence of its own.
        room, smallest : int
            Most families there is room for, and fewest that are worth it.

        Returns
        -------
        Backing or None
            None if the money is too little.
        """
        rules, market = self.model.rules, self.model.market
        own = self._own_backing(project, money, room, smallest)
        others_first = rules.up_front[0].back is not None
        if (own.families < room or others_first) and not self.model.funding.is_equal:
            least = max(smallest if others_first else max(own.families + 1, smallest), project.provider.least_families)
            asked = market.at_volume(replace(project, families=room, least=least, money=money), room)
            other = self._backed(asked) if room >= least else None
            if other is not None:
                return other
        return own if own.families >= smallest else None

    def _own_backing(self, project, money, room, smallest):
        """As many families as own money covers, at the price of so many; tendered anew if its provider does not bid for so few."""
        market = self.model.market
        families = min(room, market.affordable(project, money)) if self.model.funding.is_own else 0
        if families >= smallest and not market.bids(project.provider, project.programme, self, families):
            again = market.tendered(project, families, smallest)
            project, families = (again, market.affordable(again, money)) if again else (project, 0)
        sized = market.at_volume(project, families) if families else project
        return Backing(families, self.account(self.purse), self.outcome_account(), project=sized)

    def _is_worth(self, backing):
        """Whether what own money buys is worth the price of so few families, or it can be spent on programmes only."""
        project, is_own = backing.project, backing.funder == self.account(self.purse)
        cost = backing.families * project.price_pence
        return not is_own or cost <= self.funds.earmarked or self.model.outcomes.value_to(self, project) > 0

    def _backed(self, project):
        """The first backing of a project by another party, which the body's own staff do not deliver for; or None."""
        model, apart = self.model, self.model.market.for_others(project)
        if apart is not project and (apart is None or model.outcomes.value_to(self, apart) <= 0):
            return None
        apart = replace(apart, least=max(apart.least, apart.provider.least_families))
        backing = model.rules.back(self, apart)
        return backing and replace(backing, project=model.market.at_volume(apart, backing.families))

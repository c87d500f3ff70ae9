"""The year's market for programmes: whom they are for, who bids, and how many families they may take."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np

from sim.core.calendar import QUARTERS
from sim.deals.bonds import facts_of, feasible, load_conditions
from sim.deals.contracts import Contract
from sim.programmes import refusals
from sim.programmes.appraisal import Case, believed_reduction, snapshot

_YEARS_LISTED = 25  # years of benefit that a case lists, however short the run


class Market:
    """What bodies that commission may choose from.

    Parameters
    ----------
    model : LocalSystem
    """

    def __init__(self, model):
        self.model = model
        self._conditions = load_conditions() if model.arrangement.has("feasibility_gate") else []
        self._survey, self._benefits, self._taken, self._refused = {}, {}, Counter(), set()
        self._seen = None, None  # when families were looked at, and what was seen
        self._stages = {}  # programme -> whether it goes past its pilot; one in its pilot is not there

    def open(self):
        """A year begins: last year's surveys are out of date, and nobody is taken on or refused yet."""
        self._survey, self._benefits, self._taken, self._refused = {}, {}, Counter(), set()
        if not any(map(self.model.arrangement.is_for, self.model.catalogue)):
            for name in self.model.arrangement.programmes:
                for body in self.model.bodies:
                    self.model.decisions.declined(body.code, name, refusals.ABSENT)

    def _surveyed(self, programme):
        """Families like a programme's target, and their use of services where analysts go by it: found where somebody asks."""
        if programme.id not in self._survey:
            families, target = self.model.families, self.target_of(programme)
            found = families.use_by_target(target) if self.is_naive else (self._count(target), None)
            self._survey[programme.id] = found
        return self._survey[programme.id]

    def _count(self, target):
        """Known families like a target; what is seen of families is gone through once for all that ask at a time."""
        families = self.model.families
        moment = self.model.calendar.quarter, families.quarter  # families live on between commissioning and delivery
        if self._seen[0] != moment:
            self._seen = moment, families.as_seen()
        return families.known_like(target, self._seen[1])

    def take(self, body, programme, families):
        """Places that a signed contract takes."""
        self._taken[body.areas, programme] += families

    def pass_pilot(self, programme, estimate):
        """The first finding on a staged programme decides whether it goes on: its effect as a share of the published one."""
        if self.model.arrangement.has("staged"):
            self._stages.setdefault(programme, estimate >= self.model.arrangement.get("go_from"))

    def case_for(self, programme, belief, price_pence, horizon):
        """What an analyst knows of a programme for one family this year; None where there is nobody like its target."""
        spread = math.sqrt(belief.variance) / max(belief.mean, 1e-9)
        asked = programme.id, belief.mean, horizon
        if asked not in self._benefits:  # one body after another asks for the same
            self._benefits[asked] = self._benefit(programme, belief.mean, horizon)
        benefit = self._benefits[asked]
        return None if benefit is None else Case(benefit, spread, price_pence * self._believed_cost(programme))

    def _believed_cost(self, programme):
        """What deciders take a programme to cost, as a ratio to what is asked for it; a price of payments' own is known."""
        true = programme.get("cost_per_family")
        return programme.believed("cost_per_family") / true if true and not self.model.rules.paid_for.price else 1.0

    def _benefit(self, programme, theta, horizon):
        """Pence that a programme at a belief is expected to save a family by year and line; None as in :meth:`case_for`."""
        model, years = self.model, max(_YEARS_LISTED, self.model.years)
        unit_pence = model.services.prices.average.astype(float)
        if self.is_naive:
            families, use = self._surveyed(programme)
            reduction = believed_reduction(programme.published(model.place), theta, model.lines.need)
            lasting = (programme.get("duration") / QUARTERS, programme.get("half_life"))
            return snapshot(use / families, unit_pence, reduction, *lasting, years) if families else None
        projection = self._projected(programme, horizon)
        if projection is None:
            return None
        benefit, saved = np.zeros((years, len(unit_pence))), projection.by_year(theta)
        benefit[: len(saved)] = saved[:years] * unit_pence
        return benefit

    def _projected(self, programme, horizon):
        # payments are expected for years of their own, from the year after enrolment on
        years = max(horizon, 1 + self.model.arrangement.optional("payment_years"))
        return self.model.projections.of(programme, years)

    def look_ahead(self, body):
        """Project programmes that a body is about to appraise; in runs of even seeds from the last on.

        Workers keep what they have made for one another, so that two make half of it each and not all of it twice.
        """
        mine = [] if self.is_naive else [item for item in self.model.catalogue.values() if body.may_commission(item)]
        for programme in mine[:: 1 if self.model.seed % 2 else -1]:
            self._projected(programme, body.horizon())

    @property
    def is_naive(self):
        """Whether analysts go by last year's use of services rather than by what becomes of families."""
        return self.model.dials["appraisal.method"] == "snapshot"

    def best_provider(self, programme, body, wanted=1, least=1, for_others=False):
        """The provider whose bid seems best to a body, given how many of the families wanted it can take on; or None.

        One that cannot take on the least number is no candidate, nor one that does not bid for so many, and the body's own staff are none where another party
        pays up front and is paid for outcomes (:meth:`sim.arrangements.reading.Arrangement.may_provide`).
        """
        may_provide = self.model.arrangement.may_provide
        allowed = [item for item in self.model.providers if may_provide(item.sector, for_others)]
        able = [(item, item.may_take(programme, wanted)) for item in allowed]
        bids = [
            (item.bid_score(programme, body, families, self.ease(item)) * families / wanted, item.code, item)
            for item, families in able
            if families >= max(1, least) and self.bids(item, programme, body, families)
        ]
        return max(bids, key=lambda bid: bid[:2])[2] if bids else None

    def bids(self, provider, programme, body, families):
        """Whether a provider bids for so many families; that it does not for a project is taken down once a year."""
        why = self._refusal(provider, programme, families)
        if why and families >= body.smallest_project():
            key = provider.code, programme.id, body.code
            if key not in self._refused:
                self._refused.add(key)
                why = f"asked by {body.code}: {why}"
                self.model.decisions.taken(provider.code, "refuse", families, programme.id, why)
        return not why

    def _refusal(self, provider, programme, families):
        """Why a provider does not bid for so many families: too few, or at a price that is not its own and below its cost."""
        if families < provider.least_families:
            return f"bids for no fewer than {provider.least_families}"
        given = self.model.rules.paid_for.price
        if given and not provider.is_in_house:  # whose buyers make a deficit good
            price, cost = given(programme, provider), provider.contract_pence(programme, families)
            if price * families < cost:
                return f"a price of {price} does not cover its cost of {round(cost / families)}"
        return ""

    def for_others(self, project):
        """A project as another party may back it: tendered anew where its provider is not one that it would pay; or None."""
        if self.model.arrangement.may_provide(project.provider.sector, for_others=True):
            return project
        return self.tendered(project, project.families, project.least, for_others=True)

    def tendered(self, project, families, least, for_others=False):
        """A project tendered anew for so many families: with who wins, and at its price; or None."""
        body, programme = project.body, project.programme
        provider = self.best_provider(programme, body, families, least, for_others=for_others)
        if provider is None:
            return None
        families = provider.may_take(programme, families)
        price = self.price_pence(programme, provider, families)
        appraisal = body.appraise(programme, price)
        return replace(project, provider=provider, families=families, price_pence=price, appraisal=appraisal)

    def at_volume(self, project, families):
        """A project at the price of a contract for so many families; itself where that is its price."""
        price = self.price_pence(project.programme, project.provider, families)
        if price == project.price_pence:
            return project
        appraisal = project.body.appraise(project.programme, price)
        return replace(project, families=families, price_pence=price, appraisal=appraisal)

    def affordable(self, project, money, share=1.0, beside=0):
        """Most families of a project that a sum covers, at the price of a contract for so many.

        Parameters
        ----------
        project : Project
        money : int
        share : float
            Share of the price that is paid from the sum.
        beside : float
            Pence a family that are paid from it beside the price.
        """
        families, most = project.families, -1
        while families and families != most:
            most = families
            price = self.price_pence(project.programme, project.provider, families)
            families = min(families, int(money / max(1.0, price * share + beside)))
        return families

    def ease(self, provider):
        """How much easier an arrangement makes procurement for a provider of a sector; 1 where it says nothing."""
        return self.model.arrangement.optional(f"ease_{provider.sector}") or 1.0

    def forecast_benefit(self, body):
        """Benefit by line that a body's appraisal forecasts within its horizon, of all it might commission, one family each."""
        total = np.zeros(len(self.model.lines))
        for programme in self.model.catalogue.values():
            room = max(1, self.room_for(programme, body)) if body.may_commission(programme) else 0
            provider = self.best_provider(programme, body, room) if room else None
            appraisal = body.appraise(programme, self.price_pence(programme, provider, room)) if provider else None
            if appraisal is not None:
                total += appraisal.present_fiscal
        return total

    def is_accredited(self, programme):
        """Whether a programme may be commissioned as far as the evidence unit is concerned, if there is one."""
        return self.model.evidence is None or self.model.evidence.accredits(programme)

    def target_of(self, programme):
        """Whom an analyst takes to be like a programme's target: those with the problem, however far it has gone."""
        return self.model.targets[programme.id]._replace(level_to=3)

    def is_feasible(self, project):
        """Whether a project passes the conditions under which an outcome bond is feasible, where they are asked for."""
        return not self._conditions or not feasible(facts_of(self.model, project), self._conditions)

    def stage(self, programme, families):
        """Families a programme may take on at its stage: few before its go / no-go point, none past a no."""
        if not self.model.arrangement.has("staged"):
            return families
        go = self._stages.get(programme)
        if go is None:
            return math.ceil(families * self.model.arrangement.get("pilot_share"))
        return families if go else 0

    def room_for(self, programme, body):
        """Families that may still be taken on a programme this year where a body works, by all that work there together."""
        a_year = self._surveyed(programme)[0] * programme.a_year
        most = int(a_year * programme.believed("most_reached") * body.scope())
        return max(0, most - self._taken[body.areas, programme.id])

    def places(self, contract):
        """Places of a contract that families can be found for this quarter: fewer where more were thought to be in reach."""
        model, programme = self.model, self.model.catalogue[contract.programme]
        places, reached = model.contracts.places(contract), programme.get("most_reached")
        if reached >= programme.believed("most_reached"):
            return places
        areas = model.party(contract.body).areas
        mine = (item for item in model.contracts.running if item.programme == programme.id)
        taken = sum(sum(item.taken.values()) for item in mine if model.party(item.body).areas == areas)
        by_now = (model.calendar.quarter_of_year + 1) / QUARTERS
        return min(places, max(0, int(self._surveyed(programme)[0] * programme.a_year * reached * by_now) - taken))

    def price_pence(self, programme, provider, families):
        """Price a family of a contract for so many: the provider's bid, unless payments have a price of their own."""
        price = self.model.rules.paid_for.price
        return price(programme, provider) if price else provider.price_pence(programme, max(1, families))

    def reactive_practice(self, contract):
        """Share of a contract's places that practice gives to the worst off: what is not held down, hold by hold (3.4)."""
        provider, body, evidence = (*map(self.model.party, (contract.provider, contract.body)), self.model.evidence)
        holds = (provider.fidelity_hold(), body.supply_chain_hold(), evidence.accreditation_hold() if evidence else 0.0)
        return self.model.dials["programmes.reactive_practice"] * math.prod(1 - hold for hold in holds)

    def sign(self, project, backing):
        """Sign a year's contract for a project, and return it."""
        project = backing.project or project
        model, name, provider = self.model, project.programme.id, project.provider
        by_outcome = bool(backing.payee == provider.code)
        differential = model.arrangement.optional("hard_premium") > 0
        effort = provider.effort_on_hardest(by_outcome, differential)
        offer = model.offers.row_of(name, provider.fidelity_when(provider.signed + backing.families), effort)
        model.families.offers = model.offers.tables
        contract = Contract(
            body=project.body.code,
            programme=name,
            provider=provider.code,
            offer=offer,
            year=model.calendar.year,
            families=backing.families,
            price_pence=project.price_pence,
            funder=backing.funder,
            payee=backing.payee,
            at_risk=backing.at_risk,
            order=provider.order(by_outcome, differential, project.body.code, name) if by_outcome else 1,
            effort=effort,
            expected_pence=model.outcomes.expected(project) * backing.families if backing.payee else 0,
            stated_pence=model.outcomes.stated(project) * backing.families if backing.payee else 0,
        )
        provider.sign(contract, contract.expected_pence)
        model.contracts.sign(contract)
        self.take(project.body, name, backing.families)
        bought = f"{contract.families} families at {contract.price_pence} pence by {provider.code}"
        model.decisions.taken(project.body.code, "commission", contract.families, name, bought)
        if by_outcome:
            model.decisions.taken(provider.code, "accept", contract.families, name, "paid by outcomes")
            provider.choose(contract)
        model.recorder.signed(model, contract, project.appraisal)
        return contract

    def rescue(self, provider):
        """Whether a body whose outcomes it is paid for makes good what a provider owes beyond what it can borrow.

        It does for families in its care whom nobody else could take over, for no more than their price and if it has the
        money; the body with most of them first.
        """
        model, short = self.model, -provider.balance() - provider.overdraft_pence
        at_stake = [item for item in model.contracts.running if item.provider == provider.code and item.is_with_others]
        for contract in sorted(at_stake, key=lambda item: -sum(item.taken.values())):
            body, families = model.party(contract.body), sum(contract.taken.values())
            able = short <= min(families * contract.price_pence, body.spendable())
            if able and not self._could_take_over(provider, model.catalogue[contract.programme], families):
                body.pay(provider.code, short, "programme", body.purse)
                model.decisions.taken(body.code, "rescue", short, provider.code, f"{families} families in its care")
                return True
        return False

    def _could_take_over(self, provider, programme, families):
        """Whether another that may deliver for others has room for so many."""
        others = [item for item in self.model.providers if item is not provider]
        may = [item for item in others if self.model.arrangement.may_provide(item.sector, for_others=True)]
        return any(item.may_take(programme, families) >= families for item in may)

    def hand_on(self, provider):
        """Contracts of a provider that has failed go to the next best one; families that were in its care."""
        handed, book = 0, self.model.decisions
        for contract in self.model.contracts.running:
            if contract.provider == provider.code:
                body = self.model.party(contract.body)
                programme, apart = self.model.catalogue[contract.programme], contract.is_with_others
                other = self.best_provider(programme, body, contract.families, for_others=apart)
                families = sum(contract.taken.values())
                handed += families
                if other is not None:
                    book.taken(other.code, "take_over", families, contract.programme, f"from {provider.code}")
                    if contract.payee == contract.provider:
                        contract.payee = other.code
                    contract.provider = other.code
        return handed

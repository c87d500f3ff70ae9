"""The local system: who exists, and the quarter as named phases (docs/odd.md, section 3)."""

import mesa
import numpy as np

from sim.agents.agency import Agency
from sim.agents.broker import Broker
from sim.agents.department import Department
from sim.agents.evidence_unit import EvidenceUnit
from sim.agents.investor import Investor
from sim.agents.monitor import Monitor
from sim.agents.neighbourhood import Neighbourhood
from sim.agents.party import Contract
from sim.agents.provider import Provider
from sim.agents.social_bank import SocialBank
from sim.agents.vehicle import Vehicle
from sim.core import codes
from sim.core.faults import InputError, suggest
from sim.core.ledger import OUTSIDE, TREASURY, Ledger, split
from sim.core.streams import uniform
from sim.deals.market import Market
from sim.deals.outcomes import Outcomes
from sim.place.families import QUARTERS
from sim.place.services import served_cases
from sim.programmes.appraisal import believed_reduction
from sim.programmes.catalogue import grade_correction
from sim.programmes.measurement import Cohorts
from sim.programmes.offers import Offers


class LocalSystem(mesa.Model):
    """A place under one funding arrangement.

    Parameters
    ----------
    inputs : runner.Inputs
        Place, catalogue, arrangement, dials and years.
    settled : burn_in.Settled
        The place before the first decision; it is changed in place.
    seed : int
    recorder : results.Recorder
        Takes down what happens; only reports read it.
    """

    def __init__(self, inputs, settled, seed, recorder):
        super().__init__(rng=seed)
        self.seed, self.recorder = seed, recorder
        self.place, self.arrangement, self.dials, self.years = (
            inputs.place,
            inputs.arrangement,
            inputs.dials,
            inputs.years,
        )
        self.targets = {name: item.targets(inputs.place) for name, item in inputs.catalogue.items()}
        self.catalogue = {name: item for name, item in inputs.catalogue.items() if self.targets[name] is not None}
        self.families, self.services, self.lines = settled.families, settled.services, settled.services.lines
        self.scale = self.families.n / self.place.get("place.families")
        self.index = {"agencies": self.place.index("agencies"), "needs": self.place.index("needs")}
        self.ledger = Ledger()
        self.cohorts = Cohorts(self.design)
        self.quarter = 0
        self.spending = {q: self.services.prices.spending(self.services.counts[q]) for q in self.services.counts}
        self.duplication = {}  # quarter -> int64 (lines,): pence that bodies save their members by working as one
        self.contracts, self.signed, self._cut = [], {}, {}
        relieved = [self.lines_relieved(name) for name in self.catalogue if self.arrangement.is_for(name)]
        self._relieved_by_any = np.any([np.zeros(len(self.lines), bool), *relieved], axis=0)
        self._openings = []
        self.departments = [Department(self, item.id) for item in self.place.departments]
        self.agencies = [Agency(self, spec, settled.expected_pence) for spec in self.place.agencies]
        self.providers = [Provider(self, code, **values) for code, values in inputs.providers.items()]
        self.neighbourhoods = [Neighbourhood(self, code, i) for i, code in enumerate(self.place.neighbourhoods)]
        self.bodies = self.arrangement.rules.decides(self)
        self.market, self.outcomes = Market(self), Outcomes(self)
        self.investors, self.vehicle = [], None
        if self.bodies and any(source.investors for source in self.arrangement.rules.up_front):
            self.investors = [Investor(self, code, **entry) for code, entry in inputs.investors.items()]
            relief = TREASURY if self.arrangement.has("tax_relief") else ""
            banked = any(source.bank for source in self.arrangement.rules.up_front)
            self.vehicle = SocialBank(self, codes.BANK, inputs.bank, relief) if banked else Vehicle(self)
        self.monitor = Monitor(self, codes.MONITOR) if self.bodies and self.arrangement.has("monitor") else None
        self.evidence = (
            EvidenceUnit(self, codes.EVIDENCE_UNIT) if self.bodies and self.arrangement.has("evidence_unit") else None
        )
        self.broker = Broker(self) if self.bodies and self.arrangement.has("brokers") else None
        engaged = (self.vehicle, self.monitor, self.evidence, self.broker)
        others = [*self.investors, *(party for party in engaged if party)]
        parties = (*self.departments, *self.agencies, *self.providers, *self.bodies, *others)
        self.parties = {party.code: party for party in parties}
        self._first_use = self.use_pence(range(1 - QUARTERS, 1))
        self.offers = Offers(self.catalogue, self.place, self.dials, seed)
        contact = self.dials["programmes.effect_scale"] * self.dials["families.case_finding"]
        self.families.set_contact(
            contact * self.place.get("place.contact_finds"), min(1.0, self.dials["families.case_finding"])
        )
        for agency in self.agencies:
            self.ledger.transfer(OUTSIDE, agency.account("reserve"), agency.opening_reserve(), "opening_balance")
        for provider in self.providers:
            self.ledger.transfer(OUTSIDE, provider.account(), provider.opening_reserve(), "opening_balance")
        for investor in self.investors:
            investor.endow(self.place.get("place.population") * self.scale)

    def step(self):
        """One quarter. The order of the phases is the model (docs/odd.md, section 3)."""
        self.quarter += 1
        self.ledger.at(self.quarter)
        if self.is_year_start:
            self.fund()
        self.build()
        if self.is_year_start:
            self.commission()
        self.age()
        self.move_needs()
        self.serve()
        self.deliver()
        self.pay()
        if self.quarter_of_year == 2:
            self.forecast()
        if self.is_year_end:
            self.measure()
            self.settle()
            self.close_year()
        if self.is_year_end or self.lines.every_quarter:
            self.resize()
        if self.is_year_end:
            self.relate()
        self.recorder.record(self)

    # When it is

    @property
    def quarter_of_year(self):
        """0 to 3."""
        return (self.quarter - 1) % QUARTERS

    @property
    def year(self):
        """Financial year, from 1."""
        return (self.quarter + QUARTERS - 1) // QUARTERS

    @property
    def is_year_start(self):
        """Whether this is the first quarter of a financial year."""
        return self.quarter_of_year == 0

    @property
    def is_year_end(self):
        """Whether this is the last quarter of a financial year."""
        return self.quarter_of_year == QUARTERS - 1

    def quarters_of_year(self):
        """Quarters of the present financial year up to now."""
        return range(self.quarter - self.quarter_of_year, self.quarter + 1)

    def trend(self):
        """Trend of need since the first year, as a factor."""
        return (1 + self.dials["families.demand_growth"]) ** (self.year - 1)

    # The phases

    def fund(self):
        """The year's money arrives: the Treasury votes it, departments pass it on."""
        self.recorder.budgeted(self)
        for department in self.departments:
            for agency in self.agencies:
                if agency.spec.department == department.code:
                    held_back = min(agency.to_recover, agency.discretionary_pence)
                    grants = (
                        (agency.budget_pence, "grant", "service"),
                        (agency.discretionary_pence - held_back, "discretionary_grant", "prevention"),
                    )
                    for pence, purpose, purse in grants:
                        self.ledger.transfer(TREASURY, department.code, pence, "vote")
                        self.ledger.transfer(department.code, agency.account(purse), pence, purpose)

    def build(self):
        """Blocks whose notice has run out close; blocks decided on open."""
        closed = self.services.close_due(self.quarter)
        opened = np.zeros(len(self.lines), np.int64)
        for line, places in self._openings:
            opened[line] += places
        self._openings = []
        self.services.places = self.services.places + opened
        for line in np.nonzero(closed + opened)[0]:
            agency = self.agencies[self.lines.agency[line]]
            agency.pay(OUTSIDE, int(closed[line] * self.lines.closing_pence[line]), "closing_cost", "service")
            agency.pay(OUTSIDE, int(opened[line] * self.lines.opening_pence[line]), "opening_cost", "service")
            self.recorder.resized(self, line, int(closed[line]), int(opened[line]))

    def commission(self):
        """Bodies choose the year's programmes with the money they can raise."""
        self.contracts = []
        if self.bodies:
            self.market.open()
        for body in self.bodies:
            if body.has_all_cohorts():
                continue
            if body.is_open() and self.equal_money:
                granted = self.grant(body)
                body.pay_standing_costs()
                body.commission(min(granted, body.balance(body.purse)))
            elif body.is_open():
                self.raise_money(body)
                body.pay_standing_costs()
                body.commission(body.spendable())

    def age(self):
        """Families age; at 25 they leave and others enter."""
        self.families.age()

    def move_needs(self):
        """Needs worsen and ease."""
        self.families.move_needs(self.quarter)

    def serve(self):
        """Services meet demand within their places."""
        self.services.serve(self.families, self.quarter)

    def deliver(self):
        """Providers offer programmes; families engage."""
        scale = self.dials["programmes.effect_scale"]
        for contract in self.contracts:
            programme, provider = self.catalogue[contract.programme], self.parties[contract.provider]
            places = self._places(contract)
            target = self.targets[programme.id]
            rows, waiting = self.cohorts.take_up(
                self.families, places, self.quarter, programme.id,
                target=target, code=programme.code, same_programme=self.offers.of_programme(programme.id), order=contract.order,
                reach=min(1.0, provider.reach + self.arrangement.optional("reach_gain")),
                areas=self.parties[contract.body].areas,
                engagement=min(1.0, programme.get("engagement") + self.arrangement.optional("engagement_gain")),
            )  # fmt: skip
            if len(rows) and provider.sector == "community":
                for area, helped in zip(*np.unique(self.families.area_of(rows), return_counts=True), strict=True):
                    self.neighbourhoods[area].helped += int(helped)
            if len(rows):
                self.cohorts.enrolled(contract, self.families, target, rows, waiting, self.quarter)
                self.families.enrol(rows, contract.offer, scale * self.place.get("place.trust_gain"))
            contract.taken[self.quarter_of_year] = len(rows)
            self.recorder.enrolled(self, contract, len(rows))
        if self.contracts or self.families.heard.any():
            self.families.spread_word(scale * self.place.get("place.word_of_mouth"))

    def pay(self):
        """Every bill of the quarter, through the ledger."""
        bills = self.services.prices.spending(self.services.counts[self.quarter])
        if self.arrangement.has("joint_assessment"):
            nothing = np.zeros(len(self.lines), np.int64)
            self.duplication[self.quarter] = sum((body.duplication_removed() for body in self.bodies), nothing)
            bills = bills - self.duplication[self.quarter]
        self.spending[self.quarter] = bills
        for agency in self.agencies:
            agency.pay_services(self.spending[self.quarter])
        for contract in self.contracts:
            provider = self.parties[contract.provider]
            due = self._due(contract, self.quarter_of_year)
            if contract.funder:
                self.ledger.transfer(contract.funder, provider.code, due, "programme")
            provider.deliver(self.catalogue[contract.programme], self._places(contract))
        self._cut = {}
        for provider in self.providers:
            if not provider.failed and provider.is_insolvent():
                self._wind_down(provider)

    def _wind_down(self, provider):
        """A provider fails; the families in its care are handed on to the next best one."""
        provider.fail()
        handed = 0
        for contract in self.contracts:
            if contract.provider == provider.code:
                body = self.parties[contract.body]
                other = self.market.best_provider(self.catalogue[contract.programme], body, contract.families)
                handed += sum(contract.taken.values())
                if other is not None:
                    if contract.payee == contract.provider:
                        contract.payee = other.code
                    contract.provider = other.code
        self.recorder.failed(self, provider, handed)

    def forecast(self):
        """Third quarter: agencies forecast their outturn and cut."""
        for agency in self.agencies:
            agency.forecast_and_cut(self.quarter)

    def measure(self):
        """Cohorts are measured, and what is found moves beliefs."""
        first, now = self._first_use, self.use_pence(self.quarters_of_year())
        self.findings = self.cohorts.measure(
            self.families, self.services.prices, self.year, int(self.dials["measurement.cohort_size"]), self.followed_years,
            self.lines_paid_for, np.stack([first - now, first]) / np.maximum(1, self.services.prices.average),
        )  # fmt: skip
        if self.design != "none":
            for body in self.bodies:
                mine = [finding for finding in self.findings if finding.cohort.body == body.code]
                if mine:
                    new = sum(not finding.cohort.evaluated for finding in mine)
                    cost = round(new * self.cost_here("evaluation_cost") * body.people)
                    body.pay(OUTSIDE, min(cost, max(0, body.balance(body.purse))), "evaluation_cost", body.purse)
            for finding in self.findings:
                self._learn(finding)
            saved = sum((finding.saved for finding in self.findings), np.zeros(len(self.lines)))
            for agency in self.agencies:
                agency.learn_cashability(saved)
        if self.evidence:
            self.evidence.work()
        self.cohorts.close_year()

    def settle(self):
        """Savings are collected, outcomes paid for, surplus shared out: all before claw-back."""
        rules = self.arrangement.rules
        for body in self.bodies:
            if body.is_open():
                rules.savings(body, [finding for finding in self.findings if finding.cohort.body == body.code])
        if rules.paid_for.outcome:
            self.outcomes.pay()
        if self.vehicle:
            self.vehicle.settle(ends=self._ended_at_review())
        for body in self.bodies:
            if body.is_open() and rules.savings.share_out:
                rules.savings.share_out(body)

    def _ended_at_review(self):
        """Deals that politics ends at a spending review before they mature."""
        review = self.year % int(self.dials["departments.review_years"]) == 0
        if not review or not self.arrangement.has("political_risk"):
            return ()
        chance = self.arrangement.get("ended_at_review")
        return [code for code in self.vehicle.deals if uniform(self.seed, "ended at review", code, self.year) < chance]

    def close_year(self):
        """Underspends are kept, returned or clawed back; budgets for next year are set."""
        if self.broker:
            self.broker.work(self.bodies)
        for provider in self.providers:
            provider.end_of_year()
        if self.arrangement.has("social_capital"):
            self.families.gain_social_capital(np.array([item.gain() for item in self.neighbourhoods]))
        for agency in self.agencies:
            agency.close_year()
        for department in self.departments:
            for agency in self.agencies:
                if agency.spec.department == department.code:
                    department.set_budget(agency, self.year)

    def resize(self):
        """Agencies decide the size of their services."""
        for agency in self.agencies:
            agency.resize(self.quarter)

    def relate(self):
        """Trust, joining and leaving."""
        for body in self.bodies:
            body.relate()

    # What parties ask of the place

    def party(self, code):
        """A party by its code."""
        return self.parties[code]

    @property
    def design(self):
        """How outcomes are measured: as the arrangement says, unless the dial says otherwise."""
        chosen = self.dials["measurement.design"]
        return self.arrangement.rules.measured() if chosen == "arrangement" else chosen

    def believed_cashability(self, centre=False):
        """Believed share of benefit that becomes cash, by line.

        What the centre pays at cost is cash to the centre alone: all of it where its benefit counts, else nothing.
        """
        share = np.array([agency.believed_cash_share() for agency in self.agencies])[self.lines.agency]
        return np.where(self.lines.demand_led, float(centre), share)

    def correction(self, programme):
        """Optimism correction analysts apply for a programme's evidence grade."""
        return grade_correction(programme.grade)

    def drift(self, line):
        """Readiness to lower a line's threshold when places stay empty."""
        held = self.arrangement.has("backfill_control") and self._relieved_by_any[line]
        return 0.0 if held else self.dials["services.threshold_drift"]

    def willingness(self, line):
        """Willingness to close what stands empty on a line."""
        planned = self.arrangement.has("benefits_realisation") and self._relieved_by_any[line]
        return 1.0 if planned else self.dials["agencies.decommissioning"]

    def cost_here(self, name):
        """Pence of an administrative cost of the arrangement, in proportion to the people of the place; 0 if it has none."""
        if name not in self.arrangement.values:
            return 0
        return round(self.arrangement.pence(name) * self.scale * self.place.get("place.population") / 1e6)

    def centre(self):
        """The department that takes the centre's role in the arrangement.

        Raises
        ------
        InputError
            If the place has no such department.
        """
        code, known = self.arrangement.roles.get("centre", ""), [department.code for department in self.departments]
        if code not in known:
            raise InputError(self.arrangement.file, "roles.centre", f"{code!r} is no department of {self.place.id}",
                             suggest(code, known))  # fmt: skip
        return self.parties[code]

    def tranches(self):
        """Shares of capital by rank; the last takes the first loss."""
        first_loss = self.arrangement.optional("first_loss")
        return (1 - first_loss, first_loss) if first_loss else (1.0,)

    @property
    def equal_money(self):
        """Whether each arrangement has the same envelope in place of what it could raise."""
        return self.dials["comparison.envelope"] > 0

    @property
    def own_money(self):
        """Whether bodies have money of their own to pay providers with."""
        return self.equal_money or any(source.own for source in self.arrangement.rules.up_front)

    def raise_money(self, body):
        """A body's sources raise the year's money."""
        body.earmarked = body.ring_fenced = 0
        for source in self.arrangement.rules.up_front:
            source(body)

    def grant(self, body):
        """Under an equal envelope, top a body up to its share; pence that it may spend on programmes, and on nothing else."""
        envelope = self.dials["comparison.envelope"] * 100 * self.place.get("place.population") / 1e6 * self.scale
        shares = split(round(envelope), [other.claim() for other in self.bodies])
        body.earmarked = shares[self.bodies.index(body)]
        lacking = max(0, body.earmarked - body.balance(body.purse))
        self.ledger.transfer(OUTSIDE, body.account(body.purse), lacking, "contribution")
        return body.earmarked

    def sign(self, project, backing):
        """Sign a year's contract, and return it."""
        name, provider = project.programme.id, project.provider
        by_outcome = bool(backing.payee == provider.code)
        differential = self.arrangement.optional("hard_premium") > 0
        effort = provider.effort_on_hardest(by_outcome, differential)
        offer = self.offers.row_of(name, provider.fidelity_when(provider.signed + backing.families), effort)
        self.families.offers = self.offers.tables
        contract = Contract(
            project.body.code, name, provider.code, offer, self.year, backing.families, project.price_pence,
            backing.funder, backing.payee, backing.at_risk,
            provider.order(by_outcome, differential, project.body.code, name) if by_outcome else 1,
            self.outcomes.expected(project) * backing.families if backing.payee else 0,
        )  # fmt: skip
        provider.sign(contract, contract.expected_pence)
        self.contracts.append(contract)
        self.signed[contract.key] = contract
        self.market.take(project.body, name, backing.families)
        self.recorder.signed(self, contract, project.appraisal)
        return contract

    def share_cost(self, members, pence, purpose):
        """Members pay a joint cost in equal parts, from discretionary money as far as it goes."""
        for member, part in zip(members, split(pence, [1] * len(members)), strict=True):
            member.pay(OUTSIDE, min(part, max(0, member.balance("prevention"))), purpose, "prevention")

    def owed_next_quarter(self, body):
        """Pence a body owes providers next quarter."""
        quarter = self.quarter_of_year + 1
        purse = body.account(body.purse)
        return sum(self._due(contract, quarter) for contract in self.contracts if contract.funder == purse)

    def cancel_next_quarter(self, body, pence):
        """Cut what a body buys next quarter by a sum, and move the money to its services."""
        owed = self.owed_next_quarter(body)
        self._cut[body.account(body.purse)] = pence / owed
        self.ledger.transfer(body.account("prevention"), body.account("service"), pence, "internal")

    def spent_this_year(self, body):
        """Pence a body spent on programmes, agreeing and evaluation this year."""
        costs = ("programme", "transaction_cost", "evaluation_cost", "outcome_payment")
        year = set(self.quarters_of_year())
        return sum(
            pence
            for q, payer, _, pence, purpose in self.ledger.postings
            if q in year and payer == body.account(body.purse) and purpose in costs
        )

    def first_steps(self, contract):
        """Families of a contract whose needs were less at the end of the year than when they were taken on."""
        return self.cohorts.improved(self.cohorts.of(contract.key), self.families)

    def lines_touched(self, body):
        """Service lines of the needs that a body's programmes are meant to change."""
        names = {cohort.programme for cohort in self.cohorts.cohorts if cohort.body == body.code}
        return (
            np.any([self.lines_relieved(name) for name in names], axis=0) if names else np.zeros(len(self.lines), bool)
        )

    def lines_relieved(self, programme):
        """Service lines of the needs a programme is meant to change."""
        needs = {effect.need for effect in self.catalogue[programme].effects}
        return np.array([line.need in needs for line in self.place.lines])

    def lines_paid_for(self, programme):
        """Of the lines a programme is meant to relieve, those whose use the arrangement's payments look at."""
        relieved, named = self.lines_relieved(programme), self.arrangement.outcome_lines
        return relieved & np.isin(self.lines.ids, named) if named else relieved

    def workload(self, agency):
        """An agency's caseload this year over that of the base year, at average cost."""
        now, first = self.use_pence(self.quarters_of_year()), self._first_use
        own = agency.own_lines
        return float(now[own].sum() / first[own].sum()) if first[own].sum() else 1.0

    def use_pence(self, quarters):
        """Use of each line in some quarters, in pence at average cost."""
        served = np.zeros(len(self.lines))
        for q in quarters:
            served = served + served_cases(self.services.counts[q])
        return served * self.services.prices.average

    def area_base(self):
        """Use of the arrangement's outcome lines in the area in the base year, in pence at average cost."""
        return float(self._first_use[np.isin(self.lines.ids, self.arrangement.outcome_lines)].sum())

    def area_fall(self):
        """By how much that use is less this year than in the base year."""
        chosen = np.isin(self.lines.ids, self.arrangement.outcome_lines)
        return self.area_base() - float(self.use_pence(self.quarters_of_year())[chosen].sum())

    def carry_out(self, line, quarter, plan):
        """Put a decision on a line's size into effect; pence a year that opening costs."""
        block = int(self.lines.block[line])
        self.services.low_places[line] = plan.low_places
        if plan.close_blocks:
            self.services.notices.append((quarter + 1 + int(self.lines.notice[line]), line, plan.close_blocks * block))
        if plan.open_blocks:
            self._openings.append((line, plan.open_blocks * block))
        places = plan.open_blocks * block
        return places * (int(self.services.prices.fixed[line]) * QUARTERS + int(self.lines.opening_pence[line]))

    # The centre

    def fund_at_cost(self, agency, pence):
        """The centre pays for what it funds at cost."""
        self.ledger.transfer(TREASURY, agency.spec.department, pence, "vote")
        self.ledger.transfer(agency.spec.department, agency.account("service"), pence, "benefit_funding")

    def support(self, agency, pence):
        """The parent covers a deficit that nothing else can."""
        self.ledger.transfer(TREASURY, agency.spec.department, pence, "vote")
        self.ledger.transfer(agency.spec.department, agency.account("service"), pence, "emergency_support")

    def claw_back(self, agency, pence):
        """The parent takes an underspend back and surrenders it."""
        self.ledger.transfer(agency.account("service"), agency.spec.department, pence, "claw_back")
        self.ledger.transfer(agency.spec.department, TREASURY, pence, "surrender")

    def hand_back(self, agency, pence):
        """What an agency has not spent of a ring-fenced sum goes back to the centre."""
        if pence:
            centre = self.centre()
            agency.pay(centre.code, pence, "distribution", agency.purse)
            self.ledger.transfer(centre.code, TREASURY, pence, "surrender")

    # Inside

    def _learn(self, finding):
        """A cohort's first finding moves the belief in its programme of those it was done for."""
        cohort = finding.cohort
        if cohort.evaluated:
            return
        cohort.evaluated = True
        programme = self.catalogue[cohort.programme]
        usual = cohort.before.mean(axis=0) * self.services.prices.average
        reduction = believed_reduction(programme.published(self.place), 1.0, self.lines.need)
        expected = float((usual * reduction)[self.lines_paid_for(cohort.programme)].sum())
        if expected <= 0:
            return
        estimate = finding.per_family / expected
        variance = (finding.spread / expected) ** 2 + self.place.get("place.evaluation_doubt") ** 2
        self.market.pass_pilot(programme.id, estimate)
        if self.evidence:
            self.evidence.publish(programme.id, estimate, variance)
            return
        body = self.parties[cohort.body]
        for party in {id(party): party for party in (body, *body.members())}.values():
            party.beliefs[programme.id].update(estimate, variance)

    @property
    def followed_years(self):
        """Years after its own for which a cohort is followed."""
        values = self.arrangement.values
        return int(values["payment_years"].value) if "payment_years" in values else 1

    def _places(self, contract):
        """Families a contract is staffed for this quarter."""
        return round(split(contract.families, [1] * QUARTERS)[self.quarter_of_year] * self._kept(contract))

    def _kept(self, contract):
        return contract.kept * (1.0 - self._cut.get(contract.funder, 0.0))

    def _due(self, contract, quarter_of_year):
        if quarter_of_year >= QUARTERS:
            return 0
        # Rounded down: bills of the money that was kept must not come to more than it.
        return int(self.arrangement.rules.paid_for(contract, quarter_of_year) * self._kept(contract))

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
from sim.agents.provider import Provider
from sim.agents.social_bank import SocialBank
from sim.agents.vehicle import Vehicle
from sim.core import codes
from sim.core.calendar import QUARTERS, Calendar
from sim.core.faults import InputError, suggest
from sim.core.ledger import OUTSIDE, TREASURY, Ledger
from sim.deals.contracts import ContractBook
from sim.deals.decisions import DecisionBook
from sim.deals.evaluation import Evaluation
from sim.deals.funding import Funding
from sim.deals.market import Market
from sim.deals.outcomes import Outcomes
from sim.place.outturn import Outturn
from sim.programmes import refusals
from sim.programmes.offers import Offers
from sim.programmes.projection import Projections
from sim.programmes.relief import Relief
from sim.programmes.uptake import parts_of, share_out


class LocalSystem(mesa.Model):
    """A place under one funding arrangement.

    Parameters
    ----------
    inputs : studies.inputs.Inputs
        Place, catalogue, arrangement, dials and years.
    settled : place.burn_in.Settled
        The place before the first decision; it is changed in place.
    seed : int
    recorder : record.recorder.Recorder
        Takes down what happens; only reports read it.
    projections : programmes.projection.Projections, optional
        What analysts project programmes with; its own by default.
    comparison_area : callable, optional
        () -> the place where nobody is helped that some evaluations look at.
    """

    def __init__(self, inputs, settled, seed, recorder, projections=None, comparison_area=None):
        super().__init__(rng=seed)
        self.seed, self.recorder = seed, recorder
        self.place, self.dials, self.years, self.worth = inputs.place, inputs.dials, inputs.years, inputs.worth
        self.arrangement, self.rules = inputs.arrangement, inputs.arrangement.rules
        self.families, self.services, self.lines = settled.families, settled.services, settled.services.lines
        self.scale = self.families.n / self.place.get("place.families")
        self.index = {"agencies": self.place.index("agencies"), "needs": self.place.index("needs")}
        targets = {name: item.targets(inputs.place) for name, item in inputs.catalogue.items()}
        self.targets = {name: target for name, target in targets.items() if target is not None}
        self.catalogue = {name: inputs.catalogue[name] for name in self.targets}
        self.calendar, self.ledger = Calendar(), Ledger()
        self.decisions = DecisionBook(self.calendar, self.arrangement.decisions)
        self.contracts = ContractBook(self.calendar, self.rules.paid_for)
        self.payers = self.arrangement.payers_at(self.place)
        self.outturn = Outturn(self.services, self.calendar, self.payers)
        self.relief = Relief(self.place, self.catalogue, self.arrangement.outcome_lines)
        self.offers = Offers(self.catalogue, self.place, self.dials, seed if inputs.trials is None else inputs.trials)
        self.projections = projections or Projections(self.place, self.dials)
        self.findings = []
        self._admit_parties(inputs, settled.expected_pence)
        self.market, self.outcomes = Market(self), Outcomes(self)
        self.funding, self.evaluation = Funding(self), Evaluation(self)
        self.cohorts = self.evaluation.cohorts(comparison_area)
        self._open_accounts()
        if self.bodies:
            self.families.count_trust(min(1.0, self.dials["families.case_finding"]))

    def _admit_parties(self, inputs, expected_pence):
        """Who exists: the bodies of the place, those the arrangement brings, and those its parts bring."""
        has = self.arrangement.has
        self.departments = [Department(self, item.id) for item in self.place.departments]
        self.agencies = [Agency(self, spec, expected_pence) for spec in self.place.agencies]
        self.providers = [Provider(self, code, **values) for code, values in inputs.providers.items()]
        self.neighbourhoods = [Neighbourhood(self, code, i) for i, code in enumerate(self.place.neighbourhoods)]
        self.bodies = self.rules.decides(self)
        self.investors, self.vehicle = [], None
        if self.bodies and any(source.investors for source in self.rules.up_front):
            self.investors = [Investor(self, code, **entry) for code, entry in inputs.investors.items()]
            relief = TREASURY if has("tax_relief") else ""
            banked = any(source.bank for source in self.rules.up_front)
            self.vehicle = SocialBank(self, codes.BANK, inputs.bank, relief) if banked else Vehicle(self)
        self.monitor = Monitor(self, codes.MONITOR) if self.bodies and has("monitor") else None
        self.evidence = EvidenceUnit(self, codes.EVIDENCE_UNIT) if self.bodies and has("evidence_unit") else None
        self.broker = Broker(self) if self.bodies and has("brokers") else None
        engaged = (party for party in (self.vehicle, self.monitor, self.evidence, self.broker) if party)
        everybody = (*self.departments, *self.agencies, *self.providers, *self.bodies, *self.investors, *engaged)
        self.parties = {party.code: party for party in everybody}

    def _open_accounts(self):
        """Opening balances."""
        for agency in self.agencies:
            self.ledger.transfer(OUTSIDE, agency.account("reserve"), agency.opening_reserve(), "opening_balance")
        for provider in self.providers:
            self.ledger.transfer(OUTSIDE, provider.account(), provider.opening_reserve(), "opening_balance")
        for investor in self.investors:
            investor.endow(self.place.get("place.population") * self.scale)

    def step(self):
        """One quarter. The order of the phases is the model (docs/odd.md, section 3).

        Raises
        ------
        InputError
            If the years that the model is for are over.
        """
        if not self.running:
            raise InputError("model", "years", f"the {self.years} that it is for are over", "build one for more years")
        self.calendar.quarter += 1
        self.ledger.at(self.calendar.quarter)
        if self.calendar.is_year_start:
            self.fund()
        self.build()
        if self.calendar.is_year_start:
            self.commission()
        self.age()
        self.move_needs()
        self.happen()
        self.serve()
        self.deliver()
        self.pay()
        if self.calendar.is_forecast:
            self.forecast()
        if self.calendar.is_year_end:
            self.measure()
            self.settle()
            self.close_year()
        if self.calendar.is_year_end or self.lines.every_quarter:
            self.resize()
        if self.calendar.is_year_end:
            self.relate()
        self.recorder.record(self)
        self.running = self.calendar.quarter < self.years * QUARTERS

    # The phases

    def fund(self):
        """The year's money arrives: the Treasury votes it, departments pass it on."""
        self.services.diverted = self.payers.diverted_share(self.calendar.year)
        self.recorder.budgeted(self)
        for department in self.departments:
            department.fund_agencies()

    def build(self):
        """Blocks whose notice has run out close; blocks decided on open."""
        closed, opened = self.services.build(self.calendar.quarter)
        for line in np.nonzero(closed + opened)[0]:
            agency = self.agencies[self.lines.agency[line]]
            agency.pay(OUTSIDE, int(closed[line] * self.lines.closing_pence[line]), "closing_cost", "service")
            agency.pay(OUTSIDE, int(opened[line] * self.lines.opening_pence[line]), "opening_cost", "service")
            self.recorder.resized(self, line, int(closed[line]), int(opened[line]))

    def commission(self):
        """Bodies choose the year's programmes with the money they can raise."""
        self.contracts.open_year()
        if self.bodies:
            self.market.open()
        for body in self.bodies:
            if body.has_all_cohorts():
                continue
            if body.is_open():
                body.commission(self.funding.provide(body))
            else:
                self.decisions.declined(body.code, "", refusals.CLOSED)

    def age(self):
        """Families age; at 25 they leave and others enter."""
        self.families.age(self.calendar.quarter)

    def move_needs(self):
        """Needs worsen and ease."""
        self.families.move_needs(self.calendar.quarter)

    def happen(self):
        """Events happen to families with the need they belong to."""
        self.families.happen(self.calendar.quarter)

    def serve(self):
        """Services meet demand within their places."""
        self.services.serve(self.families, self.calendar.quarter)

    def deliver(self):
        """Providers offer programmes; families engage."""
        for contract in self.contracts.running:
            rows = self._take_up(contract)
            worst = self.families.worst_need(rows, self.targets[contract.programme])
            contract.take_on(self.calendar.quarter_of_year, worst)
            self.recorder.enrolled(self, contract, rows)
            self.recorder.staffed(self, contract, worst)
        if self.contracts.running or self.families.heard.any():
            scale = self.dials["programmes.effect_scale"]
            self.families.spread_word(scale * self.place.get("place.word_of_mouth"))

    def _take_up(self, contract):
        """Families that engage with a contract's programme this quarter: their rows."""
        programme, provider = self.catalogue[contract.programme], self.party(contract.provider)
        target, more = self.targets[programme.id], self.arrangement.optional
        parts = parts_of(self.market.reactive_practice(contract), programme.shares)
        rows, waiting = self.cohorts.take_up(
            self.families,
            share_out(self.market.places(contract), parts, contract.owed),
            self.calendar.quarter,
            programme.id,
            target=target,
            code=programme.code,
            same_programme=self.offers.of_programme(programme.id),
            order=contract.order,
            reach=min(1.0, provider.reach + more("reach_gain")),
            areas=self.party(contract.body).areas,
            engagement=min(1.0, programme.get("engagement") + more("engagement_gain")),
        )
        if len(rows):
            if provider.sector == "community":
                for area, helped in zip(*np.unique(self.families.area_of(rows), return_counts=True), strict=True):
                    self.neighbourhoods[area].helped += int(helped)
            self.cohorts.enrolled(contract, self.families, target, rows, waiting, self.calendar.quarter)
            self.families.enrol(rows, contract.offer, self.offers.trust_gain(programme.id))
        return rows

    def pay(self):
        """Every bill of the quarter, through the ledger."""
        duplication = None
        if self.arrangement.has("joint_assessment"):
            nothing = np.zeros(len(self.lines), np.int64)
            duplication = sum((body.duplication_removed() for body in self.bodies), nothing)
        bills = self.outturn.bill(duplication)
        for agency in self.agencies:
            agency.pay_services(bills)
        for agency in self.agencies:
            agency.pay_others(self.calendar.quarter)
        for contract in self.contracts.running:
            provider = self.party(contract.provider)
            if contract.funder:
                self.ledger.transfer(contract.funder, provider.code, self.contracts.due(contract), "programme")
            provider.deliver(contract, self.contracts.places(contract))
        self.contracts.close_quarter()
        for provider in self.providers:
            if not provider.failed and provider.is_insolvent() and not self.market.rescue(provider):
                provider.fail()
                self.recorder.failed(self, provider, self.market.hand_on(provider))

    def forecast(self):
        """Third quarter: agencies forecast their outturn and cut."""
        for agency in self.agencies:
            agency.forecast_and_cut(self.calendar.quarter)

    def measure(self):
        """Cohorts are measured, and what is found moves beliefs."""
        self.findings = self.evaluation.findings()
        self.evaluation.charge(self.findings)
        self.evaluation.learn(self.findings)
        self.cohorts.close_year()

    def settle(self):
        """Savings are collected, outcomes paid for, surplus shared out: all before claw-back."""
        for body in self.bodies:
            if body.is_open():
                self.rules.savings(body, [finding for finding in self.findings if finding.cohort.body == body.code])
        if self.rules.paid_for.unit:
            self.outcomes.pay()
        if self.vehicle:
            self.vehicle.pay_investors(self.vehicle.ended_at_review())
        for body in self.bodies:
            if body.is_open() and self.rules.savings.share_out:
                self.rules.savings.share_out(body)

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
            department.set_budgets()

    def resize(self):
        """Agencies decide the size of their services."""
        for agency in self.agencies:
            agency.resize(self.calendar.quarter)

    def relate(self):
        """Trust, joining and leaving; the year's decisions are all taken."""
        for body in self.bodies:
            body.relate()
        self.decisions.close_year()

    # Who is asked for

    def party(self, code):
        """A party by its code."""
        return self.parties[code]

    def payers_of_places(self, line):
        """Agencies that pay for places of a line, used or not, each with its share: list of (Agency, float)."""
        shares = self.payers.shares[:, line]
        return [(self.agencies[i], float(shares[i])) for i in np.nonzero(shares)[0]]

    def centre(self):
        """The department that takes the centre's role in the arrangement.

        Raises
        ------
        InputError
            If the place has no such department.
        """
        code, known = self.arrangement.roles.get("centre", ""), [department.code for department in self.departments]
        if code not in known:
            raise InputError(
                self.arrangement.file,
                "roles.centre",
                f"{code!r} is no department of {self.place.id}",
                suggest(code, known),
            )
        return self.parties[code]

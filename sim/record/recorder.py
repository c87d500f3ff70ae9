"""Taking down what a run does, and turning it and its twin into leaf rows (docs/odd.md, section 8)."""

from dataclasses import dataclass, field

import numpy as np

from sim.core.ledger import split
from sim.deals.finance import irr
from sim.place import kernels
from sim.place.places import LEVELS
from sim.record.served import Served

_ENTRENCHED = np.uint32(0xAAAAAAAA)  # of packed levels: set where a need is at level 2 or 3


@dataclass
class Recorder:
    """Takes down what a run does. It alone sees the twin; agents never do.

    Parameters
    ----------
    twin : Recorder, optional
        Record of the do-nothing twin of the same seed.
    unmanaged : Recorder, optional
        Where the twin has the arrangement's management, the record of the twin without.
    watcher : optional
        Its ``take_down`` is called at the end of each quarter.
    """

    twin: "Recorder" = None
    unmanaged: "Recorder" = None
    watcher: object = None
    served: Served = field(default_factory=Served)  # who was served, of a twin only
    leavers: list = field(default_factory=list)  # int64 (needs, 4) a quarter
    levels: list = field(default_factory=list)  # int64 (needs, 4) a quarter: families by level
    entrenched: list = field(default_factory=list)  # families with an entrenched need or worse at each year's end
    promised: dict = field(default_factory=dict)  # year -> float (lines,) pence
    people: dict = field(default_factory=dict)  # (year, body, measure) -> number
    resizing: dict = field(default_factory=dict)  # (year, line, "closing_cost" | "opening_cost") -> pence
    savings: dict = field(default_factory=dict)  # (year, "measured_saving" | "true_saving") -> float (lines,) pence
    balances: dict = field(default_factory=dict)  # (year, party) -> pence
    budgets: dict = field(default_factory=dict)  # (year, agency) -> pence
    finances: dict = field(default_factory=dict)  # (year, agency, measure) -> pence cut, or reports
    modelled: list = field(default_factory=list)  # share of the place's public spending that is on its lines, by year
    reinvested: dict = field(default_factory=dict)  # (year, body) -> pence
    efficiency: dict = field(default_factory=dict)  # (year, agency) -> pence saved on services by working as one
    happened: list = field(default_factory=list)  # int64 (events,) a quarter: families each event happened to
    with_event: list = field(default_factory=list)  # int64 (events,) a year: families it happened to once or more
    counts: np.ndarray = None  # int64 (quarters, lines, len(FIELDS))
    flows: list = None
    bodies: tuple = ()
    kinds: dict = field(default_factory=dict)  # party outside the place -> "provider", "investor" or "other"

    def __post_init__(self):
        self._then = self.twin and self.twin.served.replay()

    @property
    def nbytes(self):
        """About how much memory it takes."""
        return self.served.nbytes

    def record(self, model):
        """Take down a quarter that has just ended."""
        if self.twin is None:
            self.served.add(model.families.columns.served[model.calendar.quarter % kernels.RING])
        self.leavers.append(model.families.leavers.sum(axis=0))
        self.levels.append(model.families.counts.sum(axis=0))
        self.happened.append(model.families.happened.sum(axis=0))
        if self.watcher:
            self.watcher.take_down(model.calendar.quarter)
        if model.calendar.is_year_end:
            self._record_year(model)

    def _record_year(self, model):
        year = model.calendar.year
        for code in sorted({*model.parties, "treasury", "outside"}):
            self.balances[year, code] = model.ledger.party_balance(code)
        quarters = model.calendar.quarters_of_year()
        lines = int(sum(model.outturn.spending[quarter].sum() for quarter in quarters))
        self.modelled.append(lines / (100 * model.place.get("place.public_spending") * model.scale))
        for agency in model.agencies:
            self.finances |= {(year, agency.code, name): number for name, number in agency.noted.items()}
            self.efficiency[year, agency.code] = agency.saved_together(model.calendar.quarters_of_year())
        self.with_event.append(model.families.with_event())
        self.entrenched.append(int(np.count_nonzero(model.families.columns.packed & _ENTRENCHED)))
        for body in model.bodies:
            self._record_body(body, year)
        for cohort in model.cohorts.cohorts:
            if cohort.year == year - 1:
                turned, _ = cohort.turned_around(model.families)
                self._count(year, cohort.body, "families_turned_around", int(turned.sum()))
        for finding in model.findings:
            self._record_quality(finding, year)
        if self.twin is not None and model.findings:
            self._record_savings(model, year)

    def _record_body(self, body, year):
        if hasattr(body, "alive"):
            self.people[year, body.code, "list_alive"] = int(body.alive and body.founded is not None)
            self.people[year, body.code, "members"] = len(body.joined)
            self.people[year, body.code, "trust"] = body.mean_trust()
            self.reinvested[year, body.code] = body.kept_to_reinvest
            bought = any(contract.body == body.code for contract in body.model.contracts.running)
            self.people[year, body.code, "years_bought"] = int(bought)
            for _, receipts, cost in getattr(body, "completed", ()):
                self._count(year, body.code, "completed_receipts", receipts)
                self._count(year, body.code, "completed_cost", cost)
        if hasattr(body, "offered"):
            self.people[year, body.code, "bonds_offered"] = body.offered
            self.people[year, body.code, "bonds_sold"] = body.sold

    def _record_quality(self, finding, year):
        """How far a finding can be believed."""
        quality, compared = finding.quality, int(finding.quality.controls > 0 or not finding.estimate)
        counts = {
            "findings": 1,
            "findings_without_estimate": int(not finding.estimate),
            "findings_compared": compared,
            "controls_unique": quality.controls,
            "controls_effective": quality.effective,
            "support_summed": compared * quality.support,
            "worst_differences_summed": quality.worst_difference,
            "enrolled_later_summed": quality.enrolled_later,
        }
        for measure, number in counts.items():
            self._count(year, finding.cohort.body, measure, number)

    def _record_savings(self, model, year):
        """Measured saving beside the true one, for the same families in the same year."""
        average, columns = model.services.prices.average, model.families.columns
        cohorts = [finding.cohort for finding in model.findings]
        then, now = np.zeros((2, len(cohorts), len(average)), np.int64)
        for quarter in model.calendar.quarters_of_year():
            served = columns.served[quarter % kernels.RING]
            for masks, use in ((self._then.at(quarter), then), (served, now)):
                for cohort, by_line in zip(cohorts, use, strict=True):
                    kernels.use_of_rows(masks, cohort.rows, columns.generation, cohort.generation, by_line)
        true = {cohort.key: pence for cohort, pence in zip(cohorts, (then - now) * average, strict=True)}
        measured = sum((finding.saved * average for finding in model.findings), np.zeros(len(average)))
        self.savings[year, "measured_saving"] = measured
        self.savings[year, "true_saving"] = sum(true.values(), np.zeros(len(average)))
        self._record_judgements(model, true)

    def _record_judgements(self, model, true):
        """How often a saving measured passes what payment asks of it, how often the true one does, and how often noise would."""
        for group in model.outcomes.judged(model.findings):
            saved = sum(
                float(true[finding.cohort.key][model.relief.paid_for(finding.cohort.programme)].sum())
                for finding in group
            )
            chance, pence = model.outcomes.luck(group)
            counts = {
                "payments_judged": 1,
                "payments_made": model.outcomes.passes(group),
                "payments_by_luck": chance,
                "payments_earned": model.outcomes.earned(group, saved),
                "paid_for_luck": round(pence),
            }
            for measure, number in counts.items():
                self._count(model.calendar.year, group[0].cohort.body, measure, number)

    def _count(self, year, code, measure, number):
        self.people[year, code, measure] = self.people.get((year, code, measure), 0) + number

    def budgeted(self, model):
        """Take down the budgets of the year that begins."""
        for agency in model.agencies:
            self.budgets[model.calendar.year, agency.code] = agency.budget_pence

    def signed(self, model, contract, appraisal):
        """Take down what a decider promised itself: its appraisal, for the years of the run."""
        for ahead in range(model.years - contract.year + 1):
            year = contract.year + ahead
            lines = self.promised.setdefault(year, np.zeros(len(model.lines)))
            lines += contract.families * appraisal.fiscal_pence[ahead]

    def enrolled(self, model, contract, rows):
        """Take down families enrolled, by their rows."""
        self._count(model.calendar.year, contract.body, "families_enrolled", len(rows))

    def staffed(self, model, contract, worst):
        """Take down what a quarter of a contract costs its provider, by the worst need of each family enrolled."""
        provider, places = model.party(contract.provider), model.contracts.places(contract)
        taken = np.bincount(worst, minlength=len(LEVELS))
        cost = provider.delivery_pence(contract, places)
        parts = by_severity(cost, taken, places - len(worst), contract.effort)
        for name, pence in zip((*LEVELS, "empty_places"), parts, strict=True):
            self._count(model.calendar.year, provider.code, f"spent_on_{name}", pence)

    def failed(self, model, provider, families):
        """Take down a provider's failure and the families in its care."""
        self.people[model.calendar.year, provider.code, "provider_failures"] = 1
        self.people[model.calendar.year, provider.code, "families_handed_on"] = families

    def resized(self, model, line, closed, opened):
        """Take down what closing and opening places cost."""
        costs = (
            ("closing_cost", closed * model.lines.closing_pence[line]),
            ("opening_cost", opened * model.lines.opening_pence[line]),
        )
        for name, pence in costs:
            key = (model.calendar.year, int(line), name)
            self.resizing[key] = self.resizing.get(key, 0) + int(pence)

    def finish(self, model):
        """Take down the counts and the ledger once the run is over."""
        self.served.close()
        self.watcher = None
        self.counts = np.stack([model.services.counts[q] for q in range(1, model.calendar.quarter + 1)])
        self.flows = model.ledger.flows()
        self.decisions, self.notes = model.decisions.rows, model.decisions.notes
        self.bodies = tuple(body.code for body in model.bodies if body not in model.agencies)
        if self.twin is not None:
            self.kinds = {party.code: "department" for party in model.departments}
            self.kinds |= {party.code: "provider" for party in model.providers}
            self.kinds |= {party.code: "investor" for party in model.investors}
        if model.vehicle:
            self.kinds[model.vehicle.code] = "other"
            self._record_investors(model)

    def _record_investors(self, model):
        """Take down what investors' deals came to: their pooled yearly return, and capital not repaid in closed deals."""
        deals = model.vehicle.deals.values()
        flows = {}
        for stake in (stake for deal in deals if deal.closed for stake in deal.stakes):
            for year, pence in stake.flows.items():
                flows[year] = flows.get(year, 0) + pence
        years = range(min(flows), max(flows) + 1) if flows else ()
        rate = irr([flows.get(year, 0) for year in years]) if flows else None
        code = model.vehicle.code
        if rate is not None:
            self.people[model.calendar.year, code, "investor_irr"] = rate
        spread = _spread([stake for deal in deals if deal.closed for stake in deal.stakes if stake.irr is not None])
        if spread is not None:
            self.people[model.calendar.year, code, "investor_irr_spread"] = spread
        self.people[model.calendar.year, code, "deals_closed"] = sum(deal.closed for deal in deals)
        self.people[model.calendar.year, code, "deals_with_loss"] = sum(
            deal.closed and deal.default_pence > 0 for deal in deals
        )


def by_severity(pence, taken, empty, effort):
    """What a provider spends on families by the worst need they were taken on with, and on places that nobody takes.

    Parameters
    ----------
    pence : int
    taken : int (levels,)
        Families by level.
    empty : int
        Places without a family.
    effort : float
        Staff that a family in crisis gets, as a share of others'.

    Returns
    -------
    list of int
        Pence by level, and last on empty places.
    """
    weights = [*map(float, taken), float(empty)]
    weights[len(LEVELS) - 1] *= max(effort, 1e-6)  # somebody is paid to leave them alone
    return split(pence, weights) if any(weights) else [0] * len(weights)


def _spread(stakes):
    """Standard deviation of stakes' yearly returns, weighted by capital; None for fewer than two."""
    if len(stakes) < 2:
        return None
    returns, capital = np.array([stake.irr for stake in stakes]), np.array([stake.pence for stake in stakes], float)
    return float(np.sqrt(np.average((returns - np.average(returns, weights=capital)) ** 2, weights=capital)))

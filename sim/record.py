"""Taking down what a run does, and turning it and its twin into leaf rows (docs/odd.md, section 8)."""

from dataclasses import dataclass, field

import numpy as np

from sim import kernels
from sim.families import QUARTERS
from sim.finance import irr
from sim.places import LEVELS
from sim.services import FIELDS, LEAKS, leaks, waiting_need_met

# Money of a party straight from the flows: measure, purpose, whether paid (-1) or received (+1), whether it counts in
# the net position. What providers give back lowers programme cost.
_MOVES = (
    ("programme_cost", "programme", -1, True), ("transaction_cost", "transaction_cost", -1, True),
    ("evaluation_cost", "evaluation_cost", -1, True), ("pool_overhead", "pool_overhead", -1, True),
    ("outcome_payment_out", "outcome_payment", -1, True), ("outcome_payment_in", "outcome_payment", 1, True),
    ("agency_premium", "agency_premium", 1, True), ("capital_in", "contribution", 1, False), ("capital_in", "capital", 1, False),
    ("capital_repaid", "capital_repayment", -1, False), ("investor_return", "investor_return", -1, True),
    ("distributed", "distribution", -1, False),
)  # fmt: skip
PLACE = "place"  # stands for an agency where a number is the whole place's
_FROM_CENTRE = ("grant", "discretionary_grant", "benefit_funding", "emergency_support")


@dataclass
class Recorder:
    """Takes down what a run does. It alone sees the twin; agents never do.

    Parameters
    ----------
    twin : Recorder, optional
        Record of the do-nothing twin of the same seed.
    """

    twin: "Recorder" = None
    served: list = field(default_factory=list)  # uint32 (families,) a quarter, of a twin only
    leavers: list = field(default_factory=list)  # int64 (needs, 4) a quarter
    entrenched: list = field(default_factory=list)  # families with an entrenched need or worse at each year's end
    promised: dict = field(default_factory=dict)  # year -> float (lines,) pence
    people: dict = field(default_factory=dict)  # (year, body, measure) -> number
    resizing: dict = field(default_factory=dict)  # (year, line, "closing_cost" | "opening_cost") -> pence
    savings: dict = field(default_factory=dict)  # (year, "measured_saving" | "true_saving") -> float (lines,) pence
    balances: dict = field(default_factory=dict)  # (year, party) -> pence
    budgets: dict = field(default_factory=dict)  # (year, agency) -> pence
    reinvested: dict = field(default_factory=dict)  # (year, body) -> pence
    efficiency: dict = field(default_factory=dict)  # (year, agency) -> pence saved on services by working as one
    counts: np.ndarray = None  # int64 (quarters, lines, len(FIELDS))
    flows: list = None
    bodies: tuple = ()
    kinds: dict = field(default_factory=dict)  # party outside the place -> "provider", "investor" or "other"

    def record(self, model):
        """Take down a quarter that has just ended."""
        if self.twin is None:
            self.served.append(model.families.columns.served[model.quarter % kernels.RING].copy())
        self.leavers.append(model.families.leavers.sum(axis=0))
        if model.is_year_end:
            self._record_year(model)

    def _record_year(self, model):
        year = model.year
        for code in sorted({*model.parties, "treasury", "outside"}):
            self.balances[year, code] = model.ledger.party_balance(code)
        for agency in model.agencies:
            self.efficiency[year, agency.code] = agency.saved_together(model.quarters_of_year())
        self.entrenched.append(int((model.families.columns.levels >= 2).any(axis=1).sum()))
        for body in model.bodies:
            self._record_body(body, year)
        for cohort in model.cohorts.cohorts:
            if cohort.year == year - 1:
                turned, _ = cohort.turned_around(model.families)
                self._count(year, cohort.body, "families_turned_around", int(turned.sum()))
        if self.twin is not None and model.findings:
            self._record_savings(model, year)

    def _record_body(self, body, year):
        if hasattr(body, "alive"):
            self.people[year, body.code, "list_alive"] = int(body.alive and body.founded is not None)
            self.people[year, body.code, "members"] = len(body.joined)
            self.people[year, body.code, "trust"] = body.mean_trust()
            self.reinvested[year, body.code] = body.kept_to_reinvest

        if hasattr(body, "offered"):
            self.people[year, body.code, "bonds_offered"] = body.offered
            self.people[year, body.code, "bonds_sold"] = body.sold

    def _record_savings(self, model, year):
        """Measured saving beside the true one, for the same families in the same year."""
        average = model.services.prices.average
        now = np.stack([model.families.columns.served[q % kernels.RING] for q in model.quarters_of_year()])
        then = np.stack([self.twin.served[q - 1] for q in model.quarters_of_year()])
        measured, true = np.zeros(len(average)), {}
        for finding in model.findings:
            measured += finding.saved * average
            use, cohort = np.zeros((2, len(average)), np.int64), finding.cohort
            for i, served in enumerate((then, now)):
                kernels.use_of_rows(served, cohort.rows, model.families.columns.generation, cohort.generation, use[i])
            true[cohort.key] = (use[0] - use[1]) * average
        self.savings[year, "measured_saving"] = measured
        self.savings[year, "true_saving"] = sum(true.values(), np.zeros(len(average)))
        self._record_judgements(model, true)

    def _record_judgements(self, model, true):
        """How often a saving measured passes what payment asks of it, how often the true one does, and how often noise would."""
        for group in model.outcomes.judged(model.findings):
            saved = sum(
                float(true[finding.cohort.key][model.lines_paid_for(finding.cohort.programme)].sum())
                for finding in group
            )
            counts = {"payments_judged": 1, "payments_made": model.outcomes.passes(group), "payments_by_luck": model.outcomes.luck(group),
                      "payments_earned": saved > model.outcomes.bar(group)}  # fmt: skip
            for measure, number in counts.items():
                self._count(model.year, group[0].cohort.body, measure, number)

    def _count(self, year, code, measure, number):
        self.people[year, code, measure] = self.people.get((year, code, measure), 0) + number

    def budgeted(self, model):
        """Take down the budgets of the year that begins."""
        for agency in model.agencies:
            self.budgets[model.year, agency.code] = agency.budget_pence

    def signed(self, model, contract, appraisal):
        """Take down what a decider promised itself: its appraisal, for the years of the run."""
        for ahead in range(model.years - contract.year + 1):
            year = contract.year + ahead
            lines = self.promised.setdefault(year, np.zeros(len(model.lines)))
            lines += contract.families * appraisal.fiscal_pence[ahead]

    def enrolled(self, model, contract, families):
        """Take down families enrolled."""
        self._count(model.year, contract.body, "families_enrolled", families)

    def failed(self, model, provider, families):
        """Take down a provider's failure and the families in its care."""
        self.people[model.year, provider.code, "provider_failures"] = 1
        self.people[model.year, provider.code, "families_handed_on"] = families

    def resized(self, model, line, closed, opened):
        """Take down what closing and opening places cost."""
        costs = (
            ("closing_cost", closed * model.lines.closing_pence[line]),
            ("opening_cost", opened * model.lines.opening_pence[line]),
        )
        for name, pence in costs:
            key = (model.year, int(line), name)
            self.resizing[key] = self.resizing.get(key, 0) + int(pence)

    def finish(self, model):
        """Take down the counts and the ledger once the run is over."""
        self.counts = np.stack([model.services.counts[q] for q in range(1, model.quarter + 1)])
        self.flows = model.ledger.flows()
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
            self.people[model.year, code, "investor_irr"] = rate
        self.people[model.year, code, "deals_closed"] = sum(deal.closed for deal in deals)
        self.people[model.year, code, "deals_with_loss"] = sum(deal.closed and deal.default_pence > 0 for deal in deals)


class Rows:
    """Leaf rows of one run against its twin, as they will stand in ``runs.parquet``."""

    def __init__(self, place, prices, run, twin):
        self.place, self.prices, self.run, self.twin = place, prices, run, twin
        self.agency_of = [line.agency for line in place.lines]
        self.years = run.counts.shape[0] // QUARTERS
        self.rows = []  # (year, agency, line, measure, pence or None, value or None)

    def build(self):
        """All rows, in a fixed order."""
        by_line = self._leaks()
        self._promised(by_line)
        self._agencies(by_line)
        self._bodies()
        self._people()
        self._beyond_horizon()
        return self.rows

    def management(self):
        """Rows of what management alone released, for a twin with the management against one without."""
        cash = leaks(self.run.counts, self.twin.counts, self.prices)["cash_released"]
        for year, by_line in enumerate(cash.reshape(self.years, QUARTERS, -1).sum(axis=1), 1):
            for line, pence in zip(self.place.lines, by_line, strict=True):
                self._money(year, line.agency, line.id, "management_cash", pence)
        return self.rows

    def _money(self, year, agency, line, measure, pence):
        self.rows.append((year, agency, line, measure, int(pence), None))

    def _value(self, year, agency, line, measure, value):
        self.rows.append((year, agency, line, measure, None, float(value)))

    def _leaks(self):
        """Identity of docs/odd.md section 4.3 by year and line; returns them summed by year."""
        by_quarter = leaks(self.run.counts, self.twin.counts, self.prices)
        by_year = {name: values.reshape(self.years, QUARTERS, -1).sum(axis=1) for name, values in by_quarter.items()}
        for year in range(self.years):
            for j, line in enumerate(self.place.lines):
                for name in LEAKS:
                    self._money(year + 1, line.agency, line.id, name, by_year[name][year, j])
        return by_year

    def _promised(self, by_line):
        for year in range(1, self.years + 1):
            promised = np.rint(self.run.promised.get(year, np.zeros(len(self.place.lines)))).astype(np.int64)
            for j, line in enumerate(self.place.lines):
                self._money(year, line.agency, line.id, "promised", promised[j])
                self._money(
                    year, line.agency, line.id, "optimism_and_luck", promised[j] - by_line["gross_avoided"][year - 1, j]
                )
                for name in ("measured_saving", "true_saving"):
                    if (year, name) in self.run.savings:
                        self._money(year, line.agency, line.id, name, round(self.run.savings[year, name][j]))

    def _agencies(self, by_line):
        paid, received = _by_party(self.run.flows)
        twin_paid, twin_received = _by_party(self.twin.flows)
        spent, spent_twin = (self._spending(record) for record in (self.run, self.twin))
        for year in range(1, self.years + 1):
            for agency in self.place.agencies:
                code = agency.id
                own = [j for j, owner in enumerate(self.agency_of) if owner == code]
                cash = int(by_line["cash_released"][year - 1, own].sum())
                back = paid.get((year, code, "claw_back"), 0) - twin_paid.get((year, code, "claw_back"), 0)
                lost = sum(
                    twin_received.get((year, code, name), 0) - received.get((year, code, name), 0)
                    for name in _FROM_CENTRE
                )
                budget = self.twin.budgets[year, code] + twin_received.get((year, code, "benefit_funding"), 0)
                below = max(0, budget - int(spent[year - 1, own].sum())) - max(
                    0, budget - int(spent_twin[year - 1, own].sum())
                )
                self._money(year, code, None, "cash_below_budget", below)
                self._money(year, code, None, "avoided_growth", cash - below)
                self._money(year, code, None, "returned_to_centre", back + lost)
                self._money(year, code, None, "retained", cash - back - lost)
                gave_way = twin_paid.get((year, code, "other_services"), 0) - paid.get(
                    (year, code, "other_services"), 0
                )
                self._money(year, code, None, "displaced_services", gave_way)
                together = self.run.efficiency[year, code] - self.twin.efficiency[year, code]
                if together:
                    self._money(year, code, None, "efficiency_saving", together)
                costs = self._party(year, code, paid, received)
                for name in ("closing_cost", "opening_cost"):
                    for j in own:
                        pence = self.run.resizing.get((year, j, name), 0) - self.twin.resizing.get((year, j, name), 0)
                        costs -= pence
                        self._money(year, code, self.place.lines[j].id, name, pence)
                self._money(year, code, None, "net_position", cash - back - lost + together + costs)
                self._money(year, code, None, "closing_balance", self.run.balances[year, code])

    def _party(self, year, code, paid, received):
        """Rows of what a party paid and received; what they add to its net position."""
        net, rows = 0, {}
        for measure, purpose, sign, counts in _MOVES:
            pence = (paid if sign < 0 else received).get((year, code, purpose), 0)
            if purpose == "programme":
                pence -= received.get((year, code, purpose), 0)
            rows[measure] = rows.get(measure, 0) + pence
            net += sign * pence * counts
        for measure, pence in rows.items():
            if pence:
                self._money(year, code, None, measure, pence)
        return net

    def _bodies(self):
        paid, received = _by_party(self.run.flows)
        agencies = {agency.id for agency in self.place.agencies}
        for year in range(1, self.years + 1):
            for code in self.run.bodies:
                self._money(year, code, None, "net_position", self._party(year, code, paid, received))
                self._money(year, code, None, "reinvested", self.run.reinvested.get((year, code), 0))
            self._others(year, paid, received)
            for (at, code), pence in sorted(self.run.balances.items()):
                if at == year and code not in agencies:
                    self._money(year, code, None, "closing_balance", pence)

    def _others(self, year, paid, received):
        """Rows of departments, the vehicle, providers and investors, whose gains are not the place's."""

        def moved(table, code, *purposes):
            return sum(table.get((year, code, purpose), 0) for purpose in purposes)

        for code, kind in sorted(self.run.kinds.items()):
            if kind == "provider":
                self._money(year, code, None, "delivery_cost", moved(paid, code, "delivery"))
                income = moved(received, code, "programme", "outcome_payment")
                self._money(
                    year,
                    code,
                    None,
                    "provider_surplus",
                    income - moved(paid, code, "programme", "outcome_payment", "delivery"),
                )
            elif kind == "investor":
                self._money(year, code, None, "invested", moved(paid, code, "capital"))
                back = moved(received, code, "capital_repayment", "investor_return", "tax_relief")
                self._money(year, code, None, "investor_income", back)
            else:
                self._party(year, code, paid, received)
                if kind == "department":
                    self._money(year, code, None, "clawed_back", moved(received, code, "outcome_payment"))

    def _people(self):
        for (year, code, measure), number in sorted(self.run.people.items()):
            self._value(year, code, None, measure, number)
        met = waiting_need_met(self.run.counts, self.twin.counts)
        avoided = sum(
            (self.twin.counts - self.run.counts)[..., FIELDS.index(f)] for f in ("eligible_served", "served_low")
        )
        met, avoided = (cases.reshape(self.years, QUARTERS, -1).sum(axis=1) for cases in (met, avoided))
        for year in range(self.years):
            spared = self.twin.entrenched[year] - self.run.entrenched[year]
            self._value(year + 1, PLACE, None, "family_years_spared", spared)
            for j, line in enumerate(self.place.lines):
                self._value(year + 1, line.agency, line.id, "unmet_need_met", met[year, j])
                if line.care:
                    self._value(year + 1, line.agency, line.id, "care_quarters_avoided", avoided[year, j])

    def _beyond_horizon(self):
        """Expected value of service use after 25 that leaving families no longer ask for; never cash."""
        gap = (
            (np.stack(self.twin.leavers) - np.stack(self.run.leavers))
            .reshape(self.years, QUARTERS, -1, len(LEVELS))
            .sum(axis=1)
        )
        needs = self.place.index("needs")
        for j, line in enumerate(self.place.lines):
            k = needs[line.need]
            years = self.place.get(f"needs.{line.need}.years_after_25")
            worth = years * QUARTERS * self.prices.average[j] * self.place.get(f"lines.{line.id}.coverage")
            for year in range(self.years):
                self._money(
                    year + 1, line.agency, line.id, "beyond_horizon", round(gap[year, k, line.level :].sum() * worth)
                )

    def _spending(self, record):
        return self.prices.spending(record.counts).reshape(self.years, QUARTERS, -1).sum(axis=1)


def _by_party(flows):
    """Pence by (year, payer, purpose) and by (year, payee, purpose)."""
    paid, received = {}, {}
    for year, payer, payee, purpose, pence in flows:
        for table, code in ((paid, payer), (received, payee)):
            table[year, code, purpose] = table.get((year, code, purpose), 0) + pence
    return paid, received

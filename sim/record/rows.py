"""Leaf rows of one run against its twin (docs/odd.md, section 8)."""

from functools import cache

import numpy as np

from sim.core.calendar import QUARTERS
from sim.place.identity import leaks, waiting_need_met
from sim.place.places import LEVELS
from sim.place.services import served_cases
from sim.record.measures import UndeclaredMeasureError, declared

# Money of a party straight from the flows: measure, purpose, whether paid (-1) or received (+1), whether it counts in
# the net position. What providers give back lowers programme cost.
_MOVES = (
    ("programme_cost", "programme", -1, True),
    ("transaction_cost", "transaction_cost", -1, True),
    ("evaluation_cost", "evaluation_cost", -1, True),
    ("pool_overhead", "pool_overhead", -1, True),
    ("outcome_payment_out", "outcome_payment", -1, True),
    ("outcome_payment_in", "outcome_payment", 1, True),
    ("agency_premium", "agency_premium", 1, True),
    ("capital_in", "contribution", 1, False),
    ("capital_in", "capital", 1, False),
    ("capital_repaid", "capital_repayment", -1, False),
    ("investor_return", "investor_return", -1, True),
    ("distributed", "distribution", -1, False),
)


PLACE = "place"  # stands for an agency where a number is the whole place's


# Purposes of a whole body's income, and of what it spends for itself.
_INCOME = ("grant", "ring_fenced_grant", "local_tax")
_SPENDING = ("service", "other_services", "closing_cost", "opening_cost", "programme", "transaction_cost")
_SPENDING += ("charge", "diversion")

# What an agency gets from the centre, by the measure in which less of it is returned.
_FROM_CENTRE = {
    "returned_ame": ("benefit_funding",),
    "returned_surrender": ("exceptional_support",),
    "returned_rebasing": ("grant", "ring_fenced_grant"),
}


class Rows:
    """Leaf rows of one run against its twin, as they will stand in ``runs.parquet``.

    What a line costs, and what becomes of its use avoided, stands under those who pay for it; all else under who runs it.
    """

    def __init__(self, place, prices, payers, run, twin):
        self.place, self.prices, self.payers, self.run, self.twin = place, prices, payers, run, twin
        self.agency_of = [line.agency for line in place.lines]
        self.years = run.counts.shape[0] // QUARTERS
        self.rows = []  # (year, agency, line, measure, pence or None, value or None)

    def build(self):
        """All rows, in a fixed order."""
        by_line = self._leaks()
        self._promised(by_line)
        self._agencies(by_line)
        self._finances(*_by_party(self.run.flows))
        self._bodies()
        self._people()
        self._beyond_horizon()
        return self.rows

    def events(self):
        """Events and families with one or more, by year and event, of the run and of its twin, as in ``events.parquet``."""
        by_year = [
            np.stack(record.happened).reshape(self.years, QUARTERS, -1).sum(axis=1) for record in (self.run, self.twin)
        ]
        families = [record.with_event for record in (self.run, self.twin)]
        return [
            (year + 1, event.id, *(int(table[year][e]) for table in (by_year[0], families[0], by_year[1], families[1])))
            for year in range(self.years)
            for e, event in enumerate(self.place.events)
        ]

    def management(self):
        """Rows of what management alone released, for a twin with the management against one without."""
        cash, cost = self._by_payer()["cash_released"], self._diversion_cost()
        for year in range(self.years):
            for j, agency, code, line in self._paid():
                self._money(year + 1, code, line.id, "management_cash", cash[year, agency, j])
                if cost[year, agency, j]:
                    self._money(year + 1, code, line.id, "management_cost", cost[year, agency, j])
        return self.rows

    def _paid(self):
        """Who pays for what: (line, agency, code of the agency, Line) of each, by line."""
        for j, line in enumerate(self.place.lines):
            for i, agency in enumerate(self.place.agencies):
                if self.payers.runs[i, j] or self.payers.weights[i, j] > 0:
                    yield j, i, agency.id, line

    def _yearly(self, by_quarter):
        """Sums by year of what is given by quarter."""
        return by_quarter.reshape(self.years, QUARTERS, *by_quarter.shape[1:]).sum(axis=1)

    def _by_payer(self):
        """The identity of docs/odd.md section 4.3 by measure: int64 (years, agencies, lines).

        Each payer's own price list goes into it, and who runs a line has what of the line's own is not the others'.
        """
        whole, run = leaks(self.run.counts, self.twin.counts, self.prices), self.payers.runs
        parts = {name: np.where(run, values[:, None, :], 0) for name, values in whole.items()}
        lists = self.payers.price_lists(self.prices)
        for j in self.payers.several:
            mine = int(np.argmax(run[:, j]))
            for i in np.nonzero(self.payers.weights[:, j] > 0)[0]:
                if i != mine:
                    for name, values in leaks(self.run.counts, self.twin.counts, lists.of(i)).items():
                        parts[name][:, i, j] = values[:, j]
                        parts[name][:, mine, j] -= values[:, j]
        return {name: self._yearly(values) for name, values in parts.items()}

    def _diversion_cost(self):
        """What those who are charged paid in place of a service, less the twin's: int64 (years, agencies, lines)."""
        run, twin = (self.payers.diversion_cost(record.counts, self.prices) for record in (self.run, self.twin))
        return self._yearly(run - twin)

    def _money(self, year, agency, line, measure, pence):
        self._add(year, agency, line, measure, int(pence), None)

    def _value(self, year, agency, line, measure, value):
        self._add(year, agency, line, measure, None, float(value))

    def _add(self, year, agency, line, measure, pence, value):
        if _is_money(measure) != (value is None):
            raise UndeclaredMeasureError(f"{measure!r} is recorded in another unit than it is declared in")
        self.rows.append((year, agency, line, measure, pence, value))

    def _leaks(self):
        """Identity of docs/odd.md section 4.3 by year, line and who pays for it; returns it by measure."""
        by_year = self._by_payer()
        for year in range(self.years):
            for j, agency, code, line in self._paid():
                for name, pence in by_year.items():
                    self._money(year + 1, code, line.id, name, pence[year, agency, j])
        return by_year

    def _promised(self, by_line):
        for year in range(1, self.years + 1):
            promised = self._shared(self.run.promised.get(year, np.zeros(len(self.place.lines))))
            savings = {
                name: self._shared(self.run.savings[year, name])
                for name in ("measured_saving", "true_saving")
                if (year, name) in self.run.savings
            }
            for j, agency, code, line in self._paid():
                gap = promised[agency, j] - by_line["gross_avoided"][year - 1, agency, j]
                self._money(year, code, line.id, "promised", promised[agency, j])
                self._money(year, code, line.id, "optimism_and_luck", gap)
                for name, pence in savings.items():
                    self._money(year, code, line.id, name, pence[agency, j])

    def _shared(self, by_line):
        """Pence by line shared by those who pay, what rounding leaves with who runs the line: int64 (agencies, lines)."""
        whole, runs = np.rint(by_line).astype(np.int64), self.payers.runs
        parts = np.where(runs, 0, np.rint(whole * self.payers.weights).astype(np.int64))
        return parts + np.where(runs, whole - parts.sum(axis=0), 0)

    def _agencies(self, by_line):
        paid, received = _by_party(self.run.flows)
        twin_paid, twin_received = _by_party(self.twin.flows)
        spent, spent_twin = (self._spending(record) for record in (self.run, self.twin))
        diverted = self._diversion_cost()
        for year in range(1, self.years + 1):
            for i, agency in enumerate(self.place.agencies):
                code = agency.id
                own = [j for j, owner in enumerate(self.agency_of) if owner == code]
                cash = int(by_line["cash_released"][year - 1, i].sum())
                returned = {
                    measure: sum(
                        twin_received.get((year, code, name), 0) - received.get((year, code, name), 0)
                        for name in purposes
                    )
                    for measure, purposes in _FROM_CENTRE.items()
                }
                for name in ("claw_back", "support_repaid"):
                    returned["returned_surrender"] += paid.get((year, code, name), 0)
                    returned["returned_surrender"] -= twin_paid.get((year, code, name), 0)
                retained = cash - sum(returned.values())
                budget = self.twin.budgets[year, code] + twin_received.get((year, code, "benefit_funding"), 0)
                below = max(0, budget - int(spent[year - 1, i])) - max(0, budget - int(spent_twin[year - 1, i]))
                self._money(year, code, None, "cash_below_budget", below)
                self._money(year, code, None, "avoided_growth", cash - below)
                self._money(year, code, None, "returned_to_centre", cash - retained)
                for measure, pence in returned.items():
                    self._money(year, code, None, measure, pence)
                self._money(year, code, None, "retained", retained)
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
                for j in np.nonzero(diverted[year - 1, i])[0]:
                    costs -= diverted[year - 1, i, j]
                    self._money(year, code, self.place.lines[j].id, "diversion_cost", diverted[year - 1, i, j])
                self._money(year, code, None, "net_position", retained + together + costs)
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

    def _finances(self, paid, received):
        """What agencies had, spent, cut and reported: of the run alone, whatever the twin did."""
        for (year, code, measure), number in sorted(self.run.finances.items()):
            if number:
                (self._money if _is_money(measure) else self._value)(year, code, None, measure, number)
        for year, share in enumerate(self.run.modelled, 1):
            self._value(year, PLACE, None, "modelled_share", share)
            for agency in self.place.agencies:
                income = sum(received.get((year, agency.id, name), 0) for name in _INCOME)
                spent = sum(paid.get((year, agency.id, name), 0) for name in _SPENDING)
                at_cost = sum(received.get((year, agency.id, name), 0) for name in ("benefit_funding", "charge"))
                self._money(year, agency.id, None, "income", income)
                self._money(year, agency.id, None, "body_spending", spent - at_cost)

    def _people(self):
        for (year, code, measure), number in sorted(self.run.people.items()):
            (self._money if _is_money(measure) else self._value)(year, code, None, measure, number)
        met = waiting_need_met(self.run.counts, self.twin.counts)
        avoided = served_cases(self.twin.counts - self.run.counts)
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
            worth *= self.place.get(f"lines.{line.id}.share") if self.place.has(f"lines.{line.id}.share") else 1
            use = [1.0 if level >= line.level else 0.0 for level in range(len(LEVELS))]
            if line.event:  # a case for each event that is to be expected, not for each quarter
                use[1:] = [self.place.get(f"events.{line.event}.rate_{level}") for level in LEVELS[1:]]
            for year in range(self.years):
                self._money(year + 1, line.agency, line.id, "beyond_horizon", round(gap[year, k] @ use * worth))

    def _spending(self, record):
        """What each agency paid for services: int64 (years, agencies)."""
        bills = np.where(self.payers.runs, self.prices.spending(record.counts)[:, None, :], 0)
        return self._yearly((bills + self.payers.recharges(record.counts, self.prices)).sum(axis=2))


@cache
def _is_money(measure):
    return declared(measure).is_money


def _by_party(flows):
    """Pence by (year, payer, purpose) and by (year, payee, purpose)."""
    paid, received = {}, {}
    for year, payer, payee, purpose, pence in flows:
        for table, code in ((paid, payer), (received, payee)):
            table[year, code, purpose] = table.get((year, code, purpose), 0) + pence
    return paid, received

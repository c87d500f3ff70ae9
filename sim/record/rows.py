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

# What an agency gets from the centre, by the measure in which less of it is returned.
_FROM_CENTRE = {
    "returned_ame": ("benefit_funding",),
    "returned_surrender": ("exceptional_support",),
    "returned_rebasing": ("grant", "ring_fenced_grant"),
}


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
        self._finances(*_by_party(self.run.flows))
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
        self._add(year, agency, line, measure, int(pence), None)

    def _value(self, year, agency, line, measure, value):
        self._add(year, agency, line, measure, None, float(value))

    def _add(self, year, agency, line, measure, pence, value):
        if _is_money(measure) != (value is None):
            raise UndeclaredMeasureError(f"{measure!r} is recorded in another unit than it is declared in")
        self.rows.append((year, agency, line, measure, pence, value))

    def _leaks(self):
        """Identity of docs/odd.md section 4.3 by year and line; returns them summed by year."""
        by_quarter = leaks(self.run.counts, self.twin.counts, self.prices)
        by_year = {name: values.reshape(self.years, QUARTERS, -1).sum(axis=1) for name, values in by_quarter.items()}
        for year in range(self.years):
            for j, line in enumerate(self.place.lines):
                for name, pence in by_year.items():
                    self._money(year + 1, line.agency, line.id, name, pence[year, j])
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
                below = max(0, budget - int(spent[year - 1, own].sum())) - max(
                    0, budget - int(spent_twin[year - 1, own].sum())
                )
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
                at_cost = received.get((year, agency.id, "benefit_funding"), 0)
                self._money(year, agency.id, None, "income", income)
                self._money(year, agency.id, None, "body_spending", spent - at_cost)

    def _people(self):
        for (year, code, measure), number in sorted(self.run.people.items()):
            self._value(year, code, None, measure, number)
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
            for year in range(self.years):
                self._money(
                    year + 1, line.agency, line.id, "beyond_horizon", round(gap[year, k, line.level :].sum() * worth)
                )

    def _spending(self, record):
        return self.prices.spending(record.counts).reshape(self.years, QUARTERS, -1).sum(axis=1)


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

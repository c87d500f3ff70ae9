"""Benefits of a programme against its cost, as local partnerships judge them.

Follows the Greater Manchester and HM Treasury guidance of 2014 (docs/appraise.md). The calculation is that of
:mod:`sim.programmes.appraisal`, which deciders use; here it is told by agency, as a financial and as a public value case.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.core.ledger import split as split_pence
from sim.programmes.appraisal import discount_factors, first_covered
from sim.programmes.catalogue import grade_correction


@dataclass(frozen=True)
class Terms:
    """What is appraised, on what terms; pounds a case, rates as shares.

    `cost_per_case` is all in year 1, or a tuple by year from year 1.
    """

    programme: str
    name: str
    cost_per_case: float | tuple
    cases: int
    discount_rate: float
    horizon_years: int
    evidence_grade: int | None
    cost_grade: int | None

    @cached_property
    def discount(self):
        """Present value of a pound by year."""
        return discount_factors(self.horizon_years, self.horizon_years, self.discount_rate)

    @cached_property
    def cost_by_year(self):
        """Present value of each year's cost in pounds a case, corrected for the grade of the cost: float (years,)."""
        given = np.atleast_1d(self.cost_per_case) * (1 + correction(self.cost_grade))
        return self.discount * np.pad(given, (0, self.horizon_years - len(given)))

    @property
    def cost(self):
        """Present value of the cost in pounds a case, corrected."""
        return float(self.cost_by_year.sum())


@dataclass(frozen=True)
class Profile:
    """Benefits of one case, one row a kind of benefit to somebody.

    Attributes
    ----------
    agency, kind : tuple of str (rows,)
        Who gains, and fiscal, economic or social.
    transfer : bool (rows,)
        Benefit payments: money to the taxpayer, no gain to society.
    cash : float (rows,)
        Believed share of the benefit that becomes the agency's cash.
    centre : bool (rows,)
        Paid by the centre at cost, so that the benefit is the centre's cash.
    yearly : float (years, rows)
        Pounds a year where the effect has size 1, undiscounted and corrected; year 1 first.
    factor : int (rows,)
        Which effect each row follows.
    size : float (effects,)
        Expected size of each effect.
    draws : float (n, effects)
        The same as drawn.
    notes : tuple of str
        What the figures rest on.
    """

    agency: tuple
    kind: tuple
    transfer: np.ndarray
    cash: np.ndarray
    centre: np.ndarray
    yearly: np.ndarray
    factor: np.ndarray
    size: np.ndarray
    draws: np.ndarray
    notes: tuple


@dataclass(frozen=True)
class Verdict:
    """Benefits of some kinds against the cost; pounds a case."""

    benefit: float
    net: float
    per_pound: float | None
    payback_year: int | None
    chance_of_gain: float


@dataclass(frozen=True)
class CostBenefit:
    """What an appraisal came to.

    Attributes
    ----------
    terms : Terms
    profile : Profile
    place, split : str
        Where beliefs and use come from, and who is said to gain.
    seed : int
        Seed of the draws and of the place.
    """

    terms: Terms
    profile: Profile
    place: str
    split: str
    seed: int

    @cached_property
    def expected(self):
        """Expected benefit in pounds a case, undiscounted: float (years, rows)."""
        return self.profile.yearly * self.profile.size[self.profile.factor]

    @cached_property
    def is_fiscal(self):
        """Which rows are fiscal."""
        return self.rows("fiscal")

    def rows(self, kind):
        """Which rows are of a kind: 1 or 0."""
        return np.array([float(one == kind) for one in self.profile.kind])

    def present(self, weight):
        """Present value of rows in pounds a case, each counted with a weight."""
        return float(self.terms.discount @ (self.expected @ weight))

    def verdict(self, weight):
        """Judge rows, each counted with a weight, against the whole cost."""
        cost = self.terms.cost
        by_year = self.terms.discount * (self.expected @ weight)
        benefit = float(by_year.sum())
        full = (self.terms.discount @ self.profile.yearly) * weight
        drawn = self.profile.draws @ np.bincount(self.profile.factor, full, self.profile.size.size)
        covered = first_covered(np.round(np.cumsum(by_year), 2), np.round(np.cumsum(self.terms.cost_by_year), 2))
        return Verdict(
            benefit,
            benefit - cost,
            benefit / cost if cost else None,
            None if covered is None else covered + 1,
            float((drawn > cost).mean()),
        )

    @cached_property
    def financial(self):
        """The financial case: fiscal benefits only."""
        return self.verdict(self.is_fiscal)

    @cached_property
    def cashable(self):
        """What of the financial case is believed to become agencies' cash."""
        return self.verdict(self.is_fiscal * self.profile.cash)

    @cached_property
    def public_value(self):
        """The public value case: fiscal without transfers, plus economic and social."""
        return self.verdict(1.0 - self.is_fiscal * self.profile.transfer)

    @cached_property
    def agencies(self):
        """Agencies that fiscal rows name, with the verdict of each on its benefit alone, and on its cash."""
        names = dict.fromkeys(
            name for name, kind in zip(self.profile.agency, self.profile.kind, strict=True) if kind == "fiscal"
        )
        mine = {name: self.is_fiscal * [one == name for one in self.profile.agency] for name in names}
        return {name: (self.verdict(rows), self.verdict(rows * self.profile.cash)) for name, rows in mine.items()}

    @property
    def chance_error(self):
        """Standard error of the financial case's chance of gain, from the number of draws."""
        chance = self.financial.chance_of_gain
        return math.sqrt(chance * (1 - chance) / len(self.profile.draws))

    @property
    def by_agency(self):
        """Present values by agency, all cases: pandas.DataFrame, columns as in `by_agency` of :meth:`to_dict`."""
        import pandas as pd

        return pd.DataFrame(self.to_dict()["by_agency"])

    @property
    def by_year(self):
        """Expected benefits of a case: pandas.DataFrame, columns year, agency, kind, benefit_per_case_gbp, present_per_case_gbp."""
        import pandas as pd

        return pd.DataFrame(self.to_dict()["by_year"])

    def to_dict(self):
        """The result in plain numbers, as ``listsim appraise --json`` prints it; keys in docs/appraise.md."""
        terms, cases = self.terms, self.terms.cases
        return {
            "programme": terms.programme,
            "name": terms.name,
            "place": self.place,
            "split": self.split,
            "cost_per_case_gbp": np.array(terms.cost_per_case).tolist(),
            "corrected_cost_per_case_gbp": round(terms.cost, 2),
            "cases": cases,
            "discount_rate": terms.discount_rate,
            "horizon_years": terms.horizon_years,
            "evidence_grade": terms.evidence_grade,
            "benefit_correction": correction(terms.evidence_grade),
            "cost_grade": terms.cost_grade,
            "cost_correction": correction(terms.cost_grade),
            "npv_gbp": _total(self.financial.net, cases),
            "npv_per_case_gbp": round(self.financial.net, 2),
            "financial_roi": self.financial.per_pound,
            "payback_year": self.financial.payback_year,
            "chance_of_gain": self.financial.chance_of_gain,
            "chance_standard_error": self.chance_error,
            "draws": len(self.profile.draws),
            "seed": self.seed,
            "by_agency": self._agency_rows(),
            "financial_case": self._financial_case(),
            "public_value_case": self._public_value_case(),
            "silos": self.silos,
            "by_year": self._year_rows(),
            "notes": list(self.profile.notes),
        }

    def _agency_rows(self):
        fiscal = _shares(self.financial.benefit, self.terms.cases, [own.benefit for own, _ in self.agencies.values()])
        cash = _shares(self.cashable.benefit, self.terms.cases, [own.benefit for _, own in self.agencies.values()])
        return [
            {
                "agency": name,
                "fiscal_gbp": fiscal[i],
                "cashable_gbp": cash[i],
                "share": own.benefit / self.financial.benefit if self.financial.benefit > 0 else None,
                "fiscal_per_case_gbp": round(own.benefit, 2),
                "cashable_per_case_gbp": round(mine.benefit, 2),
                "net_if_it_alone_paid_gbp": _total(own.net, self.terms.cases),
                "return_per_pound": own.per_pound,
                "payback_year": own.payback_year,
            }
            for i, (name, (own, mine)) in enumerate(self.agencies.items())
        ]

    def _financial_case(self):
        case, cash, cases = self.financial, self.cashable, self.terms.cases
        centre = self.present(self.is_fiscal * self.profile.centre)
        return {
            "cost_gbp": _total(self.terms.cost, cases),
            "benefit_gbp": _total(case.benefit, cases),
            "net_present_budget_impact_gbp": _total(case.net, cases),
            "return_per_pound": case.per_pound,
            "payback_year": case.payback_year,
            "chance_of_gain": case.chance_of_gain,
            "cashable_gbp": _total(cash.benefit, cases),
            "cashable_net_gbp": _total(cash.net, cases),
            "cashable_return_per_pound": cash.per_pound,
            "cashable_payback_year": cash.payback_year,
            "cashable_chance_of_gain": cash.chance_of_gain,
            "cash_to_the_centre_gbp": _total(centre, cases),
            "per_case": {
                "cost_gbp": round(self.terms.cost, 2),
                "benefit_gbp": round(case.benefit, 2),
                "net_gbp": round(case.net, 2),
                "cashable_gbp": round(cash.benefit, 2),
                "cash_to_the_centre_gbp": round(centre, 2),
            },
        }

    def _public_value_case(self):
        case, cases = self.public_value, self.terms.cases
        parts = {
            "fiscal_gbp": self.present(self.is_fiscal * ~self.profile.transfer),
            "economic_gbp": self.present(self.rows("economic")),
            "social_gbp": self.present(self.rows("social")),
            "benefit_gbp": case.benefit,
            "npv_gbp": case.net,
            "transfers_left_out_gbp": self.present(self.is_fiscal * self.profile.transfer),
        }
        return {
            "cost_gbp": _total(self.terms.cost, cases),
            **{key: _total(pounds, cases) for key, pounds in parts.items()},
            "social_bcr": case.per_pound,
            "payback_year": case.payback_year,
            "chance_of_gain": case.chance_of_gain,
            "per_case": {
                "cost_gbp": round(self.terms.cost, 2),
                **{key: round(pounds, 2) for key, pounds in parts.items()},
            },
        }

    @cached_property
    def silos(self):
        """Which agencies would gain by paying the whole cost alone, on fiscal benefit and on cash, and in words."""
        alone = [name for name, (own, _) in self.agencies.items() if own.net > 0]
        in_cash = [name for name, (_, cash) in self.agencies.items() if cash.net > 0]
        if alone:
            said = f"{_listed(alone)} alone would gain more than the whole cost"
            said += f"; in cash, {_listed(in_cash)}." if in_cash else "; in cash, none would."
        elif self.financial.net > 0:
            said = (
                "No agency alone would gain more than the cost, though together they would: silos would not pay for it."
            )
        else:
            said = "No agency alone would gain more than the cost, nor would all together."
        return {"gain_alone": alone, "gain_alone_in_cash": in_cash, "verdict": said}

    def _year_rows(self):
        rows = {}
        for year in range(self.terms.horizon_years):
            for j, key in enumerate(zip(self.profile.agency, self.profile.kind, strict=True)):
                rows[year + 1, *key] = rows.get((year + 1, *key), 0.0) + self.expected[year, j]
        return [
            {
                "year": year,
                "agency": agency,
                "kind": kind,
                "benefit_per_case_gbp": round(pounds, 2),
                "present_per_case_gbp": round(pounds * self.terms.discount[year - 1], 2),
            }
            for (year, agency, kind), pounds in rows.items()
            if pounds
        ]


def correction(grade):
    """Optimism correction of a grade, as a share; none without one."""
    return 0.0 if grade is None else grade_correction(grade)


def _total(pounds, cases):
    """Pounds of all cases, to the penny."""
    return round(pounds * cases, 2)


def _shares(total, cases, parts):
    """Parts of a total in pounds of all cases that add up to it to the penny, where none is below nought."""
    if total <= 0 or min(parts) < 0:
        return [_total(part, cases) for part in parts]
    return [pence / 100 for pence in split_pence(round(total * cases * 100), parts)]


def _listed(names):
    return " and ".join(names) if len(names) < 3 else ", ".join(names[:-1]) + " and " + names[-1]

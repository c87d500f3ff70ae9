"""Local outcome bonds: their terms, what happens at maturity, when a bond is feasible, and the published example.

Localis 2010, Total Neighbourhood, section 5.2 and Appendix.
"""

import math
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from sim.core.faults import InputError
from sim.core.input_files import read_toml
from sim.core.ledger import split
from sim.core.parameters import quantity


@dataclass(frozen=True)
class Payer:
    """An agency that pays for its share of a bond's benefit.

    Attributes
    ----------
    account : str
        Its account in the ledger.
    share : float
        Its share of the public benefit of a unit; only the proportion between payers counts.
    parent : str
        Account of the department that has consented to fund it at maturity; empty without consent: the agency then
        pays out of what it has, and gets no premium.
    premium_pence : int
        What the department adds for the agency, a unit.
    """

    account: str
    share: float
    parent: str = ""
    premium_pence: int = 0


@dataclass(frozen=True)
class OutcomeBond:
    """A promise of agencies to pay a price per outcome unit at maturity.

    Attributes
    ----------
    outcome : str
        What is counted.
    programme, provider : str
        What is done, and the account of who does it.
    cost_pence : int
        What investors put in for a unit.
    price_pence : int
        What they are paid for one that succeeds (:func:`sim.deals.finance.unit_price`).
    target : int
        Units agreed: as many are funded, and no more are paid for.
    risk : float
        Believed chance that a unit fails.
    payers : tuple of Payer
    years : int
        From funding to maturity.
    """

    outcome: str
    programme: str
    provider: str
    cost_pence: int
    price_pence: int
    target: int
    risk: float
    payers: tuple
    years: int

    @property
    def capital_pence(self):
        """What must be raised before it starts."""
        return self.cost_pence * self.target

    @property
    def multiple(self):
        """Outcome payments expected per pound of capital."""
        return (1 - self.risk) * self.price_pence / self.cost_pence

    def multiple_variance(self, correlation):
        """Variance of outcome payments per pound of capital.

        Notes
        -----
        (price / cost)^2 risk (1 - risk) (1 + (n - 1) correlation) / n: n units that fail with the same chance, each two
        with the same correlation.
        """
        spread = self.risk * (1 - self.risk) * (1 + (self.target - 1) * correlation) / self.target
        return (self.price_pence / self.cost_pence) ** 2 * spread

    def agreed(self):
        """Whether every payer's department has consented to fund it."""
        return all(payer.parent for payer in self.payers)

    def unit_parts(self):
        """Each payer's pence of a unit's price, by benefit share; they add up to the price."""
        return split(self.price_pence, [payer.share for payer in self.payers])

    def held_for(self, units):
        """Pence that payers' departments hold for some units, by account: (account, pence) a payer."""
        return [
            (payer.parent, units * (part + payer.premium_pence))
            for payer, part in zip(self.payers, self.unit_parts(), strict=True)
        ]


def mature(bond, units, ledger, holder):
    """At maturity departments pay their agencies for units achieved, up to the target, and agencies pay the holder.

    Parameters
    ----------
    bond : OutcomeBond
    units : int
        Units achieved.
    ledger : Ledger
    holder : str
        Account that pays the investors out.

    Returns
    -------
    int
        Pence the holder got.
    """
    paid_for = min(units, bond.target)
    got = 0
    for payer, part in zip(bond.payers, bond.unit_parts(), strict=True):
        due = paid_for * part
        if payer.parent:
            ledger.transfer(payer.parent, payer.account, due, "outcome_payment")
            ledger.transfer(payer.parent, payer.account, paid_for * payer.premium_pence, "agency_premium")
        else:
            due = min(due, max(0, ledger.balance(payer.account)))
        ledger.transfer(payer.account, holder, due, "outcome_payment")
        got += due
    return got


# When a bond is feasible


@dataclass(frozen=True)
class Condition:
    """One test of feasibility: a fact of a project against a threshold."""

    text: str
    fact: str
    at: str
    threshold: object


def load_conditions(path=None):
    """The conditions of feasibility from ``scenarios/investors.toml`` or a file of the same form.

    Returns
    -------
    list of Condition

    Raises
    ------
    InputError
    """
    path = path or files("sim") / "scenarios" / "investors.toml"
    conditions = []
    for row in read_toml(str(path))["feasibility"]:
        if row["at"] not in ("least", "most"):
            raise InputError(path, row["fact"], f"at {row['at']!r} is not a side", "give 'least' or 'most'")
        threshold = quantity(row["threshold"], path, f"feasibility.{row['fact']}")
        conditions.append(Condition(row["condition"], row["fact"], row["at"], threshold))
    return conditions


def feasible(facts, conditions):
    """The conditions of feasibility that a project fails.

    Parameters
    ----------
    facts : mapping of str to float
        The project's facts by name, in the thresholds' units; one that is missing fails.
    conditions : sequence of Condition

    Returns
    -------
    list of tuple of str
        (condition, reason); empty if the bond is feasible.
    """
    failed = []
    for condition in conditions:
        value, limit = facts.get(condition.fact), condition.threshold.base_value
        if value is None:
            failed.append((condition.text, f"{condition.fact} is not known"))
        elif value < limit if condition.at == "least" else value > limit:
            reason = f"{condition.fact} is {value:g}, wanted at {condition.at} {limit:g} {condition.threshold.unit}"
            failed.append((condition.text, reason))
    return failed


def facts_of(model, project):
    """A project's facts for :func:`feasible`, as an analyst of the place would find them.

    Parameters
    ----------
    model : LocalSystem
    project : party.Project

    Returns
    -------
    dict of str to float
        Cost in pounds a family and year in the services the programme is meant to relieve. Error is the standard error
        of the difference between a cohort and as many controls, from the spread of that cost among families of the
        target that services know, over the saving expected in the first year.
    """
    programme, appraisal = project.programme, project.appraisal
    rows, known = model.families.like(model.market.target_of(programme))
    relieved = model.relief.lines(programme.id)
    cost = model.families.served_in_year(rows[known]) @ np.where(relieved, model.services.prices.average, 0)
    saving, worth = float(appraisal.fiscal_pence[0, relieved].sum()), float(appraisal.present_fiscal.sum())
    if not known.any() or saving <= 0 or worth <= 0:
        return {}
    return {
        "cost_of_case": float(cost.mean()) / 100,
        "measurement_error": float(cost.std()) * math.sqrt(2 / max(1, project.families)) / saving,
        "cashable_share": float(appraisal.present_cash.sum()) / worth,
        "known_share": float(known.mean()),
        "evidence_grade": programme.grade,
        "cost_of_saving": appraisal.cost_pence / worth,
    }


# The published example

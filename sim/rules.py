"""The answers to the seven questions an arrangement is made of: small, callable, and free of any arrangement's name.

Each answer says which numbers it needs; :mod:`sim.arrangements` reads them from the arrangement's file.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np

from sim.agents.boards import FundBoard, PlanBoard
from sim.agents.list_trust import ListTrust
from sim.ledger import OUTSIDE, split

_BODY = {"setup_cost": 0, "years_to_agree": 0, "horizon_years": 1}
_PROJECT = {"project_cost": 0, "project_learning": 0}


@dataclass(frozen=True)
class Rule:
    """One answer: what it does, what it says in words, and the numbers it needs with their least values."""

    call: Callable
    text: str
    needs: dict = field(default_factory=dict)

    def __call__(self, *args):
        return self.call(*args)


@dataclass(frozen=True)
class Rules:
    """The seven answers of an arrangement.

    Attributes
    ----------
    decides : Rule
        (model) -> bodies that commission.
    benefit_counted : Rule
        (body) -> bool (lines,), the lines whose benefit the body counts.
    up_front : Rule
        (body) -> pence it may spend this year, raised where need be.
    paid_for : Rule
        (contract, quarter of the year) -> pence due.
    outcome_risk : Rule
        (body) -> members' shares of what a wound-up body leaves.
    measured : Rule
        () -> design of the measurement.
    savings : Rule
        (body, findings) -> settles who pays whom for what was measured.
    """

    decides: Rule
    benefit_counted: Rule
    up_front: Rule
    paid_for: Rule
    outcome_risk: Rule
    measured: Rule
    savings: Rule

    def in_words(self):
        """Each answer in words, by question."""
        return {item.name: getattr(self, item.name).text for item in fields(self)}


def _nobody(model):
    return []


def _agencies_with_powers(model):
    powers = {code for programme in model.catalogue.values() for code in programme.commissioners}
    return [agency for agency in model.agencies if agency.code in powers and model.arrangement.takes(agency.code)]


def _fund_board(model):
    return [FundBoard(model, "pool")]


def _list_board(model):
    return [ListTrust(model, "list")]


def _plan(model):
    return [PlanBoard(model, "plan")]


def _lines_of(body, agencies):
    owners = [body.model.index["agencies"][agency.code] for agency in agencies]
    return np.isin(body.model.lines.agency, owners)


def _own(body):
    return _lines_of(body, [body])


def _members(body):
    return _lines_of(body, body.members())


def _place(body):
    return np.ones(len(body.model.lines), bool)


def _own_purse(body):
    return body.balance(body.purse)


def _pool_contributions(body):
    """Members pay a fixed share of their discretionary money into the fund, less what it still holds of last year's."""
    share = body.model.arrangement.get("contribution_share")
    full = sum(round(member.discretionary_pence * share) for member in body.members())
    part = max(0.0, 1 - body.balance() / full) if full else 0.0
    for member in body.members():
        member.contribute(body, share * part)
    body.pay_overhead()
    return body.balance()


def _members_capital(body):
    """Members subscribe in the founding years; after that the LIST spends what it has beyond its reserve."""
    arrangement = body.model.arrangement
    if body.years_open() < arrangement.get("subscription_years"):
        for member in body.members():
            body.capital[member.code] = body.capital.get(member.code, 0) + member.contribute(
                body, arrangement.get("subscription_share")
            )
    body.pay_running_cost()
    return int(max(0, body.balance()) * (1 - arrangement.get("reserve_share")))


def _grant(body):
    """An outside grant meets the plan, so that volume is the same whatever the money does."""
    body.model.ledger.transfer(OUTSIDE, body.account(), body.plan_cost(), "contribution")
    return body.balance()


def _block(contract, quarter_of_year):
    """A quarter of the year's price, whether or not the families come."""
    return split(contract.families * contract.price_pence, [1, 1, 1, 1])[quarter_of_year]


def _stay(body, findings):
    """Savings stay where they fall."""


def _to_pool(body, findings):
    """Members pay a share of what their budgets fell by into the fund."""
    for member in body.members():
        cash = max(0, member.cash_seen())
        member.pay_for_outcome(body, round(cash * body.model.arrangement.get("savings_share")))


def _repaid(body, findings):
    """Members pay for the benefit measured, and what the LIST has over is shared out or kept to reinvest."""
    body.invoice(findings)
    body.distribute()


def _commissioner(body):
    return {}


def _not_measured():
    return "none"


def _before_after():
    return "before_after"


def _by_capital(body):
    """Members share gain and loss by what they put in."""
    return dict(body.capital)


CHOICES = {
    "decides": {
        "nobody": Rule(_nobody, "nobody: no new programmes"),
        "each_agency": Rule(_agencies_with_powers, "each agency for itself, within its powers", _PROJECT),
        "fund_board": Rule(_fund_board, "a board for the members of a pooled fund", {**_BODY, **_PROJECT}),
        "list_board": Rule(
            _list_board,
            "the board of a LIST for the agencies that own it",
            {**_BODY, **_PROJECT, "running_cost": 0, "trust_to_join": 0, "trust_to_stay": 0, "trust_step": 0, "fewest_members": 1, "idle_years": 1},
        ),
        "plan": Rule(_plan, "a plan fixed beforehand"),
    },
    "benefit_counted": {
        "own": Rule(_own, "only the body's own services"),
        "members": Rule(_members, "the services of all members"),
        "place": Rule(_place, "all services of the place"),
    },
    "up_front": {
        "commissioner": Rule(_own_purse, "the commissioner, from discretionary money"),
        "pool_shares": Rule(_pool_contributions, "members, by fixed contributions", {"contribution_share": 0, "pool_overhead": 0}),
        "members_capital": Rule(
            _members_capital, "members in the founding years, then the LIST's reserve",
            {"subscription_share": 0, "subscription_years": 0, "reserve_share": 0},
        ),  # fmt: skip
        "grant": Rule(_grant, "a grant from outside"),
    },
    "paid_for": {"block": Rule(_block, "a block contract, paid by the quarter")},
    "outcome_risk": {
        "commissioner": Rule(_commissioner, "the commissioner"),
        "members": Rule(_by_capital, "members, by what they put in"),
    },
    "measured": {
        "none": Rule(_not_measured, "not at all"),
        "before_after": Rule(_before_after, "families' use of services in later years against when they enrolled", {"evaluation_cost": 0}),
    },
    "savings": {
        "stay": Rule(_stay, "stay where they fall"),
        "pool": Rule(_to_pool, "a share of what budgets fell by goes to the pool", {"savings_share": 0}),
        "repaid": Rule(
            _repaid, "members repay by measured benefit; surplus is reinvested or distributed",
            {"payment_share": 0, "payment_years": 1},
        ),  # fmt: skip
    },
}  # fmt: skip

"""A bargain of a LIST, a pooled fund or partners: who takes part, what is bought, who pays what, when and how (docs/odd.md, 6.8).

What each expects to gain of a plan is added up. If that exceeds the full cost, each pays the same pence per pound of its
own gain: at once, out of the money it has for it, or by measured benefit and never more than an agreed share of it. If
that does not add up, there is no deal.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.deals.bargaining import by_benefit
from sim.deals.payment_terms import AS_MEASURED, SURE, Spread, Terms, spread

SMALLER = tuple(0.8**step for step in range(1, 16))  # of the largest plan paid at once: smaller ones that are tried


@dataclass(frozen=True)
class Offer:
    """A programme that may be bought this year.

    Attributes
    ----------
    programme : str
    price : float
        Pence a family.
    fee : float
        Pence for agreeing and evaluating it, whatever its size.
    room, least : int
        Most families, and fewest that are worth it.
    powers : frozenset of str
        Parties one of whom must take part.
    """

    programme: str
    price: float
    fee: float
    room: int
    least: int
    powers: frozenset


@dataclass(frozen=True)
class Table:
    """All that a bargain is about; money in pence.

    Attributes
    ----------
    parties : tuple of str
    offers : tuple of Offer
    worth : float (parties, offers)
        What a family on a programme is worth to each, by its own appraisal within its own horizon.
    billable : float (years, parties, offers)
        Benefit a family that each expects to be measured of it in so many years, counted from 1, horizon or not.
        Without any years each pays at once, out of its money, for what is not held already.
    money : float (parties,)
        What each would put in.
    held : float
        What is there already; below nought where standing costs exceed it.
    standing : float
        Standing cost of a year, to be earned back.
    margin : float
        Asked for on top of cost, as a share of it.
    most_share : float
        Largest share of benefit that may be billed.
    fewest : int
        Fewest parties that are enough.
    bound : frozenset of str
        Parties that take part whatever they gain.
    centre : str
        The party that is no owner, and does not count among the fewest; empty where there is none.
    rides_free : bool
        Whether one that stays out has the benefit of what the others buy without it.
    terms : tuple of Terms
        Among which they choose; the first where none is better.
    caution : tuple of float
        What each gives up per unit of a gain's standard deviation; nothing where it is empty.
    doubt, noise : float
        Standard deviation of the true effect and of what is measured beside it, as multiples of what is expected.
    """

    parties: tuple
    offers: tuple
    worth: np.ndarray
    billable: np.ndarray
    money: np.ndarray
    held: float = 0.0
    standing: float = 0.0
    margin: float = 0.0
    most_share: float = 1.0
    fewest: int = 2
    bound: frozenset = frozenset()
    centre: str = ""
    rides_free: bool = False
    terms: tuple = (AS_MEASURED,)
    caution: tuple = ()
    doubt: float = 0.0
    noise: float = 0.0

    @cached_property
    def spreads(self):
        """What each of the terms makes of payments, by years paid for: list of list of Spread."""
        years = range(1, len(self.billable) + 1)
        return [[spread(item, self.doubt, self.noise, count) for count in years] for item in self.terms]

    @cached_property
    def most_billed(self):
        """Most that may be expected to be paid of a pound of benefit, by terms and years."""
        return self.most_share * np.array([[item.mean for item in of_terms] for of_terms in self.spreads])

    def sure(self, party, worth, paid, made):
        """Pence that a party gains beyond what it pays, less what it gives up for doubt in the one less the other.

        What it gives up for doubt in the gain alone is in its worth already, and comes back where payments follow the gain.
        """
        caution = self.caution[party] if self.caution else 0.0
        whole = worth / max(0.1, 1 - caution * self.doubt)
        return worth - paid + caution * (whole * self.doubt - made.deviation(whole, paid, self.doubt))

    @property
    def at_once(self):
        """Whether each pays at once, so that what is held need not be earned back."""
        return not len(self.billable)


@dataclass(frozen=True)
class Plan:
    """What some parties would buy.

    Attributes
    ----------
    families : float (offers,)
    order : tuple of int
        Offers bought, the best value per pound first.
    cost : float
        Pence to be earned back, or paid in at once, margin included.
    """

    families: np.ndarray
    order: tuple
    cost: float


@dataclass(frozen=True)
class Agreement:
    """Terms on which cohorts are signed until the next review.

    Attributes
    ----------
    parties : tuple of str
    years : int
        Years after its own in which a cohort is paid for; nought where it is paid at once.
    shares : dict of str to float
        Share of its measured benefit that each pays; of what the plan is worth to it, where it pays at once.
    payments : dict of str to float
        Pence that each expects to pay for the plan.
    plan : Plan
    gain : float
        Joint surplus in pence, the less the more unequally each pound of gain is charged: what is maximised.
    terms : Terms
    made : Spread
        What the terms make of payments.
    """

    parties: tuple
    years: int
    shares: dict
    payments: dict
    plan: Plan
    gain: float
    terms: Terms = AS_MEASURED
    made: Spread = SURE

    def in_words(self):
        """Parties and terms, as a row of decisions has them."""
        cap = "no cap" if self.terms.cap == math.inf else f"a cap of {self.terms.cap:g}"
        return f"{len(self.parties)} parties, {self.years} years, {cap}, {'a' if self.terms.true_up else 'no'} true-up"


def bargain(table):
    """The agreement with the largest Nash product of all coalitions, each on the fewest years that work; None without one.

    Where payment is at once and somebody's money is short, a smaller plan may be worth more to them: fifteen are tried,
    each for a fifth less than the one before.

    Parameters
    ----------
    table : Table

    Returns
    -------
    Agreement or None
    """
    found = {}
    for members in _coalitions(table):
        agreed = [item for plan in _plans(table, members) if (item := agree(table, members, plan)) is not None]
        if agreed:
            found[members] = max(agreed, key=lambda item: item.gain)
    stable = [item for members, item in found.items() if not table.rides_free or _stays(table, members, found)]
    return max(stable, key=lambda item: (item.gain, -item.years), default=None)


def _plans(table, members):
    """What some parties might buy, the most first."""
    plan = drawn_up(table, members)
    yield plan
    for part in SMALLER if table.at_once else ():
        yield drawn_up(table, members, part * plan.cost)


def drawn_up(table, members, most=math.inf):
    """What some parties would buy: what is worth more to them together than its full price, by value per pound, as money goes.

    Parameters
    ----------
    table : Table
    members : tuple of int
    most : float
        Most of their money that it may take, in pence.
    """
    chosen = list(members)
    joint, offers = table.worth[chosen].sum(axis=0), table.offers
    names = {table.parties[i] for i in members}
    full = [(1 + table.margin) * (item.price + item.fee / max(1, item.room)) for item in offers]
    ranked = sorted((k for k in range(len(offers)) if joint[k] > full[k]), key=lambda k: -joint[k] / full[k])
    money = (table.held + min(most, table.money[chosen].sum())) / (1 + table.margin if table.at_once else 1)
    spent, families, order = table.standing, np.zeros(len(offers)), []
    for k in ranked:
        item = offers[k]
        n = min(item.room, int((money - item.fee) // item.price)) if money > item.fee else 0
        cost = n * item.price + item.fee
        if n < max(1, item.least) or not item.powers & names or joint[k] * n <= (1 + table.margin) * cost:
            continue
        families[k], money, spent = n, money - cost, spent + cost
        order.append(k)
    return Plan(families, tuple(order), max(0.0, spent * (1 + table.margin) - (table.held if table.at_once else 0)))


def agree(table, members, plan):
    """The best terms for a plan among some parties, each on the fewest years that work.

    None where somebody would be worse off or payments do not add up to the plan's cost.
    """
    worth = {table.parties[i]: float(table.worth[i] @ plan.families) for i in members}
    if not plan.order or min(worth.values()) <= 0 or sum(worth.values()) <= plan.cost:
        return None
    if table.at_once:
        return _paid_at_once(table, members, plan, worth)
    billed = np.maximum(0.0, table.billable[:, list(members)] @ plan.families)
    most = table.most_billed[:, :, None] * billed
    enough = np.minimum(most, list(worth.values())).sum(axis=2) >= plan.cost
    found = []
    for number in np.flatnonzero(enough.any(axis=1)):
        years = int(enough[number].argmax())
        paid = by_benefit(worth, plan.cost, dict(zip(worth, most[number, years].tolist(), strict=True)))
        if paid is None:
            continue  # enough but for a rounding
        made = table.spreads[number][years]
        sure = {code: table.sure(i, worth[code], paid[code], made) for i, code in zip(members, worth, strict=True)}
        gain = _gain(worth, sure)
        rates = zip(paid.items(), billed[years].tolist(), strict=True)
        shares = {code: pence / (made.mean * whole) if pence > 0 else 0.0 for (code, pence), whole in rates}
        found.append(Agreement(tuple(worth), years + 1, shares, paid, plan, gain, table.terms[number], made))
    best = max(found, key=lambda item: item.gain, default=None)
    return best if best and best.gain > 0 else None


def _paid_at_once(table, members, plan, worth):
    """What each pays out of the money that it has; None as in :func:`agree`."""
    paid = by_benefit(worth, plan.cost, {table.parties[i]: float(table.money[i]) for i in members})
    if paid is None:
        return None
    gain = _gain(worth, {code: worth[code] - pence for code, pence in paid.items()})
    shares = {code: pence / worth[code] for code, pence in paid.items()}
    return Agreement(tuple(worth), 0, shares, paid, plan, gain) if gain > 0 else None


def holds(table, members, agreement, plan):
    """Whether standing terms still leave nobody worse off with a plan, by its own appraisal, and pay for it but for the margin."""
    due = {}
    for i in members:
        code = table.parties[i]
        billed = max(0.0, float(table.billable[agreement.years - 1][i] @ plan.families))
        due[code] = agreement.shares[code] * agreement.made.mean * billed
        if float(table.worth[i] @ plan.families) < due[code]:
            return False
    return sum(due.values()) * (1 + table.margin) >= plan.cost * (1 - 1e-9)


def _coalitions(table):
    """Groups of parties that are enough, as tuples of their numbers: those who gain of anything, and those who are bound."""
    able = [i for i, code in enumerate(table.parties) if code in table.bound or (table.worth[i] > 0).any()]
    for mask in range(1, 1 << len(able)):
        members = tuple(i for bit, i in enumerate(able) if mask >> bit & 1)
        names = {table.parties[i] for i in members}
        if len(names - {table.centre}) >= table.fewest and table.bound <= names:
            yield members


def _gain(worth, sure):
    """Nash product with weights by stake, in pence: the joint surplus where all pay the same part of each pound gained."""
    kept = {code: sure[code] / pence for code, pence in worth.items()}
    if min(kept.values()) <= 0:
        return 0.0
    total = sum(worth.values())
    return total * math.exp(sum(worth[code] / total * math.log(share) for code, share in kept.items()))


def _stays(table, members, found):
    """Whether each of them gains no less than it would by staying out and riding free on what the others then agree."""
    for i in members:
        others = found.get(tuple(other for other in members if other != i))
        free = float(table.worth[i] @ others.plan.families) if others else 0.0
        mine, code = found[members], table.parties[i]
        if float(table.worth[i] @ mine.plan.families) - mine.payments[code] < free and code not in table.bound:
            return False
    return True

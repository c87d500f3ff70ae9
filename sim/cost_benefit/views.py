"""Who would pay for a programme and who would gain: programme by body, at several horizons (docs/odd.md, section 6.13).

Three causes are told apart for what no body buys alone: scope (whose benefit counts), horizon (how long bodies look ahead)
and the cash rule (what the centre pays at cost cannot fund it, and what does not become cash counts for less).
"""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from sim.core.codes import ALL
from sim.deals.bargaining import by_bargaining, by_benefit, side_payment
from sim.programmes.appraisal import discount_factors

HORIZONS = (3, 5, 10, 20)
LONGEST = max(
    HORIZONS
)  # years ahead that stakes are worked out for, at least; bodies see all of them without a horizon
CAUSES = ("scope", "horizon", "cash_rule")
CENTRE = "centre"


@dataclass(frozen=True)
class Bodies:
    """Those who decide at a place, with the values that they decide by.

    Attributes
    ----------
    ids : tuple of str
        Agencies.
    weights : float (agencies, lines)
        Part of a line's average cost that each pays.
    cash : float (agencies, lines)
        Part that each believes to become its own cash; nought on demand-led lines.
    at_once : float (agencies, lines)
        Part that follows cases, and so falls before any place closes.
    outcome_weight : float (agencies,)
        Pounds each values per pound of service use avoided without cash.
    demand_led : bool (lines,)
        Lines that the centre pays at cost.
    """

    ids: tuple
    weights: np.ndarray
    cash: np.ndarray
    at_once: np.ndarray
    outcome_weight: np.ndarray
    demand_led: np.ndarray


@dataclass(frozen=True)
class Stakes:
    """What one family on a programme saves, as deciders believe and in truth.

    Attributes
    ----------
    programme, name : str
    powers : tuple of str
        Agencies of the place that may commission it.
    believed, true : float (years, lines)
        Pence at average cost, undiscounted; year 0 is that of enrolment.
    cost, true_cost : float
        Pence a family.
    families : float
        Families a year at full reach.
    noise : float (parts, years, lines)
        What chance does to `believed`: the squared error of a sum of it is that of the parts' own sums.
    """

    programme: str
    name: str
    powers: tuple
    believed: np.ndarray
    true: np.ndarray
    cost: float
    true_cost: float
    families: float
    noise: np.ndarray


@dataclass(frozen=True)
class View:
    """A programme as bodies see it that look a number of years ahead; pence a family."""

    bodies: Bodies
    stakes: Stakes
    horizon: float

    def present(self, by_year, horizon=None):
        """Present value by line of pence by year and line: float (lines,)."""
        return discount_factors(len(by_year), horizon or self.horizon) @ by_year

    def shared(self, by_line, part=None):
        """What of a benefit by line is each agency's, and the centre's: dict of str to float.

        Parameters
        ----------
        by_line : float (lines,)
        part : float (agencies, lines), optional
            Each agency's part of it; what it pays of a line by default. All of a demand-led line is the centre's.
        """
        part = self.bodies.weights if part is None else part
        own = (part * np.where(self.bodies.demand_led, 0.0, by_line)).sum(axis=1)
        return {
            **dict(zip(self.bodies.ids, own.tolist(), strict=True)),
            CENTRE: float(by_line[self.bodies.demand_led].sum()),
        }

    @cached_property
    def gross(self):
        """Believed benefit at average cost, by body and the centre."""
        return self.shared(self.present(self.stakes.believed))

    @cached_property
    def error(self):
        """Standard error of `gross`, by body and the centre, and of all of it."""
        parts = [self.shared(self.present(part)) for part in self.stakes.noise]
        parts = [{**part, ALL: sum(part.values())} for part in parts]
        return {body: math.sqrt(sum(part[body] ** 2 for part in parts)) for body in (*self.gross, ALL)}

    @cached_property
    def believed_cash(self):
        """What of it each believes to become its cash; the centre's is cash, to the centre."""
        return self.shared(self.present(self.stakes.believed), self.bodies.cash)

    @cached_property
    def at_once(self):
        """What of it follows cases, and is saved before any place closes."""
        return self.shared(self.present(self.stakes.believed), self.bodies.at_once)

    @cached_property
    def true(self):
        """Benefit at the mean true effect, at average cost."""
        return self.shared(self.present(self.stakes.true))

    def worth(self, lifted=(), centre=False):
        """What a family is worth to each agency by its own values: dict of str to float.

        Parameters
        ----------
        lifted : collection of str
            Causes that do not apply: with ``cash_rule`` all benefit is cash, and what the centre pays through an agency
            funds it; with ``horizon`` all look as far as there is anything to see. Scope is no matter of one body's worth.
        centre : bool
            Whether what the centre pays at cost counts as cash.
        """
        bodies = self.bodies
        present = self.present(self.stakes.believed, len(self.stakes.believed) if "horizon" in lifted else None)
        cash = np.where(bodies.demand_led & (centre or "cash_rule" in lifted), bodies.weights, bodies.cash)
        cash = bodies.weights if "cash_rule" in lifted else cash
        valued = cash + bodies.outcome_weight[:, None] * (bodies.weights - cash)
        return dict(zip(bodies.ids, (valued @ present).tolist(), strict=True))

    def passes(self, lifted=()):
        """Whether somebody with the power buys it, with some causes lifted."""
        worth = self.worth(lifted)
        if "scope" in lifted:
            return bool(self.stakes.powers) and sum(worth.values()) > self.stakes.cost
        return any(worth[body] > self.stakes.cost for body in self.stakes.powers)

    @cached_property
    def buys_alone(self):
        """Agencies with the power that it is worth more to than its cost."""
        worth = self.worth()
        return [body for body in self.stakes.powers if worth[body] > self.stakes.cost]

    @property
    def passes_jointly(self):
        """Whether it is worth its cost to all agencies together."""
        return self.passes(("scope",))

    @property
    def passes_with_centre(self):
        """Whether it is, where what the centre pays at cost counts too."""
        return bool(self.stakes.powers) and sum(self.worth(centre=True).values()) > self.stakes.cost

    @cached_property
    def causes(self):
        """The least that must be lifted so that somebody buys it: list of tuples of CAUSES; empty where nothing helps.

        Nothing need be lifted of what somebody buys as it is: then it is one empty tuple.
        """
        least = []
        for number in range(len(CAUSES) + 1):
            for lifted in combinations(CAUSES, number):
                if not any(set(other) <= set(lifted) for other in least) and self.passes(lifted):
                    least.append(lifted)
        return least

    @cached_property
    def years_needed(self):
        """Fewest whole years ahead at which somebody would buy it alone; None if it is none."""
        for years in range(1, len(self.stakes.believed) + 1):
            if View(self.bodies, self.stakes, years).buys_alone:
                return years
        return None

    def forgone_with(self, lifted=()):
        """Pence a year at full reach that agencies forgo by their own reckoning, with some causes lifted."""
        if self.passes(lifted) or not self.passes((*lifted, "scope")):
            return 0.0
        return (sum(self.worth(lifted).values()) - self.stakes.cost) * self.stakes.families

    @property
    def gain_in_truth(self):
        """Pence a year at full reach of true benefit, the centre's too, less what it truly costs."""
        return (sum(self.true.values()) - self.stakes.true_cost) * self.stakes.families

    @property
    def forgone_in_truth(self):
        """The same where it is a gain, and nobody buys it alone."""
        return 0.0 if self.buys_alone else max(0.0, self.gain_in_truth)

    @property
    def buyer(self):
        """Who of those with the power lacks least; empty where the place has none."""
        return max(self.stakes.powers, key=self.worth().get, default="")

    def payments(self):
        """What each agency would pay so that nobody is worse off: by benefit, and by bargaining; None where that cannot be."""
        if not self.passes_jointly:
            return None, None
        worth = self.worth()
        return by_benefit(worth, self.stakes.cost), by_bargaining(worth, self.stakes.cost, self.buyer)

    def side_payment(self):
        """The smallest payment of one agency, or else of the centre, that lets another buy it: (from, to, pence), or None."""
        if self.buys_alone:
            return None
        worth, buyers = self.worth(), self.stakes.powers
        with_centre = {**worth, CENTRE: self.gross[CENTRE]}
        return side_payment(worth, self.stakes.cost, buyers) or side_payment(with_centre, self.stakes.cost, buyers)

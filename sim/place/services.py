"""Service lines: demand, places in blocks, notice, thresholds that drift, and the identity of where savings go.

The identity (docs/odd.md, section 4.3) compares a run with its do-nothing twin, line by line and quarter by quarter,
in whole pence: what need no longer asks for is either case finding, backfill, stranded cost, overtime or cash.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.streams import uniform

# Counts of one line in one quarter, in cases or places.
FIELDS = (
    "demand",
    "demand_found",
    "eligible_served",
    "served_found",
    "served_low",
    "places",
    "over",
    "empty_notice",
    "empty_other",
    "refilled",
)
MOST_MOVED = 0.5  # of a duty line's demand, by practice either way: plans fell 49.3% in a year (institutions:TH1)


@dataclass
class Prices:
    """Whole pence a quarter of each line, fixed once when the place opens for business.

    ``fixed`` is paid per place, ``variable`` per served case, ``extra`` per case over capacity, or bought, at the
    start (at least the fixed cost of a place); ``average`` is the cost of a case in a place. Where more than ``usual``
    cases are bought, each costs more by the ``elasticity`` of its market.
    """

    fixed: np.ndarray
    variable: np.ndarray
    extra: np.ndarray
    usual: np.ndarray | float = 0.0
    elasticity: np.ndarray | float = 0.0

    @cached_property
    def average(self):
        """Pence a case-quarter."""
        return self.fixed + self.variable

    def spending(self, counts):
        """Pence a line: E = f K + v T + o over, with o the price of that quarter.

        Parameters
        ----------
        counts : int64 (..., lines, len(FIELDS))
        """
        return self.fixed * pick(counts, "places") + self.variable * served_cases(counts) + self.over(counts)

    def of(self, payer):
        """The price list of one payer, where these are tables of payers by lines."""
        return replace(self, fixed=self.fixed[payer], variable=self.variable[payer], extra=self.extra[payer])

    def over(self, counts):
        """Pence a line that cases over capacity, bought ones included, cost beyond the variable cost: o over."""
        over = pick(counts, "over")
        return np.rint(self.extra * tightness(over, self.usual, self.elasticity)).astype(np.int64) * over


class Lines:
    """What the place's data and the dials say of each service line."""

    def __init__(self, place, dials, n_families):
        def column(name, default=None):
            keys = [f"lines.{line.id}.{name}" for line in place.lines]
            return np.array([place.get(key) if place.has(key) or default is None else default for key in keys], float)

        needs, agencies = place.index("needs"), place.index("agencies")
        self.ids = [line.id for line in place.lines]
        self.need = [needs[line.need] for line in place.lines]
        self.agency = np.array([agencies[line.agency] for line in place.lines])
        self.level = [line.level for line in place.lines]
        self.split = np.array([place.has(f"lines.{line.id}.share") for line in place.lines])
        events = place.index("events")
        self.event = np.array([events[line.event] if line.event else -1 for line in place.lines])
        no_unmet = dials["services.unmet_need_scale"] == 0
        self.gate = [line.gate for line in place.lines]
        self.demand_led = np.array([line.kind == "demand_led" for line in place.lines])
        self.open_door = np.array([line.kind != "rationed" or no_unmet for line in place.lines])
        self.by_practice = np.array([gate == "duty" for gate in self.gate]) & (self.event < 0)
        self.may_withhold = self.by_practice & (not no_unmet)
        per = np.where(self.event >= 0, 1, QUARTERS)  # prices are of an event, or of a year
        self.average_pence = column("unit_cost") * 100 / per
        self.fixed_share = np.minimum(1.0, column("fixed_share") * dials["services.fixed_share_scale"])
        self.fixed_share[self.demand_led] = 0.0
        self.premium = column("overtime_premium")
        self.spot_share = np.where(self.open_door & ~self.demand_led, column("spot_share", 0.0), 0.0)
        self.spot_elasticity = column("spot_elasticity", 0.0)
        self.finds = self._finds(len(needs))
        self.supply_elasticity = dials["services.supply_elasticity"] * min(1.0, dials["services.unmet_need_scale"])
        self.coverage = np.maximum(0.0, 1 - dials["services.unmet_need_scale"] * (1 - column("coverage")))
        self.occupancy = column("occupancy")
        scale = n_families / place.get("place.families")
        self.block = np.maximum(1, np.rint(column("block") * dials["services.block_scale"] * scale)).astype(int)
        self.notice = np.rint(column("notice") * dials["services.notice_scale"]).astype(int)
        self.every_quarter = dials["services.block_scale"] == 0
        self.closing_pence = np.rint(column("closing_cost") * 100).astype(int)
        self.opening_pence = np.rint(column("opening_cost") * 100).astype(int)
        self.boundary = column("boundary") * min(1.0, dials["services.unmet_need_scale"])
        outside = column("caseload", 0.0) * (1 - column("family_share"))
        outside = outside / np.where(self.event >= 0, QUARTERS, 1)  # events are counted by the year
        self.outside = np.rint(outside * scale).astype(int)

    def _finds(self, n_needs):
        """Which lines' places make a need show itself at a level, bool (needs, 4, lines): those of judgement that serve it."""
        finds = np.zeros((n_needs, 4, len(self)), bool)
        for j, (need, level) in enumerate(zip(self.need, self.level, strict=True)):
            finds[need, level:, j] = self.gate[j] == "judgement" and not self.demand_led[j] and self.event[j] < 0
        return finds

    def __len__(self):
        return len(self.ids)


@dataclass
class Services:
    """Places and use of every line of a place, quarter by quarter.

    Attributes
    ----------
    places : int64 (lines,)
        Places paid for, those under notice included.
    opening : int64 (lines,)
        Places at the start.
    low_places : int64 (lines,)
        Places an agency lets families below the base-year threshold into; below 0, eligible cases that the practice of
        a duty line withholds.
    outside : int64 (lines,)
        Cases served that are not of the model's families: the place's, less those whose places were cut.
    notices : list of (quarter due, line, places)
    openings : list of (line, places)
        Decided on, for the quarter to come.
    diverted : float (lines,) or None
        Share of its demand that a statutory line is not to serve; whoever keeps a place stays.
    counts : dict of int to int64 (lines, len(FIELDS))
        By quarter.
    """

    lines: Lines
    places: np.ndarray = None
    low_places: np.ndarray = None
    prices: Prices = None
    notices: list = field(default_factory=list)
    counts: dict = field(default_factory=dict)
    openings: list = field(default_factory=list)
    opening: np.ndarray = None
    diverted: np.ndarray = None
    outside: np.ndarray = None

    def __post_init__(self):
        if self.outside is None:
            self.outside = self.lines.outside.copy()

    def copy(self):
        """Another set of services in the same state that shares nothing that changes."""
        return Services(
            self.lines,
            self.places.copy(),
            self.low_places.copy(),
            self.prices,
            list(self.notices),
            dict(self.counts),
            list(self.openings),
            self.opening,
            self.diverted,
            self.outside.copy(),
        )

    def under_notice(self):
        """Places under notice, by line."""
        places = np.zeros(len(self.lines), np.int64)
        for _, line, n in self.notices:
            places[line] += n
        return places

    def build(self, quarter):
        """Close blocks whose notice has run out and open those decided on: places closed and opened, by line.

        On a rationed line no place closes under somebody who has it: what is left of a block closes as places empty.
        """
        closed, opened = np.zeros((2, len(self.lines)), np.int64)
        left = []
        for due, line, n in self.notices:
            now = n if due <= quarter else 0
            if now and not self.lines.open_door[line]:
                used = int(served_cases(self.counts[quarter - 1][line]))
                now = min(now, max(0, int(self.places[line] - closed[line]) - used))
            closed[line] += now
            if n > now:
                left.append((due, line, n - now))
        for line, n in self.openings:
            opened[line] += n
            lost = int(self.lines.outside[line] - self.outside[line])
            if lost:
                self.outside[line] += min(lost, int(n * self.lines.outside[line] / self.opening[line]))
        self.notices, self.openings = left, []
        self.places = self.places - closed + opened
        return closed, opened

    def run_down(self, line, quarter, places):
        """Put places on notice, whether they are in use or not; cases from outside lose theirs in proportion.

        Returns
        -------
        int
            Quarter from which they close.
        """
        usable = int(self.places[line] - self.under_notice()[line])
        self.outside[line] -= int(self.outside[line] * places / usable)
        due = quarter + 1 + int(self.lines.notice[line])
        self.notices.append((due, line, places))
        return due

    def carry_out(self, line, quarter, plan):
        """Put a decision on a line's size into effect.

        Returns
        -------
        int
            Pence a year that opening costs.
        """
        block = int(self.lines.block[line])
        self.low_places[line] = plan.low_places
        if plan.close_blocks:
            self.notices.append((quarter + 1 + int(self.lines.notice[line]), line, plan.close_blocks * block))
        if plan.open_blocks:
            self.openings.append((line, plan.open_blocks * block))
        return (
            plan.open_blocks * block * (int(self.prices.fixed[line]) * QUARTERS + int(self.lines.opening_pence[line]))
        )

    def serve(self, families, quarter):
        """Serve the families of a quarter within the places there are, and record the counts."""
        lines = self.lines
        low = np.zeros(len(lines), np.int64) if self.low_places is None else self.low_places
        diverting = np.zeros(len(lines), bool) if self.diverted is None else self.diverted > 0
        # a duty line that withholds, and a line that diverts, have a queue for those not yet served
        open_door = lines.open_door & (low >= 0) & ~diverting
        by_need, kept, waiting = families.screen(quarter, low > 0, open_door, self.supply())
        at_least = by_need[:, ::-1].cumsum(axis=1)[:, ::-1]  # known needs at a level and above
        demand, found = (np.where(lines.split, kept[:, 2 + i], at_least[lines.need, lines.level, i]) for i in (0, 1))
        on_event = lines.event >= 0
        demand[on_event], found[on_event] = families.happened.sum(axis=0)[lines.event[on_event]], 0
        served, served_found = (
            np.where(open_door, pair[0], pair[1]) for pair in ((demand, kept[:, 0]), (found, kept[:, 1]))
        )
        on_notice = self.under_notice()
        room = np.maximum(0, self._room(demand, on_notice) - served)
        waits = np.maximum(0, demand - served + np.minimum(low, 0))
        wanted = np.where(lines.open_door & ~diverting, waits, np.minimum(room, waits))
        below = np.where(lines.by_practice, low, np.minimum(room - wanted, low))  # by judgement: into empty places only
        admitted = families.admit(quarter, waiting, np.stack([wanted, np.maximum(0, below)], axis=1))
        served, served_found = served + admitted[:, 0, 0], served_found + admitted[:, 0, 1]
        self.counts[quarter] = self._row(demand, found, served, served_found, admitted[:, 1, 0], on_notice)

    def supply(self):
        """Ratio by which places of judgement lines, against those at the start, change the chance that need shows: (needs, 4)."""
        lines = self.lines
        if self.opening is None:
            return np.ones(lines.finds.shape[:2])
        now, first = lines.finds @ (self.places - self.under_notice()), lines.finds @ self.opening
        return np.divide(now, first, out=np.ones(now.shape), where=first > 0) ** lines.supply_elasticity

    def _room(self, demand, on_notice):
        """Places for families of the place, by line; before the place opens, the coverage of today's demand."""
        if self.places is None:
            return np.rint(self.lines.coverage * demand).astype(np.int64)
        room = self.places - on_notice - self.outside
        if self.diverted is None:
            return room
        return np.where(self.diverted > 0, np.floor((1 - self.diverted) * demand).astype(np.int64), room)

    def _row(self, demand, found, served, served_found, low, on_notice):
        lines = self.lines
        demand, served = demand + lines.outside, served + self.outside
        places = served + low if self.places is None else np.where(lines.demand_led, served + low, self.places)
        margin = np.floor((1 - lines.occupancy) * places)
        spare = np.maximum(0, places - on_notice - served - low - margin)
        refilled = np.floor(lines.boundary * spare).astype(np.int64)  # by need from outside the place
        served = served + refilled
        total = served + low
        over = np.where(lines.open_door & ~lines.demand_led, np.maximum(total - places, 0), 0)
        empty = np.maximum(places - total, 0)
        notice = np.minimum(empty, on_notice)
        return np.stack(
            [demand, found, served, served_found, low, places, over, notice, empty - notice, refilled], axis=-1
        ).astype(np.int64)

    def open_for_business(self, quarters):
        """Fix places and prices in whole pence from the use of the last quarters of the burn-in.

        There are as many places as the usual occupancy asks for, but on a line that buys cases one by one: there its
        own places are full and cover the rest. Blocks are what can be closed or opened after that. Rounding up to
        whole blocks would hand every line idle places at the start, whose size is chance.

        The fixed price of a place is the fixed share of the average cost times cases over places, so that the
        baseline's spending is the published one, what is bought at a premium included.
        """
        lines = self.lines
        used = np.stack([served_cases(self.counts[q]) for q in quarters])
        cases, buys = used.mean(axis=0), lines.spot_share > 0
        wanted = np.where(lines.open_door, cases / lines.occupancy, np.maximum(cases, used[-1]))
        wanted = np.where(buys, (1 - lines.spot_share) * cases, wanted)
        self.places = np.maximum(1, np.ceil(wanted)).astype(np.int64)
        self.opening = self.places.copy()
        self.low_places = np.zeros(len(lines), np.int64)
        over = np.where(buys, np.maximum(0, used - self.places), 0)
        bought = over.mean(axis=0)
        tight = (over * tightness(over, bought, lines.spot_elasticity)).mean(axis=0)
        per_place = lines.fixed_share * (cases - bought) / self.places  # of the average cost
        cost = per_place * (self.places + (1 + lines.premium) * tight) + (1 - lines.fixed_share) * cases
        average = lines.average_pence * np.divide(cases, cost, out=np.ones(len(lines)), where=buys & (cost > 0))
        fixed = np.rint(average * per_place).astype(np.int64)
        variable = np.rint((1 - lines.fixed_share) * average).astype(np.int64)
        extra = np.ceil(fixed * (1 + lines.premium)).astype(np.int64)
        self.prices = Prices(fixed, variable, extra, bought, lines.spot_elasticity)
        self.counts = {}

    def spare(self, line, quarter):
        """Usable places of a line that stood empty throughout the year beyond the usual margin; below 0 where it was short."""
        usable = int(self.places[line] - self.under_notice()[line])
        served = served_cases(self.window(quarter)[:, line])
        return int(usable - served.max()) - int((1 - self.lines.occupancy[line]) * usable)

    def window(self, quarter):
        """Counts of the year that ends with a quarter (the quarter alone if places change every quarter)."""
        length = 1 if self.lines.every_quarter else QUARTERS
        return np.stack([self.counts[q] for q in range(quarter - length + 1, quarter + 1)])


@dataclass(frozen=True)
class Resizing:
    """What an agency does about a line: places let to lower need (below 0: withheld), blocks on notice, blocks opened."""

    low_places: int
    close_blocks: int
    open_blocks: int


def resizing(services, line, quarter, drift, willingness, seed, slack_pence, practice=0.0):
    """How a line is resized, given how its places were used (docs/odd.md, section 4.2).

    Unmet need has already been let in by the queue. On a line of judgement what has stood empty all year beyond the
    usual margin first lowers the threshold, and what has been short all year first raises it again; on a duty line
    the threshold is practice, whatever stands empty. Then what is empty is closed in whole blocks if the agency is
    willing, and what is short is opened within the service budget.

    Parameters
    ----------
    services : Services
    line, quarter : int
    drift : float
        Share of spare places that lowers the threshold of a line of judgement.
    willingness : float
        Chance that a whole empty block is closed.
    seed : int
    slack_pence : int
        Unspent service budget of a year that may pay for new blocks.
    practice : float
        Share of demand by which the practice of a duty line moves, below 0 towards strictness.

    Returns
    -------
    Resizing
    """
    lines, judged = services.lines, not services.lines.by_practice[line]
    low = int(services.low_places[line]) if judged else practised(services, line, quarter, practice)
    counts = services.window(quarter)[:, line]
    usable = int(services.places[line] - services.under_notice()[line])
    block = int(lines.block[line])
    spare = services.spare(line, quarter)
    if not lines.open_door[line]:
        short = int(lines.coverage[line] * pick(counts, "demand").mean()) - usable
    else:
        short = int((1 - lines.spot_share[line]) * served_cases(counts).min()) - usable
    if spare > 0:
        eased = int(drift * spare) if judged and lines.level[line] > 1 else 0
        blocks = (spare - eased) // block
        year = quarter // QUARTERS if not lines.every_quarter else f"q{quarter}"
        close = sum(uniform(seed, "close", lines.ids[line], year, b) < willingness for b in range(blocks))
        return Resizing(low + eased, close, 0)
    if short > 0:
        raised = min(low, short) if judged else 0
        wanted = int((short - raised) / block + 0.5)
        price = block * (int(services.prices.fixed[line]) * QUARTERS + int(lines.opening_pence[line]))
        affordable = wanted if price == 0 else max(0, slack_pence) // price
        return Resizing(low - raised, 0, min(wanted, affordable))
    return Resizing(low, 0, 0)


def practised(services, line, quarter, practice):
    """Places that the practice of a duty line lets to lower need when it moves by a share of demand; below 0, withheld."""
    lines, demand = services.lines, float(pick(services.window(quarter)[:, line], "demand").mean())
    most = int(MOST_MOVED * demand)
    lowest, highest = -most if lines.may_withhold[line] else 0, most if lines.level[line] > 1 else 0
    return min(highest, max(lowest, int(services.low_places[line]) + round(practice * demand)))


def tightness(over, usual, elasticity):
    """What a market does to the price of cases bought: (over / usual)^elasticity where more are bought than usual."""
    return np.maximum(1.0, over / np.where(np.greater(usual, 0), usual, np.inf)) ** elasticity


def pick(counts, name):
    """One of :data:`FIELDS` out of counts: int64 (...)."""
    return counts[..., FIELDS.index(name)]


def served_cases(counts):
    """Cases served, above the base-year threshold and below it: int64 (...)."""
    return pick(counts, "eligible_served") + pick(counts, "served_low")

"""Families followed after they are referred, with a programme and without, as its trial did (docs/odd.md, section 6).

Copies of families that services know are moved on by the kernels that move the place's own, so that what a programme
does to one need is felt by the others, by services and by events as it is in a run. What one family has cannot bear on
another: the chances of each neighbourhood stay as they are in the settled place, and so do the places in each queue up
to which families that wait are let in. Copies have the same draws in every arm.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.ledger import split
from sim.core.streams import uniform
from sim.place import kernels
from sim.place.burn_in import burn_in
from sim.place.families import Families
from sim.place.influence import AreaInfluence
from sim.place.tables import offer_tables
from sim.programmes.offers import contact_of, row_of
from sim.programmes.uptake import worst_first

LEAST, MOST = (
    20_000,
    320_000,
)  # families of the settled place that others are drawn from; between, twice the place's own
SEED = 1  # of that place, which is the same for every run
MEASURED = 5 * QUARTERS  # after the base year, in which queues and chances are looked at
EVERY = 2  # quarters, at whose ends families are taken down
_BITS = 35  # of a place in a queue, below the queue's number: see kernels.queues
_PLACE, _EVERYBODY = np.uint64(2**_BITS - 1), np.uint64(2**_BITS)


@dataclass(frozen=True)
class Frozen:
    """Chances that needs worsen which nothing changes any more; stands in for :class:`AreaInfluence`."""

    table: np.ndarray

    def trend(self, quarter):
        """Newborn bring needs as they did at the start."""
        return 1.0

    def chances(self, counts, quarter, bond=1.0):
        """Chance to worsen by neighbourhood, age band, need and level."""
        return self.table


@dataclass(frozen=True)
class Surroundings:
    """A settled place as those see it who are followed in it: nothing in it changes.

    Attributes
    ----------
    place : Place
    dials : dict
    families : Families
        Those that services know at the end of its base year and of each half-year after, as one population at quarter 0,
        so that those in a rare state are not a handful; needs arise as in these years on average.
    size : int
        Families of the settled place.
    prices : Prices
        Of the settled place, in pence.
    let_in : uint64 (quarters, lines)
        Places in each line's queue from which families were no longer let in, quarter by quarter of the years after.
    """

    place: object
    dials: object
    families: Families
    size: int
    prices: object
    let_in: np.ndarray
    _open_door: np.ndarray = field(repr=False)

    @property
    def looked_at(self):
        """Families among which those that services know were found, each as often as it was looked at."""
        return self.size * (MEASURED // EVERY + 1)

    @property
    def nbytes(self):
        """About how much memory it takes."""
        return sum(column.nbytes for column in self.families.columns)

    def at(self, place, dials):
        """The same where a place and dials differ in nothing that was read up to now."""
        return replace(self, place=place, dials=dials, families=self.families.at(place, dials))

    def serve(self, families, quarter):
        """Need becomes known; those eligible are served where doors are open, keep their place, or come to the head of a queue."""
        lines, needs = len(self._open_door), len(self.place.needs)
        nobody, usual = np.zeros(lines, bool), np.ones((needs, 4))
        _, _, (keys, rows) = families.screen(quarter, nobody, self._open_door, usual)
        line = (keys >> np.uint64(_BITS + 1)).astype(np.uint32)
        lucky = (keys & _PLACE) < self.let_in[(quarter - 1) % len(self.let_in), line]
        np.bitwise_or.at(families.columns.served[quarter % kernels.RING], rows[lucky], np.uint32(1) << line[lucky])


class _Steady(AreaInfluence):
    """Chances that needs worsen without any trend, which are noted."""

    def __init__(self, place, dials):
        super().__init__(place, dials)
        self.noted = []

    def trend(self, quarter):
        return 1.0

    def chances(self, counts, quarter, bond=1.0):
        self.noted.append(super().chances(counts, quarter, bond))
        return self.noted[-1]


class _Queues:
    """Families served as in a run, and for each quarter the first in each line's queue who were not let in."""

    def __init__(self, families):
        self._families, self.noted = families, []
        self.screen = families.screen

    @property
    def happened(self):
        return self._families.happened

    def admit(self, quarter, waiting, places):
        admitted = self._families.admit(quarter, waiting, places)
        queue, place = waiting[0] >> np.uint64(_BITS), waiting[0] & _PLACE
        cut = np.full(len(places), _EVERYBODY)
        for line, n in enumerate(admitted[:, 0, 0]):
            those = place[queue == 2 * line]
            if n < len(those):
                cut[line] = np.partition(those, n)[n]
        self.noted.append(cut)
        return admitted


def surroundings(place, dials, threads=1, families=None):
    """The settled place that families are drawn from and followed in; it depends on no run's seed.

    Five years pass after the base year with places fixed and without trend. Chances to worsen are those years' average,
    and queues are cut where they were in each of their quarters, over and over. Families are those of every half-year's end.

    Parameters
    ----------
    place : Place
    dials : dict
    threads : int
    families : int, optional
        Of the settled place; by default twice as many as the place has, but LEAST at least and MOST at most.

    Returns
    -------
    Surroundings
    """
    size = families or min(max(2 * int(place.get("place.families")), LEAST), MOST)
    settled = burn_in(place, dials, SEED, size, threads)
    later, areas = settled.copy(), _Steady(place, dials)
    later.families.follow(areas)
    queues, known = _Queues(later.families), [settled.families.known_at(0)]
    for quarter in range(1, MEASURED + 1):
        later.families.live(quarter)
        later.services.serve(queues, quarter)
        if quarter % EVERY == 0:
            known.append(later.families.known_at(quarter))
    pool = settled.families.pooled(known)
    pool.follow(Frozen(np.mean(areas.noted, axis=0, dtype=float).astype(np.float32)))
    open_door = settled.services.lines.open_door
    return Surroundings(place, dials, pool, size, settled.services.prices, np.stack(queues.noted), open_door)


def refer(around, target, shares, n, seed):
    """Families like a target and known for it, copied until there are as many as asked for.

    Every family it finds is copied as often as any other, give or take one; with shares by level, as often as any other
    whose worst targeted need known is at that level. A level at which there is nobody gives its share to the others.

    Parameters
    ----------
    around : Surroundings
    target : kernels.Target
    shares : float (4,) or None
        Shares of those referred by the worst level known of the needs that count.
    n : int
    seed : int
        Of the copies' draws, and of who is copied.

    Returns
    -------
    Families or None
        At quarter 0; None where nobody is like the target.
    """
    families = around.families
    rows, known = families.like(target)
    rows = rows[known]
    worst = families.as_referred(target, rows).worst
    groups = [(rows, 1.0)] if shares is None else [(rows[worst == level], share) for level, share in enumerate(shares)]
    groups = [(group, share) for group, share in groups if len(group) and share > 0]
    if not groups:
        return None
    start, chosen = uniform(seed, "referral"), []
    for (group, _), m in zip(groups, split(n, [share for _, share in groups]), strict=True):
        chosen.append(group[((np.arange(m) + start) * len(group) / max(m, 1)).astype(np.int64)])
    return families.copies(np.concatenate(chosen), seed)


@dataclass
class Followed:
    """What became of families, by quarter since referral (0: as they were referred) and family.

    Attributes
    ----------
    packed : uint32 (quarters + 1, n)
        Levels of needs, two bits a need.
    served : uint32 (quarters + 1, n)
        Lines that serve the family, by bits.
    events : uint16 (quarters + 1, n)
        Events of the quarter, by bits.
    there : bool (quarters + 1, n)
        Whether it is still the family that was referred; at 25 it leaves, and what follows is of another.
    """

    packed: np.ndarray
    served: np.ndarray
    events: np.ndarray
    there: np.ndarray

    def use(self, lines):
        """Families that each line serves: int64 (quarters + 1, lines)."""
        use = np.zeros((1, len(self.served), lines), np.int64)
        kernels.use_by_group(self.served, self.there, np.zeros(self.served.shape[1], np.int64), use)
        return use[0]


def follow(cohort, around, quarters, effect=None, programme=None, takes=None, contact=1.0):
    """Follow a cohort, which stays as it is.

    Parameters
    ----------
    cohort : Families
        From :func:`refer`.
    around : Surroundings
    quarters : int
    effect : float (2, needs), optional
        Log ratios of worsening and easing at full strength; nobody is offered anything by default.
    programme : Programme, optional
        Whose effect it is.
    takes : bool (n,), optional
        Families that take the offer up; all by default.
    contact : float
        Ratio on the need that contact with the programme brings to light and on the trust it wins.

    Returns
    -------
    Followed
    """
    families = cohort.copy()
    if effect is not None:
        offer(families, effect, programme, takes, contact)
    columns, n = families.columns, families.n
    found = Followed(*(np.empty((quarters + 1, n), kind) for kind in (np.uint32, np.uint32, np.uint16, bool)))
    for quarter in range(quarters + 1):
        if quarter:
            families.live(quarter)
            around.serve(families, quarter)
        found.packed[quarter] = columns.packed
        found.served[quarter] = columns.served[quarter % kernels.RING]
        found.events[quarter] = columns.events[quarter % kernels.RING]
        found.there[quarter] = columns.generation == cohort.columns.generation
    return found


def offer(families, effect, programme, takes=None, contact=1.0):
    """Put families on a programme of a known effect, at the end of quarter 0."""
    finds, trust = contact_of(programme, families.place, families.dials)
    families.offers = offer_tables(len(families.place.needs), [row_of(programme, effect, contact * finds)])
    families.count_trust(min(1.0, families.dials["families.case_finding"]))
    rows = np.arange(families.n) if takes is None else np.flatnonzero(takes)
    families.enrol(rows, 1, contact * trust)


def takers(cohort, target, programme):
    """Who of a cohort takes the programme up when asked, by trust as in a run: bool (n,)."""
    takes, nobody = np.zeros(cohort.n, bool), np.empty(0, np.uint8)
    same, engagement = np.zeros(1, np.uint8), programme.get("engagement")
    asked = (programme.code, same, worst_first(cohort.n), 1.0, engagement, 0, nobody)
    takes[cohort.take_up(0, target, *asked)] = True
    return takes

"""How the outcome of a cohort is measured, and the truth that only reports see (docs/odd.md, section 7).

Each design looks at what evaluators can see, and its faults come out of the dynamics. Before-and-after compares
families' use of services in a year with their use, made annual, when they enrolled, as the monitoring of family projects
did (interventions:FIP1: 61% at the start, 7% at exit); families enrol when things are worst, and part of what follows
would have passed anyway. A matched group is alike in what services know, not in what they do not; a waiting-list draw is
unbiased and noisy; counts of an area take in its trend and its luck.
"""

from dataclasses import dataclass, field

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.streams import mixed
from sim.place import kernels
from sim.place.places import AGE_BANDS

DESIGNS = ("before_after", "matched", "waiting_list", "area_count", "none")
_WAIT = QUARTERS  # quarters before a family on a waiting list may enrol


@dataclass
class Group:
    """Families looked at together: those of a cohort, or those it is compared with.

    Attributes
    ----------
    rows : int64 (n,)
        Row numbers; `generation` tells whether the family is still there.
    generation : uint8 (n,)
    before : uint8 (n, lines)
        Use of services when they were noted, as served quarters a year; of lines that serve events, last year's.
    severity : uint8 (n, needs)
        Levels of the needs the programme is meant for at that time.
    """

    rows: np.ndarray
    generation: np.ndarray
    before: np.ndarray
    severity: np.ndarray

    @property
    def troubled(self):
        """Whether a need the programme is meant for was entrenched or worse: bool (n,)."""
        return (self.severity >= 2).any(axis=1)

    @property
    def hard(self):
        """Whether such a need was in crisis: bool (n,)."""
        return (self.severity == 3).any(axis=1)

    def still_there(self, families):
        """Whether each family still stands in its row: bool (n,)."""
        return families.columns.generation[self.rows] == self.generation

    def levels_now(self, families):
        """Levels of the needs the programme is meant for, as they are: uint8 (n, needs)."""
        return families.columns.levels[self.rows] * self.severity.any(axis=0)

    def turned_around(self, families):
        """Families with an entrenched need then and none now, and those of them whose need was in crisis: bool (n,)."""
        turned = self.still_there(families) & self.troubled & ~(self.levels_now(families) >= 2).any(axis=1)
        return turned, turned & self.hard

    def use(self, families, size):
        """Rows still there of an even sample of at most `size`, and their served quarters of the last year by line."""
        picked = np.arange(len(self.rows))
        if len(picked) > size:
            picked = np.linspace(0, len(self.rows) - 1, size).astype(int)
        picked = picked[self.still_there(families)[picked]]
        return picked, families.served_in_year(self.rows[picked]).astype(int)


@dataclass
class Cohort(Group):
    """Families enrolled on one programme by one body in one year.

    Attributes
    ----------
    controls : Group or None
        Families it is compared with, where the design has any.
    """

    body: str = ""
    programme: str = ""
    year: int = 0
    controls: Group | None = None
    evaluated: bool = False

    @property
    def key(self):
        """Body, programme and year: those of its contract."""
        return self.body, self.programme, self.year


@dataclass(frozen=True)
class Finding:
    """What a measurement says of a cohort in a year.

    Attributes
    ----------
    saved : float (lines,)
        Case-quarters saved, grossed up to the whole cohort.
    per_family, spread : float
        Pence saved a family at average cost in the services that are looked at, and its standard error.
    families : int
        Families the figure rests on.
    usual : float
        Pence a family of these services that would have been used, as the design sees it: what a threshold is a share of.
    turned, turned_hard : float
        Families of the cohort with an entrenched need when they enrolled and none now, less those of the group compared
        with, at their rate; and those of them whose need was in crisis.
    shared : float
        Share of the cohort that has been on another programme as well.
    """

    cohort: Cohort
    saved: np.ndarray
    per_family: float
    spread: float
    families: int
    usual: float = 0.0
    turned: float = 0.0
    turned_hard: float = 0.0
    shared: float = 0.0


@dataclass
class Cohorts:
    """All cohorts of a run, measured by one design.

    Attributes
    ----------
    waiting : dict of str to (uint16 (families,), uint8 (families,))
        By programme: the quarter from which each row's family may be taken on, and its generation.
    """

    design: str = "before_after"
    cohorts: list = field(default_factory=list)
    waiting: dict = field(default_factory=dict)
    _batches: dict = field(default_factory=dict)

    def take_up(self, families, places, quarter, programme, **offer):
        """Rows of families that take up places, and of those that wait instead, where there is a draw.

        With a waiting list, up to twice the places apply, whatever their severity but for the levels that some of the
        places are meant for, and lots are drawn, at each such level apart: those with the lower half of lots are taken
        on. Where fewer apply, half of them wait. A family that waits cannot enrol for a year.

        Parameters
        ----------
        families : Families
        places : kernels.Places
        quarter : int
        programme : str
        **offer
            As :meth:`Families.take_up` has it.
        """
        if self.design != "waiting_list":
            return families.take_up(quarter, places=places, barred=NOBODY, **offer), None
        lives = families.columns.generation
        until, whose = self.waiting.setdefault(programme, (np.zeros(families.n, np.uint16), lives.copy()))
        offer |= {"order": 0, "barred": ((until > quarter) & (whose == lives)).astype(np.uint8)}
        twice = kernels.Places(2 * places.by_order, 2 * places.by_level)
        applied = families.take_up(quarter, places=twice, **offer)
        offer["barred"] = np.ones(families.n, np.uint8)
        offer["barred"][applied] = 0
        taken = families.take_up(quarter, places=_half(families, applied, places, offer["target"]), **offer)
        waiting = np.setdiff1d(applied, taken, assume_unique=True)
        until[waiting], whose[waiting] = quarter + _WAIT, lives[waiting]
        return taken, waiting

    def enrolled(self, contract, families, target, rows, waiting, quarter):
        """Note a batch of families about to be enrolled, and whom they will be compared with."""
        controls = waiting
        if self.design == "matched":
            controls = match(families, target, rows, quarter)
        batch = [_noted(families, target, group, quarter) for group in (rows, controls) if group is not None]
        self._batches.setdefault((contract.body, contract.programme, contract.year), []).append(batch)

    def close_year(self):
        """Make cohorts of the year's batches."""
        for (body, programme, year), batches in self._batches.items():
            groups = [
                [np.concatenate(part) for part in zip(*(batch[i] for batch in batches), strict=True)]
                for i in range(len(batches[0]))
            ]
            controls = Group(*groups[1]) if len(groups) > 1 else None
            self.cohorts.append(Cohort(*groups[0], body, programme, year, controls))
        self._batches = {}

    def measure(self, families, prices, year, size, years, relieved, area=None):
        """Findings of the cohorts of earlier years that are still followed.

        Parameters
        ----------
        size : int
            Families of a cohort that are measured; a larger one is sampled evenly.
        years : int
            Years for which a cohort is followed.
        relieved : callable
            Programme -> bool (lines,), services that are looked at.
        area : float (2, lines), optional
            Fall of the area's use since the base year, and that year's use, in case-quarters, for the design that counts it.

        Returns
        -------
        list of Finding
        """
        followed = [cohort for cohort in self.cohorts if cohort.year < year <= cohort.year + years]
        if self.design == "none":
            return []
        if self.design == "area_count":
            return [by_area(cohort, followed, families, prices, relieved, area) for cohort in followed]
        method = before_after if self.design == "before_after" else compared
        findings = [method(cohort, families, prices, size, relieved(cohort.programme)) for cohort in followed]
        return [finding for finding in findings if finding is not None]

    def of(self, key):
        """The cohort of a contract's key (body, programme, year), or None where nobody enrolled."""
        return next((item for item in self.cohorts if item.key == key), None)

    def improved(self, cohort, families):
        """Families of a cohort that are still there with less of the needs the programme is meant for."""
        if cohort is None:
            return 0
        better = cohort.levels_now(families).sum(axis=1) < cohort.severity.sum(axis=1)
        return int((cohort.still_there(families) & better).sum())


NOBODY = np.zeros(0, np.uint8)


def _half(families, applied, places, target):
    """Places for half of those who applied; of each worst level apart where places are meant for levels."""
    if not places.by_level[1:].any():
        return kernels.Places(len(applied) // 2, np.zeros_like(places.by_level))
    _, worst = families.as_referred(target, applied)
    return kernels.Places(0, np.bincount(worst, minlength=len(places.by_level)) // 2)


def _noted(families, target, rows, quarter):
    """Rows, generations, use made annual and levels; events are counted over the year past, not taken four times."""
    columns, use = families.columns, QUARTERS * families.served_now(rows, quarter)
    on_event = np.array([bool(line.event) for line in families.place.lines])
    use[:, on_event] = families.served_in_year(rows)[:, on_event]
    return rows, columns.generation[rows].copy(), use, columns.levels[rows] * target.needs


def match(families, target, rows, quarter):
    """Families alike those enrolled in what services know: one for each, the nearest in drawn order.

    Alike in the level of the needs services know of, in use of services in the last year, and in age band; where a
    programme is for families with an event, they had it as lately. What services do not know - frailty, trust, needs unseen - is not matched, nor is a family nobody knows of ever a control.
    Where those alike are few, as where the worst off have been taken on, a family is the control of several
    (matching with replacement: Dehejia and Wahba 2002, Review of Economics and Statistics 84:151).

    Returns
    -------
    int64 (n,)
        Empty where there is nobody to compare with.
    """
    columns = families.columns
    seen = columns.known | columns.found
    wanted = np.uint16(sum(1 << k for k in np.nonzero(target.needs)[0]))
    on_programme = (columns.offer > 0).any(axis=0)
    aged = (columns.age >= target.age_from) & (columns.age <= target.age_to)
    pool = np.nonzero((seen & wanted > 0) & aged & ~on_programme & _had_event(columns, target.at(quarter)))[0]
    pool = pool[~np.isin(pool, rows)]
    if not len(pool):
        return pool
    code, of_pool = (_likeness(families, target, group, seen) for group in (rows, pool))
    order = np.lexsort((mixed(columns.luck[pool], quarter), of_pool))
    pool, of_pool = pool[order], of_pool[order]
    return pool[_nearest(code, of_pool)]


def _had_event(columns, target):
    """Whether each family had the event that a target asks for, as lately; all did where it asks for none: bool (N,)."""
    slots = [slot for slot in range(kernels.RING) if target.slots >> slot & 1]
    return (np.bitwise_or.reduce(columns.events[slots], axis=0) & target.events > 0) | (target.events == 0)


def _nearest(asked, there):
    """Where the nearest to each number asked for stands in a sorted array; equals take turns."""
    asked = np.sort(asked)
    first = np.searchsorted(there, asked)
    above, below = there[np.minimum(first, len(there) - 1)], there[np.maximum(first - 1, 0)]
    near = np.where(above - asked <= asked - below, above, below)
    first, end = np.searchsorted(there, near), np.searchsorted(there, near, side="right")
    turn = np.arange(len(near)) - np.searchsorted(near, near)
    return first + turn % (end - first)


def _likeness(families, target, rows, seen):
    """One number for what services know of a family: severity known, services in the last year, age band, in this order."""
    columns = families.columns
    shown = (seen[rows, None] >> np.arange(columns.levels.shape[1], dtype=np.uint16)) & 1
    severity = (columns.levels[rows] * shown * target.needs).sum(axis=1, dtype=np.int64)
    services = np.bitwise_count(columns.served[:, rows]).sum(axis=0, dtype=np.int64) // kernels.RING
    band = np.searchsorted([low * QUARTERS for low, _ in AGE_BANDS], columns.age[rows], side="right")
    return (severity * 64 + services) * 8 + band


def before_after(cohort, families, prices, size, relieved):
    """The before-and-after finding of a cohort for the year just past; None when nobody is left to measure."""
    picked, use = cohort.use(families, size)
    if not len(picked):
        return None
    saved = cohort.before[picked].astype(int) - use
    scale = len(cohort.rows) / min(len(cohort.rows), size)
    price = np.where(relieved, prices.average, 0)
    by_family, usual = saved @ price, float((cohort.before[picked] @ price).mean())
    spread = by_family.std() / np.sqrt(len(picked))
    turned, hard = (int(group.sum()) for group in cohort.turned_around(families))
    return Finding(
        cohort,
        saved.sum(axis=0) * scale,
        float(by_family.mean()),
        float(spread),
        len(picked),
        usual,
        turned,
        hard,
        _shared(cohort, families),
    )


def compared(cohort, families, prices, size, relieved):
    """A cohort's use in the year just past against its controls'; None when either is empty.

    The groups were alike, or drawn by lot, when they were noted, so their use is compared as it is, as in Peterborough's
    contract (interventions:ONE1). Controls who enrol later stay in: they were not when the groups were made.
    """
    if cohort.controls is None:
        return None
    sides = [group.use(families, size) for group in (cohort, cohort.controls)]
    if not all(len(picked) for picked, _ in sides):
        return None
    price = np.where(relieved, prices.average, 0)
    (mine, use), (theirs, other) = sides
    by_family, by_other = use @ price, other @ price
    still = len(mine) * len(cohort.rows) / min(len(cohort.rows), size)  # who has left saves nothing
    saved = (other.mean(axis=0) - use.mean(axis=0)) * still
    _, times = np.unique(cohort.controls.rows[theirs], return_counts=True)  # one looked at twice is not two
    spread = np.sqrt(by_family.var() / len(mine) + by_other.var() * (times**2).sum() / times.sum() ** 2)
    net = [
        len(cohort.rows) * (a.mean() - b.mean())
        for a, b in zip(cohort.turned_around(families), cohort.controls.turned_around(families), strict=True)
    ]
    return Finding(
        cohort,
        saved,
        float(by_other.mean() - by_family.mean()),
        float(spread),
        len(mine),
        float(by_other.mean()),
        *map(float, net),
        _shared(cohort, families),
    )


def by_area(cohort, followed, families, prices, relieved, area):
    """A cohort's part of the fall of the area's use, by its share of the families followed for the same services."""
    mine = relieved(cohort.programme)
    rivals = [(relieved(other.programme), len(other.rows)) for other in followed]
    claims = sum(n * lines for lines, n in rivals)
    saved, before = np.where(mine, area * len(cohort.rows) / np.maximum(1, claims), 0.0)
    per_family, usual = (float(use @ prices.average) / len(cohort.rows) for use in (saved, before))
    turned, hard = (int(group.sum()) for group in cohort.turned_around(families))
    # One count of one area has no spread of its own: it is taken to be as uncertain as it is large.
    return Finding(
        cohort, saved, per_family, abs(per_family), len(cohort.rows), usual, turned, hard, _shared(cohort, families)
    )


def _shared(cohort, families):
    return float((families.columns.offer[:, cohort.rows] > 0).all(axis=0).mean())

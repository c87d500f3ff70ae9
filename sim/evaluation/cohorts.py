"""All cohorts of a run, measured by one design."""

from dataclasses import dataclass, field

import numpy as np

from sim.core.calendar import QUARTERS
from sim.evaluation import area, before_after, compared
from sim.evaluation.covariates import looked_at
from sim.evaluation.draw import NOBODY, WaitingList
from sim.evaluation.groups import Cohort, evenly, joined, noted
from sim.evaluation.protocol import Protocol
from sim.evaluation.recruitment import POOL, Recruitment


@dataclass
class Cohorts:
    """Cohorts of families, by contract and year, and what is found of them.

    Attributes
    ----------
    protocol : Protocol
    comparison_area : callable or None
        () -> :class:`sim.evaluation.comparison_area.ComparisonArea`, asked for where the design looks at a place where nobody is helped.
    cohorts : list of Cohort
    draw : WaitingList
    """

    protocol: Protocol
    comparison_area: object = None
    cohorts: list = field(default_factory=list)
    draw: WaitingList = field(default_factory=WaitingList)
    _elsewhere: dict = field(default_factory=dict)  # Recruitment by the neighbourhoods of a body
    _batches: dict = field(default_factory=dict)
    _looked_at: dict = field(default_factory=dict)  # by programme

    def take_up(self, families, places, quarter, programme, **offer):
        """Rows of families that take up places, and of those they may be compared with that take part in the evaluation too.

        The latter are those who lose a draw, where one is made, and families of the comparison area that agree to take part,
        where the design looks there; None with other designs. Parameters are those of :meth:`WaitingList.take_up`.
        """
        if self.protocol.design == "waiting_list":
            return self.draw.take_up(families, places, quarter, programme, **offer)
        taken = families.take_up(quarter, places=places, barred=NOBODY, **offer)
        return taken, self._agreed(families, places, quarter, programme, offer) if self._looks_elsewhere else None

    @property
    def _looks_elsewhere(self):
        return self.protocol.design == "matched"

    def _agreed(self, families, places, quarter, programme, offer):
        """Families of the comparison area that agree to take part; all of it is asked for a body of some neighbourhoods."""
        areas = offer.get("areas") or (0, len(families.heard))
        there, columns = self._elsewhere.setdefault(areas, Recruitment()), families.columns
        others = self.comparison_area().at_quarter(quarter)
        others.offers = families.offers
        share = others.n / int(columns.first[areas[1]] - columns.first[areas[0]])
        return there.recruit(others, places, share, quarter, programme, **{**offer, "areas": None})

    def enrolled(self, contract, families, target, rows, others, quarter):
        """Note a batch of families about to be enrolled, and those they may be compared with.

        Parameters
        ----------
        contract : Contract
        families : Families
        target : kernels.Target
        rows, others : int64 (n,)
            As :meth:`take_up` gives them.
        quarter : int
        """
        design, programme = self.protocol.design, contract.programme
        batch = [self._noted(families, target, rows, quarter, programme)]
        if design == "waiting_list":
            batch.append(self._noted(families, target, others, quarter, programme))
        if design == "matched_here":
            alike = _others(families, target, rows)
            batch.append(self._noted(families, target, alike[evenly(len(alike), POOL)], quarter, programme))
        if self._looks_elsewhere:
            batch.append(self._noted(self.comparison_area().at_quarter(quarter), target, others, quarter, programme))
        self._batches.setdefault((contract.body, programme, contract.year), []).append(batch)

    def _noted(self, families, target, rows, quarter, programme):
        """A group, with what services know of its families where the design compares families."""
        if self.protocol.compares and programme not in self._looked_at:
            prices = self.protocol.price(programme), self.protocol.prices.average
            self._looked_at[programme] = looked_at(families.place, *prices)
        return noted(families, target, rows, quarter, self._looked_at.get(programme))

    def close_year(self):
        """Make cohorts of the year's batches, and fix whom each is compared with."""
        for (body, programme, year), batches in self._batches.items():
            groups = [joined(group) for group in zip(*batches, strict=True)]
            cohort = Cohort(**vars(groups[0]), body=body, programme=programme, year=year)
            if len(groups) > 1:
                cohort.comparison = self._compared(cohort, groups[1])
            cohort.seen = None  # kept of those looked at
            self.cohorts.append(cohort)
        self._batches = {}

    def _compared(self, cohort, others):
        """Whom of a cohort is compared with whom; the doubles of families compared with are not looked at."""
        if not self.protocol.matches:
            return compared.by_lot(cohort, others, self.protocol.size)
        doubles = self.comparison_area().doubles if self._looks_elsewhere else ()
        return compared.alike(cohort, others, self.protocol.size, doubles)

    def measure(self, families, year, area_use=None):
        """Findings of the cohorts of earlier years that are still followed.

        Parameters
        ----------
        families : Families
        year : int
        area_use : float (2, lines), optional
            The area's use in the base year and this year, in case-quarters, for the design that counts it.

        Returns
        -------
        list of Finding
        """
        protocol, design = self.protocol, self.protocol.design
        for cohort in self.cohorts:
            if year > cohort.year + protocol.years:
                cohort.comparison = None  # nobody looks at it any more
        followed = [cohort for cohort in self.cohorts if cohort.year < year <= cohort.year + protocol.years]
        if design == "none" or not followed:
            return []
        if design == "area_count":
            counted = self._count(families, year, area_use)
            return [area.finding(cohort, followed, families, protocol, counted) for cohort in followed]
        if protocol.compares:
            others = self.comparison_area().at_quarter(QUARTERS * year) if self._looks_elsewhere else families
            return compared.findings(followed, families, others, protocol)
        find = before_after.finding if design == "before_after" else before_after.against_baseline
        findings = [find(cohort, families, protocol) for cohort in followed]
        return [finding for finding in findings if finding is not None]

    def _count(self, families, year, area_use):
        """What the area's counts say against those of a place where nobody is helped."""
        other = self.comparison_area()
        on_event = np.array([bool(line.event) for line in families.place.lines])
        return area.count(area_use, other.use(year), families.n, other.n, on_event)

    def of(self, key):
        """The cohort of a contract's key (body, programme, year), or None where nobody enrolled."""
        return next((item for item in self.cohorts if item.key == key), None)

    def improved(self, cohort, families):
        """Families of a cohort that are still there with less of the needs the programme is meant for."""
        if cohort is None:
            return 0
        now = families.columns.levels[cohort.rows] * cohort.severity.any(axis=0)
        better = now.sum(axis=1) < cohort.severity.sum(axis=1)
        return int((cohort.still_there(families) & better).sum())


def _others(families, target, rows):
    """Families of the same place like a target and known for it, on no programme and never before, but for some rows."""
    alike, known = families.like(target)
    free = known & ~(families.columns.offer[:, alike] > 0).any(axis=0)
    return np.setdiff1d(alike[free], rows, assume_unique=True)

"""How the outcome of a cohort is measured, and the truth that only reports see (docs/odd.md, section 7).

Before-and-after compares families' use of services in a year with their use, made annual, when they enrolled, as the
monitoring of family projects did (interventions:FIP1: 61% at the start, 7% at exit). It is biased: families enrol
when things are worst, and part of what follows would have passed anyway.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from sim import kernels
from sim.families import QUARTERS


@dataclass
class Cohort:
    """Families enrolled on one programme by one body in one year.

    Attributes
    ----------
    rows : int64 (n,)
        Row numbers; `generation` tells whether the family is still there.
    before : uint8 (n, lines)
        Use of services when they enrolled, as served quarters a year.
    severity : uint8 (n, needs)
        Levels of the needs the programme is meant for, when they enrolled.
    """

    body: str
    programme: str
    year: int
    rows: np.ndarray
    generation: np.ndarray
    before: np.ndarray
    severity: np.ndarray
    evaluated: bool = False

    @property
    def troubled(self):
        """Whether a need the programme is meant for was entrenched or worse: bool (n,)."""
        return (self.severity >= 2).any(axis=1)

    @property
    def hard(self):
        """Whether such a need was in crisis: bool (n,)."""
        return (self.severity == 3).any(axis=1)


@dataclass(frozen=True)
class Finding:
    """What a measurement says of a cohort in a year.

    Attributes
    ----------
    saved : float (lines,)
        Case-quarters saved, grossed up to the whole cohort.
    per_family, spread : float
        Pence saved a family at average cost in the services the programme is meant to relieve, and its standard error.
    families : int
        Families the figure rests on.
    turned, turned_hard : float
        Families with an entrenched need when they enrolled and none now, grossed up; those of them whose need was in
        crisis.
    """

    cohort: Cohort
    saved: np.ndarray
    per_family: float
    spread: float
    families: int
    turned: float = 0.0
    turned_hard: float = 0.0


@dataclass
class Cohorts:
    """All cohorts of a run."""

    cohorts: list = field(default_factory=list)
    _batches: dict = field(default_factory=dict)

    def enrolled(self, contract, families, target, rows, quarter):
        """Note a batch of families about to be enrolled, with their use of services as they come."""
        columns = families.columns
        batch = (
            rows,
            columns.generation[rows].copy(),
            QUARTERS * families.served_now(rows, quarter),
            columns.levels[rows] * target.needs,
        )
        self._batches.setdefault((contract.body, contract.programme, contract.year), []).append(batch)

    def close_year(self):
        """Make cohorts of the year's batches."""
        for (body, programme, year), batches in self._batches.items():
            self.cohorts.append(
                Cohort(body, programme, year, *(np.concatenate(part) for part in zip(*batches, strict=True)))
            )
        self._batches = {}

    def measure(self, families, prices, year, size, years, relieved):
        """Before-and-after findings of the cohorts of earlier years that are still followed.

        Parameters
        ----------
        size : int
            Families of a cohort that are measured; a larger one is sampled evenly.
        years : int
            Years for which a cohort is followed.
        relieved : callable
            Programme -> bool (lines,), services it is meant to relieve.

        Returns
        -------
        list of Finding
        """
        findings = []
        for cohort in self.cohorts:
            if cohort.year < year <= cohort.year + years:
                finding = before_after(cohort, families, prices, size, relieved(cohort.programme))
                if finding is not None:
                    turned, hard = self.turned_around(cohort, families)
                    findings.append(replace(finding, turned=turned, turned_hard=hard))
        return findings

    def true_use(self, served, families, year):
        """Served quarters by line of all families enrolled before or in a year, in the quarters given."""
        use = np.zeros(len(families.place.lines), np.int64)
        for cohort in self.cohorts:
            if cohort.year <= year:
                kernels.use_of_rows(served, cohort.rows, families.columns.generation, cohort.generation, use)
        return use

    def of(self, key):
        """The cohort of a contract's key (body, programme, year), or None where nobody enrolled."""
        return next((item for item in self.cohorts if (item.body, item.programme, item.year) == key), None)

    def improved(self, cohort, families):
        """Families of a cohort that are still there with less of the needs the programme is meant for."""
        if cohort is None:
            return 0
        still, levels = _now(cohort, families)
        return int((still & (levels.sum(axis=1) < cohort.severity.sum(axis=1))).sum())

    def turned_around(self, cohort, families):
        """Families of a cohort with an entrenched need when enrolled and none now, and those of them in crisis then."""
        still, levels = _now(cohort, families)
        turned = still & cohort.troubled & ~(levels >= 2).any(axis=1)
        return int(turned.sum()), int((turned & cohort.hard).sum())


def _now(cohort, families):
    """Whether each family of a cohort is still there, and its levels of the needs the programme is meant for."""
    columns = families.columns
    wanted = cohort.severity.any(axis=0)
    return columns.generation[cohort.rows] == cohort.generation, columns.levels[cohort.rows] * wanted


def before_after(cohort, families, prices, size, relieved):
    """The before-and-after finding of a cohort for the year just past; None when nobody is left to measure."""
    picked = np.arange(len(cohort.rows))
    if len(picked) > size:
        picked = np.linspace(0, len(cohort.rows) - 1, size).astype(int)
    rows = cohort.rows[picked]
    still = families.columns.generation[rows] == cohort.generation[picked]
    picked, rows = picked[still], rows[still]
    if not len(rows):
        return None
    saved = cohort.before[picked].astype(int) - families.served_in_year(rows)
    scale = len(cohort.rows) / min(len(cohort.rows), size)
    by_family = saved @ np.where(relieved, prices.average, 0)
    spread = by_family.std() / np.sqrt(len(rows))
    return Finding(cohort, saved.sum(axis=0) * scale, float(by_family.mean()), float(spread), len(rows))

"""What a measurement says of a cohort, and what a reader needs to judge it by."""

from dataclasses import dataclass

import numpy as np

from sim.evaluation.groups import Cohort
from sim.evaluation.tally import NOTHING, Tally


@dataclass(frozen=True)
class Quality:
    """How good a comparison is; a design that compares with nobody has no controls.

    Attributes
    ----------
    controls : int
        Families compared with, each once.
    effective : float
        (sum w)^2 / sum w^2 over these families' weights: as many of equal weight would say as much.
    support : float
        Share of the families looked at that have somebody to be compared with.
    worst_difference : float
        Largest difference of means between the cohort and its weighted controls in what is known of them, in standard
        deviations before matching.
    enrolled_later : float
        Share of the controls, by weight, that have been on a programme since.
    """

    controls: int = 0
    effective: float = 0.0
    support: float = 1.0
    worst_difference: float = 0.0
    enrolled_later: float = 0.0


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
    quality : Quality
    tally : Tally
        What is paid for, in its unit.
    estimate : bool
        Whether the comparison is good enough to say anything; where it is not, every figure is 0.
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
    quality: Quality = Quality()
    tally: Tally = NOTHING
    estimate: bool = True


def no_estimate(cohort, lines, quality):
    """A finding that nothing can be said of a cohort, of a place with so many lines."""
    return Finding(cohort, np.zeros(lines), 0.0, 0.0, 0, quality=quality, estimate=False)

"""What is agreed before an evaluation: the design, what is looked at, and how much makes an estimate."""

from dataclasses import dataclass

import numpy as np

from sim.evaluation.tally import POUNDS, Unit

DESIGNS = ("none", "before_after", "matched", "matched_here", "waiting_list", "area_count", "stated_baseline")


def looks_elsewhere(design):
    """Whether a design looks at a place where nobody is helped."""
    return design in ("matched", "area_count")


@dataclass(frozen=True)
class Protocol:
    """An evaluation as agreed.

    Attributes
    ----------
    design : str
        One of :data:`DESIGNS`.
    prices : sim.place.services.Prices
    relieved : callable
        Programme -> bool (lines,), services that are looked at.
    size : int
        Families of a cohort that are measured; a larger one is sampled evenly.
    years : int
        Years for which a cohort is followed after its own.
    least : float
        Effective controls below which there is no estimate.
    stated : float (lines,) or None
        Use a family and year without help that is agreed beforehand, in case-quarters or events; nan where none is.
    unit : Unit
        What is paid for.
    """

    design: str = "before_after"
    prices: object = None
    relieved: object = None
    size: int = 1000
    years: int = 1
    least: float = 0.0
    stated: np.ndarray | None = None
    unit: Unit = POUNDS

    @property
    def matches(self):
        """Whether families are compared with families alike."""
        return self.design in ("matched", "matched_here")

    @property
    def compares(self):
        """Whether families are compared with other families."""
        return self.matches or self.design == "waiting_list"

    def price(self, programme):
        """Pence a case-quarter of the services looked at, 0 of the others: int64 (lines,)."""
        return np.where(self.relieved(programme), self.prices.average, 0)

    def counted(self, programme, use, turned, hard):
        """What is paid for of each family: float (n,); see :meth:`sim.evaluation.tally.Unit.of`."""
        return self.unit.of(use, turned, hard, self.relieved(programme), self.prices.average)

    def weights(self, programme):
        """Units paid for of a case-quarter, or event, by line: float (lines,)."""
        return self.unit.weights(self.relieved(programme), self.prices.average)

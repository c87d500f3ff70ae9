"""Which service lines programmes are meant to relieve, and which of them payments look at."""

import numpy as np


class Relief:
    """Lines by programme.

    Parameters
    ----------
    place : Place
    catalogue : dict of str to Programme
    outcome_lines : sequence of str
        Lines whose use the arrangement's payments look at; all that a programme relieves where empty.

    Attributes
    ----------
    outcome_lines : bool (lines,)
        Those named.
    """

    def __init__(self, place, catalogue, outcome_lines):
        self._needs = {name: {effect.need for effect in item.effects} for name, item in catalogue.items()}
        self._need_of = [line.need for line in place.lines]
        self.outcome_lines = np.isin([line.id for line in place.lines], outcome_lines)
        self._paid_for = {}

    def lines(self, *programmes):
        """Service lines of the needs that some programmes are meant to change: bool (lines,)."""
        needs = set().union(*(self._needs[name] for name in programmes))
        return np.array([need in needs for need in self._need_of])

    def paid_for(self, programme):
        """Of the lines a programme is meant to relieve, those that payments look at: bool (lines,), not to be changed."""
        if programme not in self._paid_for:
            relieved = self.lines(programme)
            self._paid_for[programme] = relieved & self.outcome_lines if self.outcome_lines.any() else relieved
        return self._paid_for[programme]

"""How long need lasts and how often events happen, followed through the last years of a burn-in (docs/odd.md, section 5)."""

import numpy as np

from sim.core.calendar import QUARTERS

MEASURES = ("ended_within", "stock_older")  # NEED LEVEL QUARTERS
OF_REPEATS = ("again", "crises", "crises_again")
_STARTS = 8  # quarters whose spells are followed
_NONE, _LONG = 10**6, -(10**6)  # no spell now; one that began before anybody looked


class Turnover:
    """An observer of families; :meth:`look` is for :func:`sim.place.burn_in.burn_in` to call every quarter.

    Parameters
    ----------
    place : Place
        Whose targets say which spells to follow.

    Attributes
    ----------
    events : dict of str to int
        Times each event happened in the base year.
    repeats : Repeats
    """

    def __init__(self, place):
        needs = place.index("needs")
        asked = [words for words in (target.measures.split() for target in place.targets) if words[0] in MEASURES]
        self.window = _STARTS + max((int(words[3]) for words in asked), default=0)
        pairs = {(words[1], int(words[2])) for words in asked}
        self._spells = {pair: _Spells(needs[pair[0]], pair[1], self.window) for pair in sorted(pairs)}
        self.events = {event.id: 0 for event in place.events}
        self.repeats = Repeats()
        self._repeats_asked = any(target.measures.split()[0] in OF_REPEATS for target in place.targets)

    def look(self, families, quarter):
        """Look at the families at the end of a quarter."""
        if quarter > -QUARTERS:
            for name, times in zip(self.events, families.happened.sum(axis=0).tolist(), strict=True):
                self.events[name] += times
        if self._repeats_asked and quarter >= -2 * QUARTERS:
            self.repeats.look(families.columns, quarter)
        if quarter >= -self.window:
            for spells in self._spells.values():
                spells.look(families.columns, quarter)

    def ended_within(self, need, level, quarters):
        """Share of spells of a need at a level or above that ended within so many quarters of their start.

        Spells that a family brought with it, or that were cut short because it left, are left out.
        """
        return self._spells[need, level].ended_within(quarters)

    def stock_older(self, need, level, quarters):
        """Share of today's spells that began so many quarters ago or more, among families that were there then."""
        return self._spells[need, level].stock_older(quarters)


class Repeats:
    """Events, and crises that began, of the last two years: how many, and how many came again within a year."""

    CRISIS = 16  # bit of a crisis that began, after those of the events

    def __init__(self):
        self._seen = []  # by quarter: what happened, by bits, and the family's generation
        self._crisis = None

    def look(self, columns, quarter):
        """Look at the families at the end of a quarter, of the last 2 * QUARTERS + 1."""
        before = 0 if self._crisis is None else self._crisis * (columns.age > 0)
        began = (columns.crisis > before).astype(np.uint32)
        self._crisis = columns.crisis.copy()
        if quarter > -2 * QUARTERS:  # what stood before that was there to tell what began
            happened = columns.events[quarter % QUARTERS] | began << np.uint32(self.CRISIS)
            self._seen.append((happened, columns.generation.copy()))

    def in_year(self, bit):
        """Share of families it happened to, by the quarter, summed over the last year."""
        return float(sum(((happened >> bit) & 1).mean() for happened, _ in self._seen[QUARTERS:]))

    def again(self, bit):
        """Of those of the year before the last: share followed by another to the same family within four quarters."""
        there = repeated = 0
        for q, (happened, generation) in enumerate(self._seen[:QUARTERS]):
            later = self._seen[q + 1 : q + 1 + QUARTERS]
            followed = (happened >> bit & 1 > 0) & (generation == later[-1][1])
            there += followed.sum()
            repeated += (np.bitwise_or.reduce([bits for bits, _ in later])[followed] >> bit & 1).sum()
        return float(repeated / there) if there else 0.0


class _Spells:
    """Spells of one need at a level or above."""

    def __init__(self, need, level, window):
        self.need, self.level, self.window = need, level, window
        self.since = None  # int32 (families,): the quarter in which the present spell began
        self.began = np.zeros(window + 1, np.int64)  # by quarters before the last
        self.over = np.zeros((2, window + 1, window + 1), np.int64)  # ended, cut short; by that start and duration

    def look(self, columns, quarter):
        on, entered = columns.levels[:, self.need] >= self.level, columns.age == 0
        self.old_enough = columns.age
        if self.since is None:
            self.since = np.where(on, _LONG, _NONE).astype(np.int32)
            return
        followed = (self.since != _NONE) & (self.since != _LONG)
        for cut, gone in enumerate((~on & ~entered, entered)):
            start = self.since[followed & gone]
            np.add.at(self.over[cut], (-start, quarter - start), 1)
        fresh = on & ~entered & (self.since == _NONE)
        self.since[~on | entered] = _NONE
        self.since[fresh] = quarter
        self.since[on & entered] = _LONG
        self.began[-quarter] += fresh.sum()

    def ended_within(self, quarters):
        starts = slice(quarters, quarters + _STARTS)
        ended, cut = self.over[:, starts, : quarters + 1].sum(axis=(1, 2))
        followed = self.began[starts].sum() - cut
        return float(ended / followed) if followed else 0.0

    def stock_older(self, quarters):
        there = (self.since != _NONE) & (self.old_enough >= quarters)
        return float((self.since[there] <= -quarters).mean()) if there.any() else 0.0

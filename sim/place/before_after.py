"""What families use before an event and after it where nobody does anything: regression to the mean (docs/odd.md, section 5)."""

from dataclasses import dataclass, replace

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.dials import defaults
from sim.place.burn_in import burn_in
from sim.place.value_files import CRISIS

FAMILIES = 60_000  # at most, of each settled place
_PICKED = range(QUARTERS, 2 * QUARTERS + 1)  # quarters in which families are picked


@dataclass(frozen=True)
class Use:
    """Pounds a family used in the four quarters up to the one it was picked in, and in the four after.

    Attributes
    ----------
    group : str
    families : float
        Picked in a quarter, on average.
    before, after : float
        On all lines.
    acute_before, acute_after : float
        On lines that serve events.
    """

    group: str
    families: float
    before: float
    after: float
    acute_before: float
    acute_after: float

    @property
    def change(self):
        """After over before, less one, in per cent; nan where nothing was used before."""
        return 100 * (self.after / self.before - 1) if self.before else float("nan")

    @property
    def acute_change(self):
        """The same on lines that serve events."""
        return 100 * (self.acute_after / self.acute_before - 1) if self.acute_before else float("nan")


def before_after(place, seeds, referred=()):
    """Use before and after by families with an event in a quarter and without one for a year, over some seeds.

    Parameters
    ----------
    place : Place
    seeds : iterable of int
    referred : iterable of (str, kernels.Target)
        Programmes whose known target families are looked at too, with an event that bears on the referral and without.

    Returns
    -------
    list of Use
    """
    found = {}
    for seed in seeds:
        for group, values in _followed(place, seed, referred):
            found.setdefault(group, []).append(values)
    means = {group: np.mean(rows, axis=0) for group, rows in found.items()}
    return [Use(group, *(float(value) for value in row)) for group, row in means.items()]


def over_ranges(place, seeds):
    """The first group of :func:`before_after` at either end of the range of each value of crises.

    Returns
    -------
    list of tuple
        Name, low, high, and the use at each.
    """
    rows = []
    for name in CRISIS:
        item = place.values[f"crisis.{name}"]
        ends = [
            replace(place, values={**place.values, f"crisis.{name}": replace(item, value=end)})
            for end in (item.low, item.high)
        ]
        rows.append((name, item.low, item.high, *(before_after(end, seeds)[0] for end in ends)))
    return rows


def _followed(place, seed, referred):
    """Groups of families picked in each of some quarters, with how many and what they used, from a settled place."""
    settled = burn_in(place, defaults(), seed, n_families=min(FAMILIES, int(place.get("place.families"))))
    families, pounds = settled.families, settled.services.prices.average / 100
    acute = pounds * np.array([bool(line.event) for line in place.lines])
    use, of_events, born, picked = [], [], [], {}
    for quarter in range(1, _PICKED.stop + QUARTERS):
        families.live(quarter)
        settled.services.serve(families, quarter)
        served = families.columns.served[quarter % QUARTERS]
        lines = (served[:, None] >> np.arange(len(pounds), dtype=np.uint32)) & 1
        use.append(lines @ pounds)
        of_events.append(lines @ acute)
        born.append(families.columns.generation.copy())
        if quarter in _PICKED:
            picked[quarter] = [*_groups(place, families.columns, quarter), *_referred(families, referred)]
    for q, groups in picked.items():
        spans = slice(q - QUARTERS, q), slice(q, q + QUARTERS)  # quarter q stands at q - 1
        stays = born[q - QUARTERS] == born[q + QUARTERS - 1]
        for group, those in groups:
            if len(rows := np.flatnonzero(stays & those)):
                year = [np.sum(cost[span], axis=0)[rows].mean() for cost in (use, of_events) for span in spans]
                yield group, [len(rows), *year]


def _groups(place, columns, quarter):
    """Groups of families by the events of a quarter, those of the year up to it, and how many needs they have."""
    now, lately = columns.events[quarter % QUARTERS], np.bitwise_or.reduce(columns.events, axis=0)
    needs = np.bitwise_count(columns.has)
    yield "an event in the quarter", now > 0
    yield "an event in the quarter, three needs or more", (now > 0) & (needs >= 3)
    for e, event in enumerate(place.events):
        yield f"{event.name} in the quarter", (now >> e) & 1 > 0
    yield "a need, no event in the year", (lately == 0) & (needs > 0)
    yield "three needs or more, no event in the year", (lately == 0) & (needs >= 3)


def _referred(families, referred):
    """Groups of families known to be like the targets of programmes, by whether an event of the year bears on the referral."""
    lately = np.bitwise_or.reduce(families.columns.events, axis=0)
    for name, target in referred:
        rows, known = families.like(target)
        there = np.zeros(families.n, bool)
        there[rows[known]] = True
        event = lately & (target.signs | target.events) > 0
        yield f"{name}: referred with an event of the year", there & event
        yield f"{name}: referred without", there & ~event

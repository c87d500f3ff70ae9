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
        """After over before, less one, in per cent."""
        return 100 * (self.after / self.before - 1)

    @property
    def acute_change(self):
        """The same on lines that serve events; nan where nothing was used of them before."""
        return 100 * (self.acute_after / self.acute_before - 1) if self.acute_before else float("nan")


def before_after(place, seeds):
    """Use before and after by families with an event in a quarter and without one for a year, over some seeds.

    Returns
    -------
    list of Use
    """
    found = {}
    for seed in seeds:
        for group, values in _followed(place, seed):
            found.setdefault(group, []).append(values)
    means = {group: np.mean(rows, axis=0) for group, rows in found.items()}
    return [Use(group, *(float(value) for value in row)) for group, row in means.items()]


def over_ranges(place, seeds):
    """The first group of :func:`before_after` at either end of the range of each value of crises: name, low, high."""
    rows = []
    for name in CRISIS:
        item = place.values[f"crisis.{name}"]
        ends = [
            replace(place, values={**place.values, f"crisis.{name}": replace(item, value=end)})
            for end in (item.low, item.high)
        ]
        rows.append((name, *((item.low, item.high)), *(before_after(end, seeds)[0] for end in ends)))
    return rows


def _followed(place, seed):
    """Groups of families picked in each of some quarters, with how many and what they used, from a settled place."""
    settled = burn_in(place, defaults(), seed, n_families=min(FAMILIES, int(place.get("place.families"))))
    families, columns = settled.families, settled.families.columns
    pounds = settled.services.prices.average / 100
    acute = np.array([bool(line.event) for line in place.lines])
    served, events, born, needs = [], [], [], []
    for quarter in range(1, _PICKED.stop + QUARTERS):
        families.live(quarter)
        settled.services.serve(families, quarter)
        served.append(families.served_now(np.arange(families.n), quarter))
        events.append(columns.events[quarter % QUARTERS].copy())
        born.append(columns.generation.copy())
        needs.append(np.bitwise_count(columns.has))
    use, of_events = (np.stack([now @ price for now in served]) for price in (pounds, pounds * acute))
    for q in _PICKED:
        year, next_year = slice(q - QUARTERS, q), slice(q, q + QUARTERS)  # quarter q stands at q - 1
        stays = born[q - QUARTERS] == born[q + QUARTERS - 1]
        for group, rows in _groups(place, events[q - 1], np.bitwise_or.reduce(events[year]), needs[q - 1]):
            picked = np.flatnonzero(stays & rows)
            if len(picked):
                parts = [
                    cost[span][:, picked].sum(axis=0).mean() for cost in (use, of_events) for span in (year, next_year)
                ]
                yield group, [len(picked), *parts]


def _groups(place, now, lately, needs):
    """Groups of families by the events of a quarter, those of the year up to it, and how many needs they have."""
    yield "an event in the quarter", now > 0
    yield "an event in the quarter, three needs or more", (now > 0) & (needs >= 3)
    for e, event in enumerate(place.events):
        yield f"{event.name} in the quarter", (now >> e) & 1 > 0
    yield "a need, no event in the year", (lately == 0) & (needs > 0)
    yield "three needs or more, no event in the year", (lately == 0) & (needs >= 3)

"""Fitting a place to its published counts, and saying how well it was met (docs/odd.md, section 5)."""

import csv
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.dials import defaults
from sim.core.folders import write_manifest
from sim.place.burn_in import burn_in
from sim.place.growth import measure_responses
from sim.place.places import LEVELS
from sim.place.services import pick
from sim.place.turnover import Repeats, Turnover
from sim.place.value_files import CRISIS

_SMALLEST, _LARGEST = 1e-6, 0.5
_FAMILIES_A_ROUND = 150_000  # a small place is simulated with several seeds a round


@dataclass(frozen=True)
class Fit:
    """A target met or missed: published and simulated value, at the price base where money."""

    target: object
    published: float
    simulated: float

    @property
    def gap_per_cent(self):
        """Simulated over published, less one, in per cent."""
        return 100 * (self.simulated / self.published - 1)


def simulate_targets(place, seeds, threads=1, progress=None):
    """Simulated values of every target: base year of a place without policy, averaged over seeds.

    Returns
    -------
    tuple
        float (targets,) and the stationary share of families with each need, float (needs,).
    """
    values, shares = [], []
    for done, seed in enumerate(seeds, 1):
        turnover = Turnover(place)
        settled = burn_in(place, defaults(), seed, threads=threads, look=turnover.look)
        view = _View(place, settled, turnover)
        values.append([view.measure(target.measures) for target in place.targets])
        shares.append([view.share(k) for k in range(len(place.needs))])
        if progress:
            progress(done, len(seeds))
    return np.mean(values, axis=0), np.mean(shares, axis=0)


def compare_targets(place, seeds, threads=1, progress=None):
    """One :class:`Fit` a target."""
    simulated, _ = simulate_targets(place, seeds, threads, progress)
    return [
        Fit(target, target.figure.base_value, float(value))
        for target, value in zip(place.targets, simulated, strict=True)
    ]


def fit_place(place, rounds=24, seed=1, threads=1, progress=None):
    """Scale the chances to worsen until simulated counts meet the targets, by proportional iteration.

    Each fitted chance moves by a power of published over simulated, the rates of an event together; the usual
    prevalences follow the simulation. Last comes how caseloads answer a trend (:mod:`sim.place.growth`).
    Targets marked ``check`` take no part.

    Returns
    -------
    Place
        With fitted values in place of the old ones.
    """
    seeds = max(1, round(_FAMILIES_A_ROUND / place.get("place.families")))
    for turn in range(rounds):
        late = turn >= rounds // 2
        count = seeds * (3 if late else 1)
        simulated, shares = simulate_targets(place, range(seed + turn * count, seed + (turn + 1) * count), threads)
        values = dict(place.values)
        for target, value in zip(place.targets, simulated, strict=True):
            if target.use.startswith("fit "):
                step = (target.figure.base_value / max(value, 1e-9)) ** (0.3 if late else 0.7)
                for name, most in _fitted(target.use.removeprefix("fit ")):
                    chance = min(most, max(_SMALLEST, values[name].value * min(2.0, max(0.5, step))))
                    if values[name].value:
                        values[name] = replace(values[name], value=float(f"{chance:.5g}"))
        for need, share in zip(place.needs, shares, strict=True):
            name = f"needs.{need.id}.prevalence"
            mixed = values[name].value + 0.5 * (float(share) - values[name].value)
            values[name] = replace(values[name], value=float(f"{mixed:.5g}"))
        place = replace(place, values=values)
        if progress:
            progress(turn + 1, rounds)
    return measure_responses(place, range(seed, seed + seeds), threads)


def _fitted(name):
    """The values that a target fits, each with the most it may become."""
    if name.startswith("events."):
        return [(f"{name}_{level}", 1.0) for level in LEVELS[1:]]
    if name.startswith("crisis."):
        return [(name, CRISIS[name.removeprefix("crisis.")].high)]
    return [(f"transitions.{name}", _LARGEST)]


def write_fit(place, folder):
    """Write a place with its fitted chances and prevalences, and a manifest that says what was written, into a folder."""
    for path in place.files:
        shutil.copyfile(path, Path(folder) / path.name)
    for file, key in (
        ("transitions", _transition_name),
        ("needs", _need_name),
        ("events", _event_name),
        ("crisis", _crisis_name),
    ):
        path = Path(folder) / f"{file}.csv"
        if not path.exists():
            continue
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            rows = list(reader)
        for row in rows:
            if row["source"].startswith("fitted"):
                row["value"] = f"{place.values[key(row)].value:.5g}"
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, reader.fieldnames, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    write_manifest(folder, fitted_from=str(place.folder))


def _transition_name(row):
    return f"transitions.{row['need']}.{row['direction']}.{row['level']}"


def _need_name(row):
    return f"needs.{row['need']}.{row['parameter']}"


def _event_name(row):
    return f"events.{row['event']}.{row['parameter']}"


def _crisis_name(row):
    return f"crisis.{row['parameter']}"


class _View:
    """A settled place, looked at as the published figures look at the real one."""

    def __init__(self, place, settled, turnover):
        self.place, self.settled, self.turnover = place, settled, turnover
        self.columns = settled.families.columns
        self.counts = np.stack([settled.services.counts[q] for q in range(1 - QUARTERS, 1)])
        self.needs, self.lines = place.index("needs"), place.index("lines")

    def measure(self, text):
        """Value of a target's ``measures`` expression."""
        kind, *words = text.split()
        return getattr(self, f"_{kind}")(*words)

    def share(self, need):
        """Share of families with a need at any level."""
        return float((self.columns.levels[:, need] > 0).mean())

    def _prevalence(self, need, level, from_age, to_age):
        years = self.columns.age // QUARTERS
        aged = (years >= int(from_age)) & (years <= int(to_age))
        return float((self.columns.levels[aged, self.needs[need]] >= int(level)).mean())

    def _events(self, event):
        return float(self.turnover.events[event])

    def _with_event(self, event, level="0"):
        e = self.place.index("events")[event]
        at = self.columns.levels[:, self.needs[self.place.events[e].need]] >= int(level)
        return float(((np.bitwise_or.reduce(self.columns.events, axis=0)[at] >> e) & 1).mean())

    def _again(self, event):
        return self.turnover.repeats.again(self.place.index("events")[event])

    def _crises(self):
        return self.turnover.repeats.in_year(Repeats.CRISIS)

    def _crises_again(self):
        return self.turnover.repeats.again(Repeats.CRISIS)

    def _ended_within(self, need, level, quarters):
        return self.turnover.ended_within(need, int(level), int(quarters))

    def _stock_older(self, need, level, quarters):
        return self.turnover.stock_older(need, int(level), int(quarters))

    def _caseload(self, line):
        j = self.lines[line]
        served, demand = (pick(self.counts[:, j], name) for name in ("eligible_served", "demand"))
        cases = float(np.minimum(served, demand).mean() - self.settled.services.lines.outside[j])
        return cases * QUARTERS if self.place.lines[j].event else cases  # events are counted by the year

    def _line_spending(self, line):
        pence = sum(self.settled.services.prices.spending(row) for row in self.counts)
        return float(pence[self.lines[line]]) / 100

    def _needs_at_least(self, count):
        return float(((self.columns.levels > 0).sum(axis=1) >= int(count)).mean())

    def _costliest(self, share, what):
        return self._top(self.yearly_cost(), share, what)

    def _most_needs(self, share, what):
        return self._top((self.columns.levels > 0).sum(axis=1) * 100 + self.columns.levels.sum(axis=1), share, what)

    def _top(self, rank, share, what):
        cost = self.yearly_cost()
        top = np.argsort(-rank, kind="stable")[: max(1, round(float(share) * len(cost)))]
        if what == "cost":
            return float(cost[top].mean()) / 100
        has = self.columns.levels[top] > 0
        return float(has.sum(axis=1).mean()) if what == "needs" else float(has[:, self.needs[what]].mean())

    def yearly_cost(self):
        """Pence each family cost in the base year, at average cost."""
        quarters = self.settled.families.served_in_year(np.arange(len(self.columns.age)))
        return quarters @ self.settled.services.prices.average

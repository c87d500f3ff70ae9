"""One family, quarter by quarter, where an arrangement runs and where nothing is done (docs/odd.md, 8.3)."""

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.faults import InputError, suggest
from sim.place.places import LEVELS
from sim.results.wishes import family_wish
from sim.studies.comparison import nothing_done
from sim.studies.task import models
from sim.trace.watching import Watcher


def trace_family(inputs, seed=1, wish=None, progress=None):
    """Find a family by a wish and follow it from the year before its first help to the end.

    Of the families that fit it is the one whose help saved the middle sum, so that no extreme is shown.

    Parameters
    ----------
    inputs : studies.inputs.Inputs
        Of one arrangement.
    seed : int
    wish : FamilyWish, optional
        By default a family in the wrong pocket.
    progress : callable, optional
        Called with quarters done and their total.

    Returns
    -------
    dict
        ``wish``, ``in_words``, ``place``, ``arrangement``, ``seed``; ``found`` and ``helped``: families that fit, and
        helped ones; ``family``: ``neighbourhood`` and ``age`` of the index child when help began; ``help``: ``quarter``,
        ``programme``, ``paid_by`` and ``gbp`` each; ``saved_gbp`` by agency, at average cost; ``worth_gbp`` by
        measure of social value; ``quarters``: ``quarter``, ``year``, ``programmes`` begun, and for ``run`` and
        ``twin`` ``needs`` (level by need), ``served``, ``events`` and ``gbp`` by agency.

    Raises
    ------
    InputError
        If nobody was helped, or no helped family fits.
    """
    wish = wish or family_wish()
    _check(wish, inputs.place)
    run, twin, model = _watched(inputs, seed, progress)
    return Found(inputs, seed, run, twin, model).told(wish)


def _check(wish, place):
    known = ["payer", "others", "all", *(agency.id for agency in place.agencies)]
    for wanted in wish.want:
        if wanted.who not in known:
            raise InputError("--agency", wanted.who, f"is no agency of {place.id}", suggest(wanted.who, known[3:]))


def _watched(inputs, seed, progress):
    """The watchers of the run and of one in which nothing is done, and the model of the run."""
    watchers, first, done = [], None, 0
    for model in models([inputs, nothing_done(inputs)], seed):
        model.recorder = Watcher(model.recorder.twin)
        while model.running:
            model.step()
            done += 1
            if progress:
                progress(done, 2 * QUARTERS * inputs.years)
        watchers.append(model.recorder)
        first = first or model
    return *watchers, first


class Found:
    """Helped families of a watched run, and what their help saved whom.

    Parameters
    ----------
    inputs : studies.inputs.Inputs
    seed : int
    run, twin : Watcher
    model : LocalSystem
        Of the run.
    """

    def __init__(self, inputs, seed, run, twin, model):
        self.inputs, self.seed, self.run, self.twin, self.model = inputs, seed, run, twin, model
        self.place = inputs.place
        self.agencies = [agency.id for agency in self.place.agencies]
        self.price = model.services.prices.average[:, None] * model.payers.weights.T  # pence by line and agency
        self.help = {}  # (row, generation) -> [(quarter, programme, who paid, pence)], in order
        for quarter, programme, payer, pence, rows in run.enrolments:
            for row, generation in zip(rows, run.generation[quarter - 1][rows], strict=True):
                self.help.setdefault((int(row), int(generation)), []).append((quarter, programme, payer, pence))
        self.keys = sorted(self.help)
        if not self.keys:
            raise InputError(
                "trace", inputs.arrangement.id, "helped no family in this run", "take more --years, or another --seed"
            )

    def told(self, wish):
        """A family that fits, as :func:`trace_family` returns it."""
        saved, fits = self.saved(), np.ones(len(self.keys), bool)
        paid = [{} for _ in self.keys]
        for sums, key in zip(paid, self.keys, strict=True):
            for _, _, payer, pence in self.help[key]:
                sums[payer] = sums.get(payer, 0) + pence
        cost = np.array([sum(sums.values()) for sums in paid], float)
        if wish.paid_by:
            fits &= [set(sums) == {wish.paid_by} for sums in paid]
            if not fits.any():
                payers = sorted({name for sums in paid for name in sums})
                raise InputError("--paid-by", wish.paid_by, "paid for no family's help", f"give {' or '.join(payers)}")
        for wanted in wish.want:
            whose = self._saved_whom(wanted.who, saved, paid)
            low = wanted.at_least_gbp * 100 if wanted.at_least_gbp is not None else None
            low = wanted.at_least * cost if wanted.at_least is not None else low
            now = fits & (whose >= low) if low is not None else fits
            now = now & (whose <= wanted.at_most * cost) if wanted.at_most is not None else now
            if not now.any():
                most = f"the most that help saved {wanted.who} is £{whose[fits].max() / 100:,.0f}, the least £{whose[fits].min() / 100:,.0f}"
                raise InputError(
                    "trace",
                    wish.name,
                    f"fits none of {fits.sum():,} helped families: {most}",
                    "ask for less, or take another --seed",
                )
            fits = now
        among = np.flatnonzero(fits)
        middle = among[np.argsort(saved[among].sum(axis=1), kind="stable")[len(among) // 2]]
        return {
            "wish": wish.name,
            "in_words": wish.text,
            "place": self.place.id,
            "arrangement": self.inputs.arrangement.id,
            "seed": self.seed,
            "found": len(among),
            "helped": len(self.keys),
            "saved_gbp": _pounds(self.agencies, saved[middle]),
            **self._life(*self.keys[middle]),
        }

    def saved(self):
        """Pence at average cost that services spent less on each helped family from its help on: float (families, agencies)."""
        rows, generations = np.array(self.keys).T
        begun = np.array([self.help[key][0][0] for key in self.keys])
        bits = np.arange(len(self.place.lines), dtype=np.uint32)
        less = np.zeros((len(rows), len(bits)), np.int64)
        for quarter, (run, twin) in enumerate(zip(self.run.lines, self.twin.lines, strict=True), 1):
            there = (self.run.generation[quarter - 1][rows] == generations) & (begun <= quarter)
            at = rows[there, None]
            less[there] += (twin[at] >> bits & 1).astype(np.int64) - (run[at] >> bits & 1)
        return less @ self.price

    def _saved_whom(self, who, saved, paid):
        """Pence by family that somebody saved."""
        if who == "all":
            return saved.sum(axis=1)
        if who in self.agencies:
            return saved[:, self.agencies.index(who)]
        paying = np.array([[name in sums for name in self.agencies] for sums in paid])
        return (saved * (paying if who == "payer" else ~paying)).sum(axis=1)

    def _life(self, row, generation):
        """A family by quarter, from the year before its first help until it leaves."""
        helped = self.help[row, generation]
        there = [q for q, column in enumerate(self.run.generation, 1) if column[row] == generation]
        there = [quarter for quarter in there if quarter >= helped[0][0] - QUARTERS]
        quarters = [
            {
                "quarter": quarter,
                "year": (quarter + QUARTERS - 1) // QUARTERS,
                "programmes": [name for at, name, _, _ in helped if at == quarter],
                "run": self._state(self.run, quarter, row),
                "twin": self._state(self.twin, quarter, row),
            }
            for quarter in there
        ]
        columns, last = self.model.families.columns, len(self.run.generation)
        born_since = int(columns.generation[row]) == generation
        return {
            "family": {
                "row": row,
                "neighbourhood": self.place.neighbourhoods[int(self.model.families.area_of(np.array([row]))[0])],
                "age": (int(columns.age[row]) - (last - helped[0][0])) // QUARTERS if born_since else None,
            },
            "help": [
                {"quarter": at, "programme": name, "paid_by": payer, "gbp": pence / 100}
                for at, name, payer, pence in helped
            ],
            "worth_gbp": self._worth(quarters),
            "quarters": quarters,
        }

    def _state(self, watched, quarter, row):
        """Needs, services, events and cost of a family in a quarter."""
        packed, lines, events = (
            int(part[quarter - 1][row]) for part in (watched.packed, watched.lines, watched.events)
        )
        served = [j for j in range(len(self.place.lines)) if lines >> j & 1]
        levels = {need.id: LEVELS[packed >> 2 * k & 3] for k, need in enumerate(self.place.needs)}
        return {
            "needs": {need: level for need, level in levels.items() if level != LEVELS[0]},
            "served": [self.place.lines[j].id for j in served],
            "events": [event.id for e, event in enumerate(self.place.events) if events >> e & 1],
            "gbp": _pounds(self.agencies, self.price[served].sum(axis=0)),
        }

    def _worth(self, quarters):
        """Pounds of social value by measure, as :mod:`sim.record.social` has it; what services free or meet is not in it."""
        worth, found = self.inputs.worth, {}
        for outcome in worth.outcomes:
            less = 0.0
            for quarter in quarters:
                for state, sign in ((quarter["twin"], 1), (quarter["run"], -1)):
                    if outcome.event:
                        less += sign * (outcome.event in state["events"])
                    else:
                        level = LEVELS.index(state["needs"].get(outcome.need, LEVELS[0]))
                        less += sign * (level in outcome.levels) / QUARTERS
            gbp = less * worth.pounds(outcome)
            found[outcome.measure] = found.get(outcome.measure, 0.0) + gbp * (1 - outcome.correction * (gbp > 0))
        return {measure: round(gbp, 2) for measure, gbp in found.items() if gbp}


def _pounds(names, pence):
    """Pounds by name, nought left out."""
    return {name: round(float(part) / 100, 2) for name, part in zip(names, pence, strict=True) if round(part)}

"""What a page needs to know of a seed, in few bytes; and what some seeds come to, the same as the command line says."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sim.core.codes import ALL
from sim.record.measures import MEASURES
from sim.results.by_seed import KEYS, by_seed
from sim.results.summary import spread
from sim.results.summary import tables as result_tables

BY_YEAR = ("programme_cost", "cash_released", "retained", "members", "list_alive")
MOVES = ("join", "leave")  # decisions that the page tells
_NOUGHT = ("sum", "last")  # measures that are nought, not unknown, where a seed has no row of them


@dataclass(frozen=True)
class Seen:
    """What came of a seed of a batch.

    Attributes
    ----------
    numbers : pandas.DataFrame
        As :func:`sim.results.by_seed.by_seed` gives them, of one replicate.
    by_year : pandas.Series
        Of the measures of BY_YEAR, by arrangement, measure and year: whole pence of all agencies where it is money.
    by_line : pandas.Series
        Whole pence of measures by line, by arrangement, measure, agency and line.
    moves : list of tuple
        Arrangement, year, party, kind, what and outcome of each decision to join or leave.
    notes : list of str
    """

    numbers: pd.DataFrame
    by_year: pd.Series
    by_line: pd.Series
    moves: list
    notes: list


def seen(done):
    """What a page needs of what came of a seed; see :class:`Seen`.

    Parameters
    ----------
    done : sim.studies.done.Done
        That has not failed.
    """
    bodies = {run.arrangement: run.bodies for run in done.runs}
    runs, _, decisions, _ = result_tables([done.runs], done.seed)
    money = runs["value_pence"].notna()
    whole = runs["value_pence"].astype("float64").fillna(runs["value"])
    of_years = runs["measure"].isin(BY_YEAR)
    lines = runs["line"].notna() & money
    moved = decisions[decisions["kind"].isin(MOVES) & (decisions["decision"] == "yes")]
    return Seen(
        by_seed(runs, bodies),
        whole[of_years].groupby([runs["arrangement"], runs["measure"], runs["year"]], sort=False).sum(),
        whole[lines].groupby([runs[name] for name in ("arrangement", "measure", "agency", "line")], sort=False).sum(),
        list(moved[["arrangement", "year", "party", "kind", "what", "outcome"]].itertuples(index=False, name=None)),
        [f"{run.arrangement}: {note}" for run in done.runs for note in run.notes],
    )


class Known:
    """What some seeds of a batch come to.

    Parameters
    ----------
    seeds : list of Seen
        In the order of their seeds.
    """

    def __init__(self, seeds):
        self.seeds = seeds

    @property
    def n(self):
        """Number of seeds."""
        return len(self.seeds)

    @cached_property
    def numbers(self):
        """One number a replicate for each arrangement, agency and measure, as ``by_seed`` gives them of all at once."""
        table = pd.concat([item.numbers for item in self.seeds], axis=1, keys=range(self.n))
        table.columns = pd.Index(range(self.n), name="replicate")
        names = table.index.get_level_values("measure")
        nought = np.array([name == "list_years" or MEASURES[name].adds_up in _NOUGHT for name in names])
        table = table.where(table.notna() | ~nought[:, None], 0.0)
        return table.loc[sorted(table.index, key=_ranks(table.index, [item.numbers.index for item in self.seeds]))]

    @cached_property
    def summary(self):
        """As ``summary.csv`` of the same seeds: pandas.DataFrame."""
        return spread(self.numbers)

    def values(self, arrangement, measure, agency=ALL):
        """A number a seed; unknown where nobody has it."""
        key = (arrangement, agency, measure)
        return self.numbers.loc[key].to_numpy() if key in self.numbers.index else np.full(self.n, np.nan)

    @cached_property
    def cells(self):
        """Mean, p05, p50, p95 and n of all agencies together, by arrangement and measure."""
        of_all = self.summary[self.summary["agency"] == ALL].drop(columns="agency")
        return of_all.set_index(["arrangement", "measure"])

    @cached_property
    def years(self):
        """A column a replicate of the measures by year; nought where there is no row."""
        return pd.concat([item.by_year for item in self.seeds], axis=1, keys=range(self.n)).fillna(0.0).sort_index()

    @cached_property
    def lines(self):
        """Mean pounds by arrangement, measure, agency and line."""
        return (
            pd.concat([item.by_line for item in self.seeds], axis=1, keys=range(self.n))
            .fillna(0.0)
            .sort_index()
            .mean(axis=1)
            / 100
        )

    def moves(self, arrangement):
        """Who joined and left: year, party, kind and in how many of the seeds, in that order."""
        told = {}
        for item in self.seeds:
            for key in {(year, party, kind) for code, year, party, kind, *_ in item.moves if code == arrangement}:
                told[key] = told.get(key, 0) + 1
        return [(*key, told[key]) for key in sorted(told)]


def _ranks(index, each):
    """A key by which rows stand as they would if all seeds had been summed up at once."""
    arrangements = list(dict.fromkeys(index.get_level_values(KEYS[0])))
    longest = {}
    for rows in each:  # the row with most measures of those of its kind has them all, in order
        for code, agency, measure in rows:
            longest.setdefault((code, agency), []).append(measure)
    order = {name: place for place, name in enumerate(_merged(longest.values()))}

    def rank(key):
        arrangement, agency, measure = key
        return arrangements.index(arrangement), agency != ALL, agency, order[measure]

    return rank


def _merged(lists):
    """One order that keeps those of all lists, which differ in nothing but what they lack."""
    order = []
    for names in sorted((list(dict.fromkeys(names)) for names in lists), key=len, reverse=True):
        at = 0
        for name in names:
            if name in order:
                at = order.index(name) + 1
            else:
                order.insert(at, name)
                at += 1
    return order

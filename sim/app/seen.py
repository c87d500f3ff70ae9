"""What a page needs to know of a seed, in few bytes; and what some seeds come to, the same as the command line says."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sim.core.codes import ALL
from sim.results.by_seed import by_seed
from sim.results.summary import spread
from sim.results.summary import tables as result_tables

BY_YEAR = ("programme_cost", "cash_released", "retained", "members", "list_alive")
MOVES = ("join", "leave")  # decisions that the page tells


@dataclass(frozen=True)
class Seen:
    """What came of a seed of a batch.

    Attributes
    ----------
    sums : pandas.DataFrame
        Leaf rows added up over lines: arrangement, agency, measure, year and value, in pounds where it is money.
    bodies : dict
        Joint bodies of each arrangement.
    by_year : pandas.Series
        Of the measures of BY_YEAR, by arrangement, measure and year: whole pence of all agencies where it is money.
    by_line : pandas.Series
        Whole pence of measures by line, by arrangement, measure, agency and line.
    moves : list of tuple
        Arrangement, year, party, kind, what and outcome of each decision to join or leave.
    notes : list of str
    """

    sums: pd.DataFrame
    bodies: dict
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
        _sums(runs),
        bodies,
        whole[of_years].groupby([runs["arrangement"], runs["measure"], runs["year"]], sort=False).sum(),
        whole[lines].groupby([runs[name] for name in ("arrangement", "measure", "agency", "line")], sort=False).sum(),
        list(moved[["arrangement", "year", "party", "kind", "what", "outcome"]].itertuples(index=False, name=None)),
        [f"{run.arrangement}: {note}" for run in done.runs for note in run.notes],
    )


def _sums(runs):
    keys = ["arrangement", "agency", "measure", "year"]
    amount = (runs["value_pence"].astype("float64") / 100).fillna(runs["value"])
    table = amount.groupby([runs[name] for name in keys], sort=False).sum().rename("value").reset_index()
    return table.astype({**dict.fromkeys(keys[:3], "category"), "year": "int16"})  # kept for each seed of each job


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
        runs = pd.concat([item.sums for item in self.seeds], keys=range(self.n), names=["replicate", None])
        runs = runs.reset_index("replicate").astype(dict.fromkeys(["arrangement", "agency", "measure"], "str"))
        return by_seed(runs.assign(value_pence=np.nan), self.seeds[0].bodies)

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

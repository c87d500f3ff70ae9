"""Which share of a spread rests on what: nested runs, in which one group of what is uncertain is drawn otherwise."""

from dataclasses import replace

import numpy as np
import pandas as pd

from sim.core.codes import ALL
from sim.results.by_seed import by_seed
from sim.results.differences import interval
from sim.results.summary import tables

SHARE_COLUMNS = ["arrangement", "than", "measure", "group", "share", "low", "high", "n"]
MEASURES_SHARED = ("cash_released", "retained", "net_position")


def shares(numbers, again, than):
    """Share of the variance over replicates that is left where all but one group of causes stands still.

    It is the total effect of a group by Jansen's estimator (Saltelli and others, "Variance based sensitivity analysis of
    model output", Computer Physics Communications 181, 2010): half the mean square of what a run changes by where that group
    alone is another replicate's, over the variance of all replicates. Groups that act together are counted in each, so
    that shares may sum to more than one; the interval is the t interval of the mean square, the variance taken as it is.

    Parameters
    ----------
    numbers : pandas.DataFrame
        As :func:`sim.results.by_seed.by_seed` gives them, of the replicates.
    again : dict of str to pandas.DataFrame
        The same of replicates that were run again, by the group that was otherwise.
    than : str
        Arrangement that the others are compared with.

    Returns
    -------
    pandas.DataFrame
        Columns SHARE_COLUMNS; ``than`` is empty where it is of an arrangement itself and not of a difference.
    """
    rows, base = [], _of_all(numbers)
    for group, table in again.items():
        other = _of_all(table)
        for (arrangement, measure), values in other.iterrows():
            seeds = values.index
            pairs = [("", base.loc[(arrangement, measure)], values)]
            if arrangement != than and (than, measure) in other.index:
                apart = (table.loc[(arrangement, measure)] - table.loc[(than, measure)] for table in (base, other))
                pairs.append((than, *apart))
            for against, all_of, of_group in pairs:
                variance = all_of.var()
                squares = ((all_of[seeds] - of_group) ** 2 / 2).to_numpy()[None, :]
                found = interval(squares / variance if variance > 0 else np.full(squares.shape, np.nan))[0]
                rows.append((arrangement, against, measure, group, *found))
    table = pd.DataFrame(rows, columns=SHARE_COLUMNS)
    return table.assign(low=table["low"].clip(lower=0.0)).astype({"n": "int64"})


def numbers_again(again, groups, seed, bodies):
    """Numbers by seed of replicates that were run again, by group.

    Parameters
    ----------
    again : sequence of studies.done.Done
        Whose point is the number of the group that was otherwise, from 1.
    groups : sequence of str
    seed : int
        Of replicate 0.
    bodies : dict of str to tuple of str
    """
    found = {}
    for item in again:
        if not item.failure:  # luck may be another replicate's, the place among replicates is its own
            found.setdefault(item.point, []).append([replace(run, seed=item.seed) for run in item.runs])
    return {groups[point - 1]: by_seed(tables(runs, seed)[0], bodies) for point, runs in sorted(found.items())}


def _of_all(numbers):
    table = numbers.xs(ALL, level="agency")
    return table[table.index.get_level_values("measure").isin(MEASURES_SHARED)]

"""Tables of a comparison, and their summary over the replicates."""

from itertools import chain

import numpy as np
import pandas as pd

from sim.results.by_seed import KEYS, by_seed

RUN_COLUMNS = ["arrangement", "replicate", "seed", "year", "agency", "line", "measure", "value_pence", "value"]


LEDGER_COLUMNS = ["year", "payer", "payee", "purpose", "pence"]


FLOW_COLUMNS = ["arrangement", "replicate", *LEDGER_COLUMNS]


DECISION_COLUMNS = ["arrangement", "replicate", "year", "party", "kind", "decision", "what", "outcome"]


EVENT_COLUMNS = [
    "arrangement", "replicate", "year", "event", "events", "families", "events_twin", "families_twin",
]  # fmt: skip


SUMMARY_COLUMNS = ["arrangement", "agency", "measure", "mean", "p05", "p50", "p95", "n"]


STATISTICS = SUMMARY_COLUMNS[3:7]


QUANTILES = (5, 50, 95)


def tables(results, seed):
    """Runs, flows, decisions and events of a comparison as data frames.

    Parameters
    ----------
    results : list of list of RunResult
        By replicate, then by arrangement.
    seed : int
        Seed of replicate 0.

    Returns
    -------
    tuple of pandas.DataFrame
        Columns RUN_COLUMNS, FLOW_COLUMNS, DECISION_COLUMNS and EVENT_COLUMNS, ordered by arrangement and replicate.
    """
    runs = [result for group in zip(*results, strict=True) for result in group]  # an arrangement at a time
    frame = _table(runs, "rows", RUN_COLUMNS, seed).astype({"value_pence": "Int64", "value": "float64"})
    taken = _table(runs, "decisions", DECISION_COLUMNS, seed).astype({"replicate": "int64", "year": "int64"})
    whole = dict.fromkeys(("replicate", "year", *EVENT_COLUMNS[4:]), "int64")
    happened = _table(runs, "events", EVENT_COLUMNS, seed).astype(whole)
    return frame, _table(runs, "flows", FLOW_COLUMNS, seed), taken, happened


def _table(runs, part, columns, seed):
    """All rows of a part of each run, with whose they are: a column at a time, as there are many rows."""
    rows = [getattr(run, part) for run in runs]
    heads = {
        "arrangement": [run.arrangement for run in runs],
        "replicate": [run.seed - seed for run in runs],
        "seed": [run.seed for run in runs],
    }
    own = zip(*chain.from_iterable(rows), strict=True)
    if not any(rows):
        return pd.DataFrame(columns=columns)
    return pd.DataFrame(
        {name: np.repeat(heads[name], list(map(len, rows))) if name in heads else next(own) for name in columns}
    )


def summarise(runs, bodies):
    """The summary: pounds of 2010/11 summed over the years, people and rates, over replicates.

    Parameters
    ----------
    runs : pandas.DataFrame
    bodies : dict of str to tuple of str
        Joint bodies of each arrangement, which have receipts of their own.

    Returns
    -------
    pandas.DataFrame
        Columns SUMMARY_COLUMNS.
    """
    return spread(by_seed(runs, bodies))


def spread(numbers):
    """The summary of numbers by seed, as :func:`sim.results.by_seed.by_seed` gives them; see :func:`summarise`."""
    table = pd.DataFrame(_spread(numbers.to_numpy()), numbers.index, SUMMARY_COLUMNS[len(KEYS) :])
    return table.astype({"n": "int64"}).reset_index()


def _spread(numbers):
    """Mean, 5th, 50th and 95th percentile, and how many are not null, of each row."""
    known = ~np.isnan(numbers)
    found = np.full((len(numbers), 5), np.nan)
    found[:, 4] = known.sum(axis=1)
    full = known.all(axis=1)
    if full.any():
        found[full, 0] = numbers[full].mean(axis=1)
        found[full, 1:4] = np.percentile(numbers[full], QUANTILES, axis=1).T
    for row in np.flatnonzero(known.any(axis=1) & ~full):
        of_row = numbers[row, known[row]]
        found[row, :4] = of_row.mean(), *np.percentile(of_row, QUANTILES)
    return found

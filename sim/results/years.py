"""Every measure year by year: means over replicates, one column a year."""

import pandas as pd

from sim.core.codes import ALL
from sim.record.measures import MEASURES
from sim.results.by_seed import KEYS


def by_year(runs):
    """Means over replicates in each year, in pounds of 2010/11 where they are money.

    Parameters
    ----------
    runs : pandas.DataFrame
        Columns ``sim.results.summary.RUN_COLUMNS``.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``arrangement, agency, measure``, a column a year. Agency ``all`` is the sum of all, where a measure has
        one. Nought where a replicate has no row; but a measure of which the last known counts is the mean of what is known.
    """
    keys = [*KEYS, "year"]
    amount = (runs["value_pence"].astype("float64") / 100).fillna(runs["value"])
    rows = runs[[*keys, "replicate"]].assign(amount=amount).astype(dict.fromkeys(KEYS, "category"))
    sums = rows.groupby([*keys, "replicate"], observed=True)["amount"].sum().reset_index()
    sums = sums.astype(dict.fromkeys(KEYS, "str"))
    whole = sums[sums["measure"].isin([name for name in sums["measure"].unique() if _has_total(name)])]
    whole = whole.groupby(["arrangement", "measure", "year", "replicate"])["amount"].sum().reset_index()
    found = pd.concat([sums, whole.assign(agency=ALL)]).groupby(keys)["amount"].agg(["sum", "mean"])
    table = (found["sum"] / runs["replicate"].nunique()).unstack("year", fill_value=0.0)
    known = [MEASURES[measure].adds_up == "last known" for measure in table.index.get_level_values("measure")]
    table[known] = found["mean"].unstack("year")[known]
    return _ordered(table, list(runs["arrangement"].unique()))


def _has_total(measure):
    """Whether the numbers of all agencies add up: what parties hold at a year's end does not."""
    return MEASURES[measure].adds_up != "last" or not MEASURES[measure].is_money


def _ordered(table, arrangements):
    """Rows in the order of arrangements, all agencies together first, and of declared measures."""
    codes, measures = {code: i for i, code in enumerate(arrangements)}, list(MEASURES)
    order = [(codes[code], agency != ALL, agency, measures.index(measure)) for code, agency, measure in table.index]
    return table.iloc[sorted(range(len(order)), key=order.__getitem__)][sorted(table.columns)]

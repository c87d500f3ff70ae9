"""Tables of a comparison, and their summary over the years and replicates."""

import numpy as np
import pandas as pd

from sim.core.codes import ALL
from sim.programmes.appraisal import DISCOUNT_RATE
from sim.record.measures import COSTS, MEASURES

RUN_COLUMNS = ["arrangement", "replicate", "seed", "year", "agency", "line", "measure", "value_pence", "value"]


FLOW_COLUMNS = ["arrangement", "replicate", "year", "payer", "payee", "purpose", "pence"]


DECISION_COLUMNS = ["arrangement", "replicate", "year", "party", "kind", "decision", "what", "outcome"]


SUMMARY_COLUMNS = ["arrangement", "agency", "measure", "mean", "p05", "p50", "p95", "n"]


SUSTAINED_YEARS = 5  # years at the end in which a self-sustaining arrangement pays for itself


def tables(results, seed):
    """Runs, flows and decisions of a comparison as data frames.

    Parameters
    ----------
    results : list of list of RunResult
        By replicate, then by arrangement.
    seed : int
        Seed of replicate 0.

    Returns
    -------
    tuple of pandas.DataFrame
        Columns RUN_COLUMNS, FLOW_COLUMNS and DECISION_COLUMNS, ordered by arrangement and replicate.
    """
    runs, flows, decisions = [], [], []
    for group in zip(*results, strict=True):  # an arrangement at a time
        for result in group:
            head = (result.arrangement, result.seed - seed)
            runs += [(*head, result.seed, *row) for row in result.rows]
            flows += [(*head, *row) for row in result.flows]
            decisions += [(*head, *row) for row in result.decisions]
    frame = pd.DataFrame(runs, columns=RUN_COLUMNS).astype({"value_pence": "Int64", "value": "float64"})
    taken = pd.DataFrame(decisions, columns=DECISION_COLUMNS).astype({"replicate": "int64", "year": "int64"})
    return frame, pd.DataFrame(flows, columns=FLOW_COLUMNS), taken


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
    amount = runs["value_pence"].astype("float64") / 100
    data = runs.assign(amount=amount.fillna(runs["value"]))
    rows = []
    for arrangement, part in data.groupby("arrangement", sort=False):
        by_year = part.groupby(["replicate", "year", "agency", "measure"], sort=True)["amount"].sum()
        replicates = sorted(part["replicate"].unique())
        agencies = sorted(part["agency"].unique())
        for agency in [ALL, *agencies]:
            values = _values(by_year, agency, replicates, bodies.get(arrangement, ()))
            for measure, numbers in values.items():
                rows.append((arrangement, agency, measure, *_spread(numbers)))
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS)


def _values(by_year, agency, replicates, bodies):
    """Numbers of one agency (or all), one a replicate, by measure."""
    if agency == ALL:
        table = by_year.groupby(["measure", "replicate", "year"]).sum().unstack("year", fill_value=0.0)
    else:
        table = (
            by_year.xs(agency, level="agency")
            .reorder_levels(["measure", "replicate", "year"])
            .unstack("year", fill_value=0.0)
        )
    years = np.array(table.columns)

    def series(measure):
        if measure not in table.index.get_level_values(0):
            return np.zeros((len(replicates), len(years)))
        return table.loc[measure].reindex(replicates, fill_value=0.0).to_numpy()

    present = set(table.index.get_level_values(0))
    values = {}
    for item in MEASURES.values():
        known = item.name in present
        if item.adds_up == "sum" and (known or agency == ALL):
            values[item.name] = series(item.name).sum(axis=1)
        elif item.adds_up == "last" and known and not (agency == ALL and item.is_money):  # parties' balances are no sum
            values[item.name] = series(item.name)[:, -1]
        elif item.adds_up == "last known" and known:
            values[item.name] = table.loc[item.name].reindex(replicates).to_numpy()[:, -1]
    if "list_alive" in present:
        values["list_years"] = series("list_alive").sum(axis=1)
    if {"gross_avoided", "net_position"} <= present:
        values |= _rates(series, years)
    if agency == ALL:
        values["self_sustaining"] = _self_sustaining(by_year, series, replicates, bodies)
    return values


def _rates(series, years):
    """Ratios of sums, net present value, benefit-cost ratio and payback, one a replicate."""
    pairs = {name: item.adds_up.split(" / ") for name, item in MEASURES.items() if " / " in item.adds_up}
    ratios = {name: _ratio(*(series(part).sum(axis=1) for part in pair)) for name, pair in pairs.items()}
    discount = (1 + DISCOUNT_RATE) ** -(years - years[0]).astype(float)
    benefit = (series("retained") + series("efficiency_saving")) * discount
    cost = sum(series(name) for name in COSTS) * discount
    # What was put in, whoever paid for it: providers' costs of delivery, and what agreeing and managing cost.
    put_in = series("delivery_cost") + sum(series(name) for name in COSTS if name != "programme_cost")
    begun = np.cumsum(cost, axis=1) > 0  # years before anything is spent do not count as payback
    repaid = begun & (np.cumsum(benefit - cost, axis=1) >= 0)
    payback = np.where(repaid.any(axis=1), years[repaid.argmax(axis=1)].astype(float), np.nan)
    return ratios | {
        "npv": (series("net_position") * discount).sum(axis=1),
        "bcr": _ratio(benefit.sum(axis=1), cost.sum(axis=1)),
        "gross_per_pound": _ratio(series("gross_avoided").sum(axis=1), put_in.sum(axis=1)),
        "cash_per_pound": _ratio(series("cash_released").sum(axis=1), put_in.sum(axis=1)),
        "payback_year": payback,
    }


def _self_sustaining(by_year, series, replicates, bodies):
    """1 where the last years' prevention is paid from its own receipts, else 0.

    Receipts are what joint bodies are paid for outcomes, less what the centre claws back of it, or, where agencies act
    for themselves, what they retain.
    """
    cost = (series("programme_cost") + series("transaction_cost") + series("evaluation_cost"))[:, -SUSTAINED_YEARS:]
    if bodies:
        paid = by_year[by_year.index.get_level_values("agency").isin(bodies)]
        paid = paid.groupby(["measure", "replicate", "year"]).sum().unstack("year", fill_value=0.0)
        known = "outcome_payment_in" in paid.index.get_level_values(0)
        receipts = (
            paid.loc["outcome_payment_in"].reindex(replicates, fill_value=0.0).to_numpy()
            if known
            else np.zeros((len(replicates), series("programme_cost").shape[1]))
        )
        receipts = receipts - series("clawed_back")
    else:
        receipts = series("retained")
    going = (series("programme_cost")[:, -SUSTAINED_YEARS:] > 0).all(axis=1)
    return (going & (receipts[:, -SUSTAINED_YEARS:].sum(axis=1) >= cost.sum(axis=1))).astype(float)


def _ratio(top, bottom):
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom != 0)


def _spread(numbers):
    """Mean, 5th, 50th and 95th percentile, and how many are not null."""
    known = numbers[~np.isnan(numbers)]
    if not known.size:
        return np.nan, np.nan, np.nan, np.nan, 0
    return float(known.mean()), *(float(q) for q in np.percentile(known, [5, 50, 95])), int(known.size)

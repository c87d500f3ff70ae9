"""What every arrangement came to over its years: one number a replicate for each agency and measure."""

import numpy as np
import pandas as pd

from sim.core.codes import ALL
from sim.programmes.appraisal import DISCOUNT_RATE, HEALTH_DISCOUNT_RATE
from sim.record.measures import COSTS, MEASURES, SOCIAL

SUSTAINED_YEARS = 5  # years at the end in which a self-sustaining arrangement pays for itself
_HEALTH = "health_gained"  # has a discount rate of its own
# Resources put in, and what society has of it: services' spending that is spared, and outcomes. What a programme's
# provider is paid is no resource, what delivery costs is; other services displaced free resources and lose their value.
_PUT_IN = ("delivery_cost", *(name for name in COSTS if name != "programme_cost"))
_GAINED = (*(name for name in SOCIAL if name != _HEALTH), "efficiency_saving", "displaced_services")
_OF_SOCIETY = {*_PUT_IN, *SOCIAL}
KEYS = ["arrangement", "agency", "measure"]
_RATIOS = {
    name: [side.split(" + ") for side in item.adds_up.split(" / ")]
    for name, item in MEASURES.items()
    if " / " in item.adds_up
}


def by_seed(runs, bodies):
    """Pounds of 2010/11 summed over the years, people and rates, one number a replicate.

    Parameters
    ----------
    runs : pandas.DataFrame
        Columns ``sim.results.summary.RUN_COLUMNS``.
    bodies : dict of str to tuple of str
        Joint bodies of each arrangement, which have receipts of their own.

    Returns
    -------
    pandas.DataFrame
        Indexed by KEYS, where agency ``all`` is the sum of all; a column a replicate; null where nothing is known.
    """
    amount = (runs["value_pence"].astype("float64") / 100).fillna(runs["value"])
    data = runs[["agency", "measure", "replicate", "year"]].assign(amount=amount)
    parts = data.groupby(runs["arrangement"], sort=False)
    frames = [_of_arrangement(name, part, bodies.get(name, ())) for name, part in parts]
    none = pd.DataFrame(index=pd.MultiIndex.from_arrays([[], [], []], names=KEYS), dtype=float)
    return pd.concat(frames) if frames else none


def _of_arrangement(arrangement, part, bodies):
    """The numbers of one arrangement, as :func:`by_seed` gives them."""
    axes = {name: pd.factorize(part[name], sort=True) for name in ("agency", "measure", "replicate", "year")}
    agencies, measures, replicates, years = (list(labels) for _, labels in axes.values())
    owner, *place = (codes for codes, _ in axes.values())
    shape = len(measures), len(replicates), len(years)
    size = int(np.prod(shape))
    sums = _added(owner * size + np.ravel_multi_index(place, shape), part["amount"].to_numpy())
    owner, cells = np.divmod(sums.index.to_numpy(), size)
    amounts = sums.to_numpy()

    def of_several(chosen):
        total = _added(cells[chosen], amounts[chosen])
        return _Table(total.index.to_numpy(), total.to_numpy(), shape, measures, years)

    whole = of_several(slice(None))
    values = whole.values(of_all=True)
    joint = [code for code, agency in enumerate(agencies) if agency in bodies]
    values["self_sustaining"] = whole.self_sustaining(of_several(np.isin(owner, joint)) if bodies else None)
    found = {(arrangement, ALL, measure): numbers for measure, numbers in values.items()}
    ends = np.searchsorted(owner, range(len(agencies) + 1))
    for agency, start, end in zip(agencies, ends[:-1], ends[1:], strict=True):
        own = _Table(cells[start:end], amounts[start:end], shape, measures, years)
        found |= {(arrangement, agency, measure): numbers for measure, numbers in own.values(of_all=False).items()}
    index = pd.MultiIndex.from_tuples(found, names=KEYS)
    return pd.DataFrame(np.array(list(found.values())), index, pd.Index(replicates, name="replicate"))


def _added(keys, amounts):
    """Sums of amounts by key, in the order of the keys."""
    return pd.Series(amounts).groupby(keys).sum()


class _Table:
    """Amounts of one agency, or of several together, by measure, replicate and year; nought where there is no row.

    Parameters
    ----------
    cells : numpy.ndarray of int
        Where in the table there are rows.
    amounts : numpy.ndarray of float
        Theirs.
    shape : tuple of int
        Of the table.
    measures : list of str
    years : list of int
    """

    def __init__(self, cells, amounts, shape, measures, years):
        self.amounts, self.known = np.zeros(shape), np.zeros(shape[:2], bool)
        self.amounts.flat[cells] = amounts
        self.known.flat[cells // shape[2]] = True
        self.years = np.array(years)
        self.row = {measures[row]: row for row in np.flatnonzero(self.known.any(axis=1))}

    def series(self, measure):
        """By replicate and year."""
        return self.amounts[self.row[measure]] if measure in self.row else np.zeros(self.amounts.shape[1:])

    def total(self, measure):
        """By replicate, over the years."""
        return self.series(measure).sum(axis=1)

    def values(self, of_all):
        """Numbers by measure, one a replicate."""
        values = {}
        for item in MEASURES.values():
            known = item.name in self.row
            if item.adds_up == "sum" and (known or of_all):
                values[item.name] = self.total(item.name)
            elif item.adds_up == "last" and known and not (of_all and item.is_money):  # parties' balances are no sum
                values[item.name] = self.series(item.name)[:, -1]
            elif item.adds_up == "last known" and known:
                last = self.series(item.name)[:, -1]
                values[item.name] = np.where(self.known[self.row[item.name]], last, np.nan)
        if "list_alive" in self.row:
            values["list_years"] = self.total("list_alive")
        if "outcome_payment_out" in self.row and "retained" in self.row and not of_all:
            spent = self.total("outcome_payment_out") - self.total("retained")
            values["spent_on_outcomes"] = np.maximum(0.0, spent)
        if "gross_avoided" in self.row and "net_position" in self.row:
            values |= self._rates()
        if not self.row.keys().isdisjoint(_OF_SOCIETY):
            values |= self._to_society(of_all)
        return values

    def _rates(self):
        """Ratios of sums, net present value, financial return and payback, one a replicate."""
        ratios = {name: _ratio(*(sum(map(self.total, side)) for side in pair)) for name, pair in _RATIOS.items()}
        discount = self._discount(DISCOUNT_RATE)
        costs = {name: self.series(name) for name in COSTS}
        benefit = (self.series("retained") + self.series("efficiency_saving")) * discount
        cost = sum(costs.values()) * discount
        put_in = self._put_in()
        begun = np.cumsum(cost, axis=1) > 0  # years before anything is spent do not count as payback
        repaid = begun & (np.cumsum(benefit - cost, axis=1) >= 0)
        payback = np.where(repaid.any(axis=1), self.years[repaid.argmax(axis=1)].astype(float), np.nan)
        return ratios | {
            "npv": (self.series("net_position") * discount).sum(axis=1),
            "financial_roi": _ratio(benefit.sum(axis=1), cost.sum(axis=1)),
            "gross_per_pound": _ratio(self.total("gross_avoided"), put_in.sum(axis=1)),
            "cash_per_pound": _ratio(self.total("cash_released"), put_in.sum(axis=1)),
            "payback_year": payback,
        }

    def _discount(self, rate):
        """Present value of a pound by year; the first is undiscounted."""
        return (1 + rate) ** -(self.years - self.years[0]).astype(float)

    def _put_in(self):
        """What was put in, whoever paid for it: providers' costs of delivery, and what agreeing and managing cost."""
        return sum(self.series(name) for name in _PUT_IN)

    def _to_society(self, of_all):
        """Net present social value, and of the whole its ratio to what was put in; no transfer is in either."""
        gained = sum(self.series(name) for name in _GAINED) - self.series("displaced_value")
        benefit = (gained * self._discount(DISCOUNT_RATE)).sum(axis=1)
        benefit += (self.series(_HEALTH) * self._discount(HEALTH_DISCOUNT_RATE)).sum(axis=1)
        cost = (self._put_in() * self._discount(DISCOUNT_RATE)).sum(axis=1)
        return {"npsv": benefit - cost, **({"social_bcr": _ratio(benefit, cost)} if of_all else {})}

    def self_sustaining(self, joint):
        """1 where the last years' prevention is paid from its own receipts, else 0.

        Receipts are what joint bodies are paid for outcomes, less what the centre claws back of it, or, where agencies
        act for themselves (`joint` is None), what they retain.
        """
        last = slice(-SUSTAINED_YEARS, None)
        bought = self.series("programme_cost")
        cost = (bought + self.series("transaction_cost") + self.series("evaluation_cost"))[:, last]
        if joint is not None:
            receipts = joint.series("outcome_payment_in") - self.series("clawed_back")
        else:
            receipts = self.series("retained")
        going = (bought[:, last] > 0).all(axis=1)
        return (going & (receipts[:, last].sum(axis=1) >= cost.sum(axis=1))).astype(float)


def _ratio(top, bottom):
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom != 0)

"""Every arrangement under every future: the identity and the ledger to the penny, and the payers' cash that of the lines."""

from collections import defaultdict

import numpy as np
import pytest

from sim.core.calendar import QUARTERS
from sim.record.measures import LEAKS
from sim.studies import task as runner
from sim.studies.futures import future_names
from sim.studies.study import load_study
from tests.conftest import sums

YEARS = 3
KEEN = {"programmes.optimism": 3, "programmes.effect_scale": 3}  # the town is small: else little would move


def pence_by(result, *measures):
    return sums(result, *measures, by=("year", "agency", "line"))


def spending(model, record):
    """Pence by year and line, from counts and prices alone."""
    by_quarter = model.services.prices.spending(record.counts)
    return by_quarter.reshape(YEARS, QUARTERS, -1).sum(axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("future", [None, *future_names()])
def test_every_penny_is_accounted_for_in_every_arrangement_under_every_future(future):
    every = load_study(["all"], "milltown", KEEN, years=YEARS, future=future).inputs()
    for model in runner.models(every, 1):
        result, name = runner.result_of(model), (future, model.arrangement.id)
        gross = pence_by(result, "gross_avoided")
        assert pence_by(result, *LEAKS, "cash_released") == gross, name
        cash = np.zeros((YEARS, len(model.lines)), np.int64)
        for (year, _, line), pence in pence_by(result, "cash_released").items():
            cash[year - 1, model.lines.ids.index(line)] += pence
        np.testing.assert_array_equal(cash, spending(model, model.recorder.twin) - spending(model, model.recorder))
        held, postings = defaultdict(int), defaultdict(int)
        for _, payer, payee, _, pence in result.flows:
            held[payer], held[payee] = held[payer] - pence, held[payee] + pence
        for _, payer, payee, pence, _ in model.ledger.postings:
            postings[payer], postings[payee] = postings[payer] - pence, postings[payee] + pence
        assert sum(held.values()) == 0, name
        assert {account: model.ledger.balance(account) for account in postings} == postings, name
        closing = sums(result, "closing_balance", by=("year", "agency"))
        assert {code: held[code] for year, code in closing if year == YEARS} == {
            code: pence for (year, code), pence in closing.items() if year == YEARS
        }, name

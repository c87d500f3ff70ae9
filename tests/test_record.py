"""What is taken down of every shipped arrangement: no number that is none, and no account below nought without a rule."""

from collections import defaultdict
from math import isfinite

import pytest

from sim.arrangements.reading import arrangement_names
from sim.core.calendar import QUARTERS
from sim.record.recorder import Recorder
from sim.studies import task as runner
from sim.studies.inputs import load_inputs
from sim.studies.study import load_study
from tests.conftest import NAIVE, forget, with_values

NEVER_BOUND = ("outside", "treasury")  # their money is not the place's


class Watched(Recorder):
    """A recorder that also adds every account up from the postings, on its own."""

    seen = ()  # (arrangement, seed, account, quarter, pence, whether the quarter has ended) where below nought

    def finish(self, model):
        """Find every account that falls below nought, at a posting or at a quarter's end, where no rule allows it."""
        super().finish(model)
        providers = {provider.code: provider for provider in model.providers}
        services = {agency.account("service") for agency in model.agencies}
        at_once, at_end = lowest(model.ledger.postings)
        for (account, quarter), pence in at_once.items():
            if account not in (*NEVER_BOUND, *providers, *services):
                Watched.seen += ((model.arrangement.id, model.seed, account, quarter, pence, False),)
        for (account, quarter), pence in at_end.items():
            within_year = account in services and quarter % QUARTERS
            owes = account in providers and may_owe(providers[account], pence)
            if account not in NEVER_BOUND and not within_year and not owes:
                Watched.seen += ((model.arrangement.id, model.seed, account, quarter, pence, True),)


def lowest(postings):
    """Pence below nought by account and quarter: the least after any posting, and what stands at the quarter's end."""
    balance, at_once, at_end, now = defaultdict(int), {}, {}, 0
    for quarter, payer, payee, pence, _ in [*postings, (postings[-1][0] + 1, "", "", 0, "")]:
        for ended in range(now, quarter):
            at_end |= {(account, ended): left for account, left in balance.items() if left < 0}
        now = quarter
        balance[payer] -= pence
        balance[payee] += pence
        if balance[payer] < 0:
            at_once[payer, quarter] = min(at_once.get((payer, quarter), 0), balance[payer])
    return at_once, at_end


def may_owe(provider, pence):
    """Whether a provider may stand that far below nought: public bodies' own, within its overdraft, or bankrupt."""
    return provider.is_in_house or provider.failed or pence >= -provider.overdraft_pence


@pytest.fixture(scope="module")
def every():
    """Every shipped arrangement on Milltown, three years, two seeds."""
    every = load_study(["all"], "milltown", years=3).inputs()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "Recorder", Watched)
        forget()
        return [result for seed in (1, 2) for result in runner.run_task(every, seed)]


def test_balances_are_added_up_posting_by_posting():
    postings = [(0, "outside", "a", 5, ""), (1, "a", "b", 8, ""), (1, "b", "a", 4, ""), (3, "a", "b", 2, "")]
    at_once, at_end = lowest(postings)
    assert at_once == {("outside", 0): -5, ("a", 1): -3, ("a", 3): -1}
    assert at_end == {**{("outside", quarter): -5 for quarter in range(4)}, ("a", 3): -1}


def test_no_account_falls_below_nought_that_no_rule_allows(every):
    assert len(every) == 2 * len(arrangement_names())
    assert Watched.seen == ()


def test_every_row_of_every_arrangement_is_a_number(every):
    rows = [(result.arrangement, *row) for result in every for row in result.rows]
    assert [row for row in rows if (row[5] is None) == (row[6] is None)] == []
    assert [row for row in rows if row[6] is not None and not isfinite(row[6])] == []


def test_a_service_that_costs_nothing_still_has_rows_that_are_numbers(milltown):
    free = with_values(milltown, {f"lines.{line.id}.unit_cost": 0 for line in milltown.lines[:3]})
    case = load_inputs("silo", "milltown", NAIVE, years=2)
    priced, unpriced = (runner.run(runner.replace(case, place=place), 1) for place in (milltown, free))
    assert all(isfinite(row[5]) for row in unpriced.rows if row[5] is not None)
    met = [[row[5] for row in result.rows if row[3] == "unmet_need_met"] for result in (priced, unpriced)]
    assert len(met[0]) == len(met[1]) == 2 * len(milltown.lines)

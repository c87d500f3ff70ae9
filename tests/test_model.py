"""What must be true of every run (docs/odd.md, section 9)."""

from functools import cache

import numpy as np
import pytest

from sim.place.burn_in import burn_in
from sim.place.places import load_place
from sim.programmes.appraisal import appraise_case
from sim.record.measures import COSTS, LEAKS, of_group
from sim.record.recorder import Recorder
from sim.studies import task as runner
from sim.studies.comparison import simulate
from sim.studies.inputs import load_inputs
from sim.system import LocalSystem
from tests.conftest import CORNER, PLAN, blank_twin, one, settled_for, sums

DOWN = (*LEAKS, "cash_released")
AGENCIES = ("council", "nhs", "police", "justice", "jobcentre")


def test_the_identity_holds_in_pence_for_every_line_year_and_run(compared):
    rows = compared.runs[compared.runs["line"].notna() & compared.runs["agency"].isin(AGENCIES)]
    table = rows.pivot_table(
        index=["arrangement", "replicate", "year", "agency", "line"],
        columns="measure",
        values="value_pence",
        aggfunc="sum",
    )
    assert len(table) == 5 * 2 * 15 * len(load_place("milltown").lines)
    assert (table["gross_avoided"] == table[list(DOWN)].sum(axis=1)).all()
    assert (table["gross_avoided"] == table["need_prevented"] - table["never_served"]).all()
    assert (table["optimism_and_luck"] == table["promised"] - table["gross_avoided"]).all()
    assert (table["gross_avoided"] != 0).sum() > 300


def test_cash_is_what_the_ledger_says_services_cost_less(compared):
    """The counts and the postings are two ways to the same pence."""
    flows = compared.flows
    paid = flows[flows["purpose"] == "service"].groupby(["arrangement", "replicate", "year", "payer"])["pence"].sum()
    runs = compared.runs
    cash = (
        runs[runs["measure"] == "cash_released"]
        .groupby(["arrangement", "replicate", "year", "agency"])["value_pence"]
        .sum()
    )
    checked = 0
    for (arrangement, replicate, year, agency), pence in cash.items():
        twin = paid.get(("do_nothing", replicate, year, agency), 0)
        assert twin - paid.get((arrangement, replicate, year, agency), 0) == pence
        checked += 1
    assert checked == 5 * 2 * 15 * 5


def test_cash_is_returned_or_retained_and_falls_below_budget_or_avoids_growth(compared):
    table = (
        compared.runs.groupby(["arrangement", "replicate", "year", "agency", "measure"])["value_pence"].sum().unstack()
    )
    table = table[table["returned_to_centre"].notna() & table.index.get_level_values("agency").isin(AGENCIES)]
    assert (table["cash_released"] == table["returned_to_centre"] + table["retained"]).all()
    parts = ["returned_ame", "returned_surrender", "returned_rebasing"]
    assert (table["returned_to_centre"] == table[parts].sum(axis=1)).all()
    assert set(table.index[table["returned_ame"] != 0].get_level_values("agency")) == {"jobcentre"}
    assert (table["cash_released"] == table["cash_below_budget"] + table["avoided_growth"]).all()


def test_opening_balances_and_flows_make_closing_balances(compared):
    flows, runs = compared.flows, compared.runs
    closing = runs[(runs["measure"] == "closing_balance") & (runs["year"] == 15)]
    for (arrangement, replicate), part in flows.groupby(["arrangement", "replicate"]):
        balance = part.groupby("payee")["pence"].sum().sub(part.groupby("payer")["pence"].sum(), fill_value=0)
        said = closing[(closing["arrangement"] == arrangement) & (closing["replicate"] == replicate)]
        said = said.set_index("agency")["value_pence"].astype(int)
        assert set(balance.index) <= set(said.index)
        assert (said == balance.reindex(said.index, fill_value=0)).all()
        assert said.sum() == 0
    assert (flows["pence"] > 0).all()
    assert (flows["payer"] != flows["payee"]).all()


def test_each_agencys_balance_moves_by_what_it_retained_received_and_paid(compared):
    """Run minus twin, from the balances alone, against retained + receipts - every named cost, year by year."""
    runs, flows = compared.runs, compared.flows
    money = runs.groupby(["arrangement", "replicate", "year", "agency", "measure"])["value_pence"].sum()

    def rows(arrangement, replicate, year, agency, name):
        return int(money.get((arrangement, replicate, year, agency, name), 0))

    def moved(arrangement, replicate, year, agency, purpose, side):
        part = flows[
            (flows["arrangement"] == arrangement)
            & (flows["replicate"] == replicate)
            & (flows["year"] == year)
            & (flows["purpose"] == purpose)
            & (flows[side] == agency)
        ]
        return int(part["pence"].sum())

    checked = 0
    for arrangement in ("silo", "pooled_s75", "list_public"):
        for replicate in (0, 1):
            for agency in AGENCIES:
                before = 0
                for year in range(1, 16):
                    gap = rows(arrangement, replicate, year, agency, "closing_balance")
                    gap -= rows("do_nothing", replicate, year, agency, "closing_balance")
                    expected = rows(arrangement, replicate, year, agency, "retained")
                    expected += rows(arrangement, replicate, year, agency, "outcome_payment_in")
                    expected -= rows(arrangement, replicate, year, agency, "outcome_payment_out")
                    expected += rows(arrangement, replicate, year, agency, "displaced_services")
                    expected -= sum(rows(arrangement, replicate, year, agency, name) for name in COSTS)
                    expected += moved(arrangement, replicate, year, agency, "distribution", "payee")
                    expected += moved(arrangement, replicate, year, agency, "capital_repayment", "payee")
                    expected += rows(arrangement, replicate, year, agency, "agency_premium")
                    expected += moved(arrangement, replicate, year, agency, "contribution", "payee")
                    expected -= moved(arrangement, replicate, year, agency, "contribution", "payer")
                    assert gap - before == expected, (arrangement, replicate, agency, year)
                    before = gap
                    checked += 1
    assert checked == 3 * 2 * 5 * 15


def test_net_position_adds_up_by_party(compared):
    table = (
        compared.runs.groupby(["arrangement", "replicate", "year", "agency", "measure"])["value_pence"]
        .sum()
        .unstack(fill_value=0)
    )
    table = table.reindex(columns=sorted({*table.columns, *COSTS}), fill_value=0)
    table = table[table.index.get_level_values("agency").isin([*AGENCIES, "list", "pool"])]
    expected = (
        table["retained"] + table["outcome_payment_in"] - table["outcome_payment_out"] - table[list(COSTS)].sum(axis=1)
    )
    assert (table["net_position"] == expected).all()


def test_do_nothing_differs_from_its_twin_in_nothing(compared):
    of_itself = ["closing_balance", *of_group("finance")]  # of the run alone
    part = compared.runs[(compared.runs["arrangement"] == "do_nothing") & ~compared.runs["measure"].isin(of_itself)]
    assert (part["value_pence"].fillna(0) == 0).all()
    assert (part["value"].fillna(0) == 0).all()


@pytest.mark.parametrize("arrangement", ["silo", "list_public", PLAN])
def test_programmes_that_do_nothing_avoid_exactly_nothing(arrangement):
    result = one(arrangement, {"programmes.effect_scale": 0})
    assert sums(result, "programme_cost") > 0
    for row in result.rows:
        if row[3] in (*LEAKS, "true_saving", "beyond_horizon"):
            assert row[4] == 0, row


@pytest.mark.parametrize("arrangement", ["silo", "list_public", PLAN])
def test_without_frictions_cash_equals_gross_in_pence(arrangement):
    result = one(arrangement, CORNER)
    gross = sums(result, "gross_avoided", by=("year", "line"))
    cash = sums(result, "cash_released", by=("year", "line"))
    assert gross == cash
    assert sum(gross.values()) > 0


@cache
def _planned(settings):
    """Runs of the same plan in a town of 10,000 families, one a seed; settings as pairs."""
    runs = []
    for seed in range(1, 7):
        inputs = load_inputs(PLAN, "milltown", {**CORNER, **dict(settings)}, families=10_000, years=7)
        runs.append(runner.run(inputs, seed))
    return runs


def _share_of_gross(settings, measures):
    """Some leaks over gross, one a seed."""
    return np.array(
        [
            sum(sums(result, measure) for measure in measures) / sums(result, "gross_avoided")
            for result in _planned(tuple(settings.items()))
        ]
    )


def _rises(low, high, measures):
    gaps = _share_of_gross(high, measures) - _share_of_gross(low, measures)
    return gaps.mean() / (gaps.std(ddof=1) / len(gaps) ** 0.5)


CASH = ("cash_released",)


def test_unmet_need_raises_its_leak_and_lowers_cash():
    full, half = {"services.unmet_need_scale": 1}, {"services.unmet_need_scale": 0.1}
    assert _rises(half, full, ("backfill_unmet_need",)) > 2
    assert _rises(half, full, CASH) < -2


def test_drift_raises_its_leak_and_lowers_cash():
    none, ready = {}, {"services.threshold_drift": 0.6}
    assert (_share_of_gross(none, ("backfill_threshold",)) == 0).all()
    assert _rises(none, ready, ("backfill_threshold",)) > 2
    assert _rises(none, ready, CASH) < -2


def test_fixed_cost_blocks_and_notice_raise_theirs_together():
    stranded = ("stranded_notice", "stranded_unclosed")

    def level(scale):
        return {f"services.{name}": scale for name in ("fixed_share_scale", "block_scale", "notice_scale")}

    assert _rises(level(0.25), level(1), stranded) > 2
    assert _rises(level(0.25), level(1), CASH) < -2


def test_blocks_and_notice_raise_theirs_at_the_datas_fixed_share():
    stranded = ("stranded_notice", "stranded_unclosed")
    small = {"services.fixed_share_scale": 1, "services.block_scale": 0.25, "services.notice_scale": 0}
    large = {"services.fixed_share_scale": 1, "services.block_scale": 2, "services.notice_scale": 2}
    assert _rises(small, large, stranded) > 2


def test_the_place_is_stationary_without_policy_and_trend(milltown):
    """Known demand of the last year against the base year, over seeds: no line drifts."""
    first, last = [], []
    for seed in range(1, 9):
        inputs = load_inputs("do_nothing", "milltown", families=10_000)
        start = burn_in(inputs.place, inputs.place_dials, seed, inputs.n_families)
        recorder = simulate(inputs, start, seed, Recorder())
        first.append(np.mean([start.services.counts[q][:, 0] for q in range(-3, 1)], axis=0))
        last.append(recorder.counts[-4:, :, 0].mean(axis=0))
    change = np.array(last) - first
    error = change.std(axis=0, ddof=1) / len(change) ** 0.5
    off = np.abs(change.mean(axis=0) / np.mean(first, axis=0))
    # Homes have some fourteen children, whose luck alone moves eight places' sum by a tenth.
    assert (off < np.where(np.mean(first, axis=0) < 50, 0.25, 0.05)).all()
    assert (np.abs(change.mean(axis=0)) < 5.5 * error).all()  # t with 7 degrees of freedom, fifteen lines


def test_a_trend_of_need_shows(milltown):
    grown = one("do_nothing", {"families.demand_growth": 0.05})
    assert grown.flows != one("do_nothing").flows
    inputs = load_inputs("do_nothing", "milltown", {"families.demand_growth": 0.05})
    start = settled_for(inputs)
    base = np.mean([start.services.counts[q][:, 0] for q in range(-3, 1)], axis=0).sum()
    recorder = simulate(inputs, start, 1, Recorder())
    assert recorder.counts[-4:, :, 0].mean(axis=0).sum() > 1.15 * base


def _system(arrangement, settings=None, seed=1):
    inputs = load_inputs(arrangement, "milltown", settings)
    start = settled_for(inputs, seed)
    return LocalSystem(inputs, start, seed, Recorder(blank_twin(inputs.n_families)))


def test_in_one_round_what_passes_on_own_benefit_passes_on_the_whole_places():
    model = _system("silo", {"appraisal.method": "snapshot"})  # by which no line's use is expected to rise
    model.step()
    passes = {"own": set(), "place": set()}
    for agency in model.agencies:
        for programme in model.catalogue.values():
            price = model.market.best_provider(programme, agency).price_pence(programme, 99)
            case = model.market.case_for(programme, agency.beliefs[programme.id], price, 5)
            if case is None or (case.benefit_pence < 0).any():
                continue
            own = model.lines.agency == model.index["agencies"][agency.code]
            for name, counted in (("own", own), ("place", np.ones(len(own), bool))):
                cash = np.where(model.lines.demand_led, 0.0, agency.cashability())
                rest = (cash, agency.outcome_weight, 5, programme.correction)
                if appraise_case(case, counted, *rest).value_pence > 0:
                    passes[name].add((agency.code, programme.id))
    assert passes["own"] <= passes["place"]
    assert passes["place"] - passes["own"]


def test_the_quarter_is_a_mesa_model():
    import mesa

    model = _system("list_public")
    assert isinstance(model, mesa.Model)
    kinds = {kind.__name__ for kind in model.agents_by_type}
    assert {"Agency", "Department", "Provider", "BargainedList"} <= kinds
    assert {provider.sector for provider in model.providers} == {"in_house", "private", "community"}


def test_crisis_takes_from_prevention_and_never_the_other_way():
    """Prevention's money is silent: the same run with dearer programmes has the same services."""
    dear = {f"programmes.{name}.cost_per_family": value for name, value in (("parenting", 2471), ("keyworker", 5214))}
    cheap = one(PLAN, {"programmes.effect_scale": 0})
    costly = one(PLAN, {"programmes.effect_scale": 0, **dear})
    assert sums(cheap, "programme_cost") != sums(costly, "programme_cost")

    def services(result):
        return [flow for flow in result.flows if flow[3] in ("service", "closing_cost", "opening_cost", "grant")]

    assert services(cheap) == services(costly)

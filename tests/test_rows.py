"""Leaf rows of a made-up run against its twin, every number worked by hand (docs/odd.md, section 8)."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sim.core.calendar import Calendar
from sim.evaluation.findings import Finding, Quality, no_estimate
from sim.place.payers import Payers
from sim.place.services import FIELDS, Prices
from sim.record.recorder import Recorder
from sim.record.rows import PLACE, Rows
from tests.test_outcome_arrangements import system as measured_run

COUNTED = ("family_years_spared", "families_turned_around")
PRICES = Prices(np.array([100, 10]), np.array([200, 20]), np.array([150, 15]))
TOWN = SimpleNamespace(
    lines=[
        SimpleNamespace(id="care", agency="council", need="harm", level=2, event="", care=True),
        SimpleNamespace(id="ward", agency="nhs", need="harm", level=1, event="", care=False),
    ],
    agencies=[SimpleNamespace(id="council"), SimpleNamespace(id="nhs")],
    index={"needs": {"harm": 0}}.get,
    has=lambda name: False,
    get=lambda name: 2.0 if name == "needs.harm.years_after_25" else 0.5,  # and coverage
)
PAYERS = Payers(np.eye(2, dtype=bool), np.eye(2), np.zeros((2, 2)), np.array([True, False]))
# Year, payer, payee, purpose, pence; the twin's flows and the run's.
THEN = [
    (1, "ministry", "council", "grant", 1000), (1, "ministry", "council", "ring_fenced_grant", 100),
    (1, "ministry", "council", "benefit_funding", 500), (1, "ministry", "council", "exceptional_support", 70),
    (1, "council", "ministry", "claw_back", 50), (1, "council", "outside", "other_services", 400),
]  # fmt: skip
NOW = [
    (1, "ministry", "council", "grant", 900), (1, "ministry", "council", "ring_fenced_grant", 80),
    (1, "ministry", "council", "benefit_funding", 400), (1, "council", "ministry", "claw_back", 300),
    (1, "council", "outside", "other_services", 150), (1, "council", "firm", "programme", 200),
    (1, "firm", "council", "programme", 30), (1, "council", "outside", "transaction_cost", 10),
    (1, "council", "outside", "evaluation_cost", 5), (1, "council", "outside", "pool_overhead", 4),
    (1, "council", "pool", "outcome_payment", 60), (1, "pool", "council", "outcome_payment", 45),
    (1, "ministry", "council", "agency_premium", 7), (1, "nhs", "council", "contribution", 33),
    (1, "council", "saver", "investor_return", 3), (1, "council", "nhs", "distribution", 9),
    (1, "saver", "bank", "capital", 1000), (1, "bank", "saver", "capital_repayment", 600),
    (1, "bank", "saver", "investor_return", 70), (1, "treasury", "saver", "tax_relief", 30),
    (1, "pool", "firm", "programme", 300), (1, "pool", "firm", "outcome_payment", 100),
    (1, "firm", "pool", "outcome_payment", 10), (1, "firm", "outside", "delivery", 400),
    (1, "pool", "ministry", "outcome_payment", 44), (1, "council", "ministry", "support_repaid", 20),
]  # fmt: skip


def counts(years, *lines):
    """Counts of some lines in year 1, the same each quarter, and nothing after."""
    table = np.zeros((4 * years, len(lines), len(FIELDS)), np.int64)
    for j, line in enumerate(lines):
        for name, number in line.items():
            table[:4, j, FIELDS.index(name)] = number
    return table


def recorded(care, ward, flows, left, **more):
    """A record of two years."""
    quiet = [np.zeros((1, 4), np.int64)] * 6
    balances = {(year, code): 100 * year for year in (1, 2) for code in ("council", "nhs", "pool", "firm")}
    budgets = {(year, code): 11_000 for year in (1, 2) for code in ("council", "nhs")}
    efficiency = {(year, code): 0 for year in (1, 2) for code in ("council", "nhs")}
    efficiency.update(more.pop("efficiency", {}))
    return Recorder(
        counts=counts(2, care, ward), flows=flows, leavers=[quiet[0], left, *quiet], balances=balances, budgets=budgets,
        efficiency=efficiency, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    twin = recorded(
        {"demand": 10, "eligible_served": 10, "served_low": 1, "places": 11},
        {"demand": 10, "eligible_served": 6, "places": 6},
        THEN, np.array([[0, 0, 3, 2]]), entrenched=[9, 4], efficiency={(1, "council"): 20},
        resizing={(1, 0, "closing_cost"): 5},
    )  # fmt: skip
    run = recorded(
        {"demand": 8, "eligible_served": 8, "places": 9, "empty_other": 1},
        {"demand": 7, "eligible_served": 6, "places": 6, "refilled": 1},
        NOW, np.array([[0, 0, 1, 0]]), entrenched=[4, 6], efficiency={(1, "council"): 90},
        resizing={(1, 0, "closing_cost"): 25, (1, 0, "opening_cost"): 8}, promised={1: np.array([1234.6, 3.0])},
        savings={(1, "measured_saving"): np.array([10.4, 2.0]), (1, "true_saving"): np.array([-3.6, 0.0])},
        bodies=("pool",), kinds={"firm": "provider", "saver": "investor", "ministry": "department", "bank": "other"},
        people={(2, "pool", "trust"): 0.25}, reinvested={(1, "pool"): 12},
    )  # fmt: skip
    run.twin = twin
    table = {}
    for year, agency, line, measure, pence, value in Rows(TOWN, PRICES, PAYERS, run, twin).build():
        key = (year, agency, line, measure)
        assert key not in table
        table[key] = value if pence is None else pence
    return table


@pytest.mark.parametrize(
    ("agency", "measure", "pence"),
    [
        ("council", "cash_below_budget", 1500),  # a budget of 11,000 and 500 for benefits: 10,000 spent, not 13,200
        ("council", "avoided_growth", 1700),  # the rest of a cash of 3,200
        ("council", "returned_ame", 100),  # 500 - 400
        ("council", "returned_surrender", 340),  # claw-back 300 - 50, support of 70 less 0, and 20 of it repaid
        ("council", "returned_rebasing", 120),  # 1,000 - 900, 100 - 80
        ("council", "returned_to_centre", 560),
        ("council", "retained", 2640),
        ("council", "displaced_services", 250),  # 400 - 150
        ("council", "efficiency_saving", 70),
        ("council", "programme_cost", 170),  # 200, of which 30 came back
        ("council", "transaction_cost", 10),
        ("council", "evaluation_cost", 5),
        ("council", "pool_overhead", 4),
        ("council", "outcome_payment_out", 60),
        ("council", "outcome_payment_in", 45),
        ("council", "agency_premium", 7),
        ("council", "capital_in", 33),
        ("council", "distributed", 9),
        ("council", "investor_return", 3),
        # 2,640 + 70 - 170 - 10 - 5 - 4 - 60 + 45 + 7 - 3 - 20 - 8; capital and distributions are no income
        ("council", "net_position", 2482),
        ("council", "closing_balance", 100),
        ("pool", "programme_cost", 300),
        ("pool", "outcome_payment_in", 70),
        ("pool", "outcome_payment_out", 189),
        ("pool", "net_position", -419),
        ("pool", "reinvested", 12),
        ("pool", "closing_balance", 100),
        ("firm", "closing_balance", 100),
        ("firm", "delivery_cost", 400),
        ("firm", "provider_surplus", 160),  # 600 had, 40 given back, 400 spent
        ("saver", "invested", 1000),
        ("saver", "investor_income", 703),  # 600 + 73 + 30
        ("ministry", "clawed_back", 44),
        ("bank", "capital_in", 1000),
        ("bank", "capital_repaid", 600),
        ("bank", "investor_return", 70),
        ("nhs", "retained", 0),
    ],
)
def test_money_of_a_party_by_hand(rows, agency, measure, pence):
    assert rows[1, agency, None, measure] == pence


@pytest.mark.parametrize(
    ("line", "measure", "number"),
    [
        ("care", "cash_released", 3200),  # four quarters of 100 x 2 places and 200 x 3 cases
        ("care", "gross_avoided", 2400),  # four quarters of 300 x 2
        ("care", "promised", 1235),
        ("care", "optimism_and_luck", -1165),
        ("ward", "promised", 3),
        ("ward", "gross_avoided", 216),  # four quarters of 30 x 3 less 36 that nobody would have served
        ("care", "measured_saving", 10),
        ("care", "true_saving", -4),
        ("care", "closing_cost", 20),
        ("care", "opening_cost", 8),
        ("care", "care_quarters_avoided", 12),
        ("care", "unmet_need_met", 0),
        ("ward", "unmet_need_met", pytest.approx(3.2)),  # 4 x (3 fewer, none less served, 1 a refill) - 144 / 30
        ("care", "beyond_horizon", 4800),  # 2 and 2 fewer at level 2 or worse x 2 years of 4 x 300 at half coverage
        ("ward", "beyond_horizon", 480),
    ],
)
def test_money_of_a_line_by_hand(rows, line, measure, number):
    assert rows[1, "council" if line == "care" else "nhs", line, measure] == number


def test_a_budget_without_benefits_is_the_budget_to_the_penny():
    """Six cases in their places in the twin, five in the run, at 30 each a quarter: 720 and 600 a year.

    Of a budget of 700 the twin spends 20 too much and the run 100 too little: 100 below budget, 20 of growth avoided.
    """
    ward = {"demand": 6, "eligible_served": 6, "places": 6}
    wards = ward, {"demand": 5, "eligible_served": 5, "places": 5}
    twin, run = (recorded({}, cases, [], np.zeros((1, 4), np.int64), entrenched=[0, 0]) for cases in wards)
    twin.budgets[1, "nhs"] = 700
    table = {row[:4]: row[4] for row in Rows(TOWN, PRICES, PAYERS, run, twin).build() if row[2] is None}
    assert table[1, "nhs", None, "cash_below_budget"] == 100
    assert table[1, "nhs", None, "avoided_growth"] == 20


def test_the_second_year_has_its_own_numbers(rows):
    assert rows[1, PLACE, None, "family_years_spared"] == 5
    assert rows[2, PLACE, None, "family_years_spared"] == -2
    assert rows[2, "pool", None, "trust"] == 0.25
    assert rows[2, "pool", None, "closing_balance"] == rows[2, "council", None, "closing_balance"] == 200
    for measure in ("retained", "net_position", "returned_to_centre", "returned_rebasing", "displaced_services"):
        assert rows[2, "council", None, measure] == 0
    assert rows[2, "council", "care", "promised"] == rows[2, "council", "care", "cash_released"] == 0
    assert (2, "council", None, "efficiency_saving") not in rows  # it had none
    assert (2, "council", None, "programme_cost") not in rows
    assert (1, "nhs", "ward", "care_quarters_avoided") not in rows
    assert {year for year, *_ in rows} == {1, 2}


def test_cash_of_management_alone_is_a_row_of_its_own():
    run, twin = (
        SimpleNamespace(counts=counts(2, {"eligible_served": served, "places": served}, {})) for served in (3, 5)
    )
    found = Rows(TOWN, PRICES, PAYERS, run, twin).management()
    assert {row[:5] for row in found} == {
        (1, "council", "care", "management_cash", 2400), (2, "council", "care", "management_cash", 0),
        (1, "nhs", "ward", "management_cash", 0), (2, "nhs", "ward", "management_cash", 0),
    }  # fmt: skip


def test_a_promise_is_for_the_years_of_the_run():
    """10 families at 5, 4 and 3 a year, signed in year 2 of 3: 50 and 40; a second contract adds to them."""
    recorder, model = Recorder(), SimpleNamespace(years=3, lines=[0])
    contract = SimpleNamespace(year=2, families=10)
    appraisal = SimpleNamespace(fiscal_pence=np.array([[5.0], [4.0], [3.0]]))
    recorder.signed(model, contract, appraisal)
    assert {year: list(pence) for year, pence in recorder.promised.items()} == {2: [50], 3: [40]}
    recorder.signed(model, SimpleNamespace(year=3, families=1), appraisal)
    assert list(recorder.promised[3]) == [45]


def test_closing_and_opening_costs_add_up_over_a_year():
    """Two places close at 30 and one opens at 40; then one more closes."""
    recorder = Recorder()
    model = SimpleNamespace(calendar=Calendar(8), lines=SimpleNamespace(closing_pence=[30], opening_pence=[40]))
    recorder.resized(model, 0, 2, 1)
    recorder.resized(model, 0, 1, 0)
    assert recorder.resizing == {(2, 0, "closing_cost"): 90, (2, 0, "opening_cost"): 40}


def test_those_who_leave_are_added_up_over_neighbourhoods():
    """Two neighbourhoods, three needs, four levels; the twin's record alone keeps who was served in the quarter."""
    leavers = np.arange(24).reshape(2, 3, 4)
    served = np.arange(8, dtype=np.uint32).reshape(4, 2)
    model = SimpleNamespace(
        families=SimpleNamespace(
            leavers=leavers, counts=2 * leavers, happened=leavers[:, 0], columns=SimpleNamespace(served=served)
        ),
        calendar=Calendar(5),
    )
    twin = Recorder()
    run = Recorder(twin)
    for recorder in (twin, run):
        recorder.record(model)
        np.testing.assert_array_equal(recorder.leavers[0], leavers[0] + leavers[1])
        np.testing.assert_array_equal(recorder.levels[0], 2 * (leavers[0] + leavers[1]))
    assert list(twin.served.replay().at(1)[:2]) == [2, 3]  # the second of four quarters that are remembered
    assert len(run.served) == 0


def test_counts_of_people_add_up_and_a_failure_is_one():
    recorder, contract = Recorder(), SimpleNamespace(body="council")
    for families in (3, 4):
        recorder.enrolled(SimpleNamespace(calendar=Calendar(4)), contract, range(families))
    recorder.failed(SimpleNamespace(calendar=Calendar(5)), SimpleNamespace(code="firm"), 9)
    assert recorder.people == {
        (1, "council", "families_enrolled"): 7, (2, "firm", "provider_failures"): 1, (2, "firm", "families_handed_on"): 9,
    }  # fmt: skip


def test_investors_pooled_return_by_hand():
    """100 and 100 put in; 121 and 121 two years later is 10% a year; a deal still open does not count."""
    stakes = [
        SimpleNamespace(flows={1: -100, 3: 121}, irr=0.1, pence=100),
        SimpleNamespace(flows={1: -100, 2: 0, 3: 121}, irr=0.1, pence=100),
    ]
    deals = [
        SimpleNamespace(closed=True, default_pence=0, stakes=stakes[:1]), SimpleNamespace(closed=True, default_pence=1, stakes=stakes[1:]),
        SimpleNamespace(closed=False, default_pence=9, stakes=[SimpleNamespace(flows={1: -999}, irr=None, pence=999)]),
    ]  # fmt: skip
    recorder, vehicle = Recorder(), SimpleNamespace(code="bank", deals=dict(enumerate(deals)))
    recorder._record_investors(SimpleNamespace(vehicle=vehicle, calendar=Calendar(16)))
    assert recorder.people[4, "bank", "investor_irr"] == pytest.approx(0.1)
    assert recorder.people[4, "bank", "investor_irr_spread"] == pytest.approx(0)
    stakes[1].irr, stakes[1].pence = -0.3, 300  # mean -0.2: a fourth of the capital 0.3 above it, the rest 0.1 below
    recorder._record_investors(SimpleNamespace(vehicle=vehicle, calendar=Calendar(16)))
    assert recorder.people[4, "bank", "investor_irr_spread"] == pytest.approx((0.25 * 0.3**2 + 0.75 * 0.1**2) ** 0.5)
    assert recorder.people[4, "bank", "deals_closed"] == 2
    assert recorder.people[4, "bank", "deals_with_loss"] == 1
    quiet = Recorder()
    quiet._record_investors(
        SimpleNamespace(vehicle=SimpleNamespace(code="bank", deals={0: deals[2]}), calendar=Calendar(16))
    )
    assert not {"investor_irr", "investor_irr_spread"} & {name for *_, name in quiet.people}
    assert quiet.people[4, "bank", "deals_closed"] == 0


def test_a_programme_without_effect_truly_saves_nothing_however_much_is_measured():
    """The same families in the same quarters, run against twin."""
    recorder = measured_run("silo", {"programmes.effect_scale": 0}, years=3).recorder
    true = [pence for (_, measure), pence in recorder.savings.items() if measure == "true_saving"]
    assert true
    assert all((pence == 0).all() for pence in true)
    assert any((recorder.savings[key] != 0).any() for key in recorder.savings if key[1] == "measured_saving")


def test_what_is_measured_as_saved_is_at_average_cost():
    model = measured_run("silo", years=2)
    model.findings[0] = replace(model.findings[0], saved=np.ones(len(model.lines)))
    model.findings[1:] = []
    model.recorder._record_savings(model, 2)
    np.testing.assert_array_equal(model.recorder.savings[2, "measured_saving"], model.services.prices.average)


def test_judgements_by_hand():
    """A measured saving passes, a true one of 15 does not pass 20; noise alone passes one time in four and brings 7.4 pence."""
    recorder = Recorder()
    finding = SimpleNamespace(cohort=SimpleNamespace(key="k", programme="p", body="council"))
    outcomes = SimpleNamespace(
        judged=lambda findings: [findings],
        passes=lambda group: True,
        luck=lambda group: (0.25, 7.4),
        earned=lambda group, pence: pence > 20,
    )
    model = SimpleNamespace(
        calendar=Calendar(4), findings=[finding], outcomes=outcomes,
        relief=SimpleNamespace(paid_for=lambda name: np.array([True, False])),
    )  # fmt: skip
    for true, times in (([15, 99], 1), ([20, 0], 2), ([21, 0], 3)):
        recorder._record_judgements(model, {"k": np.array(true, float)})
        assert (
            recorder.people[1, "council", "payments_judged"] == recorder.people[1, "council", "payments_made"] == times
        )
        assert recorder.people[1, "council", "payments_by_luck"] == 0.25 * times
        assert recorder.people[1, "council", "paid_for_luck"] == 7 * times
    assert recorder.people[1, "council", "payments_earned"] == 1


def test_families_spared_and_turned_around_are_counted_in_the_population():
    run = measured_run("silo", years=2)
    run.recorder.finish(run)
    rows = Rows(run.place, run.services.prices, run.payers, run.recorder, run.recorder.twin).build()
    total = {name: sum(row[5] for row in rows if row[0] == 2 and row[3] == name) for name in COUNTED}
    entrenched = int((run.families.columns.levels >= 2).any(axis=1).sum())
    assert total["family_years_spared"] == run.recorder.twin.entrenched[1] - entrenched
    first = [cohort for cohort in run.cohorts.cohorts if cohort.year == 1]
    turned = sum(int(cohort.turned_around(run.families)[0].sum()) for cohort in first)
    assert total["families_turned_around"] == turned > 0


def test_who_is_charged_has_the_use_avoided_and_who_runs_it_the_empty_place():
    """Of care the NHS pays 300 for each case: 8 for 11 is 900 a quarter; the council keeps a place empty at 100.

    Use avoided is 2 of 10 at 300, and one case below the threshold was backfill in the twin. The line released 800.
    """
    twin, run = (
        recorded(care, {}, [], np.zeros((1, 4), np.int64), entrenched=[0, 0])
        for care in (
            {"demand": 10, "eligible_served": 10, "served_low": 1, "places": 11},
            {"demand": 8, "eligible_served": 8, "places": 9, "empty_other": 1},
        )
    )
    run.promised = {1: np.array([1001.0, 0.0])}
    charged = Payers(np.eye(2, dtype=bool), np.eye(2), np.array([[0, 0], [0.5, 0]]), np.array([True, False]))
    full = Payers(charged.runs, charged.shares, np.array([[0, 0], [1.0, 0]]), charged.may_divert)
    found = {
        row[1:4]: row[4] for row in Rows(TOWN, PRICES, full, run, twin).build() if row[0] == 1 and row[2] == "care"
    }
    for measure, council, nhs in (
        ("gross_avoided", 0, 2400), ("backfill_threshold", 0, -1200), ("stranded_unclosed", 400, 0),
        ("cash_released", -400, 3600), ("promised", 0, 1001), ("optimism_and_luck", 0, 1001 - 2400),
    ):  # fmt: skip
        assert (found["council", "care", measure], found["nhs", "care", measure]) == (council, nhs), measure
    half = {row[:4]: row[4] for row in Rows(TOWN, PRICES, charged, run, twin).build()}
    assert [half[1, code, "care", "cash_released"] for code in ("council", "nhs")] == [3200 - 1800, 1800]
    assert [half[1, code, "care", "promised"] for code in ("council", "nhs")] == [501, 500]
    assert [half[1, code, None, "retained"] for code in ("council", "nhs")] == [1400, 1800]


def test_how_far_findings_can_be_believed_is_summed_by_body():
    """Two findings that compare, of which one is no estimate, and one that does not: their controls, support and the rest."""
    recorder, cohort = Recorder(), SimpleNamespace(body="council")
    findings = [
        Finding(cohort, np.zeros(1), 1.0, 1.0, 4, quality=Quality(80, 60.0, 0.9, 0.2, 0.3)),
        no_estimate(cohort, 1, Quality(3, 2.5, 0.5, 0.4, 0.0)),
        Finding(cohort, np.zeros(1), 1.0, 1.0, 4),
    ]
    for finding in findings:
        recorder._record_quality(finding, 2)
    found = {measure: number for (_, _, measure), number in recorder.people.items()}
    assert found == pytest.approx(
        {
            "findings": 3, "findings_without_estimate": 1, "findings_compared": 2, "controls_unique": 83,
            "controls_effective": 62.5, "support_summed": 1.4, "worst_differences_summed": 0.6, "enrolled_later_summed": 0.3,
        }
    )  # fmt: skip

import numpy as np
import pytest

from sim.core.calendar import QUARTERS
from sim.core.dials import defaults
from sim.place.burn_in import burn_in
from sim.place.identity import leaks, waiting_need_met
from sim.place.places import load_place
from sim.place.services import FIELDS, Lines, Prices, Resizing, Services, resizing, served_cases
from sim.record.measures import LEAKS
from tests.conftest import with_values


def _counts(**numbers):
    """Counts of one line in one quarter."""
    row = np.zeros((1, len(FIELDS)), np.int64)
    for name, number in numbers.items():
        row[0, FIELDS.index(name)] = number
    return row


def _prices(fixed, variable, extra):
    return Prices(*(np.array([pence], np.int64) for pence in (fixed, variable, extra)))


def _one(run, twin, prices):
    return {name: int(value[0]) for name, value in leaks(run, twin, prices).items()}


def test_overtime_falls_and_nothing_is_stranded():
    """Twin T=110, K=100; run T=100, K=100: worked by hand at f=60, v=40, o=80."""
    twin = _counts(demand=110, eligible_served=110, places=100, over=10)
    run = _counts(demand=100, eligible_served=100, places=100)
    result = _one(run, twin, _prices(60, 40, 80))
    assert result == {
        "need_prevented": 1000,
        "never_served": 0,
        "gross_avoided": 1000,
        "case_finding": 0,
        "backfill_unmet_need": 0,
        "backfill_threshold": 0,
        "stranded_notice": 0,
        "stranded_unclosed": 0,
        "overtime": -200,
        "cash_released": 1200,
    }


def test_half_the_need_was_never_served_and_the_queue_fills_the_rest():
    """Twin D=200, T=100 of 100 places. Run: 40 fewer in need, 10 found (5 of them served), places still full."""
    twin = _counts(demand=200, eligible_served=100, places=100)
    run = _counts(demand=170, demand_found=10, eligible_served=100, served_found=5, places=100)
    result = _one(run, twin, _prices(60, 40, 80))
    assert result["need_prevented"] == 100 * (30 + 10)
    assert result["never_served"] == 2000  # half of need had been waiting
    assert result["gross_avoided"] == 2000
    assert result["case_finding"] == 500
    assert result["backfill_unmet_need"] == 100 * (30 + 10 - 0 - 5) - 2000
    assert result["cash_released"] == 0
    assert result["gross_avoided"] == result["case_finding"] + result["backfill_unmet_need"]


def test_places_freed_are_let_to_lower_need_stand_empty_or_close():
    """Ten freed: 3 let to lower need, 4 closed, 2 under notice, 1 unclosed; f=60, v=40."""
    twin = _counts(demand=100, eligible_served=100, places=100)
    run = _counts(demand=90, eligible_served=90, served_low=3, places=96, empty_notice=2, empty_other=1)
    result = _one(run, twin, _prices(60, 40, 80))
    assert result["gross_avoided"] == 1000
    assert result["backfill_threshold"] == 300
    assert result["stranded_notice"] == 120
    assert result["stranded_unclosed"] == 60
    assert result["cash_released"] == 4 * 60 + 7 * 40


def test_waiting_need_met_is_counted_in_cases():
    """Twin D=100, T=80, 2 refills. Known need falls by 13 (3 found), a fifth of which waits; T_elig less T_found by 2."""
    twin = _counts(demand=100, eligible_served=80, refilled=2)
    run = _counts(demand=90, demand_found=3, eligible_served=79, served_found=1, refilled=5)
    assert waiting_need_met(run, twin)[0] == pytest.approx(13 - (80 - 79 + 1) + (2 - 5) - 13 / 5)
    assert waiting_need_met(run, _counts())[0] == 79 - 90 + 3 - 1 - 5  # nobody asks in the twin


def test_never_served_rounds_half_away_from_nought():
    twin = _counts(demand=4, eligible_served=3, places=3)
    for freed, expected in ((2, 1), (-2, -1)):  # 1 x 2 x 1/4 = a half
        run = _counts(demand=4 - freed, eligible_served=3, places=3)
        assert _one(run, twin, _prices(1, 0, 1))["never_served"] == expected
    nobody = _one(_counts(), _counts(), _prices(1, 1, 1))
    assert set(nobody.values()) == {0}


def test_the_identity_holds_for_any_counts_and_can_fail():
    rng = np.random.default_rng(1)
    prices = Prices(*(rng.integers(0, 10**6, 7) for _ in range(3)), rng.uniform(0, 300, 7), rng.uniform(0, 3, 7))

    def some():
        counts = rng.integers(0, 500, (30, 7, len(FIELDS)))
        served = counts[..., FIELDS.index("eligible_served")] + counts[..., FIELDS.index("served_low")]
        places = counts[..., FIELDS.index("places")]
        counts[..., FIELDS.index("over")] = np.maximum(served - places, 0)
        empty = np.maximum(places - served, 0)
        counts[..., FIELDS.index("empty_notice")] = empty // 3
        counts[..., FIELDS.index("empty_other")] = empty - empty // 3
        return counts

    run, twin = some(), some()
    parts = leaks(run, twin, prices)
    down = (*LEAKS, "cash_released")
    np.testing.assert_array_equal(parts["gross_avoided"], sum(parts[name] for name in down))
    cash = prices.spending(twin) - prices.spending(run)
    np.testing.assert_array_equal(parts["cash_released"], cash)
    run[..., FIELDS.index("empty_other")] += 1  # a place that is neither used, empty nor closed
    parts = leaks(run, twin, prices)
    assert (parts["gross_avoided"] != sum(parts[name] for name in down)).all()


# How a line is resized


def _line(place, name, dials=None, **values):
    """One line with a made-up year of counts."""
    changed = with_values(place, {f"lines.{name}.{key}": value for key, value in values.pop("data", {}).items()})
    lines = Lines(changed, {**defaults(), **(dials or {})}, 3000)
    line = lines.ids.index(name)
    services = Services(lines)
    services.places = np.full(len(lines), values.get("places", 100))
    services.low_places = np.full(len(lines), values.get("low", 0))
    services.prices = Prices(*(np.full(len(lines), pence) for pence in (100, 50, 120)))
    for quarter in range(1, QUARTERS + 1):
        row = np.zeros((len(lines), len(FIELDS)), np.int64)
        row[line, FIELDS.index("demand")] = values.get("demand", values["served"])
        row[line, FIELDS.index("eligible_served")] = values["served"]
        services.counts[quarter] = row
    return services, line


WILLING = {"occupancy": 1.0, "block": 10}


def test_empty_places_first_lower_the_threshold_then_close_in_whole_blocks(milltown):
    services, line = _line(milltown, "social_work", served=64, data=WILLING)
    plan = resizing(services, line, 4, drift=0.25, willingness=1.0, seed=1, slack_pence=0)
    assert (plan.low_places, plan.close_blocks, plan.open_blocks) == (9, 2, 0)  # 36 spare: 9 let, 27 left
    plan = resizing(services, line, 4, drift=0.0, willingness=1.0, seed=1, slack_pence=0)
    assert (plan.low_places, plan.close_blocks) == (0, 3)
    plan = resizing(services, line, 4, drift=0.0, willingness=0.0, seed=1, slack_pence=0)
    assert plan.close_blocks == 0


def test_a_line_without_a_lower_level_has_no_threshold_to_lower(milltown):
    services, line = _line(milltown, "family_support", served=64, data=WILLING)
    assert resizing(services, line, 4, drift=1.0, willingness=1.0, seed=1, slack_pence=0).low_places == 0


def test_an_empty_place_lowers_no_threshold_of_a_duty(milltown):
    """36 of 100 stand empty: they close, and nobody is let in; practice alone moves the threshold."""
    services, line = _line(milltown, "foster_care", served=64, data=WILLING)
    plan = resizing(services, line, 4, drift=1.0, willingness=1.0, seed=1, slack_pence=0)
    assert (plan.low_places, plan.close_blocks) == (0, 3)


def test_practice_moves_a_duty_by_hand(milltown):
    """Of 64 cases a twentieth is 3, whatever stands empty; half of 64 at most, and none withheld where all are served."""
    for low, practice, expected in ((0, 0.05, 3), (0, -0.05, -3), (2, -0.05, -1), (30, 0.05, 32), (-30, -0.05, -32)):
        for places in (100, 64):
            services, line = _line(
                milltown, "foster_care", served=64, places=places, low=low, data={**WILLING, "spot_share": 0}
            )
            assert resizing(services, line, 4, 1.0, 0.0, 1, 0, practice).low_places == expected
    full = {"services.unmet_need_scale": 0}
    services, line = _line(milltown, "foster_care", dials=full, served=64, data=WILLING)
    assert resizing(services, line, 4, 1.0, 0.0, 1, 0, -0.5).low_places == 0
    services, line = _line(milltown, "social_work", served=64, places=64, data=WILLING)
    assert resizing(services, line, 4, 1.0, 0.0, 1, 0, 0.5).low_places == 0


def test_what_presses_on_a_duty_is_no_reason_to_be_stricter_and_emerging_need_has_nothing_below(milltown):
    services, line = _line(milltown, "foster_care", served=125, low=8, data={**WILLING, "spot_share": 0})
    assert resizing(services, line, 4, 0.5, 1.0, 1, slack_pence=0).low_places == 8
    services, line = _line(milltown, "family_support", served=64, places=64, data=WILLING)
    services.lines.by_practice[line] = True
    assert resizing(services, line, 4, 0.5, 1.0, 1, 0, practice=0.1).low_places == 0


def test_a_duty_that_serves_events_has_no_practice():
    place = load_place("birmingham_2010")
    lines = Lines(place, defaults(), 20_000)
    practised = {line.id for line, moves in zip(place.lines, lines.by_practice, strict=True) if moves}
    assert practised == {line.id for line in place.lines if line.gate == "duty" and not line.event}
    assert "foster_care" in practised
    assert any(line.gate == "duty" and line.event for line in place.lines)


def test_a_line_that_buys_opens_places_for_its_own_share_alone(milltown):
    """Half of 125 bought: 62 of its own would do, and it has 52; then it is full at 100 and opens none."""
    data = {**WILLING, "spot_share": 0.5, "opening_cost": 0}
    for places, blocks in ((52, 1), (100, 0)):
        services, line = _line(milltown, "foster_care", served=125, places=places, data=data)
        assert resizing(services, line, 4, 0.5, 1.0, 1, slack_pence=10**9).open_blocks == blocks


def test_the_usual_margin_is_not_closed(milltown):
    services, line = _line(milltown, "foster_care", served=90, data={"occupancy": 0.9, "block": 10})
    assert resizing(services, line, 4, 0.0, 1.0, 1, 0).close_blocks == 0


def test_pressing_demand_raises_the_threshold_then_opens_what_the_budget_allows(milltown):
    services, line = _line(milltown, "social_work", served=125, low=8, data={**WILLING, "opening_cost": 0})
    plenty = resizing(services, line, 4, 0.5, 1.0, 1, slack_pence=10**9)
    assert (plenty.low_places, plenty.close_blocks, plenty.open_blocks) == (0, 0, 2)  # 25 short, 8 from the threshold
    a_block = 10 * 100 * QUARTERS
    assert resizing(services, line, 4, 0.5, 1.0, 1, slack_pence=a_block).open_blocks == 1
    assert resizing(services, line, 4, 0.5, 1.0, 1, slack_pence=a_block - 1).open_blocks == 0


def test_a_year_counts_by_its_mean_its_most_and_its_least(milltown):
    """Demand of 40, 60, 80 and 60: practice takes its mean of 60, a rationed line opens for half of that; 30 of 100 are spare."""
    for name, places, expected in (
        ("foster_care", 100, (3, 2, 0)),
        ("camhs", 10, (0, 0, 2)),
        ("social_work", 30, (0, 0, 1)),
    ):
        data = {**WILLING, "coverage": 0.5, "opening_cost": 3, "occupancy": 0.9}
        data |= {"spot_share": 0} if name == "foster_care" else {}
        services, line = _line(milltown, name, served=0, places=places, data=data)
        for quarter, cases in enumerate((40, 60, 80, 60), 1):
            served = cases if name != "camhs" else 10
            services.counts[quarter][line] = _counts(demand=cases, eligible_served=served)[0]
        if name == "foster_care":
            services.counts[3][line] = _counts(demand=80, eligible_served=70)[0]  # 100 less 70 less a margin of 10
        plan = resizing(services, line, 4, 0.5, 1.0, 1, slack_pence=10**9, practice=0.05)
        assert (plan.low_places, plan.close_blocks, plan.open_blocks) == expected
        if expected[2]:
            short = expected[2] * 10 * (100 * QUARTERS + 300) - 1
            assert resizing(services, line, 4, 0.5, 1.0, 1, short).open_blocks == expected[2] - 1


def test_a_decision_on_size_is_carried_out_by_hand(milltown):
    services, line = _line(milltown, "social_work", served=64, data={"block": 10, "notice": 3, "opening_cost": 5})
    cost = services.carry_out(line, 4, Resizing(7, 2, 3))
    assert services.low_places[line] == 7
    assert services.notices == [(4 + 1 + 3, line, 20)]
    assert services.openings == [(line, 30)]
    assert cost == 30 * (100 * QUARTERS + 500)


def test_notice_ends_and_places_close(milltown):
    services, line = _line(milltown, "foster_care", served=64)
    services.notices = [(6, line, 10), (7, line, 5)]
    assert services.under_notice()[line] == 15
    services.openings = [(line, 7)]
    assert [part[line] for part in services.build(5)] == [0, 7]
    assert [part[line] for part in services.build(6)] == [10, 0]
    assert services.places[line] == 97
    assert (services.notices, services.openings) == ([(7, line, 5)], [])


def test_prices_spend_the_published_cost_on_the_usual_cases(settled, milltown):
    """f K + v T is the average cost times cases, to within the rounding of pence."""
    prices, services = settled.services.prices, settled.services
    lines = services.lines
    for j in range(len(lines)):
        assert prices.extra[j] >= prices.fixed[j]
        share = prices.fixed[j] / lines.average_pence[j]
        assert share <= lines.fixed_share[j] + 1e-9
    care = lines.ids.index("foster_care")
    cases = served_cases(services.counts[0])[care]
    spent = prices.spending(services.counts[0])[care]
    assert spent == pytest.approx(lines.average_pence[care] * cases, rel=0.12)  # cases have moved since prices were set


def test_a_line_that_buys_is_priced_so_that_the_start_costs_what_is_published(milltown):
    """Half of 40 and 60 cases at 1,000 pence bought, half of it fixed, a fifth dearer: worked by hand.

    25 own places are full; 15 and 35 are bought, 25 usually, in a market of elasticity 1: 35 cost 35/25 of the price.
    A case at own cost a: places 0.5 a x 25, cases 0.5 a x 50, bought 0.5 a x 1.2 x (15 + 35 x 1.4) / 2, in all 1,000 x 50.
    """
    data = {"spot_share": 0.5, "spot_elasticity": 1, "fixed_share": 0.5, "overtime_premium": 0.2, "unit_cost": 40}
    services, care = _line(milltown, "foster_care", served=0, data=data)
    services.lines.average_pence[care] = 1000
    for quarter, cases in ((1, 40), (2, 60)):
        services.counts[quarter][care, FIELDS.index("eligible_served")] = cases
    services.open_for_business((1, 2))
    own = 1000 * 50 / (0.5 * 25 + 0.5 * 50 + 0.5 * 1.2 * (15 + 35 * 1.4) / 2)
    prices = services.prices
    assert services.places[care] == 25
    assert (prices.fixed[care], prices.variable[care]) == (round(0.5 * own), round(0.5 * own))
    assert prices.extra[care] == int(np.ceil(prices.fixed[care] * 1.2))
    rows = np.zeros((2, len(services.lines), len(FIELDS)), np.int64)
    for row, cases in zip(rows, (40, 60), strict=True):
        row[care] = _counts(eligible_served=cases, places=25, over=cases - 25)[0]
    assert prices.spending(rows)[:, care].mean() == pytest.approx(50 * 1000, rel=0.002)


def test_what_is_bought_costs_more_in_a_tight_market_and_no_less_in_a_slack_one():
    """o = 80 for 10 usually bought, elasticity 0.5: for 40 it is 80 x 4^0.5, for 5 it stays."""
    prices = Prices(*(np.array([pence]) for pence in (60, 40, 80, 10, 0.5)))
    for over, pence in ((5, 5 * 80), (10, 10 * 80), (40, 40 * 160), (20, 20 * 113), (0, 0)):
        assert prices.over(_counts(over=over))[0] == pence


def test_bought_cases_that_fall_release_all_they_cost_at_once():
    """Twin 50 cases, run 30, 20 own places: bought 30 at 80 x (30/15)^1 and 10 at 80; nothing is stranded."""
    prices = Prices(*(np.array([pence]) for pence in (60, 40, 80, 15, 1.0)))
    twin = _counts(demand=50, eligible_served=50, places=20, over=30)
    run = _counts(demand=30, eligible_served=30, places=20, over=10)
    result = _one(run, twin, prices)
    assert result["gross_avoided"] == 20 * 100
    assert result["cash_released"] == 20 * 40 + 30 * 160 - 10 * 80
    assert result["overtime"] == 60 * 20 - (30 * 160 - 10 * 80)
    assert result["stranded_notice"] == result["stranded_unclosed"] == result["backfill_threshold"] == 0
    assert result["gross_avoided"] == result["overtime"] + result["cash_released"]


def test_rationed_lines_stay_within_their_places_and_statutory_ones_turn_nobody_away(settled):
    lines = settled.services.lines
    for quarter, counts in settled.services.counts.items():
        if quarter > 0:
            continue
        total = counts[:, FIELDS.index("eligible_served")] + counts[:, FIELDS.index("served_low")]
        for j in range(len(lines)):
            if lines.open_door[j]:
                assert counts[j, FIELDS.index("eligible_served")] >= counts[j, FIELDS.index("demand")]
            else:
                assert total[j] <= counts[j, FIELDS.index("places")]


def test_no_unmet_need_serves_everyone_always(milltown):
    from sim.place.burn_in import burn_in

    settled = burn_in(milltown, {**defaults(), "services.unmet_need_scale": 0}, seed=4)
    for counts in settled.services.counts.values():
        np.testing.assert_array_equal(counts[:, FIELDS.index("eligible_served")], counts[:, FIELDS.index("demand")])
    columns = settled.families.columns
    np.testing.assert_array_equal(columns.known, columns.has)
    assert not columns.found.any()


# Practice, and need that supply finds, in a place


def _quarter(settled, **changes):
    """Counts and line codes of the quarter after the base year, with some attributes of services changed by line."""
    place = settled.copy()
    for name, by_line in changes.items():
        for line, number in by_line.items():
            getattr(place.services, name)[place.services.lines.ids.index(line)] = number
    place.families.age()
    place.families.move_needs(1)
    place.services.serve(place.families, 1)
    return place.services.counts[1], place.services.lines


def test_practice_withholds_a_duty_from_those_who_newly_need_it(milltown):
    """D is the same; of those who are new some wait, and nobody who is served is turned out."""
    settled = burn_in(milltown, defaults(), seed=2)  # some come into care in the next quarter
    usual, lines = _quarter(settled)
    strict, _ = _quarter(settled, low_places={"foster_care": -1})
    none, _ = _quarter(settled, low_places={"foster_care": -1000})
    j, demand, served = lines.ids.index("foster_care"), FIELDS.index("demand"), FIELDS.index("eligible_served")
    assert usual[j, demand] == usual[j, served] == strict[j, demand] == none[j, demand]
    assert usual[j, served] - strict[j, served] == 1
    before = settled.services.counts[0][j, served]
    assert 1 < usual[j, served] - none[j, served] < before
    np.testing.assert_array_equal(np.delete(usual, j, axis=0), np.delete(none, j, axis=0))


def test_practice_lets_lower_need_in_whether_places_are_empty_or_not(settled):
    """Three below the threshold are bought places for; a line of judgement lets them into empty places only."""
    usual, lines = _quarter(settled)
    lax, _ = _quarter(
        settled, low_places={"foster_care": 3, "family_support": 3, "social_work": 3}, places={"social_work": 1}
    )
    low, over = FIELDS.index("served_low"), FIELDS.index("over")
    care, work = lines.ids.index("foster_care"), lines.ids.index("social_work")
    assert (lax[care, low], lax[care, over] - usual[care, over], lax[work, low]) == (3, 3, 0)


def test_places_under_notice_take_nobody_in_and_the_rest_keep_their_margin(settled):
    """A rationed line all under notice keeps whom it has; of 300 spare beds beyond notice and margin six in ten are refilled."""
    before = settled.services.counts[0]
    lines = settled.services.lines
    camhs, beds = lines.ids.index("camhs"), lines.ids.index("drug_hospital")
    served, empty = FIELDS.index("eligible_served"), FIELDS.index("empty_notice")
    places = {"camhs": 200, "drug_hospital": 500}
    open_to_all, _ = _quarter(settled, places=places)
    closing = settled.copy()
    closing.services.notices = [(9, camhs, 200), (9, beds, 100)]
    warned, _ = _quarter(closing, places=places)
    assert open_to_all[camhs, served] > before[camhs, served] >= warned[camhs, served] > 0
    assert warned[camhs, empty] == 200 - warned[camhs, served]
    assert open_to_all[camhs, empty] == 0
    for row, notice in ((open_to_all[beds], 0), (warned[beds], 100)):
        own = row[FIELDS.index("demand")]
        spare = 500 - notice - own - int(0.05 * 500)
        assert row[FIELDS.index("refilled")] == row[served] - own == int(0.6 * spare)
        assert (row[empty], row[FIELDS.index("empty_other")]) == (notice, 500 - row[served] - notice)


def test_need_shows_itself_by_the_places_of_judgement(settled):
    """Twice the places of social work: need it serves shows 2^0.4 times as soon, as a power of all that serve it."""
    services = settled.copy().services
    np.testing.assert_array_equal(services.supply(), 1)
    lines, opening = services.lines, services.opening
    work, support, care = (lines.ids.index(name) for name in ("social_work", "family_support", "foster_care"))
    services.places[[work, care]] *= 2
    services.notices = [(9, work, int(opening[work]))]
    np.testing.assert_array_equal(services.supply(), 1)  # care is no judgement, and what is under notice finds nobody
    services.notices = []
    found = services.supply()
    both = (2 * opening[work] + opening[support]) / (opening[work] + opening[support])
    need = lines.need[work]
    np.testing.assert_allclose(found[need], [1, 1, both**0.4, both**0.4])
    assert (np.delete(found, need, axis=0) == 1).all()


def test_more_places_find_more_need_and_none_do_where_all_is_known(milltown, settled):
    usual, lines = _quarter(settled)
    j = lines.ids.index("camhs")
    more, _ = _quarter(settled, places={"camhs": 100 * int(settled.services.places[j])})
    demand = FIELDS.index("demand")
    assert more[j, demand] > usual[j, demand]
    np.testing.assert_array_equal(np.delete(more[:, demand], j), np.delete(usual[:, demand], j))
    for dial in ("unmet_need_scale", "supply_elasticity"):
        assert Lines(milltown, {**defaults(), f"services.{dial}": 0}, 3000).supply_elasticity == 0


def test_blocks_scale_with_families_and_are_a_place_at_least(milltown):
    """A block of 30 places in a town of 3,000 families is 10 of 1,000 and 60 of 6,000; one of 2 is less than one, so 1."""
    changed = with_values(milltown, {"lines.prison.block": 30, "lines.foster_care.block": 2})
    for families, prison, care in ((1000, 10, 1), (3000, 30, 2), (6000, 60, 4)):
        lines = Lines(changed, defaults(), families)
        assert lines.block[[lines.ids.index(name) for name in ("prison", "foster_care")]].tolist() == [prison, care]
        assert lines.notice.tolist() == Lines(changed, defaults(), 3000).notice.tolist()  # in quarters

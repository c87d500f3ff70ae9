import numpy as np
import pytest

from sim.core.calendar import QUARTERS
from sim.core.dials import defaults
from sim.place.identity import leaks, waiting_need_met
from sim.place.services import FIELDS, Lines, Prices, Services, resizing
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
    prices = Prices(*(rng.integers(0, 10**6, 7) for _ in range(3)))

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
    services, line = _line(milltown, "foster_care", served=64, data=WILLING)
    plan = resizing(services, line, 4, drift=0.25, willingness=1.0, seed=1, slack_pence=0)
    assert (plan.low_places, plan.close_blocks, plan.open_blocks) == (9, 2, 0)  # 36 spare: 9 let, 27 left
    plan = resizing(services, line, 4, drift=0.0, willingness=1.0, seed=1, slack_pence=0)
    assert (plan.low_places, plan.close_blocks) == (0, 3)
    plan = resizing(services, line, 4, drift=0.0, willingness=0.0, seed=1, slack_pence=0)
    assert plan.close_blocks == 0


def test_a_line_without_a_lower_level_has_no_threshold_to_lower(milltown):
    services, line = _line(milltown, "family_support", served=64, data=WILLING)
    assert resizing(services, line, 4, drift=1.0, willingness=1.0, seed=1, slack_pence=0).low_places == 0


def test_the_usual_margin_is_not_closed(milltown):
    services, line = _line(milltown, "foster_care", served=90, data={"occupancy": 0.9, "block": 10})
    assert resizing(services, line, 4, 0.0, 1.0, 1, 0).close_blocks == 0


def test_pressing_demand_raises_the_threshold_then_opens_what_the_budget_allows(milltown):
    services, line = _line(milltown, "foster_care", served=125, low=8, data={**WILLING, "opening_cost": 0})
    plenty = resizing(services, line, 4, 0.5, 1.0, 1, slack_pence=10**9)
    assert (plenty.low_places, plenty.close_blocks, plenty.open_blocks) == (0, 0, 2)  # 25 short, 8 from the threshold
    a_block = 10 * 100 * QUARTERS
    assert resizing(services, line, 4, 0.5, 1.0, 1, slack_pence=a_block).open_blocks == 1
    assert resizing(services, line, 4, 0.5, 1.0, 1, slack_pence=a_block - 1).open_blocks == 0


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
    cases = services.counts[0][care, FIELDS.index("eligible_served")]
    spent = prices.fixed[care] * services.places[care] + prices.variable[care] * cases
    assert spent == pytest.approx(lines.average_pence[care] * cases, rel=0.12)  # cases have moved since prices were set


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

"""Funds, agreements, places and neighbourhoods: money flows as described, and what sets each apart."""

import numpy as np
import pytest

from sim.ledger import OUTSIDE
from sim.measurement import Finding
from tests.conftest import one, sums
from tests.test_outcome_arrangements import CERTAIN, KEEN, flows, system


def test_a_primed_fund_revolves_where_savings_repay_it_and_runs_dry_where_they_do_not():
    spent = {}
    for share in (0, 1):
        result = one(
            "pump_priming", {**KEEN, "arrangement.savings_share": share, "services.fixed_share_scale": 0}, years=12
        )
        assert flows(result, "contribution", "outside", "pool") > 0
        assert all(flows(result, "contribution", code) == 0 for code in ("council", "nhs", "police"))
        spent[share] = sums(result, "programme_cost", by=("year",))
    late = {share: sum(pence for (year,), pence in by_year.items() if year > 6) for share, by_year in spent.items()}
    assert late[1] > late[0]
    assert flows(one("pump_priming", {**KEEN, "arrangement.savings_share": 0}, years=12), "outcome_payment") == 0


def test_partners_commit_by_forecast_benefit_and_not_by_size():
    model = system("investment_agreement", KEEN, years=2)
    body = model.bodies[0]
    paid = np.array([body.capital.get(member.code, 0) for member in body.members()], float)
    forecast = np.array(body.forecast_shares())
    size = np.array([member.discretionary_pence for member in body.members()], float)
    assert paid.sum() > 0
    short = paid < 0.99 * size  # a member that has not got its share pays what it has
    assert np.corrcoef(paid[short], forecast[short])[0, 1] > np.corrcoef(paid[short], size[short])[0, 1]


def test_a_review_moves_money_from_winners_to_losers_by_hand():
    """Two paid 500 each and one gained all: the winner makes 500 up to the other."""
    model = system("investment_agreement", KEEN, years=1)
    body = model.bodies[0]
    winner, loser = body.members()[:2]
    body.founded, body.capital = model.year - 2, {winner.code: 500, loser.code: 500}
    model.ledger.transfer(OUTSIDE, winner.account("reserve"), 10_000, "contribution")
    saved = np.zeros(len(model.lines))
    saved[winner.own_lines[0]] = 1.0
    before = loser.balance("prevention")
    model.arrangement.rules.savings(body, [Finding(None, saved, 0.0, 0.0, 1)])
    assert loser.balance("prevention") - before == 500
    assert body.capital == {}


def test_a_community_budget_pools_next_to_nothing_at_source():
    none = one("community_budget", KEEN, years=4)
    half = one("community_budget", {**KEEN, "arrangement.pooled_at_source": 0.5}, years=4)
    assert 0 < sums(none, "capital_in") < 0.1 * sums(half, "capital_in")


def test_a_place_maps_resources_holds_money_for_years_and_closes_what_stands_empty():
    model = system("place_based_budget", years=4)
    body = model.bodies[0]
    assert body.founded == 3  # mapping comes first
    free = ~model.lines.demand_led
    np.testing.assert_allclose(body.cashability()[free], (1 - model.lines.fixed_share)[free])
    assert (body.cashability()[~free] == 1).all()
    assert body.term()[0] == 3
    assert body.balance() > 0  # money is left for the next years of the term
    assert model.dials["agencies.decommissioning"] == 1
    assert sums(one("place_based_budget", years=5), "management_cash", by=("year",))
    agencies = system("pooled_s75", years=2).bodies[0].cashability()
    assert not np.allclose(agencies, body.cashability())


def test_boards_spend_pots_on_their_own_deprived_neighbourhoods():
    model = system("total_neighbourhood", {**KEEN, "arrangement.boards_share": 0.2}, years=3)
    worst = sorted(model.neighbourhoods, key=lambda item: -item.deprivation)[: len(model.bodies)]
    assert {body.neighbourhood.code for body in model.bodies} == {item.code for item in worst}
    assert model.cohorts.cohorts
    for cohort in model.cohorts.cohorts:
        board = model.parties[cohort.body]
        assert set(model.families.area_of(cohort.rows)) == {board.neighbourhood.area}
    assert any(p[4] == "contribution" and p[2].startswith("board_") for p in model.ledger.postings)


def test_local_priorities_weigh_what_is_felt_there():
    model = system("total_neighbourhood", years=0)
    board = model.bodies[0]
    weights = model.arrangement.rules.benefit_counted(board)
    here, everywhere = board.neighbourhood.prevalence(), model.families.counts.sum(axis=0)
    k = int(np.argmax(here * everywhere.sum(axis=1) / np.maximum(1, everywhere[:, 1:].sum(axis=1))))
    assert weights.max() == pytest.approx(weights[list(model.lines.need).index(k)]) or k not in model.lines.need


def test_brokers_raise_community_groups_skill_and_are_paid():
    model = system("total_neighbourhood", KEEN, years=4)
    plain = system("silo", years=0)
    before = {item.code: item.bidding_skill for item in plain.providers}
    groups = [item for item in model.providers if item.sector == "community"]
    assert any(item.bidding_skill > before[item.code] for item in groups)
    assert any(p[4] == "transaction_cost" and p[2] == "broker" for p in model.ledger.postings)


def test_help_by_community_groups_builds_social_capital_and_silence_silences_it():
    model = system("total_neighbourhood", years=0)
    item = model.neighbourhoods[0]
    capital, families = item.social_capital, int(model.families.counts[0, 0].sum())
    item.helped = families // 10
    assert item.gain() == pytest.approx(min(1 - capital, 0.5 * (families // 10) / families))
    assert item.helped == 0
    gain = np.zeros(len(model.neighbourhoods))
    gain[0] = 0.2
    usual = model.families._areas.chances(model.families.counts, 1, model.families.bond)
    model.families.gain_social_capital(gain)
    better = model.families._areas.chances(model.families.counts, 1, model.families.bond)
    assert (better[0] <= usual[0]).all()
    assert (better[0] < usual[0]).any()
    np.testing.assert_array_equal(better[1:], usual[1:])
    silent = system("total_neighbourhood", {**KEEN, "programmes.effect_scale": 0}, years=4)
    assert (silent.families.bond == 1).all()


def test_when_the_fund_ends_so_does_the_work():
    result = one(
        "naa_partnership", {**KEEN, "arrangement.ring_fence": 20_000_000, "arrangement.grant_years": 3}, years=8
    )
    spent = sums(result, "programme_cost", by=("year",))
    assert spent[(2,)] > 0
    assert sum(pence for (year,), pence in spent.items() if year > 5) < 0.1 * spent[(2,)]
    assert flows(result, "contribution", "communities", "partnership") > 0


def test_community_organisations_commission_from_groups_like_themselves():
    model = system("naa_commissioning", {**KEEN, "arrangement.boards_share": 0.5}, years=4)
    assert model.signed
    assert {model.parties[contract.provider].sector for contract in model.signed.values()} == {"community"}


@pytest.mark.parametrize("name", ["silo", "pooled_s75", "list_public", "sib_single", "total_neighbourhood"])
def test_an_equal_envelope_replaces_what_each_can_raise(name):
    settings = {**(CERTAIN if name == "sib_single" else KEEN), "comparison.envelope": 5_000_000}
    result = one(name, settings, years=5)
    granted = flows(result, "contribution", "outside")
    assert 0 < granted <= 5 * 5_000_000 * 100 * 20_000 / 1e6 + 100
    assert flows(result, "capital") == 0
    assert flows(result, "programme") > 0
    assert not any(why == "contribution" and payer != "outside" for _, payer, _, why, _ in result.flows)

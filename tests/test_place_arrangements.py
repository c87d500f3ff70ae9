"""Funds, agreements, places and neighbourhoods: money flows as described, and what sets each apart."""

from collections import Counter

import numpy as np
import pytest

from sim.agents.party import Commissioner
from sim.core.ledger import OUTSIDE, split
from sim.deals.contracts import Project
from sim.deals.terms import Backing
from sim.evaluation.findings import Finding
from sim.record.measures import LEAKS
from sim.rules.money import forecast_shares
from sim.studies import task as runner
from sim.studies.inputs import load_inputs
from tests.conftest import NAIVE, one, sums
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
    """With money enough each pays its part of the forecast, to the penny; by size it would be another."""
    model = system("investment_agreement", KEEN, years=1)
    body, members = model.bodies[0], model.bodies[0].members()
    size = [member.discretionary_pence for member in members]
    total = round(model.arrangement.get("contribution_share") * sum(size))
    for member in members:
        model.ledger.transfer(OUTSIDE, member.account("prevention"), total, "grant")
    before = [member.balance("prevention") for member in members]
    model.funding.raise_money(body)
    paid = [pence - member.balance("prevention") for pence, member in zip(before, members, strict=True)]
    assert paid == split(total, forecast_shares(body)) != split(total, size)


def test_a_review_moves_money_from_winners_to_losers_by_hand():
    """Two paid 500 each and one gained all: the winner makes 500 up to the other."""
    model = system("investment_agreement", KEEN, years=1)
    body = model.bodies[0]
    winner, loser = body.members()[:2]
    body.founded, body.funds.capital = model.calendar.year - 2, {winner.code: 500, loser.code: 500}
    model.ledger.transfer(OUTSIDE, winner.account("reserve"), 10_000, "contribution")
    saved = np.zeros(len(model.lines))
    saved[winner.own_lines[0]] = 1.0
    before = loser.balance("prevention")
    model.rules.savings(body, [Finding(None, saved, 0.0, 0.0, 1)])
    assert loser.balance("prevention") - before == 500
    assert body.funds.capital == {}


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
    result = one("place_based_budget", years=5)
    assert sums(result, "management_cash", by=("year",))
    assert set(sums(result, "efficiency_saving", by=("year",))) == {(3,), (4,), (5,)}  # from its founding
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
    weights = model.rules.benefit_counted(board)
    here, everywhere = board.neighbourhood.prevalence(), model.families.counts.sum(axis=0)
    k = int(np.argmax(here * everywhere.sum(axis=1) / np.maximum(1, everywhere[:, 1:].sum(axis=1))))
    assert weights.max() == pytest.approx(weights[list(model.lines.need).index(k)]) or k not in model.lines.need


def test_brokers_raise_community_groups_skill_and_are_paid():
    model = system("total_neighbourhood", KEEN, years=4)
    plain = system("silo", years=0)
    before = {item.code: item.bidding_skill for item in plain.providers}
    groups = [item for item in model.providers if item.sector == "community"]
    assert any(item.bidding_skill > before[item.code] for item in groups)
    paid = {p[1] for p in model.ledger.postings if p[2] == "broker"}
    assert paid == {board.code for board in model.bodies}


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
    granted = [row for row in result.flows if row[1] == "communities" and row[3] == "contribution"]
    assert {row[0] for row in granted} == {2, 3}
    assert all(row[2].startswith("board_") for row in granted)


def test_the_centres_fund_is_shared_by_people_and_what_is_left_stays_with_agencies():
    model = system("naa_partnership", {"arrangement.boards_share": 0.5}, years=2)
    boards, got = model.bodies, {}
    for _, payer, payee, pence, why in model.ledger.postings:
        if payer == "communities" and why == "contribution":
            got[payee] = got.get(payee, 0) + pence
    people = sum(board.people for board in boards)
    assert len(boards) > 1
    assert got == {b.code: round(b.cost_here("ring_fence") * b.people / people) for b in boards}
    assert all(board.balance() == 0 for board in boards)
    back = sum(p[3] for p in model.ledger.postings if p[4] == "distribution")
    assert 0 < back < sum(got.values())


def test_community_organisations_commission_from_groups_like_themselves_which_grow():
    skill = {}
    for name in ("naa_commissioning", "naa_partnership"):
        settings = {**KEEN, "arrangement.boards_share": 0.5, "arrangement.ring_fence": 2_000_000}
        model = system(name, settings, years=4)
        assert model.contracts.signed
        skill[name] = sum(item.bidding_skill for item in model.providers if item.sector == "community")
        sectors = {model.parties[contract.provider].sector for contract in model.contracts.signed.values()}
        assert (sectors == {"community"}) == (name == "naa_commissioning")
    assert skill["naa_commissioning"] > skill["naa_partnership"]


def test_what_one_board_takes_on_leaves_the_next_boards_room_alone():
    model = system("total_neighbourhood", {**KEEN, "arrangement.boards_share": 0.5}, years=2)
    model.contracts.running, model.market._taken = [], Counter()
    first, second = model.bodies[:2]
    programme = model.catalogue["keyworker"]
    before = [model.market.room_for(programme, board) for board in (first, second)]
    provider = model.market.best_provider(programme, first)
    project = Project(first, programme, provider, 1, 100, first.appraise(programme, 100))
    model.market.sign(project, Backing(1, first.account(), ""))
    assert [model.market.room_for(programme, board) for board in (first, second)] == [before[0] - 1, before[1]]


def test_a_neighbourhoods_part_of_savings_follows_its_people():
    """Budgets that fell by 10,000 pence, half of it collected: a board of a tenth of the people gets 500."""
    model = system("total_neighbourhood", years=0)
    board, member = model.bodies[0], model.agencies[0]
    board.people = 0.1
    for agency in model.agencies:
        agency.cash_seen = lambda mine=agency is member: 10_000 if mine else -10_000
    model.ledger.transfer(OUTSIDE, member.account("reserve"), 10_000, "contribution")
    model.rules.savings(board, [])
    assert board.balance() == 500


PLACES = (
    "pump_priming", "investment_agreement", "community_budget", "place_based_budget", "total_neighbourhood",
    "naa_partnership", "naa_commissioning",
)  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_every_penny_of_a_place_is_accounted_for(name):
    """The identity for every line and year, and each agency's balance from the flows alone."""
    result = one(name, KEEN, years=6)
    assert flows(result, "programme") > 0
    by_line = ("year", "line")
    leaks = sums(result, *LEAKS, "cash_released", by=by_line)
    gross = sums(result, "gross_avoided", by=by_line)
    assert {key: leaks[key] for key in gross} == gross
    held = {}
    for _, payer, payee, _, pence in result.flows:
        held[payer], held[payee] = held.get(payer, 0) - pence, held.get(payee, 0) + pence
    closing = {
        agency: pence
        for (year, agency), pence in sums(result, "closing_balance", by=("year", "agency")).items()
        if year == 6
    }
    assert {agency: held.get(agency, 0) for agency in closing} == closing
    assert sum(closing.values()) == 0


@pytest.mark.parametrize("name", PLACES)
def test_places_work_in_a_city(name):
    result = runner.run(load_inputs(name, "birmingham_2010", {**KEEN, **NAIVE}, years=4, families=6000), 1)
    assert flows(result, "programme") > 0


@pytest.mark.parametrize("name", ["silo", "pooled_s75", "list_public", "sib_single", "total_neighbourhood", "aligned"])
def test_an_equal_envelope_replaces_what_each_can_raise(name):
    settings = {**(CERTAIN if name == "sib_single" else KEEN), "comparison.envelope": 20_000_000}
    result = one(name, settings, years=5)
    granted = flows(result, "contribution", "outside")
    assert 0 < granted <= 5 * 20_000_000 * 100 * 20_000 / 1e6 + 100
    assert flows(result, "capital") == 0
    assert flows(result, "programme") > 0
    assert not any(why == "contribution" and payer != "outside" for _, payer, _, why, _ in result.flows)


@pytest.mark.parametrize(
    "name", ["silo", "list_public", "place_based_budget", "total_neighbourhood", "troubled_families", "sib_single"]
)
def test_an_equal_envelope_is_spent_on_programmes_and_no_more_is(name, monkeypatch):
    """A pound a year per head of 20,000 people, and no other use for it: each project takes all there is money and room for."""
    seen, backing = [], Commissioner.backing

    def noted(body, project, money, room, smallest):
        taken = backing(body, project, money, room, smallest)
        project, price = taken.project if taken else project, body.model.market.price_pence
        paid = (n * price(project.programme, project.provider, n) <= money for n in range(1, room + 1))
        seen.append((sum(paid), taken.families if taken else 0))
        return taken

    monkeypatch.setattr(Commissioner, "backing", noted)
    tempting = CERTAIN if name == "sib_single" else {}  # to investors, who stay out all the same
    model = system(name, {**tempting, "comparison.envelope": 1_000_000, "place.smallest_project": 1}, years=5)
    envelope = 20_000 * 100
    for year in (4, 5):  # all are founded by then
        signed = sum(contract.cost_pence for contract in model.contracts.signed.values() if contract.year == year)
        assert 0 < signed <= envelope
    assert all(most == taken for most, taken in seen)
    assert all(
        contract.funder == model.parties[contract.body].account(model.parties[contract.body].purse)
        for contract in model.contracts.signed.values()
    )


def test_agencies_share_an_envelope_by_their_free_money():
    model = system("silo", {"comparison.envelope": 1_000_000})
    shares = {agency.code: model.funding.grant(agency) for agency in model.bodies}
    assert sum(shares.values()) == 20_000 * 100
    free = {agency.code: agency.discretionary_pence for agency in model.bodies}
    assert shares["council"] == pytest.approx(20_000 * 100 * free["council"] / sum(free.values()), abs=10)


def test_a_department_spends_a_grant_before_it_asks_for_a_vote():
    model = system("work_programme", {"comparison.envelope": 1_000_000})
    body = model.bodies[0]
    granted = model.funding.grant(body)
    body.pay("outside", granted - 1, "transaction_cost")
    assert not [row for row in model.ledger.flows() if row[3] == "vote" and row[2] == body.code]
    body.pay("outside", 100, "transaction_cost")
    assert [row[4] for row in model.ledger.flows() if row[3] == "vote" and row[2] == body.code] == [99]

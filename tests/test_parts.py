"""The LIST in full, and the parts any arrangement may switch on: each shown to act where it says."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.agents.list_trust import ROLES
from sim.agents.party import Commissioner
from sim.arrangements import parts
from sim.arrangements.reading import load_arrangement
from sim.core.faults import InputError
from sim.core.ledger import OUTSIDE
from sim.deals.contracts import Contract
from sim.evaluation.findings import Finding
from sim.evaluation.tally import Tally
from tests.conftest import one, sums, with_numbers
from tests.test_outcome_arrangements import CERTAIN, KEEN, WEALTHY, changed_file, flows, system


def with_part(tmp_path, part, base="silo", values="", more=""):
    """A file that adds one part to an arrangement."""
    head = f'parts = ["{part}"]\n{more}\n[value]\n'
    numbers = "".join(
        f'{name} = {{ value = {value}, unit = "{"GBP a million people" if name.endswith("_cost") else "test"}", {'price_year = "2010/11", ' if name.endswith("_cost") else ""}low = {value}, high = {max(1, value)}, source = "assumption: test" }}\n'
        for name, value in (values or {}).items()
    )
    return changed_file(tmp_path, base, head + numbers)


def test_a_list_with_social_investment_is_a_conduit():
    """Investors pay, members pay the LIST, the LIST pays the vehicle, and it pays investors."""
    result = one("list_social_investment", CERTAIN, years=10)
    assert flows(result, "capital", payee="vehicle") > 0
    investors = {(row[1], row[2]) for row in result.decisions if row[1] in ("philanthropic", "commercial")}
    assert {("philanthropic", "accept"), ("commercial", "refuse")} <= investors
    assert flows(result, "outcome_payment", payee="list") > 0
    assert flows(result, "outcome_payment", "list", "vehicle") > 0
    assert flows(result, "outcome_payment", "council", "vehicle") == 0
    assert flows(result, "capital_repayment", "vehicle") > 0


def asked(monkeypatch, name, settings=CERTAIN):
    """Projects that others than the body are asked to back, and whether its own money covers them; nobody does."""
    seen = []

    def backed(body, project):
        seen.append(project.money // project.price_pence >= project.families)

    monkeypatch.setattr(Commissioner, "_backed", backed)
    model = system(name, settings, years=6)
    assert {contract.funder for contract in model.contracts.signed.values()} <= {"list"}
    return model, seen


def test_the_whole_vision_asks_investors_only_where_its_own_money_fails(monkeypatch):
    """Members who put in little leave more projects that own money does not cover, and investors are asked for those alone."""
    rich, few = asked(monkeypatch, "list_full")
    short, many = asked(monkeypatch, "list_full", {**CERTAIN, "arrangement.subscription_share": 0.05})
    assert rich.contracts.signed
    assert short.contracts.signed
    assert not any(few + many)
    assert len(many) > len(few)


def test_money_is_asked_in_the_order_of_its_sources(monkeypatch, tmp_path):
    """Investors who come first are asked for all; after the LIST's own money only for what it does not cover."""
    other = changed_file(tmp_path, "list_social_investment", '[rules]\nup_front = ["investors", "members_capital"]')
    rich = {**CERTAIN, "arrangement.subscription_share": 0.5}
    (_, first), (_, second) = (asked(monkeypatch, name, rich) for name in (other, "list_social_investment"))
    assert any(first)
    assert not any(second)
    assert len(first) > len(second)


def test_a_role_and_its_scope_widen_with_the_record():
    model = system("list_broker", years=2)
    body = model.bodies[0]
    body.joined = [agency for agency in model.agencies if agency.has_services()]
    seen = []
    for record in (0, 2, 4, 6, 20):
        body.record = record
        seen.append((body.role(), body.scope()))
    assert [role for role, _ in seen] == [0, 1, 2, 3, len(ROLES) - 1]
    assert [scope for _, scope in seen[:4]] == pytest.approx([seen[3][1] * part for part in (0.25, 0.5, 0.75, 1)])


def test_it_dares_more_and_looks_further_as_its_own_reserve_grows():
    """Asked 0.6 of a project's chance: with 1,500 held, 1,000 of it members', and 1,500 spent a year, 0.4, and 10 x 7/6 years."""
    model = with_numbers(system("list_broker", years=2), cautious_chance=0.6, horizon_years=10)
    body, seen = model.bodies[0], []
    body.funds.capital, body.repaid, body.spent_this_year = {"nhs": 1000}, {}, lambda: 1500
    model.ledger.transfer(body.account(), OUTSIDE, body.balance(), "grant")
    for added, daring, chance in ((1000, 0, 0.6), (500, 1 / 3, 0.4), (9000, 1, 0)):
        model.ledger.transfer(OUTSIDE, body.account(), added, "grant")
        body.grow_daring()
        assert body.daring == pytest.approx(daring)
        assert body.horizon() == pytest.approx(10 * (1 + daring / 2))
        seen.append([body.dares(SimpleNamespace(chance_of_gain=chance + 1e-9 + off)) for off in (0, -0.01)])
    assert seen == [[True, False]] * 3


def test_a_good_year_adds_to_the_record_and_a_bad_one_takes_away(tmp_path):
    """On terms that nobody bargained over, by cash against what was paid."""
    numbers = {"role_years": 2, "cautious_chance": 0.6}
    model = system(with_part(tmp_path, "widening_role", "list_naive", numbers), years=2)
    body = model.bodies[0]
    body.joined = model.agencies[:2]
    body.record = 3
    for cash, record in ((1000, 4), (10, 3)):
        for member in body.joined:
            member.cash_this_year, member.trust = cash, 0.9
        body.invoices = dict.fromkeys([member.code for member in body.joined], 100)
        body.joined = model.agencies[:2]
        body.relate()
        assert body.record == record


def test_the_monitor_settles_by_what_the_budget_shows():
    """A claim the budget shows nothing of is always cut to a half; one it shows in full never is."""
    model = system("list_broker", years=1)
    body, monitor, member = model.bodies[0], model.monitor, model.agencies[0]
    model.ledger.transfer(OUTSIDE, body.account(), 10_000_000, "contribution")
    member.underspend = lambda: 0
    assert monitor.arbitrate(body, member, 1000) == 500
    member.underspend = lambda: 5000
    assert monitor.arbitrate(body, member, 1000) == 1000
    assert (monitor.disputes, monitor.upheld) == (2, 1)
    assert sum(p[3] for p in model.ledger.postings if p[1] == "list" and p[2] == "monitor") == 2 * body.cost_here(
        "dispute_cost"
    )


def test_members_pay_first_and_investors_only_where_that_fails():
    model = system("list_full", CERTAIN, years=8)
    funders = {contract.funder for contract in model.contracts.signed.values()}
    assert "list" in funders


def test_the_evidence_unit_shares_findings_and_takes_accreditation_away(tmp_path):
    values = {"evidence_cost": 100000, "other_places": 50, "accredited_from": 0.9, "accreditation_hold": 0.5}
    model = system(with_part(tmp_path, "evidence_unit", values=values), {"programmes.effect_scale": 0}, years=3)
    names = list(model.catalogue)
    assert all(model.evidence.posterior[name].mean < 0.5 for name in names)  # the truth is nought everywhere
    assert not any(model.evidence.accredits(name) for name in names)
    assert not any(agency.may_commission(model.catalogue[name]) for agency in model.agencies for name in names)
    alone = system("silo", {"programmes.effect_scale": 0}, years=3)
    untouched = [agency.beliefs[name].mean for agency in alone.agencies for name in names]
    assert alone.dials["programmes.optimism"] in untouched  # without it, nobody learns from elsewhere
    assert max(agency.beliefs[name].mean for agency in model.agencies for name in names) < 0.7


def test_savings_are_tracked_to_budget_lines_and_freed_capacity_is_not_refilled(tmp_path):
    relieved = 'programmes = ["drug_treatment"]'
    plans = system(with_part(tmp_path, "benefits_realisation", more=relieved))
    held = system(with_part(tmp_path, "backfill_control", more=relieved))
    for j, line in enumerate(plans.place.lines):
        touched = line.need in ("substance", "offending")
        assert plans.agencies[0].willingness(j) == (1.0 if touched else plans.dials["agencies.decommissioning"])
        free = not touched and held.lines.gate[j] == "judgement"
        assert held.agencies[0].drift(j) == (held.dials["services.threshold_drift"] if free else 0.0)
    assert plans.arrangement.manages
    assert held.arrangement.manages


def test_thresholds_held_by_a_part_are_decisions_where_they_could_move(tmp_path):
    """Practice on care is held in every year; courts and entitlements have nothing to hold; nor has a duty without practice."""
    part = with_part(
        tmp_path, "backfill_control", more='programmes = ["parenting", "family_group_conference", "keyworker"]'
    )
    still = {"services.practice_drift": 0, "services.practice_pressure": 0, "services.threshold_drift": 0}
    for settings, years in (({}, [1, 2]), ({"services.practice_drift": 0}, [1, 2]), (still, [])):
        model = system(part, settings, years=2)
        rows = [row for row in model.decisions.rows if row[2] == "hold_threshold"]
        assert [year for year, *_, line, _ in rows if line == "foster_care"] == years
        assert {model.lines.gate[model.lines.ids.index(line)] for *_, line, _ in rows} <= {"duty", "judgement"}


def test_data_sharing_finds_families_services_do_not_know(tmp_path):
    reached = []
    for name in ("silo", with_part(tmp_path, "data_sharing", values={"reach_gain": 0.25})):
        model, seen = system(name), []
        take_up = model.cohorts.take_up
        model.cohorts.take_up = lambda *args, take_up=take_up, seen=seen, **offer: (
            seen.append(offer["reach"]) or take_up(*args, **offer)
        )
        model.step()
        reached.append(seen)
    assert len(reached[0]) == len(reached[1]) > 0
    assert np.allclose(np.array(reached[1]) - np.array(reached[0]), 0.25)


def test_a_family_on_two_schemes_counts_for_one_half_by_hand(tmp_path):
    """A finding worth 1,000 pence, a quarter of whose families are on another scheme, too: an eighth is not paid."""
    due = []
    for name in ("list_social_investment", with_part(tmp_path, "double_claims", "list_social_investment")):
        model = system(name)
        with_numbers(model, outcome_share=2)
        contract = Contract("list", "parenting", "in_house", 0, 1, 8, 251, "", payee="vehicle:deal")
        cohort = SimpleNamespace(key=contract.key, body="list", rows=range(8))
        model.contracts.signed = {contract.key: contract}
        model.findings = [Finding(cohort, np.zeros(len(model.lines)), 0.0, 0.0, 8, shared=0.25, tally=Tally(500.0))]
        model.outcomes._pay = lambda contract, finding, pence: due.append(pence)
        model.outcomes.pay()
    assert due == [1000, 875]


def test_a_programme_starts_small_and_stops_at_a_no(tmp_path):
    model = system(with_part(tmp_path, "staged", values={"pilot_share": 0.25, "go_from": 100}), years=3)
    programmes = {contract.programme for contract in model.contracts.signed.values()}
    for programme in programmes:
        assert model.market.stage(programme, 100) == 0  # nothing does a thousand times what is expected
        years = [contract.year for contract in model.contracts.signed.values() if contract.programme == programme]
        assert max(years) - min(years) <= 1  # the first findings end the year after the first
    fresh = system(with_part(tmp_path, "staged", values={"pilot_share": 0.25, "go_from": 0}))
    assert fresh.market.stage("parenting", 100) == 25


@pytest.mark.parametrize(
    ("part", "base", "values"),
    [
        ("tax_relief", "silo", None),
        ("political_risk", "list_public", {"ended_at_review": 1}),
        ("pooled_cohorts", "silo", None),
        ("double_claims", "list_public", None),
        ("monitor", "silo", {"dispute_cost": 1}),
        ("widening_role", "pooled_s75", {"role_years": 1, "cautious_chance": 0}),
        ("resource_map", "silo", {"map_cost": 1}),
        ("joint_assessment", "silo", {"efficiency_share": 0}),
    ],
)
def test_a_part_that_would_do_nothing_is_refused(tmp_path, part, base, values):
    with pytest.raises(InputError, match=f"parts: '{part}' does nothing without"):
        load_arrangement(with_part(tmp_path, part, base, values))


def test_politics_ends_deals_at_a_review(tmp_path):
    model = system(with_part(tmp_path, "political_risk", "sib_single", {"ended_at_review": 1}), CERTAIN, years=3)
    assert model.vehicle.deals
    assert all(deal.closed for deal in model.vehicle.deals.values())
    kept = system("sib_single", CERTAIN, years=3)
    assert not any(deal.closed for deal in kept.vehicle.deals.values())


def test_tax_relief_is_posted_to_the_centre(tmp_path):
    result = one(
        with_part(tmp_path, "tax_relief", "sib_single"),
        {**CERTAIN, "investors.commercial.required_return": 0.03},
        years=4,
    )
    commercial = flows(result, "capital", "commercial", "vehicle")
    assert flows(result, "tax_relief", "treasury", "commercial") == pytest.approx(0.3 * commercial, abs=2)


def test_benefit_outside_the_place_counts_for_nothing(tmp_path):
    programme = "family_group_conference"
    inside, outside = (
        system(name, years=1)
        for name in ("silo", with_part(tmp_path, "wider_geography", values={"outside_benefit": 0.5}))
    )
    values = []
    for model in (inside, outside):
        survey = np.ones(len(model.lines))
        model.market._survey = {programme: (10, 10 * survey)}
        council = model.agencies[0]
        values.append(council.appraise(model.catalogue[programme], 100_000).value_pence + 100_000)
    assert values[1] == pytest.approx(values[0] / 2)


def test_every_part_is_switched_on_by_an_arrangement_or_a_test():
    shipped = Path(sim.__file__).parent / "scenarios" / "arrangements"
    texts = [
        path.read_text(encoding="utf-8") for path in (*Path(__file__).parent.glob("test_*.py"), *shipped.glob("*.toml"))
    ]
    assert all(any(f'"{name}"' in text for text in texts) for name in parts.PARTS)


def test_conservation_with_everybody_in_it():
    """Opening balances and flows make closing balances, whoever takes part."""
    for name in ("list_full", "social_impact_fund", "work_programme"):
        result = one(name, KEEN if name == "work_programme" else WEALTHY, years=5)
        balance = {}
        for _, payer, payee, _, pence in result.flows:
            balance[payer] = balance.get(payer, 0) - pence
            balance[payee] = balance.get(payee, 0) + pence
        closing = {row[1]: row[4] for row in result.rows if row[3] == "closing_balance" and row[0] == 5}
        assert {code: pence for code, pence in balance.items() if pence} == {
            code: p for code, p in closing.items() if p
        }
        assert sums(result, "gross_avoided") == sums(result, "case_finding", "backfill_unmet_need", "backfill_threshold",
                                                     "stranded_notice", "stranded_unclosed", "overtime", "cash_released")  # fmt: skip

"""Bonds that agencies issue with their departments' consent: one by one, or all outcomes of a programme or none."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from sim.agents.bond_issuer import BondIssuers, Issue
from sim.agents.vehicle import Deal
from sim.arrangements.reading import load_arrangement
from sim.core.ledger import OUTSIDE, TREASURY, party_of
from sim.deals.bonds import OutcomeBond, Payer, facts_of, feasible, load_conditions
from sim.deals.finance import unit_price
from sim.programmes.appraisal import Case
from sim.record.measures import COSTS
from sim.studies import task as runner
from sim.studies.inputs import load_inputs, parameters, with_setting
from tests.conftest import NAIVE, one, sums, with_numbers
from tests.test_outcome_arrangements import changed_file, flows, system
from tests.test_parts import with_part

BOTH = ("local_outcome_bond", "lioa")
# Investors with more money in a test town, and outcomes counted so that a small cohort has some.
RICH = {
    "investors.philanthropic.capital_per_million": 20_000_000,
    "investors.philanthropic.largest_share": 1,
    "investors.social_bank.capital_per_million": 10_000_000,
    "investors.social_bank.largest_share": 1,
    "investors.commercial.largest_share": 1,
    "arrangement.set_aside_share": 0.1,
    "arrangement.expected_success": 0.5,
    "measurement.design": "before_after",
}
CENTRE = {"council": "communities", "nhs": "health", "police": "home_office", "justice": "justice_ministry",
          "jobcentre": "work_pensions"}  # fmt: skip


@pytest.fixture(scope="module", params=BOTH)
def played(request):
    return one(request.param, RICH, years=10)


def test_money_goes_from_investors_through_the_bank_to_providers_and_back_through_departments(played):
    put_in = flows(played, "capital", payee="bank")
    assert put_in > 0
    spent = flows(played, "programme", payer="bank")
    assert 0 < spent <= put_in
    assert all(flows(played, "programme", payer=code) == 0 for code in CENTRE)
    paid = 0
    for agency, department in CENTRE.items():
        got = flows(played, "outcome_payment", department, agency)
        assert flows(played, "outcome_payment", agency, "bank") == got
        paid += got
    assert paid == flows(played, "outcome_payment", payee="bank") > 0
    back = flows(played, "capital_repayment", "bank") + flows(played, "investor_return", "bank")
    beyond = flows(played, "outcome_payment", payer="bank")  # more than investors may have: back to those who paid
    assert back == put_in - spent + paid - beyond  # all that was not spent, and all that outcomes brought
    body = played.bodies[0]
    assert 0 < flows(played, "evaluation_cost", body) <= flows(played, "contribution", payee=body)
    assert flows(played, "agency_premium") == sums(played, "agency_premium") > 0


def test_capital_that_was_not_spent_counts_towards_the_most_that_investors_may_have():
    """303 put in, 300 spent: 3 come back at once. Units that all succeed bring 363, the most they may have in all.

    So they are paid 300 more of capital and 60 of return, and the 3 that are left go back to who paid.
    """
    model = system("local_outcome_bond")
    bank, investor = model.vehicle, model.investors[0]
    deal = Deal("d", "bank", "p", "firm", 1, 1.2, 0.0, 3, Fraction(363, 303), remainder_to={"council:reserve": 1.0})
    model.ledger.transfer(OUTSIDE, investor.account(), 303, "opening_balance")
    bank.take(deal, investor, 303)
    bank.pay(OUTSIDE, 300, "programme", "d")
    assert bank.pay_out(deal) == 3
    model.ledger.transfer(OUTSIDE, bank.account("d"), 363, "outcome_payment")
    before = model.parties["council"].balance("reserve")
    assert bank.pay_out(deal) == 360
    (stake,) = deal.stakes
    assert (stake.repaid, stake.returned) == (303, 60)
    assert model.parties["council"].balance("reserve") - before == 3
    assert bank.balance("d") == 0


def test_departments_hold_what_was_voted_until_maturity_and_give_back_the_rest(played):
    """Of a vote beyond the agencies' grants, what is not paid to agencies is surrendered or still held."""
    for agency, department in CENTRE.items():
        voted = flows(played, "vote", TREASURY, department)
        passed_on = sum(
            flows(played, why, department, agency)
            for why in ("grant", "ring_fenced_grant", "benefit_funding", "exceptional_support")
        )
        clawed = sum(flows(played, why, agency, department) for why in ("claw_back", "support_repaid"))
        paid = flows(played, "outcome_payment", department) + flows(played, "agency_premium", department)
        returned = flows(played, "surrender", department, TREASURY) - clawed
        held = next(row[4] for row in played.rows if row[:2] == (10, department) and row[3] == "closing_balance")
        assert voted - passed_on - paid - returned == held >= 0


def test_every_penny_is_somewhere(played):
    closing = {row[1]: row[4] for row in played.rows if row[0] == 10 and row[3] == "closing_balance"}
    balance = {}
    for _, payer, payee, _, pence in played.flows:
        balance[payer] = balance.get(payer, 0) - pence
        balance[payee] = balance.get(payee, 0) + pence
    assert {code: closing[code] for code in balance} == balance
    assert sum(closing.values()) == 0


def test_each_agencys_balance_moves_by_what_it_retained_received_and_paid(played):
    nothing = one("do_nothing", years=10)

    def balances(result):
        return {row[:2]: row[4] for row in result.rows if row[3] == "closing_balance"}

    mine, twin = balances(played), balances(nothing)
    for agency in CENTRE:
        gap = mine[10, agency] - twin[10, agency]
        money = sums(played, "retained", "outcome_payment_in", "displaced_services", "agency_premium", by=("agency",))
        paid = sums(played, "outcome_payment_out", *COSTS, by=("agency",))
        given = flows(played, "contribution", agency)
        assert gap == money.get((agency,), 0) - paid.get((agency,), 0) - given


@pytest.mark.parametrize("name", BOTH)
def test_providers_are_paid_by_the_quarter_from_the_baskets_purse(name):
    model = system(name, RICH, years=2)
    assert model.contracts.signed
    purses = {contract.funder for contract in model.contracts.signed.values()}
    for purse in purses:
        mine = [contract for contract in model.contracts.signed.values() if contract.funder == purse]
        bills = [p for p in model.ledger.postings if p[1] == purse and p[4] == "programme"]
        assert 1 < len({p[0] for p in bills} & {5, 6, 7, 8}) == len({p[0] for p in bills})
        assert sum(p[3] for p in bills) == sum(contract.cost_pence for contract in mine)
        raised = sum(p[3] for p in model.ledger.postings if p[2] == purse and p[4] == "capital")
        units = sum(bond.target for bond in model.vehicle.baskets[purse.partition(":")[2]])
        assert 0 <= raised - sum(contract.cost_pence for contract in mine) < units  # parts of pence rounded up


def with_units(model, number):
    """Bring a model to the maturity of its first bonds, with so many units of each cohort turned around."""
    body = model.bodies[0]
    first = {deal.code: deal for deal in body.outstanding.values()}
    while not any(model.vehicle.is_due(deal) for deal in first.values()):
        model.calendar.quarter += 1
    model.ledger.at(model.calendar.quarter)
    cohorts = [SimpleNamespace(programme=c.programme, year=c.year) for c in model.contracts.signed.values()]
    model.rules.savings(body, [SimpleNamespace(cohort=cohort, turned=number) for cohort in cohorts])
    return {code: deal for code, deal in first.items() if code not in body.outstanding}


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("turned", "units"), [(1e6, None), (2.4, 2), (-3.0, 0)])
def test_units_are_paid_for_up_to_the_target_and_no_more(name, turned, units):
    model = system(name, RICH, years=2)
    matured = with_units(model, turned)
    assert matured
    for code in matured:
        bonds = model.vehicle.baskets[code]
        due = sum((bond.target if units is None else min(units, bond.target)) * bond.price_pence for bond in bonds)
        purse = model.vehicle.account(code)
        got = sum(p[3] for p in model.ledger.postings if p[2] == purse and p[4] == "outcome_payment")
        assert got == due
    held = {department.code: department.balance("set_aside") for department in model.departments}
    assert set(held.values()) == {0}  # all bonds sold by then matured together


def bond_of(price, payers, outcome="a", target=10):
    return OutcomeBond(outcome, "p", "provider", 2000_00, price, target, 0.1, payers, 3)


def test_a_premium_only_where_there_is_room():
    """The appendix: a part of 1,170 of 2,340; a payer whose benefit is 3,224 has room for 2,054, a quarter is 513.50."""
    payers = (Payer("jobcentre", 0.5, "dwp"), Payer("council", 0.5, "clg"))
    issue = Issue(None, 50, (bond_of(2000_00, payers),), {"jobcentre": 3224_00.0, "council": 1170_00.0})
    price = unit_price(2000_00, 0.1, 0.07)
    settled = issue.priced((bond_of(price, payers),), 0.25)
    assert [payer.premium_pence for payer in settled.bonds[0].payers] == [513_50, 0]
    assert settled.has_room
    dearer = issue.priced((bond_of(price + 2, payers),), 0.25)
    assert dearer.bonds[0].payers[1].premium_pence == 0
    assert not dearer.has_room


@pytest.mark.parametrize("name", BOTH)
def test_what_is_sold_leaves_every_payer_room_and_keeps_within_the_most_agreed(name):
    model = system(name, RICH, years=3)
    bonds = [bond for basket in model.vehicle.baskets.values() for bond in basket]
    assert bonds
    for bond in bonds:
        assert bond.price_pence <= bond.cost_pence * (1 + bond.risk + 0.5) + 1
        assert bond.price_pence >= bond.cost_pence * (1 + bond.risk + 0.07) - 1
        assert all(payer.premium_pence > 0 for payer in bond.payers)


def test_the_published_price_is_the_least_that_is_paid():
    """Investors without doubt would buy for less than 7%; a bond without risk then costs 1.07."""
    model = system("local_outcome_bond", {**RICH, "investors.philanthropic.prior_spread": 0}, years=2)
    first = model.vehicle.baskets["basket-2-1"]
    assert first
    assert all(bond.price_pence == unit_price(bond.cost_pence, bond.risk, 0.07) for bond in first)


RISKY = SimpleNamespace(id="p", correction=0.1)  # a unit in ten is believed to fail


def issuing(name="local_outcome_bond", **numbers):
    """A model of issuers, with numbers that are easy to work with."""
    plain = {"expected_success": 0.5, "most_premium": 0.2, "premium": 0.1, "premium_share": 0.25, "fair_price": 0,
             "set_aside_share": 0.1, "payment_years": 2}  # fmt: skip
    model = with_numbers(system(name), **{**plain, **numbers})
    return model, model.bodies[0]


def test_what_a_unit_is_worth_to_an_agency_by_hand():
    """40 in cash and 60 that is not, at a weight of 0.5: 70 a family; a unit in two, nine of ten of which succeed: 155.56."""
    model, body = issuing()
    lines = np.zeros((2, len(model.lines)))
    council, nhs = model.parties["council"], model.parties["nhs"]
    lines[:, council.own_lines[0]] = (100, 40)
    lines[:, nhs.own_lines[0]] = (-10, 0)
    body.weight_on_outcomes = lambda: 0.5
    project = SimpleNamespace(
        programme=RISKY, appraisal=SimpleNamespace(present_fiscal=lines[0], present_cash=lines[1])
    )
    assert body.worth(project) == pytest.approx({"council": 70 / 0.45})


def test_the_most_that_a_unit_may_cost_a_department_by_hand():
    """100 a family, a unit in two: 200 x (1 + 0.1 + 0.2) = 260, by worth of 3 to 1: 195 and 65, and a quarter of the room."""
    _, body = issuing()
    project = SimpleNamespace(programme=RISKY, price_pence=100)
    assert body._dearest(project, {"council": 300.0, "nhs": 100.0}) == {"council": 222, "nhs": 74}  # 221.25, 73.75
    assert body._dearest(project, {"council": 30.0, "nhs": 10.0}) == {"council": 195, "nhs": 65}  # no room, no premium


def test_units_costs_and_the_smallest_issue_by_hand():
    """11 families in two: 6 units, each of which costs 11 x 100 / 6 rounded up; at least one unit's families."""
    model, body = issuing()
    provider = SimpleNamespace(code="firm", price_pence=lambda programme, families: 100)
    issue = Issue(
        SimpleNamespace(price_pence=100, programme=RISKY, provider=provider),
        0,
        (),
        {"council:reserve": 3.0, "nhs:reserve": 1.0},
    )
    sized = body.sized(issue, 11)
    assert (sized.families, sized.bonds[0].target, sized.bonds[0].cost_pence) == (11, 6, 184)
    assert [payer.share for payer in sized.bonds[0].payers] == [0.75, 0.25]
    assert (sized.bonds[0].years, sized.bonds[0].risk) == (3, 0.1)
    assert body._units(1) == body._units(0) == 1
    body.cost_here = {"agreement_cost": 30, "evaluation_cost": 7}.__getitem__
    assert body.costs(sized) == 37
    assert body.costs(replace(sized, bonds=sized.bonds * 3)) == 97
    model.scale = 0.0001
    assert body.smallest_project() == 2
    assert with_numbers(model, expected_success=0.3).bodies[0].smallest_project() == 4


def test_what_a_department_may_still_hold_by_hand():
    """A tenth of a year's 10,000 is 1,000, of which 200 is held and 300 is pledged."""
    model, body = issuing()
    department = body._department("council")
    for agency in model.agencies:
        agency.baseline = np.zeros(len(model.lines), np.int64)
    council = model.parties["council"]
    council.baseline[council.own_lines[0]] = 10_000
    model.parties[department].set_aside(f"{department}:set_aside", 200)
    body.pledged = {department: 300}
    assert body._room("council") == 500
    body.pledged = {department: 900}
    assert body._room("council") == 0


def test_members_pay_in_for_measurement_in_equal_parts_as_far_as_they_can():
    model, body = issuing()
    members = [model.parties["council"], model.parties["nhs"]]
    body.members = lambda: members
    for member, pence in zip(members, (100, 3), strict=True):
        model.ledger.transfer(OUTSIDE, member.account("prevention"), pence, "grant")
    body._collect(11)
    assert body.balance() == 9
    assert members[0].balance("prevention") == 94


def refusing(monkeypatch, department):
    """One department refuses its consent."""
    monkeypatch.setattr(BondIssuers, "consents", lambda body, code, project: body._department(code) != department)


def programmes_started(model):
    return {contract.programme for contract in model.contracts.signed.values()}


def test_with_one_department_refusing_a_consortium_starts_nothing_and_others_go_on_without_it(monkeypatch):
    keen = {**RICH, "programmes.optimism": 3}
    free = system("lioa", keen, years=2)
    assert "keyworker" in programmes_started(free)
    whose = {payer.account for basket in free.vehicle.baskets.values() for bond in basket for payer in bond.payers
             if bond.programme == "keyworker"}  # fmt: skip
    gaining = ("council", "police", "justice", "nhs", "jobcentre")  # what eases at home saves the hospital too
    assert whose == {f"{code}:reserve" for code in gaining}
    refusing(monkeypatch, "home_office")
    assert "keyworker" not in programmes_started(system("lioa", keen, years=2))
    alone = system("local_outcome_bond", keen, years=2)
    assert "keyworker" in programmes_started(alone)
    bonds = [bond for basket in alone.vehicle.baskets.values() for bond in basket if bond.programme == "keyworker"]
    assert {payer.account for payer in bonds[0].payers} == whose - {"police:reserve"}


def test_a_set_is_one_bond_for_each_that_gains_and_costs_what_one_bond_would():
    single, several = (system(name, RICH, years=2) for name in BOTH)
    for programme in programmes_started(single) & programmes_started(several):
        one_bond, a_set = (
            [bond for basket in model.vehicle.baskets.values() for bond in basket if bond.programme == programme]
            for model in (single, several)
        )
        assert len(one_bond) == 1
        assert len(a_set) == len(one_bond[0].payers)
        assert len({bond.target for bond in a_set}) == 1
        contract = next(c for c in several.contracts.signed.values() if c.programme == programme)
        cost = sum(bond.cost_pence for bond in a_set)
        assert cost == -(-contract.cost_pence // a_set[0].target)
        assert len([c for c in several.contracts.signed.values() if c.programme == programme]) == 1


def test_a_department_that_is_asked_consents_where_it_is_not_worse_off():
    """Two agencies of one department, whose units cost it 40 and 30 at most: it consents to both from a gain of 70 on."""
    model = system("local_outcome_bond", {"arrangement.consent_by_default": 0})
    body, project = model.bodies[0], SimpleNamespace(programme=SimpleNamespace(id="keyworker"))
    body.worth = lambda project: {"police": 1, "justice": 1, "nhs": 1}
    body._dearest = lambda project, worth: {"police": 40, "justice": 30, "nhs": 50}
    body._department = {"police": "interior", "justice": "interior", "nhs": "health"}.get
    gain = {"health": 49}
    body.gain = lambda department, project: gain[department]
    for gain["interior"], given in ((70, True), (69.9, False)):
        assert body.consents("police", project) == body.consents("justice", project) == given
    assert not body.consents("nhs", project)
    model.arrangement = replace(model.arrangement, values=load_arrangement("lioa").values)
    assert body.consents("nhs", project)  # by default


def test_what_a_unit_is_worth_to_a_department_by_hand():
    """100 a year for two years on what is paid at cost, 100 in the year after a review on a limit's line, of which 0.4 are cash.

    (100 + 100/1.035) + 40/1.035^3, at a success of 0.16; the health department gains the last part alone.
    """
    model = with_numbers(
        system("local_outcome_bond", {"departments.review_years": 3}), centre_horizon=10, expected_success=0.16
    )
    model.calendar.quarter = 1
    body, nhs, jobs = model.bodies[0], model.parties["nhs"], model.parties["jobcentre"]
    nhs.cash_belief, benefit = 0.4, np.zeros((25, len(model.lines)))
    benefit[:2, jobs.demand_led[0]] = benefit[3, nhs.own_lines[0]] = 100
    model.market.case_for = lambda *args: Case(benefit, 0.0, 1.0)
    project = SimpleNamespace(programme=model.catalogue["keyworker"], price_pence=1)
    assert nhs.funding == "historic"
    at_cost, taken = 100 + 100 / 1.035, 40 / 1.035**3
    assert body.gain(nhs.spec.department, project) == pytest.approx(taken / 0.16)
    assert body.gain(jobs.spec.department, project) == pytest.approx(at_cost / 0.16)


def test_departments_that_are_asked_refuse_what_others_gain():
    """Communities, whose council keeps what it saves, refuses all: bonds start without the council, a set of all never does."""
    alone, together = (system(name, {**RICH, "arrangement.consent_by_default": 0}, years=2) for name in BOTH)
    for model in (alone, together):
        asked = [row for row in model.decisions.rows if row[1] == "communities" and "bond of council" in row[5]]
        assert {row[2] for row in asked} == {"refuse"}
    payers = {payer.account for basket in alone.vehicle.baskets.values() for bond in basket for payer in bond.payers}
    assert alone.contracts.signed
    assert "council:reserve" not in payers
    assert not together.contracts.signed


@pytest.mark.parametrize("name", BOTH)
def test_bonds_that_find_no_buyers_do_not_start(name):
    """At the published price, a return asked for beyond it leaves every bond unsold, and nobody pays for agreeing."""
    shy = {**RICH, "arrangement.most_premium": 0.07, "arrangement.years_to_agree": 0, "arrangement.setup_cost": 0}
    result = one(name, shy, years=4)
    values = {row[3]: 0 for row in result.rows}
    for row in result.rows:
        if row[3] in ("bonds_offered", "bonds_sold"):
            values[row[3]] += row[5]
    assert values["bonds_offered"] > 0
    assert values["bonds_sold"] == 0
    assert flows(result, "capital") == flows(result, "transaction_cost") == sums(result, "programme_cost") == 0


def test_what_a_department_may_hold_limits_the_target():
    model = system("local_outcome_bond", {**RICH, "arrangement.set_aside_share": 0.02}, years=2)
    wide = system("local_outcome_bond", RICH, years=2)
    families = [sum(contract.families for contract in item.contracts.signed.values()) for item in (model, wide)]
    assert families[0] < families[1]
    for department in model.departments:
        agencies = [agency for agency in model.agencies if agency.spec.department == department.code]
        year = sum(int(agency.baseline[[*agency.own_lines, *agency.demand_led]].sum()) for agency in agencies)
        assert department.balance("set_aside") <= 0.02 * year


def test_success_costs_the_jobcentre_income_and_the_premium_makes_it_whole():
    """Its allocation follows its caseload, so fewer claimants cost it money that its fixed costs do not give back."""
    settings = {
        **NAIVE,
        "programmes.effect_scale": 3,
        "arrangement.expected_success": 0.5,
        "measurement.design": "before_after",
        "arrangement.set_aside_share": 0.1,
        "investors.philanthropic.capital_per_million": 20_000_000,
        "investors.philanthropic.largest_share": 1,
    }
    inputs = load_inputs("local_outcome_bond", "birmingham_2010", settings, years=10, families=20_000)
    result = runner.run(inputs, 1)
    assert flows(result, "outcome_payment", "jobcentre", "bank") > 0
    lost = -sums(result, "retained", by=("agency",))["jobcentre",]
    premium = flows(result, "agency_premium", "work_pensions", "jobcentre")
    assert lost > 0
    assert premium >= lost
    bare = runner.run(with_setting(inputs, "arrangement.premium_share", 0), 1)
    assert flows(bare, "agency_premium") == 0
    assert sums(bare, "retained", by=("agency",))["jobcentre",] < 0


# The five conditions as a gate


def test_the_gate_lets_through_only_what_is_feasible(tmp_path, monkeypatch):
    gated = with_part(tmp_path, "feasibility_gate", base="local_outcome_bond")
    seen = []
    monkeypatch.setattr(
        "sim.deals.market.facts_of", lambda model, project: seen.append(project) or facts_of(model, project)
    )
    model = system(gated, {**RICH, "programmes.optimism": 3}, years=2)
    conditions = load_conditions()
    assert len({project.programme.id for project in seen}) > len(programmes_started(model))
    for contract in model.contracts.signed.values():
        assert model.catalogue[contract.programme].grade <= 3
    hopeless = [
        replace(row, threshold=SimpleNamespace(base_value=1e9, unit="")) for row in conditions if row.at == "least"
    ]
    monkeypatch.setattr("sim.deals.market.load_conditions", lambda: hopeless)
    assert not system(gated, {**RICH, "programmes.optimism": 3}, years=2).contracts.signed


def test_facts_by_hand():
    """Against a count family by family."""
    model = system("local_outcome_bond", RICH, years=1)
    programme = model.catalogue["keyworker"]
    target = model.market.target_of(programme)
    columns = model.families.columns
    like = known = 0
    costs = []
    relieved = model.relief.lines(programme.id)
    average = model.services.prices.average
    for f in range(model.families.n):
        needs = [k for k in range(columns.levels.shape[1])
                 if target.needs[k] and target.level_from <= columns.levels[f, k] <= target.level_to]  # fmt: skip
        if len(needs) >= target.at_least and target.age_from <= columns.age[f] <= target.age_to:
            like += 1
            seen = int(columns.known[f]) | int(columns.found[f])
            if sum(seen >> k & 1 for k in needs) >= target.at_least:
                known += 1
                use = model.families.served_in_year(np.array([f]))[0]
                costs.append(sum(int(use[j]) * int(average[j]) for j in np.nonzero(relieved)[0]))
    fiscal = np.zeros((2, len(relieved)))
    fiscal[0, relieved] = 100_00 / relieved.sum()
    present = np.full(len(relieved), 500_00.0 / len(relieved))
    appraisal = SimpleNamespace(
        fiscal_pence=fiscal, present_fiscal=present, present_cash=present / 2, cost_pence=150_00
    )
    facts = facts_of(model, SimpleNamespace(programme=programme, appraisal=appraisal, families=8))
    assert known == model.families.use_by_target(target)[0]
    assert facts["known_share"] == pytest.approx(known / like)
    assert facts["cost_of_case"] == pytest.approx(np.mean(costs) / 100)
    assert facts["measurement_error"] == pytest.approx(np.std(costs) * 0.5 / 100_00)
    assert facts["cashable_share"] == 0.5
    assert facts["cost_of_saving"] == pytest.approx(0.3)
    assert facts["evidence_grade"] == programme.grade
    assert {reason.split()[0] for _, reason in feasible({}, load_conditions())} == set(facts)


@pytest.mark.parametrize("name", BOTH)
def test_at_equal_money_a_grant_takes_the_investors_place_and_consent_still_counts(name, monkeypatch):
    result = one(name, {"comparison.envelope": 10_000_000, "programmes.optimism": 3}, years=3)
    assert flows(result, "programme", payer=result.bodies[0]) > 0
    assert flows(result, "capital") == flows(result, "outcome_payment") == 0
    monkeypatch.setattr(BondIssuers, "gain", lambda body, department, project: -1)
    refused = {"comparison.envelope": 10_000_000, "arrangement.consent_by_default": 0}
    assert flows(one(name, refused, years=3), "programme", payer=result.bodies[0]) == 0


# The bank's values, tax relief, and an end before maturity


def test_the_banks_values_are_settings():
    inputs = load_inputs("local_outcome_bond", "milltown", {"bank.risk_band": 0.02})
    assert inputs.bank["risk_band"].value == 0.02
    assert {"bank.risk_band", "bank.unit_correlation", "bank.bond_correlation"} <= set(parameters(inputs))
    narrow = system("local_outcome_bond", {**RICH, "bank.risk_band": 0.02, "programmes.optimism": 3}, years=2)
    assert all(len({bond.risk for bond in basket}) == 1 for basket in narrow.vehicle.baskets.values())


def test_relief_is_paid_to_investors_who_pay_tax(tmp_path):
    relieved = changed_file(tmp_path, "local_outcome_bond", 'parts = ["tax_relief"]')
    alone = {"investors.philanthropic.capital_per_million": 0, "investors.social_bank.capital_per_million": 0}
    result = one(relieved, {**RICH, **alone}, years=4)
    assert flows(result, "capital", "commercial") > 0
    assert flows(result, "tax_relief", TREASURY) == pytest.approx(0.3 * flows(result, "capital", "commercial"), abs=100)


def test_what_was_held_for_a_bond_that_politics_ends_goes_back(tmp_path):
    """A basket ended at a review is paid for no more."""
    model = system("local_outcome_bond", RICH, years=2)
    body, bank = model.bodies[0], model.vehicle
    bank.pay_investors(ends=list(bank.deals))
    model.rules.savings(body, [])
    assert body.outstanding == {}
    assert all(department.balance("set_aside") == 0 for department in model.departments)
    assert not any(p[4] == "outcome_payment" and party_of(p[2]) == "bank" for p in model.ledger.postings)

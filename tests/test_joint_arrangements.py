"""Joint financing of the NHS and the council: money flows as described, and what sets each arrangement apart."""

import numpy as np
import pytest

from sim.api import compare
from sim.arrangements.reading import load_arrangement
from sim.core.faults import InputError
from sim.core.ledger import OUTSIDE, split
from sim.place import kernels
from sim.programmes.uptake import worst_first
from sim.record.measures import COSTS
from sim.record.recorder import Recorder
from sim.studies.inputs import load_inputs
from sim.system import LocalSystem
from tests.conftest import blank_twin, one, settled_for, sums, with_numbers

JOINT = (
    "aligned", "aligned_s75_lead", "lead_commissioning_s75", "integrated_provision_s75", "combined_s75", "care_trust",
    "pct_grant_s256", "council_grant_s76",
)  # fmt: skip
TOGETHER = ("integrated_provision_s75", "combined_s75", "care_trust")
AGENCIES = ("council", "nhs", "police", "justice", "jobcentre")
KEEN = {
    "programmes.optimism": 3
}  # the test town is small: optimism is turned up where a body would find nothing to buy
# The NHS alone buys nothing here unless it looks further and weighs outcomes more.
GENEROUS = {**KEEN, "agencies.horizon_years": 10, "agencies.nhs.outcome_weight": 1}
SILENT = {"programmes.effect_scale": 0}


def flows(result, purpose=None, payer=None, payee=None):
    """Pence of some flows of a run."""
    return sum(
        pence
        for year, source, target, why, pence in result.flows
        if year > 0 and purpose in (None, why) and payer in (None, source) and payee in (None, target)
    )


def system(arrangement, settings=None, quarters=0, seed=1):
    """A model of the test town after some quarters."""
    inputs = load_inputs(arrangement, "milltown", settings)
    start = settled_for(inputs, seed)
    twin = blank_twin(inputs.n_families)
    model = LocalSystem(inputs, start, seed, Recorder(twin))
    for _ in range(quarters):
        model.step()
    return model


def changed(tmp_path, base, text, name="changed"):
    """A file that extends an arrangement."""
    path = tmp_path / f"{name}.toml"
    path.write_text(f'extends = "{base}"\nname = "changed"\nsource = "assumption: test"\ndiffers = "changed"\n{text}')
    return str(path)


def number(name, value):
    return f'{name} = {{ value = {value}, unit = "test", low = {value}, high = {max(1, value)}, source = "assumption: test" }}\n'


# The accounts of all of them


@pytest.fixture(scope="module")
def joint():
    return compare(["do_nothing", *JOINT], place="milltown", seed=3, replicates=1)


def test_each_agencys_balance_moves_by_what_it_retained_saved_received_and_paid(joint):
    """Run minus twin, from balances alone: retained + efficiency + receipts - every named cost, year by year."""
    money = joint.runs.groupby(["arrangement", "year", "agency", "measure"])["value_pence"].sum()
    moved = joint.flows.groupby(["arrangement", "year", "purpose", "payer"])["pence"].sum()
    got = joint.flows.groupby(["arrangement", "year", "purpose", "payee"])["pence"].sum()
    saved = 0
    for arrangement in JOINT:
        for agency in AGENCIES:
            before = 0
            for year in range(1, 16):
                rows = money[arrangement, year, agency]
                gap = rows["closing_balance"] - money["do_nothing", year, agency, "closing_balance"]
                net = rows["retained"] + rows.get("efficiency_saving", 0) + rows.get("outcome_payment_in", 0)
                net -= rows.get("outcome_payment_out", 0) + sum(rows.get(name, 0) for name in COSTS)
                assert rows["net_position"] == net
                net += rows["displaced_services"]
                for purpose in ("contribution", "distribution"):
                    net += got.get((arrangement, year, purpose, agency), 0)
                    net -= moved.get((arrangement, year, purpose, agency), 0)
                assert gap - before == net, (arrangement, agency, year)
                assert rows["cash_released"] == rows["returned_to_centre"] + rows["retained"]
                before, saved = gap, saved + rows.get("efficiency_saving", 0)
    assert saved > 0


def test_bills_are_smaller_by_cash_and_by_what_working_as_one_saves(joint):
    paid = joint.flows[joint.flows["purpose"] == "service"].groupby(["arrangement", "year", "payer"])["pence"].sum()
    money = joint.runs.groupby(["arrangement", "year", "agency", "measure"])["value_pence"].sum()
    for arrangement in JOINT:
        for year in range(1, 16):
            for agency in AGENCIES:
                together = money.get((arrangement, year, agency, "efficiency_saving"), 0)
                fell = paid["do_nothing", year, agency] - paid[arrangement, year, agency]
                assert fell == money[arrangement, year, agency, "cash_released"] + together
                open_to = arrangement in TOGETHER and agency in ("council", "nhs") and year > 2
                assert (together > 0) == open_to, (arrangement, year, agency)


@pytest.mark.parametrize("name", JOINT)
def test_no_money_comes_from_nowhere_and_no_body_is_overdrawn(joint, name):
    closing = joint.runs[(joint.runs["arrangement"] == name) & (joint.runs["measure"] == "closing_balance")]
    assert (closing.groupby("year")["value_pence"].sum() == 0).all()
    bodies = closing[closing["agency"].isin(["partners", "lead", "pool", "one_body"])]
    assert len(bodies) == (0 if "grant" in name else 15)
    assert (bodies["value_pence"] > -100).all()  # bills are rounded by quarter


# Working as one


def test_duplication_removed_by_hand():
    """A family served by both members counts on each line of theirs; one served by two lines of the same member does not."""
    model = system("integrated_provision_s75", quarters=9)
    body, (council, nhs) = model.bodies[0], model.bodies[0].members()
    first, second = (int(line) for line in council.own_lines[:2])
    health = int(nhs.own_lines[0])
    police = int(model.parties["police"].own_lines[0])
    served = model.families.columns.served[model.calendar.quarter % kernels.RING]
    served[:] = 0
    served[0] = 1 << first | 1 << second | 1 << health | 1 << police
    served[1] = 1 << first | 1 << second  # the council alone
    served[2] = 1 << health | 1 << police  # police are no member
    served[3] = 1 << second | 1 << health
    served[4] = 1 << first | 1 << health  # the very first line counts as any other
    assert first == 0
    unit = 0.02 * model.services.prices.average
    expected = np.zeros(len(model.lines), np.int64)
    for line, families in ((first, 2), (second, 2), (health, 3)):
        expected[line] = int(families * unit[line])
    assert (body.duplication_removed() == expected).all()
    assert expected[first] > 0
    body.founded = None
    assert not body.duplication_removed().any()


@pytest.mark.parametrize("name", TOGETHER)
@pytest.mark.parametrize("growth", [0.0, 0.03])
def test_working_as_one_is_no_prevention_and_moves_no_place(name, growth):
    """With programmes that do nothing it saves money; places opened as need grows are the twin's, while no budget is cut."""
    ample = {"departments.real_growth": 0.05, "agencies.local_tax_growth": 0.05} if growth else {}
    result = one(name, {**SILENT, "families.demand_growth": growth, **ample})
    assert sums(result, "efficiency_saving") > 0
    assert set(sums(result, "gross_avoided", "cash_released", by=("year", "line", "measure")).values()) == {0}
    assert sums(result, "opening_cost") == 0  # run less twin
    assert flows(result, "opening_cost") > 0 or not growth


def test_a_review_takes_what_working_as_one_saves_and_capacity_does_not_feel_it():
    """Third year's outturn of duties is agreed at its end: their budget is less by the saving, and that is remembered."""
    model, alone = (system(name, SILENT, quarters=12) for name in ("integrated_provision_s75", "do_nothing"))
    council, before = model.parties["council"], alone.parties["council"]
    duties = council.own_lines[~council.plan.rationed]
    saved = model.outturn.saved_together(duties, range(9, 13))
    assert saved > 0
    assert council.agreed_together.sum() == saved
    agreed, alone_agreed = (item.plan.by_line[~item.plan.rationed].sum() for item in (council, before))
    assert alone_agreed - agreed == saved
    assert agreed == model.outturn.spent(duties, range(9, 13))
    for _ in range(4):
        model.step()
    assert council.agreed_together.sum() == saved  # until the next review
    assert model.recorder.efficiency[4, "council"] == council.saved_together(range(13, 17)) > 0


def test_one_team_delivers_for_less_and_families_engage_sooner(tmp_path):
    """Its price is 0.95 of what it would be, and of the families asked a tenth more (or all the rest) would come."""
    apart = "[value]\n" + number("delivery_cost_ratio", 1) + number("engagement_gain", 0)
    prices, come = [], []
    for name in (changed(tmp_path, "integrated_provision_s75", apart), "integrated_provision_s75"):
        model = system(name, {**KEEN, "arrangement.years_to_agree": 0})
        asked = {}

        def take_up(families, places, quarter, programme, model=model, asked=asked, **offer):
            asked[programme] = len(
                families.take_up(quarter, places=worst_first(10**6), barred=np.zeros(0, np.uint8), **offer)
            )
            return np.zeros(0, np.int64), None

        model.cohorts.take_up = take_up
        model.step()
        assert {contract.provider for contract in model.contracts.signed.values()} == {"in_house"}
        prices.append({contract.programme: contract.price_pence for contract in model.contracts.signed.values()})
        come.append(asked)
    common = prices[0].keys() & prices[1].keys()
    assert max(come[0][programme] for programme in common) > 30
    for programme in common:
        assert prices[1][programme] == pytest.approx(0.95 * prices[0][programme], rel=1e-4)
        usual = model.catalogue[programme].get("engagement")
        if come[0][programme] > 30:  # of a few families chance decides
            assert come[1][programme] / come[0][programme] == pytest.approx((usual + 0.1) / usual, rel=0.1)


def test_combined_has_the_pool_and_the_team(joint):
    """A fund that members pay into by what they gain, and the efficiency of a host."""
    flow = joint.flows[joint.flows["arrangement"] == "combined_s75"]
    assert set(flow[flow["payee"] == "pool"]["payer"]) >= {"council", "nhs"}
    assert (flow[flow["payer"] == "pool"]["purpose"] == "pool_overhead").any()
    programme = flow[(flow["purpose"] == "programme") & (flow["payer"] == "pool")]
    assert set(programme["payee"]) == {"in_house"}
    hosted = joint.flows[joint.flows["arrangement"] == "integrated_provision_s75"]
    assert not (hosted["purpose"] == "pool_overhead").any()


# Aligned budgets


def test_a_partner_that_drops_out_leaves_a_gap():
    """Who withholds keeps its money, and families are taken on only as far as the others' goes."""
    sure = system("aligned", {**KEEN, "arrangement.drop_out": 0}, quarters=4)
    broken = system("aligned", KEEN)
    broken.parties["nhs"].trust = 0.0
    broken.bodies[0].drops_out = lambda member, share: member.code == "nhs"
    for _ in range(4):
        broken.step()
    paid = [{p[1]: p[3] for p in model.ledger.postings if p[4] == "contribution"} for model in (sure, broken)]
    assert set(paid[0]) == {"council:prevention", "nhs:prevention"}
    assert paid[1] == {"council:prevention": paid[0]["council:prevention"]}
    cost = [sum(c.cost_pence for c in model.contracts.signed.values()) for model in (sure, broken)]
    assert 0 < cost[1] <= sum(paid[1].values()) < cost[0] <= sum(paid[0].values())
    assert broken.parties["nhs"].trust == 0.0  # falls no further
    assert broken.parties["council"].trust < sure.parties["council"].trust


def test_partners_pay_by_what_the_plan_is_worth_to_each():
    """The same pence per pound of its own gain, where money is not short; what is left pays for evaluation."""
    rich = {"arrangement.contribution_share": 1, "agencies.council.discretionary_share": 0.1}
    model = system("aligned", {**KEEN, **rich, "arrangement.drop_out": 0}, quarters=4)
    body = model.bodies[0]
    paid = {p[1].split(":")[0]: p[3] for p in model.ledger.postings if p[4] == "contribution"}
    assert set(paid) == {"council", "nhs"}
    assert all(0 < paid[code] < body.worth[code] for code in paid)
    rates = [paid[code] / body.worth[code] for code in paid]
    assert rates[0] == pytest.approx(rates[1], rel=1e-6)
    settled = sum(p[3] for p in model.ledger.postings if p[4] == "programme" and p[2] == "partners")
    assert body.balance() == body.reserved() + settled  # and what in-house provision gives back after the year


def test_free_riding_shows(tmp_path):
    """A partner with next to no benefit of the plan drops out more often than one with much."""
    file = changed(tmp_path, "aligned", 'members = ["all"]\n[value]\n' + number("drop_out", 1))
    came, asked = {}, {}
    for seed in range(1, 9):
        model = system(file, KEEN, seed=seed)
        body = model.bodies[0]
        for agency in model.agencies:
            agency.trust = 0.3
        model.step()
        for code, worth in body.worth.items():
            much = worth > 0.3 * sum(body.worth.values())
            asked[much] = asked.get(much, 0) + 1
            came[much] = came.get(much, 0) + (code not in body.withheld)
    assert min(asked.values()) >= 8
    assert came[True] / asked[True] > came[False] / asked[False]


def test_the_chance_to_drop_out_by_hand():
    """0.8 x (1 - 0.25) x (1 - 0.5) = 0.3, over many years' draws."""
    model = system("aligned")
    body, member = model.bodies[0], model.parties["council"]
    member.trust = 0.5
    draws = []
    for quarter in range(1, 8000, 4):
        model.calendar.quarter = quarter
        draws.append(body.drops_out(member, 0.25))
    assert np.mean(draws) == pytest.approx(0.3, abs=4 * (0.21 / 2000) ** 0.5)


def test_under_a_lead_nobody_drops_out_and_what_is_not_spent_goes_back_by_share():
    model = system("aligned_s75_lead", KEEN, quarters=8)
    body = model.bodies[0]
    assert model.contracts.signed
    back, put_in = {}, {}
    for quarter, payer, payee, pence, purpose in model.ledger.postings:
        if quarter > 4 and purpose == "distribution":
            assert payer == "lead"
            back[payee] = back.get(payee, 0) + pence
        if quarter > 4 and purpose == "contribution":
            put_in[payer] = put_in.get(payer, 0) + pence
    assert set(back) == set(put_in) == {"council:prevention", "nhs:prevention"}
    assert back == dict(zip(put_in, split(sum(back.values()), list(put_in.values())), strict=True))
    last = [p for p in model.ledger.postings if "lead" in (p[1], p[2])]
    assert body.balance() == sum(p[3] for p in last if p[4] == "programme" and p[2] == "lead")  # in-house surplus alone


# A lead


def test_a_leads_own_needs_weigh_more(tmp_path):
    model = system("lead_commissioning_s75", quarters=5)
    body = model.bodies[0]
    counted = model.rules.benefit_counted(body)
    assert (counted[model.parties["council"].own_lines] == 1).all()
    assert counted[model.parties["nhs"].own_lines] == pytest.approx(0.6)
    assert (counted[model.parties["police"].own_lines] == 0).all()
    aligned = system("aligned_s75_lead", quarters=5)
    for name, programme in model.catalogue.items():
        with_all = aligned.bodies[0].appraise(programme, 100_000).value_pence
        weighed = body.appraise(programme, 100_000)
        assert weighed.value_pence <= with_all or (weighed.present_fiscal < 0).any(), name
    other = changed(tmp_path, "lead_commissioning_s75", '[roles]\nlead = "nhs"\n')
    turned = system(other, quarters=5)
    counted = turned.arrangement.rules.benefit_counted(turned.bodies[0])
    assert counted[turned.parties["council"].own_lines] == pytest.approx(0.6)


def test_a_lead_puts_its_own_weight_on_outcomes():
    model = system("lead_commissioning_s75")
    model.parties["nhs"].outcome_weight = 1.0
    assert model.bodies[0].weight_on_outcomes() == model.parties["council"].outcome_weight


def test_savings_are_shared_by_what_each_put_in_by_hand():
    """Put in 3 to 1; the council's budget falls by 8,000, of which half is shared: 1,000 goes to the NHS."""
    model = system("lead_commissioning_s75")
    body, council, nhs = model.bodies[0], model.parties["council"], model.parties["nhs"]
    body.funds.capital = {"council": 300, "nhs": 100}
    council.cash_seen, nhs.cash_seen = lambda: 8_000, lambda: -500
    model.ledger.transfer(OUTSIDE, council.account("service"), 10_000, "grant")
    before = nhs.balance("reserve")
    model.rules.savings(body, [])
    assert council.balance("service") == 9_000
    assert nhs.balance("reserve") - before == 1_000
    assert body.balance() == 0


def test_a_lead_must_be_an_agency_of_the_place(tmp_path):
    file = changed(tmp_path, "aligned_s75_lead", '[roles]\nlead = "counsil"\n')
    with pytest.raises(InputError, match=r"roles\.lead: 'counsil' is no agency of milltown.*council"):
        system(file)


# One body


def test_one_budget_keeps_what_both_save_and_makes_overspends_good_by_hand():
    model = system("care_trust")
    body, council, nhs = model.bodies[0], model.parties["council"], model.parties["nhs"]
    council.underspend, nhs.underspend = lambda: 7_000, lambda: -3_000
    model.ledger.transfer(OUTSIDE, council.account("service"), 7_000, "grant")
    model.ledger.transfer(nhs.account("service"), OUTSIDE, 3_000, "service")
    reserve = council.balance("reserve")
    model.rules.savings(body, [])
    assert (council.balance("service"), nhs.balance("service"), body.balance()) == (0, 0, 4_000)
    assert council.balance("reserve") == reserve


def test_the_silo_between_the_two_is_gone_and_to_the_rest_it_is_not():
    result = one("care_trust", KEEN)
    for code in ("council", "nhs"):
        assert flows(result, "contribution", code, "one_body") > 0
        assert flows(result, "outcome_payment", code, "one_body") > 0
    for code in ("police", "justice", "jobcentre"):
        assert flows(result, payer=code, payee="one_body") == 0
    model = system("care_trust", quarters=1)
    counted = model.rules.benefit_counted(model.bodies[0])
    owners = {model.agencies[model.lines.agency[line]].code for line in np.nonzero(counted)[0]}
    assert owners == {"council", "nhs"}
    pool = one("pooled_s75", KEEN)
    assert flows(pool, "pool_overhead") > 0 == flows(result, "pool_overhead")


@pytest.mark.parametrize(("arrangement", "given"), [("care_trust", 8_000), ("pump_priming", 4_000)])
def test_one_budget_takes_all_that_is_left_where_a_fund_takes_a_share_by_hand(arrangement, given):
    """The council and the NHS each have 4,000 left, by which their budgets fell; of this the fund is due half."""
    model = with_numbers(system(arrangement), savings_share=0.5)
    body = model.bodies[0]
    body.members = lambda: [model.parties["council"], model.parties["nhs"]]
    for member in body.members():
        member.pay(OUTSIDE, member.balance("service"), "service")
        member.underspend = member.cash_seen = lambda: 4_000
        model.ledger.transfer(OUTSIDE, member.account("service"), 4_000, "grant")
    held = body.balance()
    model.rules.savings(body, [])
    assert body.balance() - held == given


# Grants


@pytest.mark.parametrize(
    ("name", "donor", "grantee"), [("pct_grant_s256", "nhs", "council"), ("council_grant_s76", "council", "nhs")]
)
def test_money_moves_from_donor_to_grantee_and_to_nobody_else(name, donor, grantee):
    result = one(name, GENEROUS)
    given = flows(result, "contribution", donor, grantee)
    assert given > 0
    assert flows(result, "contribution") == given
    assert flows(result, "programme", donor) == 0
    assert flows(result, "programme", grantee) > 0
    model = system(name, GENEROUS, quarters=1)
    part = round(0.5 * model.parties[donor].discretionary_pence)
    assert [p[3] for p in model.ledger.postings if p[4] == "contribution"] == [part]


@pytest.mark.parametrize(
    ("name", "donor", "grantee"), [("pct_grant_s256", "nhs", "council"), ("council_grant_s76", "council", "nhs")]
)
def test_a_grantee_chooses_as_a_silo_with_more_money_would(tmp_path, name, donor, grantee):
    """The same contracts as a silo whose own money is larger by the grant; the donor's benefit counts for nothing."""
    silo = changed(tmp_path, "silo", f'members = ["{grantee}"]\n')
    given, rich = (system(file, GENEROUS) for file in (name, silo))
    extra = round(0.5 * given.parties[donor].discretionary_pence)
    rich.parties[grantee].discretionary_pence += extra
    for model in (given, rich):
        model.step()
    bought = [
        sorted((c.programme, c.families, c.price_pence) for c in model.contracts.signed.values())
        for model in (given, rich)
    ]
    assert bought[0] == bought[1] != []
    counted = given.arrangement.rules.benefit_counted(given.bodies[0])
    assert not counted[given.parties[donor].own_lines].any()


def test_a_donor_must_be_an_agency_of_the_place(tmp_path):
    file = changed(tmp_path, "pct_grant_s256", '[roles]\ndonor = "health"\n')
    with pytest.raises(InputError, match=r"roles\.donor: 'health' is no agency"):
        system(file, quarters=1)


def test_every_joint_arrangement_is_for_these_two_bodies():
    for name in JOINT:
        item = load_arrangement(name)
        assert set(item.members) | set(item.roles.values()) == {"council", "nhs"}

"""Who commissions and who is paid for the outcome are two parties, unless the arrangement's file says otherwise (6.4)."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from sim.arrangements.at_place import check_arrangement
from sim.arrangements.reading import arrangement_names, load_arrangement
from sim.core.faults import InputError
from sim.deals.contracts import Contract, Project
from sim.deals.terms import Backing
from sim.programmes.catalogue import load_catalogue
from sim.record.recorder import by_severity
from sim.rules import CHOICES
from tests.conftest import with_numbers
from tests.test_agents import system
from tests.test_market import appraised, backed_by, bidders
from tests.test_rules import a_project, hold, town

WITH_OTHERS = {
    "lioa", "list_full", "list_social_investment", "local_outcome_bond", "pbr_consortium", "pbr_drugs",
    "pbr_whitehall_pot", "sib_childrens_services", "sib_guaranteed", "sib_peterborough", "sib_single", "social_impact_fund",
    "work_programme",
}  # fmt: skip


def tendered(model, *free, **known):
    """Code of who wins: the staff's bid of 3 is the best, then a firm's of 2; a group's is 1."""
    bidders(model, staff=("in_house", 3.0, 9), firm=("private", 2.0, 9), group=("community", 1.0, 9))
    return model.market.best_provider(SimpleNamespace(id="parenting"), model.bodies[0], *free, **known).code


def test_arrangements_in_which_others_pay_and_are_paid_for_outcomes():
    shipped = {name: load_arrangement(name) for name in arrangement_names()}
    assert {name for name, item in shipped.items() if any(one.others for one in item.rules.up_front)} == WITH_OTHERS
    assert not any("own_staff" in item.values for item in shipped.values())
    assert not any(shipped[name].may_provide("in_house", for_others=True) for name in WITH_OTHERS)


@pytest.mark.parametrize(
    ("arrangement", "for_others", "winner"),
    [
        ("silo", False, "staff"),  # own money
        ("troubled_families", False, "staff"),  # the centre pays the council: two parties already
        ("sib_single", False, "firm"),
        ("pbr_whitehall_pot", False, "firm"),
        ("local_outcome_bond", False, "firm"),
        ("list_full", False, "staff"),  # members' money first
        ("list_full", True, "firm"),  # then investors'
    ],
)
def test_own_staff_do_not_deliver_where_others_are_paid_for_the_outcome(arrangement, for_others, winner):
    model = system(arrangement)
    assert tendered(model, 9, for_others=for_others) == winner
    if winner == "firm":
        assert tendered(with_numbers(model, own_staff=1), 9, for_others=for_others) == "staff"
        assert tendered(with_numbers(model, own_staff=0), 9, for_others=for_others) == "firm"


def test_a_bond_goes_on_with_another_independent_provider_when_its_own_fails():
    model = system("list_full")
    tendered(model)
    own = Contract("list", "parenting", "gone", 1, 1, 9, 100, "list")
    bond = replace(own, funder="vehicle:deal", payee="vehicle:deal")
    model.contracts.running = [own, bond]
    model.parties["list"] = model.bodies[0]
    model.market.hand_on(SimpleNamespace(code="gone"))
    assert [(item.provider, item.is_with_others) for item in (own, bond)] == [("staff", False), ("firm", True)]


def test_a_project_is_tendered_anew_before_others_are_asked_by_hand():
    """Own money pays the staff for 3 of 6 families at 100; investors would pay for all with a firm, which asks 130.

    The contract is signed with the firm and at its price. Were it not worth that, the staff's 3 families would be left.
    """
    model = system("list_full")
    body, staff = model.bodies[0], model.party("in_house")
    firm = next(item for item in model.providers if item.sector == "private")
    model.providers = [staff, firm]
    for item, score in ((staff, 2.0), (firm, 1.0)):
        item.may_take, item.bid_score = (lambda programme, wanted: wanted), (lambda *bid, score=score: score)
    model.market.price_pence = lambda programme, provider, families: {staff: 100, firm: 130}[provider]
    body.appraise = lambda programme, price: appraised(1.0, cost=price)
    model.outcomes.expected = lambda project: 40
    asked = []
    backed_by(model, lambda who, project: asked.append(project) or Backing(project.families, "vehicle:d", "vehicle:d"))
    project = Project(body, model.catalogue["parenting"], staff, 9, 100, appraised(1.0))
    model.outcomes.value_to = lambda who, project: 1
    backing = body.backing(project, 399, 6, 2)
    assert (asked[0].provider, asked[0].families, asked[0].least, asked[0].price_pence) == (firm, 6, 4, 130)
    contract = model.market.sign(project, backing)
    assert (contract.provider, contract.families, contract.price_pence) == (firm.code, 6, 130)
    model.outcomes.value_to = lambda who, project: 0
    own = body.backing(project, 399, 6, 2)
    assert (len(asked), own.families, own.project) == (1, 3, project)
    model.outcomes.value_to = lambda who, project: 1
    with_numbers(model, own_staff=1)
    assert body.backing(project, 399, 6, 2).project.provider is staff
    assert asked[1].provider is staff


def test_payment_by_results_that_names_staff_alone_has_nobody_to_deliver(tmp_path, milltown):
    path = tmp_path / "mine.toml"
    text = (
        'extends = "pbr_drugs"\nname = "Mine"\nsource = "assumption: test"\ndiffers = "Test."\nsectors = ["in_house"]\n'
    )
    path.write_text(text)
    providers = {"x": {"sector": "in_house"}, "y": {"sector": "private"}}
    with pytest.raises(InputError, match="no provider of drug_treatment"):
        check_arrangement(load_arrangement(str(path)), milltown, load_catalogue(), providers)
    path.write_text(
        text + "[value]\nown_staff = { value = 1, unit = 'yes', low = 0, high = 1, source = 'assumption: t' }\n"
    )
    check_arrangement(load_arrangement(str(path)), milltown, load_catalogue(), providers)


def test_nothing_reads_own_staff_where_nobody_else_is_paid(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "silo"\nname = "Mine"\nsource = "assumption: test"\ndiffers = "Test."\n[value]\n'
        "own_staff = { value = 1, unit = 'yes', low = 0, high = 1, source = 'assumption: t' }\n"
    )
    with pytest.raises(InputError, match=r"own_staff.*another party that pays up front and is paid for outcomes"):
        load_arrangement(str(path))


# What providers do, on record


def test_what_a_provider_spends_by_severity_by_hand():
    """One family of each level, but two in crisis, and an empty place: sixths; with half the effort in a crisis, fifths."""
    assert by_severity(1200, [1, 1, 1, 2], 1, 1.0) == [200, 200, 200, 400, 200]
    assert by_severity(1000, [1, 1, 1, 2], 1, 0.5) == [200, 200, 200, 200, 200]
    assert by_severity(1000, [0, 0, 0, 2], 0, 0.0) == [0, 0, 0, 1000, 0]
    assert by_severity(0, [0, 0, 0, 0], 0, 1.0) == [0] * 5


def spent_by_severity(model):
    spent = {}
    for (year, code, name), pence in model.recorder.people.items():
        if name.startswith("spent_on_"):
            spent[year, code] = spent.get((year, code), 0) + pence
    return spent


@pytest.mark.parametrize("arrangement", ["troubled_families", "pbr_drugs"])
def test_spending_by_severity_adds_up_to_what_delivery_cost(arrangement):
    paid_well = {"arrangement.result_fee": 20_000} if arrangement == "pbr_drugs" else {}
    model = system(arrangement, {"providers.private.effort_on_hard": 0.3, **paid_well}, years=2, seed=3)
    spent = spent_by_severity(model)
    assert sum(spent.values()) > 0
    for (year, code), pence in spent.items():
        quarters = range(4 * year - 3, 4 * year + 1)
        assert pence == model.ledger.paid(code, "delivery", quarters=quarters)
    parks = {item.effort for item in model.contracts.signed.values()} == {0.3}
    assert parks == (arrangement == "pbr_drugs")


def test_parking_leaves_a_provider_paid_by_results_with_more():
    """The first quarter's families are the same ones: those in crisis get 0.3 of their staff, and the rest stays with the firm."""
    model, parking = (
        system("pbr_drugs", {"providers.private.effort_on_hard": share, "arrangement.result_fee": 20_000}, seed=3)
        for share in (1.0, 0.3)
    )
    cost = []
    for item in (model, parking):
        item.step()
        cost.append(sum(item.ledger.paid(firm.code, "delivery") for firm in item.providers))
    contract, parked = (item.contracts.running[0] for item in (model, parking))
    firm, hardest = parking.party(parked.provider), parked.hardest[0]
    assert contract.hardest[0] == hardest > 0
    programme = parking.catalogue[parked.programme]
    a_family = firm.cost_pence(programme) - firm.fixed_pence(programme, 10**6) // 10**6
    assert cost[0] - cost[1] == pytest.approx(0.7 * hardest * a_family, abs=1)


def of_kind(model, *kinds):
    return [row[1:] for row in model.decisions.rows if row[2] in kinds]


def test_a_provider_that_carries_too_few_refuses_on_record():
    model, body = town("pbr_drugs")
    project = a_project(model, body, carry=1)
    project = replace(project, least=5)
    assert CHOICES["up_front"]["provider"].back(body, project) is None
    ((who, kind, families, what, why),) = of_kind(model, "refuse")
    assert (who, kind, families, what) == (project.provider.code, "refuse", str(project.families), project.programme.id)
    assert why.startswith("carries 1 of at least 5 at ")


def test_creaming_and_parking_are_on_record():
    model, body = town("pbr_drugs")
    firm = next(item for item in model.providers if item.sector == "private")
    firm.creaming, firm.effort_on_hard = 1.0, 0.5
    project = Project(body, model.catalogue["parenting"], firm, 9, 100, appraised(1.0))
    assert model.market.sign(project, Backing(5, "", firm.code)).effort == 0.5
    assert of_kind(model, "cream", "park") == [
        (firm.code, "cream", "5", "parenting", "the easiest first"),
        (firm.code, "park", "5", "parenting", "0.5 of the staff for the hardest"),
    ]
    model.market.sign(project, Backing(5, body.account(), ""))
    assert len(of_kind(model, "cream", "park")) == 2


@pytest.mark.parametrize(
    ("money", "room", "families", "rescued"),
    [
        (300, 0, 3, True),
        (299, 0, 3, False),  # it has not the money
        (300, 3, 3, False),  # another has room for the three
        (300, 2, 3, True),  # for two of them only
        (300, 0, 2, False),  # two families at 100 are not worth 300
    ],
)
def test_a_provider_is_rescued_or_goes_by_hand(money, room, families, rescued):
    """It owes 500 and can borrow 200: 300 keep it going, for three families at 100 whom nobody else can take."""
    model, body = town("pbr_drugs")
    bidders(model, other=("private", 1.0, room), staff=("in_house", 1.0, 99))
    firm = next(item for code, item in model.parties.items() if code == "private")
    hold(model, body, money, body.purse)
    firm.overdraft_pence = 200
    firm.balance = lambda purse="": -500
    model.contracts.running = [
        Contract(body.code, "drug_treatment", firm.code, 1, 1, 9, 100, "", firm.code, taken={0: families})
    ]
    assert model.market.rescue(firm) == rescued
    row = (body.code, "rescue", "300", firm.code, f"{families} families in its care")
    assert of_kind(model, "rescue") == [row] * rescued
    assert model.ledger.received(firm.code, "programme") == 300 * rescued


def test_who_exits_and_who_takes_over_are_on_record():
    model = system("silo")
    firm = next(item for item in model.providers if item.sector == "private")
    firm.balance = lambda purse="": -700
    firm.fail()
    assert of_kind(model, "exit") == [(firm.code, "exit", "700", "debt", f"{firm.overdraft_pence} it can borrow")]
    bidders(model, other=("private", 1.0, 9))
    model.contracts.running = [Contract("council", "parenting", firm.code, 1, 1, 9, 100, "council", taken={0: 4})]
    model.market.hand_on(firm)
    assert of_kind(model, "take_over") == [("other", "take_over", "4", "parenting", f"from {firm.code}")]

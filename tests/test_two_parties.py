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
from tests.conftest import with_numbers
from tests.test_agents import system
from tests.test_market import appraised, backed_by, bidders

WITH_OTHERS = {
    "lioa", "list_full", "list_social_investment", "local_outcome_bond", "pbr_consortium", "pbr_drugs",
    "pbr_whitehall_pot", "sib_childrens_services", "sib_peterborough", "sib_single", "social_impact_fund",
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
    model.market.price_pence = lambda programme, provider: {staff: 100, firm: 130}[provider]
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
    assert (len(asked), own.families, own.project) == (1, 3, None)
    model.outcomes.value_to = lambda who, project: 1
    with_numbers(model, own_staff=1)
    assert body.backing(project, 399, 6, 2).project is None
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

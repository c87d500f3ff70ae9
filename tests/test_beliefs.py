"""Belief and truth apart: what deciders weigh and plan by, and what is billed, reached and done."""

from dataclasses import replace

import numpy as np
import pytest

from sim.agents.party import Belief
from sim.core.dials import defaults
from sim.deals.contracts import Contract
from sim.deals.terms import Backing
from sim.programmes.offers import Offers, contact_of
from sim.record.recorder import Recorder
from sim.studies.inputs import load_inputs
from sim.system import LocalSystem
from tests.conftest import blank_twin, settled_for, with_values
from tests.test_agents import agency, system

SURE = {"programmes.shrinkage": 0}


def believing(programme, on="both", value=0.0, believed=None, **beliefs):
    """A programme with one effect, on conduct problems and without error, and with beliefs of its quantities."""
    first = programme.effects[0]
    effect = replace(
        first, need="conduct", on=on, value=value, se=0.0, believed=value if believed is None else believed
    )
    return replace(programme, effects=(effect,), beliefs=beliefs)


def with_programme(programme, settings=SURE, arrangement="silo", years=4):
    """A model of Milltown that has one programme only."""
    inputs = load_inputs(arrangement, "milltown", settings, years=years)
    inputs = replace(inputs, catalogue={programme.id: programme})
    start = settled_for(inputs)
    return LocalSystem(inputs, start, 1, Recorder(blank_twin(inputs.n_families)))


@pytest.fixture(scope="module")
def parenting():
    """For conduct problems of all levels, its effect the same at all of them and for long."""
    item = load_inputs("silo", "milltown").catalogue["parenting"]
    target = {**item.target, "level_from": 1, "level_to": 3, "age_from": 0, "age_to": 25}
    alike = {name: replace(it, value=1.0) for name, it in item.values.items() if name.startswith("weight_")}
    values = {name: it for name, it in item.values.items() if not name.startswith("share_")}
    return replace(
        item, target=target, values={**values, **alike, "half_life": replace(values["half_life"], value=10.0)}
    )


def test_a_bid_is_weighed_at_the_cost_believed_and_paid_as_it_is(parenting):
    """Half of the cost is believed: a bid of 900 pence is weighed as 450, signed at 900. A tariff of its own is known."""
    half = believing(parenting, value=-0.5, cost_per_family=parenting.values["cost_per_family"].value / 2)
    model = with_programme(half)
    council, provider = agency(model, "council"), model.party("in_house")
    model.market.open()
    model.market.price_pence = lambda programme, provider, families: 900
    model.market.best_provider = lambda programme, body, wanted=1: provider
    council.funds.earmarked = 10**9  # any benefit is worth it
    ((per_pound, _, project),) = council._projects()
    appraisal = project.appraisal
    assert (project.price_pence, appraisal.cost_pence) == (900, 450)
    assert per_pound == pytest.approx(-appraisal.value_pence / 450)
    contract = model.market.sign(project, Backing(3, "council:prevention", ""))
    assert contract.cost_pence == 2700
    tariff = with_programme(half, arrangement="tariff_nhs")
    tariff.market.open()
    assert tariff.rules.paid_for.price is not None
    assert tariff.market.case_for(half, Belief(1.0, 0.1), 900, 3).cost_pence == 900


def test_room_is_planned_by_the_reach_believed_and_filled_by_the_true_one(parenting):
    """Of 100 families 40 are thought to be in reach a year and 10 are: 2, 3, 2 and 3 are found in turn, not 10 a quarter."""
    item = believing(replace(parenting, values=parenting.values | _share("most_reached", 0.1)), most_reached=0.4)
    model = with_programme(item)
    council = agency(model, "council")
    model.market._survey = {"parenting": (100, None)}
    assert model.market.room_for(item, council) == 40
    contract = Contract("council", "parenting", "in_house", 1, 1, 40, 100, "")
    model.contracts.sign(contract)
    for quarter, found in enumerate((2, 3, 2, 3)):
        model.calendar.quarter = quarter + 1
        assert model.contracts.places(contract) == 10
        assert model.market.places(contract) == found
        contract.taken[quarter] = found
    model.catalogue = {"parenting": replace(item, beliefs={"most_reached": 0.1})}
    assert model.market.places(contract) == 10  # what is planned by the truth is not cut by it


def test_need_that_contact_finds_is_projected_as_believed_and_found_as_it_is(parenting):
    """Believed to find nothing, twice the place's: of 0.4 more need shown none is expected, 0.8 is found."""
    values = parenting.values | {"case_finding": replace(parenting.values["case_finding"], value=2.0, high=3.0)}
    item = replace(parenting, values=values, beliefs={"case_finding": 0.0})
    place = with_values(load_inputs("silo", "milltown").place, {"place.contact_finds": 0.4})
    assert [contact_of(it, place, defaults())[0] for it in (item, item.as_believed())] == [0.8, 0.0]
    assert item.as_believed().believed("case_finding") == item.as_believed().get("case_finding") == 0.0


def _share(name, value):
    item = load_inputs("silo", "milltown").catalogue["parenting"].values[name]
    return {name: replace(item, value=value, low=0.0, high=1.0)}


def test_a_late_event_is_met_by_more_families_in_a_year_than_at_any_time(parenting):
    """A letter of this quarter or the last is two quarters' worth: with 24 families at a time 48 pass in a year."""
    conference = load_inputs("silo", "milltown").catalogue["family_group_conference"]
    late = replace(conference, target={**conference.target, "event": "pre_proceedings", "within": 2})
    assert (late.a_year, replace(late, target={**late.target, "within": 4}).a_year, parenting.a_year) == (2.0, 1.0, 1.0)
    model = system("silo")
    model.market._survey = {late.id: (24, None)}
    late = replace(late, values=late.values | _share("most_reached", 0.5))
    assert model.market.room_for(late, agency(model, "council")) == 24


def test_what_is_believed_to_help_and_harms_is_bought_and_harms(parenting):
    """Worsening believed to be halved is doubled: the true effect is -1 times the belief, at a fidelity of 0.5 half of it.

    Bought alike in the first year, where it harms more families have conduct problems than where it helps.
    """
    models, troubled = [], []
    for true in (np.log(2), np.log(0.5)):
        model = with_programme(believing(parenting, value=true, believed=np.log(0.5), cost_per_family=1.0))
        conduct = model.place.index("needs")["conduct"]
        for _ in range(4):
            model.step()
        models.append([replace(item, offer=0) for item in model.contracts.of("council")])
        for _ in range(8):
            model.step()
        troubled.append(model.families.counts[:, conduct, 2:].sum())
    assert models[0]
    assert models[0] == models[1]
    harm = believing(parenting, value=np.log(2), believed=np.log(0.5))
    offers = Offers({"parenting": harm}, model.place, model.dials, 1)
    assert offers.multiple("parenting") == pytest.approx(-1.0)
    row = offers.row_of("parenting", 0.5)
    assert offers.tables.escalation[row, conduct] == pytest.approx(0.5 * np.log(2))
    assert offers.tables.recovery[row, conduct] == pytest.approx(0.5 * np.log(0.5))
    assert troubled[0] > troubled[1] + 5


def test_findings_of_harm_take_a_belief_to_nought():
    """A belief of 1 with variance 0.04, and a finding of -2 as sure as that: below nought, so nothing is believed."""
    belief = Belief(1.0, 0.04)
    belief.update(-2.0, 0.04)
    assert belief == Belief(0.0, 0.02)

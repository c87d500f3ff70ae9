"""What unbiased findings do to beliefs that are right (docs/odd.md, 6.3 and 7): a benchmark that promises too much lowers them."""

from dataclasses import replace

import numpy as np
import pytest

from sim.core.calendar import QUARTERS
from sim.place.burn_in import burn_in
from sim.programmes.following import MOST, surroundings
from sim.programmes.projection import SPANS, Projections, project
from sim.record.recorder import Recorder
from sim.studies.inputs import load_inputs
from sim.system import LocalSystem
from tests.conftest import PLAN, blank_twin

NAME, FAMILIES = "drug_treatment", 200_000
FEWER = {NAME: 15}  # families a year of the place's 3,000: a quarter of the plan's, and nothing else is bought
SETTINGS = {
    "measurement.design": "waiting_list",
    "programmes.shrinkage": 0,
    "programmes.optimism": 1,
    "programmes.reactive_practice": 0,
    "place.evaluation_doubt": 0.05,
}


def as_published(inputs):
    """Inputs in which programmes do what was published, twice of it, to the letter, and are delivered in full."""
    sure = {"fidelity": 1.0, "growth_fidelity_loss": 0.0, "reach": 0.0}  # and services know all whom they take on
    providers = {
        code: {
            **entry,
            "values": {
                **entry["values"],
                **{key: replace(entry["values"][key], value=value) for key, value in sure.items()},
            },
        }
        for code, entry in inputs.providers.items()
    }
    item = inputs.catalogue[NAME]
    effects = tuple(
        replace(effect, value=2 * effect.value, believed=2 * effect.value, se=1e-9) for effect in item.effects
    )
    return replace(inputs, providers=providers, catalogue={**inputs.catalogue, NAME: replace(item, effects=effects)})


def given(method="projection", plan=None):
    """Inputs of the plan, or of another in its place."""
    inputs = as_published(load_inputs(PLAN, "milltown", {**SETTINGS, "appraisal.method": method}, 2, families=FAMILIES))
    return replace(inputs, arrangement=replace(inputs.arrangement, plan=plan or inputs.arrangement.plan))


@pytest.fixture(scope="module")
def projections():
    """The programme's projection with little chance in it: of Milltown's own size it is 4% too high, which no seed averages out."""
    inputs = given()
    around = surroundings(inputs.place, inputs.place_dials, families=MOST)
    made = Projections(inputs.place, inputs.dials)
    made._kept[NAME, SPANS[0]] = project(around, inputs.catalogue[NAME], QUARTERS * SPANS[0], n=100_000)
    return made


def carried_out(inputs, seed, projections=None, commissioned=True):
    """Two years of a place that commissions in the first, or never: the model, and findings of the programme's cohort."""
    start = burn_in(inputs.place, inputs.place_dials, seed, FAMILIES)
    model, found = LocalSystem(inputs, start, seed, Recorder(blank_twin(FAMILIES)), projections), []
    model.dials = {**model.dials, "measurement.cohort_size": FAMILIES}  # all are measured
    (body,), learn = model.bodies, model.evaluation.learn

    def noted(findings):
        found.extend(item for item in findings if item.cohort.programme == NAME)
        learn(findings)

    model.evaluation.learn = noted
    for quarter in range(2 * QUARTERS):
        if not commissioned or quarter == QUARTERS:
            body.commission = lambda money: None  # so that controls never enrol
        model.step()
    return model, found


def promised(model, cohort):
    """Pence that a family of a cohort was to save in the year just past."""
    return model.evaluation.promise(cohort)[model.relief.paid_for(NAME)].sum()


def more_used(group, model, twin):
    """Pence that families of a group used in the year just past beyond what they used where nothing is commissioned: float (n,)."""
    use, without = (place.families.served_in_year(group.rows).astype(float) for place in (model, twin))
    return (use - without) @ (model.services.prices.average * model.relief.paid_for(NAME))


def learnt(plan, seeds, projections):
    """What is found of a cohort in each seed and what is true, as shares of what was promised, with what sets them apart.

    Returns
    -------
    dict of str to float (seeds,)
        What is `found`, its `error`, and what is `true`: what its families used less than in the same run with nothing
        commissioned. What its controls used more than there: on no other programme (`spilled`), and on one (`treated`).
        The share of its families in `crisis` when they enrolled. The `belief` that the finding leads to.
    """
    rows, inputs = [], given(plan=plan)
    for seed in seeds:
        (model, (finding,)), (twin, _) = (carried_out(inputs, seed, projections, done) for done in (True, False))
        cohort, controls = finding.cohort, finding.cohort.comparison.controls
        cohort, controls = (group.of(group.still_there(model.families)) for group in (cohort, controls))
        more = more_used(controls, model, twin)
        treated = (model.families.columns.offer[:, controls.rows] > 0).any(axis=0)
        pence = {
            "found": finding.per_family,
            "error": finding.spread,
            "true": -more_used(cohort, model, twin).mean(),
            "spilled": more[~treated].sum() / len(more),
            "treated": more[treated].sum() / len(more),
        }
        promise = promised(model, finding.cohort)
        belief = model.bodies[0].beliefs[NAME].mean
        shares = {name: value / promise for name, value in pence.items()}
        rows.append({**shares, "crisis": finding.cohort.hard.mean(), "belief": belief})
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def by_luck(it):
    """What is found beyond what is true and what controls used more: the luck of the lots, and by how much it may be out."""
    luck = it["found"] - it["true"] - it["spilled"] - it["treated"]
    return luck.mean(), 2.5 * np.sqrt((it["error"] ** 2).sum()) / len(luck)


@pytest.mark.slow
def test_beliefs_that_are_right_stay_where_they_are(projections):
    """Where a programme has fewer places than families that services know, what is true comes to what is projected, within 6%.

    Places it frees are given to others, those who wait for it among them, so that these use somewhat more than if there
    were no programme. A finding by lot takes that for saved; the rest of how far it is out is the luck of the lots.
    """
    it = learnt(FEWER, range(1, 25), projections)
    assert it["true"].mean() == pytest.approx(1, abs=0.06)
    assert 0.01 < it["spilled"].mean() < 0.05
    assert not it["treated"].any()
    luck, most = by_luck(it)
    assert abs(luck) < most < 0.08
    assert it["found"].mean() == pytest.approx(1, abs=0.1)
    assert it["belief"].mean() == pytest.approx(1, abs=0.1)


@pytest.mark.slow
def test_more_places_than_families_known_save_less_than_projected_and_other_programmes_hide_some(projections):
    """The whole plan has 4,000 places on the programme where services know 2,700 families, half of whom agree.

    Those in crisis are soon enrolled, and others' places stay open: the cohort has fewer of those who save most than the
    design that is projected. More places are freed, for the cohort too. Controls go to other programmes, whose savings the
    finding does not see; it comes to about what is true, as they weigh about as much as what controls use of freed places.
    """
    it = learnt(None, range(1, 13), projections)
    assert it["crisis"].mean() < 0.27 < given().catalogue[NAME].shares[3]
    assert it["true"].mean() == pytest.approx(0.93, abs=0.05)
    assert 0.02 < it["spilled"].mean() < 0.05
    assert -0.05 < it["treated"].mean() < -0.015
    luck, most = by_luck(it)
    assert abs(luck) < most < 0.12


@pytest.mark.slow
def test_a_snapshot_lowers_beliefs_that_are_right():
    """It promises more than a third beyond what is found by lot."""
    model, (finding,) = carried_out(given("snapshot", FEWER), 1)
    assert finding.per_family < 0.75 * promised(model, finding.cohort)
    assert model.bodies[0].beliefs[NAME].mean < 0.75

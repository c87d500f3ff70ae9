"""The catalogue that comes with the package: whom each programme is for, what it costs, and what is known of it."""

import pytest

from sim.programmes.catalogue import load_catalogue

CATALOGUE = load_catalogue()
# A family in pounds of 2010/11: the source's figure times its deflator (deflators.csv), worked by hand.
COSTS = {
    "alcohol_outreach": 254.25,  # 400,000 over 1,600 people, 2009/10: 250 x 1.0170
    "critical_time_intervention": 2100.0,
    "drug_treatment": 5012.18,  # two years at 2,604, 2012/13: 5,208 x 0.9624
    "family_drug_alcohol_court": 11314.45,  # 12,170 of 2014/15 x 0.9297
    "family_group_conference": 1500.0,
    "family_nurse_partnership": 1812.0,
    "functional_family_therapy": 2326.11,  # 3,470 dollars at 1.35, 2016/17: 2,570 x 0.9051
    "homelessness_prevention": 1400.29,  # 2,255 dollars at 1.55, 2012/13: 1,455 x 0.9624
    "keyworker": 1661.76,  # 1,000 and 800 of 2015/16: 1,800 x 0.9232
    "multisystemic_therapy": 7689.58,  # 3.1m over 388, 2012/13: 7,990 x 0.9624
    "parenting": 1762.09,  # 1,869 of 2013/14 x 0.9428
    "perpetrator_programme": 2100.0,
    "school_curriculum": 246.11,  # 132 a year for 22 months, 2009/10: 242 x 1.0170
    "school_mentoring": 1000.0,
    "supported_employment": 2000.0,
    "through_the_gate": 1667.0,  # 5m over 3,000
    "triple_p": 980.75,  # 952 of 2008/09 x 1.0302
    "victim_advocacy": 1250.0,
}
# What their trials found: nothing, with an error; or harm.
NULLS = {
    ("family_nurse_partnership", "safeguarding"),
    ("functional_family_therapy", "conduct"),
    ("functional_family_therapy", "offending"),
    ("multisystemic_therapy", "offending"),
    ("multisystemic_therapy", "safeguarding"),
    ("school_curriculum", "conduct"),
    ("triple_p", "conduct"),
}
HARMS = {("school_mentoring", "schooling")}
LEVELS = ("emerging", "entrenched", "crisis")


def test_each_costs_what_its_own_source_says_at_prices_of_2010():
    assert {name: item.cost_pence() / 100 for name, item in CATALOGUE.items()} == COSTS


def test_nulls_stay_nought_and_harms_stay_harms():
    effects = {(name, effect.need): effect for name, item in CATALOGUE.items() for effect in item.effects}
    assert {key for key, effect in effects.items() if effect.value == 0} == NULLS
    assert all(effects[key].se > 0 and "(null)" in effects[key].source for key in NULLS)
    helps = {key: effect.value < 0 if effect.turns[0] else effect.value > 0 for key, effect in effects.items()}
    assert {key for key, good in helps.items() if not good} == NULLS | HARMS


@pytest.mark.parametrize("name", CATALOGUE)
def test_those_enrolled_stand_where_its_trial_took_them(name):
    """Shares sum to one, and nobody is taken whom the referral rule leaves out."""
    item = CATALOGUE[name]
    if item.shares is None:
        return
    assert item.shares.sum() == pytest.approx(1)
    outside = [level for level in range(4) if not item.target["level_from"] <= level <= item.target["level_to"]]
    assert not item.shares[outside].any()


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_effect_is_fitted_on_one_trial_or_says_that_it_is_assumed(name):
    item = CATALOGUE[name]
    fixed = {trial.fixes: trial.row for trial in item.trials if trial.fixes}
    for effect in item.effects:
        assert effect.low <= effect.value <= effect.high
        if effect.need in fixed:
            assert effect.fitted_on == fixed[effect.need]
        else:
            assert effect.source.startswith("assumption: ")
            assert "trials:" in effect.source
            assert effect.low < effect.high


def test_most_have_a_trial_that_is_emulated_and_the_others_say_why_not():
    emulated = {name for name, item in CATALOGUE.items() if any(trial.endpoint for trial in item.trials)}
    assert len(emulated) >= 10
    for name in set(CATALOGUE) - emulated:
        assert all(trial.not_emulated for trial in CATALOGUE[name].trials)
    rows = [trial.row for item in CATALOGUE.values() for trial in item.trials]
    assert len(rows) == len(set(rows))


def test_the_six_problems_of_the_keyworkers_families():
    """Two of six: crime, absence, worklessness, domestic abuse, and health as two needs; a child who needs help comes with them."""
    target = CATALOGUE["keyworker"].target
    assert (target["level_from"], target["at_least"], len(target["needs"])) == (1, 2, 6)
    assert set(target["needs"]).isdisjoint({"safeguarding", "conduct", "housing"})

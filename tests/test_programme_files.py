"""A programme's file: what it may say, and what is told where it says something else."""

import numpy as np
import pytest

from sim.arrangements.at_place import check_programme
from sim.core.dials import defaults
from sim.core.faults import InputError
from sim.place import kernels
from sim.place.families import Families
from sim.programmes.catalogue import MOST_RECENT, load_programme
from tests.programme_file import EFFECT, HEAD, PROGRAMME, TRIALS, VALUES


def written(folder, text, name="mine.toml"):
    """Path of a file with a text."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def faults_of(folder, text):
    """What is said of a file."""
    path = written(folder, text)
    with pytest.raises(InputError) as error:
        load_programme(path)
    assert all(line.startswith(str(path)) for line in error.value.faults)
    return [line.removeprefix(f"{path}: ") for line in error.value.faults]


def test_all_that_a_file_says(tmp_path, milltown):
    item = load_programme(written(tmp_path, PROGRAMME))
    (effect,) = item.effects
    assert (effect.need, effect.on, effect.value, effect.se, effect.low, effect.high) == (
        "safeguarding", "both", -0.61, 0.22, -1.05, -0.18,
    )  # fmt: skip
    assert (effect.believed, effect.source, effect.fitted_on) == (0.2, "fitted: trials:FGC-1", "FGC-1")
    place = milltown.index("needs")["safeguarding"]
    assert list(item.published(milltown)[:, place]) == [0.2, -0.2]
    assert list(item.mean_effect(milltown)[:, place]) == [-0.61, 0.61]
    assert (item.get("cost_per_family"), item.believed("cost_per_family")) == (1500, 1200)
    assert (item.get("case_finding"), item.believed("case_finding"), item.get("trust_gain")) == (0.5, 0.5, 1)
    np.testing.assert_array_equal(item.shares, [0, 0, 0.4, 0.6])
    first, second, third = item.trials
    assert (first.row, first.use, first.fixes, first.lines) == ("FGC-1", "fit", "safeguarding", ("foster_care", "residential_care"))  # fmt: skip
    assert (first.follow_up, first.sense, first.published["control_value"]) == (12, "worse", "0.448")
    assert (second.window, second.follow_up, second.need, second.level_from, second.sense) == (6, 24, "safeguarding", 3, "better")  # fmt: skip
    assert (third.endpoint, third.not_emulated) == ("", "living arrangements are not told apart")


def test_what_may_be_left_out(tmp_path):
    """Without shares, own case finding, beliefs and trials: as the place has it, believed as true."""
    left_out = ("case_finding", "share_emerging", "share_entrenched", "share_crisis")
    values = "\n".join(text.replace("believed = 1200", "") for name, text in VALUES.items() if name not in left_out)
    effect = EFFECT.replace("believed = 0.2\n", "").replace("fitted: trials:FGC-1", "assumption: a guess")
    item = load_programme(written(tmp_path, f"{HEAD}\n{values}{effect}"))
    assert item.shares is None
    assert item.trials == ()
    assert item.believed("cost_per_family") == item.get("cost_per_family") == 1500
    assert item.get("case_finding") == item.get("trust_gain") == 1
    assert item.effects[0].believed == -0.61


OLD = '[[effect]]\nneed = "safeguarding"\non = "escalation"\n[[effect.study]]\nratio = 0.81\nsource = "interventions:FGC"\n'


def test_the_old_form_is_told_once_with_what_to_write(tmp_path):
    (fault,) = faults_of(tmp_path, PROGRAMME.replace(EFFECT + TRIALS, OLD + OLD.replace("escalation", "recovery")))
    assert fault.startswith("effect 1: study: is no longer the form; write need, on, value, se, low, high and source")


EFFECT_FAULTS = [
    ('on = "both"', 'on = "easing"', "effect 1: on: 'easing' is unknown; "),
    ('on = "both"\n', "", "effect 1: on: is missing; give one of escalation, recovery, both"),
    ("value = -0.61", "value = -6.1", "effect 1: value -6.1 is below -5"),
    ("value = -0.61", "value = 0.61", "effect 1: value 0.61 is out of range; give -1.05 to -0.18"),
    ("value = -0.61", "valeu = -0.61", "did you mean 'value'?"),
    ("se = 0.22", "se = -1", "effect 1: se: -1 is out of range; give 0 to 5"),
    ("se = 0.22\n", "", "effect 1: se: has no value"),
    ("low = -1.05", "low = nan", "effect 1: low nan is not finite"),
    ("believed = 0.2", "believed = 9", "effect 1: believed: 9 is out of range; give -5 to 5"),
    ("believed = 0.2", "believed = true", "effect 1: believed: value True is not a number"),
    ("fitted: trials:FGC-1", "", "effect 1: has no source"),
    ("fitted: trials:FGC-1", "fitted: trials:FGC-9", "effect 1: cites trials:FGC-9, which is not in the evidence"),
    ("fitted: trials:FGC-1", "fitted: trials:FGC-2", "effect 1: source: is fitted on FGC-2, which no [[trial]] fixes 'safeguarding' on"),
    ("fitted: trials:FGC-1", "trials:FGC-9", "effect 1: cites trials:FGC-9, which is not in the evidence"),
    ("[[effect]]", EFFECT + "[[effect]]", "effect 2: escalation of safeguarding is given twice"),
    ("[[effect]]", EFFECT.replace("both", "recovery") + "[[effect]]", "effect 2: recovery of safeguarding is given twice"),
]  # fmt: skip
TRIAL_FAULTS = [
    ('row = "FGC-1"', 'row = "FGC-9"', "trial 1: row: 'FGC-9' is not in trials.csv; did you mean 'FGC-"),
    ('row = "FGC-1"', "row = 3", "trial 1: row: 3 is empty or has the wrong type"),
    ('row = "FGC-2"', 'row = "FGC-1"', "trial FGC-1: is named twice"),
    ("window = 6", 'window = 6\nfixes = "safeguarding"', "trial FGC-2: fixes: the row's use is check; leave it out"),
    ('fixes = "safeguarding"', 'fixes = "conduct"', "trial FGC-1: fixes: 'conduct' is unknown; known are safeguarding"),
    ('endpoint = "share_at"', 'endpoint = "share"', "trial FGC-1: endpoint: 'share' is unknown; did you mean 'share_at'?"),
    ('endpoint = "share_at"', 'endpoint = "window"', "trial FGC-1: window: has no value"),
    ('endpoint = "share_at"', 'endpoint = "share_at"\nwindow = 6', "trial FGC-1: window: is given, and the endpoint is another"),
    ('endpoint = "share_at"', 'endpoint = "events"', "trial FGC-1: lines: endpoint 'events' has no sense of lines"),
    ('scale = "difference"\n', "", "trial FGC-1: scale: is missing; give one of difference, ratio, odds"),
    ('scale = "difference"', 'scale = "hazard"', "trial FGC-1: scale: 'hazard' is unknown"),
    ('sense = "better"', 'sense = "good"', "trial FGC-2: sense: 'good' is unknown"),
    ('sense = "better"', 'takes_part = "some"', "trial FGC-2: takes_part: 'some' is unknown"),
    ('sense = "better"', 'entering = ["prison"]', "trial FGC-2: the state is given as need and as entering"),
    ('lines = ["foster_care", "residential_care"]', 'entering = ["prison"]', "trial FGC-1: entering: endpoint 'share_at' has no sense of entering"),
    ('endpoint = "share_at"', 'endpoint = "standardised"', "trial FGC-1: scale: is difference, and a standardised difference is compared as odds"),
    ("months = 24", "months = 0", "trial FGC-2: months: 0 is out of range; give 1 to 300"),
    ("level_from = 3\nmonths", "level_from = 4\nmonths", "trial FGC-2: level_from: 4 is out of range; give 1 to 3"),
    ("level_from = 3\nmonths", "months", "trial FGC-2: level_from: has no value"),
    ('need = "safeguarding"\nlevel_from = 3\n', "", "trial FGC-2: no state is given; give need and level_from, or lines, or event, or entering"),
    ('lines = ["foster_care"', 'event = "arrest"\nlines = ["foster_care"', "trial FGC-1: the state is given as lines and as event"),
    ('lines = ["foster_care", "residential_care"]', 'event = "arrest"', "trial FGC-1: event: endpoint 'share_at' has no sense of event"),
    ('lines = ["foster_care", "residential_care"]', 'lines = ["foster_care", 3]', "trial FGC-1: lines: 3 is unknown; give names in quotes"),
    ('lines = ["foster_care"', 'level_from = 2\nlines = ["foster_care"', "trial FGC-1: level_from: stands without need"),
    ("not_emulated", 'endpoint = "ever"\nnot_emulated', "trial FGC-4: endpoint: stands beside not_emulated; give one of them"),
    ("living arrangements are not told apart", " ", "trial FGC-4: not_emulated: is empty; say why the model cannot measure it"),
    ("not_emulated", "emulated", "trial 3: emulated: unknown key; did you mean 'not_emulated'?"),
    ('row = "FGC-4"\nnot_emulated = "living arrangements are not told apart"',
     'row = "FGC-5"\nendpoint = "share_at"\nneed = "safeguarding"\nlevel_from = 3\nscale = "ratio"',
     "trial FGC-5: months: is missing, and the row has no follow-up; give its months"),
]  # fmt: skip
OTHER_FAULTS = [
    ("evidence_grade = 2", "evidence_grade = 9", "evidence_grade: 9 is out of range; give 1 (best) to 6"),
    ("evidence_grade = 2", 'evidence_grade = "2"', "evidence_grade: '2' is empty or has the wrong type"),
    ("value = 1500", "value = -1500", "cost_per_family: value -1500 is negative"),
    ("value = 1500", "value = 15000", "cost_per_family: value 15000 is out of range"),
    ("value = 1500", "value = true", "cost_per_family: value True is not a number"),
    ("believed = 1200", "believed = -1", "cost_per_family: believed -1 is negative"),
    ("believed = 1200", 'believed = "much"', "cost_per_family: believed 'much' is not a number"),
    ("[half_life]", "[half_live]", "did you mean 'half_life'"),
    ('[half_life]\n', '[half_life]\nbelieved = 2\n', "half_life: unknown field 'believed'"),
    ("[engagement]\nvalue = 0.6", "[engagement]\nvalue = 60", "engagement: value 60 is above 1; give 0.6 for 60%"),
    ("[duration]\nvalue = 1\n", "[duration]\nvalue = 1.5\n", "duration: value 1.5 is not a whole number; give 1 or 2"),
    ("level_from = 2\nlevel_to", "level_from = 0\nlevel_to", "target.level_from: 0 is out of order or range; give 1 to 3"),
    ("level_from = 2\nlevel_to", "levels_from = 2\nlevel_to", "did you mean 'level_from'"),
    ("level_to = 3", "level_to = 1", "target.level_to: 1 is out of order or range; give 2 to 3"),
    ("at_least = 1", "at_least = 2", "target.at_least: 2 is out of order or range; give 1 to 1"),
    ("age_from = 0", "age_from = true", "target.age_from: True is empty or has the wrong type; give a whole number"),
    ("age_to = 17", "age_to = 17\nwithin = 1", "target.within: stands without event"),
    ("age_to = 17", 'age_to = 17\nevent = "arrest"\nwithin = 5', "target.within: 5 is out of range; give 1 to 4 quarters"),
    ("age_to = 17", 'age_to = 17\nevent = "arrest"\nwithin = 0.5', "target.within: 0.5 is empty or has the wrong type"),
    ("age_to = 17", "age_to = 17\nnot_served = []", "target.not_served: [] is empty"),
    ("age_to = 17", "age_to = 17\nnot_served = [3]", "target.not_served: 3 is unknown; give names in quotes"),
    ("age_to = 17", 'age_to = 17\nnot_served = ["prison", "prison"]', "target.not_served: 'prison' is named twice"),
    ('"in_house"', '"inhouse"', "did you mean 'in_house'"),
    ('"in_house"', '"in_house", "in_house"', "sectors: 'in_house' is named twice"),
    ('commissioners = ["council"]', "commissioners = []", "commissioners: [] is empty"),
    ("[target]", "[[target]]", "target: [{"),
    ("[share_entrenched]\nvalue = 0.4", "[share_entrenched]\nvalue = 0.3", "share_emerging: shares by level sum to 0.9; make them 1 together"),
    ("[share_emerging]\nvalue = 0\n", "[share_emerging]\nvalue = 0.2\n", "share_emerging: is of a level that the target leaves out"),
    (VALUES["share_crisis"], "", "share_crisis: is missing; give shares of all three levels, or of none"),
    ("[case_finding]\nvalue = 0.5", "[case_finding]\nvalue = 30", "case_finding: value 30 is above 20"),
]  # fmt: skip


@pytest.mark.parametrize(("find", "put", "says"), EFFECT_FAULTS + TRIAL_FAULTS + OTHER_FAULTS)
def test_a_spoilt_programme_says_what_is_wrong(tmp_path, find, put, says):
    assert find in PROGRAMME
    assert any(says in fault for fault in faults_of(tmp_path, PROGRAMME.replace(find, put, 1)))


def test_every_fault_is_told_at_once(tmp_path):
    text = PROGRAMME
    for find, put in (("se = 0.22", "se = -1"), ("months = 24", "months = 0"), ("believed = 1200", "believed = -1"), ('"ratio"\nlow = 0\nhigh = 2', '""\nlow = 0\nhigh = 2'), ("at_least = 1", "at_least = 2"), ('"share_at"', '"share"')):  # fmt: skip
        assert find in text
        text = text.replace(find, put, 1)
    assert len(faults_of(tmp_path, text)) == 6


def test_a_second_row_may_not_fix_the_same_need(tmp_path):
    more = '\n[[trial]]\nrow = "FNP-1"\nfixes = "safeguarding"\nendpoint = "ever"\nneed = "safeguarding"\nlevel_from = 2\nscale = "odds"\n'
    (fault,) = faults_of(tmp_path, PROGRAMME + more)
    assert fault.startswith("trial FNP-1: fixes: a second row fixes 'safeguarding'; keep one")


@pytest.mark.parametrize(
    "text", ["effect = [1]", "effect = []", "target = 3\neffect = [{study = [3]}]", "engagement = 0.5", "", "trial = 3"]
)
def test_tables_of_the_wrong_kind_are_told_with_all_that_is_missing(tmp_path, text):
    faults = faults_of(tmp_path, text)
    assert len(faults) > 10
    assert sum("duration" in fault for fault in faults) == 1


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ("age_to = 17", 'age_to = 17\nnot_served = ["prisn"]', "target.not_served: 'prisn' is no service line of milltown; did you mean 'prison'?"),
        ('"foster_care"', '"fostercare"', "trial FGC-1: lines: 'fostercare' is no service line of milltown; did you mean 'foster_care'?"),
        ('need = "safeguarding"\nlevel_from = 3', 'need = "safe"\nlevel_from = 3', "trial FGC-2: need: 'safe' is no need of milltown"),
        ('need = "safeguarding"\nlevel_from = 3', 'entering = ["prisn"]', "trial FGC-2: entering: 'prisn' is no service line of milltown; did you mean 'prison'?"),
        ('need = "safeguarding"\nlevel_from = 3', 'event = "arest"', "trial FGC-2: event: 'arest' is no event of milltown; did you mean 'arrest'?"),
    ],
)  # fmt: skip
def test_what_a_trial_names_is_at_some_place(tmp_path, milltown, find, put, says):
    check_programme(load_programme(written(tmp_path, PROGRAMME)), milltown)
    with pytest.raises(InputError) as error:
        check_programme(load_programme(written(tmp_path, PROGRAMME.replace(find, put))), milltown)
    assert says in str(error.value)


def test_a_target_within_some_quarters_of_an_event(tmp_path, milltown):
    """Slots are the quarter modulo four: within one quarter of the sixth is slot 2, within two are slots 2 and 1."""
    assert MOST_RECENT == kernels.RING
    event = milltown.events[0].id
    asked = PROGRAMME.replace("age_to = 17", f'age_to = 17\nevent = "{event}"\nwithin = 2')
    target = load_programme(written(tmp_path, asked)).targets(milltown)
    assert (target.events, target.within, target.at(6).slots) == (1, 2, 0b0110)
    assert target._replace(within=1).at(6).slots == 0b0100
    assert target._replace(within=1).at(8).slots == 0b0001
    whole = load_programme(written(tmp_path, asked.replace("\nwithin = 2", ""))).targets(milltown)
    assert whole.within == kernels.RING
    assert whole.at(6).slots == 0b1111


def test_families_like_a_target_had_the_event_lately(milltown):
    """In quarter 6 events of quarters 6, 5, 4 and 3 are remembered, in slots 2, 1, 0 and 3: of families 0, 1, 2 and 3."""
    families = Families(milltown, defaults(), 600, 1)
    families.columns.packed[:] = 0
    families.columns.packed[:5] = 2
    families.columns.age[:] = 40
    families.columns.events[[2, 1, 0, 3], range(4)] = 0b10
    families.quarter = 6
    target = kernels.Target(np.array([1, *[0] * (len(milltown.needs) - 1)], np.uint8), 2, 3, 1, 0, 100)
    assert list(families.like(target)[0]) == [0, 1, 2, 3, 4]
    for within in (1, 2, 3, 4):
        assert list(families.like(target._replace(events=0b10, within=within))[0]) == list(range(within))
    assert not len(families.like(target._replace(events=0b01))[0])

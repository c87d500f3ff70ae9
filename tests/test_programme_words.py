"""What is said of programmes: the template to fill in, the list, and the explanation."""

import re

import pytest

import sim
from sim.programmes.catalogue import load_programme, programme_names
from sim.studies.templates import write_template
from sim.words import checked, explained, listed
from tests.programme_file import PROGRAMME


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "my_programme.toml"
    write_template("programme", path)
    return path


def test_the_template_is_right_its_examples_too_and_runs(template):
    for place in ("milltown", "birmingham_2010"):
        assert checked(template, place) == f"{template}: a programme, 'A programme of mine': right at {place}"
    text = re.sub(r'^# (?=\[|[\w."]+ = )', "", template.read_text(encoding="utf-8"), flags=re.MULTILINE)
    template.write_text(
        text.replace('source = "assumption: half of', 'source = "fitted: trials:TF-1"  #'), encoding="utf-8"
    )
    assert checked(template).endswith("right at birmingham_2010")
    item = load_programme(template)
    assert (len(item.trials), item.target["within"], item.effects[0].believed) == (3, 1, -0.4)
    assert item.believed("case_finding") == 1 != item.get("case_finding")


def test_the_template_runs(template):
    """Believed to work without fail and for next to nothing, it is bought."""
    text = template.read_text(encoding="utf-8").replace("# believed = -0.4 ", "believed = -3")
    template.write_text(text.replace("value = 2000,", "value = 2000, believed = 10,"), encoding="utf-8")
    result = sim.run("silo", "milltown", years=1, programmes=template)
    assert "my_programme" in set(result.decisions.query("kind == 'commission'")["what"])


def test_a_programme_is_explained_with_population_belief_effects_and_trials(tmp_path):
    path = tmp_path / "conference.toml"
    path.write_text(PROGRAMME.replace("age_to = 17", 'age_to = 17\nevent = "pre_proceedings"\nwithin = 1'))
    rows = explained(path, "milltown")
    said = dict(rows)
    assert said["for"] == "families with safeguarding at entrenched to crisis, child aged 0 to 17, pre_proceedings in the last quarter"  # fmt: skip
    assert said["enrolled"].startswith("0% emerging, 40% entrenched, 60% crisis [")
    assert said["cost"].startswith("£1,500 (believed £1,200) at 2010/11 prices, 700 to 3000 GBP of 2010/11 [")
    # exp(-0.61) = 0.543 and exp(0.61) = 1.840; deciders believe in harm, exp(0.2) = 1.221
    assert said["effect"].startswith("safeguarding worsens 0.54 times as often in a quarter, eases 1.84 times (log ratio -0.61, se 0.22, -1.05 to -0.18), believed 1.22 (0.2) [")  # fmt: skip
    assert "fitted: trials:FGC-1 = Taylor et al, Br J Social Work" in said["effect"]
    trials = [text for label, text in rows if label == "trial"]
    assert trials[0].endswith("foster_care, residential_care in the state at follow-up, 12 months, by difference: fixes safeguarding")  # fmt: skip
    assert "not safeguarding from crisis in the state" in trials[1]
    assert trials[1].endswith("24 months, the last 6, by ratio: predicted")
    assert trials[2].endswith("not emulated: living arrangements are not told apart")


def test_shipped_programmes_are_listed_and_explained():
    rows = dict(listed("programmes", "milltown"))
    assert list(rows) == programme_names()
    for name in programme_names():
        assert "£" in rows[name]
        labels = [label for label, _ in explained(name, "milltown")]
        assert {"for", "cost", "effect"} <= set(labels)

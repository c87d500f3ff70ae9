"""A programme of a run's own, by file: bought like any other, whichever way it is given, and gone with the run."""

import pandas as pd
import pytest

import sim
from sim.core.faults import InputError
from sim.programmes.catalogue import SHIPPED, load_catalogue, programme_names
from sim.results.manifest import read_manifest
from sim.results.swept import read_study
from sim.studies.study import load_study
from sim.studies.sweep import load_sweep
from tests.programme_file import PROGRAMME

SURE = PROGRAMME.replace("believed = 0.2\n", "believed = -2.5\n").replace("believed = 1200", "believed = 10")
SMALL = {"place": "milltown", "years": 2, "replicates": 1}
ARRANGEMENT = 'extends = "silo"\nname = "Mine"\nsource = "assumption: a test"\ndiffers = "Is for named programmes."\n'


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working folder with a programme in a folder beside it, and an arrangement for it and for all shipped ones."""
    for name in ("home", "files"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "home")
    (tmp_path / "files" / "mine.toml").write_text(SURE)
    names = ", ".join(f'"{name}"' for name in (*programme_names(), "mine.toml"))
    (tmp_path / "files" / "silo_too.toml").write_text(f"{ARRANGEMENT}programmes = [{names}]\n")
    return tmp_path / "home"


def bought(result, programme="mine"):
    """Years in which a programme was commissioned."""
    return list(result.decisions.query("kind == 'commission' and what == @programme")["year"])


def plain(table):
    """A table without the names of arrangements."""
    return table.drop(columns="arrangement")


def test_the_same_comes_out_whichever_way_it_is_given(listsim, home):
    given = sim.run("silo", "milltown", years=2, programmes=["../files/mine.toml"])
    assert bought(given) == [1, 2]
    assert not bought(sim.run("silo", "milltown", years=2))
    named = sim.run("../files/silo_too.toml", "milltown", years=2)
    pd.testing.assert_frame_equal(plain(named.runs), plain(given.runs))
    pd.testing.assert_frame_equal(plain(named.decisions), plain(given.decisions))
    words = ["run", "silo", "--programme", "../files/mine.toml", "--place", "milltown", "--years", 2, "--out", "kept"]
    assert listsim(*words, "--no-report", "--quiet")[0] == 0
    pd.testing.assert_frame_equal(pd.read_parquet("kept/decisions.parquet"), given.decisions, check_dtype=False)


@pytest.mark.parametrize("way", ["option", "arrangement"])
def test_a_result_is_reproduced_when_its_programme_is_gone(home, way):
    file = home.parent / "files" / "mine.toml"
    asked = {"option": ("silo", ["../files/mine.toml"]), "arrangement": ("../files/silo_too.toml", None)}[way]
    sim.compare([asked[0]], **SMALL, programmes=asked[1]).write("kept", report=False)
    manifest = read_manifest("kept")
    assert manifest["request"]["programmes"] == (asked[1] or [])
    assert manifest["own_files"]["../files/mine.toml"] == SURE
    assert len(manifest["files"]["../files/mine.toml"]) == 64
    assert manifest["inputs"]["programmes.mine.cost_per_family"]["value"] == 1500
    file.unlink()
    (home.parent / "files" / "silo_too.toml").unlink()
    done = sim.reproduce("kept")
    assert done.agrees
    assert done.changes == []
    assert bought(done.comparison) == [1, 2]


def test_one_that_takes_the_place_of_a_shipped_one_says_so_and_leaves_the_next_run_alone(listsim, home):
    (home / "parenting.toml").write_text(SURE)
    shipped = load_catalogue()["parenting"]
    study = load_study(["silo"], "milltown", programmes="parenting.toml")
    assert study.inputs()[0].catalogue["parenting"].name == "Conference"
    assert list(study.inputs()[0].catalogue) == programme_names()
    said = "parenting.toml stands in place of the shipped programme 'parenting' in this run"
    assert study.notes == (said,)
    words = ["run", "silo", "--place", "milltown", "--years", 1, "--families", 2000, "--no-report"]
    _, out, err = listsim(*words, "--programme", "parenting.toml")
    assert said in out + err
    _, out, err = listsim(*words)
    assert "stands in place" not in out + err
    assert (
        load_catalogue()["parenting"] == shipped == load_study(["silo"], "milltown").inputs()[0].catalogue["parenting"]
    )


def test_an_arrangement_for_named_programmes_is_for_those_given_too(home):
    study = load_study(["silo", "pbr_drugs"], "milltown", programmes=["../files/mine.toml"])
    assert [item.programmes for item in study.arrangements] == [(), ("drug_treatment", "mine")]
    assert all("mine" in inputs.catalogue for inputs in study.inputs())
    (home.parent / "files" / "private.toml").write_text(
        f'{ARRANGEMENT}sectors = ["private"]\nprogrammes = ["parenting"]\n'
    )
    study = load_study(["../files/private.toml"], "milltown", programmes=["../files/mine.toml"])
    assert study.arrangements[0].programmes == ("parenting",)  # nobody who may provide under it may deliver it


def test_an_arrangements_own_programme_is_for_no_other_arrangement(home):
    own, other = load_study(["../files/silo_too.toml", "silo"], "milltown").inputs()
    assert "mine" in own.catalogue
    assert "mine" not in other.catalogue
    (home / "next.toml").write_text('extends = "../files/silo_too"\nname = "Next"\n')
    (inputs,) = load_study(["next.toml"], "milltown").inputs()
    assert inputs.catalogue["mine"].file == "../files/mine.toml"  # names count from the file that gives the list


def test_shares_by_level_stay_one_together_where_they_are_set(home):
    own, shares = (
        {"programmes": ["../files/mine.toml"]},
        ("programmes.mine.share_entrenched", "programmes.mine.share_crisis"),
    )
    study = load_study(["silo"], "milltown", dict(zip(shares, (0.3, 0.7), strict=True)), **own)
    assert list(study.inputs()[0].catalogue["mine"].shares) == [0, 0, 0.3, 0.7]
    with pytest.raises(InputError, match=r"--set: programmes\.mine\.share_emerging: shares by level sum to 0\.9"):
        load_study(["silo"], "milltown", {shares[0]: 0.3}, **own)


def test_its_values_are_set_and_its_plan_is_read(home):
    study = load_study(
        ["silo"], "milltown", {"programmes.mine.cost_per_family": 2000}, programmes=["../files/mine.toml"]
    )
    assert study.inputs()[0].catalogue["mine"].get("cost_per_family") == 2000
    plan = (SHIPPED.parents[2] / "tests" / "data" / "plan.toml").read_text()
    (home / "plan.toml").write_text(
        plan[: plan.index("[rules]")] + 'programmes = ["../files/mine.toml"]\n' + plan[plan.index("[rules]") : plan.index("[plan]")]
        + "[plan]\nmine = 50\n"
    )  # fmt: skip
    assert bought(sim.run("plan.toml", "milltown", years=1, families=2000)) == [1]


def test_a_study_file_and_its_sweep_take_it(home):
    (home.parent / "files" / "study.toml").write_text(
        'place = "milltown"\narrangements = ["silo"]\nprogrammes = ["mine.toml"]\nyears = 2\nreplicates = 1\n'
        "[grid]\nprogrammes.mine.cost_per_family = [1000, 2000]\n"
    )
    swept = load_sweep("../files/study.toml")
    assert swept.describe()["asked"]["programmes"] == ["../files/mine.toml"]
    assert swept.describe()["own_files"]["../files/mine.toml"] == SURE
    assert swept == load_sweep("../files/study.toml", programmes=["../files/mine.toml"])
    assert "programmes" not in load_sweep(arrangements=["silo"], place="milltown").describe()["asked"]


@pytest.mark.slow
def test_workers_of_a_sweep_get_it(home):
    asked = {"arrangements": ["silo"], "programmes": ["../files/mine.toml"], **SMALL, "replicates": 2}
    sim.sweep(**asked, out="two", workers=2)
    result = sim.sweep(**asked, out="one")
    assert read_study("two") == read_study("one")
    assert result.summary is not None
    pd.testing.assert_frame_equal(pd.read_csv("two/summary.csv"), pd.read_csv("one/summary.csv"))


FAULTS = [
    (["parenting"], "--programme: parenting: comes with the package, so that every run has it"),
    (["mine"], "--programme: mine: is no TOML file; give a programme's file, as mine.toml"),
    (["nosuch.toml"], "nosuch.toml: cannot be read"),
    (["../files/mine.toml"] * 2, "--programme: ../files/mine.toml: is given twice; give it once"),
    (["../files/mine.toml", "mine.toml"], "--programme: mine: two files have this name: ../files/mine.toml and mine.toml"),
    (["needs.toml"], "needs.toml: target.needs: 'safety' is no need of milltown"),
    (["spoilt.toml"], "spoilt.toml: effect 1: se: -1 is out of range"),
]  # fmt: skip


@pytest.mark.parametrize(("programmes", "says"), FAULTS)
def test_what_is_wrong_with_it_is_told(home, programmes, says):
    (home / "mine.toml").write_text(SURE)
    (home / "needs.toml").write_text(SURE.replace('needs = ["safeguarding"]', 'needs = ["safety"]'))
    (home / "spoilt.toml").write_text(SURE.replace("se = 0.22", "se = -1"))
    with pytest.raises(InputError) as error:
        load_study(["silo"], "milltown", programmes=programmes)
    assert any(says in fault for fault in error.value.faults)


def test_faults_of_every_file_are_told_with_those_of_the_arrangement(home):
    (home / "spoilt.toml").write_text(SURE.replace("se = 0.22", "se = -1"))
    (home / "a.toml").write_text(f'{ARRANGEMENT}programmes = ["spoilt.toml", "nosuch.toml", "parentin"]\nnosuch = 1\n')
    with pytest.raises(InputError) as error:
        load_study(["a.toml"], "milltown")
    said = "\n".join(error.value.faults)
    for part in (
        "spoilt.toml: effect 1: se",
        "nosuch.toml: cannot be read",
        "'parentin' is unknown",
        "nosuch: unknown key",
    ):
        assert part in said
    assert len(error.value.faults) == 4


def test_one_name_is_one_programme_in_a_run(home):
    (home / "mine.toml").write_text(SURE)
    with pytest.raises(InputError, match="mine: is not one programme in all arrangements"):
        load_study(["../files/silo_too.toml"], "milltown", programmes=["mine.toml"])
    (home / "parenting.toml").write_text(SURE)
    (home / "a.toml").write_text(f'{ARRANGEMENT}programmes = ["parenting.toml"]\n')
    with pytest.raises(InputError, match="parenting: is not one programme in all arrangements"):
        load_study(["a.toml", "silo"], "milltown")
    assert load_study(["a.toml"], "milltown").inputs()[0].catalogue["parenting"].name == "Conference"

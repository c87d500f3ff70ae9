"""Incentives at a place: what deciders decide by, and how people meet them."""

import json
import re
import sys
from dataclasses import replace

import pandas as pd
import pytest

import sim
from sim.cli.shell import main
from sim.core.codes import ALL
from sim.core.faults import InputError
from sim.cost_benefit.keys import MEANING
from sim.cost_benefit.views import View
from sim.programmes.following import surroundings
from sim.studies.inputs import load_inputs
from sim.words import explained
from tests.programme_file import EFFECT, HEAD, VALUES

TOWN = "milltown"


@pytest.fixture(scope="module")
def found():
    return sim.incentives(TOWN)


@pytest.fixture
def listsim(tmp_path, monkeypatch, capfd):
    """Run the command line in an empty folder; (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["listsim", "incentives", "--place", TOWN, *map(str, words), "--no-progress"])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capfd.readouterr()

    return call


def test_it_is_worth_what_deciders_appraise(found):
    """Each agency of a run, before it has learned anything, values a family as it does here, at the prices of the run."""
    model = sim.model("silo", TOWN, years=1)
    model.step()
    price = model.services.prices.average / surroundings(model.place, model.dials).prices.average
    assert len(found.stakes) > 5
    for stakes in found.stakes:
        worth = View(found.bodies, replace(stakes, believed=stakes.believed * price), 3).worth()
        for agency in model.agencies:
            appraisal = agency.appraise(model.catalogue[stakes.programme], 0)
            assert appraisal.value_pence == pytest.approx(worth[agency.code], rel=1e-6, abs=1e-3), agency.code


def test_what_it_says_by_the_contract(listsim, found):
    code, out, err = listsim("--json")
    said = json.loads(out)
    assert (code, err) == (0, "")
    assert said == json.loads(json.dumps(found.to_dict()))
    assert (said["place"], said["horizon_years"]) == (TOWN, 3)
    assert [item["horizon_years"] for item in said["horizons"]] == [3, 5, 10, 20]
    assert said["rows"] == said["horizons"][0]["rows"]
    for row in said["rows"]:
        assert list(row) == list(MEANING)
        for name in ("benefit_gbp", "believed_cash_gbp", "true_gbp"):
            assert list(row[name]) == said["bodies"]
        assert row["passes_jointly"] == (sum(row["worth_gbp"].values()) > row["cost_per_family_gbp"])
        assert set(row["buys_alone"]) <= set(row["commissioners"])
        assert (row["forgone_gbp_per_year"] > 0) == (row["passes_jointly"] and not row["buys_alone"])
        for paid in row["payments_gbp"].values():
            assert paid is None or sum(paid.values()) == pytest.approx(row["cost_per_family_gbp"], abs=0.05)
            assert paid is None or all(paid[body] <= row["worth_gbp"][body] + 0.02 for body in paid)


def test_what_each_gains_grows_with_the_years_and_the_centre_has_no_line_of_an_agency(found):
    """All that is spared falls to somebody once: bodies' parts add up to the lines' own sums."""
    for near, far in zip(found.views(3), found.views(10), strict=True):
        present = far.present(far.stakes.believed)
        assert sum(far.gross.values()) == pytest.approx(present.sum())
        assert far.gross["centre"] == pytest.approx(present[found.bodies.demand_led].sum())
        assert far.error[ALL] >= near.error[ALL] * 0.9
        assert far.at_once["centre"] == far.believed_cash["centre"] == far.gross["centre"]


def test_a_year_at_full_reach_is_of_as_many_families_as_are_asked_for(found):
    """Forgone sums scale with families; what one family saves does not."""
    twice = sim.incentives(TOWN, families=6000)
    for one, two in zip(found.stakes, twice.stakes, strict=True):
        assert two.families == pytest.approx(2 * one.families)
        assert (two.believed == one.believed).all()


def test_families_a_year_are_of_those_who_come_past(found):
    """A target of an event within two quarters is met by twice as many families in a year as stand there on a day."""
    inputs = load_inputs("silo", TOWN)
    programme = inputs.catalogue["family_drug_alcohol_court"]
    assert programme.target["within"] == 2
    around = surroundings(inputs.place, inputs.dials)
    there, _ = around.families.use_by_target(programme.targets(inputs.place)._replace(level_to=3))
    (stakes,) = (item for item in found.stakes if item.programme == programme.id)
    assert stakes.families == pytest.approx(2 * there * programme.believed("most_reached") * 3000 / around.looked_at)


def test_a_place_without_anybody_like_the_target(listsim):
    code, _, err = listsim("--programme", "supported_employment")
    assert code == 2
    assert "milltown: has nobody like the target" in err


def test_belief_and_truth_apart(tmp_path):
    """A programme by its file that is believed to help and does harm, and costs more than is thought."""
    path = tmp_path / "hyped.toml"
    values = {**VALUES, "cost_per_family": VALUES["cost_per_family"].replace("believed = 1200", "believed = 900")}
    effect = (
        EFFECT.replace("-0.61", "0.5").replace("high = -0.18", "high = 1").replace("believed = 0.2", "believed = -0.6")
    )
    effect = effect.replace("fitted: trials:FGC-1", "assumption: a test")
    path.write_text(HEAD + "\n".join(values.values()) + effect, encoding="utf-8")
    found = sim.incentives(TOWN, [path], horizon=10)
    (row,) = found.to_dict()["rows"]
    assert row["benefit_gbp"]["council"] > 0 > row["true_gbp"]["council"]
    assert (row["cost_per_family_gbp"], row["true_cost_per_family_gbp"]) == (900, 1500)
    assert row["commissioners"] == ["council"]


def test_nothing_is_true_where_programmes_do_nothing():
    nothing = sim.incentives(TOWN, ["keyworker"], settings={"programmes.effect_scale": 0})
    (row,) = nothing.to_dict()["rows"]
    assert set(row["true_gbp"].values()) == {0}
    assert row["forgone_in_truth_gbp_per_year"] == 0
    assert sum(row["benefit_gbp"].values()) > 0  # deciders do not know


def test_a_snapshot_is_what_naive_deciders_go_by(found):
    """Last year's use counts lines of the programme's own need alone, and no truth; it has no families to err by."""
    naive = sim.incentives(TOWN, ["keyworker"], settings={"appraisal.method": "snapshot"})
    (promised,) = naive.views(10)
    (likely,) = (view for view in found.views(10) if view.stakes.programme == "keyworker")
    assert promised.gross["council"] > 0
    assert promised.gross != pytest.approx(likely.gross, rel=0.1)
    assert promised.gross["nhs"] == 0 != likely.gross["nhs"]
    assert promised.true == pytest.approx(likely.true)
    assert promised.error[ALL] == 0


def test_table_page_and_sheet(listsim, tmp_path):
    code, out, err = listsim("--horizon", 10, "--out", "split", "--handout", "sheet.html")
    assert (code, err) == (0, "")
    assert "10 years ahead" in out
    assert out.endswith("split/report.html\nsheet.html\n")
    assert sorted(path.name for path in (tmp_path / "split").rglob("*.*")) == [
        "incentives.csv", "incentives.json", "incentives.svg", "manifest.json", "report.html",
    ]  # fmt: skip
    table = pd.read_csv(tmp_path / "split" / "incentives.csv")
    said = json.loads((tmp_path / "split" / "incentives.json").read_text(encoding="utf-8"))
    assert len(table) == 4 * len(said["rows"]) * len(said["bodies"])
    ten = table[table["horizon_years"] == 10].set_index(["programme", "body"])
    (keyworker,) = (row for row in said["rows"] if row["programme"] == "keyworker")
    assert ten.loc[("keyworker", "council"), "benefit_gbp"] == keyworker["benefit_gbp"]["council"]
    page, sheet = ((tmp_path / name).read_text(encoding="utf-8") for name in ("split/report.html", "sheet.html"))
    assert 'role="img" aria-label="Who would pay' in page
    for text in (page, sheet):
        assert not re.search(r'(src|href)="(?!#|data:)', text)  # stands alone
        assert all(row["name"].split(" (")[0] in text for row in said["rows"])
    assert "@page{size:A4" in sheet


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--horizon", 26), "agencies.horizon_years: 26 is out of range; give 1 to 25"),
        (("--programme", "parentin"), "did you mean 'parenting'"),
        (("--set", "nosuch=1"), "there is no such parameter"),
        (("--families", 3), "--families"),
    ],
)
def test_wrong_input_is_one_line(listsim, words, says):
    code, out, err = listsim(*words)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_nothing_is_written_over(listsim, tmp_path):
    (tmp_path / "sheet.html").write_text("mine")
    code, _, err = listsim("--programme", "parenting", "--handout", "sheet.html")
    assert code == 2
    assert err == "listsim: --handout: sheet.html: is a file that listsim did not write; give another file\n"
    asked = ("--programme", "parenting", "--handout")
    assert listsim(*asked, "sheet.html", "--overwrite")[0] == 2
    assert (tmp_path / "sheet.html").read_text() == "mine"
    assert listsim(*asked, "own.html")[0] == 0
    code, _, err = listsim(*asked, "own.html")
    assert (code, err) == (2, "listsim: --handout: own.html: is there already; give another file or --overwrite\n")
    assert listsim(*asked, "own.html", "--overwrite")[0] == 0


def test_a_folder_is_replaced_where_asked_unless_it_was_edited(listsim, tmp_path):
    asked = ("--programme", "parenting", "--out", "split")
    assert listsim(*asked)[0] == 0
    assert "not empty; give another folder or --overwrite" in listsim(*asked)[2]
    assert listsim(*asked, "--overwrite")[0] == 0
    (tmp_path / "split" / "incentives.csv").write_text("mine")
    code, _, err = listsim(*asked, "--overwrite")
    assert (code, "holds incentives.csv, which listsim did not write so" in err) == (2, True)
    assert (tmp_path / "split" / "incentives.csv").read_text() == "mine"


def test_keys_are_explained():
    assert "cash rule" in dict(explained("least_lifted", TOWN))["meaning"]
    with pytest.raises(InputError):
        explained("least_lift", TOWN)


def test_published_shares_stand_beside_and_move_nothing(found):
    checks = {(item["split"], *item["agencies"]): item for item in found.checks()}
    assert checks["unit_cost_database", "justice", "police"]["published"] == 0.47
    (view,) = (View(found.bodies, item, 20) for item in found.stakes if item.programme == "parenting")
    mine = (view.gross["justice"] + view.gross["police"]) / sum(view.gross.values())
    assert checks["unit_cost_database", "justice", "police"]["model"] == pytest.approx(mine, abs=1e-4)
    assert checks["drug_treatment", "nhs", "council"]["published"] == 0.59


def test_settings_that_nothing_reads_are_refused(listsim):
    idle = (
        "--set",
        "list.reinvested_share=0.5",
        "--set",
        "measurement.design=before_after",
        "--set",
        "programmes.keyworker.duration=4",
    )
    code, out, err = listsim("--programme", "parenting", *idle)
    assert (code, out) == (2, "")
    for name in idle[1::2]:
        assert f"--set: {name.partition('=')[0]}: nothing in incentives reads it here; leave it out\n" in err
    read = (
        "--set",
        "agencies.nhs.cashability_belief=0.3",
        "--set",
        "families.crises=0.5",
        "--set",
        "programmes.parenting.duration=2",
    )
    code, _, err = listsim("--programme", "parenting", *read)
    assert (code, err) == (0, "")

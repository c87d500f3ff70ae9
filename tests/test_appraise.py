"""The cost-benefit tool alone: worked by hand, against the deciders' function, and as a person meets it."""

import json
import math
import re
import shutil
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

import sim
from sim.cli.shell import main
from sim.core.evidence import evidence
from sim.core.faults import InputError
from sim.core.streams import normal, normals
from sim.cost_benefit.sources import drawn_reduction, load_splits
from sim.programmes.appraisal import Case, appraise_case, believed_reduction, snapshot
from sim.programmes.catalogue import load_programme

DOC = Path(__file__).parent.parent / "docs" / "appraise.md"
PLAIN = """
cost_per_case_gbp = 1000
cases = 100
discount_rate = 0.035
[[benefit]]
agency = "council"
amount_gbp = 300
from_year = 1
to_year = 5
"""
ANNUITY = 1 + 1 / 1.035 + 1 / 1.035**2 + 1 / 1.035**3 + 1 / 1.035**4
TWO = "[[benefit]]\nagency = 'nhs'\namount_gbp = 90.10\nfrom_year = 2\nto_year = 3\n"


@pytest.fixture
def judge(tmp_path):
    """Appraise a profile given as text, on Milltown; further lines go on top."""

    def call(text=PLAIN, top="", **options):
        path = tmp_path / "mine.toml"
        path.write_text(top + "\n" + text)
        return sim.appraise(path, place="milltown", **options)

    return call


@pytest.fixture
def listsim(tmp_path, monkeypatch, capfd):
    """Run the command line in an empty folder; (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["listsim", "appraise", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capfd.readouterr()
        return stop.value.code, out, err

    return call


@pytest.fixture(scope="module")
def keyworker():
    return sim.appraise("keyworker", place="milltown", seed=5)


def test_a_profile_by_hand(judge):
    said = judge().to_dict()
    assert round(300 * ANNUITY, 2) == 1401.92
    assert said["financial_case"]["benefit_gbp"] == 140_192.38
    assert said["financial_case"]["per_case"] == {
        "cost_gbp": 1000, "benefit_gbp": 1401.92, "net_gbp": 401.92, "cashable_gbp": 981.35, "cash_to_the_centre_gbp": 0,
    }  # fmt: skip
    assert (said["npv_gbp"], said["npv_per_case_gbp"]) == (40_192.38, 401.92)
    assert said["financial_roi"] == pytest.approx(300 * ANNUITY / 1000, rel=1e-12)
    assert said["payback_year"] == 4  # 300 + 289.86 + 280.05 = 869.91 after three years, 1,140.50 after four
    assert said["by_agency"][0]["cashable_gbp"] == 98_134.66  # the council believes in 0.7
    assert said["financial_case"]["cashable_payback_year"] is None
    assert [row["benefit_per_case_gbp"] for row in said["by_year"]] == [300] * 5
    assert said["by_year"][1]["present_per_case_gbp"] == 289.86


def test_a_cost_by_year_by_hand(judge):
    """1,000 + 200 / 1.035 + 200 / 1.035^2 = 1,000 + 193.24 + 186.70 = 1,379.94; five years of 300 bring 1,401.92."""
    text = PLAIN.replace("= 1000", "= [1000, 200, 200]")
    said = judge(text).to_dict()
    assert said["cost_per_case_gbp"] == [1000, 200, 200]
    assert said["corrected_cost_per_case_gbp"] == 1379.94
    assert said["financial_case"]["cost_gbp"] == said["public_value_case"]["cost_gbp"] == 137_993.89
    assert said["npv_per_case_gbp"] == round(1401.9238 - 1379.9389, 2) == 21.98
    assert said["financial_roi"] == pytest.approx(1401.9238 / 1379.9389)
    assert said["payback_year"] == 5  # 1,140.50 of 1,379.94 after four years
    twice = judge(text, top="cost_grade = 6").to_dict()
    assert twice["corrected_cost_per_case_gbp"] == pytest.approx(1.4 * 1379.9389, abs=0.01)
    # What is still to be paid does not count yet: 1,170 and 1,170 / 1.035 meet 1,000 and 200 / 1.035 in year 1.
    assert judge(text.replace("300", "1170")).financial.payback_year == 1
    # Costs outlast benefits: years are counted to the last cost.
    late = judge(text.replace("to_year = 5", "to_year = 1"))
    assert (late.terms.horizon_years, round(late.financial.net, 2)) == (3, -1079.94)
    one, many = judge(), judge(PLAIN.replace("= 1000", "= [1000]"))
    assert (many.financial, many.terms.horizon_years) == (one.financial, one.terms.horizon_years)


def test_a_horizon_leaves_no_cost_out(judge):
    text = PLAIN.replace("= 1000", "= [1000, 200, 200]")
    with pytest.raises(InputError, match="2 leaves out costs of year 3; give 3 or more"):
        judge(text, horizon=2)
    assert judge(text, horizon=3).financial.benefit == pytest.approx(300 * (1 + 1 / 1.035 + 1 / 1.035**2))


def test_payback_in_the_very_year_and_no_discounting(judge):
    free = PLAIN.replace("0.035", "0").replace("300", "333.4").replace("1000", "1000.2")
    said = judge(free).to_dict()
    assert said["payback_year"] == 3  # 3 x 333.4 is 1,000.2, whatever floating point makes of it
    assert said["npv_gbp"] == pytest.approx(66_680)
    assert judge(PLAIN.replace("300", "200")).financial.payback_year is None


def test_grades_correct_gains_and_cost(judge):
    for grade, share in ((1, 0), (2, 0.05), (3, 0.10), (4, 0.15), (5, 0.25), (6, 0.40)):
        said = judge(top=f"evidence_grade = {grade}").to_dict()
        assert said["financial_case"]["benefit_gbp"] == pytest.approx(30_000 * ANNUITY * (1 - share), abs=0.01)
        assert said["financial_case"]["cost_gbp"] == pytest.approx(100_000 * (1 + share))
        assert said["cost_per_case_gbp"] == 1000
        noted = (
            f"Corrections for grade: benefits -{share:.0%}, cost +{share:.0%}."
            if share
            else "No corrections for grade are made."
        )
        assert noted in said["notes"]
    said = judge(top="evidence_grade = 3\ncost_grade = 1").to_dict()
    assert "Corrections for grade: benefits -10%, cost +0%." in said["notes"]
    assert said["npv_gbp"] == pytest.approx(100 * (270 * ANNUITY - 1000), abs=0.01)
    harm = judge(PLAIN.replace("300", "-300"), top="evidence_grade = 6")
    assert harm.by_agency["share"].isna().all()
    assert harm.financial.benefit == pytest.approx(-300 * ANNUITY)


def test_reach_lag_and_drop_off_by_hand(judge):
    top = "engagement = 0.8\nsuccess = 0.5\ndeadweight = 0.25\nlag_years = 1\ndrop_off = 0.1"
    result = judge(PLAIN.replace("to_year = 5", "to_year = 2"), top=top)
    # 300 x 0.8 x 0.5 x 0.75 = 90 in year 2, 81 in year 3
    assert result.financial.benefit == pytest.approx(90 / 1.035 + 81 / 1.035**2)
    assert result.terms.horizon_years == 3
    assert judge(PLAIN, horizon=2).financial.benefit == pytest.approx(300 * (1 + 1 / 1.035))


def test_cases_public_value_and_the_centre(judge):
    text = PLAIN + "[[benefit]]\nagency = 'jobcentre'\namount_gbp = 100\nfrom_year = 1\nto_year = 1\ntransfer = true\n"
    text += "[[benefit]]\nkind = 'economic'\namount_gbp = 40\nfrom_year = 1\nto_year = 1\n"
    text += "[[benefit]]\nkind = 'social'\namount_gbp = 2\nfrom_year = 1\nto_year = 1\n"
    said = judge(text, cases=10).to_dict()
    money, value = said["financial_case"], said["public_value_case"]
    assert money["benefit_gbp"] == pytest.approx(10 * (300 * ANNUITY + 100), abs=0.01)
    assert money["cash_to_the_centre_gbp"] == 1000
    assert {row["agency"]: row["cashable_gbp"] for row in said["by_agency"]}["jobcentre"] == 0
    parts = [value[f"{kind}_gbp"] for kind in ("fiscal", "economic", "social")]
    assert parts == [14_019.24, 400, 20]
    assert (value["benefit_gbp"], value["transfers_left_out_gbp"]) == (14_439.24, 1000)
    assert value["npv_gbp"] == pytest.approx(4439.24)


def test_agencies_add_up_to_the_penny(judge):
    text = PLAIN + TWO + TWO.replace("nhs", "police").replace("90.10", "33.33") + TWO.replace("nhs", "fire")
    for cases in (1, 7, 1003):
        said = judge(text, cases=cases).to_dict()
        rows = said["by_agency"]
        assert round(sum(row["fiscal_gbp"] for row in rows), 2) == said["financial_case"]["benefit_gbp"]
        assert round(sum(row["cashable_gbp"] for row in rows), 2) == said["financial_case"]["cashable_gbp"]
        assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert any("no agency fire" in note for note in said["notes"])


def test_the_chance_of_gain_meets_its_closed_form(judge):
    result = judge(PLAIN.replace("1000", "1300"), top="evidence_grade = 1\ncost_grade = 1\nuncertainty = 0.2")
    benefit = 300 * ANNUITY
    chance = 1 - NormalDist(benefit, 0.2 * benefit).cdf(1300)
    assert result.financial.chance_of_gain == pytest.approx(chance, abs=3 * result.chance_error)
    assert result.chance_error == pytest.approx(0.0048, abs=2e-4)  # the root of p (1 - p) / 10,000, near p = 0.64
    grade = judge(PLAIN.replace("1000", "1350"), top="evidence_grade = 3\ncost_grade = 1")
    margin = 1 - NormalDist(0.9 * benefit, 0.9 * benefit * 0.10 / 1.96).cdf(1350)
    assert grade.financial.chance_of_gain == pytest.approx(margin, abs=0.02)
    assert judge(top="uncertainty = 0").financial.chance_of_gain == 1


def test_draws_are_keyed():
    np.testing.assert_array_equal(normals(5, 1, "appraisal", "x"), normals(9, 1, "appraisal", "x")[:5])
    assert normals(3, 1, "appraisal", "x")[2] == normal(1, "appraisal", "x", 2)


def test_a_programme_is_judged_as_deciders_judge_it(keyworker, settled, milltown):
    """As by deciders who go by last year's use: same use, effect, prices and correction; only the cost is corrected as well."""
    programme = load_programme("keyworker")
    families, use = settled.families.use_by_target(programme.targets(milltown)._replace(level_to=3))
    lines = settled.services.lines
    reduction = believed_reduction(programme.published(milltown), 1.0, lines.need)
    lasting = (programme.get("duration") / 4, programme.get("half_life"))
    benefit = snapshot(use / families, settled.services.prices.average.astype(float), reduction, *lasting, 25)
    case = Case(benefit, 0.5, programme.cost_pence())
    cash = np.where(lines.demand_led, 0.0, 0.7)
    theirs = appraise_case(case, np.ones(len(use), bool), cash, 0.0, 15, 0.10)
    assert families > 50
    assert keyworker.financial.benefit == pytest.approx(theirs.present_fiscal.sum() / 100)
    assert keyworker.cashable.benefit == pytest.approx(theirs.present_cash.sum() / 100)
    assert keyworker.terms.cost == pytest.approx(1.1 * programme.get("cost_per_family"))
    justice = [line.agency == "justice" for line in milltown.lines]
    assert keyworker.agencies["justice"][0].benefit == pytest.approx(theirs.present_fiscal[justice].sum() / 100)
    assert keyworker.terms.cases == int(families * programme.get("most_reached"))


def test_wider_benefits_follow_the_published_ratio(keyworker):
    """On Milltown only policing of offenders, not arrests, cites a unit cost with economic and social figures beside it."""
    police = keyworker.agencies["police"][0].benefit
    row = {name: float(evidence("unit_costs")["CR8.0"][f"{name}_gbp"]) for name in ("value", "economic", "social")}
    value = keyworker.to_dict()["public_value_case"]["per_case"]
    assert 0 < value["economic_gbp"] < police * row["economic"] / row["value"]
    assert value["social_gbp"] / value["economic_gbp"] == pytest.approx(row["social"] / row["economic"], abs=1e-3)


def test_drawn_effects_have_the_published_mean_and_error(milltown):
    programme = load_programme("parenting")
    effects = [effect for effect in programme.effects if effect.need == "conduct"]
    sizes = [effect.turns[0] - effect.turns[1] for effect in effects]
    mean = sum(size * effect.believed for size, effect in zip(sizes, effects, strict=True))
    se = math.sqrt(sum((size * effect.se) ** 2 for size, effect in zip(sizes, effects, strict=True)))
    drawn = np.log(1 - drawn_reduction(programme, milltown, 1, 4000))[:, milltown.index("needs")["conduct"]]
    assert drawn.mean() == pytest.approx(mean, abs=4 * se / math.sqrt(4000))
    assert drawn.std() == pytest.approx(se, rel=0.05)
    assert (drawn_reduction(programme, milltown, 1, 9)[:, milltown.index("needs")["offending"]] == 0).all()


def test_published_splits(judge):
    shares = {name: split.shares for name, split in load_splits().items()}
    assert shares["brighter_futures"]["council"] == pytest.approx(0.76, abs=0.005)
    assert shares["unit_cost_database"] == {"council": 0.02, "justice": 0.47, "nhs": 0.38, "schools": 0.13}
    case = PLAIN.replace("1000", "100000").replace("300", "560426").replace("to_year = 5", "to_year = 1")
    said = judge(case, split="brighter_futures", cases=1).to_dict()
    assert {row["agency"]: row["fiscal_gbp"] for row in said["by_agency"]} == {
        "council": 425_404, "nhs": 93_112, "schools": 41_910,
    }  # fmt: skip
    assert said["silos"]["gain_alone"] == ["council"]
    said = judge(case, split="unit_cost_database", cases=1).to_dict()
    assert said["by_agency"][0]["fiscal_gbp"] == 11_208.52
    assert said["silos"]["gain_alone"] == ["justice", "nhs"]
    dear = judge(case.replace("100000", "500000"), split="unit_cost_database")
    assert dear.silos["gain_alone"] == []
    assert "together they would" in dear.silos["verdict"]


def test_a_split_moves_gains_and_makes_none(keyworker):
    moved = sim.appraise("keyworker", place="milltown", seed=5, split="unit_cost_database")
    assert moved.financial.benefit == pytest.approx(keyworker.financial.benefit)
    assert moved.public_value.benefit == pytest.approx(keyworker.public_value.benefit)
    assert moved.financial.chance_of_gain == keyworker.financial.chance_of_gain
    assert moved.agencies["council"][0].benefit == pytest.approx(0.02 * keyworker.financial.benefit)


def test_a_null_trial_gives_nothing_and_no_share():
    said = sim.appraise("triple_p", place="milltown", draws=200).to_dict()
    assert said["financial_case"]["benefit_gbp"] == 0
    assert {row["share"] for row in said["by_agency"]} == {None}
    json.dumps(said, allow_nan=False)


def test_settings_and_a_programme_file_of_ones_own(tmp_path):
    shutil.copy(load_programme("keyworker").file, tmp_path / "ours.toml")
    settings = {"programmes.ours.cost_per_family": 1900}
    ours = sim.appraise(tmp_path / "ours.toml", place="milltown", settings=settings, cases=3, seed=5)
    assert ours.terms.cost_per_case == pytest.approx(1900 * 0.9232)  # 2015/16 to 2010/11
    assert ours.terms.cases == 3
    with pytest.raises(InputError, match="no such parameter"):
        sim.appraise("keyworker", place="milltown", settings={"programmes.keywrker.half_life": 1})


def test_the_documents_example(tmp_path):
    (tmp_path / "doc.toml").write_text(re.search(r"```toml\n(.*?)```", DOC.read_text(), re.DOTALL)[1])
    result = sim.appraise(tmp_path / "doc.toml")
    paid = 0.9 * (300 * ANNUITY + 150 * (1 / 1.035 + 1 / 1.035**2 + 1 / 1.035**3))
    assert result.financial.benefit == pytest.approx(paid)
    assert result.financial.net == pytest.approx(paid - 1100)
    assert result.public_value.benefit == pytest.approx(0.9 * 400 * ANNUITY)
    assert list(result.by_agency["agency"]) == ["council", "jobcentre"]
    text = DOC.read_text()
    said = result.to_dict()
    for part in (
        said,
        said["financial_case"],
        said["public_value_case"],
        said["silos"],
        said["by_agency"][0],
        said["by_year"][0],
    ):
        assert all(f"`{key}`" in text for key in part)


KEYS = {
    "programme", "cost_per_case_gbp", "cases", "discount_rate", "horizon_years", "evidence_grade", "npv_gbp", "financial_roi", "payback_year",
    "chance_of_gain", "by_agency", "financial_case", "public_value_case",
}  # fmt: skip


def test_json_is_one_object(listsim, tmp_path):
    (tmp_path / "mine.toml").write_text(PLAIN + TWO)
    code, out, err = listsim("mine.toml", "--place", "milltown", "--json", "--cases", 5, "--horizon", 3)
    said = json.loads(out)
    assert (code, err) == (0, "")
    assert set(said) >= KEYS
    assert set(said["by_agency"][0]) >= {"agency", "fiscal_gbp", "cashable_gbp", "share"}
    assert (said["cases"], said["horizon_years"]) == (5, 3)
    assert listsim("mine.toml", "--place", "milltown", "--json", "--cases", 5, "--horizon", 3)[1] == out


def test_the_table_on_screen(listsim, tmp_path):
    (tmp_path / "mine.toml").write_text('name = "A [bold] name"\n' + PLAIN)
    code, out, _ = listsim("mine.toml", "--place", "milltown", "--split", "brighter_futures")
    assert code == 0
    for word in (
        "A [bold] name",
        "£106,416",
        "76%",
        "£140,192",
        "Public value case",
        "year 4",
        "council alone would gain",
    ):
        assert word in out


WRONG = [
    ("cost_per_case_gbp = 1000", "cost_per_case_gb = 1000", "did you mean 'cost_per_case_gbp'"),
    ("cost_per_case_gbp = 1000", "", "cost_per_case_gbp: is missing"),
    ("cost_per_case_gbp = 1000", "cost_per_case_gbp = []", "cost_per_case_gbp: has 0 years; give 1 to 60"),
    ("cost_per_case_gbp = 1000", "cost_per_case_gbp = [1000, -2]", "cost_per_case_gbp: year 2: -2 is negative"),
    ("cost_per_case_gbp = 1000", "cost_per_case_gbp = [1000, '2']", "year 2: '2' has the wrong type; give a number"),
    (
        "cost_per_case_gbp = 1000",
        "cost_per_case_gbp = [1, 2, 3]\nhorizon_years = 2",
        "has 3 years; give 1 to 2, within horizon_years",
    ),
    ("cost_per_case_gbp = 1000", "cost_per_case_gbp = -5", "-5 is negative"),
    ("cost_per_case_gbp = 1000", "cost_per_case_gbp = nan", "nan is out of range"),
    ("cost_per_case_gbp = 1000", "cost_per_case_gbp = '1000'", "'1000' has the wrong type; give a number"),
    ("cases = 100", "cases = 1.5", "1.5 has the wrong type; give a whole number"),
    ("cases = 100", "cases = true", "True has the wrong type"),
    ("cases = 100", "cases = 0", "0 is out of range"),
    ("0.035", "3.5", "give 0 to 1, such as 0.035 for 3.5%"),
    ("cases = 100", "evidence_grade = 7", "7 is out of range; give 1 to 6"),
    ("cases = 100", "cost_grade = 0", "0 is out of range; give 1 to 6"),
    ("to_year = 5", "to_year = 0", "0 is out of range"),
    ("from_year = 1", "from_year = 6", "benefit 1: to_year: 5 is before from_year 6; give 6 or more"),
    ("to_year = 5", "to_yr = 5", "benefit 1: to_yr: unknown key; did you mean 'to_year'"),
    ('agency = "council"', "", "benefit 1: agency: is missing"),
    ("to_year = 5", "to_year = 5\nkind = 'fiscl'", "did you mean 'fiscal'"),
    ("to_year = 5", "to_year = 5\ncashable_share = 1.2", "out of range"),
    ("to_year = 5", "to_year = 5\nkind = 'social'\ntransfer = true", "does not apply to social benefits"),
    ("[[benefit]]", "[benefit]", "add one [[benefit]] or more"),
    ("[[benefit]]", "[target]\n[[benefit]]", "give a profile or effects, not both"),
    ("cases = 100", "cases = ", "not valid TOML"),
    (
        "cases = 100",
        "horizon_years = 3\nlag_years = 3",
        "benefit 1: from_year: year 4, lag included, is beyond horizon_years 3",
    ),
    ('"council"', '"Council "', "'Council ' is another spelling of milltown's 'council'; write 'council'"),
    ("amount_gbp = 300", "amount_gbp = true", "True has the wrong type"),
    ("amount_gbp = 300", "amount_gbp = 1e300", "out of range"),
    ("[[benefit]]", TWO.replace("nhs", "Council") + "[[benefit]]", "two spellings of one agency"),
]


@pytest.mark.parametrize(("old", "new", "says"), WRONG)
def test_a_wrong_file_gets_one_line(listsim, tmp_path, old, new, says):
    assert old in PLAIN
    (tmp_path / "mine.toml").write_text(PLAIN.replace(old, new))
    code, out, err = listsim("mine.toml", "--place", "milltown")
    assert (code, out) == (2, "")
    assert says in err
    assert all("mine.toml" in line for line in err.splitlines())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.toml"], "nowhere.toml: cannot be read"),
        (["parentin"], "did you mean 'parenting'"),
        (["parenting", "--split", "brighter"], "did you mean 'brighter_futures'"),
        (["parenting", "--cases", "0"], "--cases: 0 is out of range"),
        (["parenting", "--horizon", "99"], "--horizon: 99 is out of range"),
        (["parenting", "--draws", "1"], "--draws: 1 is out of range"),
        (["parenting", "--seed", "-1"], "--seed: -1 is out of range"),
        (["parenting", "--place", "miltown"], "did you mean 'milltown'"),
        (["parenting", "--place", "milltown", "--set", "x=1"], "no such parameter"),
        (["supported_employment", "--place", "milltown"], "has too few of the needs"),
    ],
)
def test_wrong_words_get_one_line(listsim, words, says):
    code, out, err = listsim(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_every_fault_of_a_profile_is_told(tmp_path):
    bad = PLAIN.replace("cases = 100", "cases = 0").replace("= 300", "= '300'").replace("to_year = 5", "to_year = 99")
    path = tmp_path / "mine.toml"
    path.write_text(bad)
    with pytest.raises(InputError) as error:
        sim.appraise(path, place="milltown")
    assert [fault.split(": ")[1:3] for fault in error.value.faults] == [
        ["cases", "0 is out of range; give 1 to 1e+09"],
        ["benefit 1", "amount_gbp"],
        ["benefit 1", "to_year"],
    ]


def test_what_a_shorter_horizon_leaves_out_is_said(judge):
    """Part of a benefit may lie beyond the horizon, but not unsaid."""
    notes = judge(top="horizon_years = 3").to_dict()["notes"]
    assert "Left out: what comes after the horizon of 3 years, to year 5, of benefit 1." in notes
    assert not any("Left out" in note for note in judge().to_dict()["notes"])


@pytest.mark.parametrize(
    "wrong", [{"cases": "10"}, {"cases": True}, {"horizon": 2.5}, {"draws": None}, {"seed": 2**63}]
)
def test_calls_are_checked_as_commands_are(judge, wrong):
    with pytest.raises(InputError, match=f"--{next(iter(wrong))}: "):
        judge(**wrong)


def test_a_programme_of_ones_own_names_needs_and_agencies_that_exist(tmp_path):
    text = Path(load_programme("parenting").file).read_text()
    path = tmp_path / "mine.toml"
    path.write_text(
        text.replace('["council", "schools"]', '["council", "school"]').replace('["conduct"]', '["conduckt"]')
    )
    with pytest.raises(InputError) as error:
        sim.appraise(path, place="milltown")
    assert "commissioners: 'school' is no agency of milltown; did you mean 'schools'?" in error.value.faults[0]
    assert "target.needs: 'conduckt' is no need of milltown; did you mean 'conduct'?" in error.value.faults[1]


def test_settings_that_nothing_reads_are_refused(listsim):
    idle = ("--set", "list.reinvested_share=0.5", "--set", "programmes.optimism=1.2")
    code, out, err = listsim("parenting", "--place", "milltown", *idle)
    assert (code, out) == (2, "")
    for name in idle[1::2]:
        assert f"--set: {name.partition('=')[0]}: nothing in appraise reads it here; leave it out\n" in err
    assert listsim("parenting", "--place", "milltown", "--set", "families.crises=0.5")[0] == 0

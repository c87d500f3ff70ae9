import csv
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.core import codes
from sim.core.dials import defaults
from sim.core.evidence import check_source
from sim.core.faults import InputError
from sim.place.checks import MEASURES, reserved
from sim.place.places import load_place, place_names
from sim.place.tables import service_tables
from sim.record.recorder import Recorder
from sim.studies.inputs import load_inputs
from sim.studies.study import load_study
from sim.system import LocalSystem
from sim.words import FIT_TABLES


@pytest.fixture
def folder(tmp_path, milltown):
    """A copy of Milltown's files, to spoil."""
    target = tmp_path / "town"
    shutil.copytree(milltown.folder, target)
    return target


def _edit(path, find, put):
    text = path.read_text(encoding="utf-8")
    assert find in text
    path.write_text(text.replace(find, put, 1), encoding="utf-8")


@pytest.mark.parametrize("name", place_names())
def test_every_value_of_every_place_says_where_it_comes_from(name):
    place = load_place(name)
    for key, item in place.values.items():
        check_source(item.source, name, key)
        assert item.unit, key
        assert item.low <= item.value <= item.high, key
        assert not item.is_money or item.price_year, key
    for target in place.targets:
        check_source(target.figure.source, name, target.id)


def test_the_default_place_uses_the_local_figures():
    place = load_place("birmingham_2010")
    assert place.get("place.population") == 1_061_074
    assert place.values["place.public_spending"].value == 7.5e9
    assert place.values["lines.jobseekers_allowance.caseload"].value == 50_000
    assert place.values["lines.jobseekers_allowance.unit_cost"].value == 62 * 52
    parts = [f"lines.{line}" for line in ("drug_hospital", "drug_admissions")]
    drugs = sum(place.get(f"{line}.unit_cost") * place.get(f"{line}.caseload") for line in parts)
    assert drugs == pytest.approx(31e6, rel=0.005)
    homes = [f"lines.{line}_care" for line in ("foster", "residential")]
    assert sum(place.get(f"{line}.caseload") for line in homes) == 1_911
    average = sum(place.get(f"{line}.share") * place.values[f"{line}.unit_cost"].value for line in homes)
    assert average == pytest.approx(51_080, rel=0.001)
    disorder = next(target for target in place.targets if target.id == "conduct disorder 11 to 15")
    assert disorder.figure.value == 0.11


SPOILT = [
    (
        "lines.csv",
        ',"assumption: fictional town, as Birmingham per head unless changed for teaching"',
        ",",
        "no source",
    ),
    ("lines.csv", "foster_care,unit_cost,36400", "foster_care,unit_cost,-36400", "negative"),
    ("lines.csv", "foster_care,unit_cost,36400", "foster_care,unit_cost,1e6", "out of range"),
    ("lines.csv", "foster_care,unit_cost,36400", "foster_care,unit_cost,lots", "not a number"),
    ("lines.csv", "foster_care,unit_cost", "foster_care,unit_cots", "did you mean 'unit_cost'"),
    ("lines.csv", "foster_care,unit_cost", "foster_cares,unit_cost", "did you mean 'foster_care'"),
    ("lines.csv", "foster_care,block,5", "foster_care,fixed_share,0.4", "given twice"),
    ("lines.csv", "GBP/child-year,2013/14", "GBP/child-year,2031/32", "price year"),
    ("lines.csv", "line,parameter", "line,parametre", "unknown column"),
    ("needs.csv", "conduct,contagion,", "conduct,contagion,,", "wrong number of fields"),
    ("agencies.csv", "nhs,trust", "nhs,trst", "did you mean 'trust'"),
    ("departments.csv", "health,real_growth,0", "health,real_growth,-9", "below"),
    ("neighbourhoods.csv", "n01,families_share,0.1", "n01,families_share,0.2", "sum to"),
    ("transitions.csv", "conduct,down,1,0.12", "conduct,down,1,0.31", "out of range"),
    ("coupling.csv", "conduct,safeguarding", "conduct,conduct", "unknown"),
    ("targets.csv", "caseload foster_care", "caselod foster_care", "did you mean 'caseload'"),
    ("targets.csv", "fit safeguarding.up.1", "fit safeguarding.up.7", "unknown"),
    ("place.toml", 'agency = "council"', 'agency = "counsel"', "did you mean 'council'"),
    ("place.toml", "level = 3", 'level = "3"', "wrong type"),
    ("place.toml", "level = 3", "level = 4", "out of range"),
    ("place.toml", 'kind = "statutory"', 'kind = "statuary"', "did you mean 'statutory'"),
    ("place.toml", "[value.families]", "[value.familys]", "did you mean 'families'"),
    ("place.toml", 'price_base = "2010/11"', 'price_base = "2015/16"', "price base"),
    ("place.toml", "[[need]]", "[[need]", "not valid TOML"),
    ("place.toml", 'year_end = "keep"', 'year_end = "hoard"', "unknown"),
]


@pytest.mark.parametrize(("file", "find", "put", "says"), SPOILT)
def test_a_spoilt_place_says_what_is_wrong_in_one_line(folder, file, find, put, says):
    _edit(folder / file, find, put)
    with pytest.raises(InputError) as error:
        load_place(folder)
    found = [fault for fault in error.value.faults if says in fault]
    assert found, error.value.faults
    assert file in found[0]
    assert "\n" not in found[0]


def test_a_place_may_bring_deflators_of_its_own(folder, milltown):
    _edit(folder / "lines.csv", "GBP/child-year,2013/14", "GBP/child-year,2031/32")
    with pytest.raises(InputError, match=r"lines.csv: .*2031/32.*last known is '2025/26'.*deflators.csv"):
        load_place(folder)
    (folder / "deflators.csv").write_text("price_year,to_2010_11,source\n2031/32,0.5,assumption: a forecast\n")
    assert load_place(folder).get("lines.foster_care.unit_cost") == 36400 / 2
    assert load_place(folder).get("lines.social_work.unit_cost") == milltown.get("lines.social_work.unit_cost")


@pytest.mark.parametrize("file", ["lines.csv", "place.toml", "targets.csv"])
def test_a_missing_or_unreadable_file_is_named(folder, file):
    (folder / file).write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(InputError, match=file):
        load_place(folder)
    (folder / file).unlink()
    with pytest.raises(InputError, match=file):
        load_place(folder)


def test_a_missing_row_is_named(folder):
    path = folder / "lines.csv"
    rows = [line for line in path.read_text().splitlines() if not line.startswith("foster_care,notice")]
    path.write_text("\n".join(rows) + "\n")
    with pytest.raises(InputError, match=r"foster_care.notice"):
        load_place(folder)


def test_chances_may_not_exceed_one(folder):
    path = folder / "transitions.csv"
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        if row["need"] == "conduct" and row["level"] == "1":
            row.update(value="0.55", low="0", high="1")
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(InputError, match="sum to"):
        load_place(folder)


def test_an_unknown_place_suggests_the_nearest():
    with pytest.raises(InputError, match="did you mean 'birmingham_2010'"):
        load_place("birmingam_2010")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_cell_may_be_anything_and_the_worst_is_one_line(folder, milltown, data):
    """Whatever a user types into a cell, the place loads or says what is wrong."""
    name = data.draw(st.sampled_from(sorted(path.name for path in Path(milltown.folder).glob("*.csv"))))
    with (Path(milltown.folder) / name).open(newline="", encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    at = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[at]) - 1))
    rows[at][column] = data.draw(st.one_of(st.text(max_size=8), st.sampled_from(["", "-1", "1e400", "nan", "0", "2"])))
    with (folder / name).open("w", newline="", encoding="utf-8", errors="surrogatepass") as handle:
        csv.writer(handle).writerows(rows)
    try:
        load_place(folder)
    except InputError as error:
        assert not any("\n" in fault for fault in error.faults)
    finally:
        shutil.copy(Path(milltown.folder) / name, folder / name)


# Each cell spoilt: file, what is found (a regular expression), what is put, and the fault that must be told.
SLIPS = [
    ("lines.csv", r"^foster_care,occupancy,0.95,(.*),,0.8,1,", r"foster_care,occupancy,95,\1,,80,100,", "0.95 for 95%"),
    ("lines.csv", r"^foster_care,occupancy,0.95,(.*),,0.8,1,", r"foster_care,occupancy,0.95,\1,,0.8,100,", "high 100 is above 1"),
    ("lines.csv", r"^camhs,fixed_share,0.85,(.*),,0.6,0.95", r"camhs,fixed_share,0.85,\1,,0.95,0.6", "low 0.95 is above high"),
    ("needs.csv", r"^conduct,prevalence,[^,]*", "conduct,prevalence,9.9", "value 9.9 is above 1"),
    ("agencies.csv", r"^council,trust,0.5", "council,trust,5", "value 5 is above 1"),
    ("departments.csv", r"^health,real_growth,0,a year,,-0.1,0.05", "health,real_growth,2,a year,,-3,3", "0.02 for 2%"),
    ("transitions.csv", r"^conduct,up,0,[^,]*,(.*),,0,0.5", r"conduct,up,0,3,\1,,0,50", "0.03 for 3%"),
    ("lines.csv", r"^foster_care,unit_cost,36400,GBP/", "foster_care,unit_cost,36400,£/", "is not money as GBP"),
    ("lines.csv", r"^foster_care,unit_cost,36400,GBP/", "foster_care,unit_cost,36400,EUR/", "is not money as GBP"),
    ("lines.csv", r"^foster_care,unit_cost,36400,GBP/", "foster_care,unit_cost,36400,GPB/", "is not money as GBP"),
    ("lines.csv", r"^foster_care,unit_cost,36400,GBP/", "foster_care,unit_cost,36400,", "is not money as GBP"),
    ("lines.csv", r"^foster_care,block,5,places", "foster_care,block,5,GBP/place", "is money, and this value is not"),
    ("lines.csv", r"^foster_care,block,5,places,", "foster_care,block,5,places,2010/11", "unit that is not money"),
    ("lines.csv", r"^foster_care,block,5,", "foster_care,block,5.5,", "whole places"),
    ("lines.csv", r"^foster_care,notice,1,", "foster_care,notice,1.5,", "whole quarters"),
    ("lines.csv", r"^foster_care,unit_cost,36400,", "foster_care,unit_cost,1e300,", "is above 1e+07"),
    ("lines.csv", r"^foster_care,unit_cost,36400,", 'foster_care,unit_cost,"36,400",', "write 36400, without commas"),
    ("lines.csv", r"^foster_care,occupancy,0.95,", 'foster_care,occupancy,"0,95",', "write 0.95, with a point"),
    ("lines.csv", r"^foster_care,occupancy,0.95,", "foster_care,occupancy,95%,", "write 0.95 for 95%"),
    ("lines.csv", r"^foster_care,unit_cost,36400,", "foster_care,unit_cost,£36400,", "write 36400, without the sign"),
    ("lines.csv", r"^foster_care,caseload,32,", "foster_care,caseload,32e6,", "out of range"),
    ("targets.csv", r"conduct 2 11 15,fit", "conduct 2 11 30,fit", "give a whole number, 0 to 25"),
    ("targets.csv", r"conduct 2 11 15,fit", "conduct 2 15 11,fit", "give the younger age first"),
    ("targets.csv", r"conduct 2 11 15,fit", "conduct 4 11 15,fit", "give a whole number, 1 to 3"),
    ("targets.csv", r"conduct.up.1", "conduct.up.0", "'fit conduct.up.0' is given twice"),
    ("targets.csv", r"^conduct disorder 5 to 10,(.*),check,0.049,(.*),,0.04", r"conduct disorder 5 to 10,\1,check,0,\2,,0", "cannot be met"),
    ("targets.csv", r"^early help need,(.*),0.1,", r"early help need,\1,10,", "0.1 for 10%"),
    ("place.toml", r'^id = "council"', 'id = "all"', "is the code of another"),
    ("place.toml", r'^id = "council"', 'id = "Treasury"', "is the code of another"),
    ("place.toml", r'^id = "council"', 'id = "pool"', "is the code of another"),
    ("place.toml", r'^id = "council"', 'id = "in_house"', "is the code of another"),
    ("place.toml", r'^id = "council"', 'id = "philanthropic"', "is the code of another"),
    ("place.toml", r'^id = "council"', 'id = "board_n01"', "is the code of another"),
    ("place.toml", r'^id = "council"', 'id = "health"', "is the code of another"),
    ("place.toml", r'^id = "council"', 'id = "a:b"', "is not an id"),
    ("place.toml", r'^id = "council"', 'id = " council"', "is not an id"),
    ("place.toml", r'^id = "council"', 'id = "NHS"', "by capitals only"),
    ("place.toml", r'^id = "council"', 'id = "nhs"', "is given twice"),
    ("place.toml", r'^id = "council"', "id = 3", "without an id"),
    ("place.toml", r"^care = true", 'care = "yes"', "give true or false"),
    ("place.toml", r"^level = 3", "level = 2.5", "wrong type"),
    ("place.toml", r"^value = 3000", "value = true", "True is not a number"),
    ("place.toml", r"^value = 3000", "value = 3000.5", "whole families"),
    ("place.toml", r"^value = 3000", "value = 1" + "0" * 400, "is not finite"),
    ("place.toml", r"^value = 3000\n(.*)\nlow = 1000", r"value = 400\n\1\nlow = 100", "500 to 20 million"),
    ("place.toml", r"^value = 3000", "value = [3000]", "is not a number"),
    ("place.toml", r'^unit = "families"', "unit = 3", "is not text"),
    ("place.toml", r'^unit = "families"\n', "", "has no unit"),
    ("place.toml", r'^gate = "duty"\n', "", "has no 'gate'; add it: court, entitlement, duty, judgement"),
    ("place.toml", 'gate = "duty"', 'gate = "court_order"', "'court_order' is unknown"),
    ("place.toml", 'kind = "rationed"\ngate = "judgement"', 'kind = "rationed"\ngate = "duty"', "'duty' does not go with kind 'rationed'"),
    ("place.toml", 'kind = "demand_led"\ngate = "entitlement"', 'kind = "demand_led"\ngate = "duty"', "'duty' does not go with kind 'demand_led'"),
    ("place.toml", r'^id = "milltown"', "id = 3", "is not text"),
    ("place.toml", r"\A", "need = 3\n", "not valid TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "find", "put", "says"), SLIPS)
def test_a_slip_in_a_cell_is_told_with_its_cure(folder, file, find, put, says):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    spoilt = re.sub(find, put, text, count=1, flags=re.MULTILINE)
    assert spoilt != text
    path.write_text(spoilt, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_place(folder)
    assert any(says in fault and file in fault for fault in error.value.faults), error.value.faults


@pytest.mark.parametrize("key", ["need", "department", "agency", "line", "value"])
@pytest.mark.parametrize("wrong", ["3", '"x"', "[]", "[1]", "{families = 5}", "[[]]"])
def test_tables_of_the_wrong_kind_are_told(folder, key, wrong):
    path = folder / "place.toml"
    kept = re.sub(rf"(?ms)^\[+{key}[.\]].*?(?=^\[|\Z)", "", path.read_text(encoding="utf-8"))
    path.write_text(f"{key} = {wrong}\n{kept}", encoding="utf-8")
    with pytest.raises(InputError, match=rf"place.toml: {key}"):
        load_place(folder)


def test_faults_of_all_files_are_told_in_one_go(folder):
    for file, find, put in (
        ("lines.csv", "foster_care,unit_cost,36400", "foster_care,unit_cost,abc"),
        ("lines.csv", "foster_care,block,5", "foster_care,block,-4"),
        ("needs.csv", "conduct,contagion", "conduct,contagoin"),
        ("place.toml", 'kind = "statutory"', 'kind = "statuary"'),
        ("targets.csv", "caseload prison", "caseload prisons"),
    ):
        _edit(folder / file, find, put)
    (folder / "coupling.csv").write_text("")
    with pytest.raises(InputError) as error:
        load_place(folder)
    told = "\n".join(error.value.faults)
    for words in (
        "lines.foster_care.unit_cost",
        "lines.foster_care.block",
        "contagoin",
        "conduct.contagion",
        "statuary",
        "prisons",
    ):
        assert words in told
    assert re.search(r"coupling.csv: is empty", told)
    assert len(error.value.faults) == 7


def test_counts_must_fit_the_number_of_families(folder, milltown):
    """20 times the families with the same counts are another place's; three times are not told apart."""
    path = folder / "place.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("value = 3000", "value = 60000", 1).replace("high = 10000", "high = 99000", 1))
    with pytest.raises(InputError) as error:
        load_place(folder)
    counts = [line.id for line in milltown.lines if milltown.has(f"lines.{line.id}.caseload")]
    told = "\n".join(error.value.faults)
    assert all(f"{line}.caseload: " in told for line in counts)
    assert "20 times fewer" in told
    assert "smaller place?" in told
    for wanted in ("value.population", "value.public_spending", "targets.csv: caseload foster_care"):
        assert wanted in told
    path.write_text(text.replace("value = 3000", "value = 1500", 1))
    assert load_place(folder).get("place.families") == 1500


def test_a_count_of_a_larger_place_is_told_alone(folder):
    path = folder / "lines.csv"
    text = re.sub(
        r"^foster_care,caseload,32,(.*),,27,37", r"foster_care,caseload,1676,\1,,27,3900", path.read_text(), flags=re.M
    )
    path.write_text(text)
    with pytest.raises(
        InputError, match=r"foster_care.caseload: 559 per 1,000 families is 52 times more .*larger place"
    ) as e:
        load_place(folder)
    assert len(e.value.faults) == 1


def test_no_more_cases_than_people_where_there_is_nothing_to_compare_with(folder):
    for path in folder.iterdir():
        path.write_text(re.sub(r"\bprison\b", "jail", path.read_text()))
    path = folder / "lines.csv"
    path.write_text(
        re.sub(r"^jail,caseload,\d+,(.*?),,\d+,\d+", r"jail,caseload,30000,\1,,1,40000", path.read_text(), flags=re.M)
    )
    with pytest.raises(InputError, match="30000 is more than the place's population"):
        load_place(folder)


def test_the_codes_of_all_parties_are_reserved(milltown, settled):
    """Whatever any arrangement brings, no agency or department may be called so."""
    for inputs in load_study(["all"], milltown.folder).inputs():
        model = LocalSystem(inputs, settled.copy(), 1, Recorder())
        own = {item.code for item in (*model.agencies, *model.departments)}
        boards = {codes.board(item.code) for item in model.neighbourhoods}
        assert set(model.parties) - own - boards <= reserved(), inputs.arrangement.id
    assert {"all", "outside", "treasury"} <= reserved()


def test_settings_keep_to_whole_numbers(milltown):
    with pytest.raises(InputError, match="whole places"):
        milltown.with_value("lines.foster_care.block", "2.5")
    assert milltown.with_value("lines.foster_care.block", "2").get("lines.foster_care.block") == 2


def test_lines_that_share_a_need_and_level_serve_every_case_once(milltown):
    """By hand: shares of 0.877 and 0.123 part luck at 0.877 x 2^32 = 3,766,686,318.6."""
    tables = service_tables(milltown, defaults())
    names = [line.id for line in milltown.lines]
    foster, homes = names.index("foster_care"), names.index("residential_care")
    assert tables.split == (1 << foster) + (1 << homes)
    assert tables.kinds[foster].tolist() == [0, 3_766_686_318]
    assert tables.kinds[homes].tolist() == [3_766_686_319, 2**32 - 1]


@pytest.mark.parametrize(
    ("find", "put", "told"),
    [
        ("share,0.123", "share,0.12", "sum to 0.997; make those of foster_care, residential_care sum to one"),
        ("residential_care,share", "social_work,share", "sum to 0.877"),
    ],
)
def test_shares_of_a_need_and_level_sum_to_one(folder, find, put, told):
    _edit(folder / "lines.csv", find, put)
    with pytest.raises(InputError, match=told):
        load_place(folder)


def test_only_statutory_lines_serve_or_buy_a_share(folder):
    _edit(folder / "place.toml", 'level = 3\nkind = "statutory"', 'level = 3\nkind = "rationed"')
    with pytest.raises(InputError) as error:
        load_place(folder)
    told = "is of a rationed line; keep it for statutory ones"
    for name in ("share", "spot_share"):
        assert any(f"foster_care.{name}: {told}" in fault for fault in error.value.faults)


def test_a_share_that_is_set_alone_is_refused():
    """Else care lines would serve some children twice, or leave some with nobody."""
    with pytest.raises(InputError, match=r"--set: foster_care.share: .* sum to 1.023; make those of foster_care, res"):
        load_inputs("silo", "milltown", {"lines.foster_care.share": 0.9})
    both = {"lines.foster_care.share": 0.9, "lines.residential_care.share": 0.1}
    assert load_inputs("silo", "milltown", both).place.get("lines.residential_care.share") == 0.1


def test_an_id_given_twice_is_told_before_what_comes_of_it(folder):
    _edit(folder / "place.toml", 'id = "admission"', 'id = "arrest"')
    with pytest.raises(InputError) as error:
        load_place(folder)
    assert any("event 'arrest': is given twice" in fault for fault in error.value.faults[:2])


def test_a_row_that_is_refused_is_not_told_to_be_missing(folder):
    _edit(folder / "transitions.csv", "safeguarding,lasting,2,0.746", "safeguarding,lasting,2,1.2")
    with pytest.raises(InputError) as error:
        load_place(folder)
    assert len(error.value.faults) == 1
    assert "value 1.2 is above 1" in error.value.faults[0]


def test_the_page_of_a_fit_has_a_table_for_every_measure():
    tabled = [measure for measures in FIT_TABLES.values() for measure in measures]
    assert sorted(tabled) == sorted(MEASURES)

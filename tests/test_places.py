import csv
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.parameters import InputError, check_source
from sim.places import load_place, place_names


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
    assert place.get("place.population") == 1_000_000
    assert place.values["place.public_spending"].value == 7.5e9
    assert place.values["lines.jobseekers_allowance.caseload"].value == 50_000
    assert place.values["lines.jobseekers_allowance.unit_cost"].value == 62 * 52
    drug_lines = ("drug_hospital", "drug_justice", "drug_benefits")
    drugs = sum(place.get(f"lines.{line}.unit_cost") * place.get(f"lines.{line}.caseload") for line in drug_lines)
    assert drugs == pytest.approx(95e6, rel=0.001)
    disorder = next(target for target in place.targets if target.id == "conduct disorder 11 to 15")
    assert disorder.figure.value == 0.11


SPOILT = [
    (
        "lines.csv",
        ',"assumption: fictional town, as Birmingham per head unless changed for teaching"',
        ",",
        "no source",
    ),
    ("lines.csv", "care,unit_cost,51080", "care,unit_cost,-51080", "negative"),
    ("lines.csv", "care,unit_cost,51080", "care,unit_cost,1e9", "out of range"),
    ("lines.csv", "care,unit_cost,51080", "care,unit_cost,lots", "not a number"),
    ("lines.csv", "care,unit_cost", "care,unit_cots", "did you mean 'unit_cost'"),
    ("lines.csv", "care,unit_cost", "cares,unit_cost", "did you mean 'care'"),
    ("lines.csv", "care,block,3", "care,fixed_share,0.4", "given twice"),
    ("lines.csv", "GBP/child-year,2013/14", "GBP/child-year,2031/32", "price year"),
    ("lines.csv", "line,parameter", "line,parametre", "unknown column"),
    ("needs.csv", "conduct,contagion,", "conduct,contagion,,", "wrong number of fields"),
    ("agencies.csv", "nhs,trust", "nhs,trst", "did you mean 'trust'"),
    ("departments.csv", "health,real_growth,0", "health,real_growth,-9", "below"),
    ("neighbourhoods.csv", "n01,families_share,0.1", "n01,families_share,0.2", "sum to"),
    ("transitions.csv", "conduct,down,1,0.12", "conduct,down,1,0.31", "out of range"),
    ("coupling.csv", "conduct,safeguarding", "conduct,conduct", "unknown"),
    ("targets.csv", "caseload care", "caselod care", "did you mean 'caseload'"),
    ("targets.csv", "fit safeguarding.up.2", "fit safeguarding.up.7", "unknown"),
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
    assert says in str(error.value)
    assert file in str(error.value)
    assert "\n" not in str(error.value)


def test_a_place_may_bring_deflators_of_its_own(folder, milltown):
    _edit(folder / "lines.csv", "GBP/child-year,2013/14", "GBP/child-year,2031/32")
    with pytest.raises(InputError, match=r"lines.csv: .*2031/32.*last known is '2025/26'.*deflators.csv"):
        load_place(folder)
    (folder / "deflators.csv").write_text("price_year,to_2010_11,source\n2031/32,0.5,assumption: a forecast\n")
    assert load_place(folder).get("lines.care.unit_cost") == 51080 / 2
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
    rows = [line for line in path.read_text().splitlines() if not line.startswith("care,notice")]
    path.write_text("\n".join(rows) + "\n")
    with pytest.raises(InputError, match=r"care.notice"):
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
        assert "\n" not in str(error)
    finally:
        shutil.copy(Path(milltown.folder) / name, folder / name)

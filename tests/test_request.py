"""The user's own files, laid out again where they find one another, and nowhere else."""

from pathlib import Path

import pytest

from sim.arrangements.reading import files_of, load_arrangement
from sim.studies.request import Request, lay_out

NAMES = (
    "mine.toml",
    "../up/mine.toml",
    "a/../../b/mine.toml",
    "/etc/mine.toml",
    "../../../../far/mine.toml",
    "//x/y.toml",
)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_outside_the_folder(tmp_path, name):
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    request = Request((name, "silo"), "milltown", {name: "x = 1\r\n"}, {})
    (file, shipped), place, *_ = lay_out(request, inner)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 1
    assert written[0].is_relative_to(inner)
    assert written[0].samefile(file)
    assert written[0].read_bytes() == b"x = 1\r\n"
    assert (shipped, place) == ("silo", "milltown")


def test_files_find_one_another_as_before(tmp_path):
    texts = {"../a/mine.toml": "mine", "../a/../b/base.toml": "base", "../town/place.toml": "town"}
    (file,), place, *_ = lay_out(Request(("../a/mine.toml",), "../town", texts, {}), tmp_path)
    assert (Path(file).parent / "../b/base.toml").read_text() == "base"
    assert (Path(place) / "place.toml").read_text() == "town"
    up = Request(("mine.toml",), "milltown", {"mine.toml": "mine", "../mine.toml": "above"}, {})
    (file,), *_ = lay_out(up, tmp_path / "up")
    assert Path(file).read_text() == "mine"
    assert (Path(file).parent / "../mine.toml").read_text() == "above"


def test_the_files_of_an_arrangement_are_its_own_and_those_it_extends():
    names = [path.stem for path in files_of(load_arrangement("list_broker").file)]
    assert names[0] == "list_broker"
    assert len(names) == len(set(names)) > 1

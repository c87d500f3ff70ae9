"""A file of one kind where another is asked for: what it is and where it goes, in one line."""

import pytest

import sim
from sim.core.faults import InputError
from sim.core.file_kinds import kind_of
from sim.core.input_files import read_toml
from sim.cost_benefit.sources import appraise
from sim.programmes.catalogue import load_programme
from sim.studies.futures import load_future
from sim.studies.sweep import load_sweep
from tests.programme_file import PROGRAMME

FILES = {
    "arrangement": 'extends = "silo"\nname = "Mine"\n',
    "programme": PROGRAMME,
    "benefit profile": "cost_per_case_gbp = 10\n",
    "future": 'name = "Mine"\ntext = "What if."\nsource = "assumption: a test"\n',
    "study": 'arrangements = ["silo"]\n',
}
READERS = {
    "arrangement": sim.load_arrangement,
    "programme": load_programme,
    "future": load_future,
    "study": load_sweep,
    "programme or a benefit profile": lambda path: appraise(path, "milltown", {}, None, None, "simulated", 1, 100),
}
TAKERS = ("run", "--programme", "appraise", "--future", "sweep")  # by kind of file, in order


@pytest.mark.parametrize("wanted", READERS)
@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_another_kind_is_called_what_it_is(tmp_path, kind, wanted):
    path = tmp_path / "mine.toml"
    path.write_text(FILES[kind], encoding="utf-8")
    if kind in wanted:
        assert kind_of(read_toml(path)) == kind
        return
    with pytest.raises(InputError) as told:
        READERS[wanted](path)
    (line,) = told.value.faults
    a, the = ("an" if name.startswith("a") else "a" for name in (kind, wanted))
    assert line.startswith(f"{path}: is {a} {kind}, not {the} {wanted}; give it ")
    assert TAKERS[list(FILES).index(kind)] in line


def test_what_is_extended_must_be_an_arrangement(tmp_path):
    (tmp_path / "dear.toml").write_text(FILES["future"], encoding="utf-8")
    (tmp_path / "mine.toml").write_text('extends = "dear"\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"dear\.toml: is a future, not an arrangement; give it with --future$"):
        sim.load_arrangement(tmp_path / "mine.toml")


def test_a_file_with_unknown_keys_alone_is_of_no_kind():
    assert kind_of({"name": "Mine", "wrong": 1}) is None

"""Files appear whole or not at all, and nobody's half is taken for another's."""

import errno
import os

import pytest

from sim.core import atomic
from sim.core.atomic import clear_partials, whole
from sim.core.faults import InputError
from sim.core.holders import holder
from tests.test_folders import tree


def test_a_file_appears_at_the_end_and_replaces_what_stood_there(tmp_path):
    (tmp_path / "a").write_text("old")
    with whole(tmp_path / "a") as partial:
        partial.write_text("new")
        assert (tmp_path / "a").read_text() == "old"
        assert partial.name.startswith(".a_")
    assert tree(tmp_path) == {"a": b"new"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_error_leaves_what_stood_there(tmp_path, error):
    def fail(path):
        path.write_text("half")
        raise error

    (tmp_path / "a").write_text("old")
    with pytest.raises(error), whole(tmp_path / "a") as partial:
        fail(partial)
    assert tree(tmp_path) == {"a": b"old"}


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_what_the_disk_refuses_is_one_line_with_a_remedy(tmp_path, monkeypatch, step, number):
    def refuse(*_):
        raise OSError(number, "x")

    (tmp_path / "a").write_text("old")
    monkeypatch.setattr(atomic.os, step, refuse)
    says = rf"a: cannot be written \({os.strerror(number)}\); make room there and give the same command$"
    with pytest.raises(InputError, match=says), whole(tmp_path / "a") as partial:
        partial.write_text("new")
    assert tree(tmp_path) == {"a": b"old"}


def test_only_halves_of_processes_that_are_gone_are_cleared(tmp_path):
    here, _, start = holder().rpartition("_")
    kept = [
        f".a_{holder()}.partial",
        f".a_elsewhere_1_{start}.partial",
        ".mine.partial",
        ".my_own_notes_x.partial",
        "a",
    ]
    for name in (f".a_{here}_1.partial", f".a_b_{here}_1.partial", *kept):
        (tmp_path / name).touch()
    (tmp_path / f".b_{here}_1.partial").mkdir()
    clear_partials(tmp_path)
    assert sorted(tree(tmp_path)) == sorted([*kept, f".b_{here}_1.partial"])

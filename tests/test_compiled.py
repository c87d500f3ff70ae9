"""Compiled code goes on without a folder to keep it in, and says so once."""

import os
import subprocess
import sys
import warnings

import pytest
from numba.core import caching

from sim.core import compiled


def double(x):
    return 2 * x


@pytest.fixture
def warned():
    """The warnings of a test, as if none had been given before."""
    compiled._warn_once.cache_clear()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield told
    compiled._warn_once.cache_clear()


def test_no_folder_that_can_be_written(monkeypatch, warned):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert compiled.compiled(double)(2) == 4
    assert compiled.compiled(double)(3) == 6
    assert [str(item.message).partition(",")[0] for item in warned] == ["compiled code cannot be kept on disk"]


def test_a_folder_that_fills_up(monkeypatch, warned, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    function = compiled.compiled(double)
    assert function(2) == 4
    assert function(2.5) == 5
    assert len(warned) == 1


def test_kept_on_disk_otherwise(monkeypatch, warned, tmp_path):
    monkeypatch.setattr(caching.config, "CACHE_DIR", str(tmp_path))
    assert compiled.compiled(double)(2) == 4
    again = compiled.compiled(double)
    assert again(2) == 4
    assert sum(again.stats.cache_hits.values()) == 1
    assert not warned


CALLED = "from numba import njit\n@njit(inline='always')\ndef inner(x):\n    return {} * x\n"
CALLER = (
    "from sim.core.compiled import compiled\nfrom called import inner\n@compiled\ndef outer(x):\n    return inner(x)\n"
)


def test_what_is_kept_falls_with_any_file_that_is_compiled_into_it(tmp_path):
    (tmp_path / "caller.py").write_text(CALLER)
    code = "from caller import outer; print(outer(3), sum(outer.stats.cache_hits.values()))"
    said = []
    for times in (2, 50):
        (tmp_path / "called.py").write_text(CALLED.format(times))
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stdout.split())
    assert said == [["6", "0"], ["150", "0"]]


def test_the_parent_says_it_and_the_workers_do_not():
    nowhere = {"NUMBA_CACHE_DIR": "/dev/null/x", "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator"}
    for module, lines in (("sim.place.kernels", 1), ("sim.studies.worker", 0)):
        code = f"from sim.core import terminal; terminal.prepare(); import {module}"
        done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **nowhere}, capture_output=True)
        assert (done.returncode, done.stderr.count(b"\n")) == (0, lines)


TWICE = """
import sys
from sim.core.compiled import compiled

@compiled
def outer(x):
    return {}

print(flush=True)
sys.stdin.readline()
print(outer(3), sum(outer.stats.cache_hits.values()))
"""


def test_of_two_processes_that_miss_the_same_one_compiles_it_and_the_other_waits(tmp_path):
    script = tmp_path / "caller.py"
    script.write_text(TWICE.format(" + ".join(f"x ** {power}" for power in range(20))))  # takes longer than to start
    both = [
        subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for one in both:
        one.stdout.readline()
    for one in both:
        one.stdin.write("\n")
        one.stdin.flush()
    assert sorted(one.communicate()[0].split()[1] for one in both) == ["0", "1"]

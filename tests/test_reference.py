"""The reference table of results/reference/, to the last digit: figures move only by a commit that begins ``MODEL:``.

Such a commit moves the table, by ``uv run python experiments/_reference.py``, and says what that printed.
"""

import platform
import tomllib
from pathlib import Path

import pytest

from sim.core.versions import version_of

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "results" / "reference" / "headline_milltown.csv"
COUNT = ("llvmlite", "mesa", "networkx", "numba", "numpy", "pandas")  # whose versions may move a last digit
MADE_ON = "x86_64"


def differences():
    """In what this environment differs from the one that made the table, in words."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = dict(line.split("==") for line in project["tool"]["uv"]["constraint-dependencies"])
    other = [f"{name} {version_of(name)}, pinned {pins[name]}" for name in COUNT if version_of(name) != pins[name]]
    return other + [platform.machine()] * (platform.machine() not in (MADE_ON, "AMD64"))


def test_the_headline_on_milltown_is_what_it_was_to_the_last_digit(monkeypatch):
    if other := differences():
        pytest.skip(f"the table was made on the pinned versions on {MADE_ON}; here: {'; '.join(other)}")
    monkeypatch.syspath_prepend(ROOT / "experiments")
    import _reference

    made = _reference.headline()
    assert _reference.moved(made) == []
    assert _reference.text(made) == REFERENCE.read_bytes().decode("utf-8")

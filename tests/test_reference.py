"""The headline figures of results/reference/, to the last digit: they move only by a commit that begins ``MODEL:``.

Such a commit moves the table, by ``uv run listsim experiment headline_milltown --check --publish``, and says what that
printed; those of the other experiments likewise (``tests/test_experiments.py``, slow).
"""

import json
import tomllib
from pathlib import Path

from sim.experiments import checking, running
from sim.experiments.reading import experiment_names, load_experiment

ROOT = Path(__file__).parent.parent


def test_every_reference_was_made_on_the_pinned_versions():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = dict(line.split("==") for line in project["tool"]["uv"]["constraint-dependencies"])
    made = json.loads((ROOT / "results" / "reference" / checking.ENVIRONMENTS).read_text(encoding="utf-8"))
    assert sorted(made) == experiment_names()
    for environment in made.values():
        assert environment == {"processor": "x86_64", "versions": {name: pins[name] for name in checking.COUNT}}


def test_the_headline_on_milltown_is_what_it_was(tmp_path):
    item = load_experiment("headline_milltown")
    found, failures = running.carry_out(item, running.sweeps_of(item, check=True), tmp_path)
    assert failures == []
    verdict = checking.compared(item, checking.figures(item, found))
    assert verdict.moved.empty, "\n".join(verdict.lines)

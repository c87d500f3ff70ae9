"""The model stepped from Python, results in a notebook, and the notebook that comes with them."""

import json
import re
from pathlib import Path

import matplotlib as mpl
import mesa
import pytest
from mesa import DataCollector

import sim
from sim.agents.agency import Agency
from sim.core.faults import InputError

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "mesa.md").read_text(encoding="utf-8")
SMALL = {"place": "milltown", "families": 600, "years": 2, "seed": 3}


@pytest.fixture(scope="module")
def stepped():
    """A model of the LIST in the middle of its last year."""
    model = sim.model("list_public", **SMALL)
    for _ in range(7):
        model.step()
    return model


@pytest.mark.parametrize("decisions", [[], [(1, "council", "hold_threshold", "foster_care")]])
def test_stepping_a_model_gives_the_rows_of_a_run_whatever_is_shuffled(decisions):
    """A listed decision on services is management, for which there is a second twin."""
    words = {**SMALL, "settings": {"services.threshold_drift": 0.1}, "future": "austerity", "decisions": decisions}
    model = sim.model("list_public", **words)
    assert isinstance(model, mesa.Model)
    assert model.calendar.quarter == 0
    while model.running:
        model.agents.shuffle(inplace=True)
        model.random.random()
        model.rng.random()
        model.step()
    assert model.steps == model.calendar.quarter == 8
    result = sim.run("list_public", **words)
    for table, same in zip(sim.tables(model), (result.runs, result.flows, result.decisions), strict=True):
        assert table.equals(same)
    assert (result.runs["measure"] == "management_cash").any() == bool(decisions)


def test_tables_step_what_is_left_and_no_step_goes_beyond_the_end():
    model = sim.model("silo", **SMALL)
    model.step()
    runs, _, _ = sim.tables(model)
    assert runs.equals(sim.run("silo", **SMALL).runs)
    with pytest.raises(InputError, match="the 2 that it is for are over"):
        model.step()
    assert sim.tables(model)[0].equals(runs)


def test_a_wrong_word_is_refused_as_in_a_run():
    with pytest.raises(InputError, match="did you mean 'list_public'"):
        sim.model("list_publik")
    with pytest.raises(InputError, match="years"):
        sim.model("silo", place="milltown", years=0)


def test_mesas_collector_and_agent_sets_read_the_model():
    model = sim.model("list_public", **SMALL)
    collector = DataCollector(
        model_reporters={"year": lambda model: model.calendar.year},
        agenttype_reporters={Agency: {"agency": "code", "budget": "budget_pence"}},
    )
    while model.running:
        model.step()
        collector.collect(model)
    assert list(collector.get_model_vars_dataframe()["year"]) == [1] * 4 + [2] * 4
    budgets = collector.get_agenttype_vars_dataframe(Agency)
    assert len(budgets) == 8 * len(model.agencies)
    assert budgets["budget"].iloc[-1] == model.agencies[-1].budget_pence > 0
    assert list(model.agents_by_type[Agency]) == model.agencies
    assert set(model.agents.get("code")) == set(model.parties) | {item.code for item in model.neighbourhoods}


@pytest.mark.parametrize("text", re.findall(r"^\| (`(?:model|\[).*?) \|", PAGE, flags=re.MULTILINE))
def test_what_the_page_says_can_be_read_of_the_model_can_be(stepped, text):
    for expression in re.findall(r"`(.*?)`", text):
        assert eval(expression, {"model": stepped}) is not None, expression


@pytest.mark.parametrize("row", re.findall(r"^\| \S.* \| `(model\.\w+)` \| (.*) \|$", PAGE, flags=re.MULTILINE))
def test_what_the_page_says_can_be_read_of_agents_can_be(stepped, row):
    for agent in eval(row[0], {"model": stepped}):
        for name in re.findall(r"`(.*?)`", row[1]):
            eval(f"agent.{name}", {"agent": agent})


def test_the_page_runs(capsys):
    (text,) = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    exec(compile(text, "mesa.md", "exec"), {})
    assert "in crisis" in capsys.readouterr().out


def test_a_notebook_shows_a_result_as_a_table_with_names_as_they_are(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "silo"\nname = "<b>Mine</b> & yours"\nsource = "assumption: a test"\n', encoding="utf-8")
    shown = sim.compare([str(path), "do_nothing"], **SMALL, replicates=2)._repr_html_()
    assert "<th>&lt;b&gt;Mine&lt;/b&gt; &amp; yours</th>" in shown
    assert "<b>" not in shown
    assert "600 families, 2 years, 2 replicates" in shown
    assert shown.count("<tr>") > 10
    assert re.search(r"<th>Cash released</th><td>-?\d+\.\d{3}</td>", shown)


def test_a_notebook_shows_a_sweep_as_a_table_by_point():
    grid = {"services.threshold_drift": [0, 0.5]}
    shown = sim.sweep(
        arrangements=["silo"], grid=grid, place="milltown", families=600, years=2, replicates=2
    )._repr_html_()
    assert shown.count("<tr>") == 3
    assert "Cash released" in shown
    assert re.search(r'<td class="text">0.5</td><td class="text">Silos[^<]*</td><td>£\d', shown)


def test_the_notebook_runs_from_first_cell_to_last(tmp_path, monkeypatch):
    book = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))
    assert book["nbformat"] == 4
    cells = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    assert [cell["outputs"] for cell in book["cells"] if cell["cell_type"] == "code"] == [[]] * len(cells)
    monkeypatch.chdir(tmp_path)
    names = {}
    with mpl.rc_context({"backend": "agg", "figure.max_open_warning": 0}):
        for number, text in enumerate(cells):
            exec(compile(text, f"cell {number}", "exec"), names)
    assert len(names["sets"]) == 3

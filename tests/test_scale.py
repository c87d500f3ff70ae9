"""What docs/scale.md says can be done, can be: its study, its commands, its questions to the tables."""

import re
import shlex

import pandas as pd
import pytest

import sim
from tests.test_docs import ROOT, parse

PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")


def blocks(language):
    """Fenced blocks of a language, indented ones too."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_the_commands_are_commands():
    lines = re.findall(r"^ *(listsim .*)$", "".join(blocks("bash")), re.MULTILINE) + re.findall(
        r"`(listsim .*?)`", PAGE
    )
    assert len(lines) >= 3
    for line in lines:
        if not line.endswith("merge"):
            parse(shlex.split(line.replace("$SLURM_ARRAY_TASK_ID", "7"))[1:])


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """The folder of the study of the page, made small."""
    pytest.importorskip("duckdb", reason="in the group bench")
    folder = tmp_path_factory.mktemp("scale")
    (folder / "study.toml").write_text(blocks("toml")[0], encoding="utf-8")
    sim.sweep(folder / "study.toml", out=folder / "out", place="milltown", families=500, years=1, replicates=2)
    return folder / "out"


@pytest.fixture
def ask(swept, monkeypatch):
    """Asks a question in the folder: rows."""
    import duckdb

    monkeypatch.chdir(swept)
    return lambda question: duckdb.sql(question).fetchall()


@pytest.mark.parametrize("question", blocks("sql"))
def test_the_questions_have_answers(ask, question):
    assert len(ask(question)) >= 3


def test_duckdb_and_the_tables_say_the_same(ask):
    total = "SELECT sum(value_pence) FROM '{}' WHERE measure = 'programme_cost'"
    of_parts, of_runs = (ask(total.format(name)) for name in ("parts/*.parquet", "runs.parquet"))
    runs = pd.read_parquet("runs.parquet")
    assert of_parts == of_runs == [(runs.query("measure == 'programme_cost'")["value_pence"].sum(),)]
    assert of_runs[0][0] > 0

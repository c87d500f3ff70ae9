"""What is written is run: every command and every piece of Python in the README, in the order in which they stand.

They run as a reader would run them, in a folder in which `sim` is the package's source, but without new processes:
the command line is called in this one. Commands that simulate the city or fit something take long: those are parsed
here, and run by `pytest -m slow`.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from sim.cli.options import app
from sim.cli.shell import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SIMULATING = ("demo", "compare", "run", "sweep", "fit-report", "experiment")
WORKING = ("demo", "compare", "run", "sweep", "experiment", "reproduce")
QUICK_PLACES = ("milltown", "my_place")


def blocks(language):
    """Fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def is_slow(words):
    """Whether a command simulates the city, or fits a place or programmes."""
    if words[0] == "fit":
        return True
    if "--help" in words or words[0] not in (*SIMULATING, "merge", "calibrate"):
        return False
    return words[0] == "calibrate" or not any(f"--place {place}" in " ".join(words) for place in QUICK_PLACES)


def shell_lines(text):
    """Commands of a block; a here-document stays with the command it feeds."""
    for match in re.finditer(r"^(.*<<'END'\n(?:.*\n)*?END|.+)$", text, flags=re.MULTILINE):
        if not match[0].startswith("#"):
            yield match[0]


def words_of(line):
    """Words after `uv run listsim`, or None where the line is something else."""
    words = shlex.split(line, comments=True)
    return words[3:] if words[:3] == ["uv", "run", "listsim"] else None


def readme_commands():
    """All `listsim` commands of the README, as words."""
    return [words for block in blocks("sh") for line in shell_lines(block) if (words := words_of(line))]


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """An empty folder that looks like a clone."""
    (tmp_path / "sim").symlink_to(ROOT / "sim")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(monkeypatch, words):
    """Exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["listsim", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code


def parse(words):
    """Check a command's name, arguments and options without doing it."""
    group = typer.main.get_command(app)
    context = group.make_context("listsim", list(words))
    name, command, rest = group.resolve_command(context, list(words))
    command.make_context(name, rest, parent=context)


def run_block(text, monkeypatch, skip=is_slow):
    """Run a block of shell but for the commands to skip, which are only parsed."""
    for line in shell_lines(text):
        words = words_of(line)
        if words is None:
            subprocess.run(["sh", "-ec", line], check=True)
        elif skip(words):
            parse(words)
        else:
            extra = ["--no-progress"] if words[0] in SIMULATING else []
            extra += ["--workers", "1"] if words[0] in WORKING and "--workers" not in words else []
            assert call(monkeypatch, [*words, *extra]) == 0, line


@pytest.mark.parametrize("number", range(len(blocks("sh"))))
def test_shell_blocks_run_in_order(clone, monkeypatch, number):
    run_block(blocks("sh")[number], monkeypatch)


@pytest.mark.parametrize("text", blocks("python"))
def test_python_blocks_run(clone, capfd, text):
    exec(compile(text, "README.md", "exec"), {})
    assert "cash_released" in capfd.readouterr().out


@pytest.mark.parametrize("text", blocks("console"))
def test_what_is_said_of_wrong_input_is_what_is_said(clone, monkeypatch, capfd, text):
    pairs = re.findall(r"^\$ (.*)\n(.*)$", text, flags=re.MULTILINE)
    assert pairs
    for line, says in pairs:
        assert call(monkeypatch, words_of(line)) == 2
        assert capfd.readouterr().err.strip() == says


def test_every_command_is_shown():
    shown = {words[0] for words in readme_commands()}
    there = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert there - shown == set(), "give each an example in the README"


def test_every_option_of_a_comparison_is_named():
    options = {
        name
        for parameter in typer.main.get_command(app).commands["compare"].params
        for name in parameter.opts
        if name.startswith("--")
    }
    assert "--set" in options
    assert {name for name in options if name not in README} == set()


def test_the_examples_in_help_texts_are_right():
    for command in app.registered_commands:
        example = re.search(r"Example: listsim (.*)", command.callback.__doc__)[1]
        parse(shlex.split(example))


def test_the_two_commands_stand_first():
    first = [line.split("  #")[0].strip() for line in README.splitlines() if line.startswith("    pip")]
    assert first == ["pip install uv && uv run listsim demo", "pip install uv && uv run pytest"]
    assert README.index(first[0]) < 1000
    assert first[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("benchmarks/"):
            assert (path.parent / target).exists(), target


def test_named_files_are_there():
    table = README.split("## Where things live")[1].split("##")[0]
    for name in re.findall(r"`((?:sim|tests|docs)/[^` ]*)`", table):
        assert (ROOT / name).exists(), name


def test_every_room_is_placed_in_the_table():
    table = README.split("## Where things live")[1].split("##")[0]
    rooms = {path.parent.relative_to(ROOT).as_posix() + "/" for path in (ROOT / "sim").glob("*/*.py")}
    flat = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sim").glob("*.py")} - {"sim/__init__.py"}
    assert {name for name in rooms | flat if f"`{name}`" not in table} == set(), "give each a row in the README"


def test_sections_cited_by_the_code_are_in_the_description_of_the_model():
    odd = (ROOT / "docs" / "odd.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^#+ (\d+(?:\.\d+)?)", odd, flags=re.MULTILINE))
    cited = set()
    for path in (ROOT / "sim").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        cited |= set(re.findall(r"odd\.md,? section (\d+(?:\.\d+)?)", text))
        if path.parent.name == "kernels":
            cited |= set(re.findall(r"\((\d(?:\.\d)?)\)\.", text))
    assert {"3.2", "4.1", "4.3", "6"} <= cited
    assert cited <= headings


def test_tests_named_in_the_description_of_the_model_exist_and_every_rule_has_some():
    """Section 9 says which test holds what; each part of sections 6 and 7 has a row."""
    odd = (ROOT / "docs" / "odd.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*?) \|.*", odd.split("\n## 9 ")[1].split("\n## ")[0], flags=re.MULTILINE)
    parts = set(re.findall(r"^#+ (6\.\d+|7) ", odd, flags=re.MULTILINE))
    assert len(parts) >= 14
    assert parts - set(rows) == set(), "give each a row in section 9"
    there = {
        name
        for path in (ROOT / "tests").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    assert set(re.findall(r"`(test_\w+)`", odd)) - there == set()


@pytest.mark.slow
def test_the_table_in_the_readme_is_what_the_demo_shows(clone, monkeypatch, capfd):
    assert call(monkeypatch, ["demo", "--no-progress"]) == 0
    shown = [line.rstrip() for line in capfd.readouterr().out.splitlines()]
    written = blocks("text")[0].splitlines()
    start = shown.index(written[0])
    assert shown[start : start + len(written)] == written
    assert (ROOT / "docs" / "leaks.svg").read_bytes() == (
        clone / "results/demo-001/figures/leaks_list_public.svg"
    ).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("sh"))
def test_shell_blocks_run_whole(clone, monkeypatch, block):
    run_block(block, monkeypatch, skip=lambda _: False)

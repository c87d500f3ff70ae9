"""What a command imports: nothing that it does not need, as importing takes longer than most commands."""

import subprocess
import sys

import pytest

MODEL = {"mesa", "networkx", "numba", "scipy"}
TABLES = {"pandas", "pyarrow"}
DRAWING = {"matplotlib", "seaborn"}
TOWN = ("--place", "milltown")
SEVERAL = (
    "compare",
    "silo",
    *TOWN,
    "--years",
    "1",
    "--replicates",
    "2",
    "--workers",
    "2",
    "--no-report",
    "--no-progress",
    "--out",
    "two",
)
RUN = ("run", "silo", *TOWN, "--years", "2", "--workers", "1", "--no-report", "--no-progress", "--out", "town")
# Packages that no command up to this one may have imported; they run in this order, in one process.
FREE_OF = [
    (("--help",), MODEL | TABLES | DRAWING | {"numpy"}),
    (("list", "arrangements"), MODEL | TABLES | DRAWING),
    (("list", "parameters", *TOWN), MODEL | TABLES | DRAWING),
    (("explain", "list_public.payment_share", *TOWN), MODEL | TABLES | DRAWING),
    (("explain", "keyworker"), MODEL | TABLES | DRAWING),
    (("check", "mine.toml", *TOWN), MODEL | TABLES | DRAWING),
    (SEVERAL, DRAWING | {"mesa", "numba", "networkx"}),  # its workers have the model
    (RUN, DRAWING | {"scipy.stats"}),
]
_COMMANDS = """
import sys
from sim.cli import app
for words, free_of in {commands!r}:
    sys.argv = ["listsim", *words]
    app(words, standalone_mode=False)
    print(" ".join(words), sorted(free_of & set(sys.modules)), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """What each command had imported of what it must not: lines by command."""
    folder = tmp_path_factory.mktemp("startup")
    (folder / "mine.toml").write_text("extends = 'list_public'\nname = 'Mine'\n")
    done = subprocess.run(
        [sys.executable, "-c", _COMMANDS.format(commands=FREE_OF)], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return dict(line.rsplit(" [", 1) for line in done.stderr.splitlines())


@pytest.mark.parametrize("words", [words for words, _ in FREE_OF], ids=" ".join)
def test_a_command_imports_what_it_needs(imported, words):
    assert imported[" ".join(words)] == "]"

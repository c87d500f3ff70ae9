"""The house: imports point one way, luck and money have one door each, functions are short, versions are pinned."""

import ast
import sys
import tomllib
from collections import defaultdict
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sim

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "sim").rglob("*.py"))
SCREEN = 60  # lines of a function's body


def module_of(path):
    """Dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def imported(nodes):
    """Every module that some statements import, as dotted names."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for name in node.names:
                full = f"{node.module}.{name.name}"
                yield full if full in MODULES else node.module


@cache
def neighbours(module):
    """Modules of the package that a module imports, anywhere in it."""
    return {name for name in imported(ast.walk(MODULES[module])) if name in MODULES and name != module}


def reach(module):
    """Modules of the package that a module leads to."""
    seen, todo = set(), [module]
    while todo:
        for name in neighbours(todo.pop()) - seen:
            seen.add(name)
            todo.append(name)
    return seen


def below(package):
    """A package or module and all that is in it."""
    return {name for name in MODULES if name == package or name.startswith(package + ".")}


# The floors of the house, from the ground up; a module imports from its own room and from floors below it.
FLOORS = (
    "core", "place", "programmes", "evaluation", "deals", "agents", "rules", "arrangements", "system", "record", "results", "studies", "trace",
    "examples", "cost_benefit", "report", "experiments", "docs", "words", "api", "rerun", "app", "cli", "__main__",
)  # fmt: skip
# A reader of results knows neither the model nor those who act in it.
READERS = {"results": {"core", "place", "programmes", "record"}, "report": {"core", "results", "record"}}


def room_of(module):
    """The room a module stands in: the folder below ``sim``, or its own name where it stands on the open floor."""
    return module.split(".")[1] if "." in module else "sim"


def test_the_imports_are_read():
    assert {"sim.agents.agency", "sim.deals.market", "sim.core.ledger"} <= neighbours("sim.system")
    assert "sim.report.screen" in neighbours("sim.cli.runs")
    assert "sim.core.streams" in reach("sim.studies.run")


def test_no_module_leads_back_to_itself():
    assert [module for module in MODULES if module in reach(module)] == []


def test_every_room_has_a_floor():
    assert {room_of(module) for module in MODULES} - {"sim"} == set(FLOORS)


def test_imports_point_down():
    up = [
        (module, other)
        for module in MODULES
        if module != "sim"
        for other in neighbours(module)
        if room_of(other) != room_of(module) and FLOORS.index(room_of(other)) >= FLOORS.index(room_of(module))
    ]
    assert up == []


@pytest.mark.parametrize("room", READERS)
def test_readers_know_results_and_not_the_model(room):
    used = {room_of(other) for module in below(f"sim.{room}") for other in neighbours(module)}
    assert used - {room} <= READERS[room]


def test_few_files_stand_on_the_open_floor():
    assert len(list((ROOT / "sim").glob("*.py"))) <= 8


@pytest.mark.parametrize(
    ("module", "known"),
    [
        ("sim.core.streams", set()),
        ("sim.core.philox", set()),
        ("sim.core.ledger", set()),
        ("sim.core.text", set()),
        ("sim.core.kinds", set()),
        ("sim.core.codes", set()),
        ("sim.core.turns", set()),
        ("sim.core.compiled", {"sim.core.turns"}),
        ("sim.core.terminal", set()),
        ("sim.core.faults", {"sim.core.text"}),
        ("sim.place.kernels", {"sim.core.compiled", "sim.core.philox"}),
    ],
)
def test_the_ground_knows_nothing_of_the_rest(module, known):
    own = below(module)
    assert set().union(*map(neighbours, own)) - own == known


def test_nothing_imports_the_command_line_but_its_entry_point():
    users = {module for module in MODULES for name in neighbours(module) if name in below("sim.cli")}
    assert users - below("sim.cli") == {"sim.__main__"}


def test_the_command_line_imports_what_is_heavy_only_where_it_is_needed():
    light = below("sim.cli") | {"sim.core.terminal", "sim.core.shipped"}
    at_top = set().union(*(imported(MODULES[module].body) for module in below("sim.cli"))) - light
    assert {name.partition(".")[0] for name in at_top} - sys.stdlib_module_names == {"typer"}


def test_mesa_is_imported_in_few_files():
    users = {module for module, tree in MODULES.items() if "mesa" in set(imported(ast.walk(tree)))}
    assert {"sim.system", "sim.agents.party"} <= users
    assert len(users) <= 4, users


def test_the_public_names_are_few_and_there():
    assert 5 <= len(sim.__all__) <= 15
    for name in sim.__all__:
        assert getattr(sim, name).__doc__


def test_no_public_name_is_a_module_that_would_hide_it_once_imported():
    assert {path.stem for path in (ROOT / "sim").glob("*")} & set(sim.__all__) == set()


def test_luck_has_one_door():
    """Nothing draws but through streams: no generator of Python's, numpy's or Mesa's, and no hash that a run salts.

    The points of a sweep are drawn by scipy before anything runs, from the seed of the study.
    """
    for module, tree in MODULES.items():
        for name in imported(ast.walk(tree)):
            assert name.partition(".")[0] not in ("random", "secrets", "uuid"), module
            assert not name.startswith("numpy.random"), module
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and module != "sim.studies.designs":
                assert node.attr not in ("random", "rng", "default_rng", "shuffle", "shuffle_do", "unique_id"), module
            if isinstance(node, ast.Name):
                assert node.id != "hash", module


def test_money_has_one_door():
    """Balances change inside the ledger only; others read them."""
    for module, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "_balance":
                assert module == "sim.core.ledger", module
            if isinstance(node, ast.Attribute) and node.attr == "append" and isinstance(node.value, ast.Attribute):
                assert node.value.attr != "postings" or module == "sim.core.ledger", module


def body_lines(function):
    """Lines of a function's body, its docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_functions_fit_on_a_screen():
    lengths = defaultdict(int)
    for module, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                name = f"{module}.{node.name}"
                lengths[name] = max(lengths[name], body_lines(node))
    assert {name for name, lines in lengths.items() if lines > SCREEN} == set()


def test_files_have_one_subject_and_a_modest_length():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES
    }
    assert lengths["sim/system.py"] <= 330
    assert {name for name, lines in lengths.items() if lines > 460} == set()


def test_one_formatter_decides_but_for_a_few_tables():
    assert sum(path.read_text(encoding="utf-8").count("fmt: skip") for path in SOURCES) < 20


def written(target):
    """Attributes that an assignment's target writes, as (whose, name)."""
    if isinstance(target, ast.Tuple | ast.List):
        return [pair for item in target.elts for pair in written(item)]
    if isinstance(target, ast.Attribute):
        return [(ast.unparse(target.value), target.attr)]
    return []


def test_nobody_writes_what_is_inside_another_object():
    """But for numba's cache, which numba itself gives no other way to set, and for Python's own names."""
    for module, tree in MODULES.items():
        if module == "sim.core.compiled":
            continue
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for whose, name in (pair for target in targets for pair in written(target)):
                assert not name.startswith("_") or name.endswith("__") or whose in ("self", "cls"), (
                    module,
                    whose,
                    name,
                )
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setattr":
                raise AssertionError((module, ast.unparse(node)))


def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def required(names):
    """Distributions that some requirements bring in, by canonical name, as far as they are installed here."""
    seen, todo = {}, [Requirement(name) for name in names]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        extras = requirement.extras or {""}
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        if name in seen:
            continue
        seen[name] = metadata.version(name)
        for line in metadata.requires(name) or []:
            inner = Requirement(line)
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                inner.marker = None
                todo.append(inner)
    return seen


def test_every_version_is_pinned_indirect_ones_too():
    project = pyproject()
    pins = dict(line.split("==") for line in project["tool"]["uv"]["constraint-dependencies"])
    installed = required([*project["project"]["dependencies"], *project["dependency-groups"]["dev"]])
    assert {"llvmlite", "python-dateutil", "iniconfig"} <= set(installed)
    assert {name: version for name, version in installed.items() if pins.get(name) != version} == {}
    for group in project["dependency-groups"].values():
        for line in group:
            assert canonicalize_name(Requirement(line).name) in pins


def test_no_lock_file_is_committed():
    assert "uv.lock" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert "default-groups" not in pyproject()["tool"]["uv"]  # `dev` alone, so that a first run stays small

"""Small errors put into institutional code, by a fixed seed: the tests of the room must see nearly all of them.

Run with ``-m mutants``. Each mutant lives in a temporary copy of the tree and runs the tests of its own room only.
"""

import ast
import copy
import multiprocessing
import os
import random
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Which tests answer for which source, those most likely to see an error first. Paths stand here and nowhere else.
ROOMS = {
    "sim/agents/agency.py": ("agents", "rules"),
    "sim/agents/boards.py": ("agents", "rules", "market", "joint_arrangements", "place_arrangements"),
    "sim/agents/bond_issuer.py": ("bonds",),
    "sim/agents/broker.py": ("providers",),
    "sim/agents/by_list.py": ("decisions", "parts"),
    "sim/agents/department.py": ("agents", "bonds"),
    "sim/agents/evidence_unit.py": ("agents", "parts"),
    "sim/agents/investor.py": ("investors",),
    "sim/agents/list_trust.py": ("agents", "parts"),
    "sim/agents/monitor.py": ("agents",),
    "sim/agents/neighbourhood.py": ("agents", "place_arrangements"),
    "sim/agents/party.py": ("market", "refusals", "agents", "providers", "parts", "outcome_arrangements"),
    "sim/agents/provider.py": ("providers", "outcome_arrangements"),
    "sim/agents/social_bank.py": ("investors", "bonds"),
    "sim/agents/vehicle.py": ("investors", "outcome_arrangements"),
    "sim/rules/benefit.py": ("rules", "joint_arrangements", "place_arrangements"),
    "sim/rules/decides.py": ("rules", "place_arrangements"),
    "sim/rules/measured.py": ("outcome_arrangements",),
    "sim/rules/money.py": ("rules", "market", "outcome_arrangements"),
    "sim/rules/payment.py": ("rules", "bonds"),
    "sim/rules/risk.py": ("agents",),
    "sim/rules/savings.py": ("rules", "agents", "bonds", "joint_arrangements"),
    "sim/deals/basis.py": ("agents",),
    "sim/deals/contracts.py": ("market", "agents", "rules", "providers"),
    "sim/deals/evaluation.py": ("agents", "market", "parts"),
    "sim/deals/finance.py": ("finance", "investors"),
    "sim/deals/funding.py": ("market", "agents", "rules"),
    "sim/deals/market.py": ("market", "beliefs", "uptake", "parts", "place_arrangements"),
    "sim/deals/bonds.py": ("outcome_bond", "bonds"),
    "sim/deals/outcomes.py": ("market", "outcome_arrangements"),
    "sim/place/identity.py": ("services",),
    "sim/place/services.py": ("services", "falls", "events", "payers"),
    "sim/record/recorder.py": ("rows", "record", "outcome_arrangements"),
    "sim/record/rows.py": ("rows", "record"),
    "sim/results/summary.py": ("results",),
}
# Of this file only what pays and what is feasible is a rule; the rest prints an example.
ONLY = {
    "sim/deals/bonds.py": {"capital_pence", "multiple", "multiple_variance", "agreed", "unit_parts", "held_for", "mature", "feasible", "facts_of"},
}  # fmt: skip
SEED, NUMBER, ENOUGH = 11, 40, 34
AT_ONCE, LONGEST = 2, 180  # mutants at a time; seconds a mutant may take, on a machine with nothing else to do

SWAPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
# Where the edge itself shows nothing, the whole comparison is turned round.
TURNED = {**SWAPPED, ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all", "all": "any",
         "mean": "max", "fmean": "max"}  # fmt: skip
# Each mutant is a new process; what the package stands on is imported once, for all of them.
FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload(["hypothesis", "mesa", "numba", "pandas", "pyarrow.parquet", "pytest", "seaborn"])
TINY = 1e-6  # constants as small guard a division


@dataclass(frozen=True)
class Place:
    """Where a mutant may be made: the n-th node of a file's tree, in the order of :func:`ast.walk`."""

    file: str
    node: int
    line: int


def places(file):
    """Places of a file; what raises, documents, annotates or declares least values is left out."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    out = {id(node) for top in tree.body for node in _left_out(top)}
    if file in ONLY:
        named = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in ONLY[file]]
        inside = {id(node) for function in named for node in ast.walk(function)}
        out |= {id(node) for node in ast.walk(tree)} - inside
    return [
        Place(file, number, node.lineno)
        for number, node in enumerate(ast.walk(tree))
        if id(node) not in out and changed(node)
    ]


def _left_out(top):
    """Nodes of a statement in which an error would show nothing, or is no rule."""
    for node in ast.walk(top):
        skipped = [node.annotation] if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation else []
        if isinstance(node, ast.FunctionDef):
            skipped += [node] if node.name == "__repr__" else [part for part in (node.returns,) if part]
        if isinstance(node, ast.Raise | ast.JoinedStr):
            skipped.append(node)
        if isinstance(node, ast.Call) and _called(node) in NAMES:
            skipped += [part for part in node.args if isinstance(part, ast.Constant)]  # bounds: min and max are swapped
        if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys if key):
            skipped += [value for value in node.values if isinstance(value, ast.Constant)]  # least values of inputs
        if isinstance(node, ast.BinOp) and any(
            isinstance(part, ast.Constant) and isinstance(part.value, str) for part in (node.left, node.right)
        ):
            yield node  # a path
        for part in skipped:
            yield from ast.walk(part)


def _called(node):
    """Last part of the name of what is called."""
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def changed(node):
    """The node with its error, or None where it has none to offer."""
    new = copy.copy(node)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float) and not 0 < abs(node.value) < TINY:
        new.value = {0: 1, 1: 2}.get(node.value, node.value * 2)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        new.ops = [(TURNED if _shows_nothing_at_the_edge(node) else SWAPPED)[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPPED:
        new.op = SWAPPED[type(node.op)]()
    elif isinstance(node, ast.Call) and _called(node) in NAMES:
        new.func = copy.copy(node.func)
        setattr(new.func, "id" if isinstance(node.func, ast.Name) else "attr", NAMES[_called(node)])
    else:
        return None
    return new


def _shows_nothing_at_the_edge(node):
    """Whether a comparison's sides are never equal, as a draw and its chance, or stand for nothing then, as a sum of nought."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return bool(names & {"uniform", "draw"}) or any(
        isinstance(side, ast.Constant) and side.value == 0 for side in node.comparators
    )


def mutated(place):
    """Source of a place's file with its error, and the error in words: before, after."""
    tree = ast.parse((ROOT / place.file).read_text(encoding="utf-8"))
    node = list(ast.walk(tree))[place.node]
    lines = [item for item in ast.walk(tree) if isinstance(item, ast.stmt) and item.lineno <= node.lineno]
    statement = max(lines, key=lambda item: (item.lineno, -(item.end_lineno or 0)))
    before = ast.unparse(statement)
    vars(node).update(vars(changed(node)))
    old, new = (text.splitlines() for text in (before, ast.unparse(statement)))
    words = " -> ".join(
        " / ".join(line.strip() for line in one if line not in other) for one, other in ((old, new), (new, old))
    )
    return ast.unparse(tree), f"{place.file}:{place.line}: {words}"


def passes(folder, names, seconds):
    """Whether test files pass in a copy of the tree; not to end in time is not to pass."""
    child = FRESH.Process(target=_run_tests, args=(str(folder), [f"tests/test_{name}.py" for name in names]))
    child.start()
    child.join(seconds)
    child.kill()
    child.join()
    return child.exitcode == 0


def _run_tests(folder, tests):
    """In a process of its own, which has not imported the package: run tests of a copy and exit with their code."""
    assert "sim" not in sys.modules
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])
    assert sys.modules["sim"].__file__.startswith(folder)
    os._exit(code)


def survivors(seed, number, folder):
    """Errors, drawn by a seed, that the tests of their rooms do not see, in words: file, line, before and after."""
    every = [place for file in ROOMS for place in places(file)]
    drawn = random.Random(seed).sample(every, number)
    trees = [folder / str(i) for i in range(AT_ONCE)]
    for tree in trees:
        for part in ("sim", "tests", "docs"):
            shutil.copytree(ROOT / part, tree / part)
        shutil.copy2(ROOT / "pyproject.toml", tree)
    rooms = dict.fromkeys(name for place in drawn for name in ROOMS[place.file])
    begun = time.monotonic()
    assert passes(trees[0], rooms, len(rooms) * LONGEST), "without an error every test must pass"
    longest = max(LONGEST, time.monotonic() - begun)  # a busy machine is no error that was seen
    free = list(trees)

    def seen(place):
        tree = free.pop()
        source, words = mutated(place)
        original = (tree / place.file).read_bytes()
        try:
            (tree / place.file).write_text(source, encoding="utf-8")
            return words if passes(tree, ROOMS[place.file], longest) else None
        finally:
            (tree / place.file).write_bytes(original)
            free.append(tree)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [words for words in pool.map(seen, drawn) if words]


@pytest.mark.slow
@pytest.mark.mutants
def test_nearly_all_small_errors_are_seen(tmp_path):
    missed = survivors(SEED, NUMBER, tmp_path)
    print("\n".join(["Errors that no test saw:", *missed]))
    assert NUMBER - len(missed) >= ENOUGH, missed

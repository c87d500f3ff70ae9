"""Experiments run, say what they ask, fit on a screen, and write what their pages show."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "experiments"
EXPERIMENTS = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))


@pytest.fixture(autouse=True)
def _as_scripts(monkeypatch):
    """Experiments are scripts: what they share lies beside them."""
    monkeypatch.syspath_prepend(FOLDER)


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_an_experiment_says_what_it_asks_in_60_lines(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert len(ast.get_docstring(ast.parse(text)).splitlines()) > 2
    assert (ROOT / "docs" / f"{path.stem}.md").exists()


def test_there_are_experiments():
    assert {"leaks", "list_boundary", "who_wins", "zero_effect"} <= {path.stem for path in EXPERIMENTS}


def test_an_interval_is_students():
    from _tables import interval, with_interval

    mean, half = interval([1, 2, 3])  # sd 1, t with 2 degrees of freedom 4.3027 (any table)
    assert mean == 2
    assert half == pytest.approx(4.3027 / 3**0.5, abs=1e-4)
    assert with_interval([1, 2, 3]) == "+2.00 (-0.48 to +4.48)"


def test_money_is_summed_by_replicate_in_millions():
    from _tables import by_replicate

    runs = pd.DataFrame(
        {"replicate": [0, 0, 1, 1], "measure": ["a", "b", "a", "c"], "value_pence": [10**8, 10**8, 3 * 10**8, 7]}
    )
    np.testing.assert_array_equal(by_replicate(runs.astype({"value_pence": "Int64"}), "a", "b"), [2, 3])


def _paid(runs):
    cost = runs[runs["measure"] == "programme_cost"].groupby("replicate")["value_pence"].sum()
    return cost.to_numpy(dtype=float)


def test_leaks_runs_and_its_table_is_of_its_runs(tmp_path):
    import leaks

    points = leaks.simulate("milltown", families=2000, replicates=2, workers=1)
    leaks.write(points, tmp_path)
    text = (tmp_path / "leaks.md").read_text(encoding="utf-8")
    assert "| frictionless → unmet need | backfill_unmet_need |" in text
    corner = next(line for line in text.splitlines() if line.startswith("| frictionless |"))
    assert corner.endswith("| 100% |")
    for runs in points.values():  # equal volume: a seed pays the same for programmes at every point
        np.testing.assert_array_equal(_paid(runs), _paid(points["frictionless"]))
        assert (_paid(runs) > 0).all()
    drifted = points["drift"]
    pence = drifted.loc[drifted["measure"] == "backfill_threshold", "value_pence"].sum() / 2
    assert f"| {pence / 1e8:.2f} |" in next(line for line in text.splitlines() if line.startswith("| drift |"))
    assert (tmp_path / "leaks_by_friction.svg").stat().st_size > 1000


CASH = {"a": (3, 1), "b": (2, 2), "c": (1, -1), "d": (1, 0)}
PEOPLE = {"a": (10, 10), "b": (20, 24), "c": (99, 99), "d": (5, 5)}
RISK = {"a": -1, "b": -2, "c": 0, "d": -3}


class _Result:
    """Two replicates: cash 3 and 1 of a, 2 and 2 of b, 1 and -1 of c; c bought nothing; d loses to b on everything."""

    @property
    def runs(self):
        rows = [
            (name, i, measure, pence, number)
            for name in CASH
            for i in (0, 1)
            for measure, pence, number in (
                ("cash_released", CASH[name][i] * 10**8, None), ("family_years_spared", None, PEOPLE[name][i]),
                ("families_enrolled", None, 0 if name == "c" else 7),
            )
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["arrangement", "replicate", "measure", "value_pence", "value"]).astype(
            {"value_pence": "Int64", "value": float}
        )

    @property
    def summary(self):
        rows = [(name, "all", "net_position", risk * 1e6) for name, risk in RISK.items()]
        return pd.DataFrame(rows, columns=["arrangement", "agency", "measure", "p05"])


def test_who_wins_by_hand():
    from _who_wins import level_with, scores, undominated, winners

    found = scores(_Result())
    assert list(found.index) == ["a", "b", "d"]  # who bought nothing does not compete
    assert found.loc["a"].tolist() == [2, 10, -1]
    assert level_with(_Result(), "cash", "a") == ["b", "d"]  # 1 and -1; 2 and 1 with t of 12.7
    assert level_with(_Result(), "people", "b") == ["a", "d"]  # 10 and 14 seed by seed
    text = winners({("x", "y"): _Result()})
    assert text.splitlines()[-1] == "| x | y | a (2.0); level: b, d | b (22); level: a, d | a (-1.0) |"
    assert undominated({("x", "y"): _Result()}).splitlines()[-1] == "| x | y | 2 of 3 | a, b |"


def test_who_wins_runs(tmp_path):
    import who_wins

    found = who_wins.simulate(("do_nothing", "silo", "list_public"), "milltown", 1000, 2, 1)
    who_wins.write(found, tmp_path)
    text = (tmp_path / "who_wins.md").read_text(encoding="utf-8")
    assert text.count("\n| silo |") == len(who_wins.SETS) * len(who_wins.MONEY)
    assert "| do_nothing |" not in text
    envelopes = [
        result.runs.query("measure == 'capital_in'")["value_pence"].sum()
        for (_, money), result in found.items()
        if "same" in money
    ]
    assert min(envelopes) > 0


def test_list_boundary_runs(tmp_path):
    import list_boundary

    found = list_boundary.simulate("milltown", families=1000, replicates=2, workers=1, drifts=(0, 0.5), reviews=(3,))
    list_boundary.write(found, tmp_path)
    text = (tmp_path / "list_boundary.md").read_text(encoding="utf-8")
    assert text.count("| collapses: all as shipped |") == 1
    assert "| threshold drift \\ years between reviews | 3 |" in text
    assert (tmp_path / "list_boundary.svg").stat().st_size > 1000


def test_the_commands_of_the_boundary_are_its_points():
    import list_boundary

    text = (ROOT / "docs" / "list_boundary.md").read_text(encoding="utf-8")
    words = " ".join(f"--set {name}={value}" for name, value in list_boundary.LIVES.items())
    assert f"listsim compare list_public {words}\n" in text
    assert "listsim compare list_public\n" in text

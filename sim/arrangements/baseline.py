"""Outside baselines: what a contract states that a family uses of a service in a year without help."""

import numpy as np

from sim.core.calendar import DAYS
from sim.core.faults import InputError
from sim.core.kinds import COUNT
from sim.core.parameters import read_values

UNITS = {
    "days/family-year": DAYS,
    "nights/family-year": DAYS,
    "case-quarters/family-year": 1,
    "events/family-year": 1,
}  # of each, how many are a case-quarter, or an event
_STATED = "baseline_"  # before a line's name, among an arrangement's values


def read_baseline(path, table, faults):
    """What a file's table `baseline` states by line, as values of the arrangement."""
    stated = read_values(table, path, dict.fromkeys(table, COUNT), faults, "baseline.")
    for line, item in stated.items():
        with faults.kept():
            if item.unit not in UNITS:
                problem = f"unit {item.unit!r} is none of a baseline"
                raise InputError(path, f"baseline.{line}", problem, "give " + " or ".join(UNITS))
    return {_STATED + line: item for line, item in stated.items()}


def baseline_of(values):
    """What is stated among an arrangement's values: Quantity by line."""
    return {name.removeprefix(_STATED): item for name, item in values.items() if name.startswith(_STATED)}


def stated_use(values, lines):
    """The same in case-quarters, or events, a family and year, for some lines: float (lines,), nan where it is silent."""
    stated = {line: item.value / UNITS[item.unit] for line, item in baseline_of(values).items()}
    return np.array([stated.get(line, np.nan) for line in lines])

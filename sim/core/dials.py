"""The named dials that sweeps, lecturers and tests turn; declared in ``dials.toml`` beside this file."""

import math
import tomllib
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files

from sim.core.faults import InputError
from sim.core.numbers import read_number


@dataclass(frozen=True)
class Dial:
    """A named parameter that sweeps, lecturers and tests turn with ``--set``.

    Attributes
    ----------
    name : str
        Dotted name.
    default : float or str
    low, high : float
        Range; None where the dial is a choice.
    unit, text, source : str
    choices : tuple of str
        Allowed words where the dial is a choice.
    whole : bool
        Whether only whole numbers make sense.
    by_year : bool
        Whether a future may give it a path: one value a financial year.
    read_by : str
        What an arrangement must offer (:data:`sim.deals.terms.WORDS`) for anything in it to read the dial; any reads
        it where this is empty.
    """

    name: str
    default: float | str
    unit: str
    text: str
    source: str
    low: float | None = None
    high: float | None = None
    choices: tuple = ()
    whole: bool = False
    by_year: bool = False
    read_by: str = ""

    def read(self, value, where="--set"):
        """The value as the dial's type, if allowed.

        Raises
        ------
        InputError
        """
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise InputError(
                    where, self.name, f"{value!r} is not a choice", "give one of " + ", ".join(self.choices)
                )
            return value
        number = read_number(value, where, self.name, "value")
        if not self.low <= number <= self.high:
            raise InputError(where, self.name, f"{number:g} is out of range", f"give {self.low:g} to {self.high:g}")
        if self.whole and number % 1:
            near = f"{math.floor(number):g} or {math.ceil(number):g}"
            raise InputError(where, self.name, f"{number:g} is not a whole number", f"give {near}")
        return number


def _read():
    with (files("sim") / "core" / "dials.toml").open("rb") as handle:
        tables = tomllib.load(handle)
    return {name: _dial(name, **table) for name, table in tables.items()}


def _dial(name, text, choices=(), choices_of="", **fields):
    if choices_of:  # declared where they are carried out, so that another one is added there alone
        choices = import_module(choices_of).CHOICES
        text += ": " + ", ".join(f"{item.text} ({choice})" for choice, item in choices.items()) + "."
    return Dial(name, text=text, choices=tuple(choices), **fields)


DIALS = _read()


def defaults():
    """Every dial's default, by name."""
    return {name: dial.default for name, dial in DIALS.items()}

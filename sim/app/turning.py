"""The seven dials of the page: a trainer's words for parameters of the model, with the range and source of each."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from sim.core.dials import DIALS
from sim.core.evidence import full_source
from sim.core.faults import InputError
from sim.rules import CHOICES

RULE = "rules."
AS_ARRANGED = "as_arranged"


@dataclass(frozen=True)
class Turned:
    """A dial of the page.

    Attributes
    ----------
    id : str
        Its name in a link.
    short, asked : str
        Its question, in a label and whole.
    sets : str
        What it sets: a parameter's dotted name, or ``rules.QUESTION``, one of the seven answers of an arrangement.
    low_end, high_end : str
        Its ends in words, where it is a number.
    step : float
    choices : dict of str to str
        Words of each choice, where it is none.
    """

    id: str
    short: str
    asked: str
    sets: str
    low_end: str = ""
    high_end: str = ""
    step: float = 0.0
    choices: dict | None = None

    @property
    def is_rule(self):
        """Whether it changes an answer of the arrangement, and no parameter."""
        return self.sets.startswith(RULE)

    @property
    def default(self):
        """Where it stands until somebody turns it."""
        return AS_ARRANGED if self.is_rule else DIALS[self.sets].default

    @property
    def explained(self):
        """The name that ``listsim explain`` knows; an answer is explained with its arrangement."""
        return None if self.is_rule else self.sets

    @property
    def range(self):
        """Range and unit, or the choices, in words."""
        if self.choices:
            return "; ".join(self.choices.values())
        dial = DIALS[self.sets]
        return f"{dial.low:g} to {dial.high:g} {dial.unit}"

    @property
    def source(self):
        """Where its default and its range come from."""
        return "the arrangement's own file names its source" if self.is_rule else full_source(DIALS[self.sets].source)

    @property
    def meaning(self):
        """What it is, in a sentence."""
        if self.is_rule:
            answers = CHOICES[self.sets.removeprefix(RULE)]
            given = [f"{words} ({answers[name].text})" for name, words in self.choices.items() if name in answers]
            return "Replaces the arrangement's answer to this question: " + "; ".join(given) + "."
        return DIALS[self.sets].text

    def read(self, value):
        """A value as it may stand.

        Raises
        ------
        InputError
        """
        if not self.choices:
            return DIALS[self.sets].read(value, self.asked)
        if value not in self.choices:
            raise InputError(
                self.asked, self.id, f"{value!r} is not a choice", "give one of " + ", ".join(self.choices)
            )
        return value

    def in_words(self, value):
        """A value as people read it."""
        return self.choices[value] if self.choices else f"{value:g}"


def _read():
    with (files("sim") / "app" / "dials.toml").open("rb") as handle:
        return {name: Turned(name, **table) for name, table in tomllib.load(handle).items()}


TURNED = _read()
DEFAULTS = {name: dial.default for name, dial in TURNED.items()}

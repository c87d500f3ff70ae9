"""Lessons for a class: what to open, ask and expect, and why; told at length in docs/teaching.md."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes
    ----------
    title : str
    minutes : int
        Of the shortest session that has it.
    look : str
        Query of the view that is opened.
    ask, expect, because : str
    told, says : str
        The measure whose sentence must say ``more`` or ``less``, or, of each side's evaluation, that it is ``apart``
        from the truth; empty where luck has no part.
    """

    title: str
    minutes: int
    look: str
    ask: str
    expect: str
    because: str
    told: str = ""
    says: str = ""


def _read():
    with (files("sim") / "app" / "lessons.toml").open("rb") as handle:
        return [Lesson(**item) for item in tomllib.load(handle)["lesson"]]


LESSONS = _read()

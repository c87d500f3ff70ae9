"""The sides of a page as they are shown: their names, their numbers, and how they differ with the same luck on both."""

from dataclasses import dataclass

import numpy as np

from sim.app.told import LOOKS, told
from sim.app.turning import TURNED
from sim.core.text import distinct
from sim.record.measures import MEASURES
from sim.report.numbers import digits_for, share_without_estimate

GOING_ON = " Further runs are on their way."
NOBODY_ACTS = "nobody doing anything"


@dataclass(frozen=True)
class Shown:
    """A side with its numbers.

    Attributes
    ----------
    name : str
    code : str
        Its arrangement's id in the numbers.
    known : Known
    """

    name: str
    code: str
    known: object


def names_of(asked, studies):
    """What each side is called: its arrangement's name, and where they would be the same, the dials that differ."""
    arranged = [item for study in studies for item in study.arrangements]
    arranged = arranged * 2 if len(arranged) < len(asked.sides) else arranged
    names = [item.name for item in arranged]
    if len(names) == 2 and names[0] == names[1]:
        differing = [name for name in TURNED if asked.left.dials[name] != asked.right.dials[name]]
        names = [
            f"{name} ({'; '.join(f'{TURNED[dial].short}: {TURNED[dial].in_words(side.dials[dial])}' for dial in differing) or end})"
            for name, side, end in zip(names, asked.sides, ("left", "right"), strict=True)
        ]
    return list(distinct(dict(enumerate(names))).values())


def shown(asked, studies, known):
    """The sides with their numbers, left first: list of Shown."""
    ids = [(item.id, at) for at, study in enumerate(studies) for item in study.arrangements]
    ids = ids * 2 if len(ids) < len(asked.sides) else ids
    return [Shown(name, code, known[at]) for name, (code, at) in zip(names_of(asked, studies), ids, strict=True)]


def difference(sides, measure):
    """By how much the right side's measure exceeds the left one's, or the left one's nought, by seed: numpy.ndarray."""
    values = [side.known.values(side.code, measure) for side in sides]
    return values[1] - values[0] if len(values) == 2 else values[0]


def overstated(side):
    """By how much what was measured exceeds what was true, by seed."""
    return side.known.values(side.code, "measured_saving") - side.known.values(side.code, "true_saving")


def in_words(sides, measure, years):
    """A sentence that says how the sides differ; it says more or less only once that can be told."""
    found, item = told(difference(sides, measure)), MEASURES[measure]
    label = item.label[0].upper() + item.label[1:]
    if np.isnan(found.mean):
        return f"{label}: nothing is known of it here."
    low, high = (amount(item, value, found) for value in (found.low, found.high))
    runs = f"{found.n} runs" + (" with the same luck on both sides" if len(sides) == 2 else "")
    if not found.apart:
        going = "" if found.settled else GOING_ON
        subject = (
            f"{sides[1].name}, set against {sides[0].name},"
            if len(sides) == 2
            else f"{sides[0].name}, set against {NOBODY_ACTS},"
        )
        if found.low == found.high == 0:
            return f"{label}: the same on both sides in {runs}."
        return f"{label}: no difference can be told{'' if found.settled else ' yet'}. {subject} lies between {low} and {high} over {years} years, in {runs}.{going}"
    more = "more" if found.mean > 0 else "less"
    than = sides[0].name if len(sides) == 2 else NOBODY_ACTS
    size, *ends = (amount(item, abs(value), found) for value in (found.mean, *sorted((found.low, found.high), key=abs)))
    return f"{label}: {sides[-1].name} has {size} {more} than {than} over {years} years ({ends[0]} to {ends[1]}, in {runs})."


def judged(side, years):
    """A sentence that says whether a side's evaluation found what was true."""
    found, item = told(overstated(side)), MEASURES["measured_saving"]
    if share_without_estimate(side.known.cells, side.code) == 1:
        return f"{side.name}: evaluation had no estimate for any cohort that it followed, and claimed nothing."
    if np.isnan(found.mean) or found.low == found.high == 0:
        return f"{side.name}: nothing was measured."
    if not found.apart:
        low, high = (amount(item, value, found) for value in (found.low, found.high))
        going = "" if found.settled else GOING_ON
        return f"{side.name}: what was measured cannot be told from what was true; they differ by {low} to {high} in {found.n} runs.{going}"
    more = "more" if found.mean > 0 else "less"
    size, *ends = (amount(item, abs(value), found) for value in (found.mean, *sorted((found.low, found.high), key=abs)))
    return f"{side.name}: evaluation found {size} {more} than was true over {years} years ({ends[0]} to {ends[1]}, in {found.n} runs)."


def amount(item, value, found):
    """A value of a measure as people read it, with decimals that suit the difference it belongs to."""
    if not item.is_money:
        return f"{round(value, item.digits) + 0.0:,.{item.digits}f} {item.unit}"
    digits = digits_for(np.array([found.low, found.high]))
    rounded = round(abs(value) / 1e6, digits)
    return f"{'-' if value < 0 and rounded else ''}£{rounded:,.{digits}f}m"


def progress(job):
    """How far the runs are, in a few words."""
    if job.failure:
        return f"A run failed: {job.failure}"
    going = "; further runs go on" if job.is_going_on else ""
    return f"{job.n} of up to {LOOKS[-1]} runs{going}"

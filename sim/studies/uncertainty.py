"""What assumed and published values are not known better than by their ranges: drawn anew in every replicate."""

from dataclasses import dataclass, fields, replace
from math import sqrt

from sim.core.faults import InputError
from sim.core.streams import uniform
from sim.studies.inputs import parameters, with_setting
from sim.studies.study import Study

CHOICES = ("trials", "full")
GROUPS = ("published", "trials", "assumptions", "luck")
# The place is fitted to published counts by most of these, or with them; drawn without a new fit, its base year would be another.
_HELD = ("needs.", "transitions.", "coupling.", "events.", "crisis.")
_HELD_OF = {
    "lines": {"caseload", "coverage", "family_share", "boundary", "share", "spot_share"},
    "place": {"families", "population", "frailty_sd", "deprivation_effect", "frailty_recovery"},
    "neighbourhoods": {"families_share", "deprivation", "x", "y"},
    "programmes": {"share_emerging", "share_entrenched", "share_crisis"},  # which sum to one
    "departments": {"real_growth"},  # which a future says year by year: its range holds all futures
}


def group_of(name, item):
    """Whether a value is drawn as one of the ``published`` or of the ``assumptions``; None where it is held.

    Parameters
    ----------
    name : str
        Dotted.
    item : Quantity
    """
    first, last = name.partition(".")[0], name.rpartition(".")[2]
    held = name.startswith(_HELD) or last in _HELD_OF.get(first, ()) or item.source.startswith("fitted")
    if held or item.low == item.high:
        return None
    return "assumptions" if item.source.startswith("assumption") else "published"


def share_of(seeds, name, replicate):
    """Where in its range a value lies in a replicate, 0 to 1: a Latin hypercube, keyed by the first seed and the name.

    Each replicate has a slice of its own out of as many as there are replicates, whatever the arrangement.
    """
    marks = [uniform(seeds[0], "slice of a range", name, i) for i in range(len(seeds))]
    place = sum(mark < marks[replicate] for mark in marks)
    return (place + uniform(seeds[0], "within a slice", name, replicate)) / len(seeds)


def drawn(item, share):
    """A value of a quantity's range: as likely above the value that the data give as below it, and less likely towards both ends.

    Two half triangles, so that the data's value is the median however skew the range; one that stands at an end of its
    range stays there in half of the replicates.
    """
    if share < 0.5:
        number = item.value - (item.value - item.low) * (1 - sqrt(2 * share))
    else:
        number = item.value + (item.high - item.value) * (1 - sqrt(2 * (1 - share)))
    number = min(max(number, item.low), item.high)
    return float(round(number)) if item.kind.whole else number


@dataclass(frozen=True, eq=False)
class DrawnStudy(Study):
    """A study in which every replicate has values of its own for all that is known by a range.

    Beside it, a third of the replicates are run again with one group at a time as the next of them has it (trials' errors and
    luck count as groups): the spread that is left when all else stands still is what rests on that group.

    Attributes
    ----------
    other : str
        The group that is the next replicate's; empty for the replicates themselves.
    """

    other: str = ""

    @property
    def uncertainty(self):
        """What is drawn: all that is known by a range."""
        return "full"

    @property
    def nested(self):
        """Seeds that are run again: a third of all; none where they are too few."""
        return self.seeds[: len(self.seeds) // 3] if len(self.seeds) >= 9 else self.seeds[:0]

    def tasks(self):
        """Every replicate, then those run again: (number of the group from 1, or 0 for none; seed)."""
        again = [(number, seed) for seed in self.nested for number in range(1, len(GROUPS) + 1)]
        return [(0, seed) for seed in self.seeds] + again

    def at(self, point):
        """The study of the replicates themselves, or of those run again with a group otherwise."""
        return replace(self, other=("", *GROUPS)[point])

    def task(self, seed):
        """What is run for a seed: inputs of every arrangement, and the seed of its luck."""
        mine = seed - self.seeds[0]
        following = (mine + 1) % max(1, len(self.nested))
        of_group = {group: following if group == self.other else mine for group in GROUPS}
        every = [replace(inputs, trials=self.seeds[of_group["trials"]]) for inputs in self.inputs()]
        known = [parameters(inputs) for inputs in every]
        for name, item in self.quantities().items():
            if group := group_of(name, item):
                value = drawn(item, share_of(self.seeds, name, of_group[group]))
                every = [
                    with_setting(inputs, name, value) if name in has else inputs
                    for inputs, has in zip(every, known, strict=True)
                ]
        return every, self.seeds[of_group["luck"]]


def with_uncertainty(study, name):
    """A study as it is, where trials' errors alone are drawn, or one in which all is drawn that is known by a range.

    Raises
    ------
    InputError
        If there is no such kind of uncertainty, or the study has points of settings of its own.
    """
    if name not in CHOICES:
        raise InputError("--uncertainty", str(name), "is no kind of uncertainty", f"give {' or '.join(CHOICES)}")
    if name == "trials":
        return study
    if len(study.points) > 1:
        raise InputError("--uncertainty", name, "goes with one point of settings", "compare the points one by one")
    groups = [group_of(*pair) for pair in study.quantities().items()]
    note = (
        f"drawn from their ranges: {groups.count('assumptions')} assumed and {groups.count('published')} published values; held: "
        f"{groups.count(None)} that have no range, by which the place is fitted to published counts, or which a future says"
    )
    same = {item.name: getattr(study, item.name) for item in fields(study)}
    return DrawnStudy(**{**same, "notes": (*study.notes, note)})

"""What a page is asked: place, future, one or two sides with their dials, and the view of it; all of it stands in its link."""

import shlex
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from sim.app.turning import DEFAULTS, TURNED
from sim.arrangements.reading import arrangement_names
from sim.core.faults import InputError, suggest
from sim.core.numbers import read_whole
from sim.core.shipped import special
from sim.place.places import place_names
from sim.studies.arguments import RANGES
from sim.studies.futures import future_names

_OPENED = special("side_by_side")

SCENES = ("pays", "forgone", "leaks", "years", "measured")
NOBODY = "none"  # on the right
STEADY = "steady"  # the future that is the same as none
SPANS = {"families": (500, 300_000), "years": (1, 40), "seed": RANGES["seed"]}  # no link asks for what never ends
RIGHT = "b."  # before a dial of the right side that stands otherwise than on the left


@dataclass(frozen=True)
class Side:
    """An arrangement and where the dials stand for it.

    Attributes
    ----------
    arrangement : str
    dials : dict
        Every dial's value by id.
    """

    arrangement: str
    dials: dict = field(default_factory=lambda: dict(DEFAULTS))

    @property
    def turned(self):
        """Dials that do not stand at their default: values by id."""
        return {name: value for name, value in self.dials.items() if value != DEFAULTS[name]}

    @property
    def settings(self):
        """What the dials set, by dotted name."""
        return {TURNED[name].sets: value for name, value in self.turned.items() if not TURNED[name].is_rule}

    @property
    def answers(self):
        """Answers of the arrangement that the dials replace, by question."""
        return {
            TURNED[name].sets.partition(".")[2]: value for name, value in self.turned.items() if TURNED[name].is_rule
        }


@dataclass(frozen=True)
class Asked:
    """What a page is asked.

    Attributes
    ----------
    left, right : Side
        `right` is None where one arrangement stands alone, beside a place in which nobody does anything.
    place, future : str
    families : int or None
        The place's own number where None.
    years, seed : int
    scene : str
    about : str
        The measure of the third and fourth scene's sentence.
    year : int
        Looked at in the fourth scene.
    split : bool
        Whether the sides have dials of their own.
    large : bool
        Whether type is large.
    """

    left: Side = Side(_OPENED[0])
    right: Side | None = Side(_OPENED[1])
    place: str = "milltown"
    future: str = STEADY
    families: int | None = None
    years: int = 15
    seed: int = 1
    scene: str = SCENES[0]
    about: str = "net_position"
    year: int = 1
    split: bool = False
    large: bool = False

    @property
    def sides(self):
        """The left side, and the right one where there is one."""
        return (self.left, self.right) if self.right else (self.left,)

    @property
    def what(self):
        """The part of it that its numbers depend on, and nothing of how they are looked at."""
        return replace(self, scene=SCENES[0], about="net_position", year=1, split=False, large=False)

    def query(self):
        """It as the query of a link, what stands at its default left out."""
        given = {"a": self.left.arrangement, "b": self.right.arrangement if self.right else NOBODY}
        plain, first = Asked(), ("place", "future", "families", "years", "seed", "scene", "about", "year")
        given |= {name: getattr(self, name) for name in first if getattr(self, name) != getattr(plain, name)}
        given |= {name: _written(value) for name, value in self.left.turned.items()}
        if self.right:
            both = self.left.dials, self.right.dials
            given |= {RIGHT + name: _written(both[1][name]) for name in TURNED if both[0][name] != both[1][name]}
        given |= {name: "1" for name in ("split", "large") if getattr(self, name)}
        return urlencode(given)

    def turn(self, name, value, right=False):
        """The same with one dial turned; on both sides unless they are split.

        Raises
        ------
        InputError
        """
        value = TURNED[name].read(value)
        sides = {
            key: replace(side, dials={**side.dials, name: value})
            for key, side in (("left", self.left), ("right", self.right))
            if side and (not self.split or (key == "right") == right)
        }
        return replace(self, **sides)


def _written(value):
    return value if isinstance(value, str) else f"{value:.12g}"


def from_query(query, arrangements=(), measures=()):
    """What a link asks for; what it gets wrong is left at its default and told.

    Parameters
    ----------
    query : str
    arrangements : sequence of str
        Ids that may be asked for beside the shipped ones.
    measures : sequence of str
        That `about` may name.

    Returns
    -------
    tuple of Asked, and list of str
    """
    given, faults = dict(parse_qsl(query, keep_blank_values=True)), []

    def read(name, reader, default):
        if name not in given:
            return default
        try:
            return reader(given.pop(name))
        except InputError as error:
            faults.append(str(error))
            return default

    names, plain = [*arrangement_names(), *arrangements], Asked()
    one_of = {
        "place": place_names(),
        "future": future_names(),
        "scene": SCENES,
        "about": [plain.about, *measures],
    }
    found = {
        name: read(name, lambda text, name=name: _one_of(text, name, one_of[name]), getattr(plain, name))
        for name in one_of
    }
    found |= {
        name: read(name, lambda text, name=name: whole(text, name, SPANS[name]), getattr(plain, name)) for name in SPANS
    }
    found["year"] = read("year", lambda text: whole(text, "year", (1, found["years"])), 1)
    found |= {name: given.pop(name, "") == "1" for name in ("split", "large")}
    a, b = (
        read(key, lambda text, more=more: _one_of(text, "arrangement", [*names, *more]), side.arrangement)
        for key, side, more in (("a", plain.left, ()), ("b", plain.right, (NOBODY,)))
    )
    dials = {name: read(name, dial.read, dial.default) for name, dial in TURNED.items()}
    other = {name: read(RIGHT + name, dial.read, dials[name]) for name, dial in TURNED.items()}
    faults += [str(InputError("link", name, "is unknown", "leave it out")) for name in given]
    split = found.pop("split") or other != dials
    right = None if b == NOBODY else Side(b, other)
    return Asked(Side(a, dials), right, split=split and right is not None, **found), faults


def whole(text, what, span):
    """A whole number from a text.

    Raises
    ------
    InputError
    """
    text = text.strip()
    return read_whole(what, "", int(text) if text.isascii() and text.isdigit() and len(text) < 20 else text, *span)


def _one_of(text, what, known):
    if text not in known:
        raise InputError("link", what, f"{text!r} is unknown", suggest(text, known))
    return text


@dataclass(frozen=True)
class Batch:
    """Arrangements that one command runs, as all else that is asked of them is the same.

    Attributes
    ----------
    arrangements : tuple of str
        As :func:`sim.studies.study.load_study` takes them: ids and files.
    settings : dict
    common : dict
        Place, future, families, years and seed.
    """

    arrangements: tuple
    settings: dict
    common: dict

    def request(self, replicates):
        """Keyword arguments of :func:`sim.studies.study.load_study`."""
        return {
            "arrangements": list(self.arrangements),
            "settings": self.settings,
            "replicates": replicates,
            **self.common,
        }

    def command(self, replicates, called=()):
        """The command line that runs it.

        Parameters
        ----------
        replicates : int
        called : dict of str to str
            Names of files in a folder of the user's, where they stand elsewhere here.
        """
        kind = "compare" if len(self.arrangements) > 1 else "run"
        return self._line([kind], called, {**self.common, "replicates": replicates})

    def trace(self, kind, called=()):
        """The command line that traces a ``family`` or a ``pound`` of its first seed; `called` as in :meth:`command`."""
        return self._line(["trace", kind], called, self.common)

    def _line(self, words, called, options):
        words = [*words, *(dict(called).get(name, name) for name in self.arrangements)]
        for name, value in options.items():
            if value is not None:
                words += [f"--{name}", str(value)]
        for name, value in self.settings.items():
            words += ["--set", f"{name}={_written(value)}"]
        return shlex.join(["listsim", *words])


def batches(asked, file_of):
    """The sides of what is asked as few commands as they need: list of Batch.

    Parameters
    ----------
    asked : Asked
    file_of : callable
        (arrangement, answers replaced) -> what to run: an id or a file.
    """
    alone = apart(asked, file_of)
    if len(alone) == 2 and alone[0].settings == alone[1].settings:
        both = dict.fromkeys(name for batch in alone for name in batch.arrangements)
        return [replace(alone[0], arrangements=tuple(both))]
    return alone


def apart(asked, file_of):
    """Each side by itself: list of Batch; parameters as in :func:`batches`."""
    future = None if asked.future == STEADY else asked.future
    common = {name: getattr(asked, name) for name in ("place", "families", "years", "seed")} | {"future": future}
    return [Batch((file_of(side.arrangement, side.answers),), side.settings, common) for side in asked.sides]

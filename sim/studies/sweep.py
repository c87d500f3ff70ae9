"""A sweep: arrangements at many points of settings, places and futures, over seeds; one description of what is run."""

from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from math import prod

from sim.core.dials import DIALS
from sim.core.digest import Digests
from sim.core.faults import LONGEST_QUOTE, Faults, InputError, suggest
from sim.core.text import printable
from sim.studies.arguments import LAST_SEED
from sim.studies.designs import MOST_POINTS, Axis, combined
from sim.studies.inputs import YEARS, parameters
from sim.studies.study import load_study
from sim.studies.study_file import NO_FUTURE, Until, asked

PLACE = "birmingham_2010"
REPLICATES, FIRST_SEEDS = 10, 5  # of a sweep with fixed seeds, and of one that adds seeds until it is sure


@dataclass(frozen=True, eq=False)
class Sweep:
    """Arrangements at points, over seeds. Sweeps are equal where what they run is, and how many seeds they begin with.

    Attributes
    ----------
    points : tuple of dict
        What is set at each point, by dotted name, and ``place`` and ``future``, by id, where these vary.
    labels : tuple of dict
        Value of each axis and range at each point, by its name; of a set of settings, its name.
    seeds : range
        Of every point; the first ones where there is an `until`.
    until : Until or None
        When a point has seeds enough; see :mod:`sim.studies.until`.
    settings : dict
        Changes at every point, by dotted name.
    worlds : dict of (str, str) to Study
        The study without settings, by ids of place and future.
    words : dict
        What was asked for; see :meth:`describe`.
    more : dict of int to int
        Seeds of those points that have more than the first.
    """

    points: tuple
    labels: tuple
    seeds: range
    until: Until | None
    settings: dict
    worlds: dict = field(repr=False)
    words: dict = field(repr=False)
    more: dict = field(default_factory=dict, repr=False)

    @property
    def arrangements(self):
        """Ids of the arrangements, the same at every point: tuple of str."""
        return tuple(item.id for item in self._first.arrangements)

    @property
    def than(self):
        """Id of the arrangement that others are compared with."""
        return self.until.than if self.until else self.arrangements[0]

    @property
    def notes(self):
        """What a reader of the results should know of what was read: tuple of str."""
        return self._first.notes

    @property
    def _first(self):
        return next(iter(self.worlds.values()))

    def tasks(self):
        """Every (point's number, seed), by seed, so that points that share a seed follow one another."""
        most = max(self.n_seeds(point) for point in range(len(self.points)))
        return [
            (point, self.seeds[0] + number)
            for number in range(most)
            for point in range(len(self.points))
            if number < self.n_seeds(point)
        ]

    def n_seeds(self, point):
        """Number of seeds of a point."""
        return self.more.get(point, len(self.seeds))

    def with_seeds(self, more):
        """The same sweep with other numbers of seeds at some points, by point."""
        return replace(self, more={**self.more, **more})

    def at(self, point):
        """The study of one point alone, over the seeds of every point."""
        given = dict(self.points[point])
        first = next(iter(self.worlds))
        world = self.worlds[given.pop("place", first[0]), given.pop("future", first[1])]
        return replace(world, points=({**self.settings, **given},))

    @cached_property
    def request(self):
        """Names, and the user's own files with their text, of all places and futures together: Request."""
        each = [world.request for world in self.worlds.values()]
        texts, hashes = {}, {}
        for one in each:
            texts |= one.texts
            hashes |= one.hashes
        first, hashes = each[0], dict(sorted(hashes.items()))
        return replace(first, texts=texts, hashes=hashes)

    @cached_property
    def hash(self):
        """SHA-256 of all that the results of a seed depend on, but for the code; the same however many seeds there are.

        Those that an `until` begins with decide how many it adds, so they are in it.
        """
        seeds = self.seeds if self.until else self.seeds[:1]
        worlds = {" ".join(name): replace(world, seeds=seeds).hash for name, world in self.worlds.items()}
        return Digests().of(worlds, self.settings, self.points, seeds, self.until)

    def __eq__(self, other):
        return isinstance(other, Sweep) and (self.hash, self.seeds) == (other.hash, other.seeds)

    def __hash__(self):
        return int(self.hash[:16], 16)

    def describe(self):
        """All that is needed to make the sweep again, and to show its results: a dict that JSON can hold.

        Returns
        -------
        dict
            ``asked``, of the form of a study file, shipped files by id and others as given; ``axes``, a list of name,
            kind (``place``, ``future``, ``list``, ``sets``, ``range``) and values or ends; ``points``, by number, what
            tables show of each; ``arrangements``, ``places`` and ``futures``, names by id; ``than``; ``seeds``;
            ``until``; ``settings``; ``years``; ``families`` by place; ``own_files`` and ``files``, as in a manifest.
        """
        return {
            "asked": self.words["asked"],
            "axes": self.words["axes"],
            "points": [{**label, **point} for label, point in zip(self.labels, self.points, strict=True)],
            "arrangements": {item.id: item.name for item in self._first.arrangements},
            "places": {world.place.id: world.place.name for world in self.worlds.values()},
            "futures": {world.future.id: world.future.name for world in self.worlds.values() if world.future},
            "than": self.than,
            "seeds": list(self.seeds),
            "until": asdict(self.until) if self.until else None,
            "settings": self.settings,
            "years": self._first.years,
            "families": {world.place.id: world.families for world in self.worlds.values()},
            "own_files": self.request.texts,
            "files": self.request.hashes,
        }


def load_sweep(file=None, **given):
    """The sweep that a study file, or what is given beside it, asks for; everything read, every point tried.

    Parameters
    ----------
    file : str or path, optional
        A study file (README, "Sweeps").
    **given
        What would stand in such a file, by the same keys, and goes before what stands there: ``place``,
        ``arrangements``, ``future`` and ``programmes``, one or a list; ``years``, ``families``, ``replicates``, ``seed``; ``settings``;
        ``grid``, values by dotted name; ``sample``; ``until``. None where a key is not given.

    Returns
    -------
    Sweep

    Raises
    ------
    InputError
        That names every fault, those of settings by the first point that has them.
    """
    parts, where = asked(file, **given), file or "sweep"
    worlds = _worlds(parts, where)
    seeds, until = _seeds(parts, where, next(iter(worlds.values())))
    worlds = {name: replace(world, seeds=seeds) for name, world in worlds.items()}
    axes, sample = (*_axes_of(worlds), *parts["grid"]), parts.get("sample")
    n_points = prod(len(axis.values) for axis in axes) * (sample.n if sample else 1)
    if n_points > MOST_POINTS:
        raise InputError(where, "grid", f"makes {n_points:,} points", f"give lists that make {MOST_POINTS:,} at most")
    drawn = sample.points(seeds[0], _whole_numbers(worlds)) if sample else ({},)
    points, labels = combined(axes, drawn)
    ranges = sample.ranges if sample else ()
    words = {"asked": _in_words(parts, worlds, seeds, until), "axes": [item.in_words() for item in (*axes, *ranges)]}
    sweep = Sweep(points, labels, seeds, until, parts["settings"], worlds, words)
    _try_points(sweep, where, given.get("settings") or {})
    return sweep


def _worlds(parts, where):
    """The study without settings of every place and future, by their ids."""
    worlds = {}
    if "arrangements" not in parts:
        raise InputError(where, "arrangements", "is missing", "name one or more, or 'all'")
    with Faults() as faults:
        for place in parts.get("place", (PLACE,)):
            for future in parts.get("future", (NO_FUTURE,)):
                with faults.kept():
                    study = load_study(
                        list(parts["arrangements"]),
                        place,
                        years=parts.get("years", YEARS),
                        families=parts.get("families"),
                        replicates=1,
                        future=None if future == NO_FUTURE else future,
                        programmes=parts.get("programmes"),
                    )
                    key = study.place.id, study.future.id if study.future else NO_FUTURE
                    if key in worlds:
                        raise InputError(
                            where,
                            f"place {key[0]}, future {key[1]}",
                            "is given twice",
                            "give each place and future an id of its own, a place in its place.toml",
                        )
                    worlds[key] = study
    return worlds


def _seeds(parts, where, study):
    """The first seeds, and when there are enough, the arrangement to compare with named."""
    until, first = parts.get("until"), parts.get("seed", 1)
    n = parts.get("replicates", FIRST_SEEDS if until else REPLICATES)
    last = first + (until.most if until else n) - 1
    if last > LAST_SEED:
        raise InputError(
            where, "seed", f"the last seed, {last}, is too large", f"give {LAST_SEED - last + first} or less"
        )
    if until is None:
        return range(first, first + n), None
    known = [item.id for item in study.arrangements]
    until = replace(until, than=until.than or known[0])
    with Faults() as faults:
        with faults.kept():
            if until.than not in known:
                raise InputError(where, "until.than", f"{until.than!r} is not compared", suggest(until.than, known))
        with faults.kept():
            if len(known) == 1:
                raise InputError(where, "until", "has one arrangement to compare with itself", "name two or more")
        with faults.kept():
            if until.most < n:
                raise InputError(where, "until.most", f"{until.most} is less than the first {n} seeds", "give more")
    return range(first, first + n), until


def _axes_of(worlds):
    """Axes of place and future, where these vary."""
    names = {"place": [place for place, _ in worlds], "future": [future for _, future in worlds]}
    each = {key: tuple(dict.fromkeys(found)) for key, found in names.items()}
    return [Axis(key, values) for key, values in each.items() if len(values) > 1]


def _whole_numbers(worlds):
    """Names of the parameters that are whole numbers at any place."""
    found = {name for name, dial in DIALS.items() if dial.whole}
    for world in worlds.values():
        for inputs in world.inputs():
            found |= {name for name, item in parameters(inputs).items() if name not in DIALS and item.kind.whole}
    return found


def _in_words(parts, worlds, seeds, until):
    """What was asked, as a study file would say it, shipped things by id and the user's own as given."""
    first = next(iter(worlds.values()))
    words = {
        "place": list(dict.fromkeys(world.request.place for world in worlds.values())),
        "arrangements": list(first.request.arrangements),
        "future": list(dict.fromkeys(world.request.future or NO_FUTURE for world in worlds.values())),
        "programmes": list(first.request.programmes) or None,
        "years": first.years,
        "families": parts.get("families"),
        "seed": seeds[0],
        "replicates": len(seeds),
        "settings": parts["settings"],
        "grid": {axis.name: axis.sets or list(axis.values) for axis in parts["grid"]},
        "sample": parts["sample"].as_asked() if "sample" in parts else None,
        "until": asdict(until) if until else None,
    }
    return {key: value for key, value in words.items() if value is not None}


def _try_points(sweep, where, own):
    """Refuse settings that are wrong at any point; what many points have in common is told of the first; `own` are options."""
    told = {}
    for number in range(len(sweep.points)):
        try:
            sweep.at(number).inputs()
        except InputError as error:
            for fault in error.faults:
                head, _, remedy = fault.rpartition("; ")
                told.setdefault((*head.split(": ")[:2], remedy), []).append((number, fault))
    if told:
        raise InputError.of(_of_points(sweep, where, own, *found[0], len(found)) for found in told.values())


def _of_points(sweep, where, own, number, fault, times):
    """A fault of one point or more, in a line that names the first; of a setting that all have, as one of that."""
    text = fault.removeprefix("--set: ")
    name = text.partition(": ")[0]
    if fault != text and name in sweep.settings:
        return fault if name in own else f"{printable(where)}: settings.{text}"
    values = (
        (name, f"{value:g}" if isinstance(value, float) else value) for name, value in sweep.labels[number].items()
    )
    at = ", ".join(f"{name} = {value}" for name, value in values)
    others = {1: "", 2: " (and at another point)"}.get(times, f" (and at {times - 1:,} other points)")
    return f"{printable(where)}: point {number}{f' ({printable(at, LONGEST_QUOTE)})' if at else ''}: {text}{others}"

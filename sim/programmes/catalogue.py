"""The catalogue: what each programme is for, what it costs and what studies found, null results included."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import NormalDist

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.evidence import check_source, evidence
from sim.core.faults import Faults, InputError, check_name, suggest
from sim.core.input_files import read_toml
from sim.core.kinds import PRICE, SHARE, Kind
from sim.core.parameters import changed, check_keys, read_values, table_of
from sim.core.shipped import file_of, shipped_folder, shipped_names
from sim.core.streams import code_of, normal
from sim.place.places import AGE_BANDS, BAND_NAMES, LEVELS

SECTORS = ("in_house", "private", "community")
DIRECTIONS = ("escalation", "recovery")
NO_INTERVAL_SE = (
    0.25  # rule where a controlled study gives neither interval nor p-value; assumption, see docs/odd.md section 6
)
SHIPPED = shipped_folder("programmes")
_WEIGHT = Kind(0, 2)
_QUANTITIES = {
    "cost_per_family": PRICE,
    "duration": Kind(1, 120, whole=True),
    "half_life": Kind(0.25, 100),
    "engagement": SHARE,
    "most_reached": SHARE,
    "weight_emerging": _WEIGHT,
    "weight_entrenched": _WEIGHT,
    "weight_crisis": _WEIGHT,
    **{f"weight_age_{band}": _WEIGHT for band in BAND_NAMES},
}
_TOP = {
    "name": str,
    "commissioners": list,
    "sectors": list,
    "evidence_grade": int,
    "notes": str,
    "target": dict,
    "effect": list,
}
_TARGET = {"needs": list, "level_from": int, "level_to": int, "at_least": int, "age_from": int, "age_to": int}
_TARGET_OPTIONAL = {"event": str}
_WORDS = {str: "text in quotes", list: "a list, not empty", int: "a whole number", dict: "a table"}
# What a study may say. Sizes have their least and most; a level is in per cent, and a p-value of 1 tells nothing.
_SIZES = {
    "ratio": (0.01, 100),
    "d": (-5, 5),
    "treated": (0.001, 0.999),
    "control": (0.001, 0.999),
    "interval": (-100, 100),
    "level": (50, 99.9),
    "p": (0, 0.999),
}
_STUDY = (*_SIZES, "pooled", "source", "finding")


@dataclass(frozen=True)
class Study:
    """One published finding as a log ratio with its standard error; not a number where it is only on record."""

    mean: float
    se: float
    pooled: bool
    source: str
    finding: str


@dataclass(frozen=True)
class Effect:
    """Effect on one need: log ratio of the chance to worsen (escalation) or to ease (recovery).

    Studies that are pooled are weighted by the inverse of their variance; the rest stay on record.
    """

    need: str
    on: str
    studies: tuple

    @cached_property
    def se(self):
        """Standard error of the pooled log ratio."""
        return sum(study.se**-2 for study in self.studies if study.pooled) ** -0.5

    @cached_property
    def mean(self):
        """Pooled log ratio."""
        return self.se**2 * sum(study.mean * study.se**-2 for study in self.studies if study.pooled)


@dataclass(frozen=True)
class Programme:
    """An entry of the catalogue; numbers in `values`, by name such as ``cost_per_family``."""

    id: str
    name: str
    commissioners: tuple
    sectors: tuple
    grade: int
    target: dict
    values: dict
    effects: tuple
    file: str = field(compare=False)
    notes: str = ""

    @property
    def correction(self):
        """Optimism correction that analysts apply for its evidence grade."""
        return grade_correction(self.grade)

    @property
    def code(self):
        """Stable code for draws."""
        return code_of(self.id)

    def get(self, name):
        """A value; money in 2010/11 pounds."""
        return self.values[name].base_value

    def cost_pence(self):
        """Catalogue cost a family in whole pence of 2010/11."""
        return round(self.get("cost_per_family") * 100)

    def with_value(self, name, text, where="--set"):
        """A copy with one value changed inside its range."""
        item = changed(self.values[name], text, where, f"programmes.{self.id}.{name}")
        return replace(self, values={**self.values, name: item})

    def targets(self, place):
        """The target rule in the place's order of needs, or None if the place has none of the needs, or not the event."""
        from sim.place.kernels import Target  # with it come all that is compiled

        needs = np.array([need.id in self.target["needs"] for need in place.needs], np.uint8)
        events, event = place.index("events"), self.target.get("event")
        if needs.sum() < self.target["at_least"] or (event is not None and event not in events):
            return None
        age_from, age_to = self.target["age_from"] * QUARTERS, self.target["age_to"] * QUARTERS + QUARTERS - 1
        levels, at_least = (self.target["level_from"], self.target["level_to"]), self.target["at_least"]
        return Target(needs, *levels, at_least, age_from, age_to, 0 if event is None else 1 << events[event])

    def strength(self):
        """Strength of the effect by quarters since enrolment: full while it runs, then fading with its half-life."""
        after = np.maximum(0, np.arange(256) - self.get("duration"))
        return np.power(0.5, after / (self.get("half_life") * QUARTERS))

    def level_weight(self):
        """Weight of the effect by level of need."""
        return np.array([1.0, *(self.get(f"weight_{level}") for level in LEVELS[1:])])

    def band_weight(self):
        """Weight of the effect by age band."""
        return np.array([self.get(f"weight_age_{band}") for band in BAND_NAMES])

    def published(self, place):
        """Published log ratios in the place's order of needs: escalation and recovery, float (2, needs)."""
        return self._by_need(place, lambda effect: effect.mean)

    def true_effect(self, place, dials, seed):
        """True log ratios, float (2, needs): of this run, drawn, shrunk by evidence grade, scaled by the dial."""
        keep = 1 - min(1.0, dials["programmes.shrinkage"] * grade_correction(self.grade))
        scale = dials["programmes.effect_scale"]

        def draw(effect):
            return scale * (
                keep * effect.mean + effect.se * normal(seed, "true effect", self.id, effect.need, effect.on)
            )

        return self._by_need(place, draw)

    def _by_need(self, place, value):
        needs = place.index("needs")
        table = np.zeros((2, len(needs)))
        for effect in self.effects:
            if effect.need in needs:
                table[DIRECTIONS.index(effect.on), needs[effect.need]] += value(effect)
        return table


def grade_correction(grade):
    """Correction of benefits for an evidence grade of 1 to 6, as a share (cashability:OB1 to OB6)."""
    return -float(evidence("cashability")[f"OB{grade}"]["value"]) / 100


def programme_names():
    """Ids of the programmes that come with the package."""
    return shipped_names(SHIPPED)


def load_programme(name):
    """Read and check a programme.

    Parameters
    ----------
    name : str or path
        A programme's id, or a TOML file of the same form.

    Raises
    ------
    InputError
    """
    path = file_of(name, SHIPPED, "programme")
    spec = read_toml(path)
    with Faults() as faults:
        return _build(path, spec, faults)


def load_catalogue():
    """Every programme that comes with the package, by id."""
    return {name: load_programme(name) for name in programme_names()}


def _build(path, spec, faults):
    """The programme that a file's content comes to; None where there are faults."""
    check_keys(spec, path, [*_TOP, *_QUANTITIES], faults)
    for key, kind in _TOP.items():
        with faults.kept():
            if key in spec or key != "notes":
                _check_kind(path, key, spec.get(key), kind)
    right = {key: spec[key] for key, kind in _TOP.items() if isinstance(spec.get(key), kind)}
    _check_names(path, "sectors", right.get("sectors", SECTORS), faults, SECTORS)
    _check_names(path, "commissioners", right.get("commissioners", ("any",)), faults)
    with faults.kept():
        if right.get("evidence_grade", 1) not in range(1, 7):
            raise InputError(path, "evidence_grade", f"{spec['evidence_grade']} is out of range", "give 1 (best) to 6")
    for key, text, kind in (
        ("file name", path.stem, "file"),
        ("name", right.get("name", "-"), "name"),
        ("notes", right.get("notes", "-") or "-", "text"),
    ):
        with faults.kept():
            check_name(text, path, key, kind)
    values = read_values(spec, path, _QUANTITIES, faults)
    if "target" in right:
        _check_target(path, right["target"], faults)
    effects = []
    for number, row in enumerate(right.get("effect", ()), 1):
        with faults.kept():
            effects.append(_effect(path, f"effect {number}", row, faults))
    seen = [(effect.need, effect.on) for effect in effects]
    for need, on in dict.fromkeys(item for item in seen if seen.count(item) > 1):
        with faults.kept():
            raise InputError(
                path, "effect", f"{on} of {need} is given twice", "put all its studies under one [[effect]]"
            )
    if faults.errors:
        return None
    return Programme(
        path.stem,
        spec["name"],
        tuple(spec["commissioners"]),
        tuple(spec["sectors"]),
        spec["evidence_grade"],
        spec["target"],
        values,
        tuple(effects),
        str(path),
        spec.get("notes", ""),
    )


def _check_kind(path, key, item, kind):
    if item is None:
        raise InputError(path, key, "is missing", f"give {_WORDS[kind]}")
    if not isinstance(item, kind) or isinstance(item, bool) or item in ([], {}):
        raise InputError(path, key, f"{item!r} is empty or has the wrong type", f"give {_WORDS[kind]}")


def _check_names(path, key, names, faults, known=None):
    """Names in quotes, each once; known ones where it is known here which those are."""
    for i, name in enumerate(names):
        with faults.kept():
            if not isinstance(name, str) or (known is not None and name not in known):
                remedy = suggest(name, known) if known else "give names in quotes"
                raise InputError(path, key, f"{name!r} is unknown", remedy)
            if name in names[:i]:
                raise InputError(path, key, f"{name!r} is named twice", "name each once")


def _check_target(path, target, faults):
    check_keys(target, path, {**_TARGET, **_TARGET_OPTIONAL}, faults, "target.")
    for key, kind in {**_TARGET, **_TARGET_OPTIONAL}.items():
        with faults.kept():
            if key in _TARGET or key in target:
                _check_kind(path, f"target.{key}", target.get(key), kind)
    right = {key: target[key] for key, kind in _TARGET.items() if isinstance(target.get(key), kind)}
    if len(right) < len(_TARGET):
        return
    _check_names(path, "target.needs", right["needs"], faults)
    for key, low, high in (
        ("level_from", 1, 3),
        ("level_to", right["level_from"], 3),
        ("at_least", 1, len(right["needs"])),
        ("age_from", 0, AGE_BANDS[-1][1]),
        ("age_to", right["age_from"], AGE_BANDS[-1][1]),
    ):
        with faults.kept():
            if not low <= right[key] <= high:
                given = f"{right[key]} is out of order or range"
                raise InputError(
                    path, f"target.{key}", given, f"give {low} to {high}" if low <= high else "mend its fellow"
                )


def _effect(path, where, row, faults):
    table_of(path, where, row)
    check_keys(row, path, ("need", "on", "study"), faults, f"{where}: ")
    _check_kind(path, f"{where}: need", row.get("need"), str)
    if row.get("on") not in DIRECTIONS:
        raise InputError(path, f"{where}: on", f"{row.get('on')!r} is unknown", "give escalation or recovery")
    _check_kind(path, f"{where}: study", row.get("study"), list)
    studies = []
    for number, study in enumerate(row["study"], 1):
        with faults.kept():
            studies.append(_study(path, f"{where} study {number}", study, faults))
    if len(studies) == len(row["study"]) and not any(study.pooled for study in studies):
        remedy = "add [[effect.study]] with a ratio, d, or treated and control"
        raise InputError(path, where, "has no study to pool", remedy)
    return Effect(row["need"], row["on"], tuple(studies))


def _study(path, where, row, faults):
    table_of(path, where, row)
    check_keys(row, path, _STUDY, faults, f"{where}: ")
    check_source(row.get("source"), path, where)
    if not isinstance(row.get("pooled", True), bool):
        raise InputError(path, f"{where}: pooled", f"{row['pooled']!r} has the wrong type", "give true or false")
    _check_kind(path, f"{where}: finding", row.get("finding", ""), str)
    check_name(row.get("finding", ""), path, f"{where}: finding", "text")
    if not row.get("pooled", True):
        return Study(math.nan, math.nan, False, row["source"], row.get("finding", ""))
    for key, (low, high) in _SIZES.items():
        for number in row[key] if key == "interval" and isinstance(row.get(key), list) else [row.get(key)]:
            if number is not None and (
                isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high
            ):
                raise InputError(path, f"{where}: {key}", f"{number!r} is out of range", f"give {low:g} to {high:g}")
    try:
        mean = log_ratio(row)
        se = standard_error(row, mean)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        se = 0.0
    if not se > 0:
        remedy = "give ratio, d, or treated and control; interval (low, high) with level, or p"
        raise InputError(path, where, "has no usable size", remedy)
    return Study(mean, se, True, row["source"], row.get("finding", ""))


def log_ratio(row):
    """Log ratio of a study.

    A ratio is taken as it is; a standardised mean difference d becomes a log odds ratio, d pi / sqrt(3) (Chinn 2000,
    Statistics in Medicine 19:3127); shares of treated and controls who recovered become a ratio of hazards.
    """
    if "ratio" in row:
        return math.log(row["ratio"])
    if "d" in row:
        return row["d"] * math.pi / math.sqrt(3)
    return math.log(math.log(1 - row["treated"]) / math.log(1 - row["control"]))


def standard_error(row, mean):
    """Standard error of a study's log ratio: from its interval, else from its p-value, else by one stated rule."""
    if "interval" in row:
        low, high = row["interval"]
        z = NormalDist().inv_cdf(0.5 + row.get("level", 95) / 200)
        return (math.log(high) - math.log(low)) / (2 * z)
    if "p" in row and mean != 0:
        return abs(mean) / NormalDist().inv_cdf(1 - row["p"] / 2)
    return NO_INTERVAL_SE

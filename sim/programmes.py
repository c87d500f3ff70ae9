"""The catalogue: what each programme is for, what it costs and what studies found, null results included."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from statistics import NormalDist

import numpy as np

from sim import kernels
from sim.families import QUARTERS
from sim.parameters import InputError, changed, check_name, check_source, evidence, quantity, suggest
from sim.places import AGE_BANDS, BAND_NAMES, LEVELS, read_toml
from sim.streams import code_of, normal

SECTORS = ("in_house", "private", "community")
DIRECTIONS = ("escalation", "recovery")
NO_INTERVAL_SE = (
    0.25  # rule where a controlled study gives neither interval nor p-value; assumption, see docs/odd.md section 6
)
_QUANTITIES = {
    "cost_per_family": 0, "duration": 1, "half_life": 0.25, "engagement": 0, "most_reached": 0,
    "weight_emerging": 0, "weight_entrenched": 0, "weight_crisis": 0, **{f"weight_age_{band}": 0 for band in BAND_NAMES},
}  # fmt: skip
_TARGET = {"needs": list, "level_from": int, "level_to": int, "at_least": int, "age_from": int, "age_to": int}
_STUDY = ("ratio", "d", "treated", "control", "interval", "level", "p", "pooled", "source", "finding")


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
    file: str
    notes: str = ""

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
        """The target rule in the place's order of needs, or None if the place has none of the needs."""
        needs = np.array([need.id in self.target["needs"] for need in place.needs], np.uint8)
        if needs.sum() < self.target["at_least"]:
            return None
        age_from, age_to = self.target["age_from"] * QUARTERS, self.target["age_to"] * QUARTERS + QUARTERS - 1
        return kernels.Target(
            needs, self.target["level_from"], self.target["level_to"], self.target["at_least"], age_from, age_to
        )

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
    root = files("sim") / "scenarios" / "programmes"
    return sorted(item.name.removesuffix(".toml") for item in root.iterdir() if item.name.endswith(".toml"))


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
    path = Path(str(name))
    if path.suffix != ".toml":
        if str(name) not in programme_names():
            raise InputError("programme", "", f"{str(name)!r} is unknown", suggest(name, programme_names()))
        path = Path(str(files("sim") / "scenarios" / "programmes" / f"{name}.toml"))
    return _build(path, read_toml(path))


def load_catalogue():
    """Every programme that comes with the package, by id."""
    return {name: load_programme(name) for name in programme_names()}


def _build(path, spec):
    known = {
        "name": str,
        "commissioners": list,
        "sectors": list,
        "evidence_grade": int,
        "notes": str,
        "target": dict,
        "effect": list,
    }
    for key in spec:
        if key not in known and key not in _QUANTITIES:
            raise InputError(path, key, "unknown key", suggest(key, [*known, *_QUANTITIES]))
    for key, kind in known.items():
        if (key != "notes" and not isinstance(spec.get(key), kind)) or isinstance(spec.get(key), bool):
            raise InputError(path, key, "is missing or has the wrong type", f"give {kind.__name__}")
    check_name(path.stem, path, "file name", "file")
    check_name(spec["name"], path, "name")
    check_name(spec.get("notes", ""), path, "notes", "text")
    for sector in spec["sectors"]:
        if sector not in SECTORS:
            raise InputError(path, "sectors", f"{sector!r} is unknown", suggest(sector, SECTORS))
    if spec["evidence_grade"] not in range(1, 7):
        raise InputError(path, "evidence_grade", f"{spec['evidence_grade']} is out of range", "give 1 (best) to 6")
    values = {}
    for key, minimum in _QUANTITIES.items():
        if not isinstance(spec.get(key), dict):
            raise InputError(path, key, "is missing", "add it with value, unit, low, high and source")
        values[key] = quantity(spec[key], path, key, minimum)
    _check_target(path, spec["target"])
    effects = tuple(_effect(path, number, row) for number, row in enumerate(spec["effect"], 1))
    return Programme(path.stem, spec["name"], tuple(spec["commissioners"]), tuple(spec["sectors"]), spec["evidence_grade"],
                     spec["target"], values, effects, str(path), spec.get("notes", ""))  # fmt: skip


def _check_target(path, target):
    for key in target:
        if key not in _TARGET:
            raise InputError(path, f"target.{key}", "unknown key", suggest(key, _TARGET))
    for key, kind in _TARGET.items():
        if not isinstance(target.get(key), kind):
            raise InputError(path, f"target.{key}", "is missing or has the wrong type", f"give {kind.__name__}")
    if not 1 <= target["level_from"] <= target["level_to"] <= 3:
        raise InputError(
            path, "target.level_from", "levels are out of order or range", "give 1 to 3, from not above to"
        )
    if not 0 <= target["age_from"] <= target["age_to"] <= AGE_BANDS[-1][1]:
        raise InputError(
            path,
            "target.age_from",
            "ages are out of order or range",
            f"give 0 to {AGE_BANDS[-1][1]}, from not above to",
        )


def _effect(path, number, row):
    where = f"effect {number}"
    for key in row:
        if key not in ("need", "on", "study"):
            raise InputError(path, f"{where}: {key}", "unknown key", suggest(key, ("need", "on", "study")))
    if row.get("on") not in DIRECTIONS:
        raise InputError(path, f"{where}: on", f"{row.get('on')!r} is unknown", "give escalation or recovery")
    studies = tuple(_study(path, f"{where} study {i}", study) for i, study in enumerate(row.get("study", []), 1))
    if not any(study.pooled for study in studies):
        raise InputError(
            path, where, "has no study to pool", "add [[effect.study]] with a ratio, d, or treated and control"
        )
    return Effect(row["need"], row["on"], studies)


def _study(path, where, row):
    for key in row:
        if key not in _STUDY:
            raise InputError(path, f"{where}: {key}", "unknown key", suggest(key, _STUDY))
    check_source(row.get("source"), path, where)
    check_name(row.get("finding", ""), path, f"{where}: finding", "text")
    if not row.get("pooled", True):
        return Study(math.nan, math.nan, False, row["source"], row.get("finding", ""))
    try:
        mean = log_ratio(row)
        se = standard_error(row, mean)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        raise InputError(
            path, where, "has no usable size", "give ratio, d, or treated and control; interval with level, or p"
        ) from None
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

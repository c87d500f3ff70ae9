"""What a study asks for, from a file and from what is given beside it: its form is checked here, and nothing is loaded."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

from sim.arrangements.reading import arrangement_names
from sim.core.faults import Faults, InputError, check_name, shown, suggest
from sim.core.file_kinds import check_kind_of
from sim.core.input_files import read_toml
from sim.core.numbers import read_number, read_whole
from sim.core.parameters import check_keys
from sim.place.places import place_names
from sim.programmes.catalogue import programme_names
from sim.record.measures import MEASURES
from sim.studies.arguments import RANGES
from sim.studies.designs import DESIGNS, SHAPES, Axis, Range, Sample
from sim.studies.futures import future_names

NO_FUTURE = "none"
MOST_SEEDS = 100  # at a point, unless the study says otherwise
_SPREAD = {"low", "high", "n"}
_NAMED = {
    "place": place_names,
    "arrangements": arrangement_names,
    "future": future_names,
    "programmes": programme_names,
}


@dataclass(frozen=True)
class Until:
    """When a point has seeds enough.

    Attributes
    ----------
    measure : str
        A measure of ``summary.csv``, of all agencies together.
    half_width : float
        Half the width of the 95% interval of its paired differences over seeds at most, in every arrangement but the
        one that others are compared with; in the summary's unit (pounds of 2010/11 where it is money).
    than : str or None
        The arrangement the others are compared with; the first where it is None.
    most : int
        Seeds at a point at most.
    """

    measure: str
    half_width: float
    than: str | None = None
    most: int = MOST_SEEDS


def asked(file=None, **given):
    """What a study asks for, in words and numbers of the right form, by key.

    Parameters
    ----------
    file : str or path, optional
        A study file. Names of files in it count from its own folder.
    **given
        Parts of the same form, which go before those of the file; settings and axes of the grid join them. None
        where a part is not given.

    Returns
    -------
    dict
        ``place``, ``arrangements``, ``future`` and ``programmes`` as tuples of names, ``settings`` as a dict, ``grid`` as a tuple of
        :class:`~sim.studies.designs.Axis`, ``sample`` and ``until`` as objects; numbers as they are. Only what is asked.

    Raises
    ------
    InputError
        That names every fault of the file.
    """
    given = {name: value for name, value in given.items() if value is not None}
    with Faults() as faults:
        parts = {"settings": {}, "grid": ()}
        if file is not None:
            with faults.kept():
                spec = read_toml(str(file))
                check_kind_of(file, spec, "study")
                parts |= _read(spec, lambda key: (file, key), Path(file).parent)
        with faults.kept():
            own = _read(given, lambda key: _option(*key.partition(".")[::2]))
            axes = {axis.name: axis for axis in (*parts["grid"], *own.get("grid", ()))}
            settings = {**parts["settings"], **own.get("settings", {})}
            parts |= {**own, "grid": tuple(axes.values()), "settings": settings}
    _check_apart(parts, file or "--grid")
    return parts


def _option(key, rest):
    """How a fault names what was given beside a file: as an option of the command line."""
    return "--set" if key == "settings" else f"--{key}", rest


def _beside(spec, folder):
    """The same contents with names of the user's own files as paths from where we are."""

    def found(key, name):
        own = isinstance(name, str) and name.strip() and name not in (*_NAMED[key](), "all", NO_FUTURE)
        return os.path.join(folder, name) if own and os.path.exists(os.path.join(folder, name)) else name

    def found_all(key, value):
        return [found(key, name) for name in value] if isinstance(value, list) else found(key, value)

    return {key: found_all(key, value) if key in _NAMED else value for key, value in spec.items()}


def _lifted(spec, at):
    """The same contents with places and futures of the grid where those of the study stand."""
    grid = spec.get("grid")
    for key in ("place", "future"):
        if isinstance(grid, Mapping) and key in grid:
            if key in spec:
                raise InputError(*at(f"grid.{key}"), f"is given beside {key}", "leave one of them out")
            grid = {name: value for name, value in grid.items() if name != key}
            spec = {**spec, key: spec["grid"][key], "grid": grid}
    return spec


def _read(spec, at, folder=""):
    """The parts of a study by key; `at` says where a key stands, as file and key; names of files count from a folder."""
    parts = {}
    with Faults() as faults:
        for key, value in _beside(_lifted(spec, at), folder).items():
            with faults.kept():
                if key not in _READERS:
                    raise InputError(*at(key), "unknown key", suggest(key, _READERS))
                parts[key] = _READERS[key](key, value, at)
    return parts


def _check_apart(parts, where):
    """Refuse what is given in two ways, and places and futures where settings stand."""
    ways = [("settings", name) for name in parts["settings"]]
    for axis in parts["grid"]:
        ways += [
            (f"grid.{axis.name}", name) for name in dict.fromkeys(n for v in axis.values for n in axis.settings(v))
        ]
    ways += [("sample.range", item.name) for item in (parts["sample"].ranges if parts.get("sample") else ())]
    ways += [(f"grid.{axis.name}, which are sets", axis.name) for axis in parts["grid"] if axis.sets is not None]
    with Faults() as faults:
        for name in dict.fromkeys(name for _, name in ways):
            with faults.kept():
                found = [way for way, other in ways if other == name]
                if name in ("place", "future"):
                    raise InputError(
                        where, name, f"is given in {found[0]}", "list its values beside it, or in the grid"
                    )
                if len(found) > 1:
                    raise InputError(where, name, f"is given in {' and in '.join(found)}", "leave one of them out")


def _names(key, value, at):
    """One name or several, each once."""
    names = [value] if isinstance(value, str | Path) else value
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str | Path) for name in names):
        raise InputError(*at(key), f"{shown(value)} is no name and no list of names", "give text in quotes, or a list")
    for name in names:
        check_name(str(name), *at(key), "text")
        if not str(name).strip():
            raise InputError(*at(key), f"{str(name)!r} is blank", "give a name")
    if len(set(map(str, names))) < len(names):
        raise InputError(*at(key), "one is given twice", "name each once")
    return tuple(map(str, names))


def _whole(key, value, at):
    return read_whole(*at(key), value, *RANGES[key])


def _plain(value, where, key):
    """A number as float, however it is written, but no text in a file; any other text as it is."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return value
    return read_number(value, where, key, "value")


def _flat(key, table, at, is_value=lambda _: False):
    """Dotted names and values of a table, whose names may be in quotes, or tables within tables."""
    if not isinstance(table, Mapping):
        raise InputError(*at(key), f"{shown(table)} is no table", "give names with values")
    found = {}
    for name, value in table.items():
        if not isinstance(name, str):
            raise InputError(*at(key), f"{shown(name)} is no name", "name parameters by text")
        nested = isinstance(value, Mapping) and not is_value(value)
        if nested and not value:
            raise InputError(*at(f"{key}.{name}"), "is empty", "give it a value, or leave it out")
        inner = _flat(f"{key}.{name}", value, at, is_value) if nested else {"": value}
        for rest, item in inner.items():
            full = f"{name}.{rest}".rstrip(".")
            if full in found:
                raise InputError(*at(f"{key}.{full}"), "is given twice", "give it once")
            found[full] = item
    return found


def _settings(key, table, at):
    with Faults() as faults:
        settings = {}
        for name, value in _flat(key, table, at).items():
            with faults.kept():
                settings[name] = _plain(value, *at(f"{key}.{name}"))
    return settings


def _grid(key, table, at):
    """Axes: lists, evenly spread numbers and, in tables without any of these, named sets of settings."""
    from sim.results.joined import TAKEN  # brings pandas with it

    if not isinstance(table, Mapping):
        raise InputError(*at(key), f"{shown(table)} is no table", 'give "NAME" = [VALUE, VALUE]')
    axes = []
    with Faults() as faults:
        for name, value in table.items():
            with faults.kept():
                check_name(name, *at(f"{key}.{name}"))
                if name in TAKEN:
                    raise InputError(*at(f"{key}.{name}"), "is a column of the tables", "give the axis another name")
                if isinstance(value, Mapping) and value and not _holds_lists(value):
                    axes.append(_sets(name, value, f"{key}.{name}", at))
                    continue
                for rest, listed in _flat(key, {name: value}, at, _is_spread).items():
                    with faults.kept():
                        axes.append(_axis(rest, listed, *at(f"{key}.{rest}")))
    return tuple(axes)


def _is_spread(value):
    return isinstance(value, Mapping) and set(value) == _SPREAD


def _holds_lists(value):
    """Whether a table is, or holds at any depth, values of an axis."""
    if isinstance(value, Mapping) and not _is_spread(value):
        return any(map(_holds_lists, value.values()))
    return isinstance(value, list | tuple | Mapping)


def _axis(name, listed, where, key):
    if _is_spread(listed):
        low, high = (read_number(listed[end], where, key, end) for end in ("low", "high"))
        n = read_whole(where, key, listed["n"], 2, RANGES["replicates"][1])
        if low >= high:
            raise InputError(where, key, f"low {low:g} is not below high {high:g}", "give them from low to high")
        values = [float(f"{low + (high - low) * i / (n - 1):.12g}") for i in range(n)]
    elif isinstance(listed, list | tuple) and len(listed):
        values = [_plain(value, where, key) for value in listed]
    else:
        raise InputError(where, key, f"{shown(listed)} is no list of values", "give [VALUE, VALUE] or low, high and n")
    if len(set(values)) < len(values):
        raise InputError(where, key, "one value is given twice", "give each once")
    return Axis(name, tuple(values))


def _sets(name, table, key, at):
    with Faults() as faults:
        sets = {}
        for label, settings in table.items():
            with faults.kept():
                check_name(label, *at(f"{key}.{label}"))
                sets[label] = _settings(f"{key}.{label}", settings, at)
    return Axis(name, tuple(sets), sets)


def _sample(key, table, at):
    if not isinstance(table, Mapping):
        raise InputError(*at(key), f"{shown(table)} is no table", "give design, n and [sample.range]")
    ranges = []
    with Faults() as faults:
        for name in table.keys() - {"design", "n", "range"}:
            faults.errors.append(
                InputError(*at(f"{key}.{name}"), "unknown key", suggest(name, ("design", "n", "range")))
            )
        design = None
        with faults.kept():
            design = _design(table.get("design"), *at(f"{key}.design"))
        with faults.kept():
            n = read_whole(*at(f"{key}.n"), table.get("n"), 1, 1_000_000)
            if design == "sobol" and n & (n - 1):
                near = 2 ** n.bit_length()
                problem = f"{n} is not a power of two, without which points of Sobol are not balanced"
                raise InputError(*at(f"{key}.n"), problem, f"give {near // 2} or {near}")
        with faults.kept():
            for name, value in _flat(f"{key}.range", table.get("range", {}), at, _is_range).items():
                with faults.kept():
                    ranges.append(_range(name, value, *at(f"{key}.range.{name}")))
            if not table.get("range"):
                raise InputError(*at(f"{key}.range"), "is missing", 'give [sample.range] with "NAME" = [LOW, HIGH]')
    return Sample(design, n, tuple(ranges))


def _design(design, where, key):
    if not isinstance(design, str) or design not in (*DESIGNS, "morris"):
        raise InputError(where, key, f"{shown(design)} is no design", "give latin or sobol")
    if design == "morris":
        raise InputError(where, key, "'morris' screens parameters, which a sweep does not", "give latin or sobol")
    return design


def _is_range(value):
    return bool({"low", "high"} & set(value))


def _range(name, value, where, key):
    """A range from [low, high], from a table of low, high, shape and mode, or from a list of words."""
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return Range(name, choices=tuple(value))
    table = dict(zip(("low", "high"), value, strict=False)) if isinstance(value, list | tuple) else value
    if not isinstance(table, Mapping) or (table is not value and len(value) != 2):
        raise InputError(where, key, f"{shown(value)} is no range", "give [LOW, HIGH]")
    with Faults() as faults:
        check_keys(table, where, ("low", "high", "shape", "mode"), faults, f"{key}.")
    shape = table.get("shape", "even")
    if not isinstance(shape, str) or shape not in SHAPES:
        raise InputError(where, key, f"shape {shown(shape)} is unknown", "give " + ", ".join(SHAPES))
    wanted = ("low", "mode", "high") if shape == "triangle" else ("low", "high")
    numbers = {end: read_number(table.get(end), where, key, end) for end in wanted}
    if "mode" in table and shape != "triangle":
        raise InputError(where, key, f"has a mode, which the shape {shape!r} has not", "leave it out, or give triangle")
    if not all(low <= high for low, high in pairwise(numbers.values())) or numbers["low"] == numbers["high"]:
        raise InputError(where, key, f"{', '.join(wanted)} do not rise", "give them from the least to the most")
    if shape == "log" and numbers["low"] <= 0:
        raise InputError(where, key, f"low {numbers['low']:g} has no logarithm", "give more than 0, or another shape")
    return Range(name, shape=shape, **numbers)


def _until(key, table, at):
    if not isinstance(table, Mapping):
        raise InputError(*at(key), f"{shown(table)} is no table", "give measure and half_width")
    known = [item.name for item in fields(Until)]
    found = dict(table)
    with Faults() as faults:
        check_keys(table, at(key)[0], known, faults, f"{at(key)[1]}.".lstrip("."))
        with faults.kept():
            measure = table.get("measure")
            if not isinstance(measure, str) or measure not in MEASURES:
                given = "is missing" if measure is None else f"{shown(measure)} is no measure"
                raise InputError(*at(f"{key}.measure"), given, suggest(measure, MEASURES))
        with faults.kept():
            found["half_width"] = read_number(table.get("half_width"), *at(f"{key}.half_width"), "number")
            if found["half_width"] <= 0:
                raise InputError(*at(f"{key}.half_width"), "is not above 0", "give it in the measure's unit")
        with faults.kept():
            if table.get("than") is not None:
                check_name(table["than"], *at(f"{key}.than"))
        with faults.kept():
            found["most"] = read_whole(*at(f"{key}.most"), table.get("most", MOST_SEEDS), *RANGES["replicates"])
    return Until(**found)


_READERS = {
    "place": _names,
    "arrangements": _names,
    "future": _names,
    "programmes": _names,
    "years": _whole,
    "families": _whole,
    "replicates": _whole,
    "seed": _whole,
    "settings": _settings,
    "grid": _grid,
    "sample": _sample,
    "until": _until,
}

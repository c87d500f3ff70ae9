"""Named futures: what becomes of budgets and need whatever is arranged, as dials and as paths of dials by year."""

from dataclasses import dataclass, field, replace
from functools import cache

from sim.core.dials import DIALS
from sim.core.evidence import check_source
from sim.core.faults import Faults, InputError, check_name, shown, suggest
from sim.core.file_kinds import check_kind_of
from sim.core.input_files import read_toml
from sim.core.kinds import GROWTH
from sim.core.numbers import read_number
from sim.core.parameters import check_keys, table_of
from sim.core.shipped import file_of, shipped_folder, shipped_names
from sim.place.places import load_place, place_names

SHIPPED = shipped_folder("futures")
TEXTS = ("name", "text", "source")
MOST_YEARS = 40  # of a run
_HOLDS = {"dials": "value", "path": "by_year"}


@dataclass(frozen=True)
class Future:
    """What becomes of the world in which arrangements are compared.

    Attributes
    ----------
    id, name, text, source, file : str
    values : dict of str to float, str or tuple of float
        Dials, and departments' ``departments.CODE.real_growth``; a path is a tuple.
    sources : dict of str to str
        Where each value comes from.
    """

    id: str
    name: str
    text: str
    source: str
    file: str
    values: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)

    def without(self, name):
        """The same future but for one value, which the user has set."""
        return replace(self, values={key: value for key, value in self.values.items() if key != name})

    def at(self, place):
        """The future of a place, without the departments that the place does not have.

        Raises
        ------
        InputError
            If a department is neither one of the place nor one of any shipped place.
        """
        absent = [name for name in self.values if name not in DIALS and not place.has(name)]
        with Faults() as faults:
            for name in absent:
                with faults.kept():
                    if name not in shipped_departments():
                        own = (key for key in place.values if key.startswith("departments."))
                        known = shipped_departments() | set(own)
                        raise InputError(self.file, f"path.{name}", "there is no such department", suggest(name, known))
        return replace(self, values={name: value for name, value in self.values.items() if name not in absent})


@cache
def shipped_departments():
    """Names of the real growth of every department of the shipped places."""
    return {name for id_ in place_names() for name in load_place(id_).values if name.startswith("departments.")}


def future_names():
    """Ids of the futures that come with the package."""
    return shipped_names(SHIPPED)


def load_future(name):
    """Read and check a future.

    Parameters
    ----------
    name : str or path
        A future's id, or a TOML file of the same form.

    Returns
    -------
    Future

    Raises
    ------
    InputError
    """
    path = file_of(name, SHIPPED, "--future")
    spec, values, sources = read_toml(str(path)), {}, {}
    check_kind_of(path, spec, "future")
    with Faults() as faults:
        check_keys(spec, path, (*TEXTS, *_HOLDS), faults)
        with faults.kept():
            check_name(path.stem, path, "file name", "file")
        for key in TEXTS:
            with faults.kept():
                _check_text(path, key, spec.get(key))
        for kind in _HOLDS:
            with faults.kept():
                for key, entry in table_of(path, kind, spec.get(kind, {})).items():
                    with faults.kept():
                        if key in values:
                            raise InputError(path, f"{kind}.{key}", "is given as a dial and as a path", "give one")
                        values[key], sources[key] = _entry(path, kind, key, entry)
    return Future(path.stem, *(spec[key] for key in TEXTS), str(path), values, sources)


def _check_text(path, key, text):
    if text is None:
        raise InputError(path, key, "is missing", f"add it: a future has {', '.join(TEXTS)}")
    check_source(text, path, key) if key == "source" else check_name(
        text, path, key, "name" if key == "name" else "text"
    )


def _entry(path, kind, key, entry):
    """Value and source of one dial or path."""
    where, holds = f"{kind}.{key}", _HOLDS[kind]
    if isinstance(entry, dict) and not any(name in entry for name in (holds, "source")) and "." not in key:
        raise InputError(path, where, "is not a dial", f'write [{kind}."{key}.{next(iter(entry), "name")}"], in quotes')
    with Faults() as faults:
        check_keys(table_of(path, where, entry), path, (holds, "source"), faults, f"{where}.")
        with faults.kept():
            check_source(entry.get("source"), path, where)
        with faults.kept():
            read = _path if kind == "path" else _dial
            value = read(path, key, entry.get(holds))
    return value, entry["source"]


def _dial(path, key, value):
    if key not in DIALS:
        if _is_departments(key):
            raise InputError(path, f"dials.{key}", "is no dial", f'give [path."{key}"] with one value or more by_year')
        raise InputError(path, f"dials.{key}", "unknown dial", suggest(key, DIALS))
    return DIALS[key].read(value, path)


def _path(path, key, values):
    """A path as a tuple; every value as the dial, or a department's growth, may be."""
    where = f"path.{key}"
    varying = [name for name, dial in DIALS.items() if dial.by_year]
    if key in DIALS and key not in varying:
        cure = f"give it in [dials]; {', '.join(varying)} and departments.CODE.real_growth may have a path"
        raise InputError(path, where, "cannot vary by year", cure)
    if key not in DIALS and not _is_departments(key):
        raise InputError(path, where, "unknown dial", suggest(key, [*varying, "departments.CODE.real_growth"]))
    if not isinstance(values, list) or not 0 < len(values) <= MOST_YEARS:
        given = "by_year is missing" if values is None else f"by_year {shown(values)} is no list of years"
        raise InputError(path, where, given, f"give 1 to {MOST_YEARS} numbers in [ ], one a year")
    with Faults() as faults:
        right = []
        for year, value in enumerate(values, 1):
            with faults.kept():
                right.append(
                    DIALS[key].read(value, path) if key in DIALS else _growth(path, f"{where} year {year}", value)
                )
    return tuple(right)


def _growth(path, where, value):
    number = read_number(value, path, where, "value")
    if wrong := GROWTH.wrong_numbers({"value": number}):
        raise InputError(path, where, *wrong)
    return number


def _is_departments(key):
    """Whether a name is that of a department's own real growth."""
    return key.count(".") == 2 and key.startswith("departments.") and key.endswith(".real_growth")

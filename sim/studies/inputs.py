"""All that a run depends on: reading it, and where each parameter of it lives."""

from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from sim.agents.values import load_bank, load_investors, load_providers
from sim.arrangements.at_place import check_arrangement, check_programme
from sim.arrangements.fit import reads
from sim.arrangements.listed import check_listed, given_decisions, with_decisions
from sim.arrangements.reading import Arrangement, arrangement_names, load_arrangement
from sim.core.dials import DIALS, defaults
from sim.core.faults import Faults, InputError, UnknownParameterError, suggest
from sim.core.parameters import changed
from sim.core.shipped import special
from sim.place.checks import check_shares
from sim.place.places import Place, load_place
from sim.programmes.catalogue import (
    SHIPPED,
    check_level_shares,
    load_catalogue,
    load_programme,
    programme_names,
)
from sim.record.worth import Worth, load_worth
from sim.studies.arguments import check_numbers, listed, settings_of
from sim.studies.futures import Future, load_future

TWIN = special("twin")


YEARS = 15

# Who reads parameters that are no dials: what an arrangement must offer, by the first part of a parameter's name.
_READ_BY = {"programmes": "programmes", "providers": "programmes", "investors": "market", "bank": "issues"}
_LISTED = 6  # arrangements that a message names


@dataclass(frozen=True)
class Inputs:
    """All that a run depends on, but for its seed.

    Attributes
    ----------
    place : Place
    catalogue : dict of str to Programme
    providers : dict
        Sector and values of each provider, by code.
    arrangement : Arrangement
    settings : dict
        Dials the user set, by name.
    years : int
    n_families : int
    investors : dict
        Kind and values of each investor, by code.
    bank : dict of str to Quantity
        Values of the social investment bank.
    future : Future or None
        What becomes of the world, at this place.
    worth : Worth
        What outcomes are worth to society.
    trials : int or None
        Seed of the true effects of programmes; the run's own by default.
    """

    place: Place
    catalogue: dict = field(repr=False)
    providers: dict = field(repr=False)
    arrangement: Arrangement = field(repr=False)
    settings: dict
    years: int
    n_families: int
    investors: dict = field(default_factory=dict, repr=False)
    bank: dict = field(default_factory=dict, repr=False)
    future: Future | None = None
    worth: Worth = None
    trials: int | None = None

    @property
    def dials(self):
        """Every dial: its default, overruled by the future, then by the arrangement, then by the user.

        A dial of the future may be a path, and departments whose growth it gives stand beside the dials.
        """
        return {**self._world, **self.arrangement.settings, **self.settings}

    @property
    def place_dials(self):
        """Dials without what the arrangement says: those of the twin."""
        return {**self._world, **self.settings}

    @property
    def _world(self):
        return {**defaults(), **(self.future.values if self.future else {})}


def load_inputs(
    arrangement, place="birmingham_2010", settings=None, years=YEARS, families=None, future=None, decisions=None
):
    """Inputs of one arrangement, read and checked.

    Raises
    ------
    InputError
    """
    check_numbers(years=years, families=families)
    settings, place = settings_of(settings), load_place(place)
    families = int(place.get("place.families")) if families is None else int(families)
    given = given_decisions(decisions)
    loaded = [with_decisions(item, given) for item in read_arrangements([arrangement])]
    common = {**load_common(), "future": future_at(future, place)}
    check_own_programmes(loaded, {}, place)
    return with_settings(inputs_of(loaded, place, int(years), families, common), settings)[0]


def future_at(name, place):
    """The future of a place by its name or file; None where none is asked for."""
    return None if name is None else load_future(name).at(place)


def load_common(own=None):
    """What all places and arrangements share, by its name among the attributes of :class:`Inputs`.

    Parameters
    ----------
    own : dict of str to Programme, optional
        Programmes of this run alone, which stand beside those that come with the package, or in place of one.
    """
    return {"catalogue": {**load_catalogue(), **(own or {})}, **_parties()}


@cache
def _parties():
    """Parties that come with the package, and what outcomes are worth, read once."""
    return {"providers": load_providers(), "investors": load_investors(), "bank": load_bank(), "worth": load_worth()}


def inputs_of(arrangements, place, years, families, common):
    """Inputs of some arrangements as they are read, no parameter changed: list of Inputs."""
    every = [
        Inputs(place=place, arrangement=item, settings={}, years=years, n_families=families, **common)
        for item in arrangements
    ]
    return [replace(inputs, catalogue={**inputs.catalogue, **inputs.arrangement.own}) for inputs in every]


def own_programmes(files):
    """Programmes of a run's own, from files: dict of str to Programme.

    Raises
    ------
    InputError
        That names every fault of all the files.
    """
    own = {}
    with Faults() as faults:
        for name in [files] if isinstance(files, str | Path) else files or ():
            with faults.kept():
                if Path(str(name)).suffix != ".toml":
                    if str(name) in programme_names():
                        problem, remedy = (
                            "comes with the package, so that every run has it",
                            "leave it out, or give a file",
                        )
                        raise InputError("--programme", str(name), problem, remedy)
                    raise InputError(
                        "--programme", str(name), "is no TOML file", "give a programme's file, as mine.toml"
                    )
                item = load_programme(name)
                if item.id in own and Path(own[item.id].file).resolve() == Path(item.file).resolve():
                    raise InputError("--programme", item.file, "is given twice", "give it once")
                if item.id in own:
                    problem = f"two files have this name: {own[item.id].file} and {item.file}"
                    raise InputError("--programme", item.id, problem, "rename one of them")
                own[item.id] = item
    return own


def check_own_programmes(arrangements, own, place):
    """Refuse programmes by file that name what no place has, that this one cannot have, or that bear another's name.

    Parameters
    ----------
    arrangements : list of Arrangement
    own : dict of str to Programme
        Of the whole run.
    place : Place
    """
    every = {item.file: item for group in (own, *(one.own for one in arrangements)) for item in group.values()}
    with Faults() as faults:
        for item in every.values():
            with faults.kept():
                check_programme(item, place)
        for item in own.values():
            with faults.kept():
                if item.targets(place) is None:
                    problem = f"is for needs or an event that {place.id} has not"
                    raise InputError("--programme", item.file, problem, "choose another place, or mend its target")
        for name in dict.fromkeys(name for one in arrangements for name in one.own):
            with faults.kept():
                groups = [own, *({**own, **one.own} for one in arrangements)]
                found = {Path(group[name].file).resolve() for group in groups if name in group}
                if name in programme_names() and any(name not in group for group in groups[1:]):
                    found.add(SHIPPED / f"{name}.toml")
                if len(found) > 1:
                    files = " and ".join(sorted(map(str, found)))
                    problem = f"is not one programme in all arrangements: {files}"
                    raise InputError("programmes", name, problem, "give your file a name of its own")


def replaced(arrangements, own):
    """A line for each file of a run's own that stands in place of a shipped programme."""
    every = {name: item for group in (own, *(one.own for one in arrangements)) for name, item in group.items()}
    return [
        f"{item.file} stands in place of the shipped programme {name!r} in this run"
        for name, item in every.items()
        if name in programme_names()
    ]


def read_arrangements(arrangements):
    """Arrangements by name or file, ``["all"]`` for every shipped one: list of Arrangement.

    Raises
    ------
    InputError
        That names every fault of all their files.
    """
    chosen, loaded = listed(arrangements), []
    with Faults() as faults:
        for name in arrangement_names() if chosen == ["all"] else chosen:
            with faults.kept():
                loaded.append(load_arrangement(name))
    _check_apart(loaded)
    return loaded


def _check_apart(loaded):
    """Results are told apart by the arrangement's id, which is its file's name."""
    files_of = {}
    for item in loaded:
        other = files_of.setdefault(item.id, item.file)
        if Path(other).resolve() != Path(item.file).resolve():
            raise InputError(
                "arrangement", item.id, f"two files have this name: {other} and {item.file}", "rename one of them"
            )
    if len(files_of) < len(loaded):
        raise InputError("arrangement", "", "one is given twice", "name each once")


def with_settings(every, settings):
    """Inputs of several arrangements with parameters changed, checked against their place.

    Parameters
    ----------
    every : list of Inputs
    settings : mapping of str to str or float
        By dotted name; what only one arrangement has changes only that one.

    Returns
    -------
    list of Inputs

    Raises
    ------
    InputError
    """
    with Faults() as faults:
        for name, value in settings.items():
            with faults.kept():
                every = _with_setting_for_all(every, name, value)
                _check_read(name, [inputs.arrangement for inputs in every])
        with faults.kept():
            check_shares("--set", every[0].place.lines, every[0].place.values)
        touched = {name.split(".")[1] for name in settings if name.startswith("programmes.")}
        for code, item in {code: item for inputs in every for code, item in inputs.catalogue.items()}.items():
            if code in touched:
                check_level_shares("--set", item.target, item.values, faults, f"programmes.{code}.")
        for inputs in every:
            with faults.kept():
                check_arrangement(inputs.arrangement, inputs.place, inputs.catalogue, inputs.providers)
            with faults.kept():
                check_listed(inputs.arrangement, inputs.place, inputs.catalogue, inputs.providers, inputs.years)
    return every


def _with_setting_for_all(every, name, value):
    changed_ones, unknown = [], None
    for inputs in every:
        try:
            changed_ones.append(with_setting(inputs, name, value))
        except UnknownParameterError as error:
            changed_ones.append(inputs)
            unknown = error
    if unknown is not None and all(new is old for new, old in zip(changed_ones, every, strict=True)):
        raise unknown
    return changed_ones


def _check_read(name, arrangements):
    """Refuse a setting that nothing in any of the arrangements reads."""
    word = DIALS[name].read_by if name in DIALS else _READ_BY.get(name.partition(".")[0], "")
    if any(reads(item.rules, word) for item in arrangements):
        return
    shipped = [other for other in arrangement_names() if reads(load_arrangement(other).rules, word)]
    known = ", ".join(shipped[:_LISTED]) + (" ..." if len(shipped) > _LISTED else "")
    raise InputError(
        "--set",
        name,
        f"nothing in {', '.join(item.id for item in arrangements)} reads it",
        f"leave it out; of shipped arrangements {known} read{'s' if len(shipped) == 1 else ''} it",
    )


def with_setting(inputs, name, value):
    """Inputs with one parameter changed.

    Raises
    ------
    InputError
        If there is no such parameter, or the value is not one it may have.
    """
    for prefix, values, put in _homes(inputs):
        key = name.removeprefix(prefix)
        if name.startswith(prefix) and key in values:
            return put(key, value)
    raise UnknownParameterError("--set", name, "there is no such parameter", suggest(name, parameters(inputs)))


def parameters(inputs):
    """Every parameter by dotted name: dials and quantities; those of the arrangement by ``arrangement`` and by its id."""
    named = {}
    for prefix, values, _ in _homes(inputs):
        for key, item in values.items():
            named.setdefault(prefix + key, item)
    return named


def quantities(every):
    """Every value of some inputs by dotted name, those of an arrangement by its id; dials left out."""
    named = {}
    for inputs in every:
        named |= parameters(inputs)
    return {name: item for name, item in named.items() if name not in DIALS and not name.startswith("arrangement.")}


def _homes(inputs):
    """Where parameters live: what their names begin with, what they are by the rest, and (rest, value) -> inputs with it."""

    def turned(name, value):
        return replace(inputs, settings={**inputs.settings, name: DIALS[name].read(value)})

    def placed(name, value):
        future = inputs.future and inputs.future.without(name)
        return replace(inputs, place=inputs.place.with_value(name, value), future=future)

    def offered(code, key, value):
        programme = inputs.catalogue[code].with_value(key, value)
        return replace(inputs, catalogue={**inputs.catalogue, code: programme})

    def acted(group, code, key, value):
        parties, name = getattr(inputs, group), f"{group}.{code}.{key}"
        values = parties[code]["values"]
        values = {**values, key: changed(values[key], value, "--set", name)}
        return replace(inputs, **{group: {**parties, code: {**parties[code], "values": values}}})

    def banked(key, value):
        return replace(inputs, bank={**inputs.bank, key: changed(inputs.bank[key], value, "--set", f"bank.{key}")})

    def valued(key, value):
        values = {**inputs.worth.values, key: changed(inputs.worth.values[key], value, "--set", f"value.{key}")}
        return replace(inputs, worth=replace(inputs.worth, values=values))

    def agreed(key, value):
        return replace(inputs, arrangement=inputs.arrangement.with_value(key, value))

    yield "", DIALS, turned
    yield "", inputs.place.values, placed
    for code, programme in inputs.catalogue.items():
        yield f"programmes.{code}.", programme.values, partial(offered, code)
    for group in ("providers", "investors"):
        for code, entry in getattr(inputs, group).items():
            yield f"{group}.{code}.", entry["values"], partial(acted, group, code)
    yield "bank.", inputs.bank, banked
    yield "value.", inputs.worth.values, valued
    for own in ("arrangement", inputs.arrangement.id):
        yield f"{own}.", inputs.arrangement.values, agreed

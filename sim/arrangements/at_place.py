"""Whether what a file names is there: an arrangement, a programme or a profile against the place it is used at."""

from sim.arrangements.baseline import baseline_of
from sim.arrangements.fit import PAYING
from sim.core.faults import Faults, InputError, suggest
from sim.core.text import same_name
from sim.place.places import load_place, place_names
from sim.programmes.catalogue import SECTORS


def check_arrangement(arrangement, place, catalogue, providers):
    """Refuse an arrangement that names what a place does not have, or a plan that nobody can deliver.

    Parameters
    ----------
    arrangement : Arrangement
    place : Place
    catalogue : dict of str to Programme
    providers : dict
        Sector and values of each provider, by code.

    Raises
    ------
    InputError
        With every such fault.
    """
    agencies, departments, lines = (
        [item.id for item in group] for group in (place.agencies, place.departments, place.lines)
    )
    named = [
        *(("members", name, agencies, "agency") for name in arrangement.members if name != "all"),
        *((f"funding.{name}", name, agencies, "agency") for name in arrangement.funding),
        *(
            (f"roles.{role}", name, *((departments, "department") if role == "centre" else (agencies, "agency")))
            for role, name in arrangement.roles.items()
        ),
        *(("outcome_lines", name, lines, "service line") for name in arrangement.outcome_lines),
        *((f"baseline.{name}", name, lines, "service line") for name in baseline_of(arrangement.values)),
        *(
            (f"{key}.{line}", name, *known)
            for key in PAYING
            for line, bodies in getattr(arrangement, key).items()
            for name, *known in ((line, lines, "service line"), *((body, agencies, "agency") for body in bodies))
        ),
        *((f"plan.{name}", name, catalogue, "programme") for name in arrangement.plan),
    ]
    with Faults() as faults:
        _check_known(arrangement.file, named, place, faults)
        with faults.kept():
            arrangement.payers_at(place)
        _check_counted(arrangement, place, faults)
        for name in [*arrangement.plan, *arrangement.programmes]:
            with faults.kept():
                _check_deliverable(arrangement, catalogue, providers, name)
        both = sum(arrangement.optional(name) for name in ("centre_share", "outside_share"))
        if both > 1 + 1e-9:
            raise InputError(
                arrangement.file,
                "value.centre_share",
                f"it and outside_share sum to {both:g}",
                "keep the sum at 1 or less",
            )


def _check_counted(arrangement, place, faults):
    """Days are of lines that serve for a time, and events of lines that answer them."""
    unit = arrangement.rules.paid_for.unit
    if unit not in ("days", "events"):
        return
    other = "events" if unit == "days" else "days"
    for line in place.lines:
        with faults.kept():
            if line.id in arrangement.outcome_lines and bool(line.event) != (unit == "events"):
                problem = f"{line.id!r} has {other} and no {unit}"
                raise InputError(
                    arrangement.file, "outcome_lines", problem, f"name other lines, or let rules.paid_for be {other}"
                )


def _check_known(file, named, place, faults):
    """Refuse names that are not among those known; each with its key, and what it should be."""
    for key, name, known, what in named:
        with faults.kept():
            if name not in known:
                raise InputError(file, key, f"{name!r} is no {what} of {place.id}", suggest(name, known))


def _check_deliverable(arrangement, catalogue, providers, name):
    """Some provider must be of a sector that both the programme and the arrangement allow."""
    programme = catalogue.get(name)
    sectors = [sector for sector in SECTORS if arrangement.may_provide(sector)]
    if programme is None or any(
        entry["sector"] in programme.sectors and entry["sector"] in sectors for entry in providers.values()
    ):
        return
    key = f"plan.{name}" if name in arrangement.plan else "programmes"
    raise InputError(
        arrangement.file,
        key,
        f"no provider of {name} is of the sectors {', '.join(sectors)}",
        "leave it out, or allow one of " + ", ".join(programme.sectors),
    )


def check_programme(programme, place):
    """Refuse a programme that names needs, events, lines or agencies which neither the place nor any shipped place has.

    A need of another place is no mistake: the catalogue serves them all, and a place has some.

    Raises
    ------
    InputError
        With every such fault.
    """
    places = [place, *(load_place(name) for name in place_names())]
    needs, agencies, events, lines = (
        list(dict.fromkeys(item.id for one in places for item in getattr(one, table)))
        for table in ("needs", "agencies", "events", "lines")
    )
    asked = [programme.target["event"]] if "event" in programme.target else []
    named = [
        *(("commissioners", name, agencies, "agency") for name in programme.commissioners),
        *(("target.needs", name, needs, "need") for name in programme.target["needs"]),
        *(("target.event", name, events, "event") for name in asked),
        *(("target.not_served", name, lines, "service line") for name in programme.target.get("not_served", ())),
        *((f"effect {i}: need", effect.need, needs, "need") for i, effect in enumerate(programme.effects, 1)),
        *(
            (f"trial {trial.row}: {key}", name, known, what)
            for trial in programme.trials
            for key, names, known, what in (
                ("need", [trial.need], needs, "need"),
                ("lines", trial.lines, lines, "service line"),
                ("entering", trial.entering, lines, "service line"),
                ("event", [trial.event], events, "event"),
            )
            for name in filter(None, names)
        ),
    ]
    with Faults() as faults:
        _check_known(programme.file, named, place, faults)


def check_spelling(place, path, benefits):
    """Refuse another spelling of an agency of the place, which would be an agency of its own."""
    known = {same_name(name): agency.id for agency in place.agencies for name in (agency.id, agency.name)}
    with Faults() as faults:
        for i, row in enumerate(benefits, 1):
            code = known.get(same_name(row.agency), row.agency)
            with faults.kept():
                if code != row.agency:
                    given = f"{row.agency!r} is another spelling of {place.id}'s {code!r}"
                    raise InputError(path, f"benefit {i}: agency", given, f"write {code!r}")

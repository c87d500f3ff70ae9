"""What must hold in a place beyond each value by itself: its ids, its sums, what its targets measure, and its size."""

import re
from functools import cache
from importlib.resources import files

from sim.core import codes
from sim.core.faults import Faults, InputError, shown, suggest
from sim.core.input_files import read_toml
from sim.core.kinds import COUNT, MONEY, SHARE, Kind
from sim.core.ledger import OUTSIDE, TREASURY

_ID = re.compile(r"[^\W_][\w-]{0,63}")

# What a target may measure: the words that follow (with ? if they may be left out), and the kind of its figure (None:
# it depends on what is looked at).
MEASURES = {
    "prevalence": (("need", "level", "from_age", "to_age"), SHARE),
    "ended_within": (("need", "level", "quarters"), SHARE),
    "stock_older": (("need", "level", "quarters"), SHARE),
    "events": (("event",), COUNT),
    "with_event": (("event", "level?"), SHARE),
    "again": (("event",), SHARE),
    "crises": ((), SHARE),
    "crises_again": ((), SHARE),
    "caseload": (("line",), COUNT),
    "line_spending": (("line",), MONEY),
    "needs_at_least": (("count",), SHARE),
    "costliest": (("share", "what"), None),
    "most_needs": (("share", "what"), None),
}
_WHOLE = {"level": (1, 3), "from_age": (0, 25), "to_age": (0, 25), "count": (1, 99), "quarters": (1, 40)}
OF_FAMILIES = ("cost", "needs")  # what may be asked of a group of families, beside any need

# How far a count per family may lie from those of the shipped places, as a factor. Children looked after and benefit
# claimants of English councils lie within a factor of about 4 of the mean; a slip of place or unit is of 10 and more.
FACTOR, PEOPLE_FACTOR = 8, 3
MOST_EVENTS = 16  # bits of a word


@cache
def reserved():
    """Codes that no agency or department may have: each is a party, or an account, of its own."""
    data = files("sim") / "scenarios"
    providers, investors = read_toml(str(data / "providers.toml")), read_toml(str(data / "investors.toml"))
    return frozenset({codes.ALL, OUTSIDE, TREASURY, *codes.PARTIES, *providers, *investors["investors"]})


def known(path, key, value, names):
    """Refuse a value that is not among some names.

    Raises
    ------
    InputError
    """
    if value not in names:
        raise InputError(path, key, f"{shown(value)} is unknown", suggest(shown(value), names))


def check_ids(path, table, ids, taken=()):
    """Refuse ids that are no plain word, given twice, alike but for capitals and spaces, or taken by others.

    Raises
    ------
    InputError
    """
    seen = {}
    with Faults() as faults:
        for name in ids:
            with faults.kept():
                where = f"{table} {shown(name)}"
                if not _ID.fullmatch(name):
                    raise InputError(path, where, "is not an id", "give letters, digits, - and _, 64 at most")
                alike = seen.setdefault(name.casefold(), name)
                if ids.count(name) > 1:
                    raise InputError(path, where, "is given twice", f"give each {table} an id of its own")
                if alike != name:
                    raise InputError(path, where, f"differs from {alike!r} by capitals only", "give it another id")
                if name.casefold() in taken:
                    raise InputError(path, where, "is the code of another party or account", "give it another id")


def check_parties(path, members):
    """Refuse ids that are given twice, and agencies and departments that share a code or bear one an arrangement may bring.

    Raises
    ------
    InputError
    """
    taken = reserved() | {codes.board(name).casefold() for name in members["neighbourhoods"]}
    with Faults() as faults:
        for table, others in (("agency", members["departments"]), ("department", ())):
            ids = members["agencies" if table == "agency" else "departments"]
            with faults.kept():
                check_ids(path, table, ids, taken | {name.casefold() for name in others})
        others = (("need", "needs", OF_FAMILIES), ("line", "lines", (codes.ALL,)), ("event", "events", ()))
        for table, ids, own in others:
            with faults.kept():
                check_ids(path, table, members[ids], own)


def check_events(path, events, lines, values):
    """Refuse more events than the code carries, and lines that do not fit the event they serve.

    Raises
    ------
    InputError
    """
    need_of = {event.id: event.need for event in events}
    with Faults() as faults:
        with faults.kept():
            if len(events) > MOST_EVENTS:
                raise InputError(path, "event", f"there are {len(events)}", f"give {MOST_EVENTS} at most")
        for line in lines:
            where = f"line {shown(line.id)}"
            with faults.kept():
                if line.event and line.level not in (1, None):
                    problem = f"{line.level} for a line that serves the event {line.event!r}"
                    raise InputError(path, f"{where}: level", problem, "give 1: an event is served at any level")
            with faults.kept():
                if None not in (line.need, wanted := need_of.get(line.event, line.need)) and line.need != wanted:
                    problem = f"{line.need!r} is not the need of the event {line.event!r}"
                    raise InputError(path, f"{where}: need", problem, f"give {wanted!r}")
            price = values.get(f"lines.{line.id}.unit_cost")
            with faults.kept():
                if line.event and price and not price.unit.startswith("GBP/event"):
                    problem = f"unit {price.unit!r} of a line that serves the event {line.event!r}"
                    raise InputError(path.parent / "lines.csv", f"{line.id}.unit_cost", problem, "give GBP/event")


def check_speeds(path, needs, values):
    """Refuse needs that have lasting spells without their share or exit, or whose lasting spells end sooner than short ones.

    Raises
    ------
    InputError
    """
    with Faults() as faults:
        for need in needs:
            for level in (1, 2, 3):
                names = [f"transitions.{need}.{way}.{level}" for way in ("down", "down_lasting", "lasting")]
                short, lasting, _ = map(values.get, names)
                with faults.kept():
                    if (names[1] in values) != (names[2] in values):
                        there, missing = (
                            ("lasting", "down_lasting") if names[2] in values else ("down_lasting", "lasting")
                        )
                        remedy = f"add a row {missing}, or leave {there} out"
                        raise InputError(path, f"{need} level {level}", f"has {there} and no {missing}", remedy)
                    if short and lasting and lasting.value > short.value:
                        problem = f"down_lasting {lasting.value:g} is above down {short.value:g}"
                        raise InputError(path, f"{need} level {level}", problem, "let lasting spells end no sooner")


def check_gates(path, lines):
    """Refuse lines whose places are rationed though a court, a duty or an entitlement opens them, and benefits at discretion.

    Raises
    ------
    InputError
    """
    with Faults() as faults:
        for line in lines:
            with faults.kept():
                if line.kind == "rationed" and line.gate not in ("judgement", None):
                    problem = f"{line.gate!r} does not go with kind 'rationed': it leaves nobody waiting"
                    remedy = "give 'judgement', or kind 'statutory'"
                    raise InputError(path, f"line {shown(line.id)}: gate", problem, remedy)
                if line.kind == "demand_led" and line.gate in ("duty", "judgement"):
                    problem = (
                        f"{line.gate!r} does not go with kind 'demand_led': the centre pays for all who are entitled"
                    )
                    raise InputError(path, f"line {shown(line.id)}: gate", problem, "give 'entitlement'")


def check_sums(folder, neighbourhoods, needs, values):
    """Shares that must sum to one, and chances that may not exceed it, as far as the values are there.

    Raises
    ------
    InputError
    """
    with Faults() as faults:
        shares = [values.get(f"neighbourhoods.{name}.families_share") for name in neighbourhoods]
        with faults.kept():
            total = sum(share.value for share in shares if share)
            if all(shares) and abs(total - 1) > 1e-6:
                problem = f"shares sum to {total:.6f}"
                raise InputError(folder / "neighbourhoods.csv", "families_share", problem, "make them sum to one")
        for need in needs:
            for level in (1, 2):
                chances = [values.get(f"transitions.{need}.{way}.{level}") for way in ("up", "down")]
                both = sum(chance.value for chance in chances if chance)
                with faults.kept():
                    if both > 1:
                        raise InputError(
                            folder / "transitions.csv",
                            f"{need} level {level}",
                            f"up and down sum to {both:g}",
                            "keep the sum at 1 or less",
                        )


def check_shares(path, lines, values):
    """Lines that serve a share of the cases of a need and level, or buy a share: statutory ones; the former sum to one whole.

    Parameters
    ----------
    path : str
    lines : sequence of Line
    values : dict of str to Quantity
        None where a file gives one that is wrong.

    Raises
    ------
    InputError
    """
    shares = {line.id: values.get(f"lines.{line.id}.share") for line in lines}
    with Faults() as faults:
        for line in lines:
            alike = [o.id for o in lines if (o.need, o.level, o.event) == (line.need, line.level, line.event)]
            told = [shares[name] for name in alike]
            for name in ("share", "spot_share"):
                with faults.kept():
                    if f"lines.{line.id}.{name}" in values and line.kind != "statutory":
                        problem, remedy = f"is of a {line.kind} line", "keep it for statutory ones"
                        raise InputError(path, f"{line.id}.{name}", problem, remedy)
            spoilt = any(f"lines.{name}.share" in values and not shares[name] for name in alike)
            with faults.kept():
                if any(told) and line.id == alike[0] and not spoilt:
                    total = sum(share.value for share in told if share)
                    if not all(told) or abs(total - 1) > 1e-6:
                        problem = f"shares of lines for {line.need} at level {line.level} sum to {total:g}"
                        raise InputError(
                            path, f"{line.id}.share", problem, f"make those of {', '.join(alike)} sum to one"
                        )


def check_budgets(folder, agencies, values):
    """Refuse shares of an agency's income above one, and whole budgets beyond all public spending, as far as they are there.

    Raises
    ------
    InputError
    """
    path = folder / "agencies.csv"
    with Faults() as faults:
        for name in agencies:
            kinds = [values.get(f"agencies.{name}.{kind}") for kind in ("ring_fenced_share", "local_tax_share")]
            with faults.kept():
                if all(kinds) and (total := sum(kind.value for kind in kinds)) > 1:
                    problem = f"it and local_tax_share sum to {total:g}"
                    raise InputError(path, f"{name}.ring_fenced_share", problem, "keep the sum at 1 or less")
        heads = [values.get(f"agencies.{name}.budget_per_head") for name in agencies]
        people, most = values.get("place.population"), values.get("place.public_spending")
        with faults.kept():
            if people and most and all(heads):
                total, price = sum(head.base_value for head in heads) * people.value, most.base_value
                if total > most.base_value:
                    problem = (
                        f"whole budgets of all agencies are {total:,.0f} pounds, and public spending is {price:,.0f}"
                    )
                    raise InputError(
                        path, "budget_per_head", problem, "mend them or value.public_spending of place.toml"
                    )


def check_measure(path, where, text, members):
    """The kind of figure a target measures; refuses one that the fit cannot measure.

    Parameters
    ----------
    path, where : str
        For the error.
    text : str
        As ``prevalence conduct 2 11 15``; see :data:`MEASURES`.
    members : dict of str to list of str
        Ids of the place's needs, events and lines.

    Returns
    -------
    sim.kinds.Kind

    Raises
    ------
    InputError
    """
    measure, *words = text.split() or [""]
    if measure not in MEASURES:
        raise InputError(path, where, f"measures {shown(text)}", suggest(measure, MEASURES))
    wanted, kind = MEASURES[measure]
    if not len([name for name in wanted if not name.endswith("?")]) <= len(words) <= len(wanted):
        raise InputError(
            path, where, f"measures {shown(text)}", f"write {measure} " + " ".join(x.upper() for x in wanted)
        )
    with Faults() as faults:
        for word, name in zip(words, (name.rstrip("?") for name in wanted), strict=False):
            with faults.kept():
                kind = _check_word(path, f"{where}: {name}", word, name, members) or kind
    if measure == "prevalence" and int(words[2]) > int(words[3]):
        raise InputError(path, where, f"ages {words[2]} to {words[3]} are none", "give the younger age first")
    return kind


def _check_word(path, key, word, name, members):
    """Refuse a word of what a target measures that cannot be; the kind of figure where it is the word that says so."""
    if name in ("need", "event", "line"):
        known(path, key, word, members[f"{name}s"])
    elif name == "what":
        known(path, key, word, [*OF_FAMILIES, *members["needs"]])
        return {"cost": MONEY, "needs": Kind(0, len(members["needs"]), money=False)}.get(word, SHARE)
    elif name == "share":
        if not re.fullmatch(r"0?\.\d+|1(\.0*)?", word) or not float(word):
            raise InputError(path, key, f"{shown(word)} is no share", "give a share above 0, as 0.02 for 2%")
    else:
        low, high = _WHOLE[name]
        if not (word.isdecimal() and len(word) < 3 and low <= int(word) <= high):
            raise InputError(path, key, f"{shown(word)} is out of range", f"give a whole number, {low} to {high}")
    return None


def check_size(place, shipped):
    """Refuse counts that do not fit the place's number of families, against those of the shipped places.

    A count may lie anywhere in the ranges the shipped places give for it, per family, and a factor beyond their
    values (:data:`FACTOR`).

    Raises
    ------
    InputError
    """
    if not place.has("place.families"):
        return
    families = place.values["place.families"].value
    spans = [(other, other.values["place.families"].value, _counts(other)) for other in shipped]
    with Faults() as faults:
        for key, (file, item) in _counts(place).items():
            here, factor = item.base_value / families, PEOPLE_FACTOR if key == "value.population" else FACTOR
            alike = [(other, n, counts[key][1]) for other, n, counts in spans if key in counts]
            with faults.kept():
                if here and alike and not any(_fits(here, there, n, factor) for _, n, there in alike):
                    _refuse_size(place, file, key, here, [(o.id, there.base_value / n) for o, n, there in alike])
        for key, (file, item) in _counts(place).items():
            most = "population" if key.endswith(".caseload") else "families"
            with faults.kept():
                if (
                    "caseload" in key
                    and place.has(f"place.{most}")
                    and item.value > place.values[f"place.{most}"].value
                ):
                    raise InputError(
                        f"{place.folder}/{file}",
                        key,
                        f"{item.value:g} is more than the place's {most}",
                        f"give counts of this place, or mend value.{most} of place.toml",
                    )


def _counts(place):
    """Everything that grows with a place: key in its file, the file, and the value."""
    found = {
        f"value.{name}": ("place.toml", place.values[f"place.{name}"])
        for name in ("population", "public_spending")
        if place.has(f"place.{name}")
    }
    for line in place.lines:
        if place.has(name := f"lines.{line.id}.caseload"):
            found[f"{line.id}.caseload"] = ("lines.csv", place.values[name])
    for target in place.targets:
        if target.measures.split()[0] in ("caseload", "line_spending", "events"):
            found[target.measures] = ("targets.csv", target.figure)
    return found


def _fits(here, there, families, factor):
    """Whether a count per family is like that of a shipped place."""
    value = there.base_value / families
    low, high = (value * limit / there.value for limit in (there.low, there.high))
    return min(value / factor, low) <= here <= max(value * factor, high)


def _figure(number):
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _refuse_size(place, file, key, here, alike):
    name, there = min(alike, key=lambda pair: max(here / pair[1], pair[1] / here))
    times, way, size = (there / here, "fewer", "smaller") if here < there else (here / there, "more", "larger")
    raise InputError(
        f"{place.folder}/{file}",
        key,
        f"{_figure(1000 * here)} per 1,000 families is {times:.0f} times {way} than {name}'s {_figure(1000 * there)}: "
        f"are these counts of a {size} place?",
        f"give counts of a place of {place.values['place.families'].value:,.0f} families, or mend value.families of place.toml",
    )

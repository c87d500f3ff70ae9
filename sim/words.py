"""What there is, in words: lists, explanations, checks and the report of a place's fit."""

import os
import re
from pathlib import Path

from sim.arrangements.at_place import check_programme, check_spelling
from sim.arrangements.reading import arrangement_names, load_arrangement
from sim.core.dials import DIALS
from sim.core.evidence import full_source
from sim.core.faults import InputError, UnknownParameterError, suggest
from sim.core.file_kinds import kind_of
from sim.core.folders import FIT_REPORT_MARK
from sim.core.input_files import read_toml
from sim.core.text import markdown
from sim.cost_benefit.keys import MEANING
from sim.cost_benefit.profile import read_benefits
from sim.experiments.reading import experiment_names, load_experiment
from sim.place.places import load_place, place_names
from sim.programmes.catalogue import load_catalogue, load_programme, programme_names
from sim.programmes.in_words import in_brief, in_words
from sim.record.measures import MEASURES
from sim.studies.futures import future_names, load_future
from sim.studies.inputs import YEARS, inputs_of, load_common, quantities, read_arrangements

KINDS = ("arrangements", "programmes", "places", "futures", "parameters", "measures", "experiments")


def listed(kind, place):
    """Names and short texts of one kind of thing.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    load_place(place)  # which must be there, whether it makes a difference or not
    if kind == "arrangements":
        return [(name, load_arrangement(name).name) for name in arrangement_names()]
    if kind == "programmes":
        return [(item.id, in_brief(item)) for item in load_catalogue().values()]
    if kind == "places":
        return [(name, load_place(name).name) for name in place_names()]
    if kind == "futures":
        return [(name, load_future(name).name) for name in future_names()]
    if kind == "parameters":
        return [(name, f"{_value(item)} {item.unit}") for name, item in every_parameter(place).items()]
    if kind == "measures":
        return [(item.name, f"{item.unit}: {item.meaning}") for item in MEASURES.values()]
    if kind == "experiments":
        return [(name, load_experiment(name).in_words) for name in experiment_names()]
    raise InputError("list", kind, "is unknown", suggest(kind, KINDS))


def every_parameter(place):
    """Every dial and quantity by dotted name, those of all shipped arrangements included."""
    loaded = load_place(place)
    families = loaded.get("place.families")
    every = inputs_of(read_arrangements(["all"]), loaded, YEARS, families, load_common())
    return {**DIALS, **quantities(every)}


def explained(name, place):
    """Label and text of what there is to say of a parameter, an arrangement, a programme, a future or a measure.

    Raises
    ------
    InputError
        If there is nothing of that name.
    """
    load_place(place)  # as in `listed`
    if name in arrangement_names():
        item = load_arrangement(name)
        head = [("name", item.name), ("differs", item.differs), ("source", item.source)]
        return [*head, *item.in_words()]
    if name in programme_names() or Path(name).suffix == ".toml":
        return in_words(load_programme(name))
    if name in future_names():
        return _future_in_words(load_future(name))
    if name in MEASURES:
        item = MEASURES[name]
        return [
            ("name", name),
            ("meaning", item.meaning),
            ("label", item.label),
            ("unit", item.unit),
            ("group", item.group),
            ("adds up", item.adds_up),
            ("by", item.by),
        ]
    if name in MEANING:
        return [("name", name), ("meaning", f"{MEANING[name]} (listsim incentives --json)")]
    known = every_parameter(place)
    if name not in known:
        raise UnknownParameterError(
            "explain",
            name,
            "there is no such parameter",
            suggest(name, [*known, *arrangement_names(), *programme_names(), *future_names(), *MEASURES]),
        )
    item = known[name]
    meaning = (
        item.text
        if name in DIALS
        else name.split(".")[-1].replace("_", " ") + " of " + " ".join(name.split(".")[:-1]).replace("_", " ")
    )
    scope = "one of " + ", ".join(item.choices) if name in DIALS and item.choices else f"{item.low:g} to {item.high:g}"
    rows = [("name", name), ("meaning", meaning), ("unit", item.unit), ("value", _value(item)), ("range", scope)]
    if name not in DIALS and item.price_year:
        rows.append(("prices", f"{item.price_year}; {item.base_value:,.2f} at 2010/11 prices"))
    return [*rows, ("source", full_source(item.source))]


def _future_in_words(future):
    rows = [("name", future.name), ("text", future.text), ("source", full_source(future.source))]
    for name, value in future.values.items():
        by_year = (
            " by year " + ", ".join(f"{number:g}" for number in value) if isinstance(value, tuple) else f" {value}"
        )
        rows.append(("sets", f"{name}{by_year} [{full_source(future.sources[name])}]"))
    return rows


def _value(item):
    value = getattr(item, "default", None)
    value = item.value if value is None else value
    return value if isinstance(value, str) else f"{value:g}"


def checked(path, place="birmingham_2010"):
    """One line that says a file is right at a place, or a folder right.

    Parameters
    ----------
    path : str or path
    place : str or path
        Where what a file names must be.

    Raises
    ------
    InputError
        If it is not.
    """
    path = Path(path)
    if os.path.isdir(path):  # False, not an error, for a name too long for the system
        place = load_place(path)
        return f"{path}: a place, {len(place.values)} values, {len(place.lines)} service lines: right"
    spec = read_toml(path)
    kind = kind_of(spec)
    if kind == "arrangement":
        from sim.studies.arguments import RANGES
        from sim.studies.inputs import load_inputs

        inputs = load_inputs(path, place, years=RANGES["years"][1])
        return f"{path}: an arrangement, {inputs.arrangement.name!r}: right at {inputs.place.id}"
    if kind == "programme":
        programme, at = load_programme(path), load_place(place)
        check_programme(programme, at)
        return f"{path}: a programme, {programme.name!r}: right at {at.id}"
    if kind == "benefit profile":
        read, at = read_benefits(path, spec), load_place(place)
        check_spelling(at, path, read.benefits)
        return f"{path}: a benefit profile, {len(read.benefits)} benefits: right at {at.id}"
    if kind == "future":
        read, at = load_future(path), load_place(place)
        absent = [name.split(".")[1] for name in read.values if name not in read.at(at).values]
        without = f", which has no {', '.join(absent)}" if absent else ""
        return f"{path}: a future, {read.name!r}: right at {at.id}{without}"
    if kind == "study":
        from sim.studies.sweep import load_sweep

        study = load_sweep(path, place=None if "place" in spec else place)
        size = f"{len(study.points)} points, {len(study.arrangements)} arrangements, {len(study.seeds)} seeds"
        return f"{path}: a study, {size}: right"
    raise InputError(
        path,
        "",
        "is neither an arrangement, a programme, a benefit profile, a future, a study nor a place",
        "give a file with extends or [rules], [target], [[benefit]], [path] or [grid], or a place's folder",
    )


def fit_report_name(loaded, default_place):
    """Where the fit of a place is written unless the user says: the page in docs is that of the default place."""
    own = Path(__file__).parent / "scenarios" / "places" / default_place
    if own.samefile(loaded.folder) and Path("sim").exists() and Path("sim").samefile(Path(__file__).parent):
        return "docs/baseline_fit.md"
    return f"baseline_fit_{re.sub(r'[^A-Za-z0-9.-]+', '_', loaded.id)[:80]}.md"


FIT_TABLES = {
    "## Counts, shares and money": (
        "prevalence",
        "caseload",
        "line_spending",
        "needs_at_least",
        "costliest",
        "most_needs",
    ),
    "## Events and crises\n\nA year, by families; the share of families with one in the last four quarters; or the share of those that happened "
    "which were followed by another within four quarters.": ("events", "with_event", "again", "crises", "crises_again"),
    "## How long need lasts, of those it begins for (cohort)": ("ended_within",),
    "## How long it has lasted, of those there on a day (stock)": ("stock_older",),
}


def _fit_table(fits):
    rows = ["| figure | how used | published | range | simulated | gap | source |", "|---|---|---:|---:|---:|---:|---|"]
    for fit in fits:
        figure = fit.target.figure
        factor = fit.published / figure.value if figure.value else 1.0
        used = "fitted" if fit.target.use.startswith("fit") else "checked"
        rows.append(
            f"| {markdown(f'{fit.target.id}, {figure.unit}')} | {used} | {fit.published:,.4g} | {figure.low * factor:,.4g} to {figure.high * factor:,.4g} | "
            f"{fit.simulated:,.4g} | {fit.gap_per_cent:+.1f}% | {markdown(figure.source)} |"
        )
    return rows


_BEFORE_AFTER = """\
## Before and after an event

Pounds of 2010/11 at average cost that families used in the four quarters up to and with the one they were picked in, and in the
four after, where nobody does anything for them: what a comparison of before and after makes of luck. Families of a quarter
that stay, mean of the same seeds, {families:,} families each. *Lines of events* are those that serve events. *Referred* are families
that services know to be like a programme's target; the event is one that makes a referral more urgent.
"""
_OVER_RANGES = """\
The same of all families with an event in the quarter, at either end of the range of each value of crises, one at a time:
change on all lines, and on lines of events.
"""


def _change(per_cent):
    return "" if per_cent != per_cent else f"{per_cent:+.0f}%"


def before_after_tables(loaded, seeds):
    """What families of a place use before and after an event, as lines of Markdown."""
    from sim.place import before_after

    families = min(before_after.FAMILIES, int(loaded.get("place.families")))
    lines = [*_BEFORE_AFTER.format(families=families).splitlines(), ""]
    lines += [
        "| families with | a quarter | before | after | change | lines of events: before | after | change |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    programmes = [(item.name, item.targets(loaded)) for item in load_catalogue().values()]
    referred = [(name, target) for name, target in programmes if target is not None]
    for use in before_after.before_after(loaded, seeds, referred):
        lines.append(
            f"| {markdown(use.group)} | {use.families:,.0f} | {use.before:,.0f} | {use.after:,.0f} | {_change(use.change)} | "
            f"{use.acute_before:,.0f} | {use.acute_after:,.0f} | {_change(use.acute_change)} |"
        )
    if loaded.has("crisis.onset"):
        lines += [
            "",
            *_OVER_RANGES.splitlines(),
            "",
            "| value | low | high | at low | at high |",
            "|---|---:|---:|---:|---:|",
        ]
        for name, *ends, low, high in before_after.over_ranges(loaded, seeds):
            at = [f"{_change(use.change)}, {_change(use.acute_change)}" for use in (low, high)]
            lines.append(f"| crisis.{name} | {ends[0]:g} | {ends[1]:g} | {at[0]} | {at[1]} |")
    return [*lines, ""]


def fit_report(loaded, seed, replicates, progress=None):
    """Published against simulated of a loaded place, with every gap, as Markdown."""
    from sim.place.fitting import compare_targets

    fits = compare_targets(loaded, range(seed, seed + replicates), progress=progress)
    lines = [
        f"# How {markdown(loaded.name)} meets its published figures",
        "",
        f"Mean of {replicates} simulated base years without policy (seeds {seed} to {seed + replicates - 1}); {FIT_REPORT_MARK}. "
        "Money in pounds of 2010/11. *Fitted* figures were aimed at; *checked* ones were not, and their gaps show what the model misses. "
        "Nothing is averaged away.",
        "",
    ]
    for title, measures in FIT_TABLES.items():
        of_title = [fit for fit in fits if fit.target.measures.split()[0] in measures]
        if of_title:
            lines += [*title.splitlines(), "", *_fit_table(of_title), ""]
    if loaded.events:
        lines += before_after_tables(loaded, range(seed, seed + replicates))
    worst = max(fits, key=lambda fit: abs(fit.gap_per_cent))
    lines += [f"Largest gap: {markdown(worst.target.id)}, {worst.gap_per_cent:+.1f}%."]
    return "\n".join(lines) + "\n"

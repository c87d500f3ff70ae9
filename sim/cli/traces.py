"""One path through the model: trace family, trace pound."""

from typing import Annotated

import typer

from sim.cli.options import DEFAULT_PLACE, Commands, Families, Future, NoProgress, Place, Settings, Years, app
from sim.cli.shell import Progress, print_json, settings_of
from sim.core import terminal
from sim.core.shipped import special

_FOLLOWED = special("side_by_side")[1]

trace = Commands(help="Follow one family, or one pound, through the model.")
app.add_typer(trace, name="trace")

Arrangement = Annotated[str, typer.Argument(help="An arrangement's id or file.")]
Seed = Annotated[int, typer.Option(help="Seed of the run.")]
Wish = Annotated[str, typer.Option(help="Which one: a name of sim/scenarios/wishes.toml.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Csv = Annotated[str | None, typer.Option("--csv", metavar="FILE", help="File for the same as a table.")]


@trace.command("family")
def trace_family(
    arrangement: Arrangement = _FOLLOWED,
    place: Place = DEFAULT_PLACE,
    seed: Seed = 1,
    years: Years = 15,
    families: Families = None,
    future: Future = None,
    settings: Settings = None,
    wish: Wish = "wrong_pocket",
    agency: Annotated[str | None, typer.Option(help="An agency that its help shall have saved --at-least.")] = None,
    at_least: Annotated[float | None, typer.Option(help="Pounds; what the help cost by default.")] = None,
    paid_by: Annotated[str | None, typer.Option(help="Who shall have paid for the help.")] = None,
    json: Json = False,
    csv: Csv = None,
    no_progress: NoProgress = False,
):
    """A family that was helped, quarter by quarter, beside itself where nothing is done.

    Example: listsim trace family silo --agency nhs --paid-by council --place milltown
    """
    from sim.report.traced import family_lines
    from sim.results.wishes import family_wish
    from sim.trace.family import trace_family as found

    asked = family_wish(wish, agency, at_least, paid_by)
    _check_csv(csv)
    inputs = _inputs(arrangement, place, settings, years, families, future, seed)
    with Progress("Simulating", json or no_progress) as tell:
        said = found(inputs, seed, asked, tell)
    _show(said, family_lines, json, csv)


@trace.command("pound")
def trace_pound(
    arrangement: Arrangement = _FOLLOWED,
    place: Place = DEFAULT_PLACE,
    seed: Seed = 1,
    years: Years = 15,
    families: Families = None,
    future: Future = None,
    settings: Settings = None,
    wish: Wish = "programme",
    json: Json = False,
    csv: Csv = None,
):
    """A pound from where it is voted to the last hand, by the likeliest way that goes as wished.

    Example: listsim trace pound list_public --wish outcome --place milltown
    """
    from sim.report.traced import pound_lines
    from sim.results.pound import trace_pound as found
    from sim.results.wishes import wish_named
    from sim.studies.task import run

    asked = wish_named("pound", wish)
    _check_csv(csv)
    inputs = _inputs(arrangement, place, settings, years, families, future, seed)
    _show(found(run(inputs, seed).flows, asked), pound_lines, json, csv)


def _inputs(arrangement, place, settings, years, families, future, seed):
    from sim.studies.arguments import check_numbers
    from sim.studies.inputs import load_inputs

    check_numbers(seed=seed)
    terminal.tidy_up_first()
    return load_inputs(arrangement, place, settings_of(settings), years, families, future)


def _check_csv(path):
    """Refuse a folder before anything is run for it."""
    from os.path import isdir

    from sim.core.faults import InputError

    if path is not None and isdir(path):
        raise InputError("--csv", path, "is a folder", "give a file")


def _show(said, lines, json, csv):
    """Print what a trace found, and write its table where asked."""
    if csv:
        import pandas as pd

        from sim.core.atomic import whole
        from sim.core.text import cell
        from sim.report.traced import table_of

        with whole(csv) as new:
            pd.DataFrame(table_of(said)).map(cell).to_csv(new, index=False, lineterminator="\n")
    if json:
        print_json(said)
    else:
        print("\n".join(lines(said)))

"""Commands that look things up and work them out: list, explain, check, docs, example, appraise."""

from typing import Annotated

import typer

from sim.cli.options import DEFAULT_PLACE, Json, Place, Settings, app
from sim.cli.shell import print_json, print_text, say, settings_of


@app.command()
def docs(check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 if they differ.")] = False):
    """Write the tables of docs/odd.md that the code declares: parties, answers, measures, dials. In a clone only.

    Example: listsim docs --check
    """
    from sim.docs import odd_tables

    stale = odd_tables.stale()
    if stale and not check:
        odd_tables.write()
    said = "differ from the code; run listsim docs" if check else "written"
    print_text(
        f"docs/odd.md: {', '.join(stale)}: {said}" if stale else "docs/odd.md: every table is as the code declares it"
    )
    raise typer.Exit(1 if stale and check else 0)


@app.command("list")
def list_(
    kind: Annotated[
        str, typer.Argument(help="arrangements, programmes, places, futures, parameters, measures or experiments.")
    ],
    place: Place = DEFAULT_PLACE,
):
    """List what there is.

    Example: listsim list arrangements
    """
    from sim.words import listed

    for name, text in listed(kind, place):
        print_text(f"{name:42} {text}")


@app.command()
def explain(
    name: Annotated[
        str, typer.Argument(help="Dotted name of a parameter, or an arrangement, a programme, a future or a measure.")
    ],
    place: Place = DEFAULT_PLACE,
):
    """Meaning, unit, value, range and source of a parameter; what an arrangement, a programme, a future or a measure is.

    Example: listsim explain services.threshold_drift
    """
    from sim.words import explained

    for label, text in explained(name, place):
        print_text(f"{label:10} {text}")


@app.command()
def check(
    path: Annotated[
        str, typer.Argument(help="An arrangement, programme, benefit or future file, or a place's folder.")
    ],
    place: Place = DEFAULT_PLACE,
):
    """Check an arrangement, a programme, a benefit profile, a future or a place.

    What a file names must be there at the place it is checked against.

    Example: listsim check my_arrangement.toml --place milltown
    """
    from sim.core.faults import InputError
    from sim.words import checked

    try:
        print_text(checked(path, place))
    except InputError as error:
        raise typer.Exit(say("\n".join(error.faults), 2)) from None  # all of them, where others tell the first few


@app.command()
def example(
    name: Annotated[str, typer.Argument(help="The example: lob, a local outcome bond.")],
    cases: Annotated[int | None, typer.Option(help="Cases agreed; as published by default, like the rest.")] = None,
    price: Annotated[float | None, typer.Option(help="Cost per case in pounds, which investors put in.")] = None,
    risk: Annotated[float | None, typer.Option(help="Chance that a case fails, as priced.")] = None,
    premium: Annotated[float | None, typer.Option(help="Return for the whole term, as a share of cost.")] = None,
    failures: Annotated[float | None, typer.Option(help="Share of cases that fail.")] = None,
    pricing: Annotated[
        str, typer.Option(help="appendix: cost x (1 + risk + premium); fair: cost / (1 - risk) x (1 + premium).")
    ] = "appendix",
    json: Json = False,
):
    """Work a published example through the model's own contract and ledger.

    Example: listsim example lob --failures 0.1
    """
    from sim.core.faults import InputError, suggest
    from sim.examples.lob import example, statement

    if name != "lob":
        raise InputError("example", name, "there is no such example", suggest(name, ["lob"]))
    result = example(pricing, cases=cases, cost=price, risk=risk, premium=premium, failures=failures)
    if json:
        print_json(result)
    else:
        print("\n".join(statement(result)))


@app.command()
def appraise(
    programme: Annotated[
        str, typer.Argument(help="A programme's id, or a TOML file: a programme or a benefit profile.")
    ],
    place: Place = DEFAULT_PLACE,
    cases: Annotated[
        int | None, typer.Option(help="Cases; the file's, or what the programme may reach in a year.")
    ] = None,
    horizon: Annotated[int | None, typer.Option(help="Years counted, 1 to 60; the file's, or 15.")] = None,
    split: Annotated[
        str, typer.Option(help="Who gains: simulated, brighter_futures or unit_cost_database.")
    ] = "simulated",
    seed: Annotated[int, typer.Option(help="Seed of the place and the draws.")] = 1,
    draws: Annotated[int, typer.Option(help="Draws for the chance of gain, 100 to 200000.")] = 10_000,
    settings: Settings = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
):
    """Appraise a programme by the standard cost-benefit calculation, by agency: fiscal, cashable, economic and social.

    Example: listsim appraise parenting --split unit_cost_database
    """
    from sim.api import appraise as judge

    result = judge(programme, place, settings_of(settings), cases, horizon, split, seed, draws)
    if json:
        print_json(result.to_dict())
    else:
        from sim.report.appraised import show

        show(result)

"""Commands about what trials found: trial, fit programmes."""

from typing import Annotated

import typer

from sim.cli.options import DEFAULT_PLACE, Commands, Json, NoProgress, Overwrite, Place, app
from sim.cli.shell import Progress, print_json, print_text
from sim.core import terminal

Seed = Annotated[int, typer.Option(help="Seed of who is referred, and of their luck.")]

fit = Commands(help="Solve what the model cannot be told from its sources.")
app.add_typer(fit, name="fit")


@app.command()
def trial(
    programme: Annotated[str, typer.Argument(help="A programme's id, or a TOML file of the same form.")],
    place: Place = DEFAULT_PLACE,
    seed: Seed = 1,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
):
    """Emulate a programme's trials: published beside emulated, both arms.

    The families it is meant for are drawn from the settled place, offered it or not, and followed with nothing else on.

    Example: listsim trial family_group_conference
    """
    from sim.arrangements.at_place import check_programme
    from sim.core.dials import defaults
    from sim.place.places import load_place
    from sim.programmes.catalogue import load_programme
    from sim.programmes.trials.emulation import Trials, place_of_trials
    from sim.programmes.trials.told import trials_told
    from sim.studies.arguments import check_numbers

    check_numbers(seed=seed)
    read, at = load_programme(programme), load_place(place)
    check_programme(read, at)
    said = trials_told(read, at, Trials(place_of_trials(at, defaults()), read, seed=seed).run())
    if json:
        print_json(said)
    else:
        from sim.report.trialled import show_trials

        show_trials(said)


@fit.command("programmes")
def fit_programmes(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Ids or TOML files; the whole catalogue by default.")
    ] = None,
    place: Place = DEFAULT_PLACE,
    seed: Seed = 1,
    out: Annotated[
        str | None,
        typer.Option(help="Folder for the programme files with what was solved; without it none is written."),
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
    no_progress: NoProgress = False,
):
    """Solve each effect that a trial fixes, so that the emulated contrast is the published one.

    Example: listsim fit programmes family_group_conference --out fitted
    """
    from sim.core.dials import defaults
    from sim.core.folders import reserve_folder
    from sim.place.places import load_place
    from sim.programmes.catalogue import load_programme, programme_names
    from sim.programmes.trials.emulation import place_of_trials
    from sim.programmes.trials.solving import solve
    from sim.programmes.trials.told import solved_told
    from sim.programmes.trials.writing import write_fits
    from sim.studies.arguments import check_numbers

    check_numbers(seed=seed)
    at, programmes = load_place(place), [load_programme(name) for name in dict.fromkeys(names or programme_names())]
    check_ids(programmes)

    def solve_all():
        solved, around = [], place_of_trials(at, defaults())
        with Progress("Solving", no_progress) as tell:
            for done, programme in enumerate(programmes, 1):
                solved += solve(around, programme, seed=seed)
                if tell:
                    tell(done, len(programmes))
        return solved

    if out is None:
        solved = solve_all()
    else:
        terminal.tidy_up_first()
        with reserve_folder(out, overwrite, [programme.file for programme in programmes]) as reserved:
            solved = solve_all()
            reserved.finish(lambda new: write_fits(programmes, solved, new))
    rows = [solved_told(item) for item in solved]
    if json:
        print_json(rows)
    else:
        from sim.report.trialled import show_fits

        show_fits(rows)
    if out is not None:
        print_text(out)


def check_ids(programmes):
    """Refuse two files of one name, which would be written into one."""
    from sim.core.faults import InputError

    ids = [programme.id for programme in programmes]
    for name in ids:
        if ids.count(name) > 1:
            raise InputError("fit programmes", name, "two programmes have this id", "give one, or rename its file")

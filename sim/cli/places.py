"""Commands that fit a place: fit-report, calibrate."""

from typing import Annotated

import typer

from sim.cli.options import DEFAULT_PLACE, NoProgress, Overwrite, Place, Replicates, Seed, app
from sim.cli.shell import Progress, print_text
from sim.core import terminal


@app.command("fit-report")
def fit_report(
    place: Place = DEFAULT_PLACE,
    out: Annotated[
        str | None,
        typer.Option(
            help="File to write; baseline_fit_PLACE.md by default, and docs/baseline_fit.md for the default place in a clone of listsim."
        ),
    ] = None,
    seed: Seed = 101,
    replicates: Replicates = 5,
    overwrite: Overwrite = False,
    no_progress: NoProgress = False,
):
    """Write how well a place meets its published figures: every target, with the gap in per cent.

    Example: listsim fit-report --place milltown --out milltown_fit.md
    """
    from sim import words as catalogue
    from sim.core.folders import FIT_REPORT_MARK, reserve_file
    from sim.place.places import load_place
    from sim.studies.arguments import check_numbers

    check_numbers(seed=seed, replicates=replicates)
    loaded = load_place(place)
    name = catalogue.fit_report_name(loaded, DEFAULT_PLACE) if out is None else out
    with reserve_file(name, FIT_REPORT_MARK, overwrite, loaded.files) as reserved:
        with Progress("Simulating the baseline", no_progress) as tell:
            text = catalogue.fit_report(loaded, seed, replicates, tell)
        reserved.finish(lambda new: new.write_text(text, encoding="utf-8"))
    print_text(name)


@app.command()
def calibrate(
    place: Annotated[str, typer.Argument(help="A place's id or folder.")],
    out: Annotated[str, typer.Option(help="Folder for the fitted place.")],
    rounds: Annotated[int, typer.Option(help="Rounds of fitting, 2 to 200.")] = 24,
    seed: Seed = 1,
    overwrite: Overwrite = False,
    no_progress: NoProgress = False,
):
    """Fit a place to the figures of its targets.csv and write the fitted place.

    Example: listsim calibrate my_place --out my_place_fitted
    """
    from sim.core.folders import reserve_folder
    from sim.place.fitting import fit_place, write_fit
    from sim.place.places import load_place
    from sim.studies.arguments import check_numbers

    check_numbers(seed=seed, rounds=rounds)
    loaded = load_place(place)
    terminal.tidy_up_first()
    with reserve_folder(out, overwrite, loaded.files) as reserved:
        with Progress("Fitting", no_progress) as tell:
            fitted = fit_place(loaded, rounds, seed, progress=tell)
        reserved.finish(lambda new: write_fit(fitted, new))
    print_text(out)

"""Commands that run many settings: sweep, and the template of a study file."""

from typing import Annotated

import typer

from sim.cli.options import HEADLINE, Overwrite, Quiet, SweepOptions, app, with_options
from sim.cli.shell import Progress, print_text, say, settings_of, workers_of
from sim.core import terminal


@app.command()
@with_options(SweepOptions)
def sweep(
    file: Annotated[str | None, typer.Argument(help="A study file; what is given beside it goes first.")] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=A,B,C", help="Values of a parameter, of place or of future; may be repeated."),
    ] = None,
    arrangements: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="Ids or files, or all; the headline ones by default.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="MEASURE=WIDTH", help="Add seeds until the paired interval is so wide to either side."),
    ] = None,
    *,
    options,
):
    """Run arrangements at many points of settings; finished work is kept, and the same command with --out goes on.

    Example: listsim sweep --grid services.threshold_drift=0,0.25,0.5 --place milltown --out results/drift
    """
    from sim.studies import executors as pool

    check_asked(file, grid, until, options)
    workers = workers_of(options.workers, options.cluster)
    if options.cluster is None and workers > 1:
        pool.warm_up()
    from sim.studies.sweep import load_sweep

    wanted = load_sweep(
        file,
        grid=grid_of(grid),
        arrangements=(None if file else HEADLINE) if arrangements is None else arrangements.split(","),
        place=options.place,
        seed=options.seed,
        replicates=options.replicates,
        until=until_of(until),
        families=options.families,
        years=options.years,
        future=options.future,
        programmes=options.programmes or None,
        settings=settings_of(options.settings) or None,
    )
    for note in wanted.notes if not options.quiet else ():
        say(note, 0)
    carry_out(wanted, workers, options)


@app.command()
def merge(
    folders: Annotated[list[str], typer.Argument(help="Folders that hold shards of one sweep.")],
    out: Annotated[str, typer.Option(help="Folder for all of it: a new one, or one of the same sweep.")],
    overwrite: Overwrite = False,
    quiet: Quiet = False,
):
    """Join the folders of a sweep's shards into one; they stay as they are.

    Example: listsim merge shard1 shard2 --out whole
    """
    from sim.studies.shards import merged

    terminal.tidy_up_first()
    with merged(folders, out, overwrite) as (folder, study, outcome):
        tell_of(outcome, folder, study, quiet)


@app.command()
def new(
    kind: Annotated[str, typer.Argument(help="What to write a template of: study or programme.")],
    file: Annotated[str, typer.Argument(help="The file to write; one that is there is not replaced.")],
):
    """Write a commented template to fill in.

    Example: listsim new study my_study.toml
    """
    from sim.studies.templates import write_template

    write_template(kind, file)
    print_text(file)


def check_asked(file, grid, until, options):
    """Refuse a sweep of nothing, and to retry where nothing was tried."""
    from sim.core.faults import InputError

    if file is None and not grid and until is None:
        raise InputError("sweep", "", "nothing varies", "give a study file, or --grid KEY=A,B,C")
    if not options.retry:
        return
    from sim.results.swept import is_sweep

    if options.out is None:
        raise InputError("--retry", "", "goes on with a sweep's folder, and none is given", "give it with --out")
    if not is_sweep(options.out):
        raise InputError("--retry", options.out, "is not the folder of a sweep", "give one with --out")


def grid_of(pairs):
    """``KEY=A,B,C`` options as a mapping of lists."""
    from sim.core.faults import InputError

    grid = {}
    for pair in pairs or []:
        key, sign, values = (part.strip() for part in pair.partition("="))
        if not (sign and key and values):
            raise InputError(
                "--grid", pair, "is not KEY=A,B,C", "write for example services.threshold_drift=0,0.25,0.5"
            )
        if key in grid:
            raise InputError("--grid", key, "is given twice", "give all its values at once")
        grid[key] = [value.strip() for value in values.split(",")]
    return grid or None


def until_of(text):
    """``MEASURE=WIDTH`` as a mapping."""
    from sim.core.faults import InputError

    if text is None:
        return None
    measure, sign, width = (part.strip() for part in text.partition("="))
    if not (sign and measure and width):
        raise InputError("--until", text, "is not MEASURE=WIDTH", "write for example cash_released=500000")
    return {"measure": measure, "half_width": width}


def carry_out(sweep, workers, asked):
    """Run a sweep in its folder, join its tables, and say what came of it: the body of sweep, asked by SweepOptions."""
    from contextlib import nullcontext

    from sim.studies import until
    from sim.studies.cluster import connected
    from sim.studies.shards import read_shard
    from sim.studies.sweep_folder import open_sweep

    shard = None if asked.shard is None else read_shard(asked.shard)
    terminal.tidy_up_first()
    others = nullcontext() if asked.cluster is None else connected(asked.cluster)
    with others as executor, open_sweep(sweep, asked.out, asked.overwrite, shard) as folder:
        again = "the same command" if asked.out else f"the same command with --out {folder}"
        terminal.going_on(f"what is done is kept in {folder}; {again} goes on from there")
        how = {"executor": executor, "workers": workers or executor.width, "retry": asked.retry, "shard": shard}
        with Progress("Simulating", asked.quiet or asked.no_progress, how["workers"]) as tell:
            outcome = until.carry_out(sweep, folder, progress=tell, **how)
        tell_of(outcome, folder, sweep.describe(), asked.quiet, asked.json, not asked.no_report)


def tell_of(outcome, folder, study, quiet, json=False, report=True):
    """Join the tables of a sweep that has been done, draw its page, and say what came of it; code 3 where tasks failed."""
    from sim.core.text import printable
    from sim.results.joined import join, read_csv

    if outcome.left:
        total = outcome.done + outcome.failed + outcome.left
        say(f"{folder}: {outcome.left:,} of {_counted(total, 'task')} are left", 0)
    else:
        join(folder, study)
        if report and outcome.done:
            from sim.report.swept import draw_swept

            draw_swept(folder)
        if json:
            print(read_csv(folder / "summary.csv").to_json(orient="records"))
        elif not quiet:
            where = f"{folder}/report.html" if report and outcome.done else folder
            print_text(f"{_counted(len(study['points']), 'point')}, {_counted(outcome.done, 'task')} done: {where}")
    if outcome.failed:
        first = outcome.failures[0]
        which = f"point {first['point']}, seed {first['seed']}: {first['error']}: {first['message']}"
        told = "--retry runs them again" if outcome.left else f"see {folder}/failures.csv; --retry runs them again"
        say(f"{_counted(outcome.failed, 'task')} failed ({printable(which, 200)}); {told}", 3)
        raise typer.Exit(3)


def _counted(number, name):
    return f"{number:,} {name}{'' if number == 1 else 's'}"

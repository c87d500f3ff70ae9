"""Commands that run many settings: sweep, and the template of a study file."""

from typing import Annotated

import typer

from sim.cli.options import HEADLINE, Families, NoProgress, Out, Overwrite, Quiet, Settings, Workers, app
from sim.cli.shell import Progress, print_text, say, settings_of
from sim.core import terminal


@app.command()
def sweep(
    file: Annotated[str | None, typer.Argument(help="A study file; what is given beside it goes first.")] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=A,B,C", help="Values of a parameter, of place or of future; may be repeated."),
    ] = None,
    arrangements: Annotated[
        str | None,
        typer.Option(metavar="A,B,C", help="Arrangements: ids or files, or all; the headline ones by default."),
    ] = None,
    place: Annotated[str | None, typer.Option(help="A place's id, or a folder of the same form.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the first replicate; the others follow.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Seeds at each point; the first ones with --until.")] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="MEASURE=WIDTH", help="Add seeds until the paired interval is this wide to either side."),
    ] = None,
    families: Families = None,
    years: Annotated[int | None, typer.Option(help="Financial years simulated.")] = None,
    future: Annotated[str | None, typer.Option(help="A named future, or a file of the same form.")] = None,
    settings: Settings = None,
    out: Out = None,
    overwrite: Overwrite = False,
    workers: Workers = None,
    retry: Annotated[bool, typer.Option("--retry", help="Run again what failed before, and nothing else.")] = False,
    shard: Annotated[str | None, typer.Option(metavar="I/N", help="Run the I-th of N parts, from 1.")] = None,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
):
    """Run arrangements at many points of settings; finished work is kept, and the same command with --out goes on.

    Example: listsim sweep --grid services.threshold_drift=0,0.25,0.5 --place milltown --out results/drift
    """
    from sim.studies import executors as pool

    workers = workers_of(workers)
    if workers > 1:
        pool.warm_up()
    from sim.studies.sweep import load_sweep

    wanted = load_sweep(
        file,
        grid=grid_of(grid),
        arrangements=arrangements.split(",") if arrangements else None if file else list(HEADLINE),
        place=place,
        seed=seed,
        replicates=replicates,
        until=until_of(until),
        families=families,
        years=years,
        future=future,
        settings=settings_of(settings) or None,
    )
    carry_out(wanted, out, overwrite, workers, retry, shard, quiet, no_progress)


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


def workers_of(workers):
    """The number of processes: as given and checked, or the processors there are."""
    import os

    from sim.studies.arguments import check_numbers

    workers = min(os.cpu_count() or 1, 256) if workers is None else workers
    check_numbers(workers=workers)
    return workers


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


def carry_out(sweep, out, overwrite, workers, retry, shard, quiet, no_progress):
    """Run a sweep in its folder, join its tables, and say what came of it: the body of sweep."""
    from sim.studies import until
    from sim.studies.shards import read_shard
    from sim.studies.sweep_folder import open_sweep

    shard = read_shard(shard) if shard else None
    terminal.tidy_up_first()
    with open_sweep(sweep, out, overwrite, shard) as folder:
        again = "the same command" if out else f"the same command with --out {folder}"
        terminal.going_on(f"what is done is kept in {folder}; {again} goes on from there")
        with Progress("Simulating", quiet or no_progress, workers) as tell:
            outcome = until.carry_out(sweep, folder, workers=workers, progress=tell, retry=retry, shard=shard)
        tell_of(outcome, folder, sweep.describe(), quiet)


def tell_of(outcome, folder, study, quiet):
    """Join the tables of a sweep that has been done, and say what came of it; exit code 3 where tasks failed."""
    from sim.core.text import printable
    from sim.results.joined import join

    if outcome.left:
        say(f"{folder}: {outcome.left:,} of {outcome.done + outcome.failed + outcome.left:,} tasks are left", 0)
    else:
        join(folder, study)
        if not quiet:
            print_text(f"{len(study['points']):,} points, {outcome.done:,} tasks done: {folder}")
    if outcome.failed:
        first = outcome.failures[0]
        which = f"point {first['point']}, seed {first['seed']}: {first['error']}: {first['message']}"
        say(f"{outcome.failed:,} tasks failed ({printable(which, 200)}); see {folder}/failures.csv, and --retry", 3)
        raise typer.Exit(3)

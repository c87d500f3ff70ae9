"""Commands that run many settings: sweep, and the template of a study file."""

from typing import Annotated

import typer

from sim.cli.options import HEADLINE, Families, NoProgress, Out, Overwrite, Quiet, Settings, Workers, app
from sim.cli.shell import settings_of


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

"""Commands that run, show and run again: demo, compare, run, report, reproduce."""

import sys
from typing import Annotated

import typer

from sim.cli.options import (
    DEFAULT_PLACE,
    HEADLINE,
    Families,
    Future,
    Json,
    NoProgress,
    Out,
    Overwrite,
    Place,
    Quiet,
    Replicates,
    Seed,
    Settings,
    Workers,
    Years,
    app,
)
from sim.cli.shell import Progress, print_text, say, settings_of
from sim.core import terminal


@app.command()
def demo(
    place: Place = DEFAULT_PLACE,
    seed: Seed = 1,
    replicates: Replicates = 10,
    families: Families = None,
    years: Years = 15,
    future: Future = None,
    settings: Settings = None,
    out: Out = None,
    overwrite: Overwrite = False,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
):
    """Compare the headline arrangements on the default place: table on screen, full report on disk.

    Example: listsim demo --out results/first
    """
    run_and_show(
        "demo",
        HEADLINE,
        place,
        seed,
        replicates,
        families,
        years,
        future,
        settings,
        out,
        overwrite,
        workers,
        json,
        quiet,
        no_progress,
    )


@app.command()
def compare(
    arrangements: Annotated[
        list[str] | None, typer.Argument(help="Arrangements: ids or files, or all; the headline ones by default.")
    ] = None,
    place: Place = DEFAULT_PLACE,
    seed: Seed = 1,
    replicates: Replicates = 10,
    families: Families = None,
    years: Years = 15,
    future: Future = None,
    settings: Settings = None,
    out: Out = None,
    overwrite: Overwrite = False,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
):
    """Compare arrangements on a place with settings of your own.

    Example: listsim compare silo list_public --place milltown --set services.threshold_drift=0
    """
    chosen = arrangements or HEADLINE
    run_and_show(
        "compare",
        chosen,
        place,
        seed,
        replicates,
        families,
        years,
        future,
        settings,
        out,
        overwrite,
        workers,
        json,
        quiet,
        no_progress,
    )


@app.command()
def run(
    arrangement: Annotated[str, typer.Argument(help="An arrangement's id or file.")],
    place: Place = DEFAULT_PLACE,
    seed: Seed = 1,
    replicates: Replicates = 1,
    families: Families = None,
    years: Years = 15,
    future: Future = None,
    settings: Settings = None,
    out: Out = None,
    overwrite: Overwrite = False,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
):
    """Run one arrangement with its do-nothing twin.

    Example: listsim run list_public --set list.payment_basis=cashed
    """
    run_and_show(
        "run",
        [arrangement],
        place,
        seed,
        replicates,
        families,
        years,
        future,
        settings,
        out,
        overwrite,
        workers,
        json,
        quiet,
        no_progress,
    )


@app.command()
def report(folder: Annotated[str, typer.Argument(help="Folder of a finished run.")]):
    """Rebuild the report of a finished run.

    Example: listsim report results/demo-001
    """
    from sim.api import redraw

    redraw(folder)
    print_text(f"{folder}/report.html")


@app.command()
def reproduce(
    folder: Annotated[str, typer.Argument(help="Folder of a result.")],
    out: Annotated[str | None, typer.Option(help="Folder to keep the rerun in; not kept by default.")] = None,
    overwrite: Overwrite = False,
    workers: Workers = None,
    no_progress: NoProgress = False,
):
    """Run a result again from its manifest alone; exit code 0 if its tables come out the same to the byte, else 3.

    Example: listsim reproduce results/demo-001
    """
    import os
    from contextlib import nullcontext

    from sim import rerun
    from sim.core.folders import reserve_folder

    if out:
        rerun.check_apart(folder, out)
    terminal.tidy_up_first()
    with reserve_folder(out, overwrite) if out else nullcontext() as reserved:
        with Progress("Simulating", no_progress) as tell:
            done = rerun.reproduce(folder, workers or os.cpu_count() or 1, tell)
        if out:
            reserved.finish(lambda new: done.comparison.write_into(new, sys.argv[1:]))
    print("\n".join(done.statement()))
    raise typer.Exit(0 if done.agrees else 3)


def run_and_show(
    command,
    arrangements,
    place,
    seed,
    replicates,
    families,
    years,
    future,
    settings,
    out,
    overwrite,
    workers,
    json,
    quiet,
    no_progress,
):
    """Read, run, write, show: the body of demo, compare and run."""
    import os

    from sim.studies import executors as pool
    from sim.studies.arguments import check_numbers

    workers = min(os.cpu_count() or 1, 256) if workers is None else workers
    check_numbers(seed=seed, replicates=replicates, workers=workers)
    workers = min(workers, replicates)
    if workers > 1:
        pool.warm_up()
    from sim.core.folders import reserve_folder, reserve_next
    from sim.studies.run import carry_out
    from sim.studies.study import load_study

    study = load_study(arrangements, place, settings_of(settings), seed, replicates, years, families, future=future)
    terminal.tidy_up_first()
    with reserve_next(command) if out is None else reserve_folder(out, overwrite, study.request.texts) as reserved:
        with Progress("Simulating", quiet or no_progress) as tell:
            tasks = carry_out(study, workers, tell)
        from sim.api import Comparison

        done = Comparison(study, tasks)
        reserved.finish(lambda new: done.write_into(new, sys.argv[1:]))
    if json:
        print(done.summary.to_json(orient="records"))
    elif not quiet:
        from sim.report.screen import show

        show(done.summary, study, done.replicates)
        for note in done.notes:
            say(note, 0)
        print()
        print_text(f"Report: {reserved.path}/report.html")
    failed = [item for item in tasks if item.failure]
    if failed:
        many = (
            f"{len(failed)} of {replicates} replicates failed (seed {failed[0].seed}: {failed[0].failure.in_brief()})"
        )
        say(f"{many}; see {reserved.path}/failures.csv", 3)
        raise typer.Exit(3)

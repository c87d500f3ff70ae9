"""Commands that run, show and run again: demo, compare, run, report, reproduce."""

import gc
import sys
from contextlib import nullcontext
from typing import Annotated

import typer

from sim.cli.options import (
    HEADLINE,
    ONE_HORIZON,
    CompareOptions,
    NoProgress,
    Overwrite,
    RunOptions,
    Workers,
    app,
    with_options,
)
from sim.cli.shell import Progress, print_text, say, settings_of, workers_of
from sim.core import terminal


@app.command()
@with_options(CompareOptions, replicates=4)  # as many as a minute has room for, six arrangements each
def demo(options):
    """Compare the headline arrangements on the default place, as they are and at one horizon: tables on screen, full report on disk.

    Example: listsim demo --out results/first
    """
    every, tables = list(dict.fromkeys([*HEADLINE, *ONE_HORIZON])), (HEADLINE, ONE_HORIZON)
    run_and_show("demo", every, options, [options.than] if options.than else [first for first, *_ in tables], tables)


@app.command()
@with_options(CompareOptions)
def compare(
    arrangements: Annotated[
        list[str] | None, typer.Argument(help="Arrangements: ids or files, or all; the headline ones by default.")
    ] = None,
    *,
    options,
):
    """Compare arrangements on a place with settings of your own.

    Example: listsim compare silo list_public --place milltown --set services.threshold_drift=0
    """
    run_and_show("compare", arrangements or HEADLINE, options, options.than)


@app.command()
@with_options(RunOptions, replicates=1)
def run(arrangement: Annotated[str, typer.Argument(help="An arrangement's id or file.")], options):
    """Run one arrangement with its do-nothing twin.

    Example: listsim run list_public --set list.payment_basis=cashed
    """
    run_and_show("run", [arrangement], options)


@app.command()
def report(folder: Annotated[str, typer.Argument(help="Folder of a finished run or sweep.")]):
    """Rebuild the report of a finished run or sweep.

    Example: listsim report results/demo-001
    """
    from sim.rerun import redraw

    for note in redraw(folder):
        say(note, 0)
    print_text(f"{folder}/report.html")


@app.command()
def reproduce(
    folder: Annotated[str, typer.Argument(help="Folder of a result of demo, compare or run.")],
    out: Annotated[str | None, typer.Option(help="Folder to keep the rerun in; not kept by default.")] = None,
    overwrite: Overwrite = False,
    workers: Workers = None,
    no_progress: NoProgress = False,
):
    """Run a result again from its manifest alone; exit code 0 if its tables come out the same to the byte, else 3.

    Example: listsim reproduce results/demo-001
    """
    from sim import rerun
    from sim.core.folders import reserve_folder

    if out:
        rerun.check_apart(folder, out)
    terminal.tidy_up_first()
    with reserve_folder(out, overwrite) if out else nullcontext() as reserved:
        with Progress("Simulating", no_progress) as tell:
            done = rerun.reproduce(folder, workers_of(workers), tell)
        if out:
            reserved.finish(lambda new: done.comparison.write_into(new, sys.argv[1:]))
    print("\n".join(done.statement()))
    raise typer.Exit(0 if done.agrees else 3)


def run_and_show(command, arrangements, asked, than=None, tables=()):
    """Read, run, write, show: the body of demo, compare and run, asked by RunOptions; compared with some, shown in one table or in some."""
    from sim.studies import executors as pool
    from sim.studies.arguments import check_numbers

    check_numbers(seed=asked.seed, replicates=asked.replicates)
    workers = min(workers_of(asked.workers), asked.replicates)
    if workers > 1:
        pool.warm_up()
    else:
        import sim.system  # first, as Mesa looks through all that is loaded
    from sim.api import Comparison
    from sim.core.folders import reserve_folder, reserve_next
    from sim.results.differences import bases
    from sim.studies.run import carry_out
    from sim.studies.study import load_study
    from sim.studies.uncertainty import with_uncertainty

    study = load_study(
        arrangements,
        asked.place,
        settings_of(asked.settings),
        asked.seed,
        asked.replicates,
        asked.years,
        asked.families,
        future=asked.future,
        programmes=asked.programmes,
    )
    if not asked.no_report:
        import sim.report.drawn  # noqa: F401 - now, while workers import the model

    study = with_uncertainty(study, getattr(asked, "uncertainty", "trials"))
    than = bases(than, [item.id for item in study.arrangements])
    terminal.tidy_up_first()
    texts = study.request.texts
    with (
        reserve_next(command) if asked.out is None else reserve_folder(asked.out, asked.overwrite, texts) as reserved,
        pool.workers(workers) if workers > 1 else nullcontext() as executor,
    ):
        with Progress("Simulating", asked.quiet or asked.no_progress) as tell:
            tasks = carry_out(study, workers, tell, executor=executor)
        if executor and not asked.no_report:
            for _ in range(2):  # who draws the heat map and who makes the workbook import what it takes meanwhile
                executor.submit(pool.bring, "sim.report.drawn")
        gc.freeze()  # what came of it stays, and is too much to be looked through for rings of references
        done = Comparison.of(study, tasks, than)
        reserved.finish(lambda new: done.write_into(new, sys.argv[1:], not asked.no_report, executor or pool.HERE))
    _tell(done, asked, tables, reserved.path)


def _tell(done, asked, tables, path):
    """Show a comparison that stands in a folder, as was asked; exit code 3 where some of its replicates failed."""
    if asked.json:
        print(done.summary.to_json(orient="records"))
    elif not asked.quiet:
        from sim.report.screen import show

        show(done, tables)
        for note in done.notes:
            say(note, 0)
        print()
        print_text(f"Tables: {path}" if asked.no_report else f"Report: {path}/report.html")
    if failed := [item for item in done.done if item.failure]:
        first = failed[0]
        many = f"{len(failed)} of {asked.replicates} replicates failed (seed {first.seed}: {first.failure.in_brief()})"
        say(f"{many}; see {path}/failures.csv", 3)
        raise typer.Exit(3)

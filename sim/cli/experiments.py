"""The command for experiments: list them, run one, compare it with its reference, publish its page."""

from typing import Annotated

import typer

from sim.cli.options import Families, NoProgress, Out, Quiet, Settings, Workers, app
from sim.cli.shell import Progress, print_text, say, settings_of, workers_of
from sim.core import terminal


@app.command()
def experiment(
    name: Annotated[str | None, typer.Argument(help="Which one; without it, all are listed.")] = None,
    place: Annotated[str | None, typer.Option(help="A place's id, or a folder of the same form.")] = None,
    families: Families = None,
    replicates: Annotated[int | None, typer.Option(help="Seeds at each point.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the first replicate; the others follow.")] = None,
    years: Annotated[int | None, typer.Option(help="Financial years simulated.")] = None,
    settings: Settings = None,
    out: Out = None,
    workers: Workers = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the figures of its reference; exit code 3 if any moved.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Write its page of docs/, or with --check its reference; in a clone only.")
    ] = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
):
    """Run an experiment: tables, figures and a page in a folder; finished work is kept, and the same command goes on.

    Example: listsim experiment headline_milltown --check
    """
    from sim.experiments.reading import experiment_names, load_experiment

    if name is None:
        for found in experiment_names():
            print_text(f"{found:20} {load_experiment(found).in_words}")
        return
    chosen = load_experiment(name)
    given = {"place": place, "families": families, "replicates": replicates, "seed": seed, "years": years}
    given = {key: value for key, value in given.items() if value is not None}
    carry_out(chosen, given, settings_of(settings), out, workers, check, publish, quiet, no_progress)


def carry_out(chosen, given, settings, out, workers, check, publish, quiet, no_progress):
    """Run an experiment in its folder, then compare it with its reference, or write its page."""
    from sim.studies import executors as pool

    workers = workers_of(workers)
    if workers > 1:
        pool.warm_up()
    from sim.experiments import checking, folder, running

    varied = [f"--{key} {value}" for key, value in given.items()]
    varied += [f"--set {key}={value}" for key, value in settings.items()]
    if publish:
        checking.check_publishable(chosen, varied)
    sweeps = running.sweeps_of(chosen, check, settings, **given)
    terminal.tidy_up_first()
    with folder.open_folder(chosen, out, keep=out is not None or not check) as place:
        if out is not None or not check:
            terminal.going_on(f"finished work is kept in {place}; give the same command with --out {place} to go on")
        with Progress("Simulating", quiet or no_progress, workers) as tell:
            found, failures = running.carry_out(chosen, sweeps, place, workers, tell)
        if failures:
            first = failures[0]
            many = f"{len(failures)} runs failed (point {first['point']}, seed {first['seed']}: {first['error']}: {first['message']})"
            say(f"{many}; the same command with --out {place} tries them again", 3)
            raise typer.Exit(3)
        table = checking.write_figures(chosen, found, place)
        if check:
            raise typer.Exit(compare(chosen, table, publish, quiet))
        write(chosen, sweeps, found, place, varied, publish, quiet)


def write(chosen, sweeps, found, place, varied, publish, quiet):
    """Write the page of a run, and publish it if asked."""
    from sim.experiments import pages

    path = pages.write_page(chosen, sweeps, found, place, varied)
    written = pages.publish(chosen, place) if publish else []
    if not quiet:
        for name in (f"{place}/{chosen.name}.csv", path, *written):
            print_text(name)


def compare(chosen, table, publish, quiet):
    """Say how figures compare with those of the reference, and let them be the reference if asked: the exit code."""
    from sim.experiments import checking

    lines, code = [], 0
    if chosen.reference.is_file():
        verdict = checking.compared(chosen, table)
        lines, code = verdict.lines, 3 if len(verdict.moved) else 0
    if publish:
        lines, code = [*lines, *checking.write_reference(chosen, table)], 0
    for line in [] if quiet else lines:
        print_text(line)
    return code

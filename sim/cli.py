"""The command line: thin; everything heavy is imported by the command that needs it."""

import sys
from typing import Annotated

import typer

from sim.core import terminal

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True,
                  help="Where the savings of early intervention go: funding arrangements compared on a real city.")  # fmt: skip

HEADLINE = ("silo", "pooled_s75", "list_public")
DEFAULT_PLACE = "birmingham_2010"

Place = Annotated[str, typer.Option(help="A place's id, or a folder of the same form.")]
Seed = Annotated[int, typer.Option(help="Seed of the first replicate, 0 to 2^63 - 1; the others follow.")]
Replicates = Annotated[int, typer.Option(help="Runs of each arrangement, 1 to 10000, each with a seed of its own.")]
Families = Annotated[int | None, typer.Option(help="Scale the place to this many families.")]
Years = Annotated[int, typer.Option(help="Financial years simulated.")]
Future = Annotated[
    str | None, typer.Option(help="A named future, or a file of the same form: budgets and need by year.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a parameter by its dotted name; may be repeated."),
]
Out = Annotated[str | None, typer.Option(help="Folder for the results; the next free results/COMMAND-NNN by default.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what listsim wrote there before; never anything else.")
]
Workers = Annotated[
    int | None, typer.Option(help="Processes, 1 to 256; all processors by default. Results do not depend on it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="No progress bar.")]


@app.command()
def demo(place: Place = DEFAULT_PLACE, seed: Seed = 1, replicates: Replicates = 10, families: Families = None, years: Years = 15,
         future: Future = None, settings: Settings = None, out: Out = None, overwrite: Overwrite = False, workers: Workers = None, json: Json = False,
         quiet: Quiet = False, no_progress: NoProgress = False):  # fmt: skip
    """Compare the headline arrangements on the default place: table on screen, full report on disk.

    Example: listsim demo --out results/first
    """
    _compare(
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
def compare(arrangements: Annotated[list[str] | None, typer.Argument(help="Arrangements: ids or files, or all; the headline ones by default.")] = None,
            place: Place = DEFAULT_PLACE, seed: Seed = 1, replicates: Replicates = 10, families: Families = None, years: Years = 15,
            future: Future = None, settings: Settings = None, out: Out = None, overwrite: Overwrite = False, workers: Workers = None, json: Json = False,
            quiet: Quiet = False, no_progress: NoProgress = False):  # fmt: skip
    """Compare arrangements on a place with settings of your own.

    Example: listsim compare silo list_public --place milltown --set services.threshold_drift=0
    """
    chosen = arrangements or HEADLINE
    _compare(
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
def run(arrangement: Annotated[str, typer.Argument(help="An arrangement's id or file.")], place: Place = DEFAULT_PLACE, seed: Seed = 1,
        replicates: Replicates = 1, families: Families = None, years: Years = 15, future: Future = None, settings: Settings = None, out: Out = None,
        overwrite: Overwrite = False, workers: Workers = None, json: Json = False, quiet: Quiet = False, no_progress: NoProgress = False):  # fmt: skip
    """Run one arrangement with its do-nothing twin.

    Example: listsim run list_public --set list.payment_basis=cashed
    """
    _compare(
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
    _tell(f"{folder}/report.html")


@app.command()
def reproduce(folder: Annotated[str, typer.Argument(help="Folder of a result.")],
              out: Annotated[str | None, typer.Option(help="Folder to keep the rerun in; not kept by default.")] = None,
              overwrite: Overwrite = False, workers: Workers = None, no_progress: NoProgress = False):  # fmt: skip
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
        with _Progress("Simulating", no_progress) as tell:
            done = rerun.reproduce(folder, workers or os.cpu_count() or 1, tell)
        if out:
            reserved.finish(lambda new: done.comparison.write_into(new, sys.argv[1:]))
    print("\n".join(done.statement()))
    raise typer.Exit(0 if done.agrees else 3)


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
    _tell(
        f"docs/odd.md: {', '.join(stale)}: {said}" if stale else "docs/odd.md: every table is as the code declares it"
    )
    raise typer.Exit(1 if stale and check else 0)


@app.command("list")
def list_(kind: Annotated[str, typer.Argument(help="arrangements, programmes, places, futures, parameters or measures.")],
          place: Place = DEFAULT_PLACE):  # fmt: skip
    """List what there is.

    Example: listsim list arrangements
    """
    from sim.words import listed

    for name, text in listed(kind, place):
        _tell(f"{name:42} {text}")


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
        _tell(f"{label:10} {text}")


@app.command()
def check(path: Annotated[str, typer.Argument(help="An arrangement, programme, benefit or future file, or a place's folder.")],
          place: Place = DEFAULT_PLACE):  # fmt: skip
    """Check an arrangement, a programme, a benefit profile, a future or a place.

    What a file names must be there at the place it is checked against.

    Example: listsim check my_arrangement.toml --place milltown
    """
    from sim.core.faults import SHOWN_FAULTS, InputError
    from sim.words import checked

    try:
        _tell(checked(path, place))
    except InputError as error:
        if len(error.faults) > SHOWN_FAULTS:
            print("\n".join(error.faults))
        raise


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
        from json import dumps

        print(dumps(result, indent=2))
    else:
        print("\n".join(statement(result)))


@app.command()
def appraise(programme: Annotated[str, typer.Argument(help="A programme's id, or a TOML file: a programme or a benefit profile.")],
             place: Place = DEFAULT_PLACE,
             cases: Annotated[int | None, typer.Option(help="Cases; the file's, or what the programme may reach in a year.")] = None,
             horizon: Annotated[int | None, typer.Option(help="Years counted, 1 to 60; the file's, or 15.")] = None,
             split: Annotated[str, typer.Option(help="Who gains: simulated, brighter_futures or unit_cost_database.")] = "simulated",
             seed: Annotated[int, typer.Option(help="Seed of the place and the draws.")] = 1,
             draws: Annotated[int, typer.Option(help="Draws for the chance of gain, 100 to 200000.")] = 10_000,
             settings: Settings = None, json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False):  # fmt: skip
    """Appraise a programme by the standard cost-benefit calculation, by agency: fiscal, cashable, economic and social.

    Example: listsim appraise parenting --split unit_cost_database
    """
    from sim.api import appraise as judge

    result = judge(programme, place, _settings(settings), cases, horizon, split, seed, draws)
    if json:
        from json import dumps

        print(dumps(result.to_dict(), indent=2, allow_nan=False))
    else:
        from sim.report.appraised import show

        show(result)


@app.command("fit-report")
def fit_report(place: Place = DEFAULT_PLACE,
               out: Annotated[str | None, typer.Option(help="File to write; baseline_fit_PLACE.md by default, and docs/baseline_fit.md for the default place in a clone of listsim.")] = None,
               seed: Seed = 101, replicates: Replicates = 5, overwrite: Overwrite = False, no_progress: NoProgress = False):  # fmt: skip
    """Write how well a place meets its published figures: every target, with the gap in per cent.

    Example: listsim fit-report --place milltown --out milltown_fit.md
    """
    from sim import words as catalogue
    from sim.core.folders import reserve_file
    from sim.place.places import load_place
    from sim.studies.arguments import check_numbers

    check_numbers(seed=seed, replicates=replicates)
    loaded = load_place(place)
    name = catalogue.fit_report_name(loaded, DEFAULT_PLACE) if out is None else out
    with reserve_file(name, overwrite, loaded.files) as reserved:
        with _Progress("Simulating the baseline", no_progress) as tell:
            text = catalogue.fit_report(loaded, seed, replicates, tell)
        reserved.finish(lambda new: new.write_text(text, encoding="utf-8"))
    _tell(name)


@app.command()
def calibrate(place: Annotated[str, typer.Argument(help="A place's id or folder.")], out: Annotated[str, typer.Option(help="Folder for the fitted place.")],
              rounds: Annotated[int, typer.Option(help="Rounds of fitting, 2 to 200.")] = 24, seed: Seed = 1,
              overwrite: Overwrite = False, no_progress: NoProgress = False):  # fmt: skip
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
        with _Progress("Fitting", no_progress) as tell:
            fitted = fit_place(loaded, rounds, seed, progress=tell)
        reserved.finish(lambda new: write_fit(fitted, new))
    _tell(out)


def _compare(
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

    study = load_study(arrangements, place, _settings(settings), seed, replicates, years, families, future=future)
    terminal.tidy_up_first()
    with reserve_next(command) if out is None else reserve_folder(out, overwrite, study.request.texts) as reserved:
        with _Progress("Simulating", quiet or no_progress) as tell:
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
            _say(note, 0)
        print()
        _tell(f"Report: {reserved.path}/report.html")
    failed = [item for item in tasks if item.failure]
    if failed:
        many = (
            f"{len(failed)} of {replicates} replicates failed (seed {failed[0].seed}: {failed[0].failure.in_brief()})"
        )
        _say(f"{many}; see {reserved.path}/failures.csv", 3)
        raise typer.Exit(3)


def _settings(pairs):
    """``KEY=VALUE`` options as a mapping."""
    from sim.core.faults import InputError

    settings = {}
    for pair in pairs or []:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise InputError("--set", pair, "is not KEY=VALUE", "write for example services.threshold_drift=0")
        key, value = key.strip(), value.strip()
        if not value:
            raise InputError("--set", key, "has no value", f"write {key}=VALUE")
        if key in settings:
            raise InputError("--set", key, "is given twice", "give it once")
        settings[key] = value
    return settings


class _Progress:
    """A bar with the time left on stderr, told by calls of (done, total)."""

    def __init__(self, label, off):
        self.label, self.off = label, off

    def __enter__(self):
        if self.off:
            return None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        terminal.tidy_up_first()
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.bar.start()
        task = self.bar.add_task(self.label, total=None)
        return lambda done, total: self.bar.update(task, completed=done, total=total)

    def __exit__(self, *error):
        if not self.off:
            self.bar.stop()


def main():
    """Run one command: exit code 0 done, 2 wrong input (one line), 130 and the like interrupted, 1 our fault."""
    from sim.core.faults import LONGEST_QUOTE, InputError
    from sim.core.text import printable
    from sim.studies.done import StudyError
    from sim.studies.executors import WorkerError

    try:
        code = app(standalone_mode=False)
    except InputError as error:
        code = _say(str(error), 2)
    except typer.TyperException as error:
        code = _say(printable(error.format_message(), LONGEST_QUOTE) + " See listsim --help.", 2)
    except StudyError as error:
        print(error.first.failure.traceback, file=sys.stderr)
        code = _say(str(error), 1)
    except WorkerError as error:
        code = _say(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except Exception:
        if not terminal.received:  # else an interrupt that somebody's code made into another error
            raise
    if terminal.received or code == 130:
        code = _say(terminal.INTERRUPTED, 128 + (terminal.received or 2))
    sys.exit(code if isinstance(code, int) else 0)


def _tell(text):
    """Print a line in which names and paths are text."""
    from sim.core.text import printable

    print(printable(text))


def _say(text, code):
    terminal.say(text)
    return code

"""Between a command and the terminal: options read, progress and lines shown, errors and exit codes."""

import sys

import typer

from sim.cli.options import app
from sim.core import terminal


def settings_of(pairs):
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


def workers_of(workers, cluster=None):
    """The number of processes: as given and checked, or the processors there are; None where a cluster has its own."""
    import os

    from sim.studies.arguments import check_numbers

    if cluster is not None and workers is None:
        return None
    workers = min(os.cpu_count() or 1, 256) if workers is None else workers
    check_numbers(workers=workers)
    return workers


class Progress:
    """How far work is, on stderr, told by calls of (done, total): a bar with the time left, or a line a minute in a log.

    Parameters
    ----------
    label : str
        What is being done.
    off : bool
        Whether nothing is to be said.
    workers : int, optional
        Processes that share the work, if a line shall estimate the whole once the first of it is done.
    """

    def __init__(self, label, off, workers=None):
        self.label, self.off, self.workers = label, off, workers

    def __enter__(self):
        if self.off:
            return None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from sim.core.pace import Pace

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        terminal.tidy_up_first()
        console = Console(stderr=True)
        # rich ends a bar that nobody saw with an empty line, which would stand before our own line in a log
        self.bar = Progress(*columns, console=console, transient=True, disable=not console.is_interactive)
        self.bar.start()
        self.task, self.pace = self.bar.add_task(self.label, total=None), Pace(self.label, self.workers)
        return self.tell

    def tell(self, done, total):
        """Show how much is done."""
        self.bar.update(self.task, completed=done, total=total)
        line = self.pace.told(done, total)
        if self.bar.disable:
            line = line or self.pace.each_minute(done, total)
        if line:
            terminal.say(line)

    def __exit__(self, *error):
        if not self.off:
            self.bar.stop()


def main():
    """Run one command: exit code 0 done, 2 wrong input (one line), 130 and the like interrupted, 1 our fault."""
    from sim.core.faults import LONGEST_QUOTE, InputError
    from sim.core.text import printable
    from sim.studies.done import StudyError
    from sim.studies.executors import WorkerError

    terminal.going_on("")
    try:
        code = app(prog_name="listsim", standalone_mode=False)
    except InputError as error:
        code = say(str(error), 2)
    except typer.TyperException as error:
        code = say(printable(_in_words(error), LONGEST_QUOTE), 2)
    except StudyError as error:
        print(error.first.failure.traceback, file=sys.stderr)
        code = say(str(error), 1)
    except WorkerError as error:
        code = say(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except Exception:
        if not terminal.received:  # else an interrupt that somebody's code made into another error
            raise
    if terminal.received or code == 130:
        code = say(terminal.interrupted(), 128 + (terminal.received or 2))
    sys.exit(code if isinstance(code, int) else 0)


def _in_words(error):
    """What is wrong with the words of a command; of a value that is no number, as Python's interface says it."""
    wrong = error.__cause__.errors()[0] if isinstance(error, typer.BadParameter) and error.__cause__ else {}
    kind = next((kind for kind in ("int", "float") if wrong.get("type", "").startswith(f"{kind}_")), None)
    if kind is None:
        context = getattr(error, "ctx", None)
        return f"{error.format_message()} See {context.command_path if context else 'listsim'} --help."
    from sim.core.faults import shown
    from sim.studies.arguments import RANGES

    name, given = error.param.name, shown(wrong["input"])
    where = max(error.param.opts, key=len)
    if kind == "float":
        return f"{where}: {given} is not a number; give a number such as 0.5"
    # how far ahead one may look is another in each command
    right = "a whole number" if name not in RANGES or name == "horizon" else "{} to {}".format(*RANGES[name])
    return f"{where}: {given} is not a whole number; give {right}"


def print_text(text):
    """Print a line in which names and paths are text."""
    from sim.core.text import printable

    print(printable(text))


def print_json(said):
    """Print an object as JSON."""
    from json import dumps

    print(dumps(said, indent=2, allow_nan=False))


def say(text, code):
    """Print a line on standard error, and return the exit code that goes with it."""
    terminal.say(text)
    return code

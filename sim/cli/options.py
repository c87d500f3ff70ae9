"""What commands share: the application, and the options of the same name and meaning."""

from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperOption

from sim.core.shipped import special


class Command(TyperCommand):
    """A command that refuses an option of one value which is given more than once, where typer takes the last."""

    def parse_args(self, ctx, args):
        """Read the words of the command; every option of one value that is given again is told of."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        again = {item: given.count(item) for item in given if isinstance(item, TyperOption)}
        again = [item for item, n in again.items() if n > 1 and not item.multiple and not item.is_flag]
        if again:
            refuse_again(again, args)
        return super().parse_args(ctx, args)


def refuse_again(options, args):
    """Refuse options of one value for which a command has several.

    Raises
    ------
    InputError
    """
    from sim.core.faults import Faults, InputError

    with Faults() as faults:
        for option in options:
            words = [(*arg.partition("="), after) for arg, after in zip(args, [*args[1:], ""], strict=True)]
            *values, last = [value if sign else after for name, sign, value, after in words if name in option.opts]
            times = "twice" if len(values) == 1 else f"{len(values) + 1} times"
            with faults.kept():
                problem = f"is given {times}: {', '.join(values)} and {last}"
                raise InputError("", "", f"{option.opts[0]} {problem}", "give it once")


class Commands(typer.Typer):
    """Commands, each a :class:`Command`."""

    def command(self, name=None, **how):
        """Let a function be a command; see typer."""
        return super().command(name, cls=Command, **how)


app = Commands(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Where the savings of early intervention go: funding arrangements compared on a real city.",
)


HEADLINE = special("headline")
ONE_HORIZON = special("one_horizon")


DEFAULT_PLACE = "birmingham_2010"


Place = Annotated[str, typer.Option(help="A place's id, or a folder of the same form.")]


Seed = Annotated[int, typer.Option(help="Seed of the first replicate, 0 to 2^63 - 1; the others follow.")]


Replicates = Annotated[int, typer.Option(help="Runs of each arrangement, 1 to 10000, each with a seed of its own.")]


Families = Annotated[int | None, typer.Option(help="Scale the place to this many families.")]


Years = Annotated[int, typer.Option(help="Financial years simulated.")]


Future = Annotated[
    str | None, typer.Option(help="A named future, or a file of the same form: budgets and need by year.")
]


Programmes = Annotated[
    list[str] | None,
    typer.Option(
        "--programme",
        metavar="FILE",
        help="A programme of this run alone, from a TOML file: it joins the catalogue, or takes the place of the one of "
        "its name, and every arrangement may buy it; may be repeated.",
    ),
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


Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers do the work, such as tcp://10.0.0.1:8786."),
]


Retry = Annotated[bool, typer.Option("--retry", help="Run again what failed before, and nothing else.")]


Shard = Annotated[
    str | None, typer.Option(metavar="I/N", help="Run the I-th of N shards, from 1, which other machines share.")
]


Than = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The arrangement that the others are compared with; the first by default."),
]


Uncertainty = Annotated[
    str,
    typer.Option(
        metavar="KIND",
        help="What is drawn in each replicate: trials (their errors) or full (beside them all that is known by a range).",
    ),
]


Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.")]


Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


NoProgress = Annotated[bool, typer.Option("--no-progress", help="No progress bar.")]


NoReport = Annotated[
    bool, typer.Option("--no-report", help="Write the tables alone; listsim report FOLDER draws the rest later.")
]


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What every command that runs arrangements may be asked: an option a field, of the field's name."""

    place: Place = DEFAULT_PLACE
    seed: Seed = 1
    replicates: Replicates = 10
    families: Families = None
    years: Years = 15
    future: Future = None
    programmes: Programmes = None
    settings: Settings = None
    out: Out = None
    overwrite: Overwrite = False
    workers: Workers = None
    no_report: NoReport = False
    json: Json = False
    quiet: Quiet = False
    no_progress: NoProgress = False


@dataclass(frozen=True, kw_only=True)
class CompareOptions(RunOptions):
    """What a command that compares arrangements may be asked beside."""

    than: Than = None
    uncertainty: Uncertainty = "trials"


@dataclass(frozen=True, kw_only=True)
class SweepOptions(RunOptions):
    """What a command that runs a study may be asked; None leaves it to the study's file."""

    place: Place = None
    seed: Seed = None
    replicates: Replicates = None
    years: Years = None
    cluster: Cluster = None
    retry: Retry = False
    shard: Shard = None


def with_options(kind, **defaults):
    """Let typer see each field of a dataclass as an option of a command, which is given them all as `options`.

    Parameters
    ----------
    kind : type
        A dataclass whose fields are annotated as options are.
    **defaults
        Of some options, where the command's are not the fields'.
    """

    def taking(command):
        @wraps(command)
        def called(**given):
            options = kind(**{item.name: given.pop(item.name) for item in fields(kind)})
            return command(**given, options=options)

        own = [item for name, item in signature(command).parameters.items() if name != "options"]
        shared = [
            Parameter(
                item.name, Parameter.KEYWORD_ONLY, default=defaults.get(item.name, item.default), annotation=item.type
            )
            for item in fields(kind)
        ]
        called.__signature__ = Signature([*own, *shared])
        return called

    return taking

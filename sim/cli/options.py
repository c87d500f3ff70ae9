"""What commands share: the application, and the options of the same name and meaning."""

from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Where the savings of early intervention go: funding arrangements compared on a real city.",
)


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

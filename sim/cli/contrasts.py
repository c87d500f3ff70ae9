"""Commands that set results beside each other: diff."""

from typing import Annotated

import typer

from sim.cli.options import app
from sim.cli.shell import print_text

MOST_ROWS = 40  # of each kind on screen


@app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="Folder of a comparison, or of a sweep.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Folder of another of the kind.")],
    json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON on stdout.")] = False,
):
    """What differs between two results, in inputs and in pounds; exit code 0 if their tables hold the same, else 3.

    Example: listsim diff results/compare-001 results/compare-002
    """
    from sim.report.contrasted import in_json, in_words
    from sim.results.contrast import contrast

    found = contrast(first, second)
    if json:
        print(in_json(found, first, second), end="")
    else:
        for line in in_words(found, first, second, MOST_ROWS):
            print_text(line)
    raise typer.Exit(0 if found.same else 3)

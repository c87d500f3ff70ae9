"""The page in a browser: app."""

from typing import Annotated

import typer

from sim.cli.options import app


@app.command("app")
def app_(
    arrangements: Annotated[
        list[str] | None,
        typer.Argument(help="Arrangement files of your own, to choose beside those that come with it."),
    ] = None,
    port: Annotated[int, typer.Option(help="Port on this machine, 1 to 65535.")] = 8080,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Whether to open it in your browser.")] = True,
):
    """One page in a browser for split incentives, live: arrangements compared as you turn seven dials. On this machine alone.

    Example: listsim app --port 8080
    """
    from importlib.util import find_spec

    from sim.core import terminal
    from sim.core.faults import InputError
    from sim.core.numbers import read_whole

    read_whole("--port", "", port, 1, 65535)
    if find_spec("nicegui") is None:
        raise InputError(
            "app", "", "needs NiceGUI, which is not installed", "install it with pip install 'listsim[app]'"
        )
    from sim.arrangements.reading import load_arrangement
    from sim.studies import executors

    given = {load_arrangement(file).id: file for file in arrangements or ()}
    terminal.tidy_up_first()
    executors.warm_up()
    from sim.app.server import serve

    serve(port, browser, given)

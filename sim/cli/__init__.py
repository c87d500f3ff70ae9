"""The command line: thin; everything heavy is imported by the command that needs it."""

from sim.cli import (  # noqa: F401 - their commands register themselves
    contrasts,
    experiments,
    incentives,
    lookup,
    page,
    places,
    runs,
    sweeps,
    traces,
    trials,
)
from sim.cli.options import app
from sim.cli.shell import main

__all__ = ["app", "main"]

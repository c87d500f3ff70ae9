"""Entry point of ``listsim`` and ``python -m sim``: signals and streams first, as the rest takes long to import."""

import gc
import sys


def main():
    """Run the command line in a process of its own."""
    gc.set_threshold(50_000)  # what libraries and figures make is much and lasts: no use in looking among it for rings
    try:
        from sim.core import terminal

        terminal.prepare()
    except KeyboardInterrupt:  # in the few milliseconds before the signals are taken over
        sys.exit(130)
    try:
        from sim.cli.shell import main as command

        command()
    except SystemExit as stop:
        sys.exit(terminal.finish(stop.code))


if __name__ == "__main__":
    main()

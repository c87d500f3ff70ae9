"""Entry point of ``listsim`` and ``python -m sim``: signals and streams first, as the rest takes long to import."""

import sys

from sim import terminal


def main():
    """Run the command line in a process of its own."""
    terminal.prepare()
    try:
        from sim.cli import main as command

        command()
    except SystemExit as stop:
        sys.exit(terminal.finish(stop.code))


if __name__ == "__main__":
    main()

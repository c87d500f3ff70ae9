"""Who would pay and who would gain: incentives."""

from contextlib import ExitStack
from typing import Annotated

import typer

from sim.cli.options import DEFAULT_PLACE, Families, NoProgress, Overwrite, Place, Settings, app
from sim.cli.shell import Progress, print_json, print_text, settings_of
from sim.core import terminal


@app.command()
def incentives(
    place: Place = DEFAULT_PLACE,
    programme: Annotated[
        list[str] | None, typer.Option(help="A programme's id or file; all by default. May be repeated.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(help="Years agencies look ahead, 1 to 25; their own by default.")
    ] = None,
    families: Families = None,
    settings: Settings = None,
    out: Annotated[str | None, typer.Option(help="Folder for table, heat map and page.")] = None,
    handout: Annotated[str | None, typer.Option(help="File for a sheet of one A4 page for a class (HTML).")] = None,
    overwrite: Overwrite = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
    no_progress: NoProgress = False,
):
    """Programme by agency: who would pay, who would gain, what is forgone, and what would turn a no into a yes.

    Example: listsim incentives --place milltown --handout sheet.html
    """
    from sim.core.folders import HANDOUT_MARK, reserve_file, reserve_folder
    from sim.cost_benefit.at_place import incentives as found_at

    terminal.tidy_up_first()
    with ExitStack() as held:
        folder = sheet = None
        if out:
            folder = held.enter_context(reserve_folder(out, overwrite, programme or ()))
        if handout:
            sheet = held.enter_context(reserve_file(handout, HANDOUT_MARK, overwrite, option="--handout"))
        with Progress("Projecting", no_progress) as tell:
            found = found_at(place, programme, horizon, families, settings_of(settings), progress=tell)
        said = found.to_dict()
        if folder:
            from sim.report.incentive_pages import write_incentives

            folder.finish(lambda new: write_incentives(said, found.by_body, new))
        if sheet:
            from sim.report.incentive_pages import handout as drawn

            sheet.finish(lambda new: new.write_text(drawn(said), encoding="utf-8"))
    if json:
        print_json(said)
        return
    from sim.report.incentives import show

    show(said)
    for path in (out and f"{out}/report.html", handout):
        if path:
            print_text(path)

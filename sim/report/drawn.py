"""What people read of a finished comparison: the report and the workbook."""

from dataclasses import replace
from pathlib import Path

from sim.report.incentive_pages import draw_heat_map
from sim.report.page import write_report
from sim.report.workbook.writing import write_workbook


def draw(folder, found, executor):
    """Write the report with its figures, and the workbook, of a comparison.

    Parameters
    ----------
    folder : path
    found : Findings
    executor
        Anything with the ``submit`` of :mod:`concurrent.futures`, which draws the heat map and makes the workbook while
        the rest is drawn here.
    """
    heat = executor.submit(draw_heat_map, found.incentives, Path(folder) / "figures") if found.incentives else None
    book = executor.submit(
        write_workbook, folder, replace(found)
    )  # of its own, as the other learns while it is being sent
    write_report(folder, found, heat)
    book.result()

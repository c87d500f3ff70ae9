"""What people read of a finished comparison: the report and the workbook."""

from sim.report.page import write_report
from sim.report.workbook.writing import write_workbook


def draw(folder, found):
    """Write the report with its figures, and the workbook, of a comparison.

    Parameters
    ----------
    folder : path
    found : Findings
    """
    write_report(folder, found)
    write_workbook(folder, found)

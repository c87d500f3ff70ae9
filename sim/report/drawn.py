"""What people read of a finished comparison: the report and the workbook, from its tables alone."""

from sim.report.page import write_report
from sim.report.workbook.writing import write_workbook
from sim.results.files import read_decisions, read_tables
from sim.results.nothing import bought_nothing


def draw(folder, new, incentives):
    """Write the report with its figures, and the workbook, of a comparison.

    Parameters
    ----------
    folder : path
        That holds its tables and manifest.
    new : path
        Where to write; the same folder, or another.
    incentives : dict or None
        As :meth:`sim.cost_benefit.incentives.Incentives.to_dict` gives it.

    Raises
    ------
    InputError
        If the tables are damaged.
    """
    runs, flows, summary, manifest = read_tables(folder)
    write_report(new, runs, summary, manifest, bought_nothing(read_decisions(folder)), incentives)
    write_workbook(new, runs, flows, summary, manifest, incentives)

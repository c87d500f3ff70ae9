"""The tables of a sweep, made from its parts: one point in memory at a time, the same bytes whatever parts there are."""

import json
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.core.atomic import whole
from sim.core.text import cell
from sim.results import parts
from sim.results.by_seed import by_seed
from sim.results.differences import DIFFERENCE_COLUMNS, ESTIMATE, half_width, paired
from sim.results.files import FAILURE_COLUMNS
from sim.results.plain import write_csv
from sim.results.summary import RUN_COLUMNS, STATISTICS, SUMMARY_COLUMNS, spread

SWEEP_TABLES = ("points.parquet", "runs.parquet", "summary.csv", "differences.csv")
TAKEN = {"point", "seeds", "reached", *RUN_COLUMNS, *SUMMARY_COLUMNS, *DIFFERENCE_COLUMNS}  # so no setting's name
SWEEP_FAILURE_COLUMNS = [*FAILURE_COLUMNS[:2], "settings", *FAILURE_COLUMNS[2:]]


def join(folder, description):
    """Write the tables of a sweep into its folder, each whole or not at all.

    Parameters
    ----------
    folder : path
        That holds parts.
    description : dict
        Of the sweep, as ``Sweep.describe`` gives it; ``points``, ``seeds``, ``than`` and ``until`` are used.

    Raises
    ------
    InputError
        If a part is damaged, or a table cannot be written.
    """
    folder, until = Path(folder), description["until"]
    index, points = parts.read_index(folder).asked_for(description), settings_table(description["points"])
    seeds, reached = dict.fromkeys(range(len(points)), 0), {}
    for point, _ in (*index.done, *index.failed):
        seeds[point] += 1
    with ExitStack() as stack:
        new = {name: stack.enter_context(whole(folder / name)) for name in SWEEP_TABLES}
        runs = stack.enter_context(pq.ParquetWriter(new["runs.parquet"], parts.SCHEMA, compression="zstd"))
        _begin(new["summary.csv"], points, SUMMARY_COLUMNS)
        _begin(new["differences.csv"], points, DIFFERENCE_COLUMNS)
        for point, rows, bodies in parts.points(folder, index):
            _add_runs(runs, point, rows)
            numbers = by_seed(rows, bodies)
            differences = paired(numbers, description["than"])
            _add(new["summary.csv"], points, point, spread(numbers), STATISTICS)
            _add(new["differences.csv"], points, point, differences, ESTIMATE)
            if until:
                reached[point] = half_width(differences, until["measure"]) <= until["half_width"]
        if until:
            points = points.assign(seeds=pd.Series(seeds), reached=pd.Series(reached, dtype="boolean"))
        points.reset_index().to_parquet(new["points.parquet"], index=False)
    write_failures(folder, index.failed)


def settings_table(points):
    """What is set at each point: pandas.DataFrame by number of the point, a column a setting, numbers or texts.

    Parameters
    ----------
    points : list of dict
        Value of each setting; absent where a point leaves it as it is.
    """
    columns = {name: [point.get(name) for point in points] for name in dict.fromkeys(n for p in points for n in p)}
    kinds = {name: {type(value) for value in column if value is not None} for name, column in columns.items()}
    table = {
        name: pd.Series(column, dtype="float64" if kinds[name] <= {int, float} else "str")
        for name, column in columns.items()
    }
    return pd.DataFrame(table, index=pd.RangeIndex(len(points), name="point"))


def _add_runs(writer, point, rows):
    """A row group with the rows of a point, in one piece, so that its bytes do not tell how it was put together."""
    table = pa.Table.from_pandas(rows.assign(point=point)[parts.COLUMNS], parts.SCHEMA, preserve_index=False)
    if len(table):
        writer.write_table(table.combine_chunks(), len(table))


def _begin(path, points, columns):
    """Write the head of a table that has the settings of its point in each row."""
    pd.DataFrame(columns=[cell(name) for name in ("point", *points, *columns)]).to_csv(
        path, index=False, lineterminator="\n"
    )


def _add(path, points, point, table, numbers):
    """Add the rows of a point, with the columns of a measure's numbers."""
    rows = pd.DataFrame({"point": point, **points.loc[point], **table}, table.index)
    write_csv(path, rows, numbers, mode="a", header=False)


def read_csv(path, **options):
    """A table of a sweep as pandas reads it: names are text, whatever they look like, and numbers to the last digit."""
    texts = dict.fromkeys(("arrangement", "than", "agency", "measure"), str)
    return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""], **options)


def write_failures(folder, failed):
    """Write ``failures.csv`` of a sweep; where nothing failed there is none.

    Parameters
    ----------
    folder : path
    failed : dict of (int, int) to dict
        Of each task, by point and seed; see :class:`sim.results.parts.Index`.
    """
    path = Path(folder) / "failures.csv"
    if not failed:
        path.unlink(missing_ok=True)
        return
    rows = [{**item, "settings": json.dumps(item["settings"])} for _, item in sorted(failed.items())]
    with whole(path) as new:
        table = pd.DataFrame(rows)[SWEEP_FAILURE_COLUMNS]
        table.map(cell).to_csv(new, index=False, lineterminator="\n")

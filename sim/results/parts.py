"""Part files: finished tasks of a sweep, several a file, each file whole or not there.

A part is a Parquet file with one row group a task (a point and a seed), in the columns of ``runs.parquet`` and the
point's number before them. Its metadata say, as JSON under ``listsim``, which tasks it holds, their keys, joint bodies
and notes, and which tasks failed, and why. A task may be in several parts: the same key stands for the same rows.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.core.faults import InputError
from sim.results.summary import RUN_COLUMNS

FOLDER = "parts"
COLUMNS = ["point", *RUN_COLUMNS]
_SAMPLE = pd.DataFrame([(0, "a", 0, 0, 0, "a", "a", "a", 0, 0.0)], columns=COLUMNS).astype({"value_pence": "Int64"})
SCHEMA = pa.Schema.from_pandas(_SAMPLE, preserve_index=False)  # so that what is read has the kinds that `tables` gives
_MARK = "listsim"
_OPEN = 64  # files kept open while points are read


class Part:
    """A part in the making, in memory.

    Parameters
    ----------
    seed : int
        The first seed of the sweep, which is replicate 0.
    """

    def __init__(self, seed):
        self._seed, self._buffer = seed, pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._buffer, SCHEMA, compression="zstd")
        self.tasks, self.failures = [], []

    def add(self, done, key):
        """Add a task that was done: Done, and the hash of what its rows depend on."""
        table = pa.concat_tables(self._table(done.point, run) for run in done.runs)
        if len(table):
            self._writer.write_table(table, len(table))
        self.tasks.append(
            {
                "point": done.point,
                "seed": done.seed,
                "key": key,
                "runs": [(run.arrangement, len(run.rows)) for run in done.runs],
                "bodies": {run.arrangement: run.bodies for run in done.runs},
                "notes": [(run.arrangement, note) for run in done.runs for note in run.notes],
            }
        )

    def add_failure(self, done, key, settings, tries=1):
        """Add a task that failed, with the settings of its point and how often it has failed so far."""
        failure = {"point": done.point, "seed": done.seed, "key": key, "tries": tries, "settings": settings}
        self.failures.append({**failure, **vars(done.failure)})

    def finish(self):
        """Name and content of the file: the same tasks have the same name."""
        told = {"tasks": self.tasks, "failures": self.failures}
        self._writer.add_key_value_metadata({_MARK: json.dumps(told)})
        self._writer.close()
        every = self.tasks + self.failures
        name = sha256("".join(f"{task['key']} {task.get('tries')} " for task in every).encode()).hexdigest()[:16]
        first = every[0]
        return f"{first['seed']}-{first['point']}-{name}.parquet", self._buffer.getvalue().to_pybytes()

    def _table(self, point, run):
        rows = len(run.rows)
        heads = (point, run.arrangement, run.seed - self._seed, run.seed)
        columns = [pa.repeat(pa.scalar(head, item.type), rows) for head, item in zip(heads, SCHEMA, strict=False)]
        leaves = zip(*run.rows, strict=True) if rows else [()] * (len(SCHEMA) - len(heads))
        columns += [pa.array(leaf, item.type) for leaf, item in zip(leaves, list(SCHEMA)[len(heads) :], strict=True)]
        return pa.Table.from_arrays(columns, schema=SCHEMA)


@dataclass(frozen=True)
class Place:
    """Where the rows of a task lie."""

    file: str
    group: int | None  # None where it has no rows
    runs: tuple
    bodies: dict
    key: str


@dataclass
class Index:
    """What a folder holds of a sweep.

    Attributes
    ----------
    done : dict of (int, int) to Place
        By point and seed.
    failed : dict of (int, int) to dict
        Settings, error, message, traceback and key of each task that failed and was not done since; by point and seed.
    notes : dict of (int, int) to list
        Arrangement and note, where there are any.
    """

    done: dict = field(default_factory=dict)
    failed: dict = field(default_factory=dict)
    notes: dict = field(default_factory=dict)

    def add(self, file, told):
        """Add what the metadata of a file say."""
        group = 0
        for task in told["tasks"]:
            where = task["point"], task["seed"]
            runs = tuple(map(tuple, task["runs"]))
            has_rows = any(rows for _, rows in runs)
            self.done[where] = Place(file, group if has_rows else None, runs, task["bodies"], task["key"])
            group += has_rows
            self.failed.pop(where, None)
            if task["notes"]:
                self.notes[where] = task["notes"]
        for failure in told["failures"]:
            where = failure["point"], failure["seed"]
            known = self.failed.get(where)
            if where not in self.done and (known is None or known["tries"] < failure["tries"]):
                self.failed[where] = failure

    def of(self, seeds):
        """What it holds of some seeds, of which there may be fewer than were done once: Index."""
        kinds = (self.done, self.failed, self.notes)
        return Index(*({where: item for where, item in kind.items() if where[1] in seeds} for kind in kinds))

    def asked_for(self, study):
        """What a study asks for, as ``Sweep.describe`` tells of it: its seeds, or all where it adds seeds by itself."""
        return self if study["until"] else self.of(set(study["seeds"]))


def read_index(folder):
    """What the parts of a sweep's folder hold.

    Returns
    -------
    Index

    Raises
    ------
    InputError
        If a part is damaged.
    """
    index = Index()
    for path in sorted((Path(folder) / FOLDER).glob("*.parquet")):
        index.add(path.name, read_part(path))
    return index


def read_part(path):
    """The metadata of a part: tasks and failures."""
    try:
        if not path.is_file():  # a pipe would be waited for
            raise FileNotFoundError
        told = json.loads(pq.read_metadata(path).metadata[_MARK.encode()])
        return {"tasks": told["tasks"], "failures": told["failures"]}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path, error) from None


def points(folder, index):
    """The runs of each point of which any are done, one point in memory at a time.

    Parameters
    ----------
    folder : path
    index : Index

    Yields
    ------
    tuple of int, pandas.DataFrame and dict
        The point, its rows in RUN_COLUMNS as :func:`sim.results.summary.tables` orders them, and joint bodies of each
        arrangement.
    """
    seeds = defaultdict(list)
    for point, seed in sorted(index.done):
        seeds[point].append(seed)
    opened = lru_cache(_OPEN)(lambda name: pq.ParquetFile(Path(folder) / FOLDER / name))
    for point in sorted(seeds):
        pieces, bodies = {}, {}
        for seed in seeds[point]:
            place = index.done[point, seed]
            bodies |= place.bodies
            for arrangement, piece in _read(folder, opened, place):
                pieces.setdefault(arrangement, []).append(piece)
        tables = [piece for of_one in pieces.values() for piece in of_one]
        yield point, pa.concat_tables(tables or [SCHEMA.empty_table().select(RUN_COLUMNS)]).to_pandas(), bodies


def _read(folder, opened, place):
    """Rows of each arrangement of a task."""
    if place.group is None:
        return
    try:
        table = opened(place.file).read_row_group(place.group, columns=RUN_COLUMNS, use_threads=False)
        if len(table) != sum(rows for _, rows in place.runs):
            raise ValueError("rows are missing")
    except (OSError, ValueError) as error:
        raise _damaged(Path(folder) / FOLDER / place.file, error) from None
    begin = 0
    for arrangement, rows in place.runs:
        yield arrangement, table.slice(begin, rows)
        begin += rows


def _damaged(path, error):
    said = f"is damaged ({type(error).__name__})"
    return InputError(path, "", said, "remove it and give the same command: its runs are then done again")

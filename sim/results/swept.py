"""A sweep's folder, read for those who show what came of it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from sim.core.codes import ALL
from sim.core.faults import InputError
from sim.core.folders import written_by_listsim
from sim.results.differences import DIFFERENCE_COLUMNS
from sim.results.files import DAMAGED, damaged
from sim.results.joined import SWEEP_TABLES, read_csv
from sim.results.summary import SUMMARY_COLUMNS

STUDY = "study.json"
_TOLD = {"points", "seeds", "arrangements", "than", "until"}  # of a study, what its tables are made by
_LOT = 200_000  # rows read at a time


@dataclass(frozen=True)
class Swept:
    """What came of a sweep, of all agencies together.

    Attributes
    ----------
    said : dict
        What ``study.json`` says.
    points : pandas.DataFrame
        ``points.parquet``, by number of the point.
    summary, differences : pandas.DataFrame
        Rows of ``summary.csv`` and ``differences.csv`` for some measures, without settings.
    failures : pandas.DataFrame
        Point, seed, error and message of each task that failed.
    """

    said: dict
    points: pd.DataFrame
    summary: pd.DataFrame
    differences: pd.DataFrame
    failures: pd.DataFrame

    @property
    def study(self):
        """What was run, as ``Sweep.describe`` gives it."""
        return self.said["study"]

    @cached_property
    def axes(self):
        """What varies, in the order in which it was asked: dict of str to dict, as the study describes it."""
        return {axis["name"]: axis for axis in self.study["axes"]}


def is_sweep(folder):
    """Whether a folder is that of a sweep."""
    return (Path(folder) / STUDY).is_file()


def read_study(folder):
    """What ``study.json`` says in the folder of a sweep.

    Raises
    ------
    InputError
        If it is none.
    """
    said = written_by_listsim(folder, [STUDY])
    study = (said or {}).get("study")
    if not (isinstance(study, dict) and {"study_hash", "code_hash"} <= set(said) and set(study) >= _TOLD):
        raise InputError(folder, STUDY, "is missing or damaged", "give the folder of a sweep")
    return said


def read_swept(folder, measures=None):
    """The tables of a sweep's folder.

    Parameters
    ----------
    folder : path
    measures : collection of str, optional
        Those to read; all by default.

    Returns
    -------
    Swept

    Raises
    ------
    InputError
        If the sweep has no tables yet, or they are damaged.
    """
    folder, said = Path(folder), read_study(folder)
    for name in SWEEP_TABLES:
        if not (folder / name).is_file():
            raise InputError(folder, name, "is missing: the sweep is not done", "give its command again")
    try:
        points = pd.read_parquet(folder / "points.parquet").set_index("point")
        summary = _of_all(folder / "summary.csv", SUMMARY_COLUMNS, measures)
        differences = _of_all(folder / "differences.csv", DIFFERENCE_COLUMNS, measures)
        return Swept(said, points, summary, differences, _failures(folder / "failures.csv"))
    except DAMAGED as error:
        raise damaged(folder, error) from None


def _of_all(path, columns, measures):
    """Rows of all agencies together, read in lots, as there may be millions of others."""
    lots = read_csv(path, usecols=["point", *columns], chunksize=_LOT)
    wanted = [
        lot[(lot["agency"] == ALL) & (lot["measure"].isin(measures) if measures is not None else True)] for lot in lots
    ]
    return pd.concat(wanted, ignore_index=True).drop(columns="agency")


def _failures(path):
    columns = ["point", "seed", "error", "message"]
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    return pd.read_csv(path, usecols=columns, dtype={"error": str, "message": str}, keep_default_na=False)

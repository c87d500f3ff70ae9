"""The tables of a sweep as data frames."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from sim.results.joined import SWEEP_FAILURE_COLUMNS, read_csv


@dataclass(frozen=True)
class SweepResult:
    """What a sweep came to, read from its folder.

    Attributes
    ----------
    sweep : studies.sweep.Sweep
        What was run.
    folder : pathlib.Path
    outcome : studies.shards.Outcome
        Numbers of tasks done and failed.
    """

    sweep: object
    folder: Path
    outcome: object
    _borrowed: object = field(default=None, repr=False)  # a folder of the system's, gone with the last who knows it

    @cached_property
    def points(self):
        """A row a point and a column a setting, as in ``points.parquet``: pandas.DataFrame."""
        return pd.read_parquet(self.folder / "points.parquet")

    @cached_property
    def runs(self):
        """Leaf rows by point, as in ``runs.parquet``: pandas.DataFrame."""
        return pd.read_parquet(self.folder / "runs.parquet")

    @cached_property
    def summary(self):
        """Means and quantiles with the settings of their point, as in ``summary.csv``: pandas.DataFrame."""
        return read_csv(self.folder / "summary.csv")

    @cached_property
    def differences(self):
        """Paired differences with the settings of their point, as in ``differences.csv``: pandas.DataFrame."""
        return read_csv(self.folder / "differences.csv")

    @cached_property
    def failures(self):
        """Tasks that failed, as in ``failures.csv``: pandas.DataFrame, usually empty."""
        path = self.folder / "failures.csv"
        return read_csv(path) if path.is_file() else pd.DataFrame(columns=SWEEP_FAILURE_COLUMNS)

    def _repr_html_(self):
        """Main measures by point, as a notebook shows a result."""
        from sim.report.swept import as_html  # drawing takes seconds to import

        return as_html(self.folder)

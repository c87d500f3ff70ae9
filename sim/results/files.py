"""The tables of a comparison: columns and measures declared once; the summary."""

import json
from pathlib import Path

import pandas as pd

from sim.core.faults import InputError
from sim.core.text import json_text
from sim.results.differences import ESTIMATE
from sim.results.kinds import by_kind
from sim.results.manifest import read_manifest
from sim.results.nothing import bought_nothing
from sim.results.plain import write_csv
from sim.results.summary import DECISION_COLUMNS, FLOW_COLUMNS, RUN_COLUMNS, STATISTICS, SUMMARY_COLUMNS
from sim.results.years import by_year

FAILURE_COLUMNS = ["point", "seed", "error", "message", "traceback"]
# What reading, or drawing from, files that somebody changed may raise.
DAMAGED = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
)


def write_tables(folder, done):
    """Write ``runs``, ``flows``, ``decisions`` and ``events``, each a Parquet file, and ``summary``, ``differences``, ``years`` and ``decisions_by_kind``, each CSV, of a Comparison: its means by year."""
    for name in ("runs", "flows", "decisions", "events"):
        getattr(done, name).to_parquet(Path(folder) / f"{name}.parquet", index=False)
    write_csv(Path(folder) / "summary.csv", done.summary, STATISTICS)
    write_csv(Path(folder) / "differences.csv", done.differences, ESTIMATE)
    years = by_year(done.runs)
    write_csv(Path(folder) / "years.csv", years.reset_index(), years.columns)
    write_csv(Path(folder) / "decisions_by_kind.csv", by_kind(done.decisions, done.replicates))
    return years


def write_shares(folder, shares):
    """Write ``shares.csv``, in shares of ten thousandths."""
    write_csv(Path(folder) / "shares.csv", shares.round(dict.fromkeys(("share", *ESTIMATE[1:3]), 4)))


def failure_table(done):
    """Of what came of each task, those that failed: pandas.DataFrame with columns FAILURE_COLUMNS."""
    rows = [
        (item.point, item.seed, item.failure.error, item.failure.message, item.failure.traceback)
        for item in done
        if item.failure
    ]
    return pd.DataFrame(rows, columns=FAILURE_COLUMNS)


def write_failures(folder, failures):
    """Write ``failures.csv``."""
    write_csv(Path(folder) / "failures.csv", failures)


def write_incentives(folder, found):
    """Write ``incentives.json``, who would pay for programmes and who would gain, where there is anything to say."""
    if found is not None:
        (Path(folder) / "incentives.json").write_text(json_text(found.to_dict()), encoding="utf-8")


def read_incentives(folder):
    """What ``incentives.json`` of a folder says; None where there is none."""
    path = Path(folder) / "incentives.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def read_beside(folder):
    """What a report says beside figures: why arrangements bought nothing, who gains by programmes, what the spread rests on."""
    return bought_nothing(read_decisions(folder)), read_incentives(folder), read_shares(folder)


def read_shares(folder):
    """What ``shares.csv`` of a folder says; None where there is none."""
    path = Path(folder) / "shares.csv"
    texts = dict.fromkeys(("arrangement", "than", "measure", "group"), str)
    blank = {name: [""] for name in ("share", *ESTIMATE[1:3])}
    return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=blank) if path.is_file() else None


def read_tables(folder):
    """Runs, flows, summary and manifest of a finished folder.

    Raises
    ------
    InputError
    """
    folder = Path(folder)
    try:
        for name in ("runs.parquet", "flows.parquet", "summary.csv", "manifest.json"):
            if not (folder / name).is_file():
                raise InputError(
                    folder, name, "is missing: this is not a finished run", "give a folder that a comparison wrote"
                )
        runs, flows = pd.read_parquet(folder / "runs.parquet"), pd.read_parquet(folder / "flows.parquet")
        summary = _read_summary(folder / "summary.csv")
        for frame, columns in ((runs, RUN_COLUMNS), (flows, FLOW_COLUMNS), (summary, SUMMARY_COLUMNS)):
            if list(frame.columns) != columns:
                raise ValueError(f"columns are not {', '.join(columns)}")
        return runs, flows, summary, read_manifest(folder)
    except DAMAGED as error:
        raise damaged(folder, error) from None


def read_decisions(folder):
    """Decisions of a finished folder; none where the folder has no such table.

    Raises
    ------
    InputError
    """
    path = Path(folder) / "decisions.parquet"
    try:
        decisions = pd.read_parquet(path) if path.is_file() else pd.DataFrame(columns=DECISION_COLUMNS)
        if list(decisions.columns) != DECISION_COLUMNS:
            raise ValueError(f"columns are not {', '.join(DECISION_COLUMNS)}")
        return decisions
    except DAMAGED as error:
        raise damaged(folder, error) from None


def same_values(first, second):
    """Whether two tables hold the same, in the same bytes or others."""
    if not (first.is_file() and second.is_file()):
        return first.is_file() == second.is_file()
    if first.read_bytes() == second.read_bytes():
        return True
    read = pd.read_parquet if first.suffix == ".parquet" else pd.read_csv
    try:
        return read(first).equals(read(second))
    except (OSError, ValueError):
        return False


def damaged(folder, error):
    """The error of a folder whose files do not hold what a comparison writes."""
    return InputError(
        folder,
        "",
        f"is damaged, or written by another version ({type(error).__name__}: {error})",
        "give a folder that a comparison wrote",
    )


def _read_summary(path):
    """The summary, in which names such as 2024 or NA are text."""
    texts = SUMMARY_COLUMNS[:3]
    blank = {column: [""] for column in SUMMARY_COLUMNS[3:]}
    return pd.read_csv(path, dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=blank)

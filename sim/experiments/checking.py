"""The figures of an experiment that its reference table holds, and what of them moved."""

import io
import json
import platform
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sim.core.atomic import whole
from sim.core.codes import ALL
from sim.core.faults import InputError
from sim.core.versions import version_of
from sim.experiments.reading import is_clone
from sim.results.summary import spread

COUNT = ("llvmlite", "mesa", "networkx", "numba", "numpy", "pandas")  # whose versions may move a last digit
NUMBERS = ["mean", "p05", "p95"]
ENVIRONMENTS = "environments.json"  # beside the tables: on what each was made
SHOWN = 40  # figures that are listed where they moved
SAME_PROCESSORS = {"AMD64": "x86_64", "arm64": "aarch64"}


def figures(experiment, found):
    """Mean and 5% to 95% range over the seeds of the experiment's measures, for the whole place.

    Parameters
    ----------
    experiment : Experiment
    found : dict of str to pandas.DataFrame
        As :func:`sim.experiments.running.carry_out` gives it.

    Returns
    -------
    pandas.DataFrame
        Columns of the study (where there are several), its axes, arrangement, measure, and NUMBERS.
    """
    frames = []
    for name, rows in found.items():
        if "agency" in rows.index.names:
            rows = rows.xs(ALL, level="agency")
        rows = rows[rows.index.isin(experiment.measures, level="measure")]
        frames.append(spread(rows)[[*rows.index.names, *NUMBERS]])
        if len(found) > 1:
            frames[-1].insert(0, "study", name)
    table = pd.concat(frames)
    keys = [name for name in table.columns if name not in (*NUMBERS, "arrangement", "measure")]
    last = [name for name in ("arrangement", "measure") if name in table.columns]
    return table[[*keys, *last, *NUMBERS]]


def text_of(table):
    """A table as its file has it: every digit."""
    return table.to_csv(index=False, lineterminator="\n")


def environment():
    """What a last digit depends on here: kind of processor, and versions by package."""
    machine = platform.machine()
    return {
        "processor": SAME_PROCESSORS.get(machine, machine),
        "versions": {name: version_of(name) for name in COUNT},
    }


def known_environments(experiment):
    """On what each reference beside the experiment's was made, by experiment."""
    path = experiment.reference.with_name(ENVIRONMENTS)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def other_than(experiment):
    """In what this environment differs from that of the experiment's reference, in words; empty where in nothing."""
    there, here = known_environments(experiment)[experiment.name], environment()
    changes = [
        f"{name} {here['versions'][name]}, there {version}"
        for name, version in there["versions"].items()
        if here["versions"][name] != version
    ]
    processors = here["processor"], there["processor"]
    return changes + ["processor {}, there {}".format(*processors)] * (processors[0] != processors[1])


@dataclass(frozen=True)
class Verdict:
    """How figures compare with those of the reference.

    Attributes
    ----------
    moved : pandas.DataFrame
        Those that differ, the most moved first: key columns of the table, and figure, reference, here, moved, share (of
        the largest mean of the measure); null where one of the two has no such row.
    lines : list of str
        What there is to say.
    """

    moved: pd.DataFrame
    lines: list


def compared(experiment, table):
    """Compare figures with those of the reference: to the last digit where it was made on the same, else with a tolerance.

    Parameters
    ----------
    experiment : Experiment
    table : pandas.DataFrame
        As :func:`figures` gives it.

    Returns
    -------
    Verdict
    """
    changes = other_than(experiment)
    moved, total = _moved(experiment, table, exactly=not changes)
    where = f"{experiment.name}: {{}} of results/reference/{experiment.reference.name}"
    how = f"within {experiment.tolerance:.1%} of the largest of their measure" if changes else "to the last digit"
    lines = [f"made on others, so compared {how}: {'; '.join(changes)}"] if changes else []
    if not len(moved):
        return Verdict(moved, [*lines, f"{where.format(f'all {total:,} figures are those')}, {how}"])
    lines += [_in_words(row) for row in moved.head(SHOWN).to_dict("records")]
    lines += [f"... and {len(moved) - SHOWN:,} more"] if len(moved) > SHOWN else []
    return Verdict(moved, [*lines, f"{where.format(f'{len(moved):,} of {total:,} figures are not those')}, {how}"])


def _in_words(row):
    """A line for a figure that moved."""
    numbers = [row.pop(name) for name in ("reference", "here", "moved", "share")]
    was, now = ("none" if pd.isna(number) else f"{number:,.6g}" for number in numbers[:2])
    by = "" if pd.isna(numbers[2]) else f" ({numbers[2]:+,.6g})"
    return f"{', '.join(name for name in row.values() if name)}: {was} to {now}{by}"


def _moved(experiment, table, exactly):
    """Figures that differ from those of the reference, and how many figures there are."""
    before, here = _long(experiment.reference.read_text(encoding="utf-8"), text_of(table))
    both = before.rename("reference").to_frame().join(here.rename("here"), how="outer", sort=False)
    numbers = both.apply(pd.to_numeric)
    gaps = numbers["here"] - numbers["reference"]
    means = numbers["reference"].abs().xs("mean", level="figure")
    largest = means.groupby("measure").max().reindex(both.index.get_level_values("measure")).to_numpy()
    null = numbers.isna()
    same = both["here"] == both["reference"] if exactly else gaps.abs() <= experiment.tolerance * largest
    same |= null["here"] & null["reference"]
    moved = numbers.assign(moved=gaps, share=gaps / largest)[~same]
    order = moved["share"].abs().sort_values(ascending=False, kind="stable").index
    return moved.loc[order].reset_index(), len(both)


def _long(*texts):
    """The figures of tables as text, each indexed by all their keys, which may be empty, and by figure."""
    tables = [pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False) for text in texts]
    keys = list(dict.fromkeys(name for table in tables for name in table.columns if name not in NUMBERS))
    alike = (table.reindex(columns=[*keys, *NUMBERS], fill_value="") for table in tables)
    return [table.set_index(keys)[NUMBERS].rename_axis("figure", axis=1).stack() for table in alike]


def write_figures(experiment, found, folder):
    """Write the figures of a run into its folder, as NAME.csv; the table."""
    table = figures(experiment, found)
    with whole(Path(folder) / experiment.reference.name) as partial:
        partial.write_bytes(text_of(table).encode("utf-8"))
    return table


def check_publishable(experiment, varied):
    """Refuse to publish a variation, or from an installed listsim.

    Raises
    ------
    InputError
    """
    if not is_clone():
        raise InputError("--publish", "", "this listsim is installed", "publish from a clone of its source")
    if varied:
        raise InputError("--publish", varied[0], f"is not {experiment.name} as it stands", "leave it out")


def write_reference(experiment, table):
    """Let these be the figures that others are compared with, and say on what they were made: names of the files written."""
    every = {**known_environments(experiment), experiment.name: environment()}
    made = json.dumps(every, indent=1, sort_keys=True) + "\n"
    texts = {experiment.reference: text_of(table), experiment.reference.with_name(ENVIRONMENTS): made}
    for path, text in texts.items():
        with whole(path) as partial:
            partial.write_bytes(text.encode("utf-8"))
    return [f"results/reference/{path.name}" for path in texts]

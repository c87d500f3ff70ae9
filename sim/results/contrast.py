"""What differs between two results: in what went in, and in the pounds that came out."""

import filecmp
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from sim.core.codes import ALL
from sim.core.faults import InputError
from sim.core.folders import written_by_listsim
from sim.record.measures import MEASURES
from sim.results.by_seed import by_seed
from sim.results.differences import interval
from sim.results.files import DAMAGED, damaged, read_tables, same_values
from sim.results.joined import SWEEP_TABLES
from sim.results.manifest import TABLE_FILES
from sim.results.swept import STUDY, is_sweep, read_study

RESULTS = ("manifest.json", STUDY)
MONEY = [name for name, item in MEASURES.items() if item.is_money]


@dataclass(frozen=True)
class Contrast:
    """Two results beside each other, the first as it was and the second as it is.

    Attributes
    ----------
    inputs : list of tuple
        What went in otherwise: its kind, its name, and what either says; None where one does not have it.
    tables : dict of str to bool
        Whether each table holds the same.
    pounds : pandas.DataFrame
        Sums over the years of all agencies that differ, largest difference first: settings of the point (for sweeps),
        arrangement, measure, means ``a`` and ``b``, ``difference`` (b less a), and ``low``, ``high`` and ``n`` of its
        95% interval over the seeds, null where the two do not have the same seeds.
    """

    inputs: list
    tables: dict
    pounds: pd.DataFrame

    @property
    def same(self):
        """Whether all tables hold the same."""
        return all(self.tables.values())


def contrast(first, second):
    """What differs between two comparisons, or two sweeps.

    Parameters
    ----------
    first, second : path
        Their folders.

    Returns
    -------
    Contrast

    Raises
    ------
    InputError
        If one is no result, or they are not of one kind.
    """
    for folder in (first, second):
        if written_by_listsim(folder, RESULTS) is None:
            raise InputError(folder, "", "is no result", "give a folder that a comparison or a sweep wrote")
    sweeps = [is_sweep(folder) for folder in (first, second)]
    if sweeps[0] != sweeps[1]:
        kinds = ["a sweep" if is_one else "a comparison" for is_one in sweeps]
        raise InputError(second, "", f"is {kinds[1]}, and {first} is {kinds[0]}", "give two of one kind")
    if sweeps[0]:
        return _of_sweeps(first, second)
    (runs, _, _, then), (other_runs, _, _, now) = read_tables(first), read_tables(second)
    try:
        inputs = _changes(dict(_in_comparison(then)), dict(_in_comparison(now))) + _of_arrangements(then, now)
    except DAMAGED as error:
        raise damaged(f"{first} or {second}", error) from None
    tables = {name: same_values(Path(first) / name, Path(second) / name) for name in TABLE_FILES}
    numbers = (_money(rows, _bodies(said)) for rows, said in ((runs, then), (other_runs, now)))
    return Contrast(inputs, tables, _ordered(_apart(*numbers)))


def _changes(then, now):
    """Kind, name and both values of what differs."""
    return [
        (*key, then.get(key), now.get(key)) for key in dict.fromkeys((*then, *now)) if then.get(key) != now.get(key)
    ]


def _in_both(said):
    """What made a result."""
    for name, number in said["versions"].items():
        yield ("version", name), number
    yield ("version", "Python"), said["python"]
    yield ("machine", ""), said["machine"].split(",")[0]  # the number of processors is no matter
    yield ("code", ""), said["code_hash"][:12]


def _in_comparison(manifest):
    """What went into a comparison, as (kind, name) and value."""
    yield from _in_both(manifest)
    for name in ("place", "families", "years"):
        yield (name, ""), manifest[name]
    yield ("future", ""), (manifest.get("future") or {}).get("id")
    yield ("seeds", ""), f"{manifest['seed']} to {manifest['seed'] + manifest['replicates'] - 1}"
    for code, item in manifest["arrangements"].items():
        yield ("arrangement", code), item["name"]
    for number, decision in enumerate(manifest["request"].get("decisions", ()), 1):
        yield ("decision", str(number)), " ".join(map(str, decision))
    for name, digest in manifest["files"].items():
        yield ("file", name), digest[:12]


def _of_arrangements(then, now):
    """Changes of rules, dials and other values; of what both have, as all of what one alone has would differ."""
    both = [code for code in then["arrangements"] if code in now["arrangements"]]
    alone = then["arrangements"].keys() ^ now["arrangements"].keys()
    found = []
    for code in both:
        rules = (
            {("rule", f"{code}: {name}"): words for name, words in said["arrangements"][code]["rules"].items()}
            for said in (then, now)
        )
        found += _changes(*rules)
    dials = [[said["arrangements"][code]["dials"] for code in both] for said in (then, now)]
    for name in dict.fromkeys(name for of_one in dials for each in of_one for name in each):
        pairs = [(a.get(name), b.get(name)) for a, b in zip(*dials, strict=True)]
        named = (
            [(name, pairs[0])]
            if len(set(pairs)) == 1
            else [(f"{name} of {code}", pair) for code, pair in zip(both, pairs, strict=True)]
        )
        found += [("value", text, *pair) for text, pair in named if pair[0] != pair[1]]
    values = (
        {("value", name): item["value"] for name, item in said["inputs"].items() if name.split(".")[0] not in alone}
        for said in (then, now)
    )
    return found + _changes(*values)


def _in_sweep(said):
    """What went into a sweep, as (kind, name) and value."""
    yield from _in_both(said)
    study = said["study"]
    for code, name in study["places"].items():
        yield ("place", code), f"{name}, {study['families'][code]:,} families"
    for kind in ("future", "arrangement"):
        for code, name in study[f"{kind}s"].items():
            yield (kind, code), name
    yield ("years", ""), study["years"]
    yield ("seeds", ""), f"{study['seeds'][0]} to {study['seeds'][-1]}"
    for name, value in (study["until"] or {}).items():
        yield ("until", name), value
    for name, value in study["settings"].items():
        yield ("value", name), value
    for axis in study["axes"]:
        yield ("axis", axis["name"]), axis.get("values", axis.get("range"))
    for name, digest in study["files"].items():
        yield ("file", name), digest[:12]


def _bodies(manifest):
    return {code: tuple(item["bodies"]) for code, item in manifest["arrangements"].items()}


def _money(runs, bodies):
    """Sums of money of all agencies: a row an arrangement and measure, a column a seed."""
    numbers = by_seed(runs.assign(replicate=runs["seed"]), bodies)
    numbers = numbers[numbers.index.get_level_values("agency") == ALL].droplevel("agency")
    return numbers[numbers.index.get_level_values("measure").isin(MONEY)]


def _apart(then, now):
    """Means and difference of each number that is in both and not the same."""
    keys = then.index.intersection(now.index, sort=False)
    then, now = then.loc[keys].sort_index(axis=1), now.loc[keys].sort_index(axis=1)
    paired = list(then.columns) == list(now.columns)
    table = pd.DataFrame({"a": then.mean(axis=1), "b": now.mean(axis=1)}, keys)
    table["difference"] = table["b"] - table["a"]
    spread = interval((now - then).to_numpy())[:, 1:] if paired else np.full((len(keys), 3), np.nan)
    table[["low", "high", "n"]] = spread
    table["n"] = table["n"].astype("Int64")
    differs = (then.to_numpy() != now.to_numpy()).any(axis=1) if paired else table["difference"] != 0
    return table[differs].reset_index()


def _ordered(table):
    """The largest differences first."""
    return table.iloc[np.argsort(-table["difference"].abs().to_numpy(), kind="stable")].reset_index(drop=True)


def _of_sweeps(first, second):
    """The contrast of two sweeps, point by point of the same settings."""
    folders = Path(first), Path(second)
    said = [read_study(folder) for folder in folders]
    for folder in folders:
        for name in SWEEP_TABLES:
            if not (folder / name).is_file():
                raise InputError(folder, name, "is missing: the sweep is not done", "give its command again")
    tables = {name: filecmp.cmp(folders[0] / name, folders[1] / name, shallow=False) for name in SWEEP_TABLES}
    try:
        inputs = _changes(*(dict(_in_sweep(one)) for one in said))
        then, now = (_Points(folder) for folder in folders)
        alone = [len(groups.keys() - other.keys()) for groups, other in permutations((then.groups, now.groups))]
        inputs += [("points", "that the other has not", *alone)] if any(alone) else []
        found = [
            pd.DataFrame({**dict(settings), **_apart(then.money(settings), now.money(settings))})
            for settings in then.groups
            if settings in now.groups and not tables["runs.parquet"]
        ]
    except DAMAGED as error:
        raise damaged(f"{first} or {second}", error) from None
    pounds = pd.concat(found, ignore_index=True) if found else _apart(*[_no_money()] * 2)
    return Contrast(inputs, tables, _ordered(pounds))


def _no_money():
    return pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["arrangement", "measure"]), dtype=float)


class _Points:
    """Runs of a sweep by what is set at their point."""

    def __init__(self, folder):
        self._file = pq.ParquetFile(folder / "runs.parquet")
        points = pd.read_parquet(folder / "points.parquet").set_index("point")
        points = points.drop(columns=["seeds", "reached"], errors="ignore")
        described = [
            tuple((name, value) for name, value in row.items() if pd.notna(value)) for _, row in points.iterrows()
        ]
        groups = range(self._file.num_row_groups)
        numbers = [self._file.metadata.row_group(group).column(0).statistics.min for group in groups]
        self.groups = {described[number]: group for group, number in zip(groups, numbers, strict=True)}

    def money(self, settings):
        """Of the point with some settings; see :func:`_money`."""
        return _money(self._file.read_row_group(self.groups[settings]).to_pandas(), {})

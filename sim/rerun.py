"""A result again: run from its manifest alone and compared byte by byte, or drawn from its tables."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sim.api import Comparison
from sim.core.faults import InputError, shown
from sim.core.folders import reserve_files_in
from sim.cost_benefit.at_place import incentives_again
from sim.experiments.folder import is_experiment
from sim.results import files
from sim.results.differences import bases, by_seed, differences
from sim.results.files import same_values, write_tables
from sim.results.manifest import TABLE_FILES, made_by
from sim.results.swept import is_sweep
from sim.studies.again import digest, read_asked, study_of
from sim.studies.arguments import check_numbers
from sim.studies.executors import HERE
from sim.studies.run import carry_out

SAME = "the same bytes"


@dataclass(frozen=True)
class Reproduction:
    """A result run again.

    Attributes
    ----------
    comparison : Comparison
        The rerun.
    verdicts : dict of str to str
        What came of each table, by file; SAME where its bytes agree.
    changes : list of str
        In what the code, its data and the machine differ from those that made the result.
    """

    comparison: Comparison
    verdicts: dict
    changes: list

    @property
    def agrees(self):
        """Whether the bytes of every table agree."""
        return set(self.verdicts.values()) == {SAME}

    def statement(self):
        """Lines that say what came of each table, and what may be why."""
        lines = [f"{name:17} {verdict}" for name, verdict in self.verdicts.items()]
        lines += [
            f"failed            seed {item.seed}: {item.failure.in_brief()}"
            for item in self.comparison.done
            if item.failure
        ]
        lines += [f"changed since     {change}" for change in self.changes]
        if not (self.agrees or self.changes):
            lines.append("Neither versions, code, data nor machine have changed since, as far as the manifest says.")
        return lines


def reproduce(folder, workers=1, progress=None):
    """Run a result again from its manifest alone and compare the bytes of its tables; nothing is written into it.

    Parameters
    ----------
    folder : path
        A result of ``listsim demo``, ``compare`` or ``run``, or of ``Comparison.write``.
    workers : int
    progress : callable, optional
        As in :func:`sim.compare`.

    Returns
    -------
    Reproduction

    Raises
    ------
    InputError
        If the folder has no manifest that says what a rerun needs.
    """
    if not isinstance(folder, str | os.PathLike):
        raise InputError("folder", "", f"{shown(folder)} is not a path", "give the folder of a result")
    check_numbers(workers=workers)
    for kind, theirs in (("a sweep", is_sweep(folder)), ("an experiment", is_experiment(folder))):
        if theirs:
            remedy = f"give the command that began it, with --out {folder}, which goes on with it"
            raise InputError(folder, "", f"is the folder of {kind}, which is not run again from its manifest", remedy)
    manifest = read_asked(folder)
    study = study_of(folder, manifest)
    again = Comparison.of(study, carry_out(study, workers, progress), manifest["request"].get("than"))
    with tempfile.TemporaryDirectory(prefix="listsim-") as fresh:
        write_tables(fresh, again)
        verdicts = {
            name: _verdict(Path(folder) / name, Path(fresh) / name, manifest["tables"].get(name))
            for name in TABLE_FILES
        }
    return Reproduction(again, verdicts, _changes(manifest, study.request.hashes))


def redraw(folder):
    """Draw the report of a finished run or sweep again, and the workbook of a run; all of it or nothing is written.

    Parameters
    ----------
    folder : str or path

    Returns
    -------
    list of str
        What the report leaves out, and why, a line each.

    Raises
    ------
    InputError
    """
    left_out = []

    def draw(new):
        try:
            if is_sweep(folder):
                from sim.report.swept import write_swept

                write_swept(folder, new)
            else:
                left_out.extend(_draw_comparison(folder, new))
        except files.DAMAGED as error:
            if isinstance(error, OSError):  # the disk, not the tables
                raise
            raise files.damaged(folder, error) from error

    with reserve_files_in(folder) as reserved:
        reserved.finish(draw)
    return left_out


def _draw_comparison(folder, new):
    """Draw the report and the workbook of a comparison, and work out ``incentives.json`` where there is none; what is left out, as a list."""
    from sim.report.drawn import draw
    from sim.report.findings import Findings

    runs, flows, summary, manifest = files.read_tables(folder)
    why, said, shares = files.read_beside(folder)
    found, left_out = (None, []) if said else incentives_again(folder, manifest, os.cpu_count())
    files.write_incentives(new, found)
    bodies = {code: item["bodies"] for code, item in manifest["arrangements"].items()}
    than = bases(manifest["request"].get("than"), list(bodies)) if "request" in manifest else list(bodies)[:1]
    apart = differences(by_seed(runs, bodies), than)
    told = runs, flows, summary, apart, files.read_decisions(folder), manifest
    draw(new, Findings(*told, why, said or files.read_incentives(new), shares), HERE)
    return left_out


def check_apart(folder, out):
    """Refuse to keep a rerun in, or around, the result it is compared with.

    Raises
    ------
    InputError
    """
    result, kept = Path(folder).resolve(), Path(out).resolve()
    if kept.is_relative_to(result) or result.is_relative_to(kept):
        raise InputError("--out", out, f"is not apart from {folder}", "give a folder of its own")


def _verdict(old, new, recorded):
    """What came of one table: the file of the result, that of the rerun, and the hash the manifest has of the former."""
    content = new.read_bytes()
    if not old.is_file():
        return "missing from the folder"
    if old.read_bytes() == content:
        return SAME
    if recorded == digest(content):
        return "changed since it was written; the rerun gives the bytes that were written"
    return "the same values, in other bytes" if same_values(old, new) else "other values"


def _changes(then, hashes):
    """In what the code, its data and the machine differ from what a manifest says; a line each."""
    now = made_by()
    lines = [
        f"{name} was {then['versions'].get(name, 'not recorded')}, is {number}"
        for name, number in now["versions"].items()
        if then["versions"].get(name) != number
    ]
    for key, label in (("python", "Python"), ("machine", "the machine")):
        was, number = (
            str(side.get(key)).split(",")[0] for side in (then, now)
        )  # the number of processors is no matter
        if was != number:
            lines.append(f"{label} was {was}, is {number}")
    if then.get("code_hash") != now["code_hash"]:
        lines.append(f"listsim's code and data are others{_commits(then, now)}")
    files = [name for name, digest in hashes.items() if then["files"].get(name) != digest]
    files += [name for name in then["files"] if name not in hashes]
    if files:
        lines.append("shipped files are others: " + ", ".join(sorted(files)))
    return lines


def _commits(then, now):
    """The commits of two manifests, where both are known."""
    if not (then.get("git_commit") and now["git_commit"]):
        return ""
    was, number = (
        str(side["git_commit"])[:10] + (" with changes not committed" if side.get("git_dirty") else "")
        for side in (then, now)
    )
    return f": commit was {was}, is {number}"

"""Running a result again from its manifest alone, and saying whether its tables come out the same, byte by byte."""

import os
import tempfile
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from sim.api import Comparison, compare
from sim.core.faults import InputError, shown
from sim.results.files import same_values, write_tables
from sim.results.manifest import TABLE_FILES, made_by, read_manifest
from sim.studies.request import Request, lay_out

SAME = "the same bytes"
AS_WRITTEN = "give a manifest as listsim wrote it"
_SHAPE = {
    "arrangements": list,
    "place": str,
    "settings": dict,
    "seed": int,
    "replicates": int,
    "years": int,
    "families": int,
    "decisions": list,
    "programmes": list,
}


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
    path = Path(folder) / "manifest.json"
    manifest = _read(path)
    request, options = _asked(path, manifest)
    again = _run_again(path, request, options, workers, progress)
    with tempfile.TemporaryDirectory(prefix="listsim-") as fresh:
        write_tables(fresh, again.runs, again.flows, again.summary, again.decisions, again.events)
        verdicts = {
            name: _verdict(Path(folder) / name, Path(fresh) / name, manifest["tables"].get(name))
            for name in TABLE_FILES
        }
    return Reproduction(again, verdicts, _changes(manifest, again.study.request.hashes))


def check_apart(folder, out):
    """Refuse to keep a rerun in, or around, the result it is compared with.

    Raises
    ------
    InputError
    """
    result, kept = Path(folder).resolve(), Path(out).resolve()
    if kept.is_relative_to(result) or result.is_relative_to(kept):
        raise InputError("--out", out, f"is not apart from {folder}", "give a folder of its own")


def _read(path):
    try:
        manifest = read_manifest(path.parent)
    except (ValueError, RecursionError) as error:
        raise InputError(path, "", f"cannot be read ({type(error).__name__})", "give the folder of a result") from None
    if not isinstance(manifest, dict) or "request" not in manifest:
        raise InputError(
            path, "request", "is missing: listsim 0.1 did not write what a rerun needs", "run its command again"
        )
    return manifest


def _asked(path, manifest):
    """What the result of a manifest was read from, and what else was asked for."""
    for table in ("request", "own_files", "files", "tables", "versions"):
        if not isinstance(manifest.get(table), dict):
            raise InputError(path, table, "is missing or has the wrong type", AS_WRITTEN)
    asked = {"decisions": [], "programmes": [], **manifest["request"]}
    for key, kind in _SHAPE.items():
        if not isinstance(asked.get(key), kind) or isinstance(asked[key], bool):
            raise InputError(path, f"request.{key}", "is missing or has the wrong type", f"give {kind.__name__}")
    future = asked.get("future")  # older manifests have none
    if not isinstance(future, str | None):
        raise InputError(path, "request.future", "has the wrong type", "give str, or null")
    texts = manifest["own_files"]
    for name, text in texts.items():
        if not isinstance(text, str) or _digest(text.encode("utf-8", "surrogatepass")) != manifest["files"].get(name):
            raise InputError(path, f"own_files: {name}", "is not the text its hash was made of", AS_WRITTEN)
    names, own = (tuple(map(str, asked[key])) for key in ("arrangements", "programmes"))
    request = Request(names, asked["place"], texts, manifest["files"], future, asked["decisions"], own)
    return request, {key: asked[key] for key in ("settings", "seed", "replicates", "years", "families")}


def _digest(content):
    return sha256(content).hexdigest()


def _run_again(path, request, options, workers, progress):
    """The comparison that a request asks for, read from its own texts and the shipped files."""
    with tempfile.TemporaryDirectory(prefix="listsim-") as folder:
        try:
            arrangements, place, future, programmes = lay_out(request, folder)
        except (OSError, ValueError) as error:
            problem = f"cannot be written out ({type(error).__name__})"
            raise InputError(path, "own_files", problem, AS_WRITTEN) from None
        try:
            again = compare(
                arrangements,
                place,
                **options,
                workers=workers,
                progress=progress,
                future=future,
                decisions=request.decisions,
                programmes=programmes,
            )
        except InputError as error:
            said = str(error).replace(f"{folder}/here/", "").replace(folder, "")
            raise InputError(path, "", f"is refused ({said})", "install the version that wrote it") from None
        read = again.study.request
        for name in read.texts:
            if not Path(os.path.abspath(name)).is_relative_to(folder):
                raise InputError(
                    path,
                    name,
                    "is named by its full path, so that its text here is not read",
                    "name it from the file that names it and run again",
                )
    shipped = {name: digest for name, digest in read.hashes.items() if name not in read.texts}
    own = {name: digest for name, digest in request.hashes.items() if name in request.texts}
    asked = replace(request, hashes=shipped | own)
    return replace(again, study=replace(again.study, request=asked))


def _verdict(old, new, recorded):
    """What came of one table: the file of the result, that of the rerun, and the hash the manifest has of the former."""
    content = new.read_bytes()
    if not old.is_file():
        return "missing from the folder"
    if old.read_bytes() == content:
        return SAME
    if recorded == _digest(content):
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

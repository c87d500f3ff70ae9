"""The manifest of a result: what ran, on what, by which code, and all that is needed to run it again."""

import json
import os
import platform
import subprocess
import tomllib
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sim.core.input_files import read_text
from sim.core.text import json_text
from sim.core.versions import version_of

TABLE_FILES = (
    "runs.parquet",
    "flows.parquet",
    "summary.csv",
    "years.csv",
    "decisions_by_kind.csv",
    "differences.csv",
    "decisions.parquet",
    "events.parquet",
)
VERSIONS = ("listsim", "mesa", "numba", "numpy", "pandas", "pyarrow")


def read_manifest(folder):
    """The manifest of a folder.

    Raises
    ------
    InputError
        If it is no file, or far too large.
    ValueError, RecursionError
        If it is no JSON.
    """
    return json.loads(read_text(Path(folder) / "manifest.json", "JSON", "give the folder of a result"))


def write_manifest(folder, study, bodies, than, command=None, report=True):
    """Write ``manifest.json`` into a folder that holds the tables.

    Parameters
    ----------
    folder : path
    study : studies.study.Study
        Of one point.
    bodies : dict of str to tuple of str
        Joint bodies of each arrangement.
    than : sequence of str
        Arrangements that the others are compared with.
    command : list of str, optional
        Words of the command line; None for a run from Python.
    report : bool
        Whether a report is drawn at once.
    """
    request, seed, replicates = study.request, study.seeds[0], len(study.seeds)
    settings = study.points[0]
    manifest = {
        "command": command,
        "report": report,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        **made_by(),
        "request": {
            "arrangements": request.arrangements,
            "place": request.place,
            "settings": settings,
            "seed": seed,
            "replicates": replicates,
            "years": study.years,
            "families": study.families,
            "future": request.future,
            "decisions": request.decisions,
            "programmes": request.programmes,
            "than": list(than),
            "uncertainty": study.uncertainty,
        },
        "future": _future(study.future),
        "study_hash": study.hash,
        "place": study.place.id,
        "place_name": study.place.name,
        "agencies": {agency.id: agency.name for agency in study.place.agencies},
        "families": study.families,
        "years": study.years,
        "seed": seed,
        "replicates": replicates,
        "settings": settings,
        "arrangements": {inputs.arrangement.id: _arrangement(inputs, bodies) for inputs in study.inputs()},
        "tables": {name: sha256((Path(folder) / name).read_bytes()).hexdigest() for name in TABLE_FILES},
        "files": request.hashes,
        "own_files": request.texts,
        "inputs": {name: _plain(item) for name, item in study.quantities().items()},
    }
    (Path(folder) / "manifest.json").write_text(json_text(manifest), encoding="utf-8")


def _arrangement(inputs, bodies):
    item = inputs.arrangement
    return {
        "name": item.name,
        "source": item.source,
        "differs": item.differs,
        "rules": item.rules.in_words(),
        "bodies": list(bodies.get(item.id, ())),
        "dials": inputs.dials,
    }


def _future(future):
    """What a future says, each value with its source; None where there is none."""
    if future is None:
        return None
    values = {name: {"value": value, "source": future.sources[name]} for name, value in future.values.items()}
    return {"id": future.id, "name": future.name, "text": future.text, "source": future.source, "values": values}


def _plain(item):
    return {
        "value": item.value,
        "unit": item.unit,
        "price_year": item.price_year,
        "low": item.low,
        "high": item.high,
        "source": item.source,
    }


def made_by():
    """Versions, machine and code that make results here, as the manifest says them."""
    package = Path(__file__).resolve().parents[1]
    commit, dirty = source_commit(package)
    return {
        "versions": {name: version_of(name) for name in VERSIONS},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "git_commit": commit,
        "git_dirty": dirty,
        "code_hash": code_hash(package),
    }


def code_hash(package):
    """SHA-256 over all code and data of a package, by path; the same on every machine.

    Hidden files, caches and the form of line ends do not count.
    """
    total, paths = sha256(), {}
    for folder, inner, names in os.walk(package):
        inner[:] = (name for name in inner if not name.startswith(".") and name != "__pycache__")
        seen = (Path(folder, name) for name in names if not name.startswith("."))
        paths |= {path.relative_to(package).as_posix(): path for path in seen}
    for name, path in sorted(paths.items()):
        total.update(f"{name}\0".encode())
        total.update(sha256(path.read_bytes().replace(b"\r\n", b"\n")).digest())
    return total.hexdigest()


def source_commit(package):
    """Commit of the package's own source tree, and whether tracked files of the package have changed since.

    Parameters
    ----------
    package : path
        Folder of the package.

    Returns
    -------
    tuple of str and bool
        ``(None, None)`` where the package is not used from its own source tree: installed, say, in an environment
        that lies inside another repository, whose commit says nothing of this code.
    """
    root = Path(package).parent
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
        if project != "listsim":
            return None, None
        top, commit = _git(package, "rev-parse", "--show-toplevel", "HEAD").splitlines()
        if Path(top).resolve() != root.resolve():
            return None, None
        _git(package, "ls-files", "--error-unmatch", "__init__.py")
        changes = _git(package, "--no-optional-locks", "status", "--porcelain", "--untracked-files=no", "--", ".")
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError):
        return None, None
    return commit, bool(changes.strip())


def _git(folder, *words):
    """What git says in a folder, whatever repository the caller's environment points it to."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *words], capture_output=True, text=True, cwd=folder, env=environment, timeout=5, check=True
    )
    return done.stdout

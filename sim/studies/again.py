"""The study of a result, read again from its manifest alone: the user's own files may be gone."""

import os
import tempfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from sim.core.faults import InputError
from sim.results.manifest import read_manifest
from sim.studies.request import Request, lay_out
from sim.studies.study import load_study
from sim.studies.uncertainty import with_uncertainty

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


def read_asked(folder):
    """The manifest of a result, if it says what another run needs.

    Raises
    ------
    InputError
    """
    path = Path(folder) / "manifest.json"
    try:
        manifest = read_manifest(path.parent)
    except (ValueError, RecursionError) as error:
        raise InputError(path, "", f"cannot be read ({type(error).__name__})", "give the folder of a result") from None
    if not isinstance(manifest, dict) or "request" not in manifest:
        raise InputError(
            path, "request", "is missing: listsim 0.1 did not write what a rerun needs", "run its command again"
        )
    return manifest


def study_of(folder, manifest):
    """The study that a manifest tells of, read from the texts it holds and the shipped files.

    Parameters
    ----------
    folder : path
        Of the result; only named where something is wrong.
    manifest : dict
        As :func:`read_asked` gives it.

    Returns
    -------
    Study

    Raises
    ------
    InputError
    """
    path = Path(folder) / "manifest.json"
    request, options = _asked(path, manifest)
    with tempfile.TemporaryDirectory(prefix="listsim-") as laid:
        try:
            arrangements, place, future, programmes = lay_out(request, laid)
        except (OSError, ValueError) as error:
            problem = f"cannot be written out ({type(error).__name__})"
            raise InputError(path, "own_files", problem, AS_WRITTEN) from None
        beside = {"future": future, "decisions": request.decisions, "programmes": programmes}
        try:
            study = load_study(arrangements, place, **options, **beside)
        except InputError as error:
            said = str(error).replace(f"{laid}/here/", "").replace(laid, "")
            raise InputError(path, "", f"is refused ({said})", "install the version that wrote it") from None
        named = replace(study, request=_as_named(path, request, study.request, laid))
        return with_uncertainty(named, manifest["request"].get("uncertainty", "trials"))


def digest(content):
    """SHA-256 of a file's bytes, as manifests have it."""
    return sha256(content).hexdigest()


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
        if not isinstance(text, str) or digest(text.encode("utf-8", "surrogatepass")) != manifest["files"].get(name):
            raise InputError(path, f"own_files: {name}", "is not the text its hash was made of", AS_WRITTEN)
    names, own = (tuple(map(str, asked[key])) for key in ("arrangements", "programmes"))
    request = Request(names, asked["place"], texts, manifest["files"], future, asked["decisions"], own)
    return request, {key: asked[key] for key in ("settings", "seed", "replicates", "years", "families")}


def _as_named(path, request, read, laid):
    """A request with hashes of the files as they are read now, named as they were."""
    for name in read.texts:
        if not Path(os.path.abspath(name)).is_relative_to(laid):
            raise InputError(
                path,
                name,
                "is named by its full path, so that its text here is not read",
                "name it from the file that names it and run again",
            )
    shipped = {name: mark for name, mark in read.hashes.items() if name not in read.texts}
    own = {name: mark for name, mark in request.hashes.items() if name in request.texts}
    return replace(request, hashes=shipped | own)

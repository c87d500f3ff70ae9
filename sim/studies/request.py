"""What a run was read from: names as given, and the text of the user's own files, so that it can be read again."""

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from sim.arrangements.reading import files_of
from sim.core.evidence import own_deflators
from sim.core.shipped import special
from sim.place.places import TABLES

PACKAGE = Path(__file__).resolve().parents[1]
PLACE_FILES = (
    "place.toml",
    *(f"{name}.csv" for name in (*TABLES, "transitions", "coupling", "crisis", "targets", "deflators")),
)
COMMON_FILES = (
    "providers.toml",
    "investors.toml",
    "social_value.toml",
    "special.toml",
    f"arrangements/{special('twin')}.toml",
    "evidence/*.csv",
    "programmes/*.toml",
)


@dataclass(frozen=True)
class Request:
    """The place and arrangements of a run, and the files they led to as they were when they were read.

    Attributes
    ----------
    arrangements : tuple of str
        Ids of shipped ones, the user's own files as given.
    place : str
        Id of a shipped one, the user's own folder as given.
    decisions : list of list
        Listed decisions given beside files: year, party, kind, what, number.
    programmes : tuple of str
        Programmes of the run's own, the user's files as given.
    texts : dict of str to str
        The user's own files, those that others extend included, by name as given.
    hashes : dict of str to str
        SHA-256 of every file read; shipped ones by their path in the package.
    future : str or None
        Id of a shipped one, the user's own file as given.
    """

    arrangements: tuple
    place: str
    texts: dict = field(repr=False)
    hashes: dict = field(repr=False)
    future: str | None = None
    decisions: list = field(default_factory=list, repr=False)
    programmes: tuple = ()


def requested(arrangements, place, future=None, decisions=(), programmes=None):
    """The request that loaded arrangements, a loaded place and a future come from.

    Parameters
    ----------
    arrangements : list of Arrangement
    place : Place
    future : Future, optional
    decisions : tuple of Decision
        Given beside those of files.
    programmes : dict of str to Programme, optional
        Given beside those of arrangements.

    Returns
    -------
    Request
    """
    paths = [Path(place.folder) / name for name in PLACE_FILES]
    paths += [path for arrangement in arrangements for path in files_of(arrangement.file)]
    paths += [Path(future.file)] if future else []
    paths += [Path(item.decisions_file) for item in arrangements if item.decisions_file]
    given = list((programmes or {}).values())
    paths += [Path(item.file) for group in (given, *(one.own.values() for one in arrangements)) for item in group]
    paths += [own for own in map(own_deflators, paths) if own]
    paths += [path for pattern in COMMON_FILES for path in (PACKAGE / "scenarios").glob(pattern)]
    contents = {path: path.read_bytes() for path in paths if path.is_file()}
    return Request(
        tuple(_named(item.file) for item in arrangements),
        Path(place.folder).name if is_shipped(place.folder) else place.folder,
        {str(path): content.decode("utf-8") for path, content in contents.items() if not is_shipped(path)},
        {package_path(path): sha256(content).hexdigest() for path, content in sorted(contents.items())},
        _named(future.file) if future else None,
        [list(item.plain) for item in decisions],
        tuple(item.file for item in given if not is_shipped(item.file)),
    )


def _named(file):
    """A shipped file by its id, any other as it was given."""
    return Path(file).stem if is_shipped(file) else file


def is_shipped(path):
    """Whether a file comes with the package."""
    return Path(path).resolve().is_relative_to(PACKAGE)


def package_path(path):
    """A shipped file by its path inside the package, any other as it was given."""
    return Path(path).resolve().relative_to(PACKAGE).as_posix() if is_shipped(path) else str(path)


def lay_out(request, folder):
    """Write the user's own files of a request below a folder, each where the others look for it.

    Parameters
    ----------
    request : Request
    folder : path
        Nothing is written outside it, whatever the names are.

    Returns
    -------
    tuple of list of str, str, str or None, and list of str
        Arrangements, place, future and programmes to ask for.

    Raises
    ------
    OSError, ValueError
        If there can be no file of such a name.
    """
    ups = max((Path(name).parts.count("..") for name in request.texts), default=0)
    working = "/" + "here/" * (ups + 1)  # deep enough for every name that leads up

    def inside(name):
        full = os.path.normpath(os.path.join(working, os.path.splitdrive(name)[1]))
        return Path(folder) / full.lstrip("/\\")

    for name, text in request.texts.items():
        path = inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))

    def asked(name):
        return str(inside(name)) if name in request.texts else name

    own_place = str(Path(request.place) / "place.toml") in request.texts
    return (
        [asked(name) for name in request.arrangements],
        str(inside(request.place)) if own_place else request.place,
        asked(request.future),
        [asked(name) for name in request.programmes],
    )

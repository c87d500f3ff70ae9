"""Where results are written: only what listsim wrote is replaced, two runs do not meet, and all appears whole or not at all.

While a run goes on, the hidden folder ``.NAME.partial`` beside NAME keeps the name for it. In it are `new`, what is being
written; `old`, what stood there before, until `new` stands; and an empty file whose name says which process keeps it.
"""

import json
import os
import shutil
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from time import time
from unicodedata import category

from sim.core.faults import InputError, check_name
from sim.core.holders import holder, is_gone, process_of
from sim.core.versions import version_of

WORKBOOK = "tables.xlsx"
# What a comparison or a sweep writes, as patterns; and what file managers leave in a folder they have shown.
RESULT_FILES = (
    "manifest.json",
    "runs.parquet",
    "flows.parquet",
    "decisions.parquet",
    "events.parquet",
    "summary.csv",
    "years.csv",
    "decisions_by_kind.csv",
    WORKBOOK,
    "differences.csv",
    "shares.csv",
    "failures.csv",
    "incentives.json",
    "report.html",
    "figures/leaks*.svg",
    "figures/differences_*.svg",
    "figures/who_gains*.svg",
    "figures/payments_*.svg",
    "figures/by_year*.svg",
    "figures/measured*.svg",
    "figures/investors*.svg",
    "figures/incentives.svg",
    "figures/life_*.svg",
    "figures/sweep_*.svg",
    # of a sweep
    "study.json",
    "points.parquet",
    "parts/*.parquet",
    ".*_*_*_*.partial",
    "parts/.*_*_*_*.partial",
)
RESULT_FOLDERS = ("figures", "parts")
MARKS = ("manifest.json", "study.json")  # which say what listsim wrote: a sweep the second, all else the first
LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
LONG_AGO = 60  # seconds
FIT_REPORT_MARK = "written by `listsim fit-report`"  # near the beginning of a file, which says that listsim wrote it
HANDOUT_MARK = '<meta name="generator" content="listsim incentives --handout">'


class TakenError(InputError):
    """A name that somebody else has, or is about to have."""


class HeldError(TakenError):
    """A name that a process holds just now."""


class Reservation:
    """A name kept for what will be written there; leave it by ``with``, whatever happened.

    Parameters
    ----------
    path : str or path
        Where the results will stand.
    check : callable
        Given the path with its links resolved but the last; raises InputError where nothing may be put there.
    put : callable
        Given what was written, where it belongs, and where to keep what it replaces.
    is_folder : bool
    option : str
        That names it, for the error.

    Attributes
    ----------
    path : pathlib.Path
        As it was given.

    Raises
    ------
    InputError
        If nothing may be written there, now.
    """

    def __init__(self, path, check, put, is_folder=True, option="--out"):
        check_name(str(path), option, "", "text")
        with told(path):
            self._full = _full(path, option)
            self.path, self._check, self._put, self._is_folder = Path(path), check, put, is_folder
            check(self._full)
            parent = self._full.parent
            self._made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
            self._partial = None
            try:
                parent.mkdir(parents=True, exist_ok=True)
                self._partial = _take(self._full)
                check(self._full)  # another run may have ended in between
            except BaseException:
                self._leave()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._leave()

    def finish(self, write):
        """Write, and put what was written in its place.

        Parameters
        ----------
        write : callable
            Given the path of an empty folder, or of a file to make.

        Raises
        ------
        InputError
            If it cannot be written, or somebody else has put something there meanwhile.
        """
        new = self._partial / "new"
        with told(self.path):
            if self._is_folder:
                new.mkdir()
            write(new)
            try:
                self._check(self._full)
            except InputError:
                raise self._kept_apart(new, "was changed by somebody else while this ran") from None
            try:
                self._put(new, self._full, self._partial / "old")
            except PermissionError as error:  # as where a program has one of its files open
                raise self._kept_apart(new, f"cannot be replaced ({os.strerror(error.errno)})") from None

    def _kept_apart(self, new, problem):
        """The error of a name that what was written could not be given; it is kept under another."""
        spare = _next_free(f"{self._full}-{number}" for number in count(2))
        new.rename(spare)
        return InputError(self.path, "", problem, f"what was written is {spare}")

    def _leave(self):
        if self._partial is not None:
            _clear(self._partial)
        for folder in self._made:
            with suppress(OSError):  # it is in use
                folder.rmdir()


def reserve_folder(path, overwrite=False, inputs=()):
    """Keep a name for a folder of results.

    Parameters
    ----------
    path : str or path
    overwrite : bool
        Whether a folder that listsim wrote may be replaced. Nothing else ever is: not the working folder or one that
        holds it, an input, a link, nor a folder that holds anything that listsim did not write.
    inputs : iterable of str or path
        Files and folders the run reads.

    Returns
    -------
    Reservation

    Raises
    ------
    InputError
    """
    return Reservation(path, partial(check_folder, path, overwrite, sorted(map(str, inputs))), swap)


def reserve_next(command):
    """Keep the next free ``results/COMMAND-NNN``; see :func:`reserve_folder`."""
    names = (Path("results") / f"{command}-{number:03d}" for number in count(1))
    while True:
        with suppress(TakenError):
            return reserve_folder(_next_free(names))


def reserve_file(path, mark, overwrite=False, inputs=(), option="--out"):
    """Keep a name for a file that bears a mark, and replaces only another that does; see :func:`reserve_folder`."""
    check = partial(_check_file, option, path, mark, overwrite, list(inputs))
    return Reservation(path, check, lambda new, path, _: os.replace(new, path), is_folder=False, option=option)


def reserve_files_in(folder):
    """Keep a finished folder while some of its files are written again; the others stay."""
    with told(folder):
        real = os.path.realpath(_full(folder, "folder"))
    return Reservation(real, partial(_check_finished, folder), _put_each)


@contextmanager
def told(path, remedy="give one that can, where there is room"):
    """Tell what the system refuses to write as one line."""
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        raise InputError(path, "", f"cannot be written ({why})", remedy) from None


def written_by_listsim(folder, marks=MARKS):
    """What the first of some marks in a folder that listsim wrote says, or None."""
    for path in (Path(folder) / name for name in marks):
        try:
            said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        except (OSError, ValueError, RecursionError):
            return None
        versions = said.get("versions") if isinstance(said, dict) else None
        if isinstance(versions, dict) and isinstance(versions.get("listsim"), str):
            return said
    return None


def write_manifest(folder, **said):
    """Write what stands in a folder into its manifest: the version, what is said, and as ``written`` each file's hash.

    So files that are meant to be edited are told from those that were.
    """
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    written = {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
    manifest = {"versions": {"listsim": version_of("listsim")}, **said, "written": written}
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (Path(folder) / "manifest.json").write_text(text, encoding="utf-8")


def _full(path, option):
    """A path with its links resolved but the last, which shall be seen."""
    if not isinstance(path, str | os.PathLike):
        raise InputError(option, repr(path), "is not a path", "give text")
    text = os.fspath(path)
    if not text.strip() or any(category(letter) in ("Cc", "Cs") for letter in text):
        raise InputError(option, ascii(text), "is not the name of a file or folder", "give one in plain letters")
    if text.startswith("~"):
        raise InputError(option, text, "begins with ~, which only a shell reads", "write the folder out")
    path = Path(text)
    if path.name in ("", ".."):
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent)) / path.name


def check_folder(shown, overwrite, inputs, full):
    """Refuse what may not become, or be replaced by, a folder of results."""
    if _holds(full, Path.cwd()):
        raise InputError("--out", shown, "is the working folder or holds it", "give a new folder")
    for name in inputs:
        if _holds(full, name):
            raise InputError("--out", shown, f"is or holds {name}, which is read", "give another folder")
    if full.is_symlink():
        raise InputError("--out", shown, "is a link", "give another folder, or the one it leads to")
    if not full.exists():
        return
    if not full.is_dir():
        raise InputError("--out", shown, "is a file", "give a folder")
    if os.path.ismount(full):
        raise InputError("--out", shown, "is where a disk begins", "give a folder in it")
    if not any(full.iterdir()):
        return
    said = written_by_listsim(full)
    if said is None:
        raise TakenError("--out", shown, "is not empty, and holds no manifest of listsim", "give another folder")
    strange = _not_ours(full, said.get("written"))
    if strange:
        raise TakenError("--out", shown, f"holds {strange}, which listsim did not write so", "give another folder")
    if not overwrite:
        raise TakenError("--out", shown, "is not empty", "give another folder or --overwrite")


def _not_ours(folder, written):
    """The first thing in a folder that listsim did not write, or, where it noted hashes, that was changed; or None."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            known = False
        elif path.is_dir():
            known = name in RESULT_FOLDERS
        elif isinstance(written, dict) and name != "manifest.json":
            known = path.is_file() and written.get(name) == sha256(path.read_bytes()).hexdigest()
        else:
            known = path.is_file() and any(fnmatchcase(name, pattern) for pattern in RESULT_FILES)
        if path.name not in LITTER and not known:
            return name
    return None


def _check_file(option, shown, mark, overwrite, inputs, full):
    """Refuse what may not become, or be replaced by, a file with a mark."""
    if full.is_symlink():
        raise InputError(option, shown, "is a link", "give another file, or the one it leads to")
    if not full.exists():
        return
    if not full.is_file():
        raise InputError(option, shown, "is a folder or a device", "give a file")
    if any(Path(name).exists() and full.samefile(name) for name in inputs):
        raise InputError(option, shown, "is read by this command", "give another file")
    with full.open("rb") as file:
        head = file.read(2000)
    if mark.encode() not in head:
        raise TakenError(option, shown, "is a file that listsim did not write", "give another file")
    if not overwrite:
        raise TakenError(option, shown, "is there already", "give another file or --overwrite")


def _check_finished(shown, full):
    """Refuse a folder that is no finished run, or whose report is not a plain file."""
    if written_by_listsim(full) is None:
        raise InputError(shown, "", "is not a finished run", "give a folder that a comparison or a sweep wrote")
    for path in (full / "report.html", full / WORKBOOK, full / "figures", *(full / "figures").glob("*.svg")):
        if path.is_symlink() or (path.exists() and path.is_dir() != (path.name == "figures")):
            raise InputError(shown, path.name, "is not what listsim wrote", "move it away")


def _holds(outer, inner):
    """Whether a file or folder is, or lies in, another; by what the disk says, not by spelling."""
    inner = Path(os.path.realpath(inner))
    return outer.exists() and any(path.exists() and outer.samefile(path) for path in (inner, *inner.parents))


def _next_free(names):
    return next(path for path in map(Path, names) if not os.path.lexists(path))


def swap(new, path, old):
    """Put a folder in place of another; :func:`_clear` sees to the old one, whatever happens here."""
    if path.exists():
        path.rename(old)
    new.rename(path)


def _put_each(new, folder, _):
    """Put files one by one in place of those of the same name, those of the top, which are read first, last.

    But the workbook before all: a spreadsheet may have it open, and then nothing is replaced.
    """
    for path in sorted(new.rglob("*"), key=lambda path: (path.name != WORKBOOK, -len(path.parts))):
        target = folder / path.relative_to(new)
        if path.is_file():
            target.parent.mkdir(exist_ok=True)
            try:
                os.replace(path, target)
            except PermissionError as error:
                why = f"cannot be replaced ({os.strerror(error.errno)})"
                raise InputError(target, "", why, "close it where it is open, and give the command again") from None


def _take(path):
    """Make ``.NAME.partial``, which only one run can; what runs that are gone left beside it is cleared."""
    taken = path.with_name(f".{path.name}.partial")
    for left in taken.parent.glob(".*.partial"):
        _clear_left(left)
    with suppress(OSError):
        if time() - taken.stat().st_mtime > LONG_AGO:
            taken.rmdir()  # where it is empty: its process ended between two steps
    try:
        taken.mkdir()
    except FileExistsError:
        process = next(map(process_of, _owners(taken)), "unknown")
        raise HeldError(
            path,
            "",
            f"another run (process {process}) is writing it",
            f"wait for it; if it is gone, remove {taken.name}",
        ) from None
    try:
        (taken / f"owner_{holder()}").touch()
    except OSError:
        taken.rmdir()
        raise
    return taken


def _clear(taken):
    """Remove a reservation; what stood before comes back if nothing has taken its place."""
    old, path = taken / "old", taken.with_name(taken.name[1 : -len(".partial")])
    with suppress(OSError):
        if old.exists() and not os.path.lexists(path):
            old.rename(path)
        for part in (taken / "new", old):
            if part.is_dir():
                shutil.rmtree(part)
            part.unlink(missing_ok=True)
        for name in _owners(taken):
            (taken / name).unlink()
        taken.rmdir()


def _clear_left(taken):
    """Clear a reservation whose process is gone; of two who find it, one can rename its owner."""
    for name in _owners(taken):
        if is_gone(name.removeprefix("owner_")):
            with suppress(OSError):
                (taken / name).rename(taken / f"owner_{holder()}")
                _clear(taken)


def _owners(taken):
    names = [path.name for path in taken.glob("owner_*")] if not taken.is_symlink() else []
    return [name for name in names if name.count("_") == 3]

"""A file that extends another: the files of the chain are read, checked for shape and laid over one another."""

import os
from contextlib import suppress
from pathlib import Path

from sim.core.faults import InputError, shown, suggest
from sim.core.file_kinds import check_kind_of
from sim.core.input_files import read_toml

MOST_FILES = 20
_WORDS = {str: "text in quotes", list: "a list in [ ]", dict: "a table"}


def extended(path, shipped, kinds, faults):
    """What a file says, laid over what it extends.

    Parameters
    ----------
    path : Path
    shipped : Path
        Folder of the files that come with the package; a file beside the user's own goes before one of those.
    kinds : dict of str to type
        Every key a file may have, with the type of what it holds; tables are merged, all else is replaced.
    faults : Faults
        Takes unknown keys and wrong types, which are then left out.

    Returns
    -------
    tuple of (dict, dict, set)
        The whole; what is inherited; keys that some file spoilt.
    """
    whole, inherited, spoilt = {}, {}, set()
    for file, spec in reversed(chain(path, shipped)):
        inherited, spec = whole, {key: item for key, item in spec.items() if key != "extends"}
        right = _of_right_kind(file, spec, kinds, faults)
        spoilt |= set(spec) - set(right)
        tables = {key: {**whole.get(key, {}), **item} for key, item in right.items() if kinds[key] is dict}
        whole = {**whole, **right, **tables}
    return whole, inherited, spoilt


def chain(path, shipped):
    """Files with their contents, the user's own first, each extending the next."""
    links = [(path, _arrangement(path))]
    while "extends" in links[-1][1]:
        base = _base(*links[-1], shipped)
        if any(base.samefile(file) for file, _ in links):
            names = ", ".join(file.name for file, _ in links)
            raise InputError(
                path, "extends", f"goes round in a circle: {names}, {base.name}", "let one of them stand alone"
            )
        if len(links) == MOST_FILES:
            raise InputError(path, "extends", f"is a chain of more than {MOST_FILES} files", "extend fewer")
        links.append((base, _arrangement(base)))
    return links


def _arrangement(path):
    """What a file says; of all kinds of file, arrangements alone extend one another."""
    spec = read_toml(path)
    check_kind_of(path, spec, "arrangement")
    return spec


def _base(path, spec, shipped):
    """The file that one extends: by its path, one beside it, or a shipped one, which may have the file's own name."""
    name = spec["extends"]
    if not isinstance(name, str):
        raise InputError(path, "extends", f"{shown(name)} has the wrong type", "give a name in quotes")
    beside, own = (_files_in(folder) for folder in (path.parent, shipped))
    stem = name.removesuffix(".toml")
    elsewhere = path.parent / f"{stem}.toml" if Path(stem).name != stem else None
    if elsewhere is not None and os.path.isfile(elsewhere) and not elsewhere.samefile(path):
        return elsewhere
    for found in (beside.get(stem), own.get(stem)):
        if found is not None and not found.samefile(path):
            return found
    if stem in beside:
        raise InputError(path, "extends", f"{name!r} is this file itself", "name another, or leave it out")
    remedy = suggest(stem, {**beside, **own})
    if elsewhere is not None:
        remedy = "give the path of a file from this one, or the name of one in the same folder or of a shipped one"
    raise InputError(path, "extends", f"{name!r} is unknown", remedy)


def _files_in(folder):
    """TOML files of a folder by name; a link that leads nowhere is none."""
    with suppress(PermissionError), os.scandir(folder) as entries:
        names = [item.name for item in entries if not item.is_symlink() or os.path.exists(item)]
        return {name.removesuffix(".toml"): folder / name for name in names if name.endswith(".toml")}
    return {}


def _of_right_kind(path, spec, kinds, faults):
    right = {}
    for key, item in spec.items():
        with faults.kept():
            if key not in kinds:
                raise InputError(path, key, "unknown key", suggest(key, [*kinds, "extends"]))
            if not isinstance(item, kinds[key]):
                raise InputError(path, key, f"{shown(item)} has the wrong type", f"give {_WORDS[kinds[key]]}")
            right[key] = item
    return right

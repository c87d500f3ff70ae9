"""Files that come with the package, a folder a kind: each is asked for by its id, a user's own by its path."""

from pathlib import Path

from sim.core.faults import InputError, suggest
from sim.core.input_files import read_toml


def shipped_folder(kind):
    """Folder of the shipped files of a kind; or the file, where there is but one."""
    return Path(__file__).parents[1] / "scenarios" / kind


def shipped_names(folder):
    """Ids of the TOML files of a folder."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def file_of(name, folder, where):
    """Path of a TOML file, given itself or by its id in a folder.

    Parameters
    ----------
    name : str or path
    folder : Path
    where : str
        What asks for it, for the message.

    Raises
    ------
    InputError
        If it is no path of a TOML file, and the folder has none of that name.
    """
    path, names = Path(str(name)), shipped_names(folder)
    if path.suffix == ".toml":
        return path
    if str(name) not in names:
        raise InputError(where, "", f"{str(name)!r} is unknown", suggest(name, names))
    return folder / f"{name}.toml"


def special(part):
    """The shipped arrangements that have a part of their own: ``headline``, ``one_horizon``, ``side_by_side`` (lists of ids) or ``twin`` (one)."""
    return read_toml(shipped_folder("special.toml"))[part]

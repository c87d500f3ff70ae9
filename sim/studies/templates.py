"""Commented templates of the files that users write."""

from importlib.resources import files

from sim.core.faults import InputError, suggest
from sim.core.folders import told

KINDS = ("study", "programme")


def write_template(kind, path):
    """Write the template of a kind of file; nothing is ever replaced.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    path : str or path

    Raises
    ------
    InputError
    """
    if kind not in KINDS:
        raise InputError("new", kind, "there is no such template", suggest(kind, KINDS))
    text = (files("sim") / "scenarios" / "templates" / f"{kind}.toml").read_bytes()
    with told(path):
        try:
            with open(path, "xb") as file:
                file.write(text)
        except FileExistsError:
            raise InputError("new", path, "is there already", "give another name") from None

"""Settings that nothing reads: refused, as a comparison refuses them."""

from sim.core.faults import Faults, InputError


def refuse_unread(what, settings, read, programmes):
    """Refuse settings that were given and not read.

    Parameters
    ----------
    what : str
        What did not read them, by its name.
    settings : mapping of str to object
    read : dict of str to dict
        What was read of some mappings, as :class:`sim.studies.cache.Made` has it.
    programmes : collection of str
        Ids of those whose values are read.

    Raises
    ------
    InputError
        With every such setting.
    """
    known = {name for values in read.values() for name in values}
    with Faults() as faults:
        for name in settings:
            of_programme = name.startswith(tuple(f"programmes.{code}." for code in programmes))
            with faults.kept():
                if name not in known and not of_programme:
                    raise InputError("--set", name, f"nothing in {what} reads it here", "leave it out")

"""What an arrangement's file says of programmes: those of its own, given by file, and the plan of families a year."""

from pathlib import Path

from sim.core.faults import InputError, suggest
from sim.programmes.catalogue import load_programme

MOST_FAMILIES = 20_000_000  # a year of one programme


def own_programmes(links, names, faults):
    """What stands for ``programmes`` once files are ids, and the programmes of those files by id, None where one is wrong.

    Parameters
    ----------
    links : list of (path, dict)
        The arrangement's file and those it extends, own first; names of files count from the one that gives the list.
    names : list
    faults : Faults
    """
    file = next((file for file, said in links if "programmes" in said), links[0][0])
    ids, own = [], {}
    for name in names:
        if isinstance(name, str) and name.endswith(".toml"):
            found, name = str(file.parent / name), Path(name).stem
            own.setdefault(name, None)
            with faults.kept():
                own[name] = load_programme(found)
        ids.append(name)
    return {"programmes": ids} if ids else {}, own


def read_plan(path, spec, programmes, known, faults):
    """Families a year by programme; where a plan decides there must be one."""
    plan = spec.get("plan", {})
    with faults.kept():
        if not plan and "rules" in spec and spec["rules"].get("decides") == "plan":
            raise InputError(path, "plan", "is missing", "give families a year of each programme, since a plan decides")
    for name, families in plan.items():
        where = f"plan.{name}"
        with faults.kept():
            if name not in known:
                raise InputError(path, where, "unknown programme", suggest(name, known))
            if programmes and name not in programmes:
                raise InputError(path, where, "is not among programmes", "add it there, or leave it out here")
            if not isinstance(families, int) or isinstance(families, bool) or not 0 <= families <= MOST_FAMILIES:
                raise InputError(
                    path,
                    where,
                    f"{families!r} is not a number of families",
                    f"give a whole number, 0 to {MOST_FAMILIES:,}",
                )
    return plan

"""The numbers of an arrangement: which ones its answers and parts need, and which a file may give."""

from sim import rules
from sim.arrangements.fit import unread
from sim.arrangements.parts import PARTS, TERMS
from sim.core.faults import InputError, suggest
from sim.core.parameters import read_values

# Every value that some arrangement may give, with its kind.
VALUES = {name: term.kind for name, term in TERMS.items()}
for _some in (*(answer for choices in rules.CHOICES.values() for answer in choices.values()), *PARTS.values()):
    VALUES |= _some.needs


def _needed(chosen, parts):
    """Numbers that answers and parts need, with their limits."""
    return {**chosen.needs(), **{name: item for part in parts for name, item in PARTS[part].needs.items()}}


def own_values(spec, inherited, answers, chosen, parts):
    """The values of a file, without what it inherits and its own choices do not read."""
    terms, needed = unread([name for name in spec if name in TERMS], answers), _needed(chosen, parts)
    idle = {name for name in spec if name not in needed and (name in terms or name not in TERMS)}
    return {name: item for name, item in spec.items() if name not in idle or item != inherited.get(name)}


def values_of(path, spec, chosen, parts, faults):
    """Numbers of the arrangement: all that its choices and parts need, terms, and no other."""
    needed = _needed(chosen, parts)
    known = {**{name: term.kind for name, term in TERMS.items()}, **needed}
    for name in spec:
        with faults.kept():
            if name not in known:
                remedy = suggest(name, known) if needed else "remove it"
                raise InputError(path, f"value.{name}", "is not used by the chosen rules", remedy)
    wanted = {name: known[name] for name in spec if name in known}
    return read_values(spec, path, {**wanted, **needed}, faults, "value.")


def check_values(path, spec, faults):
    """The faults of a file's numbers that can be told while nobody knows which of them its choices need."""
    for name in spec:
        with faults.kept():
            if name not in VALUES:
                raise InputError(path, f"value.{name}", "is used by no rules", suggest(name, VALUES))
    read_values(spec, path, {name: VALUES[name] for name in spec if name in VALUES}, faults, "value.")

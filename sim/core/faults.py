"""The one-line error a wrong input gets, and a collector of all the faults of a file."""

import difflib
from contextlib import contextmanager

from sim.core.text import fault, printable

SHOWN_FAULTS = 5  # `check` lists them all


LONGEST_QUOTE = 600  # characters of a part of an error, which may quote what a user wrote


class InputError(Exception):
    """The input is wrong: where, what is wrong, and what would be right, in one line for each fault.

    Parameters
    ----------
    where : str or path
        File, option or command that holds the mistake.
    key : str
        Row, key or value in it; may be empty.
    problem, remedy : str
        What is wrong, and what would be right.

    Attributes
    ----------
    faults : tuple of str
        Every fault, a line each; the text of the error shows the first few.
    """

    def __init__(self, where, key, problem, remedy):
        parts = [printable(part, LONGEST_QUOTE) for part in (where, key, problem, remedy)]
        line = ": ".join([*(part for part in parts[:2] if part), "; ".join(parts[2:])])
        super().__init__(line)
        self.faults = (line,)

    @classmethod
    def of(cls, faults):
        """One error that tells several faults, each once, given as lines."""
        error = cls.__new__(cls)
        error.faults = tuple(dict.fromkeys(faults))
        error.args = ("\n".join(error.faults),)
        return error

    def __str__(self):
        shown, more = self.faults[:SHOWN_FAULTS], len(self.faults) - SHOWN_FAULTS
        return "\n".join([*shown, f"and {more} more; `listsim check` lists them all"] if more > 0 else shown)

    def __reduce__(self):
        return type(self).of, (self.faults,)


class Faults:
    """Collects the faults of a file, so that they are told in one go.

    As a context, it raises one :class:`InputError` with all of them at its end; a fault that nothing can follow ends
    it at once, and the ones collected before are told with it.

    Examples
    --------
    >>> with Faults() as faults:
    ...     for row in rows:
    ...         with faults.kept():
    ...             read(row)
    """

    def __init__(self):
        self.errors = []

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, InputError):
            self.errors.append(error)
        elif error is not None:
            return
        if len(self.errors) > 1:
            raise InputError.of(fault for error in self.errors for fault in error.faults) from None
        if self.errors:
            raise self.errors[0]

    @contextmanager
    def kept(self):
        """A part whose fault is kept while reading goes on after it."""
        try:
            yield
        except InputError as error:
            self.errors.append(error)


class UnknownParameterError(InputError):
    """A parameter that does not exist."""


def suggest(name, names):
    """A remedy that names the nearest known name, or the first few."""
    near = difflib.get_close_matches(str(name)[:LONGEST_QUOTE], [str(known) for known in names], n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    listed = sorted(map(str, names))
    return "known are " + ", ".join(listed[:12]) + (" ..." if len(listed) > 12 else "")


def check_name(text, where, key, kind="name"):
    """The text itself if it may be a name, or another kind of :func:`sim.core.text.fault`.

    Raises
    ------
    InputError
    """
    wrong = fault(text, kind)
    if wrong:
        raise InputError(where, key, *wrong)
    return text


def shown(value, most=40):
    """A value as a message shows it: as Python writes it, cut short."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "a value too large to show"
    return text if len(text) <= most else text[: most - 3] + "..."

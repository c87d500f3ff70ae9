"""What a user's TOML file is of, told by its keys, and the refusal of one where another kind is asked for."""

from sim.core.faults import InputError

# Kind, and keys of which one is enough, in the order in which they are looked for.
_TOLD_BY = (
    ("arrangement", {"rules"}),
    ("programme", {"target", "effect"}),
    ("arrangement", {"extends"}),
    ("benefit profile", {"benefit", "cost_per_case_gbp"}),
    ("future", {"dials", "path", "text"}),
    ("study", {"arrangements", "grid", "sample", "until"}),
)
_TAKEN_BY = {
    "arrangement": "give it to run or compare",
    "programme": "give it with --programme, or to trial or appraise",
    "benefit profile": "give it to appraise",
    "future": "give it with --future",
    "study": "give it to sweep",
}


def kind_of(spec):
    """What a file of some content is, or None where no key tells."""
    return next((kind for kind, keys in _TOLD_BY if keys & set(spec)), None)


def check_kind_of(path, spec, *wanted):
    """Refuse a file that is plainly of another kind than those that are wanted.

    Raises
    ------
    InputError
    """
    kind = kind_of(spec)
    if kind not in (None, *wanted):
        others = " or ".join(map(_one, wanted))
        raise InputError(path, "", f"is {_one(kind)}, not {others}", _TAKEN_BY[kind])


def _one(kind):
    return f"an {kind}" if kind == "arrangement" else f"a {kind}"

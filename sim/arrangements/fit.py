"""What fits: whether each answer, part and term of an arrangement finds what it wants, judged when its file is read."""

from sim.arrangements.parts import PARTS, ROLES, TERMS
from sim.core import codes
from sim.deals.terms import WORDS
from sim.programmes.catalogue import SECTORS
from sim.rules import CHOICES

# What may be wanted of a file, in words: roles, terms, sectors that may provide, and services.
_IN_FILE = {
    **ROLES,
    **{name: name for name in TERMS},
    **{name: f"providers of the sector {name}" for name in SECTORS},
    "outcome_lines": "services whose counts are looked at",
    "baseline": "services with what families use of them without help",
    "payers": "services with who pays a share of them",
    "charges": "services with who is charged for their use",
}


PAYING = {"payers": "cost_shares", "charges": "use_charges"}  # tables of who pays, with the parts that read them


def misfits(answers, spec):
    """What of an arrangement does not find what it wants.

    Parameters
    ----------
    answers : dict of str to tuple of str
        Names of the answers by question; several where sources of money follow one another. What is wanted of a
        question that is not answered is left open.
    spec : dict
        The rest of its file: parts, roles, value, members, sectors and outcome_lines are looked at.

    Returns
    -------
    list of tuple of str
        (key, problem, remedy) of each; empty where all fits.
    """
    offered, faults = _offered(answers, spec), []
    for question, names in answers.items():
        for name in names:
            for wanted, cure in _lacking(CHOICES[question][name].wants, offered):
                faults.append((f"rules.{question}", f"{name!r} wants {wanted}", cure))
    for name in spec.get("parts", ()):
        for wanted, cure in _lacking(PARTS[name].wants, offered):
            faults.append(("parts", f"{name!r} does nothing without {wanted}", f"leave it out, or {cure}"))
    for name in spec.get("value", ()):
        for wanted, cure in _lacking(TERMS[name].wants, offered) if name in TERMS else ():
            faults.append((f"value.{name}", f"nothing reads it without {wanted}", f"leave it out, or {cure}"))
    for key, part in PAYING.items():
        if spec.get(key) and part not in spec.get("parts", ()):
            faults.append(
                (key, f"nothing reads it without the part {part!r}", f"add {part!r} to parts, or leave it out")
            )
    if spec.get("baseline") and "stated_baseline" not in answers.get("measured", ("stated_baseline",)):
        faults.append(("baseline", "nothing reads it", "let rules.measured be stated_baseline, or leave it out"))
    gives = "transfer" in answers.get("up_front", ()) and "each_agency" in answers.get("decides", ())
    if gives and any(member in (codes.ALL, spec.get("roles", {}).get("donor")) for member in spec.get("members", ())):
        faults.append(("members", "the donor would give to itself", "name those that take part, and not the donor"))
    return faults


def unread(terms, answers):
    """Those of some terms that nothing reads where these are the answers, whatever else the file gives."""
    offered = {**_offered(answers, {}), "file": set(_IN_FILE)}
    return {name for name in terms if any(_lacking(TERMS[name].wants, offered))}


def reads(rules, word):
    """Whether an arrangement with these rules reads what only those who offer a word read; all read what asks for none."""
    return not word or any(word in item.offers.split() for group in rules.all().values() for item in group)


def table():
    """What each answer offers and wants: (question, answer, text, offers, wants) of each, in words.

    Returns
    -------
    list of tuple of str
    """
    rows = []
    for question, choices in CHOICES.items():
        for name, item in choices.items():
            wants = (f"{place}: {', '.join(words.split())}" for place, words in item.wants.items())
            rows.append((question, name, item.text, ", ".join(item.offers.split()), "; ".join(wants)))
    return rows


def _offered(answers, spec):
    """What is there, by where it is looked for: words and names of the answers to a question; what the file gives."""
    offered = {
        question: {word for name in names for word in (name, *CHOICES[question][name].offers.split())}
        for question, names in answers.items()
    }
    values = spec.get("value", ())
    if len(offered) == len(CHOICES):
        terms = [TERMS[name].offers.split() for name in values if name in TERMS]
        offered["any"] = set().union(*offered.values(), *terms)
    named = [key for key in ("outcome_lines", "baseline", *PAYING) if spec.get(key)]
    sectors = spec.get("sectors") or SECTORS
    return offered | {"file": {*spec.get("roles", {}), *values, *(name for name in SECTORS if name in sectors), *named}}


def _lacking(wants, offered):
    """Each want that is not met: what is wanted, in words, and what would meet it."""
    for place, text in wants.items():
        words = text.split()
        for word in words if place == "file" else ():
            if word not in offered[place]:
                yield _IN_FILE[word], f"give {_given_as(word)}"
        if place != "file" and place in offered and not set(words) <= offered[place]:
            yield (
                " and ".join(WORDS.get(word) or f"{word!r} for rules.{place}" for word in words),
                _cure(place, set(words)),
            )


def _given_as(word):
    """How a file gives a role, a term, a sector, or services."""
    if word in SECTORS:
        return f"{word} among sectors"
    return f"roles.{word}" if word in ROLES else f"value.{word}" if word in TERMS else word


def _cure(place, words):
    """Answers, or terms, that offer some words."""
    cures = []
    for question in CHOICES if place == "any" else (place,):
        names = [name for name, item in CHOICES[question].items() if words <= {name, *item.offers.split()}]
        if names:
            cures.append(f"let rules.{question} be {' or '.join(names)}")
    if place == "any":
        cures += [f"give value.{name}" for name, term in TERMS.items() if words <= set(term.offers.split())]
    return ", or ".join(cures)

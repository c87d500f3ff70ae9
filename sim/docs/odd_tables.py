"""The tables of ``docs/odd.md`` that say what the code declares: who acts, answers, measures, dials, worth; a function a table."""

import re
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from pkgutil import iter_modules

from sim import agents, rules
from sim.agents.party import Commissioner, Party
from sim.core.dials import DIALS
from sim.core.faults import InputError
from sim.core.pages import filled, table
from sim.record.measures import MEASURES
from sim.record.worth import load_worth

PAGE = Path(__file__).resolve().parents[2] / "docs" / "odd.md"  # in a clone


def parties():
    """Every kind of party: what it does, as its class says, and its state by name."""
    rows = []
    for module in sorted(item.name for item in iter_modules(agents.__path__)):
        for item in vars(import_module(f"sim.agents.{module}")).values():
            if _is_party(item, module):
                text, state = _documented(item.__doc__)
                rows.append((_spaced(item.__name__), text, ", ".join(state), f"`agents/{module}.py`"))
    return _table(("party", "what it is and does", "state of its own", "where"), rows)


def answers():
    """The answers to the seven questions, each with its words."""
    rows = []
    for question, choices in rules.CHOICES.items():
        asked = import_module(f"sim.rules.{_module_of(choices)}").__doc__.partition(":")[0]
        rows += [(asked, f"`{question}`", f"`{name}`", choice.text) for name, choice in choices.items()]
    return _table(("question", "in a file", "answer", "what it says"), rows)


def measures():
    """Every output measure: unit, finest rows, how it adds up over the years, meaning."""
    rows = [(f"`{item.name}`", item.unit, item.by, item.adds_up, item.meaning) for item in MEASURES.values()]
    return _table(("measure", "unit", "by", "over the years", "meaning"), rows)


def dials():
    """Every dial: default, range, unit, meaning, source."""
    rows = []
    for dial in DIALS.values():
        scope = ", ".join(dial.choices) if dial.choices else f"{dial.low:g} to {dial.high:g}"
        default = dial.default if dial.choices else f"{dial.default:g}"
        rows.append((f"`{dial.name}`", default, scope, dial.unit, dial.text, dial.source))
    return _table(("dial", "default", "range", "unit", "meaning", "source"), rows)


def worth():
    """What outcomes are worth: whose, of what, pounds of 2010/11, range, grade, source."""
    known, rows = load_worth(), []
    for name, item in known.values.items():
        outcome = next((one for one in known.outcomes if one.id == name), None)
        whose = " and ".join(filter(None, (outcome.whom, outcome.rest))) if outcome else ""
        measure, grade = (f"`{outcome.measure}`", str(outcome.grade)) if outcome else ("", "")
        at = f"{outcome.need or outcome.event} {', '.join(map(str, outcome.levels))}".strip() if outcome else ""
        scope = f"{_number(item.low * item.to_base)} to {_number(item.high * item.to_base)}"
        rows.append((f"`{name}`", measure, whose, at, _number(item.base_value), scope, item.unit, grade, item.source))
    heads = ("value", "makes", "who gains", "of what (levels)", "2010/11", "range", "unit", "grade", "source")
    return _table(heads, rows)


def not_valued():
    """What has no value, and why."""
    return _table(("what", "why, or where it stands"), list(load_worth().not_valued.items()))


TABLES = {
    "parties": parties,
    "answers": answers,
    "measures": measures,
    "dials": dials,
    "worth": worth,
    "not valued": not_valued,
}


def stale():
    """Names of the tables of the page that are not what the code declares now.

    Raises
    ------
    InputError
        If this is no clone, or a table's marks are gone.
    """
    text = _read()
    return [name for name, make in TABLES.items() if _filled(text, {name: make()}) != text]


def write():
    """Put the tables into the page.

    Raises
    ------
    InputError
        As :func:`stale`.
    """
    text = _filled(_read(), {name: make() for name, make in TABLES.items()})
    PAGE.write_text(text, encoding="utf-8")


def _read():
    if not PAGE.is_file():
        raise InputError(
            "docs", "", "there is no docs/odd.md here", "call it in a clone of listsim, not an installed one"
        )
    return PAGE.read_text(encoding="utf-8")


def _filled(text, tables):
    for name in tables:
        if text.count(f"<!-- {name} -->\n") != 1 or text.count(f"<!-- end of {name} -->") != 1:
            raise InputError(
                PAGE, name, "has lost its marks", f"put <!-- {name} --> and <!-- end of {name} --> back, once"
            )
    return filled(text, **tables)


def _is_party(item, module):
    """Whether a module's name is that of a kind of party that it defines, and that stands for somebody."""
    kind = isinstance(item, type) and issubclass(item, Party) and item.__module__ == f"sim.agents.{module}"
    return kind and item not in (Party, Commissioner)


def _documented(text):
    """First paragraph of a class's docstring, and the names of its attributes."""
    text = cleandoc(text)
    first = text.partition("\n\n")[0].replace("\n", " ")
    part = re.search(r"^Attributes\n-+\n(.*)", text, flags=re.DOTALL | re.MULTILINE)
    named = re.findall(r"^(\w[\w, ]*)(?: : .*)?$", part[1], flags=re.MULTILINE) if part else []
    return first, [name.replace("_", " ") for line in named for name in line.split(", ")]


def _spaced(name):
    """A class's name as words: ``ListTrust`` is a list trust."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _module_of(choices):
    """The module of rules whose answers these are."""
    return next(name for name in dir(rules) if getattr(getattr(rules, name), "CHOICES", None) is choices)


def _number(value):
    """To four digits, written out."""
    return f"{float(f'{value:.4g}'):,.12g}"


def _table(heads, rows):
    return table(heads, [[str(cell).replace("|", "\\|") for cell in row] for row in rows], aligned="---")

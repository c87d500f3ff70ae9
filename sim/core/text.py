"""Names are text: what may be one, and how it is shown on a screen, in a figure, a page, a table and a file name."""

import json
import re
import unicodedata
from collections import Counter
from hashlib import sha256

# Marks that join letters and emoji, and the tags of flags (Wales): they do not print, and names need them.
_JOINERS = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}
_UNPRINTED = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_BREAKS = "\n\t"
_UNUSUAL = re.compile("[^ -~]")  # all others print: looked at one by one, long texts would take tenths of a second
# What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection), wide forms included.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001
# Most characters of each kind of text.
LONGEST = {"name": 200, "id": 64, "file": 64, "source": 2000, "text": 4000}


def prints(char):
    """Whether a character shows as itself: no control, no override of direction, no half of a pair, no non-character."""
    if char in _JOINERS:
        return True
    code = ord(char)
    return not (unicodedata.category(char) in _UNPRINTED or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF)


def fault(text, kind):
    """What is wrong with a text that a user's file gives, and what would be right; or None.

    Parameters
    ----------
    text : object
        As read.
    kind : str
        ``name`` (of anything, in words), ``id`` (what other files call it by), ``file`` (a name that serves as an id: of
        a file, a folder or a neighbourhood), ``source`` (a source or a unit) or ``text`` (longer, lines may break).

    Returns
    -------
    tuple of str, or None
        Problem and remedy, as :class:`sim.core.faults.InputError` takes them.
    """
    if not isinstance(text, str):
        return f"{text!r} has the wrong type", "give text in quotes"
    if len(text) > LONGEST[kind]:
        return f"has {len(text):,} characters", f"give at most {LONGEST[kind]}"
    unusual = _UNUSUAL.findall(text)
    hidden = [char for char in unusual if not prints(char) and not (kind in ("source", "text") and char in _BREAKS)]
    if hidden:
        return f"{text!r} holds U+{ord(hidden[0]):04X}, which does not print", "take it out"
    if kind in ("name", "id", "file") and not any(unicodedata.category(char)[0] in "LNPS" for char in text):
        return f"{text!r} is blank", "give a name"
    if kind == "id" and not re.fullmatch(r"\w[\w-]*", text):
        return f"{text!r} is no plain id", "give letters, digits, _ and -, such as home_office"
    if kind == "file" and not re.match(r"\w", text):
        return f"{text!r} does not begin with a letter or digit", "rename it"
    if kind == "source" and text.startswith(_FORMULA):
        return f"{text!r} looks like a formula to a spreadsheet", "begin with a letter or digit"
    return None


def printable(text, most=None):
    """One line that no terminal obeys: breaks become blanks, what does not print its code; the middle cut if it is long."""
    text = str(text)
    if most and len(text) > most:
        text = f"{text[: most * 2 // 3]} ... {text[-most // 4 :]}"
    return _UNUSUAL.sub(lambda char: " " if char[0].isspace() else _as_shown(char[0]), text)


def _as_shown(char):
    """A character that prints, or an escape for it that is ASCII, and right in JSON."""
    return char if prints(char) else json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def cut(text, most):
    """A text of at most so many characters, which says so where it was longer."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def distinct(names, most=None):
    """Names by id as they are shown: printable, cut if asked, with the id where two would look alike.

    Parameters
    ----------
    names : dict of str to str
    most : int, optional
        Characters.

    Returns
    -------
    dict of str to str
    """
    shown = {code: cut(printable(name), most) if most else printable(name) for code, name in names.items()}
    times = Counter(shown.values())
    return {code: f"{name} ({printable(code)})" if times[name] > 1 else name for code, name in shown.items()}


def cell(value):
    """A value of a table: a text that a spreadsheet would take for a formula gets a quote before it; numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def file_name(code):
    """Part of a file name for an id: itself where it is plain, else its plain letters and a mark that tells it from others."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", code)
    return plain if plain == code else f"{plain[:40]}-{sha256(code.encode(errors='replace')).hexdigest()[:8]}"


def markdown(text):
    """A text as Markdown shows it, in a table too."""
    return re.sub(r"([\\`*|<\[])", r"\\\1", printable(text))


def json_text(thing):
    """Indented JSON in which letters are themselves and what does not print is an escape."""
    text = json.dumps(thing, indent=1, ensure_ascii=False, default=float)  # numpy's numbers as numbers
    return _UNUSUAL.sub(lambda char: char[0] if char[0] == "\n" else _as_shown(char[0]), text) + "\n"


def same_name(name):
    """A name without what a spelling may differ in: capitals and spaces."""
    return " ".join(name.split()).casefold()

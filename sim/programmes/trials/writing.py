"""Solved effects put into programme files: their numbers and source in place of the old ones, every other line as it was."""

import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path

from sim.core.faults import InputError
from sim.core.folders import write_manifest
from sim.core.input_files import read_text

_VALUE = r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^#"'\s][^#"']*?)"""  # on one line: a text in quotes, or a number


def numbers(solved):
    """What the file says of a solved effect, by key."""
    null = " (null)" if solved.finding.published.null else ""
    return {
        "value": solved.value,
        "se": solved.se,
        "low": solved.low,
        "high": solved.high,
        "source": f"fitted: trials:{solved.row}{null}",
    }


def with_effects(text, effects, path):
    """A programme file's text with the effects on some needs replaced.

    Parameters
    ----------
    text : str
    effects : dict of str to dict
        :func:`numbers` by need.
    path : path
        For messages.

    Raises
    ------
    InputError
        If an effect is not written with a key a line.
    """
    lines = text.splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if line.lstrip().startswith("[")] + [len(lines)]
    for start, end in pairwise(starts):
        if re.match(r"\s*\[\[\s*effect\s*\]\]", lines[start]):
            new = effects.get(tomllib.loads("".join(lines[start + 1 : end])).get("need"), {})
            for key, value in new.items():
                _replace(lines, range(start + 1, end), key, value)
    changed = "".join(lines)
    if _expected(text, effects) != tomllib.loads(changed):
        raise InputError(
            path, "effect", "is not written in a way that can be changed", "give each key a line of its own"
        )
    return changed


def _replace(lines, rows, key, value):
    for i in rows:
        found = re.fullmatch(rf"(\s*{key}\s*=\s*){_VALUE}(\s*(?:#.*)?\r?\n?)", lines[i])
        if found:
            lines[i] = f"{found[1]}{_toml(value)}{found[3]}"


def _toml(value):
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else f"{value:.4f}".rstrip("0").rstrip(".")


def _expected(text, effects):
    """What the file must say once it is changed."""
    spec = tomllib.loads(text)
    for row in spec["effect"]:
        row |= {
            key: value if isinstance(value, str) else round(value, 4)
            for key, value in effects.get(row["need"], {}).items()
        }
    return spec


def write_fits(programmes, solved, folder):
    """Write programmes with their solved effects into a folder, and a manifest that says what was written.

    Parameters
    ----------
    programmes : list of Programme
    solved : list of Solved
        Of all of them; those that could not be solved leave their effect as it was.
    folder : path

    Returns
    -------
    list of str
        Names of the programme files.
    """
    for programme in programmes:
        effects = {item.need: numbers(item) for item in solved if item.programme == programme.id and not item.problem}
        text = read_text(programme.file, "TOML", "save it as UTF-8")
        path = Path(folder) / f"{programme.id}.toml"
        path.write_text(with_effects(text, effects, programme.file), encoding="utf-8", newline="")
    write_manifest(folder, fitted_from={programme.id: programme.file for programme in programmes})
    return [f"{programme.id}.toml" for programme in programmes]

"""Arrangements that differ from another in an answer: a file that says only that, and the commands that write and run it."""

import json
from pathlib import Path


class Altered:
    """Arrangements that a page may run: shipped ones, a user's files, and either with answers replaced.

    Parameters
    ----------
    folder : path
        Where files of arrangements with answers replaced are written.
    given : dict of str to str
        Files that a user gave, by id.
    """

    def __init__(self, folder, given=()):
        self._folder, self.given = Path(folder), dict(given)

    def file_of(self, arrangement, answers):
        """What to run for an arrangement with some answers replaced: an id, or a file that is there."""
        base = self.given.get(arrangement, arrangement)
        if not answers:
            return base
        path = self._folder / f"{arrangement}_{'_'.join(answers.values())}.toml"
        if not path.is_file():
            extends = str(Path(base).resolve()) if arrangement in self.given else base
            path.write_text(_text(extends, arrangement, answers), encoding="utf-8")
        return str(path)

    def script(self, batches, line):
        """Commands that come to the same in a shell of their own, files that they need included.

        Parameters
        ----------
        batches : list of Batch
        line : callable
            (batch, names of files by where they stand here) -> a command line.
        """
        lines, own = [], {}
        for batch in batches:
            for name in batch.arrangements:
                if Path(name).parent == self._folder and name not in own:
                    own[name] = Path(name).name
                    lines += [f"cat > '{own[name]}' <<'END'", Path(name).read_text(encoding="utf-8") + "END"]
        return "\n".join([*lines, *(line(batch, own) for batch in batches)])


def _text(extends, arrangement, answers):
    said = ", ".join(f"{question} {answer}" for question, answer in answers.items()).replace("_", " ")
    head = {
        "extends": extends,
        "name": f"{arrangement}: {said}",
        "differs": f"It answers one question otherwise: {said}.",
    }
    lines = [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in head.items()]
    return "\n".join([*lines, "", "[rules]", *(f'{question} = "{answer}"' for question, answer in answers.items()), ""])

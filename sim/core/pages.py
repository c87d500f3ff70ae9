"""Pages in Markdown whose tables commands fill in, each between two marks."""


def table(heads, rows, aligned="---:"):
    """A table in Markdown, the first column to the left and the rest to the right, or as asked."""
    rule = ["---", *[aligned] * (len(heads) - 1)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (heads, rule, *rows)) + "\n"


def filled(text, **tables):
    """A page's text with tables put between their marks, ``<!-- NAME -->`` and ``<!-- end of NAME -->``.

    Raises
    ------
    ValueError
        If a mark does not stand there once.
    """
    for mark, content in tables.items():
        start, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
        before, rest = text.split(start)
        _, after = rest.split(end)
        text = before + start + "\n" + content + "\n" + end + after
    return text

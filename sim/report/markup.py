"""A page of HTML that stands alone: style, texts as they are shown, figures within."""

import html
import re

from sim.core.text import printable

_STYLE = """
body{font:16px/1.55 system-ui,sans-serif;color:#1b1b1b;background:#fff;max-width:72rem;margin:2rem auto;padding:0 1.2rem}
h1{font-size:1.7rem;margin:0 0 .2rem}h2{font-size:1.25rem;margin:2.2rem 0 .6rem;border-bottom:1px solid #ccc}
p.lead{font-size:1.05rem}figure{margin:1rem 0;overflow-x:auto}figure svg{max-width:100%;min-width:36rem;height:auto}
figcaption{color:#444;font-size:.92rem}table{border-collapse:collapse;font-size:.88rem;width:100%}
th,td{border-bottom:1px solid #ddd;padding:.25rem .5rem;text-align:right;vertical-align:top}
th:first-child,td:first-child,td.text,th.text{text-align:left}code{background:#f3f3f3;padding:.1rem .3rem}
th,h1,h2,li,figcaption,code{overflow-wrap:anywhere}.points{display:block;overflow-x:auto}.points th{overflow-wrap:normal}
details{overflow-x:auto}
pre{background:#f3f3f3;padding:.5rem .8rem;overflow-x:auto}
@media print{body{max-width:none;margin:0}h2{break-after:avoid}figure,tr{break-inside:avoid}details{display:block}}
"""


def escaped(text):
    """A text as HTML shows it, between tags and in an attribute alike."""
    return html.escape(printable(text))


class Page:
    """A page in the making.

    Parameters
    ----------
    title : str
    """

    def __init__(self, title):
        self.title = title
        self.parts = [f"<h1>{escaped(title)}</h1>"]

    def add(self, text):
        """Add HTML."""
        self.parts.append(text)

    def figure(self, title, caption, path):
        """Add a figure from its SVG file; title and caption are its text alternative."""
        svg = path.read_text(encoding="utf-8")
        svg = re.sub("<[^>]*>", lambda tag: _own_ids(tag[0], path.stem), svg[svg.index("<svg") :])
        svg = svg.replace("<svg", f'<svg role="img" aria-label="{escaped(title + ". " + caption)}"', 1)
        self.add(f"<h2>{escaped(title)}</h2><figure>{svg}<figcaption>{escaped(caption)}</figcaption></figure>")

    def text(self):
        """The whole page."""
        head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escaped(self.title)}</title>'
        return f'<!doctype html><html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{"".join(self.parts)}</body></html>\n'


def _own_ids(tag, figure):
    """A tag of a figure whose ids are its own in a page of many; texts between tags stay as they are."""
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{figure}-", tag)

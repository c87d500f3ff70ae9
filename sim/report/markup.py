"""A page of HTML that stands alone: style, texts as they are shown, figures within."""

import html
import json
import re

from sim.core.text import printable

_STYLE = """
*{box-sizing:border-box}body{font:16px/1.55 system-ui,sans-serif;color:#1b1b1b;background:#fff;max-width:76rem;margin:1.5rem auto;padding:0 1rem}
h1{font-size:1.7rem;margin:0 0 .2rem}h2{font-size:1.25rem;margin:2.2rem 0 .6rem;border-bottom:1px solid #ccc}
h3{font-size:1rem;margin:1rem 0 .2rem}p.lead{font-size:1.05rem}ul{padding-left:1.2rem;margin:.2rem 0}
figure{margin:.6rem 0}figure svg{display:block;max-width:100%;height:auto}figure.wide{overflow-x:auto}figure.wide svg{min-width:44rem}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:.4rem 1.2rem;align-items:start}.panels figure{max-width:29rem}
figcaption,.caption{color:#444;font-size:.92rem}table{border-collapse:collapse;font-size:.88rem;width:100%}.scroll{overflow-x:auto;position:relative}
.scroll{background:linear-gradient(90deg,#fff 50%,#fff0) 0 0/2rem 100% no-repeat local,linear-gradient(270deg,#fff 50%,#fff0) 100% 0/2rem 100% no-repeat local,linear-gradient(90deg,#0005,#0000) 0 0/.8rem 100% no-repeat scroll,linear-gradient(270deg,#0005,#0000) 100% 0/.8rem 100% no-repeat scroll}
@media screen and (max-width:30rem){.scroll:has(thead th:nth-child(5))::before{content:"Scroll sideways for all columns \\2192";display:block;position:sticky;left:0;width:max-content;color:#444;font-size:.88rem}}
th,td{border-bottom:1px solid #ddd;padding:.25rem .5rem;text-align:right;vertical-align:top}thead{display:table-header-group}
th:first-child,td:first-child,td.text,th.text{text-align:left}code{background:#f3f3f3;padding:.1rem .3rem}
h1,h2,h3,li,p,figcaption,code,summary{overflow-wrap:anywhere}.points th{overflow-wrap:normal}th{font-weight:600}
details{margin:.4rem 0}dfn{font-style:normal;border-bottom:1px dotted #555}
pre{background:#f3f3f3;padding:.5rem .8rem;overflow-x:auto}:focus-visible{outline:2px solid #0072b2}
@page{size:A4;margin:14mm}
.paper{display:none}
@media print{body{max-width:none;margin:0;padding:0;font-size:9.5pt;line-height:1.4}h2{margin:1.2rem 0 .4rem}h2,h3,summary,.caption{break-after:avoid}figure,tr,table.whole,li,.caption{break-inside:avoid}.panels{break-before:avoid}
.scroll,figure.wide{overflow:visible;background:none}figure.wide svg{min-width:0}.panels{grid-template-columns:1fr 1fr}table{font-size:7pt;line-height:1.25}th,td{padding:.08rem .2rem}.text,.values td{overflow-wrap:anywhere}
.paper{display:block}.values{columns:2;column-gap:5mm}.values table{font-size:5.8pt;table-layout:fixed}.values :is(th,td):last-child{display:none}.values :is(th,td):first-child{width:45%}
.dials :is(th,td):first-child{width:22%}.values :is(th,td):nth-child(2){width:12%}.values :is(th,td):nth-child(4){width:17%}summary{font-weight:600}
details::details-content{content-visibility:visible;display:block;height:auto}details>*{display:block}}
"""


_WHOLE = 30  # rows of a table that fits on a sheet of paper


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
        """Add a wide figure from its SVG file; title and caption are its text alternative."""
        svg = _svg(path, f"{title}. {caption}")
        self.add(
            f"<h2>{escaped(title)}</h2><figure class='wide' tabindex='0' role='group' aria-label='{escaped(title)}'>{svg}"
            f"<figcaption>{escaped(caption)}</figcaption></figure>"
        )

    def panels(self, title, caption, drawn):
        """Add small figures that stand side by side where there is room, each with a text alternative of its own.

        Parameters
        ----------
        title, caption : str
        drawn : list of tuple of str and path
            What each shows, and its SVG file.
        """
        shown = "".join(f"<figure>{_svg(path, text)}</figure>" for text, path in drawn)
        self.add(f"<h2>{escaped(title)}</h2><p class='caption'>{escaped(caption)}</p><div class='panels'>{shown}</div>")

    def text(self):
        """The whole page."""
        head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escaped(self.title)}</title>'
        return f'<!doctype html><html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{"".join(self.parts)}</body></html>\n'


def table(heads, rows, texts=1):
    """A table of cells that are HTML already; the first columns are text. It may be wider than the page."""
    head = "".join(f"<th scope='col'{_text(i, texts)}>{cell}</th>" for i, cell in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{_text(i, texts)}>{cell}</td>" for i, cell in enumerate(row)) + "</tr>" for row in rows
    )
    whole = " class='whole'" if len(rows) <= _WHOLE else ""
    return f"<div class='scroll' tabindex='0'><table{whole}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _text(column, texts):
    return " class='text'" if column < texts else ""


def marked(sentence):
    """A sentence as HTML, in which each number says where it stands."""
    return "".join(_number(part) if not isinstance(part, str) else escaped(part) for part in sentence)


def _number(number):
    where = escaped(json.dumps([number.table, number.column, *number.key]))
    return f'<data value="{where}">{html.escape(number.text)}</data>'


def _svg(path, text):
    """A figure from its SVG file, whose ids are its own and whose text alternative is given."""
    svg = path.read_text(encoding="utf-8")
    svg = re.sub("<[^>]*>", lambda tag: _own_ids(tag[0], path.stem), svg[svg.index("<svg") :])
    return svg.replace("<svg", f'<svg role="img" aria-label="{escaped(text)}"', 1)


def _own_ids(tag, figure):
    """A tag of a figure whose ids are its own in a page of many; texts between tags stay as they are."""
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{figure}-", tag)

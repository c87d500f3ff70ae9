"""Plain HTML controls, each with a label that a screen reader says and a keyboard reaches; texts are texts, never markup."""

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

_VALUE = "(event) => emit(event.target.value)"
_CHECKED = "(event) => emit(event.target.checked)"


def element(tag, text=None, classes="", **attributes):
    """An HTML element, with a text before what else is put in; underscores in names of attributes are hyphens."""
    made = Element(tag) if text is None else TextElement(tag=tag, text=text)
    made.classes(classes)
    for name, value in attributes.items():
        made.props[name.strip("_").replace("_", "-")] = value
    return made


def choice(label, options, value, on_change, **attributes):
    """A list to choose from.

    Parameters
    ----------
    label : str
    options : dict of str to str
        Words of each value.
    value : str
    on_change : callable
        (value).
    **attributes
    """
    with element("label", label, "field"):
        made = element("select", value=value, **attributes)
        made.on("change", lambda event: on_change(event.args), js_handler=_VALUE)
        with made:
            for key, words in options.items():
                element("option", words, value=key, selected=key == value)
    return made


def number(label, value, span, on_change, hint=""):
    """A number to type; empty where it may be left out."""
    with element("label", label, "field"):
        made = element("input", type="number", value=value, min=span[0], max=span[1], placeholder=hint)
        made.on("change", lambda event: on_change(event.args), js_handler=_VALUE)
    return made


def slider(label, value, span, step, ends, on_change):
    """A slider whose value is told beside it, and in words at its ends."""
    with element("div", classes="slider"):
        made = element("input", type="range", min=span[0], max=span[1], step=step, value=value, aria_label=label)
        shown = element("output", f"{value:g}")
        with element("div", classes="ends"):
            element("span", ends[0])
            element("span", ends[1])

    def tell(event):
        shown.text = f"{float(event.args):g}"

    made.on("input", tell, js_handler=_VALUE, throttle=0.05)
    made.on("change", lambda event: on_change(event.args), js_handler=_VALUE)
    return made


def check(label, value, on_change):
    """A box to tick."""
    with element("label", classes="check"):
        made = element("input", type="checkbox", checked=value)
        made.on("change", lambda event: on_change(bool(event.args)), js_handler=_CHECKED)
        element("span", label)
    return made


def button(text, on_click, classes="", **attributes):
    """A button."""
    made = element("button", text, classes, type="button", **attributes)
    return made.on("click", on_click, args=[])


def link(text, address, classes="", **attributes):
    """A link."""
    return element("a", text, classes, href=address, **attributes)


def table(title, heads, rows, cell):
    """A table that scrolls in a frame of its own where it is too wide.

    Parameters
    ----------
    title : str
    heads : list of str
    rows : list of list
        The first of each is its name.
    cell : callable
        Draws one of the others within its place.
    """
    with element("div", classes="frame", tabindex="0", role="region", aria_label=title), element("table"):
        element("caption", title)
        with element("thead"), element("tr"):
            for head in heads:
                element("th" if head else "td", head, **({"scope": "col"} if head else {}))
        with element("tbody"):
            for first, *others in rows:
                with element("tr"):
                    element("th", first, scope="row")
                    for other in others:
                        with element("td"):
                            cell(other)

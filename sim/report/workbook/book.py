"""A workbook and its sheets: text that is never a formula, formulas that carry their value, one look, A4 pages.

The same calls give the same bytes: what a workbook says of when it was made is a fixed day.
"""

from datetime import datetime
from io import BytesIO

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from sim.core.text import cell, printable
from sim.record.measures import MONEY

MADE = datetime(2011, 4, 1)  # the first day after the year whose pounds all money is in
LINE = 15  # points
_FILLED = 0.9  # of a line, before the word that does not fit
LANDSCAPE_WIDTH = 150  # characters across an A4 page at full size, beyond which a sheet is printed smaller
_POUNDS = '£#,##0;[Red]-£#,##0;"–"'  # noqa: RUF001
_PENNIES = "£#,##0.00;[Red]-£#,##0.00;£0.00"
# Number formats by kind; what is money by the pound is known to the penny and beyond, as a click on its cell shows.
_NUMBERS = {
    "pounds": _POUNDS, "pennies": _PENNIES, "count": "#,##0;[Red]-#,##0;0", "rate": "0.000;[Red]-0.000;0.000",
    "share": "0.0%", "tenths": "0.0;[Red]-0.0;0.0", "factor": "0.0000", "plain": "General",
}  # fmt: skip
_LOOKS = {
    "": {},
    "total": {"bold": True, "top": 1},
    "input": {"bg_color": "#FFF2CC", "font_color": "#1F3864", "border": 1, "locked": False},
    "sum": {"bold": True},
    "number": {"align": "center", "font_color": "#7F7F7F"},
    "check": {"italic": True, "font_color": "#595959", "align": "right"},
}
_TEXTS = {
    "": {"text_wrap": True, "valign": "top"},
    "line": {},
    "title": {"bold": True, "font_size": 15, "font_color": "#1F3864"},
    "section": {"bold": True, "font_size": 12, "font_color": "#1F3864"},
    "words": {"text_wrap": True, "valign": "top"},
    "note": {"font_color": "#595959", "text_wrap": True, "valign": "top"},
    "head": {"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"},
    "total": {"bold": True, "top": 1},
    "check": {"italic": True, "font_color": "#595959"},
    "key": {"font_color": "#7F7F7F", "font_size": 8},
}


def kind_of(measure):
    """How a number of a measure is written: see :meth:`Sheet.number`."""
    if measure.unit == MONEY:
        return "pounds"
    return "rate" if "share" in measure.unit or measure.digits > 1 else "count"


class Book:
    """A workbook in memory."""

    def __init__(self):
        self._bytes = BytesIO()
        plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(self._bytes, plain)
        self._book.set_properties({"title": "listsim: tables of a comparison", "created": MADE})
        self._formats = {}

    def sheet(self, name, widths, title, note, about):
        """A new sheet, which stands after those before it.

        Parameters
        ----------
        name : str
            On its tab.
        widths : iterable of float
            Of its columns, in characters.
        title, note : str
            In its first two rows.
        about : str
            What is in it, for the sheet of contents.
        """
        return Sheet(self, self._book.add_worksheet(name), list(widths), title, note, about)

    def name(self, name, sheet, first, last):
        """Give a name to cells of a sheet, from (row, column) to (row, column), by which formulas call them."""
        cells = ":".join(xl_rowcol_to_cell(*place, row_abs=True, col_abs=True) for place in (first, last))
        self._book.define_name(name, f"='{sheet.name}'!{cells}")

    def format(self, **look):
        """A format, made once."""
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(look)
        return self._formats[key]

    def bytes(self):
        """The file's content; nothing can be written any more."""
        self._book.close()
        return self._bytes.getvalue()


class Sheet:
    """A sheet: rows and columns count from 0, as in :mod:`xlsxwriter`."""

    def __init__(self, book, sheet, widths, title, note, about):
        self.name, self.about, self._book, self._sheet = sheet.name, about, book, sheet
        self._widths, self._lines = widths, {}
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.hide_gridlines(2)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&RPage &P of &N")
        self.text(0, 0, title, "title")
        self.paragraph(1, note, "note")

    def head(self, row, labels, freeze=None, height=32):
        """A row of column heads, which stays in view and is repeated on each page where `freeze` is given.

        Parameters
        ----------
        row : int
        labels : iterable of str
        freeze : int, optional
            Columns that stay in view too.
        height : float
            In points.
        """
        self._sheet.set_row(row, height)
        for column, label in enumerate(labels):
            self.text(row, column, label, "head")
        if freeze is not None:
            self._sheet.freeze_panes(row + 1, freeze)
            self._sheet.repeat_rows(row)

    def filter(self, first, last):
        """Let readers choose rows by what columns hold, from (row, column) to (row, column)."""
        self._sheet.autofilter(*first, *last)

    def text(self, row, column, text, look=""):
        """Text, whatever it begins with; its row is as high as it needs where it has no look of its own."""
        text = printable(text) if text else ""
        lines = 1 if look else -(-len(text) // int(self._widths[column] * _FILLED))
        if lines > self._lines.get(row, 1):
            self._lines[row] = lines
            self._sheet.set_row(row, LINE * lines)
        quoted = {"quote_prefix": True} if cell(text) != text else {}
        self._sheet.write_string(row, column, text, self._book.format(**_TEXTS[look], **quoted))

    def paragraph(self, row, text, look="words"):
        """Text that runs over as many columns as a page is wide."""
        columns = 0
        while columns < len(self._widths) and sum(self._widths[:columns]) < LANDSCAPE_WIDTH:
            columns += 1
        lines = -(-len(text) // int(sum(self._widths[:columns]) * _FILLED))
        self._sheet.set_row(row, LINE * max(1, lines))
        if columns > 1:
            self._sheet.merge_range(row, 0, row, columns - 1, "", self._book.format(**_TEXTS[look]))
        self.text(row, 0, text, look)

    def number(self, row, column, value, kind, look=""):
        """A number; n/a where it is not known.

        Parameters
        ----------
        row, column : int
        value : float
        kind : str
            ``pounds``, ``pennies``, ``count``, ``rate``, ``share``, ``tenths``, ``factor`` or ``plain``.
        look : str
            ``total``, ``sum``, ``input``, ``number`` (of a row) or ``check``.
        """
        if value is None or value != value:
            self._sheet.write_string(row, column, "n/a", self._book.format(align="right", **_LOOKS[look]))
        else:
            self._sheet.write_number(row, column, value, self._look(kind, look))

    def formula(self, row, column, formula, value, kind, look=""):
        """A formula and the value it has now, a number or a text; other arguments as of :meth:`number`."""
        value = value + 0.0 if isinstance(value, float) else value  # no sign on nought
        self._sheet.write_formula(row, column, f"={formula}", self._look(kind, look), value)

    def link(self, row, column, sheet):
        """A link to another sheet."""
        look = self._book.format(font_color="#0563C1", underline=1, valign="top")
        self._sheet.write_url(row, column, f"internal:'{sheet.name}'!A1", look, sheet.name)

    def _look(self, kind, look):
        return self._book.format(num_format=_NUMBERS[kind], **_LOOKS[look])


def wide_enough(*pounds):
    """Width of a column, in characters, for amounts as the kind ``pounds`` shows them, in bold."""
    most = max((abs(value) for value in pounds if value == value), default=0.0)
    return max(12, len(f"-£{most:,.0f}") + 3)


def at(row, column, fixed=""):
    """A cell's address; `fixed` holds ``r`` or ``c`` for what stays when a formula is copied."""
    return xl_rowcol_to_cell(row, column, row_abs="r" in fixed, col_abs="c" in fixed)


def span(first, last):
    """Addresses from a (row, column) to another."""
    return f"{at(*first)}:{at(*last)}"

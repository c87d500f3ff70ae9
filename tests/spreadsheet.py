"""Workbooks as a spreadsheet reads them: what their cells say, and what they say once worked out afresh."""

import subprocess

from openpyxl import load_workbook


def shown(path):
    """What each cell shows without working anything out: value by sheet and address."""
    book = load_workbook(path, data_only=True)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for row in sheet
        for cell in row
        if cell.value is not None
    }


def formulas(path):
    """Formula of each cell that holds one, by sheet and address."""
    book = load_workbook(path)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for row in sheet
        for cell in row
        if cell.data_type == "f"
    }


def recalculated(path, folder, **changes):
    """What each cell shows after LibreOffice has worked out every formula, of which none has a value of its own before.

    Parameters
    ----------
    path, folder : pathlib.Path
        The workbook, and an empty folder to work in.
    **changes
        New numbers of cells that have a name.
    """
    book = load_workbook(path)
    for name, value in changes.items():
        ((title, address),) = book.defined_names[name].destinations
        book[title][address.replace("$", "").partition(":")[0]] = value
    bare = folder / "bare.xlsx"
    book.save(bare)  # which leaves values of formulas out
    assert not shown(bare).keys() & formulas(path).keys()
    words = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "xlsx"]
    subprocess.run([*words, "--outdir", folder / "done", bare], check=True, capture_output=True, timeout=120)
    return shown(folder / "done" / "bare.xlsx")

"""The tables of a comparison as a workbook, ``tables.xlsx``."""

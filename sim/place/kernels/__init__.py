"""Compiled loops over families: arrays in, arrays out, nothing else.

Families stand in one structure of arrays, sorted by neighbourhood. Every kernel works on whole neighbourhoods, so
threads may share them out in any way and the result is the same to the bit. Plain-Python twins are in
``tests/oracle.py``. Section numbers refer to docs/odd.md.
"""

from sim.place.kernels.access import PATTERNS, ServiceTables, Showing, screen, spread
from sim.place.kernels.ages import EntryTables, age_families
from sim.place.kernels.columns import FRAILTY_CLASSES, QUARTERS_OF_AGE, RING, SLOTS, Columns, rows_of
from sim.place.kernels.crisis import CrisisTables
from sim.place.kernels.events import EventTables, happen
from sim.place.kernels.needs import NeedTables, OfferTables, move_needs
from sim.place.kernels.queues import admit
from sim.place.kernels.uptake import (
    Applicants,
    Invitation,
    Places,
    Referred,
    Target,
    applicants,
    as_referred,
    enrol,
    list_like,
    on_programmes,
)
from sim.place.kernels.use import use_by_group, use_by_row, use_of_rows, use_of_services

__all__ = [
    "FRAILTY_CLASSES",
    "PATTERNS",
    "QUARTERS_OF_AGE",
    "RING",
    "SLOTS",
    "Applicants",
    "Columns",
    "CrisisTables",
    "EntryTables",
    "EventTables",
    "Invitation",
    "NeedTables",
    "OfferTables",
    "Places",
    "Referred",
    "ServiceTables",
    "Showing",
    "Target",
    "admit",
    "age_families",
    "applicants",
    "as_referred",
    "enrol",
    "happen",
    "list_like",
    "move_needs",
    "on_programmes",
    "rows_of",
    "screen",
    "spread",
    "use_by_group",
    "use_by_row",
    "use_of_rows",
    "use_of_services",
]

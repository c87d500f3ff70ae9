"""Codes of the parties that are no agency or department of a place: one account each in the ledger, and one home here.

The accounts outside a place stand in :mod:`sim.core.ledger`; providers and investors are called as their files say.
"""

ALL = "all"  # every agency, in files and in results

POOL = "pool"
LIST = "list"
CENTRE = "centre"
PARTNERSHIP = "partnership"
ISSUERS = "issuers"
CONSORTIUM = "consortium"
ONE_BODY = "one_body"
LEAD = "lead"
PARTNERS = "partners"
PLAN = "plan"
VEHICLE = "vehicle"
BANK = "bank"
MONITOR = "monitor"
EVIDENCE_UNIT = "evidence_unit"
BROKER = "broker"

# Who gains beside those with an account: outcomes come to them, and no money does.
FAMILIES = "families"
VICTIMS = "victims"

PARTIES = frozenset(
    {
        POOL,
        LIST,
        CENTRE,
        PARTNERSHIP,
        ISSUERS,
        CONSORTIUM,
        ONE_BODY,
        LEAD,
        PARTNERS,
        PLAN,
        VEHICLE,
        BANK,
        MONITOR,
        EVIDENCE_UNIT,
        BROKER,
        FAMILIES,
        VICTIMS,
    }
)


def board(neighbourhood):
    """Code of the board of a neighbourhood."""
    return f"board_{neighbourhood}"

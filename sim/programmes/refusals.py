"""Why a body does not buy a programme, in words that decisions, screens and reports share (docs/odd.md, 6.4)."""

REFUSED = "refused: "  # what a list asked for and could not be

# From furthest from a purchase to nearest: each is looked at where none before it holds.
CLOSED = "not agreed yet"
ABSENT = "for needs that the place does not have"
POWER = "outside its powers"
ACCREDITED = "not accredited"
NOBODY = "with nobody like the target"
PROVIDER = "without a provider that has room"
VALUE = "not worth the price"
CHANCE = "too unlikely to gain"
FEASIBLE = "not feasible as a bond"
PILOT = "stopped after the pilot"
CONSENT = "without a department's consent"
FEW = "for fewer families than a project takes"
MONEY = "without money for as many as a project takes"
BUYERS = "without buyers of bonds"
REASONS = (
    CLOSED,
    ABSENT,
    POWER,
    ACCREDITED,
    NOBODY,
    PROVIDER,
    VALUE,
    CHANCE,
    FEASIBLE,
    PILOT,
    CONSENT,
    FEW,
    MONEY,
    BUYERS,
)


def within(reason, years):
    """A reason that holds for a horizon of some years."""
    return f"{reason} within {years:.3g} year{'' if years == 1 else 's'}"


def nearness(text):
    """How near to a purchase a reason is; it may go on in words of its own."""
    return next(i for i, reason in enumerate(REASONS) if text.startswith(reason))

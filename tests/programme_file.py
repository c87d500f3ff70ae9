"""A programme's file that is right, for tests to spoil or to fill."""

QUANTITY = (
    '[{name}]\nvalue = {value}\nunit = "{unit}"\nlow = {low}\nhigh = {high}\nsource = "assumption: a test"\n{more}\n'
)


def quantity(name, value, low, high, unit="ratio", more=""):
    """A table of a quantity."""
    return QUANTITY.format(name=name, value=value, low=low, high=high, unit=unit, more=more)


HEAD = """name = "Conference"
commissioners = ["council"]
sectors = ["in_house", "community"]
evidence_grade = 2
notes = "One meeting."

[target]
needs = ["safeguarding"]
level_from = 2
level_to = 3
at_least = 1
age_from = 0
age_to = 17
"""
VALUES = {
    "cost_per_family": quantity("cost_per_family", 1500, 700, 3000, "GBP/family", 'price_year = "2010/11"\nbelieved = 1200'),
    "duration": quantity("duration", 1, 1, 2, "quarters"),
    "half_life": quantity("half_life", 1.5, 0.5, 4, "years"),
    "engagement": quantity("engagement", 0.6, 0.4, 0.9, "chance"),
    "most_reached": quantity("most_reached", 0.3, 0.05, 0.8, "share"),
    "case_finding": quantity("case_finding", 0.5, 0, 2),
    "share_emerging": quantity("share_emerging", 0, 0, 1, "share"),
    "share_entrenched": quantity("share_entrenched", 0.4, 0, 1, "share"),
    "share_crisis": quantity("share_crisis", 0.6, 0, 1, "share"),
    **{f"weight_{level}": quantity(f"weight_{level}", 1, 0, 1.5) for level in ("emerging", "entrenched", "crisis")},
    **{f"weight_age_{band}": quantity(f"weight_age_{band}", 1, 0, 1) for band in ("0_4", "5_9", "10_15", "16_18", "19_25")},
}  # fmt: skip
EFFECT = """[[effect]]
need = "safeguarding"
on = "both"
value = -0.61
se = 0.22
low = -1.05
high = -0.18
source = "fitted: trials:FGC-1"
believed = 0.2
"""
TRIALS = """
[[trial]]
row = "FGC-1"
fixes = "safeguarding"
endpoint = "share_at"
lines = ["foster_care", "residential_care"]
scale = "difference"

[[trial]]
row = "FGC-2"
endpoint = "window"
window = 6
need = "safeguarding"
level_from = 3
months = 24
sense = "better"
scale = "ratio"

[[trial]]
row = "FGC-4"
not_emulated = "living arrangements are not told apart"
"""
PROGRAMME = HEAD + "\n" + "\n".join(VALUES.values()) + EFFECT + TRIALS

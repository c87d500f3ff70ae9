"""What becomes of a deficit that nothing of a body's own covers. An entry here is all that a new rule takes."""


def _section_114(agency, gap):
    """The finance officer reports that spending exceeds resources; exceptional support is the last step, and is repaid."""
    agency.report_section_114(gap)
    agency.model.decisions.taken(agency.code, "support", gap, "deficit", "covered by its department")
    _supported(agency, gap)


def _breach(agency, gap):
    """A limit is breached: the department finds the money, and takes it from what it pays later."""
    agency.noted["limit_breaches"] += 1
    agency.model.decisions.taken(agency.code, "breach", gap, "limit", "covered by its department")
    _supported(agency, gap)


def _licensed(agency, gap):
    """The deficit is licensed and carried forward: next year's income pays for it first."""
    agency.noted["licensed_deficit"] += gap
    agency.model.decisions.taken(agency.code, "license", gap, "deficit", "carried forward")


def _supported(agency, gap):
    agency.department.support(agency, gap)
    agency.to_recover += gap
    agency.noted["exceptional_support"] += gap


# Rule of an agency in ``place.toml`` -> (agency, pence).
CHOICES = {"section_114": _section_114, "breach": _breach, "licensed": _licensed}

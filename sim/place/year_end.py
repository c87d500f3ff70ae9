"""What becomes of an agency's underspend at the year end. An entry here is all that a new rule takes."""

# Rule of an agency in ``place.toml`` -> (dials) -> share of the underspend that it keeps.
CHOICES = {
    "keep": lambda dials: 1.0,
    "return": lambda dials: dials["agencies.carry_forward_share"],
}

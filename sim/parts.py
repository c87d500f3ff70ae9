"""Parts that any arrangement may use, each switched on by its file: name, words, and the numbers each needs.

What a part does stands where it acts; the code asks ``arrangement.has(name)``.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A part an arrangement may use.

    Attributes
    ----------
    text : str
    needs : dict of str to float
        Numbers the arrangement must give, with their least values.
    manages : bool
        Whether it changes the management of services, so that a second twin with it and no programmes is run.
    """

    text: str
    needs: dict = field(default_factory=dict)
    manages: bool = False


PARTS = {
    "tax_relief": Part("investors' capital brings tax relief, which the Treasury pays"),
    "pooled_cohorts": Part("outcomes of all its cohorts of a year are judged together"),
}

# Who plays a part in the arrangement, by agency or department.
ROLES = {
    "lead": "the agency that decides for the others",
    "donor": "the agency whose money goes to another",
    "centre": "the department that commissions or pays for outcomes",
}

"""Whose benefit counts: (body) -> weight of each service line's benefit."""

import numpy as np

from sim.core.kinds import SHARE
from sim.deals.terms import Benefit


def lines_of(model, agencies):
    """What some agencies pay of each line: float (lines,)."""
    return model.payers.weights[[model.index["agencies"][agency.code] for agency in agencies]].sum(axis=0)


def _own(body):
    return lines_of(body.model, [body])


def _members(body):
    return lines_of(body.model, body.members())


def _members_weighted(body):
    """The lead's own services in full, other members' at a lower weight."""
    other = body.model.arrangement.get("other_weight")
    return other * _members(body) + (1 - other) * lines_of(body.model, [body.lead])


def _place(body):
    return np.ones(len(body.model.lines), bool)


def _centre(body):
    """Lines of the agencies of the department that takes the centre's role."""
    return lines_of(body.model, [a for a in body.model.agencies if a.spec.department == body.model.centre().code])


def _priorities(body):
    """Benefit of each line by how much more its need is felt here than in the whole place."""
    return body.priorities()[list(body.model.lines.need)]


CHOICES = {
    "own": Benefit(_own, "only the body's own services", wants={"decides": "services"}),
    "members": Benefit(_members, "the services of all members"),
    "each_own": Benefit(
        _members, "each agency its own services, and what the centre pays at cost through it", centre=True
    ),
    "members_weighted": Benefit(
        _members_weighted,
        "the services of all members, the lead's own more",
        {"other_weight": SHARE},
        wants={"decides": "led"},
    ),
    "place": Benefit(_place, "all services of the place"),
    "local_priorities": Benefit(
        _priorities,
        "services of the place, by how much their need is felt in the neighbourhood",
        wants={"decides": "areas"},
    ),
    "centre": Benefit(
        _centre, "the department's own agencies and what it pays at cost", centre=True, wants={"file": "centre"}
    ),
    "place_and_centre": Benefit(_place, "all services of the place, and what the centre pays at cost", centre=True),
}

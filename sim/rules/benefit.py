"""Whose benefit counts: (body) -> weight of each service line's benefit."""

import numpy as np

from sim.answers import Benefit


def lines_of(model, agencies):
    """Lines that some agencies run: bool (lines,)."""
    return np.isin(model.lines.agency, [model.index["agencies"][agency.code] for agency in agencies])


def _own(body):
    return lines_of(body.model, [body])


def _members(body):
    return lines_of(body.model, body.members())


def _place(body):
    return np.ones(len(body.model.lines), bool)


CHOICES = {
    "own": Benefit(_own, "only the body's own services"),
    "members": Benefit(_members, "the services of all members"),
    "place": Benefit(_place, "all services of the place"),
    "place_and_centre": Benefit(_place, "all services of the place, and what the centre pays at cost", centre=True),
}

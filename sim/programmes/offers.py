"""Programmes as they are delivered: a row of true effects for each programme and fidelity that a contract brought."""

import numpy as np

from sim.place.tables import offer_tables


def contact_of(programme, place, dials):
    """What contact with a programme does beside its effect: extra chance that need shows itself, and trust gained."""
    finds = dials["families.case_finding"] * place.get("place.contact_finds") * programme.get("case_finding")
    return finds, place.get("place.trust_gain") * programme.get("trust_gain")


def row_of(programme, effect, finds, effort=1.0):
    """A row of :func:`offer_tables`: a programme that has an effect (2, needs), with an effort on the hardest.

    `finds` is the extra chance that need shows itself in contact with it.
    """
    weight = programme.level_weight()
    weight[3] *= effort
    return {
        "escalation": effect[0],
        "recovery": effect[1],
        "strength": programme.strength(),
        "level_weight": weight,
        "band_weight": programme.band_weight(),
        "running": round(programme.get("duration")),
        "finds": finds,
    }


class Offers:
    """Rows of true effects, made when a contract first needs them.

    Parameters
    ----------
    catalogue : dict of str to Programme
    place : Place
    dials : dict
    seed : int
    """

    MOST = 255  # families carry the row's number in a byte

    def __init__(self, catalogue, place, dials, seed):
        self._catalogue, self._needs = catalogue, len(place.needs)
        self._contact = {
            name: [dials["programmes.effect_scale"] * part for part in contact_of(item, place, dials)]
            for name, item in catalogue.items()
        }
        self._effects = {name: item.true_effect(place, dials, seed) for name, item in catalogue.items()}
        self._published = {name: item.published(place) for name, item in catalogue.items()}
        self._rows, self._of = [], {}
        self.tables = offer_tables(self._needs, [])

    def row_of(self, programme, fidelity, effort=1.0):
        """Number of the row of a programme delivered at a fidelity, with an effort on the hardest; row 0 is no programme."""
        key = programme, round(fidelity, 2), round(effort, 2)
        if key not in self._of and len(self._rows) == self.MOST:
            key = min(
                (other for other in self._of if other[0] == programme), key=lambda other: abs(other[1] - fidelity)
            )
        if key not in self._of:
            item, (finds, _) = self._catalogue[programme], self._contact[programme]
            self._rows.append(row_of(item, self._effects[programme] * key[1], finds, key[2]))
            self._of[key] = len(self._rows)
            self.tables = offer_tables(self._needs, self._rows)
        return self._of[key]

    def trust_gain(self, programme):
        """Trust that a family gains which takes a programme up."""
        return self._contact[programme][1]

    def of_programme(self, programme):
        """Which rows are of a programme: uint8 (rows + 1,)."""
        return np.array([0, *(name == programme for name, *_ in self._of)], np.uint8)

    def multiple(self, programme):
        """True effect as a multiple of the published one: its projection on the published log ratios."""
        published = self._published[programme]
        size = float((published**2).sum())
        return float((self._effects[programme] * published).sum()) / size if size else 0.0

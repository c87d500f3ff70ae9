"""How likely needs are to worsen in each neighbourhood (docs/odd.md, section 3.2)."""

import networkx as nx
import numpy as np

from sim.core.by_year import compounded
from sim.core.calendar import QUARTERS
from sim.place.places import AGE_BANDS, BAND_NAMES

FULL_QUARTER = -2 * QUARTERS  # the place is full; then follow a year to size places by, and the base year


class AreaInfluence:
    """Chances that needs worsen in each neighbourhood: deprivation, social capital, neighbours and trend."""

    def __init__(self, place, dials):
        needs = [need.id for need in place.needs]
        self.graph = neighbourhood_graph(place)
        self.base = np.zeros((len(AGE_BANDS), len(needs), 4), np.float64)
        for k, need in enumerate(needs):
            for b, name in enumerate(BAND_NAMES):
                for level in (0, 1, 2):
                    self.base[b, k, level] = place.get(f"transitions.{need}.up.{level}") * place.get(
                        f"needs.{need}.onset_age_{name}"
                    )
        spread = dials["families.frailty_spread"]
        capital = np.array([place.get(f"neighbourhoods.{name}.social_capital") for name in place.neighbourhoods])
        weight = np.array([place.get(f"needs.{need}.frailty_weight") for need in needs])
        protection = np.array([place.get(f"needs.{need}.social_capital") for need in needs])
        tilt = np.exp(spread * place.get("place.deprivation_effect") * np.outer(place.deprivation, weight))
        tilt *= np.exp(-spread * np.outer(capital - capital.mean(), protection))
        self.tilt = tilt / tilt.mean(axis=0)
        self.usual = np.array([place.get(f"needs.{need}.prevalence") for need in needs])
        self.pull = (
            np.array([place.get(f"needs.{need}.contagion") for need in needs]) * dials["families.contagion_scale"]
        )
        self.growth = dials["families.demand_growth"]
        responses = [f"needs.{need}.caseload_response" for need in needs]
        self.response = np.array([place.get(name) if place.has(name) else 1.0 for name in responses])
        share = np.eye(len(place.neighbourhoods)) * 0.5
        for i, name in enumerate(place.neighbourhoods):
            near = list(self.graph.neighbors(name))
            for other in near or [name]:
                share[i, place.neighbourhoods.index(other)] += 0.5 / len(near or [name])
        self.share = share

    def trend(self, quarter):
        """Factor by which caseloads are to have grown since the start; 1 up to quarter 0."""
        return compounded(self.growth, max(quarter, 0) / QUARTERS)

    def chances(self, counts, quarter, bond=1.0):
        """Chance to worsen by neighbourhood, age band, need and level; the trend acts where need arises alone.

        Parameters
        ----------
        counts : int64 (neighbourhoods, needs, 4)
            Families by level after last quarter's move.
        bond : float (neighbourhoods, needs)
            Factor of social capital gained since the start; 1 where there was no gain.
        quarter : int
            Quarters up to 0 are the burn-in and have no trend. While the place fills, neighbours are compared with
            the whole place as it is; after that, with its usual prevalence.
        """
        there = counts.sum(axis=2)
        needy = there - counts[:, :, 0]
        around = self.share @ (needy / np.maximum(there, 1))
        usual = self.usual if quarter > FULL_QUARTER else needy.sum(axis=0) / max(1, there[:, 0].sum())
        relative = np.divide(around, usual, out=np.ones_like(around), where=usual > 0)
        influence = np.clip(1 + self.pull * (relative - 1), 0.25, 4.0)
        table = self.base[None] * (self.tilt * influence * bond)[:, None, :, None]
        table[..., 0] *= self.trend(quarter) ** (1 / self.response)[None, None]
        return np.minimum(table, 1.0).astype(np.float32)


def neighbourhood_graph(place):
    """Neighbourhoods as a graph: edges join those next to each other on the place's grid."""
    graph = nx.Graph()
    at = {}
    for name in place.neighbourhoods:
        x, y = (place.get(f"neighbourhoods.{name}.{axis}") for axis in ("x", "y"))
        graph.add_node(name, x=x, y=y)
        at[x, y] = name
    for (x, y), name in at.items():
        graph.add_edges_from((name, at[spot]) for spot in ((x + 1, y), (x, y + 1)) if spot in at)
    return graph

"""Programme by body, at several horizons: what there is to say of who would pay, who would gain and what is forgone."""

from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from sim.cost_benefit.views import CENTRE, HORIZONS, LONGEST, Bodies, View

ALONE = 0.9  # share of a benefit from which it is one body's, and nothing is split


@dataclass(frozen=True)
class Incentives:
    """Who would pay for programmes at a place and who would gain.

    Attributes
    ----------
    place, name : str
    horizon : float
        Years that agencies look ahead.
    families : int
        Of the place; what is said of a year is of so many.
    bodies : Bodies
    stakes : tuple of Stakes
        A programme each.
    splits : dict of str to Split
        Published share-outs (:func:`sim.cost_benefit.sources.load_splits`).
    """

    place: str
    name: str
    horizon: float
    families: int
    bodies: Bodies
    stakes: tuple
    splits: dict

    @property
    def nbytes(self):
        """About how much memory it takes."""
        return sum(item.believed.nbytes + item.true.nbytes + item.noise.nbytes for item in self.stakes)

    @property
    def horizons(self):
        """Years ahead that are looked at, as far as stakes are worked out, the agencies' own among them."""
        reach = len(self.stakes[0].believed)
        return tuple(sorted({self.horizon, *(years for years in HORIZONS if years <= reach)}))

    def views(self, horizon):
        """Every programme at a horizon: list of View."""
        return [View(self.bodies, stakes, horizon) for stakes in self.stakes]

    def to_dict(self):
        """All of it, as ``listsim incentives --json`` prints it; money in pounds of 2010/11, a family where not a year."""
        rows = {horizon: [row(view) for view in self.views(horizon)] for horizon in self.horizons}
        return {
            "place": self.place,
            "name": self.name,
            "families": self.families,
            "horizon_years": self.horizon,
            "bodies": [*self.bodies.ids, CENTRE],
            "rows": rows[self.horizon],
            "horizons": [{"horizon_years": horizon, "rows": found} for horizon, found in rows.items()],
            "published_splits": self.checks(),
        }

    @cached_property
    def by_body(self):
        """A row each horizon, programme and body, as in ``incentives.csv``: pandas.DataFrame."""
        rows = []
        for said in self.to_dict()["horizons"]:
            for item in said["rows"]:
                rows += [
                    {
                        "place": self.place,
                        "horizon_years": said["horizon_years"],
                        "programme": item["programme"],
                        "body": body,
                        "may_commission": body in item["commissioners"],
                        "buys_alone": body in item["buys_alone"],
                        **{name: item[name].get(body) for name in BY_BODY},
                        **{f"pays_{way}_gbp": (paid or {}).get(body) for way, paid in item["payments_gbp"].items()},
                        "families_per_year": item["families_per_year"],
                    }
                    for body in (*self.bodies.ids, CENTRE)
                ]
        return pd.DataFrame(rows)

    def checks(self):
        """Published shares beside the model's, by split, programme and part: list of dict."""
        pairs = [
            (key, split, stakes)
            for key, split in self.splits.items()
            for stakes in self.stakes
            if stakes.programme in split.programmes
        ]
        rows = []
        for key, split, stakes in pairs:
            years = min(split.years or LONGEST, LONGEST)
            shares = self._shares(stakes, years)
            for agency, published in split.shares.items():
                of = split.together.get(agency, (agency,))
                model = None if shares is None else round(sum(shares.get(one, 0.0) for one in of), 4)
                given = {"split": key, "programme": stakes.programme, "agencies": list(of), "years": years}
                rows.append({**given, "published": round(published, 4), "model": model, "source": split.source})
        return rows

    def _shares(self, stakes, years):
        """Each agency's share of the gross benefit, what the centre pays through it with it; None where there is none."""
        bodies = replace(self.bodies, demand_led=self.bodies.demand_led & False)
        gross = View(bodies, stakes, years).gross
        total = sum(gross.values())
        return {agency: pence / total for agency, pence in gross.items()} if total > 0 else None


# What a row says of each body.
BY_BODY = ("benefit_gbp", "standard_error_gbp", "believed_cash_gbp", "at_once_gbp", "true_gbp", "worth_gbp")


def row(view):
    """What there is to say of a programme at a horizon; keys as in ``listsim incentives --json``."""
    stakes, payment = view.stakes, view.side_payment()
    by_benefit, bargaining = view.payments()
    gross = {body: pence for body, pence in view.gross.items() if pence > 0}
    largest = max(gross, key=gross.get, default=None)
    return {
        "programme": stakes.programme,
        "name": stakes.name,
        "cost_per_family_gbp": pounds(stakes.cost),
        "true_cost_per_family_gbp": pounds(stakes.true_cost),
        "families_per_year": round(stakes.families, 1),
        "commissioners": list(stakes.powers),
        "benefit_gbp": all_pounds(view.gross),
        "standard_error_gbp": all_pounds(view.error),
        "believed_cash_gbp": all_pounds(view.believed_cash),
        "at_once_gbp": all_pounds(view.at_once),
        "true_gbp": all_pounds(view.true),
        "worth_gbp": all_pounds(view.worth()),
        "largest_gainer": largest,
        "largest_share": None if largest is None else round(gross[largest] / sum(gross.values()), 4),
        "buys_alone": view.buys_alone,
        "passes_jointly": view.passes_jointly,
        "passes_with_centre": view.passes_with_centre,
        "forgone_gbp_per_year": pounds(view.forgone_with()),
        "forgone_in_truth_gbp_per_year": pounds(view.forgone_in_truth),
        "payments_gbp": {"by_benefit": all_pounds(by_benefit), "by_bargaining": all_pounds(bargaining)},
        "smallest_side_payment": payment and {"from": payment[0], "to": payment[1], "gbp": pounds(payment[2])},
        "least_lifted": [list(causes) for causes in view.causes],
        "years_needed": view.years_needed,
    }


def pounds(pence):
    """Pounds to the penny, without a sign on nought."""
    return round(pence / 100, 2) + 0.0


def all_pounds(pence):
    """Pounds by body; None stays."""
    return None if pence is None else {body: pounds(amount) for body, amount in pence.items()}

"""What a public body has coming in, by kind, each with a path of its own (docs/odd.md, section 6.6)."""

from sim.core.by_year import compounded
from sim.core.ledger import split

GRANTS = ("grant", "ring_fenced_grant")  # what a department pays; the ledger's purposes
LOCAL_TAX = "local_tax"


class Income:
    """A year's income of a body.

    Parameters
    ----------
    whole : int
        Pence of its first year.
    ring_fenced, local_tax : float
        Shares of it; the rest is the grant.
    modelled : float
        Share of it that pays for services of the model.
    moved : int
        Pence of it that came from other bodies, or below nought went to them, with who pays for lines: grant, all of it.

    Attributes
    ----------
    opening, now : dict of str to int
        Pence by kind, of the first year and of this one.
    index : float
        Need, or work, that the grant for modelled services follows, over that of the base year.
    taken : float
        Share of the grant that reviews have taken for good, out of the part for modelled services.
    """

    def __init__(self, whole, ring_fenced, local_tax, modelled, moved=0):
        shares = (max(0.0, 1 - ring_fenced - local_tax), ring_fenced, local_tax)
        self.opening = dict(zip((*GRANTS, LOCAL_TAX), split(whole - moved, shares), strict=True))
        self.opening["grant"] += moved
        self.now = dict(self.opening)
        self.modelled, self.index, self.taken, self._grown = modelled, 1.0, 0.0, 1.0

    @property
    def total(self):
        """Pence of this year."""
        return sum(self.now.values())

    def take(self, spent):
        """A review takes what services of the model did not need of their part of the limit; it is never given back.

        Parameters
        ----------
        spent : int
            Pence that they cost this year.
        """
        full = self.opening["grant"] * self._grown
        if full:
            self.taken = max(self.taken, self.modelled - spent / full)

    def follow(self, years, growth, tax_growth):
        """Income some years after the first.

        Parameters
        ----------
        years : int
        growth, tax_growth : float or tuple of float
            Real growth a year of what the department pays, and of council tax or precept.
        """
        self._grown = grown = compounded(growth, years)
        level = max(0.0, 1 + self.modelled * (self.index - 1) - self.taken)
        self.now = {
            "grant": round(self.opening["grant"] * grown * level),
            "ring_fenced_grant": round(self.opening["ring_fenced_grant"] * grown),
            LOCAL_TAX: round(self.opening[LOCAL_TAX] * compounded(tax_growth, years)),
        }

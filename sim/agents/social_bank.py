"""The social investment bank: buys outcome bonds, bundles and prices them, sells baskets, distributes returns."""

from dataclasses import replace
from fractions import Fraction

from sim.agents.vehicle import Deal, Vehicle
from sim.deals import finance


class SocialBank(Vehicle):
    """A vehicle whose deals are baskets of outcome bonds.

    Attributes
    ----------
    baskets : dict of str to tuple of OutcomeBond
        Bonds of each basket sold, by its deal's code.
    risk_band : float
        Width of the bands of risk that make a basket.
    unit_correlation, bond_correlation : float
        Correlation of success between units of a bond, and of payments between bonds of a basket.
    relief_payer : str
        Account that pays investors' tax relief; empty where there is none.
    """

    def __init__(self, model, code, values, relief_payer=""):
        super().__init__(model, code)
        self.relief_payer = relief_payer
        self.risk_band = values["risk_band"].value
        self.unit_correlation = values["unit_correlation"].value
        self.bond_correlation = values["bond_correlation"].value
        self.baskets = {}

    def bundle(self, bonds):
        """Bonds of like risk and the same maturity, together.

        Returns
        -------
        list of tuple of OutcomeBond
            Low risk and short maturity first.
        """
        baskets = {}
        for bond in bonds:
            band = int(bond.risk / self.risk_band + 1e-9)
            baskets.setdefault((band, bond.years), []).append(bond)
        return [tuple(baskets[key]) for key in sorted(baskets)]

    def quote(self, basket, premium, pricing):
        """The basket's bonds priced at its aggregate risk, the average over the capital.

        Returns
        -------
        tuple of OutcomeBond
        """
        risk = sum(bond.capital_pence * bond.risk for bond in basket) / sum(bond.capital_pence for bond in basket)
        return tuple(
            replace(bond, price_pence=finance.unit_price(bond.cost_pence, risk, premium, pricing)) for bond in basket
        )

    def premium_to_sell(self, basket, investors, pricing, most):
        """Least premium, in whole per cents, at which investors would take the whole basket.

        Parameters
        ----------
        basket : sequence of OutcomeBond
        investors : sequence of Investor
        pricing : {"appendix", "fair"}
        most : float
            Highest premium that the payers would agree to.

        Returns
        -------
        float or None
        """
        wanted = sum(bond.capital_pence for bond in basket)
        for percent in range(int(100 * most + 1e-9) + 1):
            deal = self.deal_for(self.quote(basket, percent / 100, pricing), "quote")
            if sum(pence for _, pence in self.bids(deal, investors, wanted)) == wanted:
                return percent / 100
        return None

    def variance(self, basket):
        """Variance of a basket's outcome payments per pound of capital, from those of its bonds.

        Notes
        -----
        sum over i, j of w_i w_j r_ij s_i s_j, where w are shares of capital, s the bonds' standard deviations and r is
        1 for a bond with itself and `bond_correlation` for two.
        """
        capital = sum(bond.capital_pence for bond in basket)
        parts = [bond.capital_pence / capital * bond.multiple_variance(self.unit_correlation) ** 0.5 for bond in basket]
        own = sum(part**2 for part in parts)
        return own + self.bond_correlation * (sum(parts) ** 2 - own)

    def deal_for(self, basket, code):
        """A basket as a deal that investors can judge."""
        capital = sum(bond.capital_pence for bond in basket)
        expected = sum(bond.capital_pence * bond.multiple for bond in basket)
        mix, payers = {}, {}
        for bond in basket:
            part = bond.capital_pence * bond.multiple / expected
            mix[bond.programme] = mix.get(bond.programme, 0.0) + part
            for payer in bond.payers:
                payers[payer.account] = payers.get(payer.account, 0.0) + part * payer.share
        return Deal(
            code=code,
            body=self.code,
            programme=basket[0].programme,
            provider=basket[0].provider,
            year=self.model.calendar.year,
            multiple=expected / capital,
            sd=self.variance(basket) ** 0.5,
            years=basket[0].years,
            cap=Fraction(sum(bond.target * bond.price_pence for bond in basket), capital),
            remainder_to=payers,
            relief_payer=self.relief_payer,
            mix=mix,
        )

    def sell(self, basket, investors, code):
        """Sell a basket whole; where it finds no buyers, without its riskiest bond, and so on.

        Returns
        -------
        Deal or None
            With the bonds that were sold in `baskets`.
        """
        while basket:
            deal = self.deal_for(basket, code)
            wanted = sum(bond.capital_pence for bond in basket)
            if self.raise_capital(deal, investors, wanted, least=wanted):
                self.baskets[code] = tuple(basket)
                return deal
            riskiest = max(range(len(basket)), key=lambda i: basket[i].risk)
            basket = [bond for i, bond in enumerate(basket) if i != riskiest]
        return None

    def fund(self, deal):
        """Give the providers of a basket's bonds their money at once."""
        for bond in self.baskets[deal.code]:
            self.pay(bond.provider, bond.capital_pence, "programme", deal.code)

"""What a number of the data may be: its limits, whether it is money, whether it is whole, and the cure where it is not."""

import re
from dataclasses import dataclass
from math import ceil, floor

MOST_POUNDS, MOST = 1e12, 1e9  # beyond any place: larger sums and counts are slips of the keyboard
_MONEY = re.compile(r"GBP( \S|/\S|$)")
_LIKE_MONEY = re.compile(
    r"\W*(£|€|\$|(eur|euros?|usd|dollars?|gbp|gpb|pounds?( sterling)?)\b(?! valued| per pound))", re.I
)


def is_money(unit):
    """Whether a unit is pounds, per what."""
    return bool(_MONEY.match(unit))


@dataclass(frozen=True)
class Kind:
    """What a number may be.

    Attributes
    ----------
    low, high : float or None
        Least and most it may be, its range included; without them, no more than any number of the data may.
    cure : str
        What would be right, with an example; by default the limits.
    money : bool or None
        Whether the unit must be pounds; None where it may be either.
    whole : bool
        Whether the value must be a whole number.
    """

    low: float | None = None
    high: float | None = None
    cure: str = ""
    money: bool | None = None
    whole: bool = False

    def wrong_unit(self, unit):
        """What is wrong with a unit and what would be right, or None."""
        if (self.money or _LIKE_MONEY.match(unit)) and not is_money(unit):
            return f"unit {unit!r} is not money as GBP", "give GBP/ and per what, as GBP/case-year"
        if self.money is False and is_money(unit):
            return f"unit {unit!r} is money, and this value is not", "say what the value counts, per what"
        return None

    def wrong_numbers(self, numbers, unit=""):
        """What is wrong with a value, or its range, and what would be right, or None.

        Parameters
        ----------
        numbers : dict of str to float
            By the words ``value``, ``low`` and ``high``.
        unit : str
        """
        most = MOST_POUNDS if is_money(unit) else MOST
        low, high = -most if self.low is None else self.low, most if self.high is None else self.high
        for name, number in numbers.items():
            if number < low:
                what = "negative" if low == 0 else f"below {low:g}"
                limits = f"give {low:g} or more" if self.high is None else f"give {low:g} to {high:g}"
                return f"{name} {number:g} is {what}", self.cure or limits
            if number > high:
                as_share = f"give {number / 100:g} for {number:g}%" if high == 1 and number <= 100 else ""
                return f"{name} {number:g} is above {high:g}", as_share or self.cure or f"give {low:g} to {high:g}"
        if self.whole and numbers["value"] % 1:
            near = f"{floor(numbers['value']):g} or {ceil(numbers['value']):g}"
            remedy = f"{self.cure}: {near}" if self.cure else f"give {near}"
            return f"value {numbers['value']:g} is not a whole number", remedy
        return None


ANY = Kind()
SHARE = Kind(0, 1, "give a share of 0 to 1: 0.95 for 95%", money=False)
CHANCE = Kind(0, 1, "give a chance of 0 to 1: 0.95 for 95%", money=False)
OCCUPANCY = Kind(0.5, 1, "give a share of 0.5 to 1: 0.95 for 95%", money=False)
PREMIUM = Kind(0, 3, "give a share of 0 to 3: 0.25 for 25% more", money=False)
GROWTH = Kind(-0.2, 0.2, "give a share a year of -0.2 to 0.2: 0.02 for 2%", money=False)
RATIO = Kind(0, 20, money=False)
RATIO_UP = Kind(1, 20, money=False)
SPREAD = Kind(0, 5, money=False)
DOUBT = Kind(0.01, 5, money=False)
RESPONSE = Kind(0.2, 5, money=False)
SCORE = Kind(-5, 5, money=False)
POSITION = Kind(0, 1000, money=False)
YEARS = Kind(0, 75, money=False)
LENGTH = Kind(1, 100, "give a mean of 1 to 100 quarters", money=False)
TIMES = Kind(1, 1000, money=False)
QUARTERS = Kind(0, 100, "give whole quarters, 0 to 100", money=False, whole=True)
PLACES = Kind(1, 1e6, "give whole places, 1 or more", money=False, whole=True)
FAMILIES = Kind(500, 2e7, "give whole families, 500 to 20 million", money=False, whole=True)
PEOPLE = Kind(500, 1e8, "give whole people, 500 to 100 million", money=False, whole=True)
FEW = Kind(0, 1e6, "give whole families, 0 or more", money=False, whole=True)
COUNT = Kind(0, 1e8, "give a count of 0 to 100 million", money=False)
MONEY = Kind(0, MOST_POUNDS, "give pounds of 0 to 1e12", money=True)
PRICE = Kind(0, 1e7, "give pounds of 0 to 10 million for each", money=True)
COST = Kind(0, 1e10, "give pounds of 0 to 10 billion", money=True)
MULTIPLE = Kind(0.1, 10, money=False)
WEIGHT = Kind(0, 100, money=False)
YES_OR_NO = Kind(0, 1, "give 0 for no or 1 for yes", money=False, whole=True)
NUMBER = Kind(0, 1000, money=False, whole=True)
SEVERAL = Kind(1, 1000, money=False, whole=True)
HORIZON = Kind(1, 100, money=False)  # years; the last may count in part
TERM = Kind(1, 100, "give whole years, 1 to 100", money=False, whole=True)
DELAY = Kind(0, 100, "give whole years, 0 to 100", money=False, whole=True)

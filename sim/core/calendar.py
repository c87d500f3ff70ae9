"""Time: quarters, financial years and spending reviews."""

QUARTERS = 4
DAYS = 365.25 / QUARTERS  # of a quarter


class Calendar:
    """What quarter it is, and where that stands in its financial year.

    Attributes
    ----------
    quarter : int
        From 1; 0 before the first one.
    """

    def __init__(self, quarter=0):
        self.quarter = quarter

    @property
    def quarter_of_year(self):
        """0 to 3."""
        return (self.quarter - 1) % QUARTERS

    @property
    def year(self):
        """Financial year, from 1."""
        return (self.quarter + QUARTERS - 1) // QUARTERS

    @property
    def years_ended(self):
        """Year ends passed, one that is just reached included."""
        return self.quarter // QUARTERS

    @property
    def is_year_start(self):
        """Whether this is the first quarter of a financial year."""
        return self.quarter_of_year == 0

    @property
    def is_forecast(self):
        """Whether this is the third quarter, in which the year's outturn is forecast."""
        return self.quarter_of_year == 2

    @property
    def is_year_end(self):
        """Whether this is the last quarter of a financial year."""
        return self.quarter_of_year == QUARTERS - 1

    def is_review(self, review_years):
        """Whether a spending review falls on the end of this year."""
        return self.year > 0 and self.year % int(review_years) == 0

    def quarters_of_year(self):
        """Quarters of the present financial year up to now."""
        return range(self.quarter - self.quarter_of_year, self.quarter + 1)

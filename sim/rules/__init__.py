"""The answers to the seven questions an arrangement is made of: small, callable, and free of any arrangement's name.

One module a question. Each answer says which numbers it needs; :mod:`sim.arrangements.reading` reads them from the
arrangement's file.
"""

from dataclasses import dataclass, fields, replace

from sim.deals.terms import Benefit, Payment, Rule, Sharing
from sim.rules import benefit, decides, measured, money, payment, risk, savings

CHOICES = {
    "decides": decides.CHOICES,
    "benefit_counted": benefit.CHOICES,
    "up_front": money.CHOICES,
    "paid_for": payment.CHOICES,
    "outcome_risk": risk.CHOICES,
    "measured": measured.CHOICES,
    "savings": savings.CHOICES,
}


@dataclass(frozen=True)
class Rules:
    """The seven answers of an arrangement; see :mod:`sim.deals.terms` for what each does.

    Attributes
    ----------
    up_front : tuple of UpFront
        Sources of money, asked in order.
    """

    decides: Rule
    benefit_counted: Benefit
    up_front: tuple
    paid_for: Payment
    outcome_risk: Rule
    measured: Rule
    savings: Sharing

    def all(self):
        """Every answer by question; several where sources of money follow one another."""
        answers = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: item if isinstance(item, tuple) else (item,) for name, item in answers.items()}

    def in_words(self):
        """Each answer in words, by question."""
        return {name: ", then ".join(item.text for item in group) for name, group in self.all().items()}

    def needs(self):
        """Numbers the answers need, with their limits."""
        return {name: limits for group in self.all().values() for item in group for name, limits in item.needs.items()}

    def back(self, body, project):
        """The first backing of a project by another party, or None."""
        for source in self.up_front:
            backing = source.back(body, project) if source.back else None
            if backing is not None:
                return backing
        return None

    def without_programmes(self):
        """The same rules with nobody commissioning."""
        return replace(self, decides=CHOICES["decides"]["nobody"])

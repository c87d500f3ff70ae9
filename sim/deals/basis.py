"""What members pay a LIST on. An entry here is all that a new basis takes."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Basis:
    """A basis of payment.

    Attributes
    ----------
    text : str
    benefit : callable
        (LIST, member, case-quarters saved by line) -> pence of benefit that a share is paid of.
    expected : callable
        (LIST, agency) -> what a pound of benefit at average cost is expected to come to.
    unit : callable
        (model, signatory) -> pence a case-quarter, float (lines,), that its benefit counts for in terms signed today.
    """

    text: str
    benefit: Callable
    expected: Callable
    unit: Callable


def lines_touched(trust):
    """Service lines of the needs that a LIST's programmes so far are meant to change: bool (lines,)."""
    cohorts = trust.model.cohorts.cohorts
    return trust.model.relief.lines(*{cohort.programme for cohort in cohorts if cohort.body == trust.code})


def _gross(trust, member, saved):
    return member.part_of(saved * trust.model.services.prices.average)


def _marginal(trust, member, saved):
    return float((saved * member.prices.variable)[member.paid_lines].sum())


def _cashed(trust, member, saved):
    """By how much the budget lines that the LIST's programmes touch fell; nothing before anything is measured."""
    return member.cash_seen(lines_touched(trust)) if trust.measured else 0


def _share_that_follows_cases(trust, agency):
    prices, paid = agency.prices, agency.paid_lines
    return float(prices.variable[paid].sum() / max(1, prices.average[paid].sum()))


def _at_average(model, signatory):
    return signatory.part * model.services.prices.average


def _at_variable(model, signatory):
    return signatory.part * model.services.prices.variable


def _believed_cash(model, signatory):
    """Signed terms do not move: what is believed to be cash on the day is what benefit counts for."""
    return _at_average(model, signatory) * signatory.cash


CHOICES = {
    "gross": Basis("measured benefit at average cost", _gross, lambda trust, agency: 1.0, _at_average),
    "marginal": Basis(
        "measured benefit at the cost that follows cases", _marginal, _share_that_follows_cases, _at_variable
    ),
    "cashed": Basis(
        "the fall of named budget lines; in signed terms, the part of measured benefit that is believed to be cash",
        _cashed,
        lambda trust, agency: agency.believed_cash_share(),
        _believed_cash,
    ),
}


def of(model):
    """The basis that a model's LIST is paid on."""
    return CHOICES[model.dials["list.payment_basis"]]

"""Where savings go: what a body collects, what it shares out, and who pays for outcomes."""

from sim.answers import Sharing


def _stay(body, findings):
    """Savings stay where they fall."""


def _to_pool(body, findings):
    """Members pay a share of what their budgets fell by into the fund."""
    for member in body.members():
        cash = max(0, member.cash_seen())
        member.pay_for_outcome(body.account(), round(cash * body.model.arrangement.get("savings_share")))


def _repaid(body, findings):
    """Members pay for the benefit measured."""
    body.invoice(findings)


def _distribute(body):
    """What the body has over is shared out or kept to reinvest."""
    body.distribute()


def _by_benefit(body, finding):
    """Members pay in proportion to the benefit measured in their own services; in equal parts where there is none."""
    worth = finding.saved * body.model.services.prices.average if finding is not None else None
    shares = {}
    for member in body.members():
        shares[member.code] = 0.0 if worth is None else max(0.0, float(worth[member.own_lines].sum()))
    return shares if sum(shares.values()) > 0 else dict.fromkeys(shares, 1.0)


CHOICES = {
    "stay": Sharing(_stay, "stay where they fall"),
    "pool": Sharing(_to_pool, "a share of what budgets fell by goes to the pool", {"savings_share": 0}),
    "repaid": Sharing(
        _repaid, "members repay by measured benefit; surplus is reinvested or distributed",
        {"payment_share": 0, "payment_years": 1}, _distribute,
    ),
    "by_benefit": Sharing(_stay, "stay where they fall; members pay for outcomes by measured benefit", payers=_by_benefit),
}  # fmt: skip

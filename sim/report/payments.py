"""Who paid whom for what, from the ledger; what services are run on is set aside."""

from textwrap import fill

import matplotlib.pyplot as plt
import networkx as nx

from sim.report.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION
from sim.report.panels import WIDTH

# Money that services are run on, with programmes or without.
BUDGETS = {
    "opening_balance", "vote", "grant", "ring_fenced_grant", "local_tax", "benefit_funding", "service", "other_services",
}  # fmt: skip
_LOOKS = {
    "programme": (BLUE, "-"), "delivery": (GREY, "-"), "outcome_payment": (VERMILION, "-"), "contribution": (GREEN, "--"),
    "distribution": (GREEN, ":"), "claw_back": (PURPLE, "--"), "surrender": (PURPLE, ":"), "capital": (ORANGE, "--"),
    "capital_repayment": (ORANGE, ":"), "investor_return": (ORANGE, "-."),
}  # fmt: skip
_OTHER = ("black", ":")
_LEAST = 0.01  # of the largest payment: smaller ones stand in the ledger alone
_MOST = 18  # payments of one picture


def payments(found, code):
    """Payments of an arrangement, largest first: payer, payee, purpose and £m a run over the years.

    Parameters
    ----------
    found : sim.report.findings.Findings
    code : str
        The arrangement's.

    Returns
    -------
    pandas.DataFrame
    """
    flows = found.flows[(found.flows["arrangement"] == code) & ~found.flows["purpose"].isin(BUDGETS)]
    sums = flows.groupby(["payer", "payee", "purpose"])["pence"].sum() / 1e8 / max(1, found.manifest["replicates"])
    table = sums.reset_index(name="million").sort_values("million", ascending=False, kind="stable")
    return table[table["million"] >= _LEAST * table["million"].max()].head(_MOST)


def picture(found, code, title, table):
    """Who paid whom, as a graph whose lines are as wide as the sums are large, a kind of line a purpose."""
    graph = nx.MultiDiGraph()
    for row in table.itertuples():
        graph.add_edge(row.payer, row.payee, million=row.million, purpose=row.purpose)
    places = _places(found, code, graph)
    figure = plt.figure(figsize=(WIDTH, 4.6))
    axis = figure.add_axes((0.0, 0.13, 1.0, 0.78))
    largest = table["million"].max()
    for number, (payer, payee, data) in enumerate(graph.edges(data=True)):
        colour, style = _LOOKS.get(data["purpose"], _OTHER)
        nx.draw_networkx_edges(
            graph,
            places,
            [(payer, payee, 0)],
            ax=axis,
            edge_color=colour,
            style=style,
            node_size=900,
            arrowsize=9,
            width=1 + 4 * data["million"] / largest,
            connectionstyle=f"arc3,rad={0.1 + 0.07 * (number % 3)}",
        )
    for party, (across, up) in places.items():
        axis.text(
            across,
            up,
            fill(found.party(party).split(",")[0], 16),
            ha="center",
            va="center",
            fontsize=8,
            bbox={"boxstyle": "round,pad=0.25", "fc": "white", "ec": "#1b1b1b", "lw": 0.8},
        )
    axis.set(xlim=(-0.2, 1.2), ylim=(-0.06, 1.06))
    axis.axis("off")
    figure.text(0.01, 0.99, fill(title, 46), fontweight="bold", va="top", fontsize=9.5)
    _key(figure, list(dict.fromkeys(table["purpose"])))
    return figure


def _places(found, code, graph):
    """Where parties stand, in columns: departments, agencies, joint bodies, then providers and the world outside."""
    departments = {payee for _, payee, data in graph.edges(data=True) if data["purpose"] in ("claw_back", "surrender")}
    groups = (departments, set(found.manifest["agencies"]), set(found.manifest["arrangements"][code]["bodies"]))
    columns = [[], [], [], []]
    for party in graph:
        columns[next((i for i, group in enumerate(groups) if party in group), 3)].append(party)
    columns = [column for column in columns if column]
    across = max(1, len(columns) - 1)
    return {
        party: (i / across, 1 - (place + 0.5) / len(column))
        for i, column in enumerate(columns)
        for place, party in enumerate(column)
    }


def _key(figure, purposes):
    for place, purpose in enumerate(purposes[:9]):
        colour, style = _LOOKS.get(purpose, _OTHER)
        left, up = 0.02 + 0.33 * (place % 3), 0.09 - 0.035 * (place // 3)
        figure.add_artist(plt.Line2D([left, left + 0.06], [up, up], color=colour, ls=style, lw=2))
        figure.text(left + 0.075, up, purpose.replace("_", " "), fontsize=7.5, va="center")

"""What there is to say of incentives, as heads and rows of tables and as lines.

`said` is what :meth:`sim.cost_benefit.incentives.Incentives.to_dict` gives.
"""

LIFTED = {
    "scope": "whose benefit counts (scope)",
    "horizon": "how far ahead it is looked (horizon)",
    "cash_rule": "what counts as cash (cash rule)",
}
ONE_BODY = 0.9  # share of a benefit from which it is one body's, and nothing is split


def each(said, what):
    """Heads and rows of one thing that is said of each body, by programme."""
    bodies = [body for body in said["bodies"] if all(body in row[what] for row in said["rows"])]
    rows = [(row["programme"], *(number(row[what][body]) for body in bodies)) for row in said["rows"]]
    return ("Programme", *map(label, bodies)), rows


def benefits(said):
    """Heads and rows of what a family is believed to save each body, by programme, and of sums beside."""
    heads = (
        "Programme",
        "Cost",
        *(label(body) for body in said["bodies"]),
        "All",
        "± s.e.",
        "As cash",
        "At once",
        "In truth",
    )
    rows = []
    for row in said["rows"]:
        cells = (number(row["benefit_gbp"][body]) for body in said["bodies"])
        sums = (number(sum(row[name].values())) for name in ("believed_cash_gbp", "at_once_gbp", "true_gbp"))
        total, error = number(sum(row["benefit_gbp"].values())), number(row["standard_error_gbp"]["all"])
        rows.append((row["programme"], number(row["cost_per_family_gbp"]), *cells, total, error, *sums))
    return heads, rows


def verdicts(said):
    """Heads and rows of who may buy, who would, what is forgone and what would change it."""
    heads = (
        "Programme",
        "May commission",
        "Would buy",
        "Forgone, £m a year",
        "In truth",
        "Smallest side payment",
        "Least to lift",
    )
    rows = []
    for row in said["rows"]:
        payment = row["smallest_side_payment"]
        paid = f"{label(payment['from'])} to {label(payment['to'])}: £{number(payment['gbp'])}" if payment else "-"
        rows.append(
            (
                row["programme"],
                ", ".join(label(body) for body in row["commissioners"]) or "nobody",
                verdict(row),
                f"{row['forgone_gbp_per_year'] / 1e6:.2f}",
                f"{row['forgone_in_truth_gbp_per_year'] / 1e6:.2f}",
                "-" if row["buys_alone"] else paid,
                lifted(row),
            )
        )
    return heads, rows


def by_horizon(said):
    """Heads and rows of who would buy at each horizon."""
    heads = ("Programme", *(f"{item['horizon_years']:g} years" for item in said["horizons"]))
    columns = [[verdict(row) for row in item["rows"]] for item in said["horizons"]]
    names = [row["programme"] for row in said["rows"]]
    return heads, list(zip(names, *columns, strict=True))


def payments(said, way):
    """Heads and rows of what each agency would pay a family, of programmes that are bought jointly or not at all."""
    agencies = said["bodies"][:-1]
    rows = [
        (row["programme"], *(number(row["payments_gbp"][way][body]) for body in agencies))
        for row in said["rows"]
        if row["payments_gbp"][way] and not row["buys_alone"]
    ]
    return ("Programme", *(label(body) for body in agencies)), rows


def splits(said):
    """Heads and rows of published shares beside the model's."""
    rows = [
        (
            item["programme"],
            " and ".join(label(agency) for agency in item["agencies"]),
            f"{item['published']:.0%}",
            "no benefit" if item["model"] is None else f"{item['model']:.0%}",
            f"{item['years']:g}",
            item["split"].replace("_", " "),
        )
        for item in said["published_splits"]
    ]
    return ("Programme", "Agencies", "Published", "Model", "Years", "Published of"), rows


def in_words(said):
    """A line for each thing that the tables say: what is split and what is not, and what stands in the way."""
    rows, years = said["rows"], said["horizon_years"]
    whole = [row for row in rows if (row["largest_share"] or 0) >= ONE_BODY]
    lines = [
        f"{row['name']}: no split; {row['largest_share']:.0%} of what it is believed to save falls to one body ({label(row['largest_gainer'])})."
        for row in whole
    ]
    nothing = [row["programme"] for row in rows if row["largest_share"] is None]
    if nothing:
        lines.append(f"Believed to save nobody anything: {', '.join(nothing)}.")
    joint = [row["programme"] for row in rows if row["passes_jointly"] and not row["buys_alone"]]
    lines.append(
        f"Bought by nobody alone and worth it to all together, {years:g} years ahead: {', '.join(joint) or 'none'}."
    )
    for cause, text in LIFTED.items():
        turned = [row["programme"] for row in rows if [cause] in row["least_lifted"]]
        lines.append(f"A no that would be a yes if one thing were lifted, {text}: {', '.join(turned) or 'none'}.")
    never = [row["programme"] for row in rows if not row["least_lifted"]]
    if never:
        lines.append(f"Nothing lifted would make it worth its cost: {', '.join(never)}.")
    return lines


def verdict(row):
    """Who would buy a programme, in a word or two."""
    if not row["commissioners"]:
        return "no power"
    if row["buys_alone"]:
        return ", ".join(label(body) for body in row["buys_alone"]) + " alone"
    if row["passes_jointly"]:
        return "only jointly"
    return "only with the centre" if row["passes_with_centre"] else "nobody"


def lifted(row):
    """The least that must be lifted, in a few words."""
    if row["least_lifted"] == [[]]:
        return "-"
    words = {
        "horizon": "horizon" + (f" ({row['years_needed']} years)" if row["years_needed"] else ""),
        "cash_rule": "cash rule",
    }
    ways = [" + ".join(words.get(cause, cause) for cause in causes) for causes in row["least_lifted"]]
    return "; ".join(ways) or "nothing would do"


def label(body):
    """A body's id as people read it."""
    return body.replace("_", " ")


def number(pounds):
    """Whole pounds, without a sign on nought."""
    return f"{round(pounds) + 0:,}"

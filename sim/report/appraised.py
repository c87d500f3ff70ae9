"""An appraisal on screen."""

from rich.table import Table

from sim.report.screen import console


def show(result):
    """Print who gains, the two cases, the verdict on silos and what the figures rest on."""
    said = result.to_dict()
    screen = console(140)  # where it is piped, as wide as the widest note
    screen.print(
        f"{said['name']}: {said['cases']:,} cases at {_each(said['cost_per_case_gbp'])} (corrected £{said['corrected_cost_per_case_gbp']:,.2f}), "
        f"{said['horizon_years']} years at {said['discount_rate']:.2%}, evidence grade {said['evidence_grade'] or 'not given'}"
    )
    screen.print(_agencies(said))
    screen.print(_cases(said))
    screen.print(said["silos"]["verdict"])
    screen.print(f"Chance of gain from {said['draws']:,} draws, standard error {said['chance_standard_error']:.3f}.")
    for note in said["notes"]:
        screen.print(f"- {note}")


def _agencies(said):
    table = Table(title=f"By agency ({said['split']} split), present value, all cases", title_justify="left")
    table.add_column("Agency")
    for heading in ("Fiscal", "Share", "Cashable", "Net if it alone paid", "Per £", "Payback"):
        table.add_column(heading, justify="right")
    for row in said["by_agency"]:
        share = "-" if row["share"] is None else f"{row['share']:.0%}"
        table.add_row(
            row["agency"],
            _pounds(row["fiscal_gbp"]),
            share,
            _pounds(row["cashable_gbp"]),
            _pounds(row["net_if_it_alone_paid_gbp"]),
            _ratio(row["return_per_pound"]),
            _year(row["payback_year"]),
        )
    return table


def _cases(said):
    money, value = said["financial_case"], said["public_value_case"]
    table = Table(title="Present value, all cases", title_justify="left")
    table.add_column("")
    for heading in ("Financial case", "of which cashable", "Public value case"):
        table.add_column(heading, justify="right")
    fiscal = _pounds(money["benefit_gbp"])
    table.add_row("Cost", *[_pounds(money["cost_gbp"])] * 3)
    table.add_row("Fiscal benefit", fiscal, _pounds(money["cashable_gbp"]), _pounds(value["fiscal_gbp"]))
    table.add_row("  transfers left out", "", "", _pounds(value["transfers_left_out_gbp"]))
    table.add_row("  cash to the centre", _pounds(money["cash_to_the_centre_gbp"]), "", "")
    table.add_row("Economic benefit", "", "", _pounds(value["economic_gbp"]))
    table.add_row("Social benefit", "", "", _pounds(value["social_gbp"]))
    table.add_row(
        "Net present value",
        _pounds(money["net_present_budget_impact_gbp"]),
        _pounds(money["cashable_net_gbp"]),
        _pounds(value["npv_gbp"]),
    )
    table.add_row("  a case", _pounds(money["per_case"]["net_gbp"]), "", _pounds(value["per_case"]["npv_gbp"]))
    table.add_row(
        "Return per £",
        _ratio(money["return_per_pound"]),
        _ratio(money["cashable_return_per_pound"]),
        _ratio(value["social_bcr"]),
    )
    table.add_row(
        "Payback",
        *(_year(year) for year in (money["payback_year"], money["cashable_payback_year"], value["payback_year"])),
    )
    chances = (money["chance_of_gain"], money["cashable_chance_of_gain"], value["chance_of_gain"])
    table.add_row("Chance of gain", *(f"{chance:.0%}" for chance in chances))
    return table


def _each(cost):
    """Pounds a case as a file gives them, a list by year too."""
    years = cost if isinstance(cost, list) else [cost]
    return ", ".join(f"£{pounds:,.2f}" for pounds in years) + (" by year" if len(years) > 1 else "")


def _pounds(amount):
    return f"{'-' if amount < 0 else ''}£{abs(amount):,.0f}"


def _ratio(ratio):
    return "-" if ratio is None else f"{ratio:.2f}"


def _year(year):
    return "never" if year is None else f"year {year}"

"""Decisions as data: what is decided is taken down, and a list decides in place of a rule; numbers by hand."""

from types import SimpleNamespace

import pandas as pd
import pytest

import sim
from sim.api import Comparison
from sim.arrangements.listed import given_decisions
from sim.arrangements.reading import load_arrangement
from sim.core.faults import InputError
from sim.deals.decisions import LISTABLE
from sim.record.recorder import Recorder
from sim.results.files import write_tables
from sim.studies.done import Done, RunResult
from sim.studies.inputs import load_inputs
from sim.studies.study import load_study
from sim.system import LocalSystem
from sim.words import checked
from tests.conftest import NAIVE, area_for, settled_for

TOWN = {"place": "milltown", "seed": 3}
LISTED = """
extends = "silo"
name = "By list"
source = "assumption: for a test"
differs = "A list decides"
[rules]
decides = "listed"
"""


def system(arrangement, decisions=None, settings=None, years=8):
    """A model of Milltown at its first quarter's door."""
    inputs = load_inputs(arrangement, "milltown", settings, years, decisions=decisions)
    return LocalSystem(inputs, settled_for(inputs, 3), 3, Recorder(None), comparison_area=area_for(inputs, 3))


def run_to(model, quarter):
    while model.calendar.quarter < quarter:
        model.step()
    return model


def written(folder, text, name="mine.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def rows(model, *kinds):
    """Rows of some kinds, without the year."""
    return [row[1:] for row in model.decisions.rows if row[2] in kinds]


def families_and_price(outcome):
    """Families and price in pence that the outcome of a signed contract states."""
    words = outcome.split()
    return int(words[0]), int(words[3])


# What is recorded


@pytest.fixture(scope="module")
def headline():
    return sim.compare(["silo", "list_public"], years=6, replicates=2, **TOWN)


def test_a_row_a_decision_in_order(headline, tmp_path):
    """By arrangement, replicate and year; the file holds the same."""
    taken = headline.decisions
    assert list(taken.columns) == ["arrangement", "replicate", "year", "party", "kind", "decision", "what", "outcome"]
    order = list(zip(taken.arrangement != "silo", taken.replicate, taken.year, strict=True))
    assert order == sorted(order)
    write_tables(tmp_path, headline)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "decisions.parquet"), taken)


def test_what_is_commissioned_is_what_is_billed(headline):
    """Families x price of an agency's or LIST's year = its programme payments, cuts apart, to a penny a quarter and contract."""
    taken, flows = headline.decisions, headline.flows
    signed = taken[(taken.kind == "commission") & ~taken.outcome.str.startswith("refused")].copy()
    assert len(signed) > 10
    signed["pence"] = [families * price for families, price in map(families_and_price, signed.outcome)]
    assert [families_and_price(row.outcome)[0] for row in signed.itertuples()] == [int(n) for n in signed.decision]
    paid = flows[flows.purpose == "programme"].assign(party=flows.payer.str.partition(":")[0])
    paid = paid.groupby(["arrangement", "replicate", "year", "party"]).pence.sum()
    for key, group in signed.groupby(["arrangement", "replicate", "year", "party"]):
        cut = taken[
            (taken.kind == "cut") & (taken[["arrangement", "replicate", "year", "party"]] == list(key)).all(axis=1)
        ]
        if cut.empty:
            assert abs(paid[key] - group.pence.sum()) <= 4 * len(group)
        else:
            assert paid[key] <= group.pence.sum()


def test_a_list_founded_joined_and_paid(headline):
    """Kinds of a LIST's run; what members paid it is in the ledger."""
    taken = headline.decisions.query("arrangement == 'list_public' and replicate == 0")
    assert {"found", "join", "commission", "pay"} <= set(taken.kind)
    founded = taken[taken.kind == "found"].iloc[0]
    joined = taken[(taken.kind == "join") & (taken.year == founded.year)]
    assert founded.outcome == f"{len(joined)} members"
    paid = taken[(taken.kind == "pay") & (taken.what == "list")].outcome.astype(int).sum()
    flows = headline.flows.query("arrangement == 'list_public' and replicate == 0 and purpose == 'outcome_payment'")
    assert paid == flows.pence[flows.payee == "list"].sum() > 0


def test_bonds_are_offered_consented_to_and_paid():
    """Capital that investors put in is what the offers raised; departments say yes or no to each bond."""
    result = sim.run("local_outcome_bond", years=6, **TOWN)
    taken = result.decisions
    offers = taken[taken.kind == "offer"]
    stakes = taken[(taken.kind == "accept") & taken.what.str.startswith("basket")]
    raised = sum(int(outcome.split()[1]) for outcome in offers.outcome if outcome.startswith("raised"))
    assert (
        raised == stakes.decision.astype(int).sum() == result.flows.pence[result.flows.purpose == "capital"].sum() > 0
    )
    assert (
        taken[(taken.kind == "accept") & taken.outcome.str.startswith("bond of")]
        .party.isin(["communities", "health", "justice", "home_office", "work_pensions"])
        .any()
    )
    assert {"found", "commission", "pay"} <= set(taken.kind)


# Who decides may be a list


def test_a_listed_commission_pays_what_the_price_says(tmp_path):
    """Ten families of a programme that the council would not choose, at the price its provider bids: a year's bills add up."""
    file = written(
        tmp_path,
        LISTED + '[[decision]]\nyear = 2\nparty = "council"\nkind = "commission"\nwhat = "parenting"\nnumber = 10\n',
    )
    model = system(file, settings={"services.unmet_need_scale": 0})
    for agency in model.agencies:
        agency.forecast_and_cut = lambda quarter: None  # what is signed is paid for whole
    run_to(model, 8)
    (contract,) = model.contracts.signed.values()
    assert (contract.body, contract.programme, contract.families, contract.year) == ("council", "parenting", 10, 2)
    provider = model.party(contract.provider)
    assert contract.price_pence == model.market.price_pence(model.catalogue["parenting"], provider, 10)
    assert abs(model.ledger.paid("council:prevention", "programme") - 10 * contract.price_pence) <= 4
    assert rows(model, "commission") == [
        ("council", "commission", "10", "parenting", f"10 families at {contract.price_pence} pence by {provider.code}")
    ]


REFUSALS = {
    "no money left": ("council", "multisystemic_therapy", 40),
    "it has no power to commission it": ("justice", "keyworker", 5),
    "no provider has room for so many families": ("council", "parenting", 1_000_000),
    "it commissions nothing by list this year": ("police", "parenting", 5),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_refusal_changes_no_balance(why):
    """One row and one line say why; the ledger is that of a list that has the party commission nothing."""
    party, programme, families = REFUSALS[why]
    refused, idle = (run_to(system("silo", [(1, party, "commission", programme, n)]), 4) for n in (families, 0))
    said = (1, party, "commission", str(families), programme, f"refused: {why}")
    assert [row for row in refused.decisions.rows if row[1:3] == (party, "commission")] == [said]
    assert refused.decisions.notes == [f"year 1: {party}: commission {programme}: refused, {why}"]
    assert refused.ledger.flows() == idle.ledger.flows()


def test_a_replay_signs_the_same_contracts():
    """What silos commission, as a list for a body that decides by list alone, gives the same ledger and the same rows."""
    played = sim.run("silo", years=5, **TOWN)
    signed = played.decisions[
        (played.decisions.kind == "commission") & ~played.decisions.outcome.str.startswith("refused")
    ]
    entries = [(row.year, row.party, "commission", row.what, int(row.decision)) for row in signed.itertuples()]
    replayed = sim.run("silo", years=5, decisions=entries, **TOWN)
    pd.testing.assert_frame_equal(replayed.flows, played.flows)
    pd.testing.assert_frame_equal(replayed.runs, played.runs)
    assert replayed.notes == []
    fewer = sim.run(
        "silo", years=5, decisions=[*entries[1:], (entries[0][0], "council", "commission", "triple_p", 0)], **TOWN
    )
    assert not fewer.flows.equals(played.flows)


@pytest.mark.parametrize("kind", ["leave", "join"])
def test_membership_by_list(kind):
    """In year 2 the LIST is founded: the council stays out although it would join, or stays in although trust is gone."""
    model = system("list_naive", [(2, "council", kind)])
    council = model.party("council")
    run_to(model, 4)
    council.trust = 0.0 if kind == "join" else 1.0
    run_to(model, 5)
    founded = [agency.code for agency in model.party("list").joined]
    assert ("council" in founded) == (kind == "join")
    assert ("council", "join", "yes", "list", "founds it") in rows(model, "join") or kind == "leave"
    run_to(model, 8)
    assert ("council" in [agency.code for agency in model.party("list").joined]) == (kind == "join")


def test_leaving_by_list_is_notice_for_the_year_end():
    """A member pays for the year and is out from the next."""
    model = run_to(system("list_naive", [(3, "council", "leave", "list")]), 11)
    assert model.party("council") in model.party("list").joined
    run_to(model, 12)
    assert model.party("council") not in model.party("list").joined
    assert ("council", "leave", "yes", "list", "at the year end") in rows(model, "leave")
    assert model.decisions.notes == []


def test_a_payment_is_refused_or_accepted_in_part():
    """Of what the LIST asks, the police pays nothing in year 4 and at most 1,000 pence in year 5."""
    listed = [(4, "police", "refuse", "list"), (5, "police", "accept", "list", 1_000)]
    model = run_to(system("list_naive", listed, {"appraisal.method": "snapshot"}), 20)
    mine = [row for row in model.decisions.rows if row[1] == "police" and row[2] in ("refuse", "accept", "pay")]
    (refused, accepted, paid) = (row for row in mine if row[0] >= 4)
    assert (*refused[:3], refused[5]) == (4, "police", "refuse", "0")
    assert int(refused[3]) > 0
    assert accepted == (5, "police", "accept", "1000", "list", "1000")
    assert (*paid[:3], paid[5]) == (5, "police", "pay", "1000")
    assert int(paid[3]) > 1_000
    purses, years = ("service", "prevention"), range(13, 21)
    assert sum(model.ledger.paid(f"police:{purse}", "outcome_payment", quarters=years) for purse in purses) == 1_000


def test_a_department_refuses_its_consent_by_list():
    """Without the parent of the council, which gains, a consortium that needs everybody issues no bond."""
    listed = [(year, "communities", "refuse", "family_group_conference") for year in (2, 3, 4)]
    model = run_to(system("local_outcome_bond", listed), 16)
    said = [row for row in rows(model, "refuse") if row[0] == "communities"]
    assert said
    assert all(row[1:4] == ("refuse", "yes", "family_group_conference") for row in said)
    assert all("bond of council" not in row[-1] for row in rows(model, "accept") if row[3] == "family_group_conference")


def test_notes_say_where_they_hold():
    """Arrangements are told apart where there are several; of several replicates, in how many."""
    note = "year 1: nhs: join: refused, why"

    def result(arrangement, *notes):
        return RunResult(arrangement, 1, [], [], (), [], list(notes))

    def compared(*groups):
        study = SimpleNamespace(arrangements=[run.arrangement for run in groups[0]], notes=[], seeds=(1,))
        return Comparison(study, [Done(0, seed, runs) for seed, runs in enumerate(groups)])

    assert compared([result("a", note)]).notes == [note]
    several = [[result("a", note), result("b")], [result("a", note), result("b", note)], [result("a"), result("b")]]
    assert compared(*several).notes == [
        f"a: {note} in 2 of 3 replicates",
        f"b: {note} in 1 of 3 replicates",
    ]


def test_a_party_that_is_not_there_decides_nothing():
    """A known body that the arrangement does not have: one refusal at the year end."""
    model = run_to(system("silo", [(1, "list", "commission", "parenting", 5), (2, "nhs", "join")]), 8)
    assert model.decisions.notes == [
        "year 1: list: commission parenting: refused, it commissions nothing by list this year",
        "year 2: nhs: join: refused, there is no body that it could join or leave at this point",
    ]


# The size of services


def sized(kind, line, places, settings=None):
    """A model at the end of year 1, in which an agency sizes a line by list, and the line's position."""
    quiet = {"services.threshold_drift": 0, "agencies.decommissioning": 0, **(settings or {})}
    probe = system("silo", None, quiet)
    j = probe.lines.ids.index(line)
    party = probe.agencies[probe.lines.agency[j]].code
    model = system("silo", [(1, party, kind, line, places)], quiet)
    return model, j, party


def test_thresholds_held_by_list():
    """Where every spare place would be let to lower need, those of the line held are not."""
    drift = {"services.threshold_drift": 1}
    free, j, nhs = sized("hold_threshold", "drug_hospital", None, drift)
    held = run_to(free, 4)
    assert int(run_to(system("silo", None, {**drift, "agencies.decommissioning": 0}), 4).services.low_places[j]) > 0
    assert int(held.services.low_places[j]) == 0
    assert rows(held, "hold_threshold") == [
        (nhs, "hold_threshold", "yes", "drug_hospital", "0 places let to lower need")
    ]


def test_places_closed_by_list_are_paid_for_under_notice():
    """Two blocks of an open-door line: closed 1 + notice quarters on, at the closing cost of each place."""
    probe = system("silo")
    line = next(j for j in probe.party("nhs").own_lines if probe.lines.open_door[j] and probe.lines.level[j] > 1)
    name, block, notice = probe.lines.ids[line], int(probe.lines.block[line]), int(probe.lines.notice[line])
    model, _, _ = sized("close_places", name, 2 * block)
    run_to(model, 4)
    before = int(model.services.places[line])
    assert model.services.under_notice()[line] == 2 * block
    cost, due = 2 * block * int(model.lines.closing_pence[line]), 4 + 1 + notice
    assert rows(model, "close_places") == [
        ("nhs", "close_places", str(2 * block), name, f"closes in quarter {due} at {cost} pence")
    ]
    run_to(model, due - 1)
    assert int(model.services.places[line]) == before
    run_to(model, due)
    assert int(model.services.places[line]) == before - 2 * block
    assert model.ledger.paid("nhs:service", "closing_cost") == cost


@pytest.mark.parametrize(
    ("kind", "line", "places", "why"),
    [
        ("close_places", "prison", 4, "its places close in blocks of 3"),
        ("close_places", "prison", 30_000, "it has 35 places that are not under notice"),
        ("close_places", "camhs", 10, "0 of its places stand empty"),
        ("open_places", "prison", 4, "its places open in blocks of 3"),
        ("open_places", "prison", 3_000, "no money left"),
        ("lower_threshold", "prison", 1, "its threshold is not its agency's to lower: courts decide who comes in"),
        ("lower_threshold", "jobcentre_support", 1, "whoever is entitled comes in"),
        ("lower_threshold", "social_work", 500, "of its places stand empty"),
        ("lower_threshold", "family_support", 1, "its threshold is the lowest there is"),
    ],
)
def test_what_cannot_be_done_about_a_service_changes_nothing(kind, line, places, why):
    model, j, party = sized(kind, line, places)
    run_to(model, 4)
    ((code, _, number, name, outcome),) = rows(model, kind)
    assert (code, number, name) == (party, str(places), line)
    assert outcome.startswith("refused: ")
    assert why in outcome
    services = model.services
    assert (int(services.low_places[j]), services.notices, services.openings) == (0, [], [])


def test_places_opened_and_thresholds_lowered_by_list():
    """One place opens in the next quarter at its opening cost; of those empty, two are let to lower need."""
    model, line, justice = sized("open_places", "courts_probation", 1, {"services.block_scale": 0.05, **NAIVE})
    run_to(model, 5)
    cost = int(model.lines.opening_pence[line])
    assert rows(model, "open_places") == [
        (justice, "open_places", "1", "courts_probation", f"opens in quarter 5 at {cost} pence")
    ]
    assert model.ledger.paid(f"{justice}:service", "opening_cost") == cost > 0
    model, line, _ = sized("lower_threshold", "drug_hospital", 2)
    run_to(model, 4)
    assert int(model.services.low_places[line]) == 2


def test_a_duty_is_lowered_by_practice_and_held_where_it_stands():
    """Nothing need stand empty; what was withheld is let in first. Held, practice stays where it is, lax or strict."""
    model, line, _ = sized("lower_threshold", "foster_care", 5)
    model.services.low_places[line] = -2
    run_to(model, 4)
    assert int(model.services.low_places[line]) == 3
    assert rows(model, "lower_threshold") == [
        ("council", "lower_threshold", "5", "foster_care", "3 places let to lower need")
    ]
    model, line, _ = sized(
        "hold_threshold", "foster_care", None, {"services.practice_pressure": 1, "services.practice_drift": 0.1}
    )
    model.services.low_places[line] = -2
    run_to(model, 4)
    assert int(model.services.low_places[line]) == -2
    assert rows(model, "hold_threshold") == [("council", "hold_threshold", "yes", "foster_care", "2 cases withheld")]


def test_what_opening_places_asks_of_a_budget():
    """A year of their fixed cost, four quarters of it, and their opening: all of it unspent, or none opens."""
    model, line, _ = sized("open_places", "prison", 3)
    run_to(model, 4)
    year = 3 * (4 * int(model.services.prices.fixed[line]) + int(model.lines.opening_pence[line]))
    assert f"a year of it costs £{year / 100:,.2f}, and of the service budget £" in rows(model, "open_places")[0][-1]


def test_listed_services_are_management_with_a_twin_of_its_own():
    """Programmes are judged against the same closures without them: what closing released is told apart."""
    listed = [(1, "justice", "close_places", "prison", 3)]
    result = sim.run("silo", years=4, decisions=listed, **TOWN)
    released = result.runs[result.runs.measure == "management_cash"]
    assert released.value_pence[released.line == "prison"].sum() > 0


# Reading a list


def test_a_file_and_a_csv_beside_it_say_the_same(tmp_path):
    """TOML tables, CSV rows, tuples and mappings are one form; a file that extends another inherits its list."""
    table = '[[decision]]\nyear = 2\nparty = "council"\nkind = "commission"\nwhat = "parenting"\nnumber = 10\n'
    (tmp_path / "plan.csv").write_text("year,party,kind,what,number\n2,council,commission,parenting,10\n3,nhs,join,,\n")
    by_table = load_arrangement(written(tmp_path, LISTED + table))
    by_csv = load_arrangement(
        written(tmp_path, LISTED.replace("[rules]", 'decisions = "plan.csv"\n[rules]'), "other.toml")
    )
    heir = load_arrangement(written(tmp_path, 'extends = "other"\n', "heir.toml"))
    in_python = given_decisions(
        [{"year": 3, "party": "nhs", "kind": "join"}, (2, "council", "commission", "parenting", 10)]
    )
    assert by_table.decisions == by_csv.decisions[:1] == in_python[1:]
    assert by_csv.decisions[1:] == in_python[:1]
    assert heir.decisions == by_csv.decisions


def test_what_is_given_goes_before_what_a_file_says(tmp_path):
    table = '[[decision]]\nyear = 2\nparty = "council"\nkind = "commission"\nwhat = "parenting"\nnumber = 10\n'
    inputs = load_inputs(
        written(tmp_path, LISTED + table), "milltown", decisions=[(2, "council", "commission", "parenting", 4)]
    )
    assert [item.number for item in inputs.arrangement.decisions] == [4]


WRONG = {
    "is no party": (1, "counsil", "join"),
    "is unknown": (1, "council", "joins"),
    "is no programme": (1, "council", "commission", "parentin", 5),
    "is no line": (1, "nhs", "hold_threshold", "camh"),
    "is no service of": (1, "nhs", "hold_threshold", "prison"),
    "outside the run": (9, "council", "join"),
    "out of range": (0, "council", "join"),
    "is not a whole number": (1.5, "council", "join"),
    "takes none": (1, "council", "join", "list", 1),
    "number is missing": (1, "council", "commission", "parenting"),
    "what is missing": (1, "nhs", "close_places"),
    "kind is missing": (1, "nhs"),
    "has the wrong type": "join",
}


@pytest.mark.parametrize("problem", WRONG)
def test_what_is_wrong_is_refused_when_read(problem):
    with pytest.raises(InputError, match=problem):
        load_inputs("silo", "milltown", years=8, decisions=[WRONG[problem]])


def test_every_fault_is_told_at_once_and_check_tells_them(tmp_path):
    (tmp_path / "plan.csv").write_text(
        "year,party,kind,what,number\n1,nobody,join,,\n2,council,commission,x,5\n2,nhs,join,,\nx,nhs,join,,\n2,nhs,leave,,\n"
    )
    file = written(tmp_path, LISTED.replace("[rules]", 'decisions = "plan.csv"\n[rules]'))
    with pytest.raises(InputError) as error:
        checked(file, "milltown")
    assert [fault.partition("plan.csv: ")[2][:14] for fault in error.value.faults] == [
        "line 5: year: ",
        "line 6: goes a",
    ]
    (tmp_path / "plan.csv").write_text(
        "year,party,kind,what,number\n1,nobody,join,,\n2,council,commission,x,5\n41,nhs,join,,\n"
    )
    with pytest.raises(InputError) as error:
        checked(file, "milltown")
    assert [fault.partition("plan.csv: ")[2][:6] for fault in error.value.faults] == ["line 2", "line 3", "line 4"]


def test_a_request_keeps_the_list(tmp_path):
    """What is needed to ask again: the text of a CSV file, and decisions given in Python."""
    (tmp_path / "plan.csv").write_text("year,party,kind,what,number\n3,nhs,join,,\n")
    file = written(tmp_path, LISTED.replace("[rules]", 'decisions = "plan.csv"\n[rules]'))
    request = load_study([file], "milltown", decisions=[(2, "council", "join")]).request
    assert request.texts[str(tmp_path / "plan.csv")].endswith("3,nhs,join,,\n")
    assert request.decisions == [[2, "council", "join", "", None]]


def test_no_list_is_no_decision():
    with pytest.raises(InputError, match="is no list"):
        given_decisions("join")
    assert given_decisions(None) == ()
    assert set(LISTABLE) >= {"commission", "join", "leave", "accept", "refuse"}

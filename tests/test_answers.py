"""Answers compose: every pair of answers is refused when it is read, or runs and pays what its answers say."""

from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest

from sim.arrangements.fit import PAYING, misfits, table
from sim.arrangements.parts import PARTS, ROLES, TERMS
from sim.arrangements.reading import arrangement_names, load_arrangement, rules_of
from sim.core.calendar import QUARTERS
from sim.core.dials import DIALS
from sim.core.faults import InputError
from sim.core.ledger import PURPOSES
from sim.core.parameters import Quantity
from sim.deals.terms import WORDS
from sim.place.burn_in import burn_in
from sim.programmes.catalogue import SECTORS
from sim.record.recorder import Recorder
from sim.rules import CHOICES
from sim.studies.inputs import load_inputs, with_settings
from sim.system import LocalSystem
from tests.conftest import area_for
from tests.test_outcome_arrangements import WEALTHY

COUNTED = ("prison",)
YEARS, SEED, FAMILIES = 3, 3, 3000
MEMBERS, PLAYED = ("council", "nhs", "justice"), {"lead": "council", "donor": "police", "centre": "communities"}
PAIRS = [
    ((first, one), (second, other))
    for first, second in combinations(CHOICES, 2)
    for one in CHOICES[first]
    for other in CHOICES[second]
]
# Terms under which three years are enough to see something bought; all others are those of shipped arrangements.
SOON = {
    "years_to_agree": 0, "term_years": 2, "centre_budget": 2e7, "expected_success": 0.4, "result_fee": 20_000, "outcome_noise": 1,
    "contribution_share": 0.4, "pooled_at_source": 0.2, "evaluation_cost": 20_000, "outcome_share": 0.8, "family_fee": 5_000, "day_fee": 300, "event_fee": 27_000,
}  # fmt: skip
# Answers that stand for themselves: what three years of a small town do not show, and why.
LISTED = {
    (("decides", "nobody"),): "nobody buys anything",
    (("decides", "listed"),): "it buys what a list of decisions names, and there is none here",
    (
        ("up_front", "provider"),
        ("paid_for", "share_of_savings"),
    ): "shares come over years, and no provider can wait so long",
    **{
        (
            ("decides", "centre"),
            ("up_front", "provider"),
            ("paid_for", unit),
        ): "one service does not bring providers their costs"
        for unit in ("days", "events")
    },
    (
        ("up_front", "provider"),
        ("paid_for", "events"),
        ("measured", "matched"),
    ): "over the years that are paid for, the payer would pay more than it gains",
    (
        ("paid_for", "share_of_savings"),
        ("savings", "rewarded"),
    ): "no programme relieves the one service that is counted",
    (
        ("decides", "centre"),
        ("benefit_counted", "members"),
        ("up_front", "provider"),
        ("paid_for", "fees"),
    ): "what its agencies gain is not worth the fees, but of conferences, too few for a provider",
    (("decides", "neighbourhood_boards"), ("up_front", "provider")): "too few families for a provider to bear the risk",
    (
        ("decides", "list_bargain"),
        ("up_front", "provider"),
        ("paid_for", "events"),
    ): "nothing is worth its price to those who would sign together here",
}
# Answers whose payments are seen whenever something is bought, but for those that hang on results.
SURE, BY_RESULT = ("up_front", "paid_for", "savings"), {"outcome_payment", "distribution"}
SAMPLED = 23  # every so many pairs are run by default


def order(question):
    """Answers to a question, those that do least at the end."""
    return sorted(CHOICES[question], key=lambda name: name in ("nobody", "listed", "none"))


def completed(answers, spec):
    """Answers to all questions, found by what fits; None where no others do."""
    if misfits({question: (name,) for question, name in answers.items()}, spec):
        return None
    left = [name for name in ("decides", "up_front", "paid_for", "savings", *CHOICES) if name not in answers]
    if not left:
        return answers
    found = (completed({**answers, left[0]: name}, spec) for name in order(left[0]))
    return next((answers for answers in found if answers), None)


def stated(answers):
    """The table of what families use without help, where some answers read it."""
    return {"baseline": ["foster_care"]} if ("measured", "stated_baseline") in answers else {}


@cache
def fitting(pair):
    """An arrangement's answers with a pair among them, and the terms they need; None where none fit."""
    for terms in ((), ("first_loss",), ("centre_share",)):
        spec = {"roles": PLAYED, "members": MEMBERS, "value": terms, "outcome_lines": COUNTED, **stated(pair)}
        answers = completed(dict(pair), spec)
        if answers:
            return tuple((question, answers[question]) for question in CHOICES), terms
    return None


@cache
def shipped():
    return [load_arrangement(name) for name in arrangement_names()]


@cache
def base():
    inputs = load_inputs("sib_single", "milltown", WEALTHY, years=YEARS, families=FAMILIES)
    return inputs, burn_in(inputs.place, inputs.dials, SEED, FAMILIES)


def value(name, answers):
    """A value as the shipped arrangement gives it that answers most alike."""
    alike = {item.id: sum(CHOICES[q][a] in item.rules.all()[q] for q, a in answers) for item in shipped()}
    givers = [item for item in shipped() if name in item.values]
    if not givers:
        return Quantity(SOON[name], "test", 0, 1e9, "assumption: test")
    given = max(givers, key=lambda item: alike[item.id]).values[name]
    return replace(given, value=SOON[name], low=0, high=1e9) if name in SOON else given


@cache
def ran(answers, terms):
    """Whether anything was bought under some answers, and for which purposes money moved after the start."""
    names = {question: (name,) for question, name in answers}
    chosen, inputs = rules_of(names), base()[0]
    spec = {"roles": PLAYED, "members": MEMBERS, "value": terms, **stated(answers)}
    counted = () if not misfits(names, spec) else COUNTED
    without = Quantity(2, "case-quarters/family-year", 0, 4, "assumption: test")
    baseline = {f"baseline_{line}": without for line in stated(answers).get("baseline", ())}
    staff = {"own_staff": Quantity(1, "test", 0, 1, "assumption: few others are so rich that they can wait")}
    arrangement = replace(
        inputs.arrangement,
        rules=chosen,
        members=MEMBERS,
        roles=PLAYED,
        outcome_lines=counted,
        values={name: value(name, answers) for name in (*chosen.needs(), *terms)} | baseline | staff,
        plan={"parenting": 800, "drug_treatment": 600},
    )
    area = area_for(inputs, SEED)
    model = LocalSystem(replace(inputs, arrangement=arrangement), base()[1].copy(), SEED, Recorder(None), None, area)
    for _ in range(YEARS * QUARTERS):
        model.step()
    return bool(model.contracts.signed), {posting[4] for posting in model.ledger.postings if posting[0] > 0}


def falls_short(answers, terms):
    """What an accepted arrangement does not do that its answers say; empty where it does, or where it is listed."""
    bought, purposes = ran(answers, terms)
    if any(set(group) <= set(answers) for group in LISTED):
        return ""
    sure = {name: set(CHOICES[question][name].posts.split()) for question, name in answers if question in SURE}
    unpaid = [name for name, posts in sure.items() if posts - BY_RESULT and not posts & purposes]
    return "buys nothing" if not bought else f"never pay: {unpaid}" if unpaid else ""


def survey(pairs):
    """Pairs that are refused; of the others, which are run, those that fall short, with why."""
    found = {pair: fitting(pair) for pair in pairs}
    short = {pair: falls_short(*item) for pair, item in found.items() if item}
    return [pair for pair in pairs if not found[pair]], {pair: why for pair, why in short.items() if why}


def test_a_sample_of_pairs_is_refused_or_runs_and_pays():
    refused, short = survey(PAIRS[::SAMPLED])
    assert short == {}
    assert 10 < len(refused) < len(PAIRS[::SAMPLED]) / 2


@pytest.mark.slow
def test_every_pair_is_refused_or_runs_and_pays():
    refused, short = survey(PAIRS)
    assert short == {}
    assert len(PAIRS) / 4 < len(refused) < len(PAIRS) / 2
    runs = [(answers, ran(answers, terms)[1]) for answers, terms in map(fitting, set(PAIRS) - set(refused))]
    paid = {
        (q, name) for answers, purposes in runs for q, name in answers if set(CHOICES[q][name].posts.split()) & purposes
    }
    unpaid = {(q, name) for q in CHOICES for name in CHOICES[q] if CHOICES[q][name].posts} - paid
    assert unpaid <= {("decides", "listed")}  # which buys what is listed, and here nothing is


def test_every_answer_fits_somewhere():
    taken = {item for pair in PAIRS[:: SAMPLED // 4] for item in ((fitting(pair) or [()])[0])}
    assert {(question, name) for question in CHOICES for name in CHOICES[question]} - taken == set()


def test_words_are_offered_wanted_and_explained():
    """A want names words that answers to that question offer, an answer's name, or what a file may give."""
    offers = {q: {w for n, item in CHOICES[q].items() for w in (n, *item.offers.split())} for q in CHOICES}
    given = {*ROLES, *TERMS, *SECTORS, *PAYING, "outcome_lines", "baseline"}
    known = {**offers, "any": set().union(*offers.values()), "file": given}
    takers = [item for choices in CHOICES.values() for item in choices.values()] + [*PARTS.values(), *TERMS.values()]
    wanted = {(place, word) for item in takers for place, words in item.wants.items() for word in words.split()}
    assert {(place, word) for place, word in wanted if word not in known[place]} == set()
    offered = {word for choices in CHOICES.values() for item in choices.values() for word in item.offers.split()}
    assert offered == set(WORDS)
    read_by = {dial.read_by for dial in DIALS.values()} - {""}
    assert read_by <= set(WORDS)
    assert {word for _, word in wanted} | read_by >= set(WORDS)
    assert {word for item in takers if hasattr(item, "posts") for word in item.posts.split()} <= PURPOSES


def test_the_table_has_a_row_for_every_answer():
    rows = table()
    assert len(rows) == sum(map(len, CHOICES.values()))
    assert ("savings", "claw_back") in {row[:2] for row in rows}
    row = next(row for row in rows if row[1] == "repaid")
    assert row[3:] == ("payer, repayment", "decides: invoices; measured: findings")


HEAD = 'name = "m"\nsource = "assumption: test"\ndiffers = "d"\n'
SHARE = 'value = 0.5\nunit = "share"\nlow = 0\nhigh = 1\nsource = "assumption: test"\n'


def faults_of(tmp_path, base, text):
    """What is wrong with a file that extends another, each fault without the file's name."""
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "{base}"\n{HEAD}{text}')
    with pytest.raises(InputError) as error:
        load_arrangement(path)
    return [fault.removeprefix(f"{path}: ") for fault in error.value.faults]


@pytest.mark.parametrize(
    ("base", "text", "says"),
    [
        ("pooled_s75", '[rules]\nsavings = "repaid"\n',
         "rules.savings: 'repaid' wants a body that sends members invoices; let rules.decides be list_board"),
        ("list_naive", '[rules]\nmeasured = "none"\n',
         "rules.savings: 'repaid' wants outcomes that are measured family by family or in the area; "
         "let rules.measured be before_after or matched or matched_here or waiting_list or area_count or stated_baseline"),
        ("silo", '[rules]\nup_front = ["commissioner", "transfer"]\n',
         "rules.up_front: 'transfer' wants the agency whose money goes to another; give roles.donor"),
        ("silo", '[rules]\nup_front = "transfer"\n[roles]\ndonor = "nhs"\n',
         "members: the donor would give to itself; name those that take part, and not the donor"),
        ("pooled_s75", '[rules]\ndecides = "lead_agency"\n',
         "rules.decides: 'lead_agency' wants the agency that decides for the others; give roles.lead"),
        ("silo", '[rules]\npaid_for = "fees"\n',
         "rules.paid_for: 'fees' wants somebody whom outcome payments go to; let rules.up_front be provider or investors "
         "or shared, or give value.centre_share, or give value.outside_share"),
        ("youth_justice_reinvestment", '[rules]\nup_front = "pool_shares"\n',
         "rules.savings: 'claw_back' wants 'advance' for rules.up_front; let rules.up_front be advance"),
        ("silo", 'parts = ["pooled_cohorts"]\n',
         "parts: 'pooled_cohorts' does nothing without payments for outcomes; "
         "leave it out, or let rules.paid_for be fees or share_of_savings or days or events or families_without"),
        ("silo", f"[value.outcome_threshold]\n{SHARE}",
         "value.outcome_threshold: nothing reads it without payments for outcomes; "
         "leave it out, or let rules.paid_for be fees or share_of_savings or days or events or families_without"),
        ("naa_commissioning", f"[value.ease_private]\n{SHARE}",
         "value.ease_private: nothing reads it without providers of the sector private; "
         "leave it out, or give private among sectors"),
        ("silo", '[settings]\n"list.payment_basis" = "cashed"\n',
         "settings.list.payment_basis: nothing in this arrangement reads it; leave it out"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_the_cure(tmp_path, base, text, says):
    assert says in faults_of(tmp_path, base, text)


def test_all_that_does_not_fit_is_told_at_once(tmp_path):
    text = 'parts = ["tax_relief"]\n[rules]\nsavings = "repaid"\nup_front = ["transfer", "bonds"]\n'
    keys = [fault.split(":")[0] for fault in faults_of(tmp_path, "pump_priming", text)]
    assert keys[:3] == ["rules.up_front", "rules.up_front", "rules.savings"]


def test_a_term_that_is_inherited_falls_away_with_what_reads_it(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "troubled_families"\n{HEAD}[rules]\npaid_for = "block"\n')
    assert {"centre_share", "step_fee"} & set(load_arrangement("troubled_families").values)
    assert not {"centre_share", "step_fee"} & set(load_arrangement(path).values)


def test_a_setting_that_is_inherited_falls_away_with_what_reads_it(tmp_path):
    base, path = tmp_path / "cashed.toml", tmp_path / "mine.toml"
    base.write_text(f'extends = "list_naive"\n{HEAD}[settings]\n"list.payment_basis" = "cashed"\n')
    path.write_text(f'extends = "cashed"\n{HEAD}[rules]\ndecides = "fund_board"\nsavings = "stay"\n')
    assert load_arrangement(base).settings == {"list.payment_basis": "cashed"}
    assert load_arrangement(path).settings == {}


def test_a_value_that_no_arrangement_may_give_is_no_value():
    with pytest.raises(KeyError, match="centre_shares"):
        load_arrangement("silo").optional("centre_shares")
    assert load_arrangement("silo").optional("centre_share") == 0


@pytest.mark.parametrize(
    ("arrangements", "name", "value", "reader"),
    [
        (["silo"], "list.payment_basis", "cashed", "list_public"),
        (["silo", "do_nothing"], "list.reinvested_share", 0.5, "list_public"),
        (["do_nothing"], "comparison.envelope", 1e6, "silo"),
        (["do_nothing"], "measurement.cohort_size", 100, "silo"),
        (["silo"], "investors.commercial.largest_share", 0.5, "sib_single"),
        (["sib_single"], "bank.risk_band", 0.1, "lioa"),
    ],
)
def test_a_setting_that_nothing_reads_is_refused(arrangements, name, value, reader):
    every = [load_inputs(item, "milltown") for item in (*arrangements, reader)]
    with pytest.raises(InputError, match=rf"--set: {name}: nothing in {', '.join(arrangements)} reads it"):
        with_settings(every[:-1], {name: value})
    assert len(with_settings(every, {name: value})) == len(every)

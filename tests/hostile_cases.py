"""Inputs of a hostile or sloppy user, as data: the files each makes in an empty folder, what is called, what must come of it."""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.programme_file import PROGRAMME


class Link(NamedTuple):
    """A link to `target`."""

    target: str


class Fifo(NamedTuple):
    """A named pipe that nobody writes into."""


class Folder(NamedTuple):
    """An empty folder."""


class Sparse(NamedTuple):
    """A file of so many zeros that takes no room."""

    size: int


class Town(NamedTuple):
    """A copy of milltown."""


class Result(NamedTuple):
    """A copy of a finished run of two years; with the keys of its manifest that differ, or what the manifest is instead."""

    manifest: object = {}


class Edit(NamedTuple):
    """A change of a file made before: one text for another."""

    old: str
    new: str


class Call(NamedTuple):
    """A call of the Python interface; ``write`` is that of a finished comparison."""

    name: str
    args: tuple = ()
    options: dict = {}  # noqa: RUF012


@dataclass
class Process:
    """A command in a process of its own, and what is poor about its surroundings."""

    words: list
    env: dict = field(default_factory=dict)
    limits: dict = field(default_factory=dict)
    stdout: str = ""
    signal: str = ""
    twice: bool = False


class Case(NamedTuple):
    """One case.

    `kind` is 1 what is not ours, 2 two at once, 3 signals, 4 typing mistakes, 5 names, 6 mistakes, 7 figures, 8 manifests.
    `code` is 2 where it must be refused, 0 where it must work, or several codes that will do.
    """

    name: str
    kind: int
    files: dict
    do: object
    code: object = 2


OWN = 'extends = "silo"\nname = "Mine"\nsource = "assumption: mine"\ndiffers = "Mine."\n'
ALONE = (
    'name = "Mine"\nsource = "assumption: mine"\ndiffers = "Mine."\nmembers = ["all"]\n'
    '[rules]\ndecides = "each_agency"\nbenefit_counted = "own"\nup_front = "commissioner"\npaid_for = "block"\n'
    'outcome_risk = "commissioner"\nmeasured = "before_after"\nsavings = "stay"\n'
)
BENEFIT = '[[benefit]]\nagency = "council"\namount_gbp = 300\nfrom_year = 1\nto_year = 5\n'
PROFILE = f'name = "Mine"\ncost_per_case_gbp = 1000\ncases = 10\n{BENEFIT}'
DEFLATORS = "price_year,to_2010_11,source\n2026/27,0.66,assumption: mine\n"
QUIET = ["--place", "milltown", "--years", "2", "--workers", "1", "--quiet"]


def run(what="silo", *words):
    """Words of a run on milltown into ``out``."""
    return ["run", what, *QUIET, "--out", "out", *words]


def appraise(what, *words):
    """Words of an appraisal at milltown."""
    return ["appraise", what, "--place", "milltown", "--draws", "100", *words]


def family(kind, name, values, files, do, code=2):
    """A case for each value: `files` and `do` are functions of it."""
    named = (
        values.items()
        if isinstance(values, dict)
        else ((f"{n} {ascii(value)[:40]}", value) for n, value in enumerate(values))
    )
    return [Case(f"{name} {label}", kind, files(value), do(value), code) for label, value in named]


def none(_):
    """No files."""
    return {}


def into(*out):
    """A run into a folder, with ``--overwrite``."""
    return ["run", "silo", *QUIET, "--overwrite", "--out", *out]


def _not_ours():
    precious = {"precious.txt": "mine", "deep/er/precious.txt": "mine"}
    targets = {
        "the working folder": ({}, "."), "a dot and a slash": ({}, "./"), "by way of another": ({"a": Folder()}, "a/.."),
        "the parent": ({}, ".."), "the grandparent": ({}, "../.."), "a folder of mine": ({}, "deep"),
        "a folder in it": ({}, "deep/er"), "a file": ({}, "precious.txt"), "below a file": ({}, "precious.txt/x"),
        "a link to a folder": ({"link": Link("deep")}, "link"), "a link and a slash": ({"link": Link("deep")}, "link/"),
        "a link to a file": ({"link": Link("precious.txt")}, "link"), "a link to nothing": ({"link": Link("gone")}, "link"),
        "a link to itself": ({"link": Link("link")}, "link"), "below a link to itself": ({"link": Link("link")}, "link/x"),
        "a pipe": ({"pipe": Fifo()}, "pipe"), "a place": ({"pl": Town()}, "pl"),
        "another tool's manifest": ({"d/manifest.json": "{}"}, "d"), "a manifest that is a list": ({"d/manifest.json": "[]"}, "d"),
        "a deep manifest": ({"d/manifest.json": "[" * 100_000}, "d"), "a manifest that is a pipe": ({"d/manifest.json": Fifo()}, "d"),
        "a manifest that is a folder": ({"d/manifest.json": Folder()}, "d"),
        "a result with a file of mine": ({"d": Result(), "d/notes.txt": "mine"}, "d"),
        "a result with a figure of mine": ({"d": Result(), "d/figures/mine.svg": "mine"}, "d"),
        "a result with a folder of mine": ({"d": Result(), "d/mine": Folder()}, "d"),
        "a result with a hidden file": ({"d": Result(), "d/.git/config": "mine"}, "d"),
        "a result with a link": ({"d": Result(), "d/figures/life_x.svg": Link("../../precious.txt")}, "d"),
        "figures that are a link": ({"d/manifest.json": '{"versions": {"listsim": "1"}}', "d/figures": Link("../deep")}, "d"),
    }  # fmt: skip
    cases = [Case(f"out is {name}", 1, {**precious, **files}, into(out)) for name, (files, out) in targets.items()]
    town = {"pl": Town(), "pl/notes.txt": "mine"}
    cases += [
        Case("out in the place", 1, town, into("pl/out", "--place", "pl"), 0),
        Case("out around the place", 1, {"a/pl": Town()}, into("a", "--place", "a/pl")),
        Case("out is the place", 1, town, into("pl", "--place", "pl")),
        Case("out is the place by a link", 1, {**town, "l": Link("pl")}, into("pl", "--place", "l")),
        Case("out in the place by a link", 1, {**town, "l": Link("pl")}, into("l/out", "--place", "pl"), 0),
        Case("out holds the arrangement", 1, {"a/own.toml": OWN}, ["run", "a/own.toml", *QUIET, "--overwrite", "--out", "a"]),
        Case("out is the arrangement", 1, {"own.toml": OWN}, ["run", "own.toml", *QUIET, "--overwrite", "--out", "own.toml"]),
        Case("out is a result, no overwrite", 1, {"d": Result()}, ["run", "silo", *QUIET, "--out", "d"]),
        Case("calibrate into the place", 1, town, ["calibrate", "pl", "--out", "pl", "--rounds", "2", "--overwrite"]),
        Case("calibrate into a folder of mine", 1, {**town, **precious}, ["calibrate", "pl", "--out", "deep", "--overwrite"]),
        Case("calibrate into a result's parent", 1, {**town, "a/d": Result()}, ["calibrate", "pl", "--out", "a", "--overwrite"]),
        Case("fit over a file of mine", 1, precious, ["fit-report", "--place", "milltown", "--out", "precious.txt", "--overwrite"]),
        Case("fit over an input", 1, town, ["fit-report", "--place", "pl", "--out", "pl/lines.csv", "--overwrite"]),
        Case("fit over a folder", 1, precious, ["fit-report", "--place", "milltown", "--out", "deep", "--overwrite"]),
        Case("fit through a link", 1, {**precious, "l": Link("precious.txt")},
             ["fit-report", "--place", "milltown", "--out", "l", "--overwrite"]),
        Case("report of a folder of mine", 1, precious, ["report", "deep"]),
        Case("report through figures that lead out", 1,
             {**precious, "d": Result(), "d/figures/leaks.svg": Link("../../precious.txt")}, ["report", "d"]),
        Case("rerun into the result", 1, {"d": Result()}, ["reproduce", "d", "--out", "d", "--overwrite"]),
        Case("rerun around the result", 1, {"a/d": Result()}, ["reproduce", "a/d", "--out", "a", "--overwrite"]),
        Case("write into the working folder", 1, precious, Call("write", (".",), {"overwrite": True})),
        Case("write into a folder of mine", 1, precious, Call("write", ("deep",), {"overwrite": True})),
    ]  # fmt: skip
    names = [
        "",
        " ",
        "a\0b",
        "~/x",
        "a\nb",
        "\x1b[31mred",
        "n" * 300,
        "/".join(["d" * 200] * 30),
        "x\ud800",
        "/proc/x/y",
    ]
    cases += family(1, "out named", names, none, lambda name: ["run", "silo", *QUIET, "--out", name])
    return cases + family(1, "write to", [None, 5, b"x", "", [], "\0"], none, lambda name: Call("write", (name,)))


def _two_at_once():
    gone = "owner_elsewhere_1_1"
    return [
        Case("two runs into one folder", 2, {}, Process(["run", "silo", *QUIET, "--out", "out"], twice=True), (0, 2)),
        Case("two runs into the next free", 2, {}, Process(["run", "silo", *QUIET], twice=True), 0),
        Case("reserved by somebody", 2, {f".out.partial/{gone}": ""}, run()),
        Case("reserved, in words nobody reads", 2, {".out.partial/owner_a_b_c_d": ""}, run()),
        Case("a file where the name is kept", 2, {".out.partial": "mine"}, run()),
        Case("a link where the name is kept", 2, {".out.partial": Link("deep"), "deep/mine": "1"}, run()),
        Case("another's partial folder of mine", 2, {".that.partial/mine": "1"}, run(), 0),
        Case("another's partial link", 2, {".that.partial": Link("deep"), "deep/new/mine": "1"}, run(), 0),
    ]


def _signals():
    words = ["compare", "--replicates", "60", "--years", "40", "--workers", "2", "--no-progress"]
    return [Case(f"{name} while it runs", 3, {}, Process(words, signal=name), code)
            for name, code in (("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130))]  # fmt: skip


def _typing():
    strange = ["nan", "inf", "-inf", "1e400", "0x10", "0,5", "50%", "£1", "half", "true", "None", "--1", "1e", "9" * 5000,
               "[0]", "{}", "\ud800", "0.5\0", "-0.1", "1.0001"]  # fmt: skip
    dial = "services.threshold_drift"
    cases = family(4, "dial", strange, none, lambda text: run("silo", "--set", f"{dial}={text}"))
    keys = ["", "=", "=1", dial, f"{dial}=", f"{dial}= ", "nosuch=1", f"{dial.upper()}=0", "lines.foster_care=1", "lines..unit_cost=1",
            "lines.foster_care.unit_cost.value=1", "lines.foster_care.unit_cost=1e300", "lines.foster_care.block=1.5", "arrangement.nosuch=1",
            "list.payment_basis=Cashed", "departments.review_years=2.5", "place.families=499", "place.families=1e15", ".=1",
            "programmes.parenting.cost_per_family=-1", "\0=1", "x" * 5000 + "=1", "\x1b[2J=1", "constructor.__class__=1"]  # fmt: skip
    cases += family(4, "set", keys, none, lambda pair: run("silo", "--set", pair))
    cases.append(Case("set twice", 4, {}, run("silo", "--set", f"{dial}=0", "--set", f"{dial}=1")))
    numbers = [("--years", "0 -1 41 2.5 two 1e1 99999999999999999999"), ("--replicates", "0 -1 10001 x"),
               ("--families", "499 0 -5 20000001 1e6 many 99999999999999999999"), ("--workers", "0 257 -1 all"),
               ("--seed", "-1 9223372036854775808 1.5 x 99999999999999999999999999999999")]  # fmt: skip
    for option, values in numbers:
        cases += family(4, option, values.split(), none, lambda text, option=option: run("silo", option, text))
    cases.append(Case("last seed too large", 4, {}, run("silo", "--seed", str(2**63 - 1), "--replicates", "2")))
    for option, values in (("--cases", "0 -1 1000000001"), ("--horizon", "0 61 -1"), ("--draws", "99 200001"), ("--seed", "-1"),
                           ("--split", "nosuch nan")):  # fmt: skip
        cases += family(
            4, f"appraise {option}", values.split(), none, lambda text, o=option: appraise("parenting", o, text)
        )
    for option, values in (("--cases", "0 -1 99999999999"), ("--price", "-1 nan inf 1e300"), ("--risk", "nan 1.5 -0.1"),
                           ("--premium", "nan -5 inf"), ("--failures", "2 nan -1"), ("--pricing", "free")):  # fmt: skip
        cases += family(
            4, f"example {option}", values.split(), none, lambda text, o=option: ["example", "lob", o, text]
        )
    words = [["run"], ["nosuch"], ["list", "nosuch"], ["list", ""], ["list", "\x1b[1m"], ["explain", ""], ["explain", "\x1b[1m"],
             ["explain", "silo.toml"], ["explain", "../silo"], ["explain", "x" * 5000], ["example", "bol"], ["check", ""],
             ["check", "."], ["check", "nowhere"], ["check", "\0"], ["check", "x" * 5000], ["check", "\ud800.toml"],
             ["report", ""], ["report", "nowhere"], ["report", "\0"], ["report", "x" * 5000], ["reproduce", ""],
             ["reproduce", "nowhere"], ["reproduce", "\0"], ["run", "silo", "--place", ""], ["run", "silo", "--place", "\0"],
             ["run", "silo", "--place", "x" * 5000], ["run", "silo", "--place", "."], ["run", "", *QUIET], ["run", ".toml", *QUIET],
             ["run", "..", *QUIET], ["run", "silo.toml", *QUIET], ["run", "all", "silo"], ["compare", "silo", "silo", *QUIET],
             ["compare", "all", "silo", *QUIET], ["run", "parenting", *QUIET], ["run", "milltown", *QUIET], ["appraise", "silo"],
             ["appraise", "milltown"], ["appraise", ""], ["calibrate", "milltown", "--out", "o", "--rounds", "1"],
             ["calibrate", "milltown", "--out", "o", "--rounds", "201"], ["fit-report", "--replicates", "0"],
             ["run", "silo", *QUIET, "--set"], ["run", "--nosuch"], ["reproduce", "nowhere", "--workers", "0"]]  # fmt: skip
    cases += [
        Case(f"words {' '.join(ascii(word)[:30] for word in group[:4])} {n}", 4, {}, group)
        for n, group in enumerate(words)
    ]
    cases += _arrangement_keys()
    return cases + _place_cells()


def _arrangement_keys():
    """Each key of an arrangement given each wrong thing."""
    wrong = {
        "name": ["5", "[]", '""', '"  "'], "source": ["5", '""', '"assumption:"', '"unit_costs:NOSUCH"'], "differs": ["[]", "1.5"],
        "members": ["[]", '"all"', "[5]", '["nosuch"]', '["all", "council"]', '["council", "council"]', "[[]]", "[{}]"],
        "programmes": ["[]", '["nosuch"]', "[1]", "{}"], "sectors": ['["public"]', '"private"', "[{}]"],
        "outcome_lines": ['["nosuch"]', "[]", "[1.5]"], "parts": ['["nosuch"]', '"broker"', "[[]]"],
        "rules": ["5", "[]", '"silo"', "{ decides = 5 }", "{ decides = [] }", "{ decides = {} }", '{ decides = "nosuch" }',
                  "{ up_front = [] }", "{ up_front = [[]] }", '{ up_front = ["grant", "grant"] }', '{ nosuch = "x" }',
                  '{ decides = ["each_agency"] }', '{ savings = ["stay"] }'],
        "settings": ["5", '{ nosuch = 1 }', '{ "services.threshold_drift" = "x" }', '{ "services.threshold_drift" = true }',
                     '{ "services.threshold_drift" = nan }', '{ "services.threshold_drift" = [] }', "{ services = 5 }",
                     "{ services = { threshold_drift = 0 } }", '{ "list.payment_basis" = [] }'],
        "funding": ["[]", '{ council = "nosuch" }', '{ nosuch = "workload" }', "{ council = [] }", "{ council = {} }", "{ council = 5 }"],
        "roles": ["[]", '{ nosuch = "council" }', "{ lead = [] }", '{ lead = "nosuch" }'],
        "plan": ["[]", "{ parenting = -1 }", "{ parenting = 1.5 }", '{ parenting = "x" }', "{ nosuch = 1 }", "{ parenting = 1e300 }",
                 "{ parenting = true }", "{ parenting = [] }"],
        "value": ["5", "{ nosuch = 5 }", "{ project_cost = 5 }", "{ project_cost = [] }", "{ project_cost = {} }",
                  "{ project_cost = { value = [], unit = 5, low = {}, high = true, source = 1 } }"],
        "extends": ["5", '""', '"nosuch"', '"."', '".."', '"/"', '"a\\u0000b"', '"own"', '"own.toml"', '["silo"]', '"../own"',
                    '"/dev/zero"', '"pl/place"', '"' + "x" * 5000 + '"', '"silo/../silo"', '"//silo"', '"a/' + "x" * 5000 + '"'],
        "nosuch": ["1"], "Name": ['"x"'],
    }  # fmt: skip
    cases = []
    for key, values in wrong.items():
        for n, text in enumerate(values):
            base = "\n".join(line for line in OWN.splitlines() if not line.startswith(f"{key} ="))
            spec = {"own.toml": f"{key} = {text}\n{base}\n"}
            cases.append(Case(f"arrangement {key} {n} {text[:30]}", 4, spec, run("own.toml")))
    return cases


def _place_cells():
    """One cell of a place's file, mistyped."""
    line = "foster_care,unit_cost,36400,GBP/child-year,2013/14,27850,43000"
    bad = {
        "no value": "foster_care,unit_cost,,GBP/child-year,2013/14,27850,43000", "words": line.replace("36400", "much"),
        "nan": line.replace("36400", "nan"), "inf": line.replace("43000", "inf"), "1e400": line.replace("43000", "1e400"),
        "1e300": line.replace("43000", "1e300"), "commas": line.replace("36400", '"36,400"'), "sign": line.replace("36400", "£36400"),
        "above": line.replace("36400", "999999"), "upside down": line.replace("27850", "43001"), "minus": line.replace("27850", "-1"),
        "unit": line.replace("GBP/child-year", "pounds"), "no unit": line.replace("GBP/child-year", ""),
        "member": line.replace("care", "cares", 1), "parameter": line.replace("unit_cost", "unit cost"),
        "twice": f"{line},assumption: mine\n{line}", "short": "foster_care,unit_cost,36400", "quote": f'"{line}',
    }  # fmt: skip
    cases = family(
        4, "lines.csv", bad, lambda new: {"pl": Town(), "pl/lines.csv": Edit(line, new)}, lambda _: ["check", "pl"]
    )
    edits = {
        "agency all": ("agencies.csv", "council,", "all,"), "share 70": ("lines.csv", "family_share,0.7,", "family_share,70,"),
        "header": ("needs.csv", "need,parameter", "need,parametre"), "direction": ("transitions.csv", ",up,0", ",sideways,0"),
        "level": ("transitions.csv", ",up,0", ",up,9"), "self coupling": ("coupling.csv", "safeguarding,substance", "substance,substance"),
        "measure": ("targets.csv", "caseload foster_care", "caseload"), "measure of words": ("targets.csv", "prevalence safeguarding 1 0 25", "prevalence safeguarding one 0 25"),
        "measure upside down": ("targets.csv", "prevalence conduct 1 5 15", "prevalence conduct 1 15 5"),
        "measure of nobody": ("targets.csv", "prevalence conduct 1 5 15", "prevalence conduct 99999999999999999999 5 15"),
        "use": ("targets.csv", "fit safeguarding.up.2", "fit safeguarding.up.7"), "price base": ("place.toml", "2010/11", "2011/12"),
        "id of another kind": ("place.toml", 'id = "milltown"', "id = 5"), "id that leads out": ("place.toml", 'id = "milltown"', 'id = "../../x"'),
        "no need": ("place.toml", "[[need]]", "[need]"), "families few": ("place.toml", "[value.families]\nvalue = ", "[value.families]\nvalue = 4 # "),
        "neighbourhoods": ("neighbourhoods.csv", "n01,families_share,0.16666667", "n01,families_share,0.9"),
        "name of a path": ("neighbourhoods.csv", "n01,", "../n01,"),
    }  # fmt: skip
    return cases + family(
        4, "place", edits, lambda e: {"pl": Town(), f"pl/{e[0]}": Edit(e[1], e[2])}, lambda _: ["check", "pl"]
    )


def _names():
    shown = ["<script>alert(1)</script>", "$\\\\frac{1}{0}$", "$x^{", "=SUM(A1)", "[bold red]x[/]", "[/]", "a/b\\\\c|d", "%s {0} {x}",
             "naïve 学校 🏫", "&amp; \\\" ' `"]  # fmt: skip
    cases = family(5, "arrangement named", shown, lambda name: {"own.toml": OWN.replace('"Mine"', f'"{name}"')},
                   lambda _: ["run", "own.toml", "--place", "milltown", "--years", "2", "--no-progress", "--out", "out"], 0)  # fmt: skip
    hidden = [
        "\\u001b[31mred",
        "\\u0000",
        "\\u202Ereversed",
        "\\u000d",
        "a\\nb",
        "\\u007f",
        "\\uFFFE",
        "\\u200B",
        "x" * 5000,
    ]
    cases += family(
        5,
        "hidden in a name",
        hidden,
        lambda name: {"own.toml": OWN.replace('"Mine"', f'"{name}"')},
        lambda _: run("own.toml"),
    )
    cases += family(5, "hidden in an agency's name", hidden[:3],
                    lambda name: {"pl": Town(), "pl/place.toml": Edit('name = "Safeguarding of children"', f'name = "{name}"')},
                    lambda _: ["check", "pl"])  # fmt: skip
    cases += family(
        5,
        "hidden in a profile",
        hidden[:3],
        lambda name: {"p.toml": PROFILE.replace("Mine", name)},
        lambda _: appraise("p.toml"),
    )
    stems = ["<b>.toml", "-x.toml", "=1.toml", "a\nb.toml", "\x1b[1m.toml", "..toml", " .toml", "n" * 240 + ".toml"]
    cases += family(
        5, "file named", stems, lambda name: {name: OWN}, lambda name: ["run", *QUIET, "--out", "out", "--", name]
    )
    cases += [Case("escape in a fault", 5, {"own.toml": '"\\u001b[2J" = 1\n' + OWN}, run("own.toml")),
              Case("escape in a CSV", 5, {"pl": Town(), "pl/lines.csv": Edit("foster_care,unit_cost,", "\x1b[2J,unit_cost,")}, ["check", "pl"]),
              Case("formula as a source", 5, {"pl": Town(), "pl/lines.csv": Edit("assumption: fictional", "=1+1")}, ["check", "pl"]),
              Case("names of Windows", 5, {"CON.toml": OWN}, run("CON.toml"), (0, 2))]  # fmt: skip
    return cases


_CONTENTS = {
    "empty": "", "a NUL": "\0", "UTF-16": "name = 1".encode("utf-16"), "Latin-1": b'name = "caf\xe9"', "random bytes": bytes(range(256)),
    "a folder": Folder(), "a pipe": Fifo(), "a link to nothing": Link("gone"), "a link to itself": Link("{name}"), "large": Sparse(10**9),
    "deep": "a = " + "[" * 50_000, "dots": "a" + ".a" * 100_000 + " = 1", "a long number": "a = " + "9" * 5000,
    "another form": '{"a": [1, 2]}\n', "returns alone": "a = 1\rb = 2\r", "one quote": '"', "dates": "name = 1979-05-27\n",
    "deep table": "a = " + "{ a = " * 5000,
}  # fmt: skip


def _mistakes():
    cases = []
    readers = {"own.toml": run("own.toml"), "p.toml": appraise("p.toml"), "pl/place.toml": ["check", "pl"], "pl/lines.csv": ["check", "pl"],
               "pl/targets.csv": ["check", "pl"], "deflators.csv": run("own.toml")}  # fmt: skip
    for name, words in readers.items():
        base = {"pl": Town()} if name.startswith("pl/") else {}
        if name == "deflators.csv":
            base = {"own.toml": OWN + '[value.project_cost]\nvalue = 20000\nunit = "GBP/project-year per million people"\nlow = 1\n'
                    'high = 60000\nprice_year = "2026/27"\nsource = "assumption: mine"\n'}  # fmt: skip
        for label, content in _CONTENTS.items():
            made = Link(Path(name).name) if content == Link("{name}") else content
            cases.append(Case(f"{name} is {label}", 6, {**base, name: made}, words))
    cases += _chains() + _programmes() + _profiles() + _damaged() + _python() + _surroundings()
    devices = ["/dev/zero", "/dev/null", "/dev/full", "/proc/self/mem", "/", "/dev/stdin"]
    cases += family(6, "check", devices, none, lambda name: Process(["check", name], limits={"RLIMIT_AS": 6 * 2**30}))
    places = {"a file": {"pl": "x"}, "a result": {"pl": Result()}, "an empty folder": {"pl": Folder()}, "a link to itself": {"pl": Link("pl")},
              "a pipe": {"pl": Fifo()}, "an arrangement": {"pl/own.toml": OWN}, "without lines.csv": {"pl/place.toml": "id = 'x'"}}  # fmt: skip
    cases += family(6, "the place is", places, lambda files: files, lambda _: ["run", "silo", *QUIET, "--place", "pl"])
    given = {"a manifest": ("d/manifest.json", {"d": Result()}), "a programme": ("p.toml", {"p.toml": PROGRAMME}),
             "a profile": ("p.toml", {"p.toml": PROFILE}), "a place's file": ("pl/place.toml", {"pl": Town()}),
             "a folder": ("d", {"d": Folder()}), "a folder.toml": ("d.toml", {"d.toml": Folder()})}  # fmt: skip
    for words in (["run", *QUIET, "--out", "out"], ["appraise", "--place", "milltown"]):
        right = ("a programme", "a profile") if words[0] == "appraise" else ()
        cases += [Case(f"{words[0]} given {label}", 6, files, [words[0], name, *words[1:]])
                  for label, (name, files) in given.items() if label not in right]  # fmt: skip
    cases.append(Case("appraise an arrangement", 6, {"own.toml": OWN}, appraise("own.toml")))
    return cases


def _chains():
    ring = {f"{one}.toml": OWN.replace("silo", other) for one, other in ("ab", "bc", "ca")}
    long = {f"a{n}.toml": OWN.replace("silo", f"a{n + 1}") for n in range(200)}
    return [
        Case("a ring", 6, ring, run("a.toml")),
        Case("extends itself", 6, {"a.toml": OWN.replace("silo", "a")}, run("a.toml")),
        Case("extends itself by a link", 6, {"a.toml": OWN.replace("silo", "b"), "b.toml": Link("a.toml")}, run("a.toml")),
        Case("a chain of 200", 6, long, run("a0.toml")),
        Case("extends a link to nothing", 6, {"a.toml": OWN.replace("silo", "b"), "b.toml": Link("gone")}, run("a.toml")),
        Case("beside a link to nothing of its own name", 6, {"d/silo.toml": OWN, "d/x.toml": Link("gone")}, run("d/silo.toml"), 0),
        Case("extends a pipe", 6, {"a.toml": OWN.replace("silo", "b"), "b.toml": Fifo()}, run("a.toml")),
        Case("extends a folder", 6, {"a.toml": OWN.replace("silo", "b"), "b.toml": Folder()}, run("a.toml")),
        Case("extends a programme", 6, {"a.toml": OWN.replace("silo", "p"), "p.toml": PROGRAMME}, run("a.toml")),
        Case("extends the shipped one of its name", 6, {"silo.toml": OWN}, run("silo.toml"), 0),
        Case("two files of one name", 6, {"a/x.toml": OWN, "b/x.toml": OWN}, ["compare", "a/x.toml", "b/x.toml", *QUIET]),
        Case("names that differ in capitals", 6, {"Silo.toml": OWN}, ["compare", "silo", "Silo.toml", *QUIET, "--out", "out", "--replicates", "1"], (0, 2)),
        Case("nothing extended, no values", 6, {"a.toml": ALONE}, run("a.toml")),
        Case("plan that nobody delivers", 6,
             {"a.toml": ALONE.replace("each_agency", "plan") + "[plan]\nparenting = 20000000\n"}, run("a.toml"), (0, 2)),
        Case("with a byte order mark", 6, {"a.toml": "\ufeff" + OWN}, run("a.toml"), 0),
        Case("with lines of Windows", 6, {"a.toml": OWN.replace("\n", "\r\n").encode()}, run("a.toml"), 0),
    ]  # fmt: skip


def _programmes():
    """A programme's file, one thing in it changed."""
    edits = {
        "commissioners of text": ('commissioners = ["council"]', 'commissioners = "council"'),
        "commissioners of lists": ('commissioners = ["council"]', "commissioners = [[], {}]"),
        "commissioners unknown": ('commissioners = ["council"]', 'commissioners = ["nosuch"]'),
        "sectors of numbers": ('sectors = ["in_house", "community"]', "sectors = [1, [], {}]"),
        "grade 0": ("evidence_grade = 2", "evidence_grade = 0"), "grade half": ("evidence_grade = 2", "evidence_grade = 2.5"),
        "grade yes": ("evidence_grade = 2", "evidence_grade = true"), "grade a list": ("evidence_grade = 2", "evidence_grade = []"),
        "no target": ("[target]", "[targets]"), "target a list": ("[target]", "[[target]]"), "needs text": ('needs = ["safeguarding"]', 'needs = "conduct"'),
        "needs unknown": ('needs = ["safeguarding"]', 'needs = ["nosuch"]'), "needs lists": ('needs = ["safeguarding"]', "needs = [[]]"),
        "level 9": ("level_to = 3", "level_to = 9"), "level text": ("level_to = 3", 'level_to = "3"'), "age upside down": ("age_to = 17", "age_to = -1"),
        "at least many": ("at_least = 1", "at_least = 99"), "cost text": ("value = 1500", 'value = "1500 pounds"'),
        "cost list": ("value = 1500", "value = [1, 2]"), "cost nan": ("value = 1500", "value = nan"), "cost huge": ("value = 1500", "value = 1" + "0" * 400),
        "cost table": ("[cost_per_family]", "[[cost_per_family]]"), "half life 0": ("value = 1.5\nunit = \"years\"\nlow = 0.5", "value = 0\nunit = \"years\"\nlow = 0"),
        "effect a number": ("[[effect]]", "[[effects]]"), "on a list": ('on = "', 'on = []\nnotes = "'), "on unknown": ('on = "', 'on = "x'),
        "on a table": ('on = "', 'on = {}\n#"'), "source a list": ('source = "', "source = [] #"), "of the old form": ("[[effect]]", "[[effect]]\n[[effect.study]]"), "value a table": ("\nse = ", "\nbelieved = {}\nse = "),
        "trials a table": ("[[effect]]", "[trial]\n[[effect]]"), "trial of nothing": ("[[effect]]", "[[trial]]\n[[effect]]"),
        "trial of lists": ("[[effect]]", "[[trial]]\nrow = []\nendpoint = {}\nlines = [[]]\nmonths = nan\n[[effect]]"),
        "trial numbers": ("[[effect]]", "trial = [1]\n[[effect]]"),
    }  # fmt: skip
    assert all(find in PROGRAMME for find, _ in edits.values())
    given = {"an arrangement": OWN, "a profile": PROFILE, "a folder": Folder(), "a pipe": Fifo(), "a link to itself": Link("p.toml"),
             "empty": "", "the output": Link("out"), "spoilt": PROGRAMME.replace("value = ", "value = x")}  # fmt: skip
    named = {
        "shipped": "parenting",
        "no file": "nosuch.toml",
        "nothing": "",
        "a place": "milltown",
        "a device": "/dev/zero",
    }
    cases = family(
        6, "programme", edits, lambda edit: {"p.toml": PROGRAMME.replace(*edit)}, lambda _: appraise("p.toml")
    )
    cases += family(
        6, "--programme", given, lambda item: {"p.toml": item}, lambda _: run("silo", "--programme", "p.toml")
    )
    cases += family(6, "--programme", named, none, lambda name: run("silo", "--programme", name))
    twice = {"p.toml": PROGRAMME, "d/p.toml": PROGRAMME}
    cases.append(
        Case(
            "--programme of one name twice",
            6,
            twice,
            run("silo", "--programme", "p.toml", "--programme", "d/p.toml"),
            2,
        )
    )
    into_it = {"out/p.toml": PROGRAMME}
    cases.append(
        Case("--programme in the output", 6, into_it, run("silo", "--overwrite", "--programme", "out/p.toml"), 2)
    )
    cases.append(Case("--programme right", 6, {"p.toml": PROGRAMME}, run("silo", "--programme", "p.toml"), 0))
    own = {"a.toml": OWN.replace("[rules]", 'programmes = ["d/p.toml"]\n[rules]'), "d/p.toml": PROGRAMME}
    cases.append(Case("an arrangement's own programme", 6, own, run("a.toml"), 0))
    return cases


def _profiles():
    keys = {"cost_per_case_gbp = 1000": ["-1", "nan", "inf", "1e10", '"1000"', "true", "{}", '[1, "x"]', "[nan]", "[[1]]"],
            "cases = 10": ["0", "1.5", "-1", "1e3", "[]", "10000000000", "true"], "amount_gbp = 300": ["nan", '"300"', "1e300", "[]", "{}"],
            "from_year = 1": ["0", "61", "1.0", '"1"', "-1"], "to_year = 5": ["0", "61", "true"],
            'agency = "council"': ["5", '""', '"nosuch/../x\\u0000"', "[]"]}  # fmt: skip
    cases = []
    for line, values in keys.items():
        for text in values:
            key = line.partition(" =")[0]
            cases.append(
                Case(
                    f"profile {key} {text}", 6, {"p.toml": PROFILE.replace(line, f"{key} = {text}")}, appraise("p.toml")
                )
            )
    tops = ["discount_rate = 1.5", "discount_rate = nan", "horizon_years = 0", "horizon_years = 61", "evidence_grade = 7", "engagement = 70",
            "lag_years = 60", "lag_years = -1", "uncertainty = inf", "drop_off = []", "notes = 5", "nosuch = 1", "horizon_years = []"]  # fmt: skip
    cases += family(6, "profile", tops, lambda line: {"p.toml": f"{line}\n{PROFILE}"}, lambda _: appraise("p.toml"))
    rows = [
        "kind = []",
        'kind = "nosuch"',
        "kind = {}",
        "transfer = 1",
        "cashable_share = 2",
        'kind = "social"\ntransfer = true',
    ]
    cases += family(6, "benefit", rows, lambda line: {"p.toml": f"{PROFILE}{line}\n"}, lambda _: appraise("p.toml"))
    whole = {"no benefits": "cost_per_case_gbp = 1\n", "benefits a number": "cost_per_case_gbp = 1\nbenefit = 5\n",
             "benefits numbers": "cost_per_case_gbp = 1\nbenefit = [1]\n", "and effects": f"{PROFILE}[[effect]]\nneed = 'conduct'\n"}  # fmt: skip
    cases += family(6, "profile with", whole, lambda text: {"p.toml": text}, lambda _: appraise("p.toml"))
    return [*cases, Case("profile at the limits", 6, {"p.toml": PROFILE.replace("1000", "1e9").replace("cases = 10", "cases = 1000000000")}, appraise("p.toml"), 0)]  # fmt: skip


def _damaged():
    """The report of a result that is damaged."""
    cases = []
    contents = {"empty": "", "text": "not a table", "a folder": Folder(), "a pipe": Fifo(), "a link to itself": None}
    for name in ("runs.parquet", "flows.parquet", "summary.csv", "manifest.json"):
        for label, content in contents.items():
            files = {"d": Result(), f"d/{name}": Link(name) if content is None else content}
            cases.append(Case(f"{name} is {label}", 6, files, ["report", "d"]))
    changes = [("arrangements", 5), ("arrangements", {}), ("arrangements", {"silo": 5}), ("arrangements", {"silo": {"bodies": 5}}), ("families", "many"),
               ("place_name", []), ("agencies", 5), ("agencies", []), ("inputs", []), ("inputs", {"x": 5}), ("inputs", {"x": {}}),
               ("years", None), ("versions", 5), ("settings", 5)]  # fmt: skip
    cases += [
        Case(f"manifest's {key} is {value}", 6, {"d": Result({key: value})}, ["report", "d"], (0, 2))
        for key, value in changes
    ]
    rows = {"no columns": "x\n1\n", "words": "arrangement,agency,measure,mean,p05,p50,p95,n\nsilo,all,financial_roi,x,x,x,x,x\n",
            "no rows": "arrangement,agency,measure,mean,p05,p50,p95,n\n"}  # fmt: skip
    cases += family(
        6, "summary has", rows, lambda text: {"d": Result(), "d/summary.csv": text}, lambda _: ["report", "d"], (0, 2)
    )
    return [*cases, Case("figures are a file", 6, {"d": Result(), "d/figures/leaks.svg": Folder()}, ["report", "d"])]


class Odd:
    """No number, text, list or path."""

    def __repr__(self):
        return "\x1b[2J odd"


def _python():
    town = {"place": "milltown", "years": 2}
    wrong = {
        "seed": [-1, 2**63, 1.5, "1", None, True, float("nan"), [1], Odd()], "replicates": [0, 10_001, "2", None, 1.0],
        "years": [0, 41, -3, 2.5, "x", None, [1], 10**30], "families": [499, 20_000_001, "many", 1e3, True, float("inf")],
        "workers": [0, 257, None, "2", 1.5], "place": [None, 5, [], "", "\0", "\ud800", b"milltown", Path("nowhere"), Path("."), "x" * 5000, Odd()],
        "settings": [[], "x", 5, {5: 1}, {"": 1}, {"nosuch": 1}, {None: 1}, *({"services.threshold_drift": value} for value in
                     (None, [], {}, True, float("nan"), 1j, b"0", "", 10**400, Odd())), {"list.payment_basis": ["gross"]}, {"list.payment_basis": 5},
                     {"lines.foster_care.unit_cost": None}, {"lines.foster_care.unit_cost": [1]}],
    }  # fmt: skip
    cases = []
    for key, values in wrong.items():
        cases += [Case(f"compare {key} {n} {ascii(value)[:40]}", 6, {}, Call("compare", (["silo"],), {**town, key: value}))
                  for n, value in enumerate(values)]  # fmt: skip
    lists = [None, 5, [], [None], [5], [[]], "nosuch", ["silo", "silo"], ["all", "silo"], "", [""], b"silo", [b"silo"], ["a\0b.toml"],
             ["\ud800.toml"], ["silo.toml"], ["."], ["x" * 5000 + ".toml"], [Path("x.toml")], {"silo": 5, "nosuch": 1}, [Odd()], Odd()]  # fmt: skip
    cases += [
        Case(f"compare {n} {ascii(given)[:40]}", 6, {}, Call("compare", (given,), town))
        for n, given in enumerate(lists)
    ]
    options = [{"cases": 0}, {"cases": "x"}, {"horizon": 61}, {"horizon": 1.5}, {"split": None}, {"split": []}, {"split": 5}, {"seed": None}, {"seed": -1},
               {"draws": 99}, {"draws": "many"}, {"draws": None}, {"settings": []}, {"settings": {"nosuch": 1}}, {"place": None}]  # fmt: skip
    cases += [
        Case(f"appraise {given}", 6, {}, Call("appraise", ("parenting",), {"place": "milltown", **given}))
        for given in options
    ]
    for name in ("appraise", "load_place", "load_arrangement", "load_programme", "reproduce", "redraw"):
        things = [None, 5, [], "", "\0.toml", "\ud800.toml", b"x", Odd(), "x" * 5000 + ".toml"]
        cases += [
            Case(f"{name} {n} {ascii(thing)[:20]}", 6, {}, Call(name, (thing,))) for n, thing in enumerate(things)
        ]
    return cases


def _surroundings():
    show = ["run", "silo", "--place", "milltown", "--years", "2", "--workers", "1", "--no-progress", "--out", "out"]
    return [
        Case("output full", 6, {}, Process(show, stdout="/dev/full"), 1),
        Case("output closed", 6, {}, Process(show, stdout="closed"), (0, 1)),
        Case("output that nobody reads", 6, {}, Process(show, stdout="broken"), (0, 141)),
        Case("ASCII", 6, {}, Process(show, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}), 0),
        Case("cp1252", 6, {}, Process(show, env={"PYTHONIOENCODING": "cp1252"}), 0),
        Case("files of 20 kB at most", 6, {}, Process(show, limits={"RLIMIT_FSIZE": 20_000}, env={"NUMBA_CACHE_DIR": ""})),
        Case("files of nothing", 6, {}, Process(show, limits={"RLIMIT_FSIZE": 0})),
        Case("no home", 6, {}, Process(show, env={"HOME": "/nonexistent", "MPLCONFIGDIR": "/nonexistent/x"}), 0),
        Case("a screen of no width", 6, {}, Process(show, env={"COLUMNS": "0", "TERM": "dumb"}), 0),
        Case("a screen of words", 6, {}, Process(show, env={"COLUMNS": "wide", "LINES": "-1", "TERM": ""}), 0),
    ]  # fmt: skip


def _figures():
    """Price years, deflators and costs by year."""
    line = "foster_care,unit_cost,36400,GBP/child-year,2013/14"
    years = [
        "",
        "2013",
        "2013/15",
        "13/14",
        "2026/27",
        "1996/97",
        "2099/00",
        "2013-14",
        "2013/2014",
        "2013/14.",
        "٢٠١٣/١٤",
        "x" * 5000,
    ]
    cases = family(
        7,
        "price year",
        years,
        lambda year: {"pl": Town(), "pl/lines.csv": Edit(line, line.replace("2013/14", year))},
        lambda _: ["check", "pl"],
    )
    cases.append(
        Case(
            "price year of shares",
            7,
            {"pl": Town(), "pl/lines.csv": Edit("share of the caseload,,", "share of the caseload,2013/14,")},
            ["check", "pl"],
        )
    )
    rows = ["2026/27,0,assumption: x", "2026/27,-1,assumption: x", "2026/27,nan,assumption: x", "2026/27,inf,assumption: x", "2026/27,x,assumption: x",
            "2026/27,,assumption: x", "2026/27,0.7,", "2026/27,0.7,assumption:", "2026/27,0.7,=1+1", "2026/28,0.7,assumption: x", ",0.7,assumption: x", "2026/27",
            "2026/27,0.7,assumption: x\n2026/27,0.8,assumption: x", "2010/11,2,assumption: x", "2026/27,1e-320,assumption: x", "2026/27,1e300,assumption: x",
            '"2026/27,0.7,assumption: x', "2026/27,0.7,assumption: x,more", "2026/27,\x00,assumption: x", "2026/27,0.7,unit_costs:NOSUCH"]  # fmt: skip
    latest = {"pl": Town(), "pl/lines.csv": Edit(line, line.replace("2013/14", "2026/27"))}
    head = "price_year,to_2010_11,source\n"
    cases += family(
        7, "deflator", rows, lambda row: {**latest, "pl/deflators.csv": f"{head}{row}\n"}, lambda _: ["check", "pl"]
    )
    heads = [
        "",
        "x\n",
        "price_year,to_2010_11\n2026/27,0.7\n",
        "price_year;to_2010_11;source\n2026/27;0.7;assumption: x\n",
        head,
        head.encode("utf-16"),
    ]
    cases += family(7, "deflators", heads, lambda text: {**latest, "pl/deflators.csv": text}, lambda _: ["check", "pl"])
    cases.append(Case("deflators of my own", 7, {**latest, "pl/deflators.csv": DEFLATORS}, ["check", "pl"], 0))
    costs = ["[]", "[-1]", "[1, nan]", '["x"]', "[true]", "[[]]", "[" + "1," * 61 + "]", "[" + "1," * 5000 + "]"]
    profile = partial(PROFILE.replace, "cost_per_case_gbp = 1000")
    cases += family(
        7,
        "costs by year",
        costs,
        lambda text: {"p.toml": profile(f"cost_per_case_gbp = {text}")},
        lambda _: appraise("p.toml"),
    )
    cases.append(
        Case(
            "costs beyond the horizon",
            7,
            {"p.toml": "horizon_years = 2\n" + profile("cost_per_case_gbp = [1, 2, 3]")},
            appraise("p.toml"),
        )
    )
    cases.append(
        Case("costs by year that fit", 7, {"p.toml": profile("cost_per_case_gbp = [1000, 200]")}, appraise("p.toml"), 0)
    )
    return cases


def _manifests():
    """Manifests that somebody changed, to be run again."""
    cases = []
    whole = {"empty": "", "no JSON": "{", "a list": "[]", "a number": "5", "null": "null", "deep": "[" * 100_000, "UTF-16": "{}".encode("utf-16"),
             "a long number": '{"request": ' + "9" * 5000 + "}", "NaN": "NaN", "a folder": Folder(), "a pipe": Fifo(), "a link to nothing": Link("gone"),
             "large": Sparse(10**9), "foreign": json.dumps({"versions": {"listsim": "9"}, "request": {}})}  # fmt: skip
    cases += family(8, "manifest is", whole, lambda content: {"d/manifest.json": content}, lambda _: ["reproduce", "d"])
    wrong = {"seed": [-1, 2**63, "1", None, True, 1.5], "replicates": [0, 10_001, None], "years": [0, 41, "2"], "families": [499, 10**30, None],
             "place": [None, "", "nosuch", 5, "\0", "/etc", "../.."], "arrangements": [[], None, "silo", [None], [[]], ["nosuch"], ["/dev/zero.toml"], ["\0.toml"]],
             "settings": [None, [], {"nosuch": 1}, {"services.threshold_drift": []}, {"services.threshold_drift": "nan"}]}  # fmt: skip
    for key, values in wrong.items():
        cases += [Case(f"request's {key} {n} {ascii(value)[:30]}", 8, {"d": Result({"request": {key: value}})}, ["reproduce", "d"])
                  for n, value in enumerate(values)]  # fmt: skip
    for key in ("request", "own_files", "files", "tables", "versions"):
        cases += [
            Case(f"{key} is {value}", 8, {"d": Result({key: value})}, ["reproduce", "d"]) for value in (None, 5, [])
        ]
    names = [
        "../../escaped.toml",
        "/tmp/listsim_escaped.toml",
        "a\0b",
        "x" * 5000,
        "",
        ".",
        "..",
        "con/../../../../x",
        "~/x.toml",
    ]
    cases += family(
        8,
        "own file named",
        names,
        lambda name: {"d": Result({"own_files": {name: OWN}})},
        lambda _: ["reproduce", "d"],
        (0, 2),
    )
    cases += family(
        8,
        "own files",
        [{"a.toml": 5}, {"a.toml": None}, {"a.toml": "\ud800"}],
        lambda own: {"d": Result({"own_files": own})},
        lambda _: ["reproduce", "d"],
    )
    changed = [
        ("runs.parquet", "x"),
        ("summary.csv", ""),
        ("flows.parquet", Folder()),
        ("summary.csv", Link("summary.csv")),
    ]
    cases += [Case(f"rerun with {name} changed {n}", 8, {"d": Result(), f"d/{name}": content}, ["reproduce", "d", "--workers", "1"], 3)
              for n, (name, content) in enumerate(changed)]  # fmt: skip
    odd = [
        ("tables", {"runs.parquet": 5}),
        ("versions", {"listsim": 5}),
        ("files", {"x": []}),
        ("machine", []),
        ("git_commit", 5),
        ("code_hash", {}),
    ]
    cases += [
        Case(
            f"rerun with {key} {value}", 8, {"d": Result({key: value})}, ["reproduce", "d", "--workers", "1"], (0, 2, 3)
        )
        for key, value in odd
    ]
    return [*cases, Case("rerun into a folder of mine", 8, {"d": Result(), "e/mine": "1"}, ["reproduce", "d", "--out", "e", "--overwrite"]),
            Case("rerun", 8, {"d": Result()}, ["reproduce", "d", "--workers", "1", "--no-progress"], 0)]  # fmt: skip


CASES = [*_not_ours(), *_two_at_once(), *_signals(), *_typing(), *_names(), *_mistakes(), *_figures(), *_manifests()]

"""Tables of the page: what each programme is, whom it is for, what it costs and does, and its trials beside the model's."""

from math import sqrt

from sim.core.evidence import evidence
from sim.core.pages import table
from sim.core.text import markdown
from sim.experiments.reading import load_experiment
from sim.place.places import LEVELS
from sim.programmes.catalogue import load_catalogue
from sim.programmes.trials.emulation import Emulated, Finding
from sim.programmes.trials.published import published
from sim.programmes.trials.told import finding_told
from sim.report.trialled import arms, interval, number, verdict

VALUES = {
    "cost_per_family": "cost a family",
    "duration": "duration",
    "half_life": "half-life of the effect after that",
    "engagement": "engagement",
    "most_reached": "most reached",
    "case_finding": "case finding",
    "trust_gain": "trust gained",
}
MEASURED = {
    "share_at": "share in the state at follow-up",
    "ever": "share ever in it by follow-up",
    "never": "share never in it by follow-up",
    "window": "share in it in the last months",
    "days": "days in it by follow-up",
    "events": "events by follow-up",
    "standardised": "d as the odds of the state at follow-up",
}

TOTALS = ("cost", "saved", "saved_in_two_years", "saved_low", "saved_high")


def tables(found):
    catalogue, means = load_catalogue(), found["study"].mean(axis=1).sort_index()
    rows = {
        name: [finding_told(item, finding_of(item, trial, found["study"].sort_index())) for trial in item.trials]
        for name, item in catalogue.items()
    }
    sections = [section(item, rows[name]) for name, item in catalogue.items()]
    return {
        "overview": overview(catalogue, rows),
        "findings": findings(catalogue, rows),
        "returns": returned(catalogue, means),
        "programmes": "\n".join(sections),
    }


def finding_of(programme, trial, seeds):
    """A trial with what was emulated, on average over the seeds."""
    row = published(trial.row)
    if trial.not_emulated or (programme.id, trial.row, "contrast") not in seeds.index:
        return Finding(trial, row, reason=trial.not_emulated or "nobody in the place is as those it is meant for")
    means = seeds.loc[(programme.id, trial.row)].mean(axis=1).to_dict()
    emulated = Emulated(**{**means, "se": means["se"] / sqrt(seeds.shape[1])})
    return Finding(trial, row, emulated)


def overview(catalogue, rows):
    lines = []
    for name, item in catalogue.items():
        fits = [row for row in rows[name] if row["parameter"]]
        effects = "; ".join(f"{acts_on(effect)} {effect.value:+.2f} ± {effect.se:.2f}" for effect in item.effects)
        told = [f"{row['id']}: {verdict(row) or 'not emulated'}" for row in fits]
        emulated = sum(row["emulated"] is not None for row in rows[name])
        cost = f"£{item.get('cost_per_family'):,.0f}"
        lines.append(
            (f"[{item.name}](#{name})", cost, effects, "; ".join(told) or "-", f"{emulated} of {len(rows[name])}")
        )
    heads = ("programme", "£ of 2010/11 a family", "log ratio, ± error", "fitted on", "trials emulated")
    return table(heads, lines, aligned="---")


def returned(catalogue, means):
    """What evaluators said is saved, beside the model, and the lines that save most there."""
    lines = []
    for row in load_experiment("programmes").code("measure").returns():
        key = row["programme"], row["source"]
        if (*key, "cost") not in means.index:
            continue
        cost, gross, early, low, high = (means[(*key, part)] for part in TOTALS)
        saved = means.loc[key].drop([*TOTALS]).sort_values(ascending=False)

        def told(pounds, row=row, cost=cost):
            return {"pound": pounds / cost, "net": pounds - cost, "gross": pounds}[row["per"]]

        unit = "{:,.2f} a pound" if row["per"] == "pound" else f"£{{:,.0f}} {row['per']}"
        shown = [unit.format(pounds).replace("£-", "-£") for pounds in (row["value"], told(gross))]
        ends = " to ".join(
            f"{told(pounds):,.2f}" if row["per"] == "pound" else f"{told(pounds):,.0f}" for pounds in (low, high)
        )
        late = f"{early / gross:.0%}" if row["years"] > 2 else ""
        most = "; ".join(
            f"{line.replace('_', ' ')} £{pounds:,.0f}" for line, pounds in saved.head(4).items() if pounds > 0
        )
        of = f"{row['of'].replace('_', ' ')}, {row['years']:g} years".replace(", 1 years", ", 1 year")
        lines.append(
            (catalogue[key[0]].name, of, *shown, ends, late, most, f"{row['source']}: {markdown(row['note'])}")
        )
    heads = (
        "programme", "family", "published", "model", "with its half-life from low to high", "in two years", "of which most",
        "source, and what it counts",
    )  # fmt: skip
    return table(heads, lines, aligned="---")


def acts_on(effect):
    """A need in words, and the direction where it is not both."""
    return effect.need.replace("_", " ") + ("" if effect.on == "both" else f" ({effect.on})")


def findings(catalogue, rows):
    """What was found overall, in sentences: fits, predictions, nulls, harms."""
    every = [(name, row) for name in catalogue for row in rows[name]]
    fits = [row["met"] for _, row in every if row["met"] is not None]
    checks = [row for _, row in every if row["use"] == "check" and row["emulated"]]
    inside = [row["inside"] for row in checks if row["inside"] is not None]
    some = sum(any(row["emulated"] for row in rows[name]) for name in catalogue)
    nulls = [
        f"{catalogue[name].name} ({row['id']}, {row['parameter'].split('.')[-1]})"
        for name, row in every
        if row["null"] and row["parameter"]
    ]
    harms = [f"{catalogue[name].name} ({row['id']})" for name, row in every if row["reverse"]]
    return (
        f"- {some} of {len(catalogue)} programmes have at least one trial that is emulated. {sum(fits)} of {len(fits)} fits that "
        f"are no nulls are met.\n"
        f"- {len(checks)} rows are predicted; {sum(inside)} of the {len(inside)} with a published interval lie inside it.\n"
        f"- Nothing found, and nought in the model: {'; '.join(nulls)}.\n"
        f"- Harm found, in these rows: {'; '.join(harms)}.\n"
    )


def section(item, rows):
    """All there is to say of one programme."""
    parts = [f'### <a id="{item.id}"></a>{markdown(item.name)}', markdown(item.notes), whom(item)]
    values = [
        (
            words,
            f"{value.value:,.10g} {value.unit} {value.price_year}",
            f"{value.low:,.10g} to {value.high:,.10g}",
            markdown(value.source),
        )
        for key, words in VALUES.items()
        if (value := item.values.get(key))
    ]
    parts.append(table(("", "value", "range", "source"), values, aligned="---"))
    effects = [
        (effect.need, effect.on, f"{effect.value:+.3f} ± {effect.se:.3f}", f"{effect.low:+.2f} to {effect.high:+.2f}",
         f"{effect.believed:+.3f}", markdown(effect.source))
        for effect in item.effects
    ]  # fmt: skip
    heads = ("effect on", "of", "log ratio, ± error", "range", "believed", "source")
    parts.append(table(heads, effects, aligned="---"))
    parts += trials(item, rows)
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def whom(item):
    """The referral rule, and who comes, in a sentence."""
    rule = item.target
    levels = " to ".join(dict.fromkeys(LEVELS[rule[end]] for end in ("level_from", "level_to")))
    many = "" if rule["at_least"] == 1 else f", {rule['at_least']} of them at least"
    within = rule.get("within", 4)
    event = f", with {rule['event'].replace('_', ' ')} in the last {within} quarters" if "event" in rule else ""
    event = event.replace("last 1 quarters", "last quarter")
    shares = item.shares
    mix = "" if shares is None else "; enrolled " + ", ".join(
        f"{share:.0%} {level}" for level, share in zip(LEVELS, shares, strict=True) if share
    )  # fmt: skip
    needs = ", ".join(rule["needs"]).replace("_", " ")
    return (
        f"For {needs} at {levels}{many}{event}; index child aged {rule['age_from']} to {rule['age_to']}{mix}. "
        f"Commissioned by {', '.join(item.commissioners)}; evidence grade {item.grade}."
    )


def trials(item, rows):
    """Its trials beside the model's, and those that cannot be."""
    shown = []
    for trial, row in zip(item.trials, rows, strict=True):
        if row["emulated"]:
            happens = [*filter(None, [trial.event]), *(f"entry into {line}" for line in trial.entering)]
            state = " or ".join([*happens, *trial.lines]) or f"{trial.need} from {LEVELS[trial.level_from]}"
            how = f"{MEASURED[trial.endpoint]}: {'not ' * (trial.sense == 'better')}{state.replace('_', ' ')}"
            how += "; all take part" * (trial.takes_part == "all")
            study = markdown(evidence("trials")[trial.row]["study"])
            here = f"{number(row['emulated']['contrast'])} ± {number(row['emulated']['se'])}"
            cells = arms(row["published"]), arms(row["emulated"]), f"{row['scale']} {interval(row['published'])}", here
            label = (
                f"{trial.row}, {row['use']}" + (", null" if row["null"] else "") + (", harm" if row["reverse"] else "")
            )
            shown.append((label, study, how, *cells, number(row["gap"]), verdict(row)))
    heads = (
        "row, use",
        "study",
        "measured as",
        "arms published",
        "emulated",
        "contrast published",
        "emulated",
        "gap",
        "",
    )
    absent = [
        f"- {row['id']} ({row['use']}) not emulated: {markdown(row['not_emulated'])}"
        for row in rows
        if not row["emulated"]
    ]
    return [table(heads, shown, aligned="---") if shown else "", "\n".join(absent)]

"""Where an appraisal's benefits come from: a user's file, a programme at a place, or a published share-out.

The method is that of docs/appraise.md.
"""

from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

import numpy as np

from sim.arrangements.at_place import check_programme, check_spelling
from sim.core.calendar import QUARTERS
from sim.core.evidence import check_source, evidence, full_source
from sim.core.faults import Faults, InputError, check_name, suggest
from sim.core.file_kinds import check_kind_of, kind_of
from sim.core.input_files import read_toml
from sim.core.streams import normals
from sim.cost_benefit.cases import CostBenefit, Profile, Terms, correction
from sim.cost_benefit.profile import LAST_YEAR, read_benefits
from sim.cost_benefit.unread import refuse_unread
from sim.place.places import LEVELS
from sim.programmes.appraisal import DISCOUNT_RATE, believed_reduction, snapshot
from sim.programmes.catalogue import load_programme
from sim.studies.arguments import check_numbers, settings_of
from sim.studies.cache import Noted
from sim.studies.inputs import TWIN, YEARS, load_inputs, with_setting

HORIZON_YEARS = YEARS  # assumption: as long as a run; fading leaves little after that
SIMULATED = "simulated"
MARGIN = {1: 0.02, 2: 0.05, 3: 0.10, 4: 0.15, 5: 0.20, 6: 0.25}  # error of benefits by grade (cashability:OB1 to OB6)
Z95 = 1.959964


@dataclass(frozen=True)
class Split:
    """A published share-out of a saving: shares by agency, together 1.

    Attributes
    ----------
    name, source : str
    shares : dict of str to float
    programmes : tuple of str
        Programmes that it is of.
    years : float or None
        Years that it counts; None where the source does not say.
    together : dict of str to tuple of str
        Agencies of a place that a part is of, where it is of several.
    """

    name: str
    source: str
    shares: dict
    programmes: tuple = ()
    years: float | None = None
    together: dict = field(default_factory=dict)


def appraise(programme, place, settings, cases, horizon, split, seed, draws):
    """Appraise a programme of the catalogue or a file; see :func:`sim.api.appraise`."""
    check_numbers(cases=cases, horizon=horizon, draws=draws, seed=seed)
    splits = load_splits()
    if split not in (SIMULATED, *splits):
        raise InputError("--split", "", f"{split!r} is unknown", suggest(split, (SIMULATED, *splits)))
    spec = read_toml(programme) if Path(str(programme)).suffix == ".toml" else {"effect": []}
    check_kind_of(programme, spec, "programme", "benefit profile")
    is_programme = kind_of(spec) == "programme"
    if is_programme and "benefit" in spec:
        raise InputError(
            programme, "benefit", "stands beside effects or a target", "give a profile or effects, not both"
        )
    inputs = load_inputs(TWIN, place)
    if is_programme:
        chosen = load_programme(programme)
        check_programme(chosen, inputs.place)
        inputs = replace(inputs, catalogue={**inputs.catalogue, chosen.id: chosen})
    inputs = _with_settings(inputs, settings)
    dials, values = Noted(inputs.dials), Noted(inputs.place.values)
    at = replace(inputs.place, values=values)
    if is_programme:
        terms, profile = from_place(at, dials, inputs.catalogue[chosen.id], cases, horizon, seed, draws)
    else:
        terms, profile = from_file(at, programme, read_benefits(programme, spec), cases, horizon, seed, draws)
    if split != SIMULATED:
        profile = reshared(profile, splits[split], at)
    read = {"dials": dials.read, "values": values.read}
    refuse_unread("appraise", settings_of(settings), read, [chosen.id] if is_programme else [])
    return CostBenefit(terms, profile, at.id, split, seed)


def _with_settings(inputs, settings):
    with Faults() as faults:
        for name, value in settings_of(settings).items():
            with faults.kept():
                inputs = with_setting(inputs, name, value)
    return inputs


def from_file(place, path, read, cases, horizon, seed, draws):
    """Terms and profile of a user's file: amounts as given, times reach, corrected; one error for all of them."""
    values, benefits = read.values, read.benefits
    check_spelling(place, path, benefits)
    cost, last = values["cost_per_case_gbp"], min(LAST_YEAR, values["lag_years"] + max(row.to_year for row in benefits))
    cost_years = len(cost) if isinstance(cost, tuple) else 1
    years = horizon or values["horizon_years"] or max(last, cost_years)
    if years < cost_years:
        raise InputError(
            "--horizon", "", f"{years} leaves out costs of year {cost_years}", f"give {cost_years} or more"
        )
    grade, cost_grade = values["evidence_grade"], values["cost_grade"] or values["evidence_grade"]
    stem = check_name(Path(str(path)).stem, path, "file name", "file")
    terms = Terms(
        stem,
        values["name"] or stem,
        cost,
        cases or values["cases"],
        values["discount_rate"],
        years,
        grade,
        cost_grade,
    )
    given = values["uncertainty"]
    spread = MARGIN[grade or 6] / Z95 if given is None else given
    why = f"margin of error of grade {grade or 6}, as a 95% interval" if given is None else "as the file says"
    believed = beliefs(place)
    cash = [_cash_share(row, believed) for row in benefits]
    notes = [
        f"Benefits as the file gives them; standard error {spread:.1%} of them all together ({why}).",
        _corrections(terms),
    ]
    if last > years:
        cut = [str(i) for i, row in enumerate(benefits, 1) if row.to_year + values["lag_years"] > years]
        notes.append(
            f"Left out: what comes after the horizon of {years} years, to year {last}, of benefit {', '.join(cut)}."
        )
    strangers = {row.agency for row in benefits if cash_is_guessed(row) and row.agency not in believed}
    if strangers:
        notes.append(
            f"{place.id} has no agency {', '.join(sorted(strangers))}: cashable at the mean belief of those it has."
        )
    return terms, Profile(
        agency=tuple(row.agency for row in benefits),
        kind=tuple(row.kind for row in benefits),
        transfer=np.array([row.transfer for row in benefits]),
        cash=np.array(cash),
        centre=np.array([row.transfer and row.cashable_share is None for row in benefits]),
        yearly=np.column_stack([_by_year(row, values, years) for row in benefits]),
        factor=np.zeros(len(benefits), int),
        size=np.ones(1),
        draws=1 + spread * normals(draws, seed, "appraisal", "benefit")[:, None],
        notes=tuple(notes),
    )


def _by_year(row, values, years):
    """Pounds by year of one row of a file: reach, correction, lag and yearly drop-off applied."""
    # The correction for optimism makes gains smaller; it may not make a harm smaller.
    keep = 1 - correction(values["evidence_grade"]) if row.amount_gbp > 0 else 1.0
    reach = values["engagement"] * values["success"] * (1 - values["deadweight"])
    since = np.arange(1, years + 1) - values["lag_years"] - row.from_year
    runs = (since >= 0) & (since <= row.to_year - row.from_year)
    return row.amount_gbp * reach * keep * np.where(runs, (1 - values["drop_off"]) ** np.maximum(since, 0), 0.0)


def cash_is_guessed(row):
    """Whether a row's cashable share is left to the belief of the agency."""
    return row.kind == "fiscal" and not row.transfer and row.cashable_share is None


def _cash_share(row, believed):
    if cash_is_guessed(row):
        return believed.get(row.agency, believed[""])
    return row.cashable_share or 0.0


def _corrections(terms):
    benefits, cost = correction(terms.evidence_grade), correction(terms.cost_grade)
    if not (benefits or cost):
        return "No corrections for grade are made."
    return f"Corrections for grade: benefits {-benefits + 0.0:.0%}, cost {cost + 0.0:+.0%}."


def from_place(place, dials, programme, cases, horizon, seed, draws):
    """Terms and profile of a programme: the base year's use of services by families like its target, and its effect."""
    from sim.place.burn_in import burn_in  # the model, which who reads published shares has no use for

    target = programme.targets(place)
    if target is None:
        raise InputError("--place", place.id, f"has too few of the needs {programme.id} is for", "choose another place")
    settled = burn_in(place, dials, seed)
    families, use = settled.families.use_by_target(
        target._replace(level_to=len(LEVELS) - 1)
    )  # as deciders' analysts do
    if families == 0:
        raise InputError(
            "--place", place.id, f"has no known family like the target of {programme.id}", "choose another"
        )
    years = horizon or HORIZON_YEARS
    terms = Terms(
        programme.id,
        programme.name,
        programme.believed("cost_per_family"),
        cases or max(1, int(families * programme.a_year * programme.believed("most_reached"))),
        DISCOUNT_RATE,
        years,
        programme.grade,
        programme.grade,
    )
    fiscal = _full_benefit(programme, use / families, settled.services.prices.average, years)
    rows = [(j, "fiscal", 1.0) for j in range(len(use))]
    for kind in ("economic", "social"):
        ratios = [wider_ratio(place, line, kind) for line in place.lines]
        rows += [(j, kind, ratio) for j, ratio in enumerate(ratios) if ratio]
    of = np.array([row[0] for row in rows])
    believed = beliefs(place)
    by_centre = settled.services.lines.demand_led[of] & np.array([row[1] == "fiscal" for row in rows])
    agency = tuple(place.lines[j].agency for j in of)
    return terms, Profile(
        agency=agency,
        kind=tuple(row[1] for row in rows),
        transfer=by_centre,
        cash=np.where(by_centre, 0.0, [believed[name] for name in agency]),
        centre=by_centre,
        yearly=fiscal[:, of] * [row[2] for row in rows],
        factor=np.array(settled.services.lines.need)[of],
        size=believed_reduction(programme.published(place), 1.0, range(len(place.needs))),
        draws=drawn_reduction(programme, place, seed, draws),
        notes=_lacking(place, programme)
        + _notes(place, terms, families, [place.lines[j].id for j, kind, _ in rows if kind != "fiscal"]),
    )


def _full_benefit(programme, use, average_pence, years):
    """Pounds by year and line if all of the use were avoided while the effect is at full strength, corrected for grade."""
    lasting = (programme.get("duration") / QUARTERS, programme.get("half_life"))
    return snapshot(use, average_pence / 100, 1 - correction(programme.grade), *lasting, years)


def _lacking(place, programme):
    """What to say of effects on needs that the place does not have."""
    needs = dict.fromkeys(effect.need for effect in programme.effects if effect.need not in place.index("needs"))
    return (f"{place.id} has no need {', '.join(needs)}: effects on it are left out.",) if needs else ()


def _notes(place, terms, families, wider):
    return (
        f"Last year's use of services by the {families:,} known families of {place.id} like the target; average costs, 2010/11 prices.",
        "Effects as the programme's file has them believed, as ratios of worsening to easing; draws follow their standard errors.",
        _corrections(terms),
        "Cases are families that take it up, so engagement is in their number. No deadweight: effects are against controls.",
        "Economic and social benefits where a line's unit cost cites published ones: "
        + (", ".join(dict.fromkeys(wider)) or "none")
        + "; left out elsewhere.",
    )


def drawn_reduction(programme, place, seed, draws):
    """Share of use avoided by need, drawn from the published effects: float (draws, needs)."""
    needs = place.index("needs")
    log_ratio = np.zeros((draws, len(needs)))
    for effect in programme.effects:
        if effect.need in needs:
            up, down = effect.turns
            drawn = effect.believed + effect.se * normals(
                draws, seed, "appraisal", programme.id, effect.need, effect.on
            )
            log_ratio[:, needs[effect.need]] += (up - down) * drawn
    return 1 - np.exp(log_ratio)


def beliefs(place):
    """Believed cashable share by agency of a place, and their mean under the empty name."""
    believed = {agency.id: place.get(f"agencies.{agency.id}.cashability_belief") for agency in place.agencies}
    return {**believed, "": sum(believed.values()) / len(believed)}


def wider_ratio(place, line, kind):
    """Economic or social pounds for each fiscal pound of a line, by the unit cost it cites; 0 where none is published."""
    table, _, rest = place.values[f"lines.{line.id}.unit_cost"].source.partition(":")
    if table != "unit_costs":
        return 0.0
    row = evidence(table)[rest.split(" ")[0].rstrip(",;")]
    return float(row[f"{kind}_gbp"] or 0) / float(row["value_gbp"])


def load_splits():
    """Published share-outs of a programme's saving among agencies, by name."""
    path = files("sim") / "scenarios" / "splits.toml"
    splits = {}
    for name, entry in read_toml(str(path)).items():
        check_source(entry.get("source"), path, name)
        total = sum(entry["parts"].values())
        shares = {agency: part / total for agency, part in entry["parts"].items()}
        together = {agency: tuple(every) for agency, every in entry.get("together", {}).items()}
        of = tuple(entry["programmes"])
        splits[name] = Split(entry["name"], full_source(entry["source"]), shares, of, entry.get("years"), together)
    return splits


def reshared(profile, published, place):
    """The same benefits with the fiscal ones shared out among agencies as published; cash by the receivers' beliefs."""
    believed = beliefs(place)
    note = f"Fiscal benefit shared out as published, cashable at each receiver's belief: {published.source}."
    rows = []
    for j, kind in enumerate(profile.kind):
        if kind == "fiscal":
            rows += [
                (j, agency, share, believed.get(agency, believed[""])) for agency, share in published.shares.items()
            ]
        else:
            rows.append((j, profile.agency[j], 1.0, 0.0))
    of = np.array([row[0] for row in rows])
    return replace(
        profile,
        agency=tuple(row[1] for row in rows),
        kind=tuple(profile.kind[j] for j in of),
        transfer=profile.transfer[of],
        cash=np.array([row[3] for row in rows]),
        centre=np.zeros(len(rows), bool),
        yearly=profile.yearly[:, of] * [row[2] for row in rows],
        factor=profile.factor[of],
        notes=(*profile.notes, note),
    )

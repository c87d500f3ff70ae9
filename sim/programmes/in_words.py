"""What there is to say of a programme: whom it is for, what it costs, what it does, and the trials it names."""

from math import exp

from sim.core.evidence import full_source
from sim.place.places import LEVELS
from sim.programmes.trials_named import ENDPOINTS

_LABELS = {
    "cost_per_family": "cost",
    "most_reached": "reach",
    "case_finding": "finds",
    "trust_gain": "trust",
    "engagement": "engagement",
    "duration": "duration",
    "half_life": "half-life",
}
_DOES = {"escalation": "worsens", "recovery": "eases", "both": "worsens"}


def in_brief(programme):
    """Name, needs, cost and trials, in a line."""
    told = [trial for trial in programme.trials if trial.endpoint]
    trials = f"{len(told)} of {len(programme.trials)} trial rows emulated" if programme.trials else "no trial rows"
    needs = ", ".join(programme.target["needs"])
    return f"{programme.name}: {needs}; {_cost(programme)} a family; {trials}"


def in_words(programme):
    """Label and text of all that a programme's file says but for its weights: list of (str, str)."""
    rows = [
        ("name", programme.name),
        ("notes", programme.notes),
        ("grade", f"{programme.grade}: benefits are taken to be {programme.correction:.0%} lower"),
        ("for", _population(programme)),
    ]
    shares = programme.shares
    if shares is not None:
        by_level = ", ".join(f"{share:.0%} {level}" for level, share in zip(LEVELS[1:], shares[1:], strict=True))
        rows.append(("enrolled", f"{by_level} [{full_source(programme.values['share_crisis'].source)}]"))
    rows += [(label, _quantity(programme, name)) for name, label in _LABELS.items()]
    rows += [("effect", _effect(effect)) for effect in programme.effects]
    return rows + [("trial", _trial(trial)) for trial in programme.trials]


def _population(programme):
    """The referral rule as a clause."""
    target = programme.target
    of = f"{target['at_least']} of " if len(target["needs"]) > 1 else ""
    levels = " to ".join(dict.fromkeys(LEVELS[target[key]] for key in ("level_from", "level_to")))
    text = f"families with {of}{', '.join(target['needs'])} at {levels}, child aged {target['age_from']} to {target['age_to']}"
    if "event" in target:
        within = target.get("within", 4)
        text += f", {target['event']} in the last {'quarter' if within == 1 else f'{within} quarters'}"
    if "not_served" in target:
        text += f", served by no {' or '.join(target['not_served'])}"
    return text


def _cost(programme):
    """Cost as it is, and as it is believed where that differs, at 2010/11 prices."""
    true, believed = programme.get("cost_per_family"), programme.believed("cost_per_family")
    return f"£{true:,.0f}" + (f" (believed £{believed:,.0f})" if believed != true else "")


def _quantity(programme, name):
    """A quantity with its belief where that differs, its range and source."""
    item, believed = programme.values[name], programme.beliefs.get(name)
    value = f"{_cost(programme)} at 2010/11 prices" if name == "cost_per_family" else f"{item.value:g} {item.unit}"
    if believed is not None and name != "cost_per_family":
        value += f" (believed {believed:g})"
    prices = f" GBP of {item.price_year}" if item.price_year else ""
    return f"{value}, {item.low:g} to {item.high:g}{prices} [{full_source(item.source)}]"


def _effect(effect):
    """An effect as a ratio of the quarterly chance, with what is believed where that differs."""
    ease = f", eases {exp(-effect.value):.2f} times" if effect.on == "both" else ""
    text = f"{effect.need} {_DOES[effect.on]} {exp(effect.value):.2f} times as often in a quarter{ease}"
    text += f" (log ratio {effect.value:.3g}, se {effect.se:.2g}, {effect.low:g} to {effect.high:g})"
    believed = (
        f", believed {exp(effect.believed):.2f} ({effect.believed:.3g})" if effect.believed != effect.value else ""
    )
    return f"{text}{believed} [{full_source(effect.source)}]"


def _trial(trial):
    """A trial's row: its study, what is measured, and what it is for."""
    row = trial.published
    head = f"{trial.row} {row['study']} ({row['use']}): {row['endpoint']}"
    if trial.not_emulated:
        return f"{head}: not emulated: {trial.not_emulated}"
    happens = " or ".join([*filter(None, [trial.event]), *(f"entry into {line}" for line in trial.entering)])
    state = happens or ", ".join(trial.lines) or f"{trial.need} from {LEVELS[trial.level_from]}"
    state = f"not {state}" if trial.sense == "better" else state
    looked = f", the last {trial.window:g}" if trial.window else ""
    looked += ", all take part" if trial.takes_part == "all" else ""
    fixes = f"fixes {trial.fixes}" if trial.fixes else "predicted" if trial.use == "check" else "shown"
    return f"{head}: {state} {ENDPOINTS[trial.endpoint]}, {trial.follow_up:g} months{looked}, by {trial.scale}: {fixes}"

"""Effects solved on the trials that fix them: the log ratio at which the emulated contrast is the published one."""

import math
from dataclasses import dataclass, replace

from sim.core.faults import InputError
from sim.programmes.effects import MOST_LOG_RATIO
from sim.programmes.trials.contrasts import Z95, as_stated
from sim.programmes.trials.emulation import FAMILIES, Trials

WIDTHS = (0.75, 1.5, 3.0)  # log ratios on either side that are tried, the nearest first
WIDEST = max(WIDTHS)  # a chance twenty times as large, or as small
STEPS, NEAR = 9, 0.4  # bisections; how far from the last solution is tried first when needs are solved in turn
ROUNDS, STILL = 6, 0.02  # turns at most, and the log ratio by which none may move any more in the last
ASIDE = 0.25  # log ratio on either side of the solution from which the slope is taken
NULL_SPREAD = 0.5  # assumption: spread of true effects about none, as of the catalogue's own with its nulls
DIGITS = 4


@dataclass(frozen=True)
class Solved:
    """An effect solved on a trial.

    Attributes
    ----------
    programme, need, row : str
    before : float
        Log ratio that the file had.
    value, se : float or None
        Log ratio and its standard error; None where it could not be solved.
    carried : float or None
        The published error carried over through the slope of the contrast. It is `se`, but for a null: a short trial of
        something brief rules out little, so that nought is the mean of what it says and of what effects there are.
    finding : Finding
        The trial at the solution, or as the file had it.
    problem : str
        Why it was not solved, else empty.
    """

    programme: str
    need: str
    row: str
    before: float
    value: float | None
    se: float | None
    carried: float | None
    finding: object
    problem: str = ""

    @property
    def low(self):
        """Lower end of the 95% interval of the log ratio, as far as a file may say."""
        return max(-MOST_LOG_RATIO, round(self.value - Z95 * self.se, DIGITS))

    @property
    def high(self):
        """Upper end."""
        return min(MOST_LOG_RATIO, round(self.value + Z95 * self.se, DIGITS))


def solve(around, programme, families=FAMILIES, seed=1):
    """Solve every effect of a programme that a trial fixes, one need after another until they stand still.

    Returns
    -------
    list of Solved

    Raises
    ------
    InputError
        If two effects of the file are on one such need.
    """
    fixing = tuple(trial for trial in programme.trials if trial.fixes)
    for trial in fixing:
        if sum(effect.need == trial.fixes for effect in programme.effects) > 1:
            raise InputError(
                programme.file, f"trial {trial.row}", f"two effects are on {trial.fixes}", 'give one, on = "both"'
            )
    search = _Search(Trials(around, programme, families, seed, fixing))
    before = dict(search.values)
    for _ in range(ROUNDS):
        moved = max([abs(search.turn(trial)) for trial in fixing], default=0)
        if moved < STILL or len(fixing) == 1:
            break
    return [search.solved(trial, before[trial.fixes]) for trial in fixing]


class _Search:
    """Log ratios by need while they are sought, and what stands in the way of some."""

    def __init__(self, trials):
        self.trials, self.problems = trials, {}
        self.values = {effect.need: effect.value for effect in trials.programme.effects}
        self.near = {}

    def finding(self, trial, value=None):
        """A trial at the present log ratios, or with another value of that which it fixes."""
        values = self.values if value is None else {**self.values, trial.fixes: value}
        programme = self.trials.programme
        effects = tuple(replace(effect, value=values[effect.need]) for effect in programme.effects)
        effect = replace(programme, effects=effects).mean_effect(self.trials.around.place)
        return self.trials.run(effect)[self.trials.trials.index(trial)]

    def turn(self, trial):
        """Solve one need, the others as they are; by how much its log ratio moved."""
        before, finding = self.values[trial.fixes], self.finding(trial)
        if finding.reason or finding.aim is None:
            self.problems[trial] = finding.reason or "no contrast was published"
        elif finding.published.null:
            self.values[trial.fixes] = 0.0
        else:
            self._bisect(trial, finding.aim)
        return self.values[trial.fixes] - before

    def _bisect(self, trial, aim):
        """Halve the bracket nearest to no effect, as a contrast need not be monotone: a harm can put people out of reach."""

        def miss(value):
            return self.finding(trial, value).emulated.contrast - aim

        bracket, ends = self._bracket(trial, miss)
        if bracket is None:
            scale = self.finding(trial).scale
            told = " to ".join(f"{as_stated(end + aim, scale):.3g}" for end in (min(ends), max(ends)))
            self.problems[trial] = (
                f"out of range: log ratios of -{WIDEST:g} to {WIDEST:g} give a {scale} of {told}, "
                f"published {as_stated(aim, scale):.3g}"
            )
            return
        (low, at_low), (high, at_high) = bracket
        for _ in range(STEPS):
            middle = (low + high) / 2
            at_middle = miss(middle)
            if at_low * at_middle <= 0:
                high, at_high = middle, at_middle
            else:
                low, at_low = middle, at_middle
        within = at_low / (at_low - at_high) if math.isfinite(at_low - at_high) and at_low != at_high else 0.5
        self.values[trial.fixes] = self.near[trial] = round(low + within * (high - low), DIGITS)
        self.problems.pop(trial, None)

    def _bracket(self, trial, miss):
        """Two log ratios with their misses, of which one is above and one below; None without any, and all misses seen."""
        seen = []
        if trial in self.near:
            ends = [(value, miss(value)) for value in (self.near[trial] - NEAR, self.near[trial] + NEAR)]
            if ends[0][1] * ends[1][1] <= 0:
                return ends, seen
        last = dict.fromkeys((-1, 1), (0.0, miss(0.0)))
        for width in WIDTHS:
            for sign, inner in list(last.items()):
                last[sign] = sign * width, miss(sign * width)
                seen.append(last[sign][1])
                if inner[1] * last[sign][1] <= 0:
                    return (inner, last[sign]), seen
        return None, seen

    def solved(self, trial, before):
        """What a need came to, its error carried over through the slope of the contrast."""
        finding, name, need = self.finding(trial), self.trials.programme.id, trial.fixes
        problem = self.problems.get(trial, "")
        if not problem and finding.error is None:
            problem = "neither interval, p-value nor numbers were published, so that its error cannot be told"
        if not problem:
            value = self.values[need]
            ends = [self.finding(trial, value + sign * ASIDE).emulated.contrast for sign in (-1, 1)]
            slope = (ends[1] - ends[0]) / (2 * ASIDE)
            if slope and math.isfinite(slope) and finding.error / abs(slope) <= WIDEST:
                carried = round(finding.error / abs(slope), DIGITS)
                se = round((carried**-2 + NULL_SPREAD**-2) ** -0.5, DIGITS) if finding.published.null else carried
                return Solved(name, need, trial.row, before, value, se, carried, finding)
            problem = f"the endpoint hardly moves with {need}: the published error covers every effect"
        return Solved(name, need, trial.row, before, None, None, None, finding, problem)

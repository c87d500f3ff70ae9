"""A programme's trials run in the model: who was referred, offered it or not by lot, and followed with nothing else on.

Every family is followed in both arms with the same draws, so that the contrast is what a trial with such an offer would find
on average, and its error that of the pairs. Arms are compared at follow-up and never with the start: families referred at
their worst get better in either arm, which is nothing that the programme did.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from sim.programmes.following import follow, refer, surroundings, takers
from sim.programmes.trials.contrasts import Z95, contrast, se_of_pairs, se_of_spread
from sim.programmes.trials.endpoints import measured, quarters_of
from sim.programmes.trials.published import published

DRAWN_FROM = 160_000  # families of the settled place: the rarest that a trial took are but dozens of them
FAMILIES = 100_000  # followed in each arm; with fewer, children in care among families far from it are too few to tell
MONTE_CARLO, SHARE = 2, 0.1  # errors, or share of the published contrast, within which a fit is met


@dataclass(frozen=True)
class Emulated:
    """What the model finds in a trial.

    Attributes
    ----------
    treated, control : float
        Share or mean in each arm at follow-up.
    contrast, se : float
        Of the arms, logs where the scale is of ratios, and its Monte Carlo error.
    families : int
        In each arm at follow-up.
    treated_variance, control_variance : float
        Of the endpoint among the families of each arm.
    """

    treated: float
    control: float
    contrast: float
    se: float
    families: int
    treated_variance: float
    control_variance: float


@dataclass(frozen=True)
class Finding:
    """A trial as published and as emulated.

    Attributes
    ----------
    trial : Trial
        As the programme's file names it.
    published : Published
    emulated : Emulated or None
    reason : str
        Why it is not emulated, else empty.
    """

    trial: object
    published: object
    emulated: Emulated | None = None
    reason: str = ""

    @property
    def scale(self):
        """The scale on which arms are compared; a standardised difference becomes odds."""
        return "odds" if self.trial.endpoint == "standardised" else self.trial.scale

    @cached_property
    def contrast(self):
        """The published contrast, or None."""
        return self.published.contrast(self.scale)

    @cached_property
    def error(self):
        """Its standard error, or None; where only the numbers were published, from the spread within the emulated arms."""
        found = self.published.error(self.scale)
        if found is None and self.contrast is not None and self.emulated and self.published.numbers:
            means = self.emulated.treated, self.emulated.control
            variances = self.emulated.treated_variance, self.emulated.control_variance
            found = se_of_spread(means, variances, self.published.numbers, self.scale)
        return found if found and math.isfinite(found) else None

    @property
    def bounds(self):
        """The published 95% interval as stated, or (None, None)."""
        return self.published.bounds(self.scale, self.error)

    @property
    def aim(self):
        """The contrast that a fit aims at: none where the paper found nothing."""
        return 0.0 if self.published.null else self.contrast

    @property
    def gap(self):
        """Emulated less published contrast, or None."""
        if self.emulated is None or self.contrast is None or not math.isfinite(self.emulated.contrast):
            return None
        return self.emulated.contrast - self.contrast

    @property
    def inside(self):
        """Whether the emulated contrast lies in the published 95% interval; None where there is none."""
        return None if self.gap is None or self.error is None else abs(self.gap) <= Z95 * self.error

    @property
    def met(self):
        """Whether what was solved on it gives the published contrast; None where nothing was, or nothing was found.

        Within two Monte Carlo errors or a tenth of the contrast.
        """
        if self.gap is None or self.published.null or not self.trial.fixes:
            return None
        return abs(self.gap) <= max(MONTE_CARLO * self.emulated.se, SHARE * abs(self.contrast))


def place_of_trials(place, dials):
    """The settled place that trials are run in: its surroundings, large enough for the rarest families."""
    return surroundings(place, dials, families=DRAWN_FROM)


class Trials:
    """The trials of a programme in a place, ready to be run at any effect.

    Parameters
    ----------
    around : Surroundings
    programme : Programme
    families : int
    seed : int
        Of who is drawn, and of their luck.
    trials : tuple of Trial, optional
        Those of the programme by default.

    Attributes
    ----------
    reasons : dict of Trial to str
        Why trials are not emulated.
    """

    def __init__(self, around, programme, families=FAMILIES, seed=1, trials=None):
        self.around, self.programme = around, programme
        self.trials = programme.trials if trials is None else trials
        target = programme.targets(around.place)
        self.cohort = target and refer(around, target, programme.shares, families, seed)
        self.reasons = {trial: reason for trial in self.trials if (reason := self._why_not(trial))}
        runs = [quarters_of(trial.follow_up) for trial in self.trials if trial not in self.reasons]
        self.quarters = max(runs, default=0)
        if self.quarters:
            self.takes = takers(self.cohort, target, programme)
            self.control = follow(self.cohort, around, self.quarters)

    def run(self, effect=None):
        """Run all trials.

        Parameters
        ----------
        effect : float (2, needs), optional
            Log ratios; those of the programme by default.

        Returns
        -------
        list of Finding
        """
        effect = self.programme.mean_effect(self.around.place) if effect is None else effect
        parts = {trial.takes_part for trial in self.trials if trial not in self.reasons}
        treated = {part: self._treated(effect, part) for part in parts}
        return [self._finding(trial, treated) for trial in self.trials]

    def _treated(self, effect, part):
        """The treated arm, of whom those who engage take part, or all."""
        takes = self.takes if part == "engaged" else None
        return follow(self.cohort, self.around, self.quarters, effect, self.programme, takes)

    def _finding(self, trial, treated):
        row = published(trial.row)
        if trial in self.reasons:
            return Finding(trial, row, reason=self.reasons[trial])
        (a, there), (b, also) = (
            measured(arm, trial, self.around.place) for arm in (treated[trial.takes_part], self.control)
        )
        a, b = a[there & also], b[there & also]
        scale = Finding(trial, row).scale
        emulated = Emulated(
            float(a.mean()),
            float(b.mean()),
            contrast(float(a.mean()), float(b.mean()), scale),
            se_of_pairs(a, b, scale),
            len(a),
            float(a.var(ddof=1)),
            float(b.var(ddof=1)),
        )
        return Finding(trial, row, emulated)

    def _why_not(self, trial):
        """Why the place cannot show a trial, in words; empty where it can."""
        place = self.around.place
        if trial.not_emulated or self.cohort is None:
            return trial.not_emulated or f"nobody at {place.id} is known to be as those it is meant for"
        named = {"needs": [trial.need], "lines": trial.lines + trial.entering, "events": [trial.event]}
        for table, names in named.items():
            absent = [name for name in names if name and name not in place.index(table)]
            if absent:
                return f"{place.id} has no {', '.join(absent)} among its {table}"
        return ""

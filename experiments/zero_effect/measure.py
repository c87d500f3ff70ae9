"""What each design finds of cohorts to whom nothing was done, or a known good; and what deciders come to believe."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.faults import InputError
from sim.core.streams import mixed
from sim.evaluation.cohorts import Cohorts
from sim.evaluation.comparison_area import ComparisonArea
from sim.evaluation.protocol import Protocol
from sim.place.burn_in import burn_in, elsewhere
from sim.place.kernels import RING, use_of_rows
from sim.place.services import served_cases
from sim.place.tables import no_offers, offer_tables
from sim.programmes.offers import row_of
from sim.programmes.uptake import worst_first
from sim.studies import task
from sim.studies.inputs import with_setting

AXES = ("programme", "design", "intake", "effect")
YEARS, LAST = 2, 8  # the cohort's own year and the one it is measured over; quarters
TEN = 10  # years over which deciders learn
SHARED = ("before_after", "matched", "matched_here", "area_count", "stated_baseline")  # that look at the same cohort
COVERAGE = {"low": 0.2, "high": 0.5}  # share taken on of those who come to be like the target in the year
AFTER, WITHOUT = "after an event", "without an event"
MOST = 50  # families referred a quarter after an event, or without
REACH = 0.1  # chance that a family is reached which services do not know
KNOWN = np.log(2)  # a known good: needs aimed at worsen half as often and ease twice as often
OTHER = 2**63  # above every seed: comparison areas have those from there
LEARNT = ("matched", "before_after")
OUTSIDE = ("critical_time_intervention", "functional_family_therapy")  # by two errors somewhere, with seeds 1 to 400
AGAIN = 10_001  # the first of the other seeds with which these are looked at by like areas, and nothing else
_ONE = np.array([0, 1], np.uint8)  # rows of offers that are of the programme


def measure(inputs, seed):
    """Findings of one seed by programme, design, intake, effect and measure; beliefs, in the study of ten years."""
    learning = inputs.arrangement.id == "list_naive"
    if inputs.years != (years := TEN if learning else YEARS):
        raise InputError("--years", "", f"is {inputs.years}, and this one takes {years}", "leave it out")
    if learning:
        return learnt(inputs, seed)
    place, dials, n = inputs.place, inputs.place_dials, inputs.n_families
    start, found = burn_in(place, dials, seed, n), {}
    area = Area(elsewhere(start, seed + OTHER, n))
    chosen = [item for item in inputs.catalogue.values() if item.targets(place) and looked_at(item, seed)]
    cells = [Cell(inputs, start, area, item, *intake) for item in chosen for intake in intakes(place, item, seed)]
    twin = start.copy()
    live(twin, cells)
    for cell in cells:
        with cell.on(twin.families):
            found |= cell.found(twin, twin, "nought")
    for cell in cells:
        if cell.intake in COVERAGE:
            helped = start.copy()
            cell.begin(helped.families, KNOWN)
            live(helped, [cell])
            found |= cell.found(helped, twin, "known")
    return found


def looked_at(programme, seed):
    """Whether a programme is looked at with a seed."""
    return seed < AGAIN or programme.id in OUTSIDE


def intakes(place, programme, seed):
    """How a programme's families come in, and the designs that look at them: pairs."""
    if seed >= AGAIN:
        yield from ((coverage, ("matched",)) for coverage in COVERAGE)
        return
    for coverage in COVERAGE:
        yield coverage, SHARED
        yield coverage, ("waiting_list",)
    if own_events(place, programme):
        yield AFTER, ("before_after", "matched")
        yield WITHOUT, ("before_after", "matched")


def own_events(place, programme):
    """Events of the needs that a programme is meant for, by bits."""
    aims = {effect.need for effect in programme.effects}
    return sum(1 << e for e, event in enumerate(place.events) if event.need in aims)


def live(place, cells):
    """A settled place lives through the years; in the first its cells take families on."""
    for quarter in range(1, LAST + 1):
        place.families.live(quarter)
        place.services.serve(place.families, quarter)
        if quarter <= QUARTERS:
            for cell in cells:
                with cell.on(place.families):
                    cell.take_on(place.families, quarter)
    for cell in cells:
        cell.close_year()


class Area:
    """The records of another place in which nobody is helped, quarter by quarter; and what was used there last year."""

    def __init__(self, settled):
        records, self._then, self.families = ComparisonArea(settled), {}, settled.families.copy()
        for quarter in range(1, LAST + 1):
            settled.families.live(quarter)
            settled.services.serve(settled.families, quarter)
            records.take_down(quarter)
            self._then[quarter] = records.at_quarter(quarter)
        self.n, self.use, self.doubles = records.n, records.use, records.doubles

    def at_quarter(self, quarter):
        """The families as they stood at the end of a quarter: Families."""
        return self._then[quarter]

    def stated(self, target):
        """Last year's use of a family like a target that services know, by line: what a contract states."""
        n, use = self.families.use_by_target(target)
        return use / max(1, n)


class Cell:
    """Families taken on by one programme in one way, and the designs that look at them.

    Where nothing is done, all cells share a place that lives once: who is on a cell's programme is marked while the cell is
    looked at (:meth:`on`) and at no other time.
    """

    def __init__(self, inputs, start, area, programme, intake, designs):
        self.programme, self.intake, self.target = programme, intake, programme.targets(inputs.place)
        self._place, self._area, self._marks = inputs.place, area, None
        self._aims = np.isin([line.need for line in inputs.place.lines], [effect.need for effect in programme.effects])
        stated = np.where(self._aims, area.stated(self.target), np.nan)
        size, least = (inputs.dials[f"measurement.{name}"] for name in ("cohort_size", "least_controls"))
        agreed = (start.services.prices, lambda _: self._aims, int(size), 1, least)
        self._protocols = [Protocol(name, *agreed, stated if name == "stated_baseline" else None) for name in designs]
        self.begin(start.families)

    def begin(self, families, effect=0.0):
        """Nobody has been taken on yet; the programme has an effect on all that it aims at."""
        aims = {item.need for item in self.programme.effects}
        log_ratios = np.array([effect * (need.id in aims) for need in self._place.needs])
        row = row_of(self.programme, np.stack([-log_ratios, log_ratios]), 0.0)
        self._offers, self._helps = offer_tables(len(log_ratios), [row]), bool(effect)
        self._cohorts = [Cohorts(protocol, lambda: self._area) for protocol in self._protocols]
        self._marks, self._lives = np.zeros_like(families.columns.offer), families.columns.generation.copy()
        if self._helps:
            families.offers = self._offers

    @contextmanager
    def on(self, families):
        """Those it has taken on are marked while something is done; a programme that helps marks them for good."""
        if self._helps:
            yield
            return
        offer, lives = families.columns.offer, families.columns.generation
        offer[:] = np.where(lives == self._lives, self._marks, 0)
        families.offers = self._offers
        yield
        self._marks, self._lives = offer.copy(), lives.copy()
        offer[:], families.offers = 0, no_offers(len(self._place.needs))

    def take_on(self, families, quarter):
        """Families of a quarter come in, and every design notes them and whom it compares them with."""
        contract, rows = SimpleNamespace(body="", programme=self.programme.id, year=1), ()
        for cohorts in self._cohorts:
            rows, others = (self._covered if self.intake in COVERAGE else self._by_event)(cohorts, families, quarter)
            if len(rows):
                cohorts.enrolled(contract, families, self.target, rows, others, quarter)
        families.enrol(rows, 1, 0.0)

    def _covered(self, cohorts, families, quarter):
        """The worst off of those like the target, or by lot where there is a draw, up to a share of them."""
        known, programme = families.like(self.target)[1].sum(), self.programme
        places = worst_first(round(COVERAGE[self.intake] * known * programme.a_year / QUARTERS))
        offer = {"target": self.target, "code": programme.code, "same_programme": _ONE, "reach": REACH}
        offer |= {"engagement": programme.get("engagement"), "order": 1}
        return cohorts.take_up(families, places, quarter, programme.id, **offer)

    def _by_event(self, cohorts, families, quarter):
        """Of the place and of the other: some by lot of those like the target that came in as the cell has it."""
        lots = mixed(families.columns.luck[rows := self._came(families, quarter)], quarter)
        return np.sort(rows[np.argsort(lots, kind="stable")[:MOST]]), self._came(
            self._area.at_quarter(quarter), quarter
        )

    def _came(self, families, quarter):
        """Known families like the target, event or no event, that had one of the programme's own this quarter, or none for a year."""
        rows, known = families.like(self.target._replace(events=0))
        rows = rows[known & ~families.columns.offer[:, rows].any(axis=0)]
        happened = families.columns.events[:, rows] & own_events(self._place, self.programme)
        return rows[happened[quarter % RING] > 0 if self.intake == AFTER else ~happened.any(axis=0)]

    def close_year(self):
        """Every design makes a cohort of the year's families."""
        for cohorts in self._cohorts:
            cohorts.close_year()

    def found(self, place, twin, effect):
        """What every design finds in the last year, and what was truly saved: numbers by key and measure."""
        found, counts = {}, place.services.counts
        ends = (0, LAST)
        use = np.stack([sum(served_cases(counts[q]) for q in range(end - QUARTERS + 1, end + 1)) for end in ends])
        for protocol, cohorts in zip(self._protocols, self._cohorts, strict=True):
            key = (self.programme.id, protocol.design, self.intake, effect)
            for finding in cohorts.measure(place.families, YEARS, use.astype(float)):
                true = true_saving(finding.cohort, place, twin, protocol.price(self.programme.id))
                found |= {(*key, name): float(number) for name, number in told(finding, true).items()}
        return found


def true_saving(cohort, place, twin, price):
    """Pence a family of a cohort, still there, saved in the last year, against the same families with nothing done."""
    rows = cohort.rows[cohort.still_there(place.families)]
    if not len(rows):
        return 0.0
    use = [every.families.served_in_year(rows).astype(int) @ price for every in (twin, place)]
    return float((use[0] - use[1]).mean())


def told(finding, true):
    """What a finding says, in pounds a family; of one that is no estimate, only how good its comparison is."""
    quality = finding.quality
    numbers = {"estimate": finding.estimate, "taken": len(finding.cohort.rows), "controls": quality.controls}
    numbers |= {"effective": quality.effective, "support": quality.support}
    numbers |= {"worst": quality.worst_difference, "later": quality.enrolled_later}
    if finding.estimate:
        numbers |= {"families": finding.families, "saving": finding.per_family / 100, "true": true / 100}
        numbers |= {"stated": finding.spread / 100, "usual": finding.usual / 100}
    return numbers


def learnt(inputs, seed):
    """What a body believes of programmes at the end of each year, by design, and what the cohorts it learned from truly saved.

    Both are multiples of what was promised; of programmes that were evaluated.
    """
    found = {}
    for design in LEARNT:
        (model,) = task.models([with_setting(inputs, "measurement.design", design)], seed)
        then, believed, truths = model.recorder.twin.served.replay(), {}, {}
        for year in range(1, inputs.years + 1):
            for _ in range(QUARTERS):
                model.step()
            (body,) = model.bodies
            believed |= {(name, year): belief.mean for name, belief in body.beliefs.items()}
            for finding in model.findings:
                cohort = finding.cohort
                promised = model.evaluation.promise(cohort) @ model.relief.paid_for(cohort.programme)
                if cohort.year == year - 1 and finding.estimate and promised > 0:
                    truth = saved_in_run(cohort, model, then) / promised
                    truths.setdefault(cohort.programme, []).append((len(cohort.rows), truth))
        for name, cohorts in truths.items():
            sizes, ratios = np.array(cohorts).T
            key = (name, design, "ten years", "drawn")
            found |= {(*key, "truth"): float(np.average(ratios, weights=sizes)), (*key, "cohorts"): len(sizes)}
            found |= {(*key[:2], f"year {y:02}", "drawn", "belief"): believed[name, y] for y in range(1, TEN + 1)}
    return found


def saved_in_run(cohort, model, then):
    """Pence a family of a cohort, still there, saved this year in the lines paid for, against the run's twin."""
    columns, use = model.families.columns, np.zeros((2, len(model.lines)), np.int64)
    for quarter in model.calendar.quarters_of_year():
        masks = then.at(quarter), columns.served[quarter % RING]
        for one, by_line in zip(masks, use, strict=True):
            use_of_rows(one, cohort.rows, columns.generation, cohort.generation, by_line)
    price = model.services.prices.average * model.relief.paid_for(cohort.programme)
    return float((use[0] - use[1]) @ price) / max(1, int(cohort.still_there(model.families).sum()))

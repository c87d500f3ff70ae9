"""Trials: rows of trials.csv as numbers, endpoints and contrasts worked by hand, emulation, solving and writing."""

import math

import numpy as np
import pytest

from sim.core.evidence import evidence
from sim.core.faults import Faults, InputError
from sim.place.places import load_place
from sim.programmes.following import Followed
from sim.programmes.trials import contrasts
from sim.programmes.trials.endpoints import DAYS, measured, quarters_of
from sim.programmes.trials.published import published
from sim.programmes.trials.writing import with_effects
from sim.programmes.trials_named import Trial, read_trials

CARE = ("foster_care", "residential_care")


# Rows of the table (the numbers are worked out from its cells by hand)


@pytest.mark.parametrize(
    ("row", "scale", "contrast", "error"),
    [
        # 0.362 - 0.448; root of 0.362 x 0.638 / 755 + 0.448 x 0.552 / 756
        ("FGC-1", "difference", -0.086, 0.02516),
        # log of the odds ratio stated, 1.25, and (log 2.05 - log 0.77) / (2 x 1.96): the shares would give 1.21
        ("MST-1", "odds", math.log(1.25), 0.2498),
        # a difference of the same row: from the shares
        ("MST-1", "difference", 0.02, 0.02484),
        # an interval of 97.5%: 2.2414 errors on either side
        ("FNP-5", "odds", math.log(1.32), 0.1283),
        # two odds ratios in the words: the first is of the endpoint
        ("FNP-6", "odds", math.log(1.26), 0.1043),
        ("IPS-2", "difference", -0.11, 0.05255),
        ("IPS-3", "ratio", math.log(1.35), 0.1808),
        # an interval on another scale keeps its ratio of contrast to error: shares and numbers come first
        ("IPS-3", "difference", 0.06, 0.04037),
        # d becomes a log odds ratio, d pi / root 3; its error (0.48 - 0.32) / (2 x 1.96) likewise
        ("IY-1", "odds", -0.4 * 1.8138, 0.0816 / 2 * 1.8138),
        # d with numbers alone: root of 1 / 110 + 1 / 51 + 0.25 / 322
        ("IY-4", "odds", -0.5 * 1.8138, 0.17169 * 1.8138),
        ("FFT-1", "odds", 0.0, 0.84 / 3.92 * 1.8138),
        # log of 8.4 / 11.5, and p = 0.011: 2.5427 errors
        ("DA-3", "ratio", -0.3141, 0.12354),
        # only "significant": taken as p = 0.05, 1.96 errors
        ("TF-1", "difference", -0.008, 0.008 / 1.96),
        # values that are ratios, or differences, and no arms
        ("TF-5", "ratio", math.log(0.9), -math.log(0.9) / 1.96),
        ("IPS-5", "difference", 0.04, 0.04 / 2.5758),
        ("IY-5", "difference", 0.23, None),
        # a null whose shares were not seen
        ("ALC-5", "difference", 0.0, None),
        ("SCH-4", "difference", None, None),
        ("IPS-5", "ratio", None, None),
    ],
)
def test_a_row_reads_as_a_contrast_with_its_error(row, scale, contrast, error):
    read = published(row)
    for found, wanted in ((read.contrast(scale), contrast), (read.error(scale), error)):
        assert found == (None if wanted is None else pytest.approx(wanted, rel=2e-3, abs=1e-9))


def test_an_interval_on_another_scale_keeps_its_ratio_of_contrast_to_error():
    read = published("HOU-6")  # odds 0.22 (0.06 to 0.88), of 77 and 73; without numbers its z stays
    without = type(read)(**{**vars(read), "numbers": None})
    z = (math.log(0.06) + math.log(0.88)) / 2 / ((math.log(0.88) - math.log(0.06)) / 3.91993)
    assert without.error("difference") == pytest.approx(abs((0.05 - 0.19) / z), rel=1e-4)


def test_every_row_is_read_and_words_are_no_numbers():
    for name in evidence("trials"):
        read = published(name)
        assert read.use in ("fit", "check", "context")
        for scale in contrasts.SCALES:
            assert read.error(scale) is None or (read.error(scale) > 0 and read.contrast(scale) is not None), name
    assert {name for name in evidence("trials") if published(name).null} >= {"MST-1", "FFT-1", "TP-1", "FNP-1", "SCH-1"}
    assert {name for name in evidence("trials") if published(name).reverse} == {
        "MST-3", "FNP-4", "FNP-5", "TF-6", "SCH-4",
    }  # fmt: skip
    assert published("FGC-1").arms == (0.362, 0.448)
    assert published("TF-5").arms is None
    assert published("FGC-5").arms is None


def test_bounds_are_told_as_a_paper_would():
    assert published("IPS-1").bounds("difference") == pytest.approx((0.165, 0.375), abs=1e-9)
    assert published("MST-2").bounds("odds") == pytest.approx((1.13 / 1.3793, 1.13 * 1.3793), rel=1e-3)
    assert published("FGC-5").bounds("ratio") == (None, None)


# Contrasts


def test_contrasts_and_errors_of_shares():
    assert contrasts.contrast(0.2, 0.4, "difference") == -0.2
    assert contrasts.contrast(0.2, 0.4, "ratio") == pytest.approx(math.log(0.5))
    assert contrasts.contrast(0.2, 0.4, "odds") == pytest.approx(math.log(0.25 / (2 / 3)))
    assert contrasts.contrast(0.0, 0.4, "odds") == -math.inf
    assert math.isnan(contrasts.contrast(0.0, 0.0, "ratio"))
    # 0.2 x 0.8 / 100 = 0.0016, 0.4 x 0.6 / 50 = 0.0048; ratio: / 0.04 and / 0.16; odds: / 0.0256 and / 0.0576
    for scale, variance in (("difference", 0.0064), ("ratio", 0.04 + 0.03), ("odds", 0.0625 + 0.0048 / 0.0576)):
        assert contrasts.se_of_arms((0.2, 0.4), (100, 50), scale) == pytest.approx(math.sqrt(variance))
    assert contrasts.se_of_spread((2.0, 4.0), (1.0, 4.0), (100, 50), "ratio") == pytest.approx(
        math.sqrt(0.01 / 4 + 0.08 / 16)
    )


def test_the_error_of_pairs_is_that_of_their_differences():
    treated, control = np.array([1.0, 0, 0, 0]), np.array([1.0, 1, 0, 0])
    # differences 0, -1, 0, 0: mean -1/4, variance (3 / 16 + 9 / 16) / 3 = 1/4, over 4 families
    assert contrasts.se_of_pairs(treated, control, "difference") == pytest.approx(math.sqrt(0.25 / 4))
    # treated / (1/4) - control / (1/2): 2, -2, 0, 0, mean 0, variance 8 / 3
    assert contrasts.se_of_pairs(treated, control, "ratio") == pytest.approx(math.sqrt(8 / 3 / 4))
    # treated / (3/16) - control / (1/4): 4/3, -4, 0, 0, mean -2/3, variance (4 + 100/9 + 8/9) / 3 = 16/3
    assert contrasts.se_of_pairs(treated, control, "odds") == pytest.approx(math.sqrt(16 / 3 / 4))


# Endpoints


@pytest.fixture(scope="module")
def town():
    return load_place("milltown")


def followed(town, needs=(), served=(), events=(), there=None):
    """Four quarters of three families: their level of offending, whether in care, whether arrested; by quarter from referral."""
    shape = (5, 3)
    packed, by_lines, happened = np.zeros(shape, np.uint32), np.zeros(shape, np.uint32), np.zeros(shape, np.uint16)
    if len(needs):
        packed |= np.array(needs, np.uint32) << np.uint32(2 * town.index("needs")["offending"])
    if len(served):
        by_lines |= np.array(served, np.uint32) << np.uint32(town.index("lines")["foster_care"])
    if len(events):
        happened |= np.array(events, np.uint16) << np.uint16(town.index("events")["arrest"])
    return Followed(packed, by_lines, happened, np.ones(shape, bool) if there is None else np.array(there, bool))


LEVELS = [[3, 2, 0], [3, 0, 0], [2, 0, 1], [1, 0, 3], [1, 2, 0]]
NEED = {"row": "FGC-1", "need": "offending", "level_from": 2, "scale": "difference"}
IN_CARE = [[1, 0, 0], [0, 0, 1], [0, 1, 1], [0, 1, 0], [0, 1, 0]]
ARRESTS = [[1, 0, 1], [0, 1, 0], [0, 1, 0], [0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("trial", "wanted"),
    [
        (Trial(**NEED, endpoint="share_at"), [0, 1, 0]),
        (Trial(**NEED, endpoint="share_at", months=6), [1, 0, 0]),
        (Trial(**NEED, endpoint="share_at", sense="better"), [1, 0, 1]),
        (Trial(**{**NEED, "level_from": 1}, endpoint="standardised"), [1, 1, 0]),
        (Trial(**NEED, endpoint="ever"), [1, 1, 1]),
        (Trial(**NEED, endpoint="ever", months=3), [1, 0, 0]),  # the quarter of referral does not count
        (Trial(**{**NEED, "level_from": 1}, endpoint="ever", sense="better"), [0, 1, 1]),  # ever out of it
        (Trial(**NEED, endpoint="never", months=9), [0, 1, 0]),
        (Trial(**NEED, endpoint="window", window=3), [0, 1, 0]),
        (Trial(**NEED, endpoint="window", window=6), [0, 1, 1]),
        (Trial(**NEED, endpoint="days"), [2 * DAYS, DAYS, DAYS]),
        (Trial("FGC-1", endpoint="days", lines=CARE, scale="ratio"), [0, 3 * DAYS, 2 * DAYS]),
        (Trial("FGC-1", endpoint="share_at", lines=("residential_care",), scale="ratio"), [0, 0, 0]),
        (Trial("FGC-1", endpoint="events", event="arrest", scale="ratio"), [0, 3, 0]),
        (Trial("FGC-1", endpoint="events", event="arrest", scale="ratio", months=6), [0, 2, 0]),
        (Trial("FGC-1", endpoint="never", event="arrest", scale="odds"), [1, 0, 1]),
        # the first family was there at referral, the second enters in quarter 2 and stays, the third in quarter 1
        (Trial("FGC-1", endpoint="events", entering=CARE, scale="ratio"), [0, 1, 1]),
        # beside an event either counts, a quarter with both once
        (Trial("FGC-1", endpoint="events", event="arrest", entering=CARE, scale="ratio"), [0, 3, 1]),
        (Trial("FGC-1", endpoint="window", window=6, entering=CARE, scale="odds"), [0, 0, 0]),
        (Trial("FGC-1", endpoint="window", window=9, entering=("foster_care",), scale="odds"), [0, 1, 0]),
    ],
)
def test_an_endpoint_counts_as_its_trial_did(town, trial, wanted):
    value, there = measured(followed(town, LEVELS, IN_CARE, ARRESTS), trial, town)
    assert value.tolist() == pytest.approx(wanted)
    assert there.all()


def test_families_that_left_before_follow_up_are_not_counted(town):
    there = [[1, 1, 1], [1, 1, 1], [1, 0, 1], [1, 0, 1], [1, 0, 0]]
    trial = Trial(**NEED, endpoint="ever", months=9)
    assert measured(followed(town, LEVELS, there=there), trial, town)[1].tolist() == [True, False, True]


def test_entries_are_read_of_a_file():
    row = {
        "row": "ONE-1",
        "endpoint": "events",
        "entering": ["prison"],
        "takes_part": "all",
        "scale": "ratio",
    }
    with Faults() as faults:
        (trial,) = read_trials("x.toml", [row], [], faults)
    assert trial == Trial(**{**row, "entering": ("prison",)})
    assert hash(trial)


def test_months_are_the_nearest_quarters():
    assert [quarters_of(months) for months in (1.4, 4, 5, 12, 22, 66, 84)] == [1, 1, 2, 4, 7, 22, 28]


# Writing


FILE = """name = "A # name"
[target]
needs = ["offending"]  # two

[[effect]]
need = "offending"
on = "both"
value = -0.61  # a comment
se=0.2
low = -1
high = 0
source = 'assumption: a # b'   # why

[[effect]]
value = 1
need = "conduct"
[[trial]]
row = "MST-2"
value = 5
"""
NEW = {"value": -0.25, "se": 0.1, "low": -0.446, "high": -0.054, "source": "fitted: trials:MST-2"}


def test_only_the_lines_of_the_effect_are_written_again():
    wanted = FILE.replace("-0.61 ", "-0.25 ").replace("se=0.2", "se=0.1").replace("low = -1", "low = -0.446")
    wanted = wanted.replace("high = 0", "high = -0.054").replace("'assumption: a # b'", '"fitted: trials:MST-2"')
    assert with_effects(FILE, {"offending": NEW}, "x.toml") == wanted
    assert with_effects(FILE, {}, "x.toml") == FILE
    windows = FILE.replace("\n", "\r\n")
    assert with_effects(windows, {"offending": NEW}, "x.toml") == wanted.replace("\n", "\r\n")


def test_an_effect_that_is_not_written_a_key_a_line_is_refused():
    text = 'effect = [{need = "offending", value = 1, se = 1, low = 0, high = 1, source = "x"}]\n'
    with pytest.raises(InputError, match="line of its own"):
        with_effects(text, {"offending": NEW}, "x.toml")

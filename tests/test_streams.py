import numpy as np
import pytest
from numba import njit

from sim.core import philox, streams
from tests import oracle

# Known answers published with Random123 (kat_vectors, philox4x32 10).
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@njit
def _philox(c, k):
    return philox.philox(c[0], c[1], c[2], c[3], k[0], k[1])


@njit
def _draws(n, quarter, decision, k0, k1):
    out = np.empty((4, n), np.float32)
    for i in range(n):
        words = philox.philox(i, 0, quarter, decision << 24, k0, k1)
        for j in range(4):
            out[j, i] = philox.to_unit(words[j])
    return out


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_published_answers(counter, key, answer):
    assert tuple(int(x) for x in _philox(np.array(counter, np.uint64), np.array(key, np.uint64))) == answer
    assert oracle.philox(counter, key) == answer


def test_draws_are_uniform():
    draws = _draws(400_000, 7, philox.MOVE, 11, 0)
    for row in draws:
        counts = np.histogram(row, bins=100, range=(0, 1))[0]
        chi_square = ((counts - 4000) ** 2 / 4000).sum()
        assert 58 < chi_square < 149  # 99 degrees of freedom, 0.1% in either tail
    assert draws.min() > 0
    assert draws.max() < 1


def test_draws_of_neighbours_in_any_key_do_not_correlate():
    n = 400_000
    base = _draws(n, 7, philox.MOVE, 11, 0)
    others = {
        "next family": np.roll(base, 1, axis=1),
        "next quarter": _draws(n, 8, philox.MOVE, 11, 0),
        "next decision": _draws(n, 7, philox.MOVE + 1, 11, 0),
        "seed differs in one bit": _draws(n, 7, philox.MOVE, 10, 0),
        "seed differs in the top word": _draws(n, 7, philox.MOVE, 11, 1),
    }
    for name, other in others.items():
        for i in range(4):
            for j in range(4):
                assert abs(np.corrcoef(base[i], other[j])[0, 1]) < 5 / n**0.5, name
    for i in range(4):
        for j in range(i):
            assert abs(np.corrcoef(base[i], base[j])[0, 1]) < 5 / n**0.5


def test_a_seed_keeps_all_its_bits():
    assert list(streams.key_of(2**40 + 3)) == [3, 2**8]


def test_institutions_draw_by_name_and_nothing_else():
    assert streams.uniform(1, "close", "care", 3) == streams.uniform(1, "close", "care", 3)
    draws = {
        streams.uniform(seed, "close", line, year) for seed in (1, 2) for line in ("care", "camhs") for year in (1, 2)
    }
    assert len(draws) == 8
    normals = np.array([streams.normal(1, "true effect", str(i)) for i in range(4000)])
    assert abs(normals.mean()) < 0.06
    assert abs(normals.std() - 1) < 0.05


def test_codes_of_names_are_stable_and_differ():
    assert streams.code_of("care") == streams.code_of("care")
    names = [f"line {i}" for i in range(200)]
    assert len({streams.code_of(name) for name in names}) == 200

"""The Wilson interval against exact roots, a printed table, and its own promise of 95 %."""

from fractions import Fraction
from math import comb, isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustlib.evaluation import wilson

Z = Fraction("1.959963984540054")


def roots(successes: int, n: int) -> tuple[float, float]:
    """Where (p - q)^2 = z^2 q (1 - q) / n: the quadratic's coefficients exact, one square root at the end."""
    p, z2 = Fraction(successes, n), Z * Z
    a, b, c = 1 + z2 / n, -(2 * p + z2 / n), p * p
    spread = sqrt(b * b - 4 * a * c)
    return float(-b - Fraction(spread)) / float(2 * a), float(-b + Fraction(spread)) / float(2 * a)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (0, 10, 0, 0.27753),
        (5, 10, 0.23659, 0.76341),
        (10, 10, 0.72247, 1),
        (1, 1, 0.20655, 1),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_known_values(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_solve_the_score_equation(case):
    successes, n = case
    low, high = wilson(successes, n)
    assert (low, high) == pytest.approx(roots(successes, n), abs=1e-7)
    assert 0 <= low <= successes / n <= high <= 1 and low < high
    assert low == 0 if successes == 0 else low > 0
    assert high == 1 if successes == n else high < 1


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_failures_mirror_successes_and_more_images_narrow(case):
    successes, n = case
    low, high = wilson(successes, n)
    mirrored = wilson(n - successes, n)
    assert isclose(1 - high, mirrored[0], abs_tol=1e-12) and isclose(1 - low, mirrored[1], abs_tol=1e-12)
    wider, narrower = wilson(4 * successes, 4 * n), wilson(successes, n, z=1.0)
    assert wider[1] - wider[0] < high - low and narrower[1] - narrower[0] < high - low


@pytest.mark.parametrize("n", [20, 100])
def test_it_covers_the_truth_about_95_times_in_100(n):
    intervals = [wilson(s, n) for s in range(n + 1)]
    covered = []
    for truth in (i / 200 for i in range(20, 181)):
        inside = [s for s, (low, high) in enumerate(intervals) if low <= truth <= high]
        covered.append(sum(comb(n, s) * truth**s * (1 - truth) ** (n - s) for s in inside))
    assert min(covered) > 0.91 and 0.945 < sum(covered) / len(covered) < 0.96


@pytest.mark.parametrize(("successes", "n"), [(-1, 10), (11, 10), (0, 0), (0, -1)])
def test_impossible_counts_raise(successes, n):
    with pytest.raises(ValueError, match=f"got {successes} of {n}"):
        wilson(successes, n)

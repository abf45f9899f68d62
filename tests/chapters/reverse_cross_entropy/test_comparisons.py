"""Paired differences and notches by hand: a swapped pair, a wrong sign or a wrong width must fail."""

from dataclasses import replace

import pytest
import torch

from robustlib.chapters.reverse_cross_entropy.comparisons import difference, notch
from robustlib.experiments.relations import holds
from robustlib.experiments.rows import Row, pack


def fates(stands, **columns):
    """A share with the fate of each image: "1100"."""
    bits = torch.tensor([c == "1" for c in stands])
    return Row(
        "accuracy", bits.double().mean().item(), len(bits), 0.0, 1.0, dataset="mnist", bits=pack(bits), **columns
    )


def test_a_paired_difference_counts_the_images_on_which_two_networks_disagree():
    a, b = fates("1" * 51 + "0" * 28 + "1" * 65 + "0" * 56), fates("0" * 51 + "1" * 28 + "1" * 65 + "0" * 56)
    found = difference(a, b)
    middle, half = 23 / 202, 1.959964 * (80 - 23**2 / 202) ** 0.5 / 202
    assert found.value == pytest.approx(11.5) and found.n == 200 and not found.share
    assert (found.low, found.high) == pytest.approx((100 * (middle - half), 100 * (middle + half)))
    assert found.low == pytest.approx(2.851, abs=1e-3) and found.high == pytest.approx(19.921, abs=1e-3)
    back = difference(b, a)
    assert (back.value, back.low, back.high) == pytest.approx((-11.5, -found.high, -found.low))
    holds("more than", found, 0)
    holds("less than", back, 0)


def test_agreement_makes_the_interval_narrow_and_disagreement_wide():
    same, other = fates("1100" * 25), fates("0011" * 25)
    alike, apart = difference(same, same), difference(same, other)
    assert alike.value == apart.value == 0.0
    assert alike.high == pytest.approx(100 * 1.959964 / 102) and apart.high == pytest.approx(
        100 * 1.959964 * 101**0.5 / 102
    )
    all_of_it = difference(fates("1" * 8), fates("0" * 8))
    assert (all_of_it.value, all_of_it.high) == (100.0, 100.0), "an end beyond all images is cut"


def test_only_the_first_images_that_both_have_are_paired():
    assert difference(fates("1011"), fates("00")).value == 50.0
    assert difference(fates("11", attack="PGD"), None) is None and difference(None, fates("11")) is None
    with pytest.raises(ValueError, match="keep the fate of each image"):
        difference(fates("11"), replace(fates("11"), bits=""))
    with pytest.raises(ValueError, match="those of mnist and cifar10"):
        difference(fates("11"), replace(fates("11"), dataset="cifar10"))


def test_a_notch_is_1_57_middle_halves_over_the_root_of_n():
    near, far = (Row("distortion", m, 100, m - 2.0, m + 3.0) for m in (10.0, 11.5))
    found = notch(near)
    assert (found.value, found.low, found.high) == pytest.approx((10.0, 9.215, 10.785))
    holds("no more than", notch(far), found)  # 10.715 to 12.285: the notches meet
    holds("more than", notch(Row("distortion", 12.0, 100, 10.0, 15.0)), found)
    assert notch(Row("distortion", 10.0, 400, 8.0, 13.0)).high == pytest.approx(10.3925)
    assert notch(None) is None and notch(Row("distortion", None, 0)) is None
    with pytest.raises(ValueError, match="both quartiles"):
        notch(Row("distortion", 10.0, 100))

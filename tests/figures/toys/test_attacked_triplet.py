"""The toy of the chapter on AT2L draws what it says."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from robustlib.figures import attacked_triplet_toy
from robustlib.figures.toys.attacked_triplet import ATTACKED, CLEAN, NEGATIVE, hinge


def test_the_hinge_is_of_the_largest_differences() -> None:
    a, p, n = np.array([1.0, 2.0]), np.array([1.5, 4.0]), np.array([4.0, 2.5])
    assert hinge(a, p, n, 1.5) == pytest.approx(2 - 3 + 1.5)
    assert hinge(a, p, n, 0.5) == 0


def test_the_loss_is_met_though_no_difference_of_logits_has_changed(drawings: list[Figure]) -> None:
    for alpha in (0.3, 1.0, 1.3):
        alt = attacked_triplet_toy(alpha).alt
        assert f"the loss is {hinge(ATTACKED, CLEAN, NEGATIVE, alpha):.1f}. Right" in alt
    for drawing in drawings:
        before, after = (float(ax.get_title().split("loss ")[1]) for ax in drawing.axes)
        assert before > 0 and after == 0
        negatives = [line.get_xydata()[0] for ax in drawing.axes for line in ax.lines if line.get_marker() == "X"]
        apart = [first - second for first, second in negatives]
        assert np.allclose(apart, apart[0]) and not np.allclose(negatives[0], negatives[1])
    assert drawings[0].axes[0].get_title().endswith("loss 0.1")  # 0.9 - 1.1 + 0.3


@pytest.mark.parametrize("alpha", [0.0, 2.0])
def test_margins_that_would_leave_the_picture(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"need 0.3 <= alpha <= 1.3"):
        attacked_triplet_toy(alpha)

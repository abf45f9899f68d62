"""What the notebook computes: the attacks written out are the library's, and counts are those of known networks."""

import pytest
import torch
from torch import nn

from robustlib.attacks import FGSM, PGD
from robustlib.chapters.adversarial_examples import live
from robustlib.datasets.split import Split
from robustlib.models import small_lenet


class Brighter(nn.Module):
    """Says 1 where the mean pixel is above a half, else 0: an attack needs eps = |mean - 1/2|."""

    def forward(self, x):
        above = x.flatten(1).mean(1) - 0.5
        return torch.stack([-above, above], 1)


def images(*means: float) -> torch.Tensor:
    return torch.tensor(means).reshape(-1, 1, 1, 1).expand(-1, 1, 4, 4).clone()


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return small_lenet().eval()


@pytest.mark.parametrize("eps", [0.05, 0.3])
def test_fgsm_and_pgd_written_out_are_the_library_s(network, eps):
    x, y = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1)), torch.arange(6)
    assert torch.equal(live.fgsm(network, x, y, eps), FGSM(eps)(network, x, y))
    found, wanted = live.pgd(network, x, y, eps, 5), PGD(eps, 5, random_start=False)(network, x, y)
    assert (found - wanted).abs().gt(1e-5).float().mean() < 0.01, "but for rounding at the edge of a sign"
    assert (found - x).abs().max() <= eps + 1e-6 and found.min() >= 0 and found.max() <= 1


def test_the_attacks_go_up_the_loss_to_the_point_known_in_advance():
    x, y, model = images(0.7, 0.2, 0.95), torch.tensor([1, 0, 0]), Brighter()
    for attack in (live.fgsm, live.pgd):
        moved = attack(model, x, y, 0.1).flatten(1).mean(1)
        assert moved.tolist() == pytest.approx([0.6, 0.3, 1.0], abs=1e-6)


def test_how_many_are_misread_at_each_radius():
    x, y = images(0.7, 0.2, 0.55, 0.45), torch.tensor([1, 0, 1, 1])  # the last is wrong from the start
    found = live.misread({"m": Brighter()}, x, y, (0.04, 0.1, 0.25, 0.35))
    assert found == {"m": {"0.04": 1, "0.1": 2, "0.25": 3, "0.35": 4}}


def test_loss_and_gradient():
    x, y, model = images(0.5, 0.5), torch.tensor([0, 1]), Brighter()
    assert live.losses(model, x, y) == pytest.approx(0.6931, abs=1e-4), "ln 2: the network cannot tell"
    g = live.gradients(model, x, y)
    assert g.shape == x.shape and g[0].unique().tolist() == pytest.approx([1 / 16]) and torch.equal(g[0], -g[1])


def test_the_first_digit_of_each_class_that_all_read_right():
    class Says(nn.Module):
        def __init__(self, *classes: int) -> None:
            super().__init__()
            self.classes = classes

        def forward(self, x):
            return nn.functional.one_hot(torch.tensor(self.classes), 10).float()

    y = torch.tensor([*range(10), *range(10)])
    x = torch.arange(20, dtype=torch.uint8).reshape(20, 1, 1, 1)
    good = Says(*range(10), *range(10))
    wrong_about_the_first_two = Says(5, 5, *range(2, 10), *range(10))
    found, labels = live.ten_digits([good, wrong_about_the_first_two], Split(x, y, "t"))
    assert (255 * found).flatten().round().int().tolist() == [10, 11, 2, 3, 4, 5, 6, 7, 8, 9]
    assert labels.tolist() == list(range(10))
    with pytest.raises(LookupError, match="class 9"):
        live.ten_digits([Says(*range(9), 1, *range(9), 1)], Split(x, y, "t"))

"""Crafted images: which were fooled, how far they moved, and that no batch is made twice."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from robustlib.experiments.adversarial_examples import craft
from robustlib.models import Classifier

# The network says class 1 where the pixel is above 0.5. One image of each fate, two pixels each:
X = torch.tensor([0.2, 0.4, 0.6, 0.8, 0.9, 0.1])[:, None, None, None].expand(6, 1, 1, 2).clone()
Y = torch.tensor([0, 0, 1, 1, 0, 1])  # the last two are wrong from the start
CALLS: list[int] = []


@dataclass(frozen=True)
class Push:
    """Move every pixel towards the other class by so much."""

    by: float = 0.25

    def __call__(self, model, x, y):
        CALLS.append(len(x))
        return (x + self.by * (1 - 2 * y.float())[:, None, None, None]).clamp(0, 1)


def network() -> Classifier:
    head = nn.Linear(2, 2)
    head.weight.data = torch.tensor([[-1.0, -1.0], [1.0, 1.0]])
    head.bias.data = torch.tensor([1.0, -1.0])
    return Classifier(nn.Flatten(), head).eval()


def made(folder, attack=None, **options):
    CALLS.clear()
    return craft(network(), "push", attack or Push(), (X, Y), folder, **options)


def test_fooled_is_right_before_and_wrong_after(tmp_path):
    found = made(tmp_path)
    assert found.clean_correct.tolist() == [True, True, True, True, False, False]
    assert found.outcome.correct.tolist() == [True, False, False, True, False, False]
    assert found.fooled.tolist() == [False, True, True, False, False, False]
    assert torch.equal(found.x_adv[4:], X[4:]), "what is wrong from the start stays as it is"
    assert found.outcome.linf.tolist() == pytest.approx([0.25] * 4 + [0, 0])
    assert found.distortion.tolist() == pytest.approx([255 * 0.25] * 2), "(2 * 0.25 ** 2 / 2) ** 0.5, of 255"


def test_batches_are_kept_and_an_interrupted_call_goes_on(tmp_path):
    first = made(tmp_path, batch=3)
    assert CALLS == [3, 1]
    (tmp_path / "push" / "1.pt").unlink()
    second = made(tmp_path, batch=3)
    assert CALLS == [1] and torch.equal(first.x_adv, second.x_adv)
    assert made(tmp_path, batch=3).outcome.seconds == second.outcome.seconds and CALLS == []


@pytest.mark.parametrize("other", [{"attack": Push(0.1)}, {"seed": 1}, {"batch": 2}], ids=str)
def test_images_of_another_attack_are_not_taken(tmp_path, other):
    made(tmp_path)
    with pytest.raises(ValueError, match=r"push: holds images of another attack.*delete the folder"):
        made(tmp_path, **other)


def test_a_damaged_batch_is_named(tmp_path):
    made(tmp_path)
    (tmp_path / "push" / "0.pt").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"0\.pt: not a readable batch of adversarial images"):
        made(tmp_path)

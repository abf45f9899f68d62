"""The attacks that a reader may change are those of the library, image by image."""

from collections.abc import Callable

import pytest
import torch

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.attacks import FGSM, PGD
from robustlib.chapters.attacks.from_scratch import fgsm, pgd
from robustlib.datasets import load
from robustlib.experiments import one_image
from robustlib.interfaces import Attack


@pytest.mark.parametrize(
    ("by_hand", "attack"), [(fgsm, FGSM(0.1)), (pgd, PGD(0.1, steps=10, random_start=False))], ids=["fgsm", "pgd"]
)
def test_by_hand_as_in_the_library(by_hand: Callable, attack: Attack) -> None:
    network = one_image("rr-lenet-softmax")
    x, y = load("mnist_5k").test[:6]
    found = torch.stack([by_hand(network, image, int(label), 0.1) for image, label in zip(x[:, 0], y, strict=True)])
    assert (found - attack(network.model, x, y)[:, 0]).abs().max() < 1e-5

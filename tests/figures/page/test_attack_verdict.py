"""The verdict on a reader's attack, on a network of one pixel: every fault has its sentence."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from robustlib.figures.page.attack_verdict import verdict


class FirstPixel:
    """Class 1 where the first pixel lies above 0.5."""

    def logits(self, x: Tensor) -> Tensor:
        return torch.stack([0.5 - x[0, 0], x[0, 0] - 0.5])


def digits() -> list[tuple[Tensor, int]]:
    """At a distance of 0.05, 0.05 and 0.3 from the border: with eps 0.1 an attack can mislead two."""
    return [(torch.tensor([[first, 0.0]]), int(first > 0.5)) for first in (0.45, 0.55, 0.2)]


def towards(network: FirstPixel, x: Tensor, y: int, eps: float) -> Tensor:
    """The attack."""
    return (x + eps * torch.tensor([[1.0 - 2 * y, 0.0]])).clip(0, 1)


def spoiled(x: Tensor) -> Tensor:
    x = x.clone()
    x[0, 0] = torch.nan
    return x


def test_the_attack_passes() -> None:
    passed, sentence, made = verdict(towards, FirstPixel(), digits(), 0.1, 2)
    assert passed and len(made) == 3
    assert sentence == (
        "An attack: 2 of 3 digits are misread, no pixel moves by more than 0.100 (eps allows 0.1), and all lie in "
        "[0, 1]. The listing misleads 2."
    )


FAULTS: dict[str, tuple[Callable, str]] = {
    "clean": (lambda n, x, y, eps: x, "This is the clean image"),
    "nothing": (lambda n, x, y, eps: None, "Digit 1, a 0: the function returns nothing"),
    "a number": (lambda n, x, y, eps: 3.0, "Digit 1, a 0: the function has to return an image of shape (1, 2)"),
    "a row": (lambda n, x, y, eps: x[0], "has the shape (2,)"),
    "NaN": (lambda n, x, y, eps: spoiled(x), "Digit 1, a 0: 1 of its pixels are NaN"),
    "outside": (lambda n, x, y, eps: x - torch.tensor([[0.0, eps]]), "Not in the box: pixels go from -0.100 to 1.000"),
    "above": (lambda n, x, y, eps: x + 0.6, "Not in the box: pixels go from 0.000 to 1.150"),
    "over eps": (lambda n, x, y, eps: towards(n, x, y, 2 * eps), "Over the budget: a pixel moves by 0.200"),
    "another digit": (lambda n, x, y, eps: 1 - x, "Over the budget: a pixel moves by 1.000"),
    "downhill": (lambda n, x, y, eps: towards(n, x, 1 - y, eps), "Allowed, but weak: 0 of 3 digits are misread"),
    "half way": (lambda n, x, y, eps: towards(n, x, 0, eps), "The listing misleads 2. Still read right: 2, 3."),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_and_does_not_pass(name: str) -> None:
    attack, words = FAULTS[name]
    passed, sentence, _ = verdict(attack, FirstPixel(), digits(), 0.1, 2)
    assert passed is False and words in sentence
    assert sentence.endswith("gradient?") == (name == "downhill")


def test_no_slack_beyond_rounding() -> None:
    """A step that is a thousandth too long is over the budget."""
    assert not verdict(lambda n, x, y, eps: towards(n, x, y, eps + 1e-3), FirstPixel(), digits(), 0.1, 2)[0]
    assert verdict(lambda n, x, y, eps: towards(n, x, y, eps + 1e-7), FirstPixel(), digits(), 0.1, 2)[0]

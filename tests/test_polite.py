"""A model that writes into its input: nothing of it reaches the caller, and the verdict is that of the polite model."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
import torch
from attacks.targets import network
from entrances import ENTRANCES, PLAIN, aimed, images
from torch import Tensor, nn

from robustlib.detectors import KernelDensity
from robustlib.evaluation import Cost, Outcome
from robustlib.models import Classifier


class Rude(nn.Module):
    """A network behind a first step."""

    def __init__(self, first: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.net, self.first = network(), first

    def forward(self, x: Tensor) -> Tensor:
        return self.net(self.first(x))


def wiping(x: Tensor) -> Tensor:
    seen = 1 - x
    x[:] = 0
    return seen


CASES: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "subtracts the mean": (lambda x: x.sub_(0.4), lambda x: x - 0.4),
    "clamps": (lambda x: x.clamp_(0.6, 0.8), lambda x: x.clamp(0.6, 0.8)),
    "wipes": (wiping, lambda x: 1 - x),
}


def numbers(found: Any) -> list[Any]:
    """What a call found, without the seconds it took."""
    if isinstance(found, Outcome):
        return [found.correct, found.linf, found.l2]
    if isinstance(found, Cost):
        return [found.forward, found.backward, found.n]
    if isinstance(found, nn.Module):
        return list(found.state_dict().values())
    if isinstance(found, dict):
        return [number for part in found.values() for number in numbers(part)]
    if is_dataclass(found):
        return [getattr(found, part.name) for part in fields(found)]
    return [found]


def told(name: str, first: Callable[[Tensor], Tensor]) -> tuple[list[Any], bool]:
    model, x = Rude(first).eval(), images()
    with torch.no_grad():
        y = aimed(name, model(x.clone()).argmax(1))
    kept, labels = x.clone(), y.clone()
    torch.manual_seed(0)
    found = numbers(ENTRANCES[name](model, x, y))
    return found, torch.equal(x, kept) and torch.equal(y, labels)


@pytest.mark.parametrize("name", [name for name in ENTRANCES if name not in PLAIN])
@pytest.mark.parametrize("case", CASES)
def test_the_images_stay_and_the_verdict_is_the_polite_models(name, case):
    rude, polite = CASES[case]
    (found, untouched), (expected, _) = told(name, rude), told(name, polite)
    assert untouched, "the caller's images have changed"
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        if isinstance(a, Tensor):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)
        else:
            assert a == b


def test_a_body_that_writes_leaves_the_images_of_a_density_alone():
    class Sub(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.sub_(0.4)

    net = network()
    rude, polite = Classifier(nn.Sequential(Sub(), net.body), net.head).eval(), Rude(lambda x: x - 0.4)
    x = images(60, None)
    with torch.no_grad():
        y = polite(x).argmax(1)
    y[:4] = torch.arange(4)
    kept = x.clone()
    detector = KernelDensity.fit(rude, (x, y), 1.0)
    score = detector.score(x)
    assert torch.equal(x, kept) and torch.equal(score, detector.score(x))

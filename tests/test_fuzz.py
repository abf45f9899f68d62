"""Odd input to everything that is exported: a right answer, or a sentence that names what was found.

What is tried is read from the packages, so that what is new has no recipe and fails here until it has one.
"""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from attacks.detectors import Grey
from fuzzing import outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from robustlib import attacks, detectors
from robustlib.attacks import DDN, FGSM, PGD, random_class
from robustlib.geometry import L2, Linf
from robustlib.models import Classifier

pytestmark = pytest.mark.bad_input


FOUR = {"binary_search_steps": 1, "steps": 3, "detector": Grey(), "threshold": -0.2}
RECIPES: dict[str, Callable[[int], Any]] = {
    "APGD": lambda k: attacks.APGD(0.2, 3),
    "APGDT": lambda k: attacks.APGDT(0.2, 2, targets=2),
    "AutoAttack": lambda k: attacks.AutoAttack(0.2, 2, targets=2, queries=4),
    "BIM": lambda k: attacks.BIM(0.2, 2),
    "Capped": lambda k: attacks.Capped(PGD(0.5, 2), 0.2),
    "BPDA": lambda k: attacks.BPDA(PGD(0.2, 2), nn.Dropout),
    "CarliniWagner": lambda k: attacks.CarliniWagner(1, 3, 0.1, 1),
    "CarliniWagnerLinf": lambda k: attacks.CarliniWagnerLinf(0.2, 3, 0.05, 0.1, factor=4),
    "CarliniWagnerWB": lambda k: attacks.CarliniWagnerWB(**FOUR),
    "DDN": lambda k: DDN(4, 0.3),
    "DeepFool": lambda k: attacks.DeepFool(5),
    "DetectorAwareCW": lambda k: attacks.DetectorAwareCW(**FOUR),
    "DetectorAwarePGD": lambda k: attacks.DetectorAwarePGD(Grey(), -0.2, 0.2, 3),
    "EOT": lambda k: attacks.EOT(PGD(0.2, 2), 2),
    "FAB": lambda k: attacks.FAB(steps=3, norm=L2()),
    "FGSM": lambda k: FGSM(0.2),
    "FeatureMatching": lambda k: attacks.FeatureMatching(
        torch.randn(k, 6, generator=torch.Generator().manual_seed(0)), 0.2, 2, 2
    ),
    "ILCM": lambda k: attacks.ILCM(0.2, 2),
    "InBatches": lambda k: attacks.InBatches(PGD(0.2, 2), 2),
    "JSMA": lambda k: attacks.JSMA(0.5, gamma=1.0, steps=3),
    "LSPGA": lambda k: attacks.LSPGA(0.2, 2, levels=3),
    "MIM": lambda k: attacks.MIM(0.2, 2),
    "NFGSM": lambda k: attacks.NFGSM(0.05, k=3),
    "Noise": lambda k: attacks.Noise(0.2),
    "PGD": lambda k: PGD(0.2, 2),
    "RandomEps": lambda k: attacks.RandomEps(PGD(0.3, 2), 0.1, 0.2),
    "Relabel": lambda k: attacks.Relabel(PGD(0.2, 2, targeted=True), random_class),
    "Restarts": lambda k: attacks.Restarts(PGD(0.2, 1), 2),
    "Square": lambda k: attacks.Square(0.2, 5),
    "Strongest": lambda k: attacks.Strongest((FGSM(0.1), PGD(0.2, 1))),
    "Transfer": lambda k: attacks.Transfer(network((2, 3, 3), k), PGD(0.2, 2)),
    "Undetected": lambda k: attacks.Undetected(PGD(0.2, 2), Grey(), -0.2),
}
SMALLEST = {"CarliniWagner", "CarliniWagnerWB", "DDN", "DeepFool", "DetectorAwareCW", "FAB", "JSMA"}


def network(shape: tuple[int, ...], classes: int, dtype: torch.dtype = torch.float32) -> Classifier:
    """A small network for images of this shape, with dropout."""
    torch.manual_seed(5)
    body = nn.Sequential(nn.Flatten(), nn.Linear(max(1, math.prod(shape)), 6), nn.Tanh(), nn.Dropout(0.3))
    model = Classifier(body, nn.Linear(6, classes))
    with torch.no_grad():
        model.head.weight.mul_(5)
    return model.to(dtype).eval()


LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "plain": lambda x: x,
    "one for all": lambda x: x[:1].expand(x.shape) if len(x) else x,
    "every other": lambda x: torch.stack([x, 1 - x], 1).flatten(0, 1)[::2],
    "transposed": lambda x: x.transpose(-1, -2).contiguous().transpose(-1, -2),
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "backwards": lambda x: x.flip(0, -1),
    "requires grad": lambda x: x.clone().requires_grad_(True),
    "a leaf's child": lambda x: x.clone().requires_grad_(True) * 1,
    "black and white": lambda x: x.round(),
}
SPOILT: dict[str, Callable[[Tensor, Tensor, int], tuple[Any, Any]]] = {
    "NaN": lambda x, y, k: (x.detach() * math.nan, y),
    "inf": lambda x, y, k: (x.detach() + math.inf, y),
    "outside": lambda x, y, k: (x.detach() + 1.5, y),
    "float16": lambda x, y, k: (x.detach().half(), y),
    "bytes": lambda x, y, k: ((255 * x.detach()).byte(), y),
    "one axis": lambda x, y, k: (x.detach().flatten()[: len(x)], y),
    "array": lambda x, y, k: (x.detach().numpy(), y),
    "float labels": lambda x, y, k: (x, y.double()),
    "label k": lambda x, y, k: (x, y + k),
    "a column": lambda x, y, k: (x, y[:, None]),
    "one label more": lambda x, y, k: (x, torch.cat([y, y[:1]])),
    "no labels": lambda x, y, k: (x, None),
}


@st.composite
def tasks(draw, shape: tuple[int, ...] | None = None) -> tuple[Classifier, Tensor, Tensor, int, str | None]:
    """A network, images of an odd form, labels, and what was spoilt, if anything."""
    sides = shape or (draw(st.integers(0, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    n, k = draw(st.integers(0, 4)), draw(st.integers(2, 6))
    dtype = draw(st.sampled_from([torch.float32] * 3 + [torch.float64]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    x = torch.rand(n, *sides, generator=generator).to(dtype)
    y = torch.randint(k, (n,), generator=generator)
    model = network(sides, k, dtype)
    if n and math.prod(sides) and draw(st.booleans()):
        with torch.no_grad():
            y = model(x).argmax(1)
    x = LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))](x)
    spoilt = draw(st.sampled_from([None] * 12 + sorted(SPOILT)))
    if spoilt is not None:
        x, y = SPOILT[spoilt](x, y, k)
    return model, x, y, k, spoilt


def test_every_attack_has_a_recipe():
    classes = {name for name, value in vars(attacks).items() if isinstance(value, type)}
    assert classes == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_attacks(name):
    @settings(max_examples=24)
    @given(tasks((2, 3, 3) if name == "Transfer" else None))
    def holds(task):
        model, x, y, k, spoilt = task
        before = x.detach().clone() if isinstance(x, Tensor) else None
        attack = RECIPES[name](k)
        torch.manual_seed(0)
        found = outcome(lambda: attack(model, x, y))
        if found is None:
            assert spoilt or x.numel() == 0 or (name == "Transfer" and x.dtype == torch.float64)
            return
        assert spoilt is None or len(x) == 0, f"{spoilt}: no word, but a result"
        assert found.shape == x.shape and found.dtype == x.dtype and not found.requires_grad
        assert torch.equal(x.detach(), before) and (not x.is_leaf or x.grad is None)
        if len(x) == 0:
            return
        assert found.isfinite().all() and found.min() >= 0 and found.max() <= 1
        if name not in SMALLEST:
            assert (Linf().size(found - x.detach()) <= 0.2 + 1e-5).all()
        else:
            with torch.no_grad():
                broken = model(found).argmax(1) != y
            assert (broken | (found == x.detach()).flatten(1).all(1)).all(), "neither broken nor the clean image"

    holds()


def none_but_images(detector: Any, x: Any, spoilt: str | None) -> None:
    """The score of every image, or a sentence."""
    found = outcome(lambda: detector.score(x))
    if found is None:
        assert spoilt or x.numel() == 0
        return
    assert found.shape == (len(x),) and not found.isnan().any() and found.dtype == x.dtype


DETECTORS: dict[str, Callable[[Classifier, Tensor, Tensor], Any]] = {
    "Confidence": lambda model, x, y: detectors.Confidence(model),
    "NonMaximalEntropy": lambda model, x, y: detectors.NonMaximalEntropy(model),
    "KernelDensity": lambda model, x, y: detectors.KernelDensity.fit(model, (x, y), 1.0),
    "BayesianDensity": lambda model, x, y: detectors.BayesianDensity.fit(
        model, detectors.KernelDensity.fit(model, (x, y), 1.0), x[::3], x[1::3], x[2::3], 2
    ),
}
NO_DETECTOR = {"GammaChoice", "Guarded"}  # what choose_gamma finds, and a classifier with a detector


def test_every_detector_has_a_recipe():
    classes = {name for name, value in vars(detectors).items() if isinstance(value, type)}
    assert classes == set(DETECTORS) | NO_DETECTOR


@pytest.mark.parametrize("name", DETECTORS)
@settings(max_examples=20)
@given(tasks())
def test_detectors(name, task):
    model, x, y, k, spoilt = task
    shape = tuple(x.shape[1:]) if getattr(x, "ndim", 0) == 4 else (2, 3, 3)
    if math.prod(shape):
        torch.manual_seed(1)
        whole = torch.rand(30, *shape, dtype=next(model.parameters()).dtype)
        if model.body[1].in_features == math.prod(shape):
            none_but_images(DETECTORS[name](model, whole, torch.arange(30) % k), x, _only_images(spoilt))
    made = outcome(lambda: DETECTORS[name](model, x, y))  # fitted on odd images and labels
    assert made is None or spoilt is None or name in ("Confidence", "NonMaximalEntropy")


def _only_images(spoilt: str | None) -> str | None:
    """What a score can see of it: no labels."""
    return None if spoilt in ("float labels", "label k", "a column", "one label more", "no labels") else spoilt


@settings(max_examples=40)
@given(tasks(), st.floats(-3, 0.5), st.integers(1, 5))
def test_a_guarded_classifier_and_its_verdicts(task, threshold, batch):
    model, x, y, k, spoilt = task
    guarded = detectors.Guarded(model, detectors.Confidence(model), threshold)
    says, counts = outcome(lambda: guarded.predict(x, batch)), outcome(lambda: guarded.verdicts(x, y))
    assert says is not None or spoilt or x.numel() == 0
    assert counts is not None or spoilt or x.numel() == 0
    if counts is not None:
        assert spoilt is None or len(x) == 0
        assert sum(counts.values()) == len(y) and min(counts.values()) >= 0
        assert counts["right"] == int((says == y).sum())

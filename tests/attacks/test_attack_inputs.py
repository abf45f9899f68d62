"""Hostile input: every attack refuses it with words that say what was found, and never returns a clean image."""

import pytest
import torch
from attacks.targets import ATTACKS, batch, for_classes, network
from torch import nn

from robustlib.attacks import BIM, FGSM, MIM, PGD, FeatureMatching, Noise, RandomEps, Restarts, Strongest
from robustlib.geometry import L2
from robustlib.models import Classifier

pytestmark = pytest.mark.bad_input
NAN, INF = float("nan"), float("inf")
every_attack = pytest.mark.parametrize("name", ATTACKS)


def with_pixel(value):
    return lambda x, y: (x.index_put((torch.tensor(2),) * 1, torch.tensor(value)), y)


IMAGES = {
    "NaN": (with_pixel(NAN), "NaN or inf"),
    "inf": (with_pixel(INF), "NaN or inf"),
    "-inf": (with_pixel(-INF), "NaN or inf"),
    "above": (with_pixel(1.001), r"must lie in \[0, 1\], got \[.*, 1\].*normalisation"),
    "below": (with_pixel(-0.01), r"must lie in \[0, 1\], got \[-0.01,"),
    "bytes": (lambda x, y: ((x * 255).byte(), y), r"float images in \[0, 1\].*uint8"),
    "integers": (lambda x, y: (x.round().long(), y), "float images.*int64"),
    "no axes": (lambda x, y: (x[:, 0, 0, 0], y), r"shape \(n, c, h, w\)"),
    "float labels": (lambda x, y: (x, y.float()), "integer labels.*float32"),
    "bool labels": (lambda x, y: (x, y > 1), "integer labels.*bool"),
    "float16": (lambda x, y: (x.half(), y), "x is torch.float16.*float32 images and a float32 model"),
    "bfloat16": (lambda x, y: (x.bfloat16(), y), "x is torch.bfloat16.*float32 images and a float32 model"),
    "float64": (lambda x, y: (x.double(), y), "images are torch.float64 and the model's weights torch.float32"),
    "one-hot labels": (lambda x, y: (x, torch.eye(4).long()[y]), r"12 integer labels.*\(12, 4\)"),
    "fewer labels": (lambda x, y: (x, y[:-1]), r"12 integer labels.*\(11,\)"),
    "negative label": (lambda x, y: (x, y - 5), r"labels must lie >= 0, got -4 \.\. -"),
    "label k": (lambda x, y: (x, torch.full_like(y, 4)), r"labels must lie in 0 \.\. 3, got 4"),
}


@every_attack
@pytest.mark.parametrize("case", IMAGES)
def test_bad_images_and_labels(name, case):
    model = network()
    spoil, words = IMAGES[case]
    x, y = spoil(*batch(model))
    with pytest.raises(ValueError, match=words):
        ATTACKS[name](model, x, y)


class Wrong(nn.Module):
    """A model that returns something else than logits."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x):
        return self.answer(x)


MODELS = {
    "one logit": lambda x: x.flatten(1).sum(1, keepdim=True),
    "no class axis": lambda x: x.flatten(1).sum(1),
    "a map": lambda x: x,
    "a tuple": lambda x: (x.flatten(1), x),
    "one row for all": lambda x: x.flatten(1).repeat(2, 1),
}


@every_attack
@pytest.mark.parametrize("case", MODELS)
def test_models_that_return_no_logits(name, case):
    x, y = batch(network())
    model = Wrong(MODELS[case])
    if "Matching" in name:
        model = Classifier(nn.Identity(), model)  # the only model whose features it can read
    if "BPDA" in name:
        model = nn.Sequential(nn.Dropout(), model)  # the part that it replaces
    with pytest.raises(ValueError, match=r"logits of shape \(n, k\) with k >= 2, got"):
        ATTACKS[name](model, x, y)


def spoilt(value):
    """The logits, with a value in those of the last image of the batch only."""
    return lambda logits: torch.where(torch.arange(len(logits))[:, None] == len(logits) - 1, value, logits)


ANSWERS = {
    "NaN": (spoilt(NAN), r"logits are NaN or inf for 1 of \d+ images"),
    "inf": (spoilt(INF), r"logits are NaN or inf for 1 of \d+ images"),
    "-inf": (spoilt(-INF), r"logits are NaN or inf for 1 of \d+ images"),
    "probabilities": (lambda logits: logits.softmax(1), "returns probabilities .* return the logits"),
}


def answering(case):
    """A classifier whose answers are spoilt by its head, images and labels, and the words to expect."""
    model = network()
    x, y = batch(model)
    spoil, words = ANSWERS[case]
    model.head = nn.Sequential(model.head, Wrong(spoil))
    return model, x, y, words


@every_attack
@pytest.mark.parametrize("case", ANSWERS)
def test_what_the_model_says_of_any_image_of_the_batch_is_looked_at(name, case):
    model, x, y, words = answering(case)
    with pytest.raises(ValueError, match=words):
        ATTACKS[name](model, x, y)


@every_attack
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_weights_of_16_bits(name, kind):
    x, y = batch(network())
    with pytest.raises(ValueError, match=rf"weights are {kind}.*call model.float\(\)"):
        ATTACKS[name](network().to(kind), x, y)


@pytest.mark.parametrize("eps", [-0.1, NAN, INF, -INF])
@pytest.mark.parametrize("make", [FGSM, BIM, MIM, PGD, Noise, lambda e: FeatureMatching(torch.zeros(2, 2), e)])
def test_radius(make, eps):
    with pytest.raises(ValueError, match="eps is a radius.*>= 0 and finite"):
        make(eps)


@pytest.mark.parametrize("make", [BIM, MIM, PGD, lambda **f: FeatureMatching(torch.zeros(2, 2), **f)])
def test_steps_and_step_length(make):
    for steps in (0, -3):
        with pytest.raises(ValueError, match=f"steps >= 1, got {steps}"):
            make(steps=steps)
    for alpha in (0.0, -0.1, NAN, INF):
        with pytest.raises(ValueError, match="alpha must be > 0"):
            make(alpha=alpha)


@pytest.mark.parametrize("mu", [-0.5, NAN, INF])
def test_momentum_decay(mu):
    with pytest.raises(ValueError, match="mu must be >= 0"):
        MIM(mu=mu)


def test_wrappers():
    with pytest.raises(ValueError, match="n >= 1, got 0"):
        Restarts(PGD(), 0)
    with pytest.raises(ValueError, match="at least one attack"):
        Strongest(())
    for low, high in ((0.3, 0.1), (-0.1, 0.1), (NAN, 0.1), (0.1, NAN)):
        with pytest.raises(ValueError, match="0 <= low <= high"):
            RandomEps(PGD(), low, high)


def test_feature_matching():
    with pytest.raises(ValueError, match="finish.*>= 0"):
        FeatureMatching(torch.zeros(4, 8), finish=-1)
    for targets in (-1, 0):
        with pytest.raises(ValueError, match="targets"):
            FeatureMatching(torch.zeros(4, 8), targets=targets)
    x, y = batch(network())
    with pytest.raises(TypeError, match="Classifier"):
        for_classes("Matching", 4)(nn.Sequential(nn.Flatten(), nn.Linear(40, 4)), x, y)


@pytest.mark.parametrize("means", [torch.zeros(2, 8), torch.zeros(4, 5)], ids=["classes", "width"])
def test_means_that_do_not_fit_the_model(means):
    model = network()
    x = batch(model)[0]
    with pytest.raises(ValueError, match="means"):
        FeatureMatching(means, norm=L2())(model, x, torch.full((len(x),), 3))


@pytest.mark.parametrize("name", ["FGSM", "PGD", "FGSM-L2", "PGD-margin"])
def test_labels_of_another_integer_type(name):
    model = network()
    x, y = batch(model)
    for kind in (torch.int32, torch.uint8):
        try:
            torch.manual_seed(0)
            x_adv = ATTACKS[name](model, x, y.to(kind))
        except ValueError as error:
            assert "int64" in str(error)  # either refused in words or as good as int64
        else:
            torch.manual_seed(0)
            assert torch.equal(x_adv, ATTACKS[name](model, x, y))


@pytest.mark.parametrize("name", ["FGSM", "FGSM-L2", "PGD", "PGD-stop", "MIM"])
def test_a_model_of_nan_logits_never_passes_for_a_robust_one(name):
    model = network()
    x, y = batch(model)
    model.head.weight.data.fill_(NAN)
    with pytest.raises(ValueError, match="NaN"):
        ATTACKS[name](model, x, y)

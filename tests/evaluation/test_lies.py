"""Ways to a wrong number that once made no noise: outcomes of other images, batches that answer for one another, ..."""

import copy
import math

import pytest
import torch
from attacks.detectors import Grey
from attacks.targets import batch, network
from entrances import ENTRANCES
from torch import nn

from robustlib import losses
from robustlib.attacks import FGSM, PGD, threshold_at
from robustlib.detectors import Guarded, KernelDensity
from robustlib.evaluation import Outcome, accuracy, pairs, sweep, under_attack, worst_case, zero_gradient_share

PGD_5 = {"PGD": PGD(0.1, 5)}


@pytest.fixture(scope="module")
def task():
    model = network()
    return model, *batch(model, 40)


def test_outcomes_on_other_images_or_labels_are_not_laid_over_one_another(task):
    model, x, y = task
    mine = under_attack(model, PGD_5, (x, y))
    others = (batch(model, 40, seed=9), (x, y.flip(0)), (x.flip(0), y.flip(0)))
    for other in others:
        theirs = under_attack(model, PGD_5, other) | sweep(model, FGSM, (0.1,), other)
        for name in ("PGD", 0.1):
            with pytest.raises(ValueError, match="same examples, got those of other images or labels"):
                worst_case({"mine": mine["PGD"], "theirs": theirs[name]})
    same = sweep(model, FGSM, (0.1,), (x.clone(), y.clone()))[0.1]
    worst = worst_case({"mine": mine["PGD"], "same": same})
    assert worst.accuracy <= mine["PGD"].accuracy and worst.examples == same.examples is not None
    by_hand = Outcome(torch.ones(40).bool(), torch.zeros(40), torch.zeros(40), 0.0)
    assert worst_case({"worst": worst, "by hand": by_hand}).accuracy == worst.accuracy
    with pytest.raises(ValueError, match="same examples"):
        worst_case({"worst": worst, "other": under_attack(model, {}, others[0])["clean"]})


class Centred(nn.Module):
    """Subtracts the mean of the batch."""

    def __init__(self):
        super().__init__()
        self.net = network()

    def forward(self, x):
        return self.net(x - x.mean(0, keepdim=True) + 0.5)


def test_a_model_that_answers_for_the_batch_is_warned_of(task):
    _, x, _ = task
    model = Centred().eval()
    y = model(x).argmax(1)
    assert accuracy(model, (x, y), batch=40) == 1 > accuracy(model, (x, y), batch=1)
    for call in (lambda: under_attack(model, PGD_5, (x, y)), lambda: sweep(model, FGSM, (0.1,), (x, y))):
        with pytest.warns(UserWarning, match="depends on the other images of its batch.*this size only"):
            assert next(iter(call().values())).draws == 0


@pytest.mark.bad_input
@pytest.mark.parametrize("size", [0, -1, 0.5])
def test_a_batch_holds_an_image_or_more(task, size):
    model, x, y = task
    calls = {
        "accuracy": lambda: accuracy(model, (x, y), batch=size),
        "pairs": lambda: pairs(model, x, x, y, size),
        "under_attack": lambda: under_attack(model, PGD_5, (x, y), batch=size),
        "sweep": lambda: sweep(model, FGSM, (0.1,), (x, y), batch=size),
        "predict": lambda: Guarded(model, Grey(), -0.2).predict(x, size),
        "threshold_at": lambda: threshold_at(Grey(), x, batch=size),
        "fit": lambda: KernelDensity.fit(model, (x, y), 1.0, batch=size),
    }
    for call in calls.values():
        with pytest.raises(ValueError, match="a whole number >= 1, got"):
            call()


@pytest.mark.bad_input
def test_an_outcome_of_other_numbers_than_verdicts():
    right, far = torch.tensor([True, False]), torch.zeros(2)
    for parts in ((right.long() * 2, far, far), (right[:, None], far, far), (right, far[:1], far), (right[:0],) * 3):
        with pytest.raises(ValueError, match="one bool and two distances for each of n >= 1 images"):
            Outcome(*parts, 0.0)


@pytest.mark.bad_input
def test_radii_and_thresholds_that_are_none(task):
    model, x, y = task
    with pytest.raises(ValueError, match=r"radii must be >= 0, got \[nan, 0.1\]"):
        sweep(model, FGSM, (math.nan, 0.1), (x, y))
    for threshold in (True, "0.1", torch.tensor(0.1)):
        with pytest.raises(TypeError, match="threshold must be a number"):
            Guarded(model, Grey(), threshold)


@pytest.mark.bad_input
def test_a_share_of_no_images(task):
    model, x, y = task
    with pytest.raises(ValueError, match="at least one image"):
        zero_gradient_share(model, x[:0], y[:0])


def test_a_density_of_weights_that_have_changed_since(task):
    x, y = batch(network(), 80)
    model = network()
    detector = KernelDensity.fit(model, (x, y), 1.0)
    other = detector.at(2.0)
    before = detector.score(x)
    moved = copy.deepcopy(detector)
    with torch.no_grad():
        model.body[0].weight.mul_(-1)
    for changed in (detector, other, detector.at(3.0)):
        with pytest.raises(ValueError, match="weights have changed since this detector was fitted"):
            changed.score(x)
    assert torch.equal(moved.score(x), before), "a copy has its own weights"
    with torch.no_grad():
        model.body[0].weight.mul_(-1)
    assert torch.equal(detector.score(x), before), "written into, and as before"
    doubled = copy.deepcopy(moved).double()
    torch.testing.assert_close(doubled.score(x.double()).float(), before, rtol=1e-3, atol=1e-3)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "name", ["margin", "logit", "dlr", "targeted_dlr", "shortfall", "reached", "reverse_cross_entropy"]
)
def test_one_label_is_not_spread_over_all_rows(name):
    logits, y = torch.randn(5, 6), torch.tensor([2])
    loss = getattr(losses, name)
    with pytest.raises(ValueError, match="need one label for each of the 5 rows"):
        loss(logits, y, y) if name == "targeted_dlr" else loss(logits, y)


@pytest.mark.bad_input
@pytest.mark.parametrize("name", ["contrastive", "triplet", "sigmoid_triplet", "discrepancy"])
def test_one_embedding_is_not_spread_over_all_rows(name):
    z, last = torch.randn(5, 3), (torch.ones(5).bool() if name == "contrastive" else torch.randn(5, 3))
    for second in (z[:1], z[:, :1], z[0]):
        with pytest.raises(ValueError, match=r"embeddings of one shape \(n, d\) are compared, got"):
            getattr(losses, name)(z, second, last)


SAME = [
    "PGD",
    "APGD",
    "Square",
    "FAB",
    "CW",
    "JSMA",
    "DeepFool",
    "Restarts",
    "Noise-L2",
    "accuracy",
    "verdicts",
    "confidence",
    "report_card",
]


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("around", ["no_grad", "autocast", "float64 by default", "deterministic", "frozen weights"])
def test_what_surrounds_the_call_changes_nothing(task, name, around):
    model, x, y = task
    torch.manual_seed(0)
    expected = ENTRANCES[name](model, x, y)
    model = copy.deepcopy(model).requires_grad_(around != "frozen weights")
    torch.manual_seed(0)
    try:
        torch.use_deterministic_algorithms(around == "deterministic")
        torch.set_default_dtype(torch.float64 if around == "float64 by default" else torch.float32)
        with torch.set_grad_enabled(around != "no_grad"), torch.autocast("cpu", torch.bfloat16, around == "autocast"):
            found = ENTRANCES[name](model, x, y)
    finally:
        torch.use_deterministic_algorithms(False)
        torch.set_default_dtype(torch.float32)
    if isinstance(found, torch.Tensor):
        assert found.dtype == torch.float32
        found, expected = found.tolist(), expected.tolist()
    assert found == expected

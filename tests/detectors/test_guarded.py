"""A label or NOT SURE."""

import pytest
import torch
from attacks.detectors import Plane
from detectors.fitted import DETECTORS, images, kernels
from torch import nn

from robustlib.attacks import threshold_at
from robustlib.detectors import NOT_SURE, Guarded


class Says:
    def __init__(self, score):
        self.answer = score

    def score(self, x):
        return self.answer(x)


def test_the_label_from_the_threshold_upwards():
    model, x, y = images(11)
    scores = torch.arange(11.0)
    shuffled = Plane(torch.zeros(2, 5, 4))
    detector = Says(lambda part: scores[: len(part)] if len(part) > 1 else shuffled.score(part) + 4)
    found = Guarded(model, detector, 4.0).predict(x)
    assert found[:4].tolist() == [NOT_SURE] * 4 and torch.equal(found[4:], y[4:]) and NOT_SURE == -1
    assert torch.equal(Guarded(model, detector, 4.0).predict(x, batch=1), y), "at the threshold itself it is accepted"
    assert (Guarded(model, detector, 4.5).predict(x, batch=1) == NOT_SURE).all()


@pytest.mark.parametrize("name", ["confidence", "non-ME", "kernel density"])
def test_the_share_refused_is_that_of_the_threshold(name):
    detector = DETECTORS[name]()
    _, x, y = images(100, seed=12)
    guarded = Guarded(detector.model, detector, threshold_at(detector, x, 0.1))
    found = guarded.predict(x, batch=33)
    assert (found == NOT_SURE).sum() == 10 and torch.equal(found[found >= 0], y[found >= 0])


def test_it_reads_in_eval_mode_and_leaves_the_model_alone():
    detector = kernels()
    model, x = detector.model, images(20, seed=12)[1]
    guarded = Guarded(model, detector, threshold_at(detector, x, 0.3))
    quiet = guarded.predict(x)
    model.train()
    state = {k: v.clone() for k, v in model.state_dict().items()}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(guarded.predict(x), quiet)
    assert all(m.training for m in model.modules()) and not quiet.requires_grad
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    assert torch.equal(guarded.predict(x[3:4]), quiet[3:4]) and guarded.predict(x[:0]).shape == (0,)


@pytest.mark.bad_input
def test_bad_settings():
    model = images(2)[0]
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="threshold must be finite"):
            Guarded(model, kernels(), value)
    with pytest.raises(TypeError, match=r"has a method score\(x\)"):
        Guarded(model, nn.Identity(), 0.0)


@pytest.mark.bad_input
def test_bad_scores():
    model, x, _ = images(5)
    with pytest.raises(ValueError, match="score is NaN"):
        Guarded(model, Says(lambda part: torch.full((len(part),), torch.nan)), 0.0).predict(x)
    with pytest.raises(ValueError, match=r"one score for each of 5 images, got \(5, 1\)"):
        Guarded(model, Says(lambda part: torch.zeros(len(part), 1)), 0.0).predict(x)


def test_verdicts_add_up_and_tell_the_three_apart():
    model, x, y = images(10)
    scores = torch.arange(10.0)
    wrong = torch.where(torch.arange(10) >= 7, (y + 1) % 4, y)
    guarded = Guarded(model, Says(lambda part: scores), 4.0)
    assert guarded.verdicts(x, wrong) == {"right": 3, "not sure": 4, "fooled": 3}


class Jittery(nn.Module):
    """Logits, and a score, that are other ones at each call."""

    def forward(self, x):
        return torch.randn(len(x), 3)

    def score(self, x):
        return torch.rand(len(x))


def test_a_model_or_detector_that_draws_draws_from_the_seed_and_leaves_the_generator_alone():
    _, x, y = images(60)
    guarded = Guarded(Jittery(), Jittery(), 0.3)
    torch.manual_seed(7)
    first, counts = guarded.predict(x), guarded.verdicts(x, y % 3)
    after = torch.rand(3)
    torch.manual_seed(8)
    assert torch.equal(guarded.predict(x), first) and guarded.verdicts(x, y % 3) == counts
    assert not torch.equal(guarded.predict(x, seed=1), first) and guarded.verdicts(x, y % 3, seed=1) != counts
    torch.manual_seed(7)
    assert torch.equal(torch.rand(3), after)

"""Feinman's detector: the dropout variance against its formula, and the regression against scikit-learn."""

import math

import pytest
import torch
from attacks.targets import batch, network
from detectors.fitted import bayesian, images, kernels
from sklearn.linear_model import LogisticRegression
from torch import nn

from robustlib.detectors import BayesianDensity, Confidence, dropout_uncertainty
from robustlib.detectors.bayesian import measures
from robustlib.models import Classifier


def coin(p=0.5):
    """Two logits, (7, 0) where the dropped pixel survives (it counts double) and (0, 0) where it does not."""
    head = nn.Linear(1, 2, bias=False)
    head.weight.data.copy_(torch.tensor([[3.5], [0.0]]))
    return Classifier(nn.Sequential(nn.Flatten(), nn.Dropout(p)), head)


def test_uncertainty_of_a_coin():
    torch.manual_seed(0)
    found = dropout_uncertainty(coin(), torch.ones(2000, 1, 1, 1), passes=20)
    high = 1 / (1 + math.exp(-7.0))
    expected = 2 * ((high - 0.5) / 2) ** 2  # two outcomes of probability 1/2, in both classes
    assert found.mean().item() == pytest.approx(expected * (1 - 1 / 20), rel=0.01)  # about the mean of the passes
    assert (dropout_uncertainty(coin(), torch.zeros(4, 1, 1, 1)) == 0).all()


def test_uncertainty_as_printed():
    model = network()
    x = batch(model, 6)[0]
    torch.manual_seed(5)
    found = dropout_uncertainty(model, x, 7)
    seen = []
    handle = model.register_forward_hook(lambda m, i, out: seen.append(out.detach().double().softmax(1)))
    torch.manual_seed(5)
    again = dropout_uncertainty(model, x, 7)
    handle.remove()
    p = torch.stack(seen)
    printed = (p * p).sum(2).mean(0) - p.mean(0).square().sum(1)
    assert len(seen) == 7 and torch.equal(found, again) and (found > 0).all()
    torch.testing.assert_close(found.double(), printed, rtol=1e-4, atol=1e-7)
    assert not torch.equal(dropout_uncertainty(model, x, 7), found)


def test_only_dropout_is_at_work_and_everything_is_put_back():
    model = network()
    x = batch(model, 6)[0]
    during = []
    handle = model.register_forward_hook(lambda m, i, out: during.append([n.training for n in m.modules()]))
    expected = [isinstance(m, nn.Dropout) for m in model.modules()]
    for prepare in (model.eval, model.train, lambda: model.train().body[3].eval()):
        prepare()
        modes, state = [m.training for m in model.modules()], {k: v.clone() for k, v in model.state_dict().items()}
        dropout_uncertainty(model, x, 2)
        assert [m.training for m in model.modules()] == modes
        assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    handle.remove()
    assert len(during) == 6 and all(modes == expected for modes in during)
    model.eval()
    model.head.register_forward_hook(lambda m, i, out: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        dropout_uncertainty(model, x)
    assert not any(m.training for m in model.modules())


def test_scikit_learn_agrees():
    density = kernels()
    model, (normal, noisy, adversarial) = density.model, images(90, seed=3)[1].split(30)
    adversarial = (adversarial * 2 - 0.5).clamp(0, 1)
    torch.manual_seed(4)
    detector = BayesianDensity.fit(model, density, normal, noisy, adversarial, passes=5)
    torch.manual_seed(4)
    with torch.no_grad():
        both = torch.cat([measures(model, density, x, 5) for x in (normal, noisy, adversarial)]).double()
    z = ((both - both.mean(0)) / both.std(0, correction=0)).numpy()
    expected = LogisticRegression().fit(z, [0] * 60 + [1] * 30)
    torch.manual_seed(4)
    found = torch.cat([detector.score(x) for x in (normal, noisy, adversarial)])
    torch.testing.assert_close(found.double(), -torch.from_numpy(expected.decision_function(z)), rtol=1e-5, atol=1e-5)
    assert found[:60].mean() > found[60:].mean() + 0.5, "higher is more normal"
    assert {"mean", "std", "weight", "bias"} <= set(detector.state_dict())


def test_the_gradient_with_the_masks_held():
    detector = bayesian(2).double()
    x = batch(network(), 1, seed=7)[0].double().requires_grad_(True)

    def score(v):
        torch.manual_seed(0)
        return detector.score(v)

    assert torch.autograd.gradcheck(score, x, eps=1e-6, atol=1e-6)


def test_a_batch_of_one_and_an_empty_one():
    detector = bayesian()
    x = batch(detector.model, 3)[0]
    assert detector.score(x[:1]).shape == (1,) and detector.score(x[:0]).shape == (0,)


def test_a_model_without_dropout():
    model = network()
    for p in (None, 0.0):
        model.body[3] = nn.Identity() if p is None else nn.Dropout(p)
        with pytest.raises(ValueError, match=r"no nn\.Dropout layer with p > 0"):
            dropout_uncertainty(model, torch.rand(2, 2, 5, 4))


def test_bad_settings_and_sets():
    density, x = kernels(), images(30)[1]
    model = density.model
    with pytest.raises(ValueError, match="passes >= 1, got 0"):
        dropout_uncertainty(model, x, 0)
    for empty in range(3):
        sets = [x[:0] if i == empty else x for i in range(3)]
        with pytest.raises(ValueError, match=r"normal, noisy and adversarial images, got \["):
            BayesianDensity.fit(model, density, *sets)
    other = network()
    other.head.bias.data += 1
    with pytest.raises(ValueError, match="density was fitted on another model"):
        BayesianDensity.fit(other, density, x, x, x)
    with pytest.raises(ValueError, match="the same for all images"):
        BayesianDensity.fit(model, Confidence(model), *([x[:1]] * 3), passes=1)

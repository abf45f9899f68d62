"""Every detector can be attacked: the protocol, the threshold, and both attacks on a classifier with a detector."""

import pytest
import torch
from detectors.fitted import DETECTORS, images, kernels

from robustlib.attacks import PGD, DetectorAwareCW, DetectorAwarePGD, Undetected, evades, threshold_at
from robustlib.attacks.pair import Pair, pair
from robustlib.interfaces import Detector

every_detector = pytest.mark.parametrize("name", DETECTORS)
ATTACKS = {
    "CW": lambda d, t: DetectorAwareCW(2, 12, 0.1, 1, detector=d, threshold=t),
    "PGD": lambda d, t: DetectorAwarePGD(d, t, 0.3, 12),
    "Undetected": lambda d, t: Undetected(PGD(0.3, 10), d, t),
}


@every_detector
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_result_is_wrong_and_accepted_or_the_clean_image(name, attack):
    detector = DETECTORS[name]()
    _, x, y = images(16, seed=12)
    torch.manual_seed(0)
    assert isinstance(detector, Detector)
    threshold = threshold_at(detector, x, 0.1)
    x_adv = ATTACKS[attack](detector, threshold)(detector.model, x, y)
    assert x_adv.min() >= 0 and x_adv.max() <= 1 and not x_adv.requires_grad
    moved = (x_adv != x).flatten(1).any(1)
    assert attack == "Undetected" or moved.any()
    assert (detector.model(x_adv).argmax(1) != y)[moved].all()
    if name != "Bayesian":  # its score is drawn anew each time
        assert torch.equal(evades(detector.model, detector, threshold, x_adv, y), moved)


@every_detector
def test_following_the_gradient_raises_the_score(name):
    detector = DETECTORS[name]()
    x = images(16, seed=12)[1].requires_grad_(True)
    torch.manual_seed(0)
    before = detector.score(x)
    (g,) = torch.autograd.grad(before.sum(), x)
    torch.manual_seed(0)
    after = detector.score(x + 1e-3 * g.sign())
    assert ((after - before) > 0).float().mean() > 0.9
    assert all(p.grad is None for p in detector.parameters())


def test_a_detector_on_the_same_features_shares_the_forward():
    density = kernels(gamma=0.5)
    model, x, y = density.model, *images(16, seed=12)[1:]
    both = pair(model, density).eval()
    assert torch.equal(both(x), Pair(model, density).eval()(x))
    threshold = threshold_at(density, x, 0.1)
    attack = DetectorAwareCW(2, 12, 0.1, 1, detector=density, threshold=threshold)
    calls = []
    hook = model.body.register_forward_hook(lambda *_: calls.append(1))
    x_adv = attack(model, x, y)
    hook.remove()
    moved = (x_adv != x).flatten(1).any(1)
    assert moved.any() and torch.equal(evades(model, density, threshold, x_adv, y), moved)
    assert len(calls) <= 2 * 13 + 8 + 6  # steps, the way back, looks at the start and the end


def test_a_detector_of_another_model_or_of_logits_looks_for_itself():
    density, (model, x, _) = kernels(), images(8)
    assert isinstance(pair(model, density), Pair)  # fitted on an equal network, which is another one
    confidence = DETECTORS["confidence"]()
    assert isinstance(pair(confidence.model, confidence), Pair)
    torch.testing.assert_close(pair(model, density)(x)[:, -1], density.score(x))

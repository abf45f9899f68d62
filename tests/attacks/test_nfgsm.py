"""N-FGSM beside its formula: where it starts, where it may end, and what a step of training with it costs."""

import pytest
import torch
from attacks.targets import batch, network
from objectives.toys import examples
from objectives.toys import network as smooth

from robustlib.attacks import FGSM, NFGSM
from robustlib.evaluation import cost, counting
from robustlib.geometry import Linf
from robustlib.objectives import AdversarialTraining


def naive(model, x, y, eps, alpha, k):
    """The released algorithm with `torch.rand`: noise, clipped to the box, a step, clipped to the box, no ball."""
    start = (x + (2 * torch.rand(x.shape) - 1) * k * eps).clamp(0, 1).requires_grad_()
    (g,) = torch.autograd.grad(torch.nn.functional.cross_entropy(model(start), y, reduction="sum"), start)
    return (start + alpha * g.sign()).clamp(0, 1).detach()


@pytest.mark.parametrize(("alpha", "k"), [(None, 2.0), (0.05, 1.0), (0.15, 0.5)])
def test_the_formula(alpha, k):
    model, (x, y) = smooth(), examples()
    attack = NFGSM(0.1, alpha, k)
    torch.manual_seed(3)
    found = attack(model, x, y)
    torch.manual_seed(3)
    torch.testing.assert_close(found, naive(model, x, y, 0.1, alpha or 0.1, k))
    assert (found - x).abs().max() <= attack.radius + 1e-6
    assert attack.radius == pytest.approx(k * 0.1 + (alpha or 0.1))


def test_it_leaves_the_ball_it_trains_for_and_without_noise_is_fgsm():
    model, (x, y) = smooth(), examples()
    assert (Linf().size(NFGSM(0.1)(model, x, y) - x) > 0.15).all()
    assert torch.equal(NFGSM(0.1, k=0)(model, x, y), FGSM(0.1)(model, x, y))


def test_a_step_of_training_costs_two_passes():
    """Forwards and backwards through the body, of every image: one each for the attack, one each for the weights."""
    model, (x, y) = smooth(), examples()
    found = cost(model, NFGSM(0.1), x, y)
    assert (found.forward, found.backward) == (1, 1)
    with counting(model) as passes:
        sum(AdversarialTraining(NFGSM(0.1), 1.0)(model, x, y).values()).backward()
    assert (passes.forward, passes.backward) == (2 * len(x), 2 * len(x))


def test_statistics_stay_those_of_what_is_trained_on():
    """The gradient is taken in eval mode: batch-norm hears of the attacked batch once, and not of the noisy one."""
    model = network().train()
    seen = []
    model.body[1].register_forward_hook(lambda module, given, answer: seen.append(module.training))
    x, y = batch(model.eval())
    AdversarialTraining(NFGSM(0.1), 1.0)(model.train(), x, y)
    assert seen[-2:] == [False, True] and model.training


@pytest.mark.parametrize("fields", [{"k": -1.0}, {"k": float("nan")}, {"eps": -0.1}, {"alpha": 0.0}])
def test_what_it_refuses(fields):
    with pytest.raises(ValueError, match=r"must be >= 0 and finite|must be > 0"):
        NFGSM(**fields)

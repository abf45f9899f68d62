"""TRADES beside the printed formula, term by term; what its attack climbs, and from where."""

import pytest
import torch
from objectives.toys import examples, network
from torch import nn

from robustlib.attacks import BIM, FGSM, PGD, DeepFool
from robustlib.objectives import TRADES
from robustlib.objectives.trades import NearCentre, divergence

ATTACK = PGD(0.1, steps=4, alpha=0.04, norm=NearCentre())


def naive(model, x, y, beta):
    """Algorithm 1 for the cube, with an explicit loop over steps, and `torch.randn` where the paper starts."""
    p = model(x).softmax(1).detach()
    x_adv = x + 0.001 * torch.randn(x.shape)
    for _ in range(4):
        x_adv = x_adv.detach().requires_grad_()
        value = nn.functional.kl_div(model(x_adv).log_softmax(1), p, reduction="sum")
        (g,) = torch.autograd.grad(value, x_adv)
        x_adv = torch.min(torch.max(x_adv + 0.04 * g.sign(), x - 0.1), x + 0.1).clamp(0, 1).detach()
    ce = -model(x).softmax(1)[torch.arange(len(y)), y].log().mean()
    return ce, beta * nn.functional.kl_div(model(x_adv).log_softmax(1), model(x).softmax(1), reduction="batchmean")


@pytest.mark.parametrize("beta", [1.0, 6.0])
def test_terms_and_gradients_are_those_of_algorithm_1(beta):
    model, (x, y) = network(), examples()
    torch.manual_seed(3)
    terms = TRADES(ATTACK, beta)(model, x, y)
    torch.manual_seed(3)
    clean, far = naive(model, x, y, beta)
    assert list(terms) == ["clean", "divergence"]
    torch.testing.assert_close(terms["clean"], clean)
    torch.testing.assert_close(terms["divergence"], far, rtol=1e-4, atol=1e-6)
    ours, theirs = (torch.autograd.grad(sum(t), list(model.parameters())) for t in (terms.values(), (clean, far)))
    for g, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(g, expected, rtol=1e-4, atol=1e-6)


def test_the_divergence_is_climbed_and_not_the_loss_of_the_attack():
    model, (x, y) = network(), examples()
    torch.manual_seed(0)
    far = TRADES(ATTACK, 1.0)(model, x, y)["divergence"]
    torch.manual_seed(0)
    x_adv = ATTACK(model, x, y)
    assert far > divergence(model(x), model(x_adv)).mean() + 1e-4
    torch.manual_seed(0)
    assert far > 5 * TRADES(PGD(0.0, 1), 1.0)(model, x, y)["divergence"].abs() + 1e-3


def test_labels_do_not_steer_the_attack():
    model, (x, y) = network(), examples()
    torch.manual_seed(0)
    one = TRADES(ATTACK)(model, x, y)
    torch.manual_seed(0)
    other = TRADES(ATTACK)(model, x, y.roll(1))
    assert torch.equal(one["divergence"], other["divergence"]) and not torch.equal(one["clean"], other["clean"])


def test_the_attack_is_made_in_eval_mode_and_trained_on_in_train_mode():
    model, (x, y) = network(), examples()
    seen = []
    model.register_forward_hook(lambda module, given, answer: seen.append(module.training))
    TRADES(ATTACK)(model.train(), x, y)
    assert seen == [False] * 5 + [True] * 2 and model.training


def test_divergence_number_by_number_and_where_a_probability_is_zero():
    p, q = torch.tensor([[0.5, 0.5], [0.9, 0.1]]), torch.tensor([[0.25, 0.75], [0.9, 0.1]])
    expected = [0.5 * torch.log(torch.tensor(2.0)) + 0.5 * torch.log(torch.tensor(2 / 3)), 0.0]
    assert divergence(p.log(), q.log()).tolist() == pytest.approx([float(v) for v in expected], abs=1e-6)
    sure = torch.tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
    value = divergence(sure, -sure)
    value.sum().backward()
    assert value.item() == pytest.approx(2000) and torch.isfinite(sure.grad).all()


def test_a_start_beside_the_centre():
    torch.manual_seed(0)
    delta = NearCentre(0.01).start(torch.zeros(4, 1, 50, 50), 0.3)
    assert delta.std().item() == pytest.approx(0.01, rel=0.05) and delta.mean().abs() < 0.001
    assert NearCentre().deviation == 0.001


@pytest.mark.parametrize("beta", [-1.0, float("nan"), float("inf")])
def test_beta(beta):
    with pytest.raises(ValueError, match="must be >= 0 and finite"):
        TRADES(ATTACK, beta)


@pytest.mark.parametrize(
    ("attack", "told"),
    [(DeepFool(), "no field `loss`"), (PGD(stop_early=True), "stop_early=True"), (PGD(targeted=True), "targeted=True")],
)
def test_attacks_that_cannot_climb_it(attack, told):
    with pytest.raises(ValueError, match=told):
        TRADES(attack)


def test_any_attack_with_a_loss_will_do():
    model, (x, y) = network(), examples()
    for attack in (BIM(0.1, 3), FGSM(0.1)):
        assert TRADES(attack)(model, x, y)["divergence"] >= 0

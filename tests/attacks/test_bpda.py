"""BPDA: a rounding that can be worked out on one pixel; defences that leave torch, draw numbers, or are not there."""

import ast
import inspect

import pytest
import torch
from attacks.targets import batch, network
from torch import Tensor, nn

from robustlib.attacks import BPDA, EOT, FGSM, PGD
from robustlib.attacks.bpda import identity
from robustlib.evaluation import cost
from robustlib.evaluation.frauds import Quantise, quantised_input
from robustlib.models import Classifier
from robustlib.source.code import held_by, tree_of

X, Y = torch.full((1, 1, 1, 1), 0.5), torch.tensor([0])


class Pixel(nn.Module):
    """One pixel v, logits (0, v)."""

    def forward(self, x: Tensor) -> Tensor:
        v = x.flatten(1)
        return torch.cat([0 * v, v], 1)


class Leaves(nn.Module):
    """A rounding in numpy, of numbers that torch has drawn on: neither knows a gradient."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.from_numpy((15 * (x + 0.01 * torch.randn_like(x)).numpy()).round() / 15)


class InPlace(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mul_(8).round_().div_(8)


def minus(x: Tensor) -> Tensor:
    return -x


def rounded(*layers: nn.Module) -> Classifier:
    return Classifier(nn.Sequential(*layers), Pixel())


def test_a_rounding_stands_still_and_its_substitute_decides_the_way():
    model = rounded(Quantise(5))
    assert FGSM(0.1)(model, X, Y).item() == 0.5
    assert BPDA(FGSM(0.1), Quantise)(model, X, Y).item() == pytest.approx(0.6)
    assert BPDA(FGSM(0.1), Quantise, minus)(model, X, Y).item() == pytest.approx(0.4)
    assert BPDA(FGSM(0.1), InPlace)(rounded(InPlace()), X, Y).item() == pytest.approx(0.6)


def test_one_layer_or_all_of_its_class():
    first, second = Quantise(5), Quantise(9)
    model = rounded(first, second)
    assert BPDA(FGSM(0.1), first)(model, X, Y).item() == 0.5, "the second still hides the gradient"
    assert BPDA(FGSM(0.1), Quantise)(model, X, Y).item() == pytest.approx(0.6)
    both = BPDA(BPDA(FGSM(0.1), first, minus), second)
    assert both(model, X, Y).item() == pytest.approx(0.4)


def test_the_answers_are_the_models_to_the_bit():
    model, seen = quantised_input(network(), 7), []
    x, y = batch(model)

    def ask(replaced, x, y):
        seen.append(replaced(x).detach())
        return x

    BPDA(ask, Quantise)(model, x, y)
    assert torch.equal(seen[0], model(x)) and not torch.equal(seen[0], network()(x))


def test_it_costs_what_the_attack_costs():
    model = quantised_input(network())
    x, y = batch(model, 6)
    found = cost(model, BPDA(PGD(0.1, steps=7), Quantise), x, y)
    assert (found.forward, found.backward) == (7, 7)


def test_a_random_defence_outside_torch_falls_to_both_in_either_order():
    model = Classifier(nn.Sequential(Leaves(), network().body), network().head).eval()
    x, y = batch(network(), 40)
    with pytest.raises((ValueError, RuntimeError)):
        PGD(0.2, steps=5)(model, x, y)
    for attack in (EOT(BPDA(PGD(0.2, steps=5), Leaves), 3), BPDA(EOT(PGD(0.2, steps=5), 3), Leaves)):
        torch.manual_seed(0)
        found = cost(model, attack, x, y)
        assert (found.forward, found.backward) == (15, 15)
        clean, attacked = ((model(at).argmax(1) == y).float().mean() for at in (x, attack(model, x, y)))
        assert clean > 0.8 and attacked < 0.4


def test_the_models_hooks_are_as_before_also_when_the_attack_fails():
    model = quantised_input(network())
    x, y = batch(model)

    def fails(model, x, y):
        assert model.body[0]._forward_hooks and model.body[0]._forward_pre_hooks
        raise KeyError("half way")

    with pytest.raises(KeyError, match="half way"):
        BPDA(fails, Quantise)(model, x, y)
    assert not model.body[0]._forward_hooks and not model.body[0]._forward_pre_hooks


def test_it_aims_as_its_attack_does_and_straight_through_is_the_default():
    assert BPDA(PGD(targeted=True), Quantise).targeted and not BPDA(PGD(), Quantise).targeted
    assert BPDA(PGD(), Quantise).substitute is identity and torch.equal(identity(X), X)


@pytest.mark.bad_input
def test_what_cannot_be_replaced_is_named():
    model = quantised_input(network())
    x, y = batch(model)
    for part in ("body.0", lambda x: x, int):
        with pytest.raises(TypeError, match="a module of the model or a class of modules"):
            BPDA(PGD(), part)
    with pytest.raises(ValueError, match="the model has no such LeakyReLU"):
        BPDA(PGD(0.1, 1), nn.LeakyReLU)(model, x, y)
    with pytest.raises(ValueError, match="that layer itself, not a copy"):
        BPDA(PGD(0.1, 1), Quantise(16))(model, x, y)
    with pytest.raises(ValueError, match=r"the shape that Quantise gives: \(12, 2, 5, 4\), and it gave \(12, 40\)"):
        BPDA(PGD(0.1, 1), Quantise, torch.nn.Flatten())(model, x, y)
    scripted = Classifier(torch.jit.freeze(torch.jit.script(nn.Sequential(nn.Tanh()).eval())), Pixel())
    with pytest.raises(ValueError, match="takes no hook"):
        BPDA(FGSM(0.1), scripted.body)(scripted, X, Y)


def test_it_counts_by_its_source_and_not_by_the_bytecode_of_one_python():
    assert isinstance(tree_of(BPDA), ast.AST) and inspect.unwrap(identity) in held_by(BPDA)

"""AutoAttack: what it is composed of, whom each part is run on, and that it decides affine models exactly."""

import io
from functools import partial

import pytest
import torch
from attacks.targets import batch, network
from torch import nn
from tqdm import tqdm

from robustlib.attacks import APGD, APGDT, auto_attack
from robustlib.attacks.auto_attack import AutoAttack
from robustlib.attacks.climb import is_broken
from robustlib.attacks.fab import FAB
from robustlib.attacks.square import Square
from robustlib.evaluation import under_attack
from robustlib.geometry import L2, Linf

SMALL = {"steps": 6, "targets": 2, "queries": 12}


@pytest.fixture
def target():
    model = network()
    with torch.no_grad():  # a loss with bumps: not all that breaks is broken by the first attack
        model.body[0].weight.mul_(6)
        model.body[5].weight.mul_(4)
    return model, *batch(model, 40)


@pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])
def test_the_budgets_are_the_authors(norm):
    parts = AutoAttack(0.2, norm=norm).attacks
    assert list(parts) == ["APGD-CE", "APGD-T", "FAB-T", "Square"]
    assert parts["APGD-CE"] == APGD(0.2, steps=100, restarts=1, norm=norm, rho=0.75, stop_early=True)
    assert parts["APGD-T"] == APGDT(0.2, steps=100, targets=9, restarts=1, norm=norm, rho=0.75)
    assert parts["FAB-T"] == FAB(
        eps=0.2, steps=100, targets=9, restarts=1, norm=norm, alpha_max=0.1, eta=1.05, beta=0.9
    )
    assert parts["Square"] == Square(0.2, queries=5000, p_init=0.8, norm=norm)
    searched = AutoAttack(0.2, norm=norm, precision=torch.bfloat16).attacks.values()
    assert all(part.precision is torch.bfloat16 for part in searched)  # type: ignore[attr-defined]


def test_each_part_is_run_only_on_what_stands(target, monkeypatch):
    model, x, y = target
    runs = []

    def watch(kind):
        plain = kind.__call__

        def call(self, model, x, y):
            x_adv = plain(self, model, x, y)
            runs.append((kind, x, y, is_broken(model, x_adv, y)))
            return x_adv

        monkeypatch.setattr(kind, "__call__", call)

    for kind in (APGD, APGDT, FAB, Square):
        watch(kind)
    torch.manual_seed(0)
    x_adv = AutoAttack(0.008, **SMALL)(model, x, y)
    assert [kind for kind, *_ in runs] == [APGD, APGDT, FAB, Square]
    for (_, images, labels, broken), (_, left, left_labels, _) in zip(runs, runs[1:], strict=False):
        assert torch.equal(images[~broken], left) and torch.equal(labels[~broken], left_labels)
    assert len(runs[0][1]) == 40 > len(runs[1][1]) > len(runs[-1][1]) > 0
    assert int((~is_broken(model, x_adv, y)).sum()) == int((~runs[-1][3]).sum())


def test_it_breaks_at_least_what_its_first_attack_breaks_and_stays_in_the_ball(target):
    model, x, y = target
    for norm, eps in ((Linf(), 0.01), (L2(), 0.05)):
        attack = AutoAttack(eps, norm=norm, **SMALL)
        broken = []
        for run in (attack.attacks["APGD-CE"], attack):
            torch.manual_seed(0)
            x_adv = run(model, x, y)
            broken.append(is_broken(model, x_adv, y))
            assert norm.size(x_adv - x).max() <= eps + 1e-6
        assert (broken[1] | ~broken[0]).all() and 0 < broken[0].sum() <= broken[1].sum() < 40


@pytest.mark.parametrize("classes", [2, 3, 4, 12])
def test_it_decides_affine_models_exactly(classes):
    torch.manual_seed(2)
    head = nn.Linear(12, classes)
    model = nn.Sequential(nn.Flatten(), head)
    with torch.no_grad():
        head.bias.copy_(-head.weight.sum(1) / 2)  # the boundaries meet at the grey image
    x = 0.2 + 0.6 * torch.rand(40, 1, 3, 4, generator=torch.Generator().manual_seed(1))
    logits, w, eps = model(x).detach(), head.weight.detach(), 0.03
    y = logits.argmax(1)
    reach = logits - logits.amax(1, keepdim=True) + eps * (w[None] - w[y][:, None]).abs().sum(2)
    stands = (reach.scatter(1, y[:, None], -1) < 0).all(1)
    x_adv = AutoAttack(eps, steps=25, queries=20)(model, x, y)
    assert 3 < stands.sum() < 37
    assert torch.equal(is_broken(model, x_adv, y), ~stands)


def test_the_bar_counts_forwards_changes_nothing_and_leaves_no_hook(target, monkeypatch):
    model, x, y = target
    shown, calls = io.StringIO(), []
    bars = []

    def bar(**fields):
        bars.append(tqdm(disable=False, file=shown, mininterval=0, **fields))
        return bars[0]

    results = []
    for progress in (False, True):
        monkeypatch.setattr(auto_attack, "tqdm", bar)
        torch.manual_seed(0)
        results.append(AutoAttack(0.008, progress=progress, **SMALL)(model, x, y))
    assert torch.equal(*results)
    assert not model.body._forward_pre_hooks and not model._forward_pre_hooks
    model.body.register_forward_pre_hook(lambda module, args: calls.append(len(args[0])))
    torch.manual_seed(0)
    AutoAttack(0.008, **SMALL)(model, x, y)
    text = shown.getvalue()
    assert all(f"{name}, " in text and "standing" in text for name in AutoAttack().attacks)
    assert len(bars) == 1 and bars[0].total == bars[0].n and 0.8 * sum(calls) < bars[0].n <= sum(calls)


def test_a_failure_half_way_leaves_no_hook(target):
    model, x, y = target

    def fails(module, args):
        raise ArithmeticError

    failing = partial(Square.__call__, Square(queries=2))
    watched = auto_attack._Watched(failing, "Square", 2, tqdm(disable=True))
    handle = model.head.register_forward_pre_hook(fails)
    with pytest.raises(ArithmeticError):
        watched(model, x, y)
    handle.remove()
    assert not model.body._forward_pre_hooks


def test_it_is_a_value_that_an_evaluation_takes(target):
    model, x, y = target
    attack = AutoAttack(0.01, **SMALL)
    assert attack == AutoAttack(0.01, **SMALL) and hash(attack) == hash(AutoAttack(0.01, **SMALL))
    first, second = (under_attack(model, {"AA": attack, **attack.attacks}, (x, y), seed=3) for _ in range(2))
    for name, outcome in first.items():
        assert torch.equal(outcome.correct, second[name].correct)
    assert first["AA"].accuracy <= min(first[name].accuracy for name in attack.attacks) + 0.05
    assert first["AA"].linf.max() <= 0.01 + 1e-6


@pytest.mark.bad_input
def test_fields_out_of_range():
    for fields, words in (
        ({"eps": -1.0}, "eps is a radius"),
        ({"steps": 0}, "steps >= 1"),
        ({"targets": 0}, "targets"),
        ({"queries": 0}, "queries >= 1"),
    ):
        with pytest.raises(ValueError, match=words):
            AutoAttack(**fields)

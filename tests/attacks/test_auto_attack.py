"""AutoAttack: what it is composed of, whom each part is run on, and that it decides affine models exactly."""

import io
import re
from dataclasses import dataclass, replace

import pytest
import torch
from attacks.targets import batch, network
from attacks.test_leaves_alone import assert_same, snapshot
from torch import nn
from tqdm import tqdm

from robustlib.attacks import APGD, APGDT, PGD, AutoAttack, auto_attack
from robustlib.attacks.climb import is_broken
from robustlib.attacks.fab import FAB
from robustlib.attacks.square import Square
from robustlib.evaluation import counting, under_attack
from robustlib.geometry import L2, Linf
from robustlib.losses import margin

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
    parts = AutoAttack(0.2, norm=norm).parts
    assert list(parts) == ["APGD-CE", "APGD-T", "FAB-T", "Square"]
    assert parts["APGD-CE"] == APGD(0.2, steps=100, restarts=1, norm=norm, rho=0.75, stop_early=True)
    assert parts["APGD-T"] == APGDT(0.2, steps=100, targets=9, restarts=1, norm=norm, rho=0.75)
    assert parts["FAB-T"] == FAB(
        eps=0.2, steps=100, targets=9, restarts=1, norm=norm, alpha_max=0.1, eta=1.05, beta=0.9
    )
    assert parts["Square"] == Square(0.2, queries=5000, p_init=0.8, norm=norm)
    searched = AutoAttack(0.2, norm=norm, precision=torch.bfloat16).parts.values()
    assert all(part.precision is torch.bfloat16 for part in searched)  # type: ignore[attr-defined]


class Threshold(nn.Module):
    """Class 1 where the first pixel is above one half. The second pixel tells the images apart."""

    def forward(self, x):
        p = x.flatten(1)[:, :1]
        return torch.cat([0.5 - p, p - 0.5], 1)


@dataclass(frozen=True, eq=False)
class Moves:
    """Moves the first pixel of the images that it knows by number, and notes whom it was given."""

    to: dict[int, float]
    given: list[list[int]]

    def __call__(self, model, x, y):
        numbers = (100 * x[:, 0, 0, 1]).round().int().tolist()
        self.given.append(numbers)
        x_adv = x.clone()
        x_adv[:, 0, 0, 0] = torch.tensor([self.to.get(i, 0.4) for i in numbers])
        return x_adv


def test_each_part_is_run_only_on_what_stands_and_the_strongest_point_is_kept():
    x = torch.stack([torch.full((7,), 0.4), torch.arange(7) / 100], 1).reshape(7, 1, 1, 2)
    y = torch.zeros(7, dtype=torch.long)
    y[6] = 1  # wrong before any attack
    given = []
    parts = (
        Moves({0: 0.55, 2: 0.45, 3: 0.41, 4: 0.9}, given),
        Moves({1: 0.9, 2: 0.44, 3: 0.48}, given),  # 0.9 is outside the ball
        Moves({2: 0.43, 4: 0.2, 5: 0.59}, given),
        Moves({1: 0.6}, given),
    )
    x_adv = AutoAttack(0.2, attacks=parts)(Threshold(), x, y)
    assert given == [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4]]
    torch.testing.assert_close(x_adv[:, 0, 0, 0], torch.tensor([0.55, 0.6, 0.45, 0.48, 0.4, 0.59, 0.4]))
    assert torch.equal(x_adv[..., 1], x[..., 1])


def test_nobody_is_attacked_after_the_last_has_fallen():
    x, y, given = torch.full((2, 1, 1, 2), 0.4), torch.zeros(2, dtype=torch.long), []
    AutoAttack(0.2, attacks=(Moves({40: 0.55}, given), Moves({}, given)))(Threshold(), x, y)
    AutoAttack(0.2, attacks=(Moves({}, given),))(Threshold(), x, y + 1)
    assert given == [[40, 40]]


def test_parts_can_be_replaced(target):
    model, x, y = target
    own = AutoAttack(0.01, **SMALL)
    same = AutoAttack(0.01, attacks=tuple(own.parts.values()))
    assert list(same.parts) == ["APGD", "APGDT", "FAB", "Square"]
    results = []
    for attack in (own, same):
        torch.manual_seed(0)
        results.append(attack(model, x, y))
    assert torch.equal(*results)
    twice = AutoAttack(0.1, attacks=(PGD(0.1), FAB(), PGD(0.1, loss=margin)))  # FAB without a radius: the smallest
    assert list(twice.parts) == ["PGD", "FAB", "PGD-2"] and hash(twice) == hash(replace(twice))


def test_the_neighbours_do_not_matter(target):
    model, x, y = target
    wrong = y.clone()
    wrong[::4] = (y[::4] + 1) % 4  # these are not attacked
    results = []
    for labels in (y, wrong):
        torch.manual_seed(0)
        results.append(AutoAttack(0.01, **SMALL)(model, x, labels))
    others = torch.arange(40) % 4 != 0
    torch.testing.assert_close(results[0][others], results[1][others], rtol=0, atol=1e-5)
    assert torch.equal(results[1][~others], x[~others]) and not torch.equal(results[0][~others], x[~others])


def test_it_breaks_at_least_what_its_first_attack_breaks_and_stays_in_the_ball(target):
    model, x, y = target
    for norm, eps in ((Linf(), 0.01), (L2(), 0.05)):
        attack = AutoAttack(eps, norm=norm, **SMALL)
        broken = []
        for run in (attack.parts["APGD-CE"], attack):
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


@pytest.fixture
def bars(monkeypatch):
    """The bars that are made, and the text into which each is drawn at every step."""
    made = []

    def bar(*args, **fields):
        made.append((tqdm(*args, file=(text := io.StringIO()), mininterval=0, **fields), text))
        return made[-1][0]

    monkeypatch.setattr(auto_attack, "tqdm", bar)
    return made


def test_the_bar_counts_attacks_and_changes_nothing(target, bars):
    model, x, y = target
    results, costs = [], []
    for progress in (False, True):
        torch.manual_seed(0)
        with counting(model) as passes:
            results.append(AutoAttack(0.008, progress=progress, **SMALL)(model, x, y))
        costs.append(passes)
    assert torch.equal(*results) and costs[0] == costs[1]
    (_, silence), (bar, text) = bars
    assert silence.getvalue() == "" and (bar.n, bar.total) == (4, 4)
    said = re.findall(r"([\w-]+), (\d+) standing", text.getvalue())
    names, standing = zip(*dict.fromkeys(said), strict=True)
    assert names == tuple(AutoAttack().parts)
    counts = [int(n) for n in standing]
    last = int((~is_broken(model, results[1], y)).sum())
    assert counts == sorted(counts, reverse=True) and counts[0] == 40 > counts[1] and counts[3] >= last > 0


def test_the_bar_ends_where_nobody_is_left(bars):
    x, y = torch.full((2, 1, 1, 2), 0.4), torch.zeros(2, dtype=torch.long)
    AutoAttack(0.2, progress=True, attacks=(Moves({40: 0.55}, []), Moves({}, []), Moves({}, [])))(Threshold(), x, y)
    bar = bars[0][0]
    assert (bar.n, bar.total) == (1, 3) and bar.disable  # which tqdm says of a closed bar


def test_no_hook_is_put_on_the_model_and_a_failure_closes_the_bar(target, bars):
    model, x, y = target
    before = snapshot(model)

    def fails(model, x, y):
        assert_same(before, snapshot(model))
        raise ArithmeticError("in the middle")

    with pytest.raises(ArithmeticError, match="in the middle"):
        AutoAttack(attacks=(fails,), progress=True)(model, x, y)
    assert_same(before, snapshot(model))
    assert bars[0][0].disable


def test_it_is_a_value_that_an_evaluation_takes(target):
    model, x, y = target
    attack = AutoAttack(0.01, **SMALL)
    assert attack == AutoAttack(0.01, **SMALL) and hash(attack) == hash(AutoAttack(0.01, **SMALL))
    first, second = (under_attack(model, {"AA": attack, **attack.parts}, (x, y), seed=3) for _ in range(2))
    for name, outcome in first.items():
        assert torch.equal(outcome.correct, second[name].correct)
    assert first["AA"].accuracy <= min(first[name].accuracy for name in attack.parts) + 0.05
    assert first["AA"].linf.max() <= 0.01 + 1e-6


@pytest.mark.bad_input
def test_fields_out_of_range():
    for fields, words in (
        ({"eps": -1.0}, "eps is a radius"),
        ({"steps": 0}, "steps >= 1"),
        ({"targets": 0}, "targets"),
        ({"queries": 0}, "queries >= 1"),
        ({"attacks": ()}, "at least one attack"),
        ({"eps": 0.2, "attacks": (APGD(0.2), Square(0.3))}, "Square has eps=0.3, AutoAttack eps=0.2"),
        ({"norm": L2(), "attacks": (APGD(),)}, r"APGD has norm=Linf\(\), AutoAttack norm=L2\(\)"),
    ):
        with pytest.raises(ValueError, match=words):
            AutoAttack(**fields)
    with pytest.raises(ValueError, match="give both the same"):
        replace(AutoAttack(0.2, attacks=(APGD(0.2),)), eps=0.1)

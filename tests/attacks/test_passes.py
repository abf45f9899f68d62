"""What an attack asks of the model, counted exactly: no forward whose answer is known, no class that cannot matter."""

import pytest
import torch
from attacks.targets import batch, network
from torch import nn

from robustlib.attacks import APGD, APGDT, BIM, DDN, FGSM, MIM, NFGSM, PGD, DeepFool, Square, deepfool
from robustlib.attacks.climb import is_broken
from robustlib.attacks.nearest import HALVINGS, Nearest
from robustlib.evaluation import counting
from robustlib.geometry import L2, Linf
from robustlib.losses import margin
from robustlib.models import Classifier

STANDS = 1e-4  # a radius at which nothing breaks


def passes(attack, model, x, y):
    """Forwards and backwards for each image."""
    torch.manual_seed(0)
    with counting(model) as seen:
        attack(model, x, y)
    return seen.forward / len(x), seen.backward / len(x)


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize(
    "attack", [FGSM(0.1), NFGSM(0.1), PGD(0.1, 6), BIM(0.1, 6), MIM(0.1, 6)], ids=lambda a: type(a).__name__
)
def test_a_climb_asks_once_a_step(attack, n):
    model = network()
    assert passes(attack, model, *batch(model, n)) == (attack.steps, attack.steps)


@pytest.mark.parametrize("n", [1, 7])
def test_auto_pgd_asks_once_a_step_and_once_at_the_end_and_no_more_between_targets(n):
    model = network(classes=6)
    x, y = batch(model, n)
    assert passes(APGD(STANDS, 9), model, x, y) == (10, 9)
    assert passes(APGDT(STANDS, 9, targets=3), model, x, y) == (1 + 3 * 10, 3 * 9)
    assert passes(APGDT(STANDS, 9), model, x, y) == (1 + 5 * 10, 5 * 9)


@pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])
def test_square_asks_once_a_query_after_the_clean_look(norm):
    model = network()
    assert passes(Square(STANDS, 20, norm=norm), model, *batch(model, 5)) == (21, 0)


@pytest.mark.parametrize("targeted", [False, True])
def test_ddn_looks_at_the_clean_image_and_takes_its_gradient_at_once(targeted):
    model = network()
    x, y = batch(model, 8)
    y = (y + 1) % 4 if targeted else y
    assert passes(DDN(25, levels=255, targeted=targeted), model, x, y) == (26, 25)
    forward, backward = passes(DDN(25, targeted=targeted), model, x, y)
    assert backward == 25 and 27 <= forward <= 26 + HALVINGS


def test_ddn_on_the_way_back_asks_little():
    model = network()
    forward, _ = passes(DDN(100), model, *batch(model, 40))
    assert forward <= 105  # ten halvings, as before, would make 111


def test_ddn_spends_one_look_on_what_is_wrong_already():
    model = network()
    x, y = batch(model, 8)
    y[:3] = (y[:3] + 1) % 4
    with counting(model) as seen:
        x_adv = DDN(25, levels=255)(model, x, y)
    assert (seen.forward, seen.backward) == (8 + 5 * 25, 8 + 5 * 24) and torch.equal(x_adv[:3], x[:3])


def test_drawn_back_points_stay_broken_and_come_as_near_as_by_halving():
    model = network()
    x, y = batch(model, 60)
    torch.manual_seed(0)
    for far in (0.02, 0.3, 1.0):  # just beyond the boundary, and well beyond it
        at = DDN(60)(model, x, y)
        at = (x + (1 + far) * (at - x)).clamp(0, 1)
        broken = is_broken(model, at, y)
        size = L2().size(at - x).where(broken, torch.tensor(torch.inf))
        found = [Nearest(x, y, at.clone(), size.clone(), L2(), logits=model(at).detach()) for _ in range(2)]
        with torch.no_grad():
            found[0].halve(model)
            found[1].draw_back(model)
        halved, drawn = (one.distance[broken] for one in found)
        assert is_broken(model, found[1].x_adv[broken], y[broken]).all() and (drawn <= size[broken]).all()
        assert drawn.mean() <= 1.002 * halved.mean() and (drawn <= 1.02 * halved + 1e-6).float().mean() > 0.9
        assert torch.equal(found[1].x_adv[~broken], at[~broken]) and (found[1].distance[~broken] == torch.inf).all()


def test_a_margin_that_jumps_or_is_level_costs_nearness_and_never_a_broken_point():
    class Steps(nn.Module):
        def forward(self, x):
            p = x.flatten(1).mean(1)
            return torch.stack([torch.zeros_like(p), (p > 0.37).float() - 0.5], 1)

    x, at = torch.full((1, 1, 2, 2), 0.1), torch.full((1, 1, 2, 2), 0.9)
    found = Nearest(x, torch.tensor([0]), at, L2().size(at - x), L2(), logits=Steps()(at))
    found.draw_back(Steps())
    assert Steps()(found.x_adv).argmax() == 1 and 0.37 < found.x_adv.mean() < 0.5
    assert found.distance == L2().size(found.x_adv - x)


class Widths:
    """How many classes each walk of DeepFool compares, and of how many images."""

    def __init__(self, monkeypatch):
        self.seen, walk = [], DeepFool._walk

        def watched(attack, model, result, y, rows, compared):
            self.seen.append((len(rows), compared))
            return walk(attack, model, result, y, rows, compared)

        monkeypatch.setattr(deepfool.DeepFool, "_walk", watched)


def test_of_a_thousand_classes_few_are_compared_where_steps_are_wanting(monkeypatch):
    model = network(classes=1000)
    with torch.no_grad():
        model.head.weight.mul_(0.3)
        model.body[0].weight.mul_(3)
    x, y = batch(model, 30)
    widths = Widths(monkeypatch)
    forward, backward = passes(DeepFool(1, overshoot=0), model, x, y)
    assert widths.seen[0] == (30, 5) and {compared for _, compared in widths.seen} <= {5, 15}
    assert backward <= 20 and forward <= 5
    few, every = (DeepFool(candidates=c)(model, x, y) for c in (5, None))
    assert is_broken(model, few, y).all() and is_broken(model, every, y).all()
    assert L2().size(few - x).median() <= 1.01 * L2().size(every - x).median()


class Shadows(nn.Module):
    """Class 0 is right; the others but the last follow just behind it wherever one goes."""

    def forward(self, x):
        p, q = x.flatten(1)[:, 0], x.flatten(1)[:, 1]
        return torch.stack([p, *[p - 0.01 * k for k in range(1, 59)], q - 0.9], 1)


def test_where_few_classes_lead_nowhere_ever_more_are_compared_until_all_are(monkeypatch):
    model = Classifier(nn.Flatten(), Shadows())
    x, y = torch.full((4, 1, 1, 2), 0.5), torch.zeros(4, dtype=torch.long)
    widths = Widths(monkeypatch)
    x_adv = DeepFool(20)(model, x, y)
    assert widths.seen == [(4, 5), (4, 15), (4, 45), (4, 59)]
    assert (model(x_adv).argmax(1) == 59).all() and (margin(model(x_adv), y) > 0).all()

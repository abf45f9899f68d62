"""DeepFool: closed forms with and without the box, the peers' stall, and a second implementation by the paper."""

from dataclasses import replace

import pytest
import torch
from attacks.minimum_norm_targets import affine, box_distance
from attacks.targets import batch, network
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from robustlib.attacks import DeepFool, deepfool
from robustlib.attacks.climb import is_broken
from robustlib.geometry import L2, Linf
from robustlib.gradient import input_gradient, input_gradients
from robustlib.losses import margin
from robustlib.models import Classifier

DUAL = {Linf(): 1, L2(): 2}
each_norm = pytest.mark.parametrize("norm", DUAL, ids=["Linf", "L2"])


def images(n: int = 8, low: float = 0.3, high: float = 0.7, seed: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(n, 1, 3, 4, generator=generator, dtype=torch.float64)


def normals(model: Classifier, y: torch.Tensor) -> torch.Tensor:
    """What the lead of the other of two classes grows along."""
    return (model.head.weight[1 - y] - model.head.weight[y]).detach().reshape(-1, 1, 3, 4)


@each_norm
@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("overshoot", [1e-9, 0.02, 0.3])
def test_distance_to_a_plane(norm, targeted, overshoot):
    model, x = affine(), images()
    y = model(x).argmax(1)
    assert 0 < y.sum() < len(y)
    x_adv = DeepFool(overshoot=overshoot, norm=norm, targeted=targeted)(model, x, 1 - y if targeted else y)
    assert is_broken(model, x_adv, y).all()
    plane = -margin(model(x), y) / normals(model, y).flatten(1).norm(p=DUAL[norm], dim=1)
    torch.testing.assert_close(norm.size(x_adv - x), (1 + overshoot) * plane.detach(), rtol=1e-9, atol=1e-12)


@each_norm
@pytest.mark.parametrize("candidates", [1, 2, None])
def test_the_nearest_of_several_planes(norm, candidates):
    model, x = affine(5), images(12)
    logits, w = model(x).detach(), model.head.weight.detach()
    y = logits.argmax(1)
    gaps = logits.gather(1, y[:, None]) - logits
    radii = gaps / (w[y][:, None] - w).norm(p=DUAL[norm], dim=2).clamp(min=1e-12)
    likely = logits.scatter(1, y[:, None], -torch.inf).topk(candidates or 4, dim=1).indices
    assert candidates != 1 or (radii.gather(1, likely)[:, 0] > radii.scatter(1, y[:, None], torch.inf).amin(1)).any()
    distance = norm.size(DeepFool(candidates=candidates, norm=norm)(model, x, y) - x)
    torch.testing.assert_close(distance, 1.02 * radii.gather(1, likely).amin(1), rtol=1e-9, atol=0)


@each_norm
@pytest.mark.parametrize("steps", [1, 2, 3, 50])
def test_distance_where_the_box_binds(norm, steps):
    model = affine(seed=7)
    x = images(low=0, high=1).round()  # black and white pixels only: half of them have nowhere to go
    y = model(x).argmax(1)
    w, gap = normals(model, y), -margin(model(x), y).detach()
    x_adv = DeepFool(steps, norm=norm)(model, x, y)
    gained = (w * (x_adv - x)).flatten(1).sum(1)
    assert is_broken(model, x_adv, y).all() and (gained <= 1.02 * gap + 1e-9).all()
    assert (box_distance(x, w, gap, norm) > 1.05 * gap / w.flatten(1).norm(p=DUAL[norm], dim=1)).all(), "did not bind"
    torch.testing.assert_close(norm.size(x_adv - x), box_distance(x, w, gained, norm), rtol=1e-6, atol=0)


@each_norm
@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), overshoot=st.floats(1e-6, 0.5), edges=st.booleans(), wide=st.floats(0, 3))
def test_no_nearer_broken_image_exists_for_two_classes_and_it_stops_just_beyond(norm, seed, overshoot, edges, wide):
    model = affine(seed=seed)  # without overshoot the end lies on the boundary, and the batch's rounding decides
    x = images(4, 0, 1, seed)
    x = x.round() if edges else x
    y = model(x).argmax(1)
    with torch.no_grad():
        model.head.bias[y[0]] += wide  # up to where the box holds no broken image
    y = model(x).argmax(1)
    w, gap = normals(model, y), -margin(model(x), y).detach()
    most = (w * ((w > 0).double() - x)).flatten(1).sum(1)
    attack = DeepFool(overshoot=overshoot, norm=norm)
    x_adv = attack(model, x, y)
    broken, distance = is_broken(model, x_adv, y), norm.size(x_adv - x)
    assert broken[most > (1 + overshoot) * gap + 1e-9].all() and not broken[most < gap - 1e-9].any()
    assert torch.equal(x_adv[~broken], x[~broken])
    assert (distance >= box_distance(x, w, gap, norm) - 1e-9)[broken].all()
    farthest = box_distance(x, w, torch.minimum((1 + overshoot) * gap + 1e-9, most - 1e-9), norm)
    assert (distance <= farthest + 1e-6)[broken & (most > gap + 1e-6)].all()


def held_back() -> tuple[Classifier, torch.Tensor, torch.Tensor]:
    """A white pixel pulls a hundred times harder than the grey one that alone has room."""
    head = nn.Linear(2, 2)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[0.0, 0.0], [100.0, 1.0]]))
        head.bias.copy_(torch.tensor([0.0, -100.6]))
    return Classifier(nn.Flatten(), head), torch.tensor([1.0, 0.25]).reshape(1, 1, 1, 2), torch.tensor([0])


@each_norm
def test_steps_that_the_box_clips_cross_the_boundary_where_the_papers_do_not(norm):
    model, x, y = held_back()
    x_adv = DeepFool(norm=norm)(model, x, y)
    assert is_broken(model, x_adv, y).all()
    assert x_adv[0, 0, 0, 0] == 1 and 0.6 < x_adv[0, 0, 0, 1] < 0.6 + 0.02 * 0.35 + 1e-3
    assert not is_broken(model, by_the_paper(model, x, y, norm), y).any()


def test_no_overshoot_and_an_image_within_a_rounding_of_the_boundary():
    torch.manual_seed(0)
    model, y = Classifier(nn.Flatten(), nn.Linear(784, 2)), torch.tensor([0])
    x = torch.rand(1, 1, 28, 28)
    model.head.bias.data -= model(x)[0].detach() - torch.tensor([5e-7, 0.0])
    assert -1e-6 < margin(model(x), y) < 0
    for norm in DUAL:
        x_adv = DeepFool(norm=norm)(model, x, y)
        assert is_broken(model, x_adv, y).all() and norm.size(x_adv - x) < 1e-3
        net = network()
        many, labels = batch(net, 30)
        assert is_broken(net, DeepFool(overshoot=0, norm=norm)(net, many, labels), labels).all()


def by_the_paper(model, x, y, norm, steps=50, overshoot=0.02):
    """Algorithm 2, one image and one class at a time; clipped to the box at every step, as the peers do."""
    results = []
    for image, label in zip(x.split(1), y.tolist(), strict=True):
        x_i = image
        for _ in range(steps):
            x_i = x_i.detach().requires_grad_(True)
            logits = model(x_i)[0]
            if logits.argmax() != label:
                break
            best, r = float("inf"), torch.zeros_like(image)
            for k in range(len(logits)):
                if k != label:
                    (w,) = torch.autograd.grad(logits[k] - logits[label], x_i, retain_graph=True)
                    gap = (logits[label] - logits[k]).item()
                    if gap / w.norm(p=DUAL[norm]) < best:
                        best = gap / w.norm(p=DUAL[norm])
                        r = gap / w.abs().sum() * w.sign() if norm == Linf() else gap / w.square().sum() * w
            x_i = (x_i + (1 + overshoot) * r).clamp(0, 1)
        results.append(x_i.detach())
    return torch.cat(results)


@each_norm
def test_it_is_the_papers_algorithm_where_the_box_does_not_bind(norm):
    model = network().double()
    x, _ = batch(model.float(), 12)
    model.double()
    x = (0.4 + 0.2 * x).double()
    y = model(x).argmax(1)
    wanted = by_the_paper(model, x, y, norm)
    assert wanted.min() > 0 and wanted.max() < 1
    torch.testing.assert_close(DeepFool(candidates=None, norm=norm)(model, x, y), wanted, rtol=0, atol=1e-9)


class Counted:
    """Counts the forwards and backwards of `input_gradients`, in images."""

    def __init__(self, monkeypatch):
        self.forwards, self.backwards, plain = [], 0, deepfool.input_gradients

        def counting(scores, x):
            self.forwards.append(len(x))
            kept, gradient = plain(scores, x)

            def one(column):
                self.backwards += len(x)
                return gradient(column)

            return kept, one

        monkeypatch.setattr(deepfool, "input_gradients", counting)


def test_broken_images_leave_and_only_candidates_are_compared(monkeypatch):
    model = network(classes=10)
    x, y = batch(model, 30)
    counted, attack = Counted(monkeypatch), DeepFool(candidates=3)
    few = attack(model, x, y)
    assert counted.forwards[0] == 30 and counted.forwards == sorted(counted.forwards, reverse=True)
    assert counted.forwards[-1] < 10 and counted.backwards <= 3 * sum(counted.forwards)
    spent, counted = counted.backwards, Counted(monkeypatch)
    every = replace(attack, candidates=None)(model, x, y)
    assert counted.backwards > 2.5 * spent
    assert L2().size(few - x).mean() < 1.03 * L2().size(every - x).mean()


def test_where_the_candidates_lead_nowhere_all_classes_are_tried():
    class Twin(nn.Module):
        def forward(self, z):
            return torch.stack([z[:, 0], z[:, 0] - 0.1, z[:, 1] - 0.8], 1)  # class 1 is always just behind class 0

    model = Classifier(nn.Flatten(), Twin())
    x, y = torch.full((3, 1, 1, 2), 0.5), torch.zeros(3, dtype=torch.long)
    assert torch.equal(model(x).argsort(1)[0], torch.tensor([2, 1, 0]))
    x_adv = DeepFool(candidates=1)(model, x, y)
    assert torch.equal(model(x_adv).argmax(1), torch.full((3,), 2))
    assert torch.equal(DeepFool(candidates=1, targeted=True)(model, x, y + 1), x)  # class 1 cannot win


def test_towards_a_target():
    model = network()
    x, y = batch(model, 30)
    target = (y + 1) % 4
    x_adv = DeepFool(targeted=True)(model, x, target)
    won = model(x_adv).argmax(1) == target
    assert won.float().mean() > 0.9 and torch.equal(x_adv[~won], x[~won])
    assert (L2().size(x_adv - x) > 0.98 * L2().size(DeepFool()(model, x, y) - x))[won].float().mean() > 0.9


def test_a_search_in_bf16_returns_what_float32_calls_broken():
    model = network()
    x, y = batch(model, 40)
    plain, fast = DeepFool()(model, x, y), DeepFool(precision=torch.bfloat16)(model, x, y)
    assert is_broken(model, fast, y).all() and is_broken(model, plain, y).all()
    assert L2().size(fast - x).mean() < 1.1 * L2().size(plain - x).mean()


@pytest.mark.bad_input
def test_fields():
    for fields in ({"steps": 0}, {"candidates": 0}):
        with pytest.raises(ValueError, match="steps >= 1 and candidates >= 1"):
            DeepFool(**fields)
    for overshoot in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="overshoot.*>= 0 and finite"):
            DeepFool(overshoot=overshoot)
    with pytest.raises(ValueError, match=r"Linf\(\) or L2\(\), got None"):
        DeepFool(norm=None)


def test_gradients_of_several_scores_are_those_of_each_alone():
    model = network()
    x, _ = batch(model, 5)
    with torch.no_grad():
        kept, gradient = input_gradients(lambda images: (model(images), model(images)[:, 1:]), x)
        assert not kept.requires_grad and torch.equal(kept, model(x))
        for column in (2, 0, 1, 0):  # in any order, and again
            alone = input_gradient(lambda images, k=column + 1: (images, model(images)[:, k]), x)[1]
            torch.testing.assert_close(gradient(column), alone)
    assert not x.requires_grad and all(p.grad is None for p in model.parameters())

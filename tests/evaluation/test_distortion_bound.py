"""MadNet's bound and its Taylor remainder: loops, affine models where the truth is known, and what they refuse."""

import math

import pytest
import torch
from objectives.toys import wave
from torch import nn

from robustlib.attacks import DDN, PGD
from robustlib.evaluation import distortion_bound, taylor_remainder
from robustlib.models import Classifier, resnet


def affine(classes=3):
    """Features W x + b of nine pixels, and logits that are affine too."""
    model = Classifier(nn.Sequential(nn.Flatten(), nn.Linear(9, 5)), nn.Linear(5, classes)).double()
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(wave(*p.shape, pace=1 + 0.1 * i))
    return model


def whole(model):
    """The matrix from pixels to logits."""
    return (model.head.weight @ model.body[1].weight).detach()


def images(n=8):
    x = (0.5 + 0.4 * wave(n, 1, 3, 3)).double()
    return x, torch.arange(n) % 3


def network():
    torch.manual_seed(0)
    return resnet(8, classes=3, channels=1, width=4, slope=0.1).train()


@pytest.mark.parametrize("layer", ["features", "logits"])
@pytest.mark.parametrize("batch", [3, 100])
def test_on_an_affine_model_every_part_is_known(layer, batch):
    model, (x, y) = affine(), images()
    found = distortion_bound(model, x, y, layer=layer, batch=batch)
    of = model.features if layer == "features" else model
    matrix = model.body[1].weight if layer == "features" else whole(model)
    z, f = of(x).tolist(), model(x).tolist()
    eta = [min(math.dist(a, b) for b, q in zip(z, y, strict=True) if q != p) for a, p in zip(z, y, strict=True)]
    assert found.eta.tolist() == pytest.approx(eta)
    assert found.jacobian.tolist() == pytest.approx([matrix.norm().item()] * 8)
    assert found.bound.tolist() == pytest.approx([e / matrix.norm().item() for e in eta])
    assert found.of_the_set.tolist() == pytest.approx([min(eta) / matrix.norm().item()] * 8)
    others = [f[i][c] - max(v for j, v in enumerate(f[i]) if j != c) for i, c in enumerate(y.tolist())]
    assert found.to_boundary.tolist() == pytest.approx([max(0.0, o) / math.sqrt(2) for o in others])


def test_images_of_other_classes_may_be_sought_elsewhere():
    model, (x, y) = affine(), images(12)
    among = distortion_bound(model, x[:2], y[:2], among=(x[2:], y[2:]))
    z = model.features(x).detach()
    expected = [(z[2:][y[2:] != y[i]] - z[i]).norm(dim=1).min() for i in range(2)]
    torch.testing.assert_close(among.eta, torch.stack(expected))


def test_the_bound_of_the_decision_holds_on_every_affine_model_and_the_printed_one_does_not():
    torch.manual_seed(0)
    printed = 0
    for _ in range(20):
        model = affine()
        with torch.no_grad():
            model.head.weight.normal_()
        x = torch.rand(8, 1, 3, 3).double()
        y = model(x).argmax(1)
        if len(y.unique()) < 2:
            continue
        bound, f, w = distortion_bound(model, x, y, layer="logits"), model(x), whole(model)
        gaps = (f.gather(1, y[:, None]) - f) / (w[y][:, None] - w[None]).norm(dim=-1).clamp(min=1e-12)
        truth = gaps.scatter(1, y[:, None], torch.inf).amin(1)
        assert (bound.of_the_decision <= truth * (1 + 1e-9)).all()
        printed += int((bound.bound > truth).sum())
    assert printed > 0, "the embedding margin reaches beyond the boundary"


def test_of_two_opposite_logits_the_bound_of_the_decision_is_the_distance():
    model = affine(2)
    with torch.no_grad():
        model.head.weight[1] = -model.head.weight[0]
    x, _ = images()
    f = model(x)
    y = f.argmax(1)
    y[0] = 1 - y[0]  # one is wrong already
    w = whole(model)
    distances = (f[:, 0] - f[:, 1]).abs() / (w[0] - w[1]).norm()
    distances[0] = 0
    found = distortion_bound(model, x, y, (torch.cat([x, x]), torch.cat([y, 1 - y])), layer="logits")
    torch.testing.assert_close(found.of_the_decision, distances)


def test_below_what_an_attack_finds_where_the_network_is_affine():
    model, (x, _) = affine(), images()
    y = model(x).argmax(1)
    bound = distortion_bound(model, x, y, (torch.cat([x, x]), torch.cat([y, (y + 1) % 3])), layer="logits")
    size = (DDN(200)(model, x, y) - x).flatten(1).norm(dim=1)
    assert (size[size > 0] >= bound.of_the_decision[size > 0]).all() and (size > 0).any()


def test_no_margin_and_no_slope():
    model, (x, y) = affine(), images()
    x[1] = x[0]  # of two classes in one point
    found = distortion_bound(model, x, y)
    assert found.eta[:2].tolist() == [0, 0] and found.bound[:2].tolist() == [0, 0] and not found.of_the_set.any()
    nn.init.zeros_(model.body[1].weight)
    still = distortion_bound(model, x, y)
    assert not still.jacobian.any() and not still.bound.any() and still.bound.isfinite().all()


def test_taylor_on_an_affine_model_leaves_nothing():
    model, (x, _) = affine(), images()
    delta = (0.01 * wave(8, 1, 3, 3, pace=1.7)).double()
    for layer, matrix in (("features", model.body[1].weight), ("logits", whole(model))):
        found = taylor_remainder(model, x, x + delta, layer, batch=3)
        moved = (delta.flatten(1) @ matrix.T).norm(dim=1).detach()
        torch.testing.assert_close(found.distortion, delta.flatten(1).norm(dim=1))
        torch.testing.assert_close(found.linear, moved)
        torch.testing.assert_close(found.moved, moved)
        assert found.remainder.max() < 1e-12


class Squared(nn.Module):
    def forward(self, x):
        return torch.stack([x.flatten(1).sum(1).square(), x.flatten(1)[:, 0]], 1)


def test_taylor_of_a_square_is_the_square_of_the_step():
    model = Classifier(Squared(), nn.Linear(2, 2)).double()
    x, _ = images()
    delta = (0.02 * wave(8, 1, 3, 3, pace=1.7)).double()
    found = taylor_remainder(model, x, x + delta)
    torch.testing.assert_close(found.remainder, delta.flatten(1).sum(1).square())
    half = taylor_remainder(model, x, x + delta / 2)
    torch.testing.assert_close(half.remainder, found.remainder / 4)
    torch.testing.assert_close(half.linear, found.linear / 2)


def test_appendix_a_and_the_triangle_hold_of_a_network():
    """||J eps|| <= ||J||_F ||eps||, and the move is off by the remainder at most."""
    model, x = network(), torch.rand(6, 1, 14, 14)
    y = torch.arange(6) % 3
    x_adv = PGD(0.1, 3)(model, x, y)
    for layer in ("features", "logits"):
        parts, bound = taylor_remainder(model, x, x_adv, layer), distortion_bound(model, x, y, layer=layer)
        assert (parts.linear <= bound.jacobian * parts.distortion * (1 + 1e-5)).all()
        assert ((parts.moved - parts.linear).abs() <= parts.remainder + 1e-5).all()


def test_the_model_and_the_images_are_left_as_they_were():
    model, x = network(), torch.rand(6, 1, 14, 14)
    y, kept = torch.arange(6) % 3, x.clone()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    with torch.no_grad():
        inside = distortion_bound(model, x, y)
    torch.testing.assert_close(distortion_bound(model, x, y).bound, inside.bound)
    taylor_remainder(model, x, 1 - x)
    assert torch.equal(torch.get_rng_state(), state) and torch.equal(x, kept) and not x.requires_grad
    assert model.training and all(p.grad is None for p in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not inside.bound.requires_grad


def test_no_images():
    model, (x, y) = affine(), images()
    assert distortion_bound(model, x[:0], y[:0]).bound.shape == (0,)
    assert taylor_remainder(model, x[:0], x[:0]).remainder.shape == (0,)


@pytest.mark.bad_input
def test_what_they_refuse():
    model, (x, y) = affine(), images()
    with pytest.raises(ValueError, match="layer is one of features, logits, got 'softmax'"):
        distortion_bound(model, x, y, layer="softmax")
    with pytest.raises(ValueError, match="class 1 has no image of another"):
        distortion_bound(model, x[y == 1], y[y == 1])
    with pytest.raises(ValueError, match="class 2 has no image of another"):
        distortion_bound(model, x, y, among=(x[y == 2], y[y == 2]))
    with pytest.raises(ValueError, match=r"among must lie in \[0, 1\]"):
        distortion_bound(model, x, y, among=(x + 1, y))
    with pytest.raises(ValueError, match="images are torch.float32"):
        distortion_bound(model, x, y, among=(x.float(), y))
    with pytest.raises(TypeError, match='features need a plain Classifier.*or layer="logits"'):
        distortion_bound(nn.Sequential(model), x, y)
    assert distortion_bound(nn.Sequential(model), x, y, layer="logits").bound.isfinite().all()
    with pytest.raises(ValueError, match="the boundary is known in the logits"):
        distortion_bound(model, x, y).of_the_decision  # noqa: B018
    with pytest.raises(ValueError, match=r"x_adv must be as x, torch.float64 \(8, 1, 3, 3\), got .*\(7, 1, 3, 3\)"):
        taylor_remainder(model, x, x[:7])
    with pytest.raises(ValueError, match=r"x_adv must be as x, torch.float64 .* got torch.float32 \(8, 1, 3, 3\)"):
        taylor_remainder(model, x, x.float())
    sure = Classifier(nn.Sequential(model.body, nn.Softmax(1)), nn.Softmax(1))
    with pytest.raises(ValueError, match="returns probabilities"):
        taylor_remainder(sure, x, 1 - x, "logits")
    assert taylor_remainder(sure, x, 1 - x).remainder.isfinite().all()  # features may add up to 1
    with pytest.raises(ValueError, match=r"x_adv must lie in \[0, 1\]"):
        taylor_remainder(model, x, x + 1)
    with pytest.raises(ValueError, match="batch is how many images"):
        taylor_remainder(model, x, x, batch=0)

    class Root(nn.Module):
        def forward(self, x):
            return (x.flatten(1) * 0).sqrt()

    steep = Classifier(Root(), nn.Linear(9, 3).double())
    with pytest.raises(ValueError, match="gradient of the features .* is NaN or inf for 8 of 8 images"):
        distortion_bound(steep, x, y)

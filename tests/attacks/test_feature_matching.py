"""Feature matching towards given embeddings and given images, and past a detector."""

from dataclasses import replace

import pytest
import torch
from attacks.detectors import Constant, Kernels
from attacks.targets import WIDTH, batch, network
from torch import nn

from robustlib.attacks import FeatureMatching, evades, threshold_at
from robustlib.attacks.climb import is_broken
from robustlib.attacks.nearest_embeddings import nearest_of_each_class
from robustlib.geometry import L2, Linf
from robustlib.models import Classifier


def linear(pixels: int = 6) -> Classifier:
    """Features that are the pixels themselves, and a head that reads two of them."""
    head = nn.Linear(pixels, 2)
    with torch.no_grad():
        head.weight.copy_(torch.eye(2, pixels))
        head.bias.fill_(1)  # or two of the pixels would pass for probabilities
    return Classifier(nn.Flatten(), head).double().eval()


@pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])
def test_a_linear_body_is_moved_to_the_nearest_point_of_the_ball(norm):
    model, generator = linear(), torch.Generator().manual_seed(3)
    x = torch.rand(5, 1, 2, 3, generator=generator, dtype=torch.float64) * 0.4 + 0.3
    x[:, 0, 0, 0], x[:, 0, 0, 1] = 0.6, 0.4
    goal = torch.rand(1, 6, generator=generator, dtype=torch.float64) * 0.2 + 0.4
    goal[0, :2] = torch.tensor([0.45, 0.65])
    attack = FeatureMatching(goal, 0.12, 60, finish=0, alpha=0.004, norm=norm, labels=torch.tensor([1]))
    x_adv = attack(model, x, torch.zeros(5, dtype=torch.long))
    nearest = norm.project(goal.reshape(1, 1, 2, 3).expand_as(x), x, 0.12)  # the pixels are the features
    torch.testing.assert_close(x_adv, nearest, rtol=0, atol=0.02 if norm == L2() else 0.005)


def test_images_as_targets_are_their_embeddings_as_targets():
    model = network()
    x, y = batch(model, 16)
    guides, labels = batch(model, 300, seed=9)
    attack = FeatureMatching(guides, 0.2, 6, 3, targets=4, labels=labels)
    with torch.no_grad():
        z = model.features(guides)
    by_z = replace(attack, means=z)(model, x, y)
    torch.testing.assert_close(attack(model.train(), x, y), by_z, rtol=0, atol=1e-4)
    assert model.training and is_broken(model, by_z, y).float().mean() > 0.3


def test_one_embedding_for_each_class_with_labels_is_the_means():
    model = network()
    x, y = batch(model, 10)
    means = torch.randn(4, WIDTH, generator=torch.Generator().manual_seed(5))
    plain = FeatureMatching(means, 0.2, 5, 3)(model, x, y)
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(FeatureMatching(means[order], 0.2, 5, 3, labels=order)(model, x, y), plain)


def test_the_order_is_the_nearest_of_each_class_then_the_second_nearest():
    generator = torch.Generator().manual_seed(2)
    z, means = torch.rand(7, 3, generator=generator), torch.rand(12, 3, generator=generator)
    labels, y = torch.randint(4, (12,), generator=generator), torch.arange(7) % 5  # class 4 has no embedding
    order, count = nearest_of_each_class(z, means, labels, y)
    for i in range(7):
        near = torch.cdist(z[i : i + 1], means)[0]
        keyed = []
        for c in set(labels.tolist()) - {y[i].item()}:
            members = sorted((labels == c).nonzero()[:, 0].tolist(), key=lambda j: near[j].item())
            keyed += [(rank, near[j].item(), j) for rank, j in enumerate(members)]
        assert [j for _, _, j in sorted(keyed)] == order[i, : count[i]].tolist()
        assert sorted(order[i].tolist()) == list(range(12))


def test_embeddings_of_the_own_class_alone_leave_the_image():
    model = network()
    x, y = batch(model, 6)
    z = model.features(x).detach()
    attack = FeatureMatching(z, 0.2, 3, labels=torch.full((6,), y[0].item()))
    x_adv = attack(model, x, y)
    assert torch.equal(x_adv[y == y[0]], x[y == y[0]]) and not torch.equal(x_adv, x)


def pair():
    model = network()
    x, y = batch(model, 20)
    known, labels = batch(model, 200, seed=9)
    detector = Kernels(model.features(known), 3.0, model.body)
    return model, x, y, known, labels, detector, threshold_at(detector, known, 0.05)


def test_past_a_detector_it_goes_on_until_it_is_accepted():
    model, x, y, known, labels, detector, threshold = pair()
    attack = FeatureMatching(known, 0.12, 12, 5, alpha=0.03, targets=6, labels=labels)
    aware = replace(attack, detector=detector, threshold=threshold)
    blind, seeing = attack(model, x, y), aware(model, x, y)
    through = evades(model, detector, threshold, seeing, y)
    assert torch.equal(seeing[~through], x[~through])
    assert through.sum() > evades(model, detector, threshold, blind, y).sum()
    assert is_broken(model, blind, y).sum() >= through.sum() and Linf().size(seeing - x).max() <= 0.12 + 1e-6
    alone = torch.cat([aware(model, x[i : i + 1], y[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(alone, seeing[:4], rtol=0, atol=1e-4)
    with torch.no_grad():
        assert torch.equal(aware(model, x, y), seeing)
    assert aware(model, x[:0], y[:0]).shape == (0, 2, 5, 4)
    closed, opened = replace(aware, threshold=1e9), replace(attack, detector=Constant(0.0), threshold=-1.0)
    assert torch.equal(closed(model, x, y), x)
    broken = is_broken(model, blind, y)
    assert torch.equal(opened(model, x, y)[broken], blind[broken])


@pytest.mark.bad_input
def test_bad_embeddings_labels_and_detectors():
    model, x, y, known, labels, detector, threshold = pair()
    for means, classes in ((known, labels[:-1]), (torch.zeros(5, 3), torch.zeros(5).long()), (known[:0], labels[:0])):
        with pytest.raises(ValueError, match=r"means must have shape \(m, 8\) and labels \(m,\), m >= 1, got"):
            FeatureMatching(means, labels=classes)(model, x, y)
    for wrong in (labels + 4, labels - 1):
        with pytest.raises(ValueError, match=r"means' labels must lie in 0 \.\. 3"):
            FeatureMatching(known, labels=wrong)(model, x, y)
    with pytest.raises(ValueError, match="means must have shape"):
        FeatureMatching(known)(model, x, y)
    for fields in ({"detector": detector}, {"threshold": 0.1}):
        with pytest.raises(ValueError, match="a detector needs a threshold"):
            FeatureMatching(known, labels=labels, **fields)
    with pytest.raises(ValueError, match="finite"):
        FeatureMatching(known, labels=labels, detector=detector, threshold=float("nan"))
    with pytest.raises(ValueError, match="NaN"):
        FeatureMatching(known, labels=labels, detector=Constant(float("nan")), threshold=threshold)(model, x, y)

"""Heads that read by distance, against scikit-learn."""

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from robustlib.attacks import PGD
from robustlib.losses import margin
from robustlib.models import Classifier, NearestMeans, NearestNeighbours, class_means


@pytest.fixture(scope="module")
def points():
    generator = torch.Generator().manual_seed(0)
    centres = 2 * torch.randn(4, 5, generator=generator)
    y = torch.randint(4, (80,), generator=generator)
    return centres[y] + torch.randn(80, 5, generator=generator), y, 2 * torch.randn(200, 5, generator=generator)


def test_class_means_by_loop(points):
    z, y, _ = points
    expected = torch.stack([torch.stack([v for v, j in zip(z, y, strict=True) if j == k]).mean(0) for k in range(4)])
    torch.testing.assert_close(class_means(z, y, 4), expected)
    assert not class_means(z.clone().requires_grad_(), y, 4).requires_grad
    with pytest.raises(ValueError, match="class 4 has none"):
        class_means(z, y, 6)


def test_nearest_means_is_scikit_learns_nearest_centroid(points):
    z, y, queries = points
    expected = NearestCentroid().fit(z.numpy(), y.numpy()).predict(queries.numpy())
    head = NearestMeans(class_means(z, y, 4))
    logits = head(queries)
    assert logits.argmax(1).tolist() == expected.tolist() and len(set(expected)) > 1
    torch.testing.assert_close(logits[3, 1], -(queries[3] - head.means[1]).square().sum())
    assert set(head.state_dict()) == {"means"}


def test_nearest_neighbours_tend_to_the_one_nearest(points):
    z, y, queries = points
    expected = KNeighborsClassifier(1).fit(z.numpy(), y.numpy()).predict(queries.numpy()).tolist()
    agreement = []
    for tau in (1e3, 1.0, 1e-2, 1e-5):
        votes = NearestNeighbours(z, y, 4, tau)(queries).argmax(1).tolist()
        agreement.append(sum(a == b for a, b in zip(votes, expected, strict=True)) / len(expected))
    assert agreement[-1] == 1 and agreement[0] < 0.9
    assert agreement[2] >= 0.98


def test_nearest_neighbours_by_loop(points):
    z, y, queries = points
    logits = NearestNeighbours(z, y, 4, 3.0)(queries[:6])
    for i in range(6):
        for k in range(4):
            near = [-(queries[i] - v).square().sum() / 3 for v, j in zip(z, y, strict=True) if j == k]
            torch.testing.assert_close(logits[i, k], torch.stack(near).logsumexp(0), rtol=1e-4, atol=1e-4)


def test_nearest_neighbours_do_not_depend_on_the_order_of_the_store(points):
    z, y, queries = points
    mixed = torch.randperm(80, generator=torch.Generator().manual_seed(1))
    other = NearestNeighbours(z[mixed], y[mixed], 4, 0.5)(queries)
    torch.testing.assert_close(NearestNeighbours(z, y, 4, 0.5)(queries), other, rtol=1e-4, atol=1e-4)


def test_stored_features_are_copied_moved_and_saved(points):
    z, y, queries = points
    stored = z.clone()
    head, means = NearestNeighbours(stored, y, 4, 1.0), NearestMeans(stored[:4])
    before = head(queries), means(queries)
    stored.zero_()
    assert torch.equal(head(queries), before[0]) and torch.equal(means(queries), before[1])
    assert set(head.state_dict()) == {"stored", "label"} and not list(head.parameters())
    fresh = NearestNeighbours(torch.rand_like(z), y, 4, 1.0)
    fresh.load_state_dict(head.state_dict())
    assert torch.equal(fresh(queries), before[0])


@pytest.mark.parametrize("kind", ["means", "neighbours"])
def test_the_gradient_is_finite_on_a_stored_point_and_the_head_can_be_attacked(points, kind):
    z, y, _ = points
    head = NearestMeans(class_means(z, y, 4)) if kind == "means" else NearestNeighbours(z, y, 4, 1.0)
    low, high = z.min(), z.max()
    body = torch.nn.Sequential(torch.nn.Flatten(), Stretch(low, high))
    x = ((z - low) / (high - low)).reshape(-1, 1, 1, 5)
    model = Classifier(body, head)
    images = x.clone().requires_grad_()
    model(images).sum().backward()
    assert torch.isfinite(images.grad).all()
    right = model(x).argmax(1) == y
    x_adv = PGD(0.3, 20, loss=margin)(model, x, y)
    assert right.float().mean() > 0.8 and (model(x_adv).argmax(1) == y).float().mean() < 0.2


class Stretch(torch.nn.Module):
    """From [0, 1] back to the range of the features."""

    def __init__(self, low, high):
        super().__init__()
        self.low, self.high = low, high

    def forward(self, x):
        return self.low + (self.high - self.low) * x


def test_what_cannot_vote_is_refused(points):
    z, y, _ = points
    for tau in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="temperature must be > 0"):
            NearestNeighbours(z, y, 4, tau)
    with pytest.raises(ValueError, match="class 4 has none"):
        NearestNeighbours(z, y, 5, 1.0)
    with pytest.raises(ValueError, match="class|label"):
        NearestNeighbours(z, y, 3, 1.0)  # a label beyond the classes would never be voted for
    with pytest.raises(ValueError, match="class|label"):
        class_means(z, y, 3)

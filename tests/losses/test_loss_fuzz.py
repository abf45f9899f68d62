"""Every exported loss on odd numbers and layouts: what a loop in Python's own floats says, or a sentence."""

import inspect
import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from robustlib import losses

pytestmark = pytest.mark.bad_input
Row = list[float]
trying = settings(max_examples=60)


def lse(f: Row) -> float:
    return max(f) + math.log(sum(math.exp(v - max(f)) for v in f))


def lead(f: Row, y: int) -> float:
    return max(v for j, v in enumerate(f) if j != y) - f[y]


def dlr(f: Row, y: int) -> float:
    top = sorted(f, reverse=True)
    return lead(f, y) if len(f) == 2 else lead(f, y) / (top[0] - top[2] + 1e-12)


def targeted_dlr(f: Row, y: int, t: int) -> float:
    top = sorted(f, reverse=True)
    return f[t] - f[y] if len(f) < 4 else (f[t] - f[y]) / (top[0] - (top[2] + top[3]) / 2 + 1e-12)


def smoothed(f: Row, y: int, weight: float) -> float:
    others = sum(lse(f) - v for j, v in enumerate(f) if j != y) / (len(f) - 1)
    return lse(f) - f[y] + weight * others


def boundary(f: Row) -> float:
    rest = sorted(f)[:-1]
    return 1 / (1 + sum(math.exp(v - rest[-1]) for v in rest))


OF_LOGITS: dict[str, Callable[..., float]] = {
    "cross_entropy": lambda f, y: lse(f) - f[y],
    "margin": lead,
    "logit": lambda f, y: f[y],
    "dlr": dlr,
    "reverse_cross_entropy": lambda f, y: sum(lse(f) - v for j, v in enumerate(f) if j != y) / (len(f) - 1),
    "shortfall": lambda f, y: max(0.0, -lead(f, y)),
    "reached": lambda f, y: float(f.index(max(f)) != y and lead(f, y) >= 0),
    "label_smoothing": lambda f, y: 0.8 * smoothed(f, y, 0.25),
}
g = math.dist


def turned(a: Row, b: Row) -> float:
    return 1 - abs(sum(map(math.prod, zip(a, b, strict=True)))) / math.prod(
        math.sqrt(sum(v * v for v in z) + 1e-12) for z in (a, b)
    )


def largest(a: Row, b: Row) -> float:
    return max(abs(v - w) for v, w in zip(a, b, strict=True))


OF_EMBEDDINGS: dict[str, Callable[..., float]] = {
    "triplet": lambda a, p, n: max(0.0, g(a, p) ** 2 - g(a, n) ** 2 + 1),
    "norm_triplet": lambda a, p, n: max(0.0, largest(a, p) - largest(a, n) + 1),
    "angular_triplet": lambda a, p, n: max(0.0, turned(a, p) - turned(a, n) + 0.05),
    "sigmoid_triplet": lambda a, p, n: 1 / (1 + math.exp(min(700, g(a, n) - g(a, p)))),
    "discrepancy": lambda a, p, n: 1 / (1 + math.exp(min(700, g(a, p) - g(a, n)))),
}
APART = {  # tried below by a test each
    *("targeted_dlr", "smoothed_cross_entropy", "smoothed_label", "contrastive", "distances", "boundary_confidence"),
    *("batch_hard", "semi_hard", "random_triplets", "cosine", "siamese_cosine"),
    *("to_class_mean", "reduce_variance", "cluster_distance", "margin_objective"),
    *("proximity", "separation", "prototype_conformity"),
    *("likeliest_wrong", "any_other", "nearest_other"),
}
BOUNDS = {  # of numbers, no tensors: tests/losses/test_reverse_bounds.py
    *("reverse_difference_bound", "reverse_error_bound", "smoothed_difference"),
    *("worst_difference_logits", "worst_error_logits"),
}


def test_every_loss_has_its_loop():
    exported = {name for name, value in vars(losses).items() if inspect.isfunction(value)}
    assert exported == set(OF_LOGITS) | set(OF_EMBEDDINGS) | APART | BOUNDS


KINDS = [torch.float32, torch.float32, torch.float64, torch.float16, torch.bfloat16]
LAYOUTS: list[Callable[[Tensor], Tensor]] = [
    lambda z: z,
    lambda z: z.T.contiguous().T,
    lambda z: torch.stack([z, z + 1], 1).flatten(0, 1)[::2],
    lambda z: z[:1].expand(z.shape) if len(z) else z,
    lambda z: z.clone().requires_grad_(True),
]
NUMBERS = st.one_of(st.floats(-40, 40, width=16), st.sampled_from([0.0, 1.0, -1.0, 100.0, -200.0]))


@st.composite
def matrices(draw, count: int = 1, least: int = 2) -> list[Tensor]:
    """So many tensors of one shape (n, d), of odd precision and layout."""
    n, d = draw(st.integers(0, 4)), draw(st.integers(least, 6))
    kind, layout = draw(st.sampled_from(KINDS)), draw(st.sampled_from(LAYOUTS))
    numbers = st.lists(NUMBERS, min_size=n * d, max_size=n * d)
    return [layout(torch.tensor(draw(numbers), dtype=torch.float64).reshape(n, d).to(kind)) for _ in range(count)]


def labels_of(draw: Callable, f: Tensor) -> Tensor:
    return torch.tensor(
        draw(st.lists(st.integers(0, f.shape[1] - 1), min_size=len(f), max_size=len(f))), dtype=torch.int64
    )


def agrees(found: Tensor, expected: list[float], kind: torch.dtype) -> None:
    """Finite, one value a row, the loop's to the digits that the kind has."""
    want = torch.tensor(expected, dtype=torch.float64).reshape(len(expected))
    assert found.shape == want.shape and found.isfinite().all()
    narrow = kind in (torch.float16, torch.bfloat16) and found.dtype == kind  # margins of 16 bits are rounded to 16
    tolerance = (1e-2 if narrow else 1e-4, 1 if narrow else 1e-4)
    torch.testing.assert_close(found.detach().double(), want, rtol=tolerance[0], atol=tolerance[1])


@pytest.mark.parametrize("name", OF_LOGITS)
@trying
@given(st.data())
def test_losses_of_logits(name, data):
    (f,) = data.draw(matrices())
    y = labels_of(data.draw, f)
    if name == "reached" and f.dtype == torch.bfloat16:
        return
    found = getattr(losses, name)(f, y)
    rows = zip(f.double().tolist(), y.tolist(), strict=True)
    ties = name == "dlr" and any(len(set(sorted(row)[-3:])) == 1 for row in f.tolist())
    if ties and f.dtype != torch.float64:  # a margin of 0 or of rounding, over 1e-12
        assert found.isfinite().all()
        return
    agrees(found.double() if found.dtype == torch.bool else found, [OF_LOGITS[name](*row) for row in rows], f.dtype)


@pytest.mark.parametrize("name", OF_EMBEDDINGS)
@trying
@given(matrices(3, 1))
def test_losses_of_embeddings(name, z):
    rows = zip(*(part.double().tolist() for part in z), strict=True)
    found = getattr(losses, name)(*z)
    squares = [part.double().square().sum(1).max().item() for part in z if len(part)]
    scale = max([1.0, *squares]) if name == "triplet" else 1.0  # of a difference of squares their digits count
    agrees(found / scale, [OF_EMBEDDINGS[name](*row) / scale for row in rows], torch.float32)
    if z[0].is_leaf and z[0].requires_grad and len(z[0]):
        found.sum().backward()
        assert all(part.grad.isfinite().all() for part in z)


@trying
@given(st.data(), st.sampled_from([0.0, 0.3, 5.0, -1.0, math.nan, math.inf]))
def test_label_smoothing(data, weight):
    (f,) = data.draw(matrices())
    y = labels_of(data.draw, f)
    if not 0 <= weight < math.inf:
        with pytest.raises(ValueError, match="weight lambda must be finite and >= 0"):
            losses.smoothed_cross_entropy(f, y, weight)
        return
    rows = zip(f.double().tolist(), y.tolist(), strict=True)
    agrees(losses.smoothed_cross_entropy(f, y, weight), [smoothed(*row, weight) for row in rows], torch.float32)
    label = losses.smoothed_label(y, f.shape[1], weight)
    torch.testing.assert_close(label.sum(1), torch.ones(len(y)))
    assert torch.equal(label.gather(1, y[:, None])[:, 0], torch.full((len(y),), 1 / (1 + weight)))


@trying
@given(st.data())
def test_towards_a_target(data):
    (f,) = data.draw(matrices())
    y, t = labels_of(data.draw, f), labels_of(data.draw, f)
    found = losses.targeted_dlr(f, y, t)
    if any(len(set(sorted(row)[-4:])) == 1 for row in f.tolist()):
        assert found.isfinite().all()
        return
    agrees(
        found, [targeted_dlr(*row) for row in zip(f.double().tolist(), y.tolist(), t.tolist(), strict=True)], f.dtype
    )


@trying
@given(matrices())
def test_confidence_at_the_boundary(f):
    if f[0].dtype in (torch.float16, torch.bfloat16):
        return
    agrees(losses.boundary_confidence(f[0]), [boundary(row) for row in f[0].double().tolist()], torch.float32)


@trying
@given(st.data())
def test_pairs_and_distances(data):
    a, b = data.draw(matrices(2, 1))
    same = torch.tensor(data.draw(st.lists(st.booleans(), min_size=len(a), max_size=len(a))), dtype=torch.bool)
    rows = list(zip(a.double().tolist(), b.double().tolist(), same.tolist(), strict=True))
    agrees(
        losses.contrastive(a, b, same), [(g(p, q) if s else max(0, 1 - g(p, q))) ** 2 / 2 for p, q, s in rows], a.dtype
    )
    square = losses.distances(a, b)
    assert square.shape == (len(a), len(b)) and losses.distances(a, b[:0]).shape == (len(a), 0)
    agrees(square.diagonal(), [g(p, q) ** 2 for p, q, _ in rows], torch.float32)
    agrees(losses.distances(a, b, squared=False).diagonal(), [g(p, q) for p, q, _ in rows], torch.float32)


def angle(p: Row, q: Row) -> float:
    lengths = math.hypot(*p) * math.hypot(*q)
    return sum(a * b for a, b in zip(p, q, strict=True)) / lengths if lengths else 0.0


@trying
@given(st.data())
def test_cosines_of_pairs(data):
    a, b = data.draw(matrices(2, 1))
    same = torch.tensor(data.draw(st.lists(st.booleans(), min_size=len(a), max_size=len(a))), dtype=torch.bool)
    rows = list(zip(a.double().tolist(), b.double().tolist(), same.tolist(), strict=True))
    agrees(losses.cosine(a, b), [angle(p, q) for p, q, _ in rows], torch.float32)
    found = losses.siamese_cosine(a, b, same)
    agrees(found, [(s - angle(p, q)) ** 2 for p, q, s in rows], torch.float32)
    if a.is_leaf and a.requires_grad and len(a):
        found.sum().backward()
        assert a.grad.isfinite().all()


def middle(rows: list[Row]) -> Row:
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


@trying
@given(st.data())
def test_clusters_and_prototypes(data):
    z, w = data.draw(matrices(2, 1))
    y = torch.tensor(data.draw(st.lists(st.integers(0, 2), min_size=len(z), max_size=len(z))), dtype=torch.int64)
    rows = list(zip(z.double().tolist(), y.tolist(), strict=True))
    means = {c: middle([p for p, label in rows if label == c]) for c in y.unique().tolist()}
    agrees(losses.to_class_mean(z, y), [g(p, means[c]) for p, c in rows], torch.float32)
    width = sum(g(p, means[c]) / y.tolist().count(c) for p, c in rows) / max(1, len(means))
    apart = sum(g(p, q) for p in means.values() for q in means.values()) / max(1, len(means) * (len(means) - 1))
    found = losses.reduce_variance(z, y), losses.cluster_distance(z, y), losses.margin_objective(z, y)
    agrees(torch.stack(found), [width, apart, width - apart], torch.float32)
    assert losses.reduce_variance(z, y, "released").isfinite() and losses.margin_objective(z, y, angular=True) >= -2.01
    if len(w) < 2:
        return
    y, points = y.clamp(max=len(w) - 1), w.double().tolist()
    near = [g(p, points[c]) for p, c in zip(z.double().tolist(), y.tolist(), strict=True)]
    agrees(losses.proximity(z, y, w), near, torch.float32)
    far = [
        sum(g(p, q) + g(points[c], q) for j, q in enumerate(points) if j != c) / (len(w) - 1)
        for p, c in zip(z.double().tolist(), y.tolist(), strict=True)
    ]
    agrees(losses.separation(z, y, w), far, torch.float32)
    agrees(losses.prototype_conformity(z, y, w), [a - b for a, b in zip(near, far, strict=True)], torch.float32)


@pytest.mark.parametrize("mine", [losses.random_triplets, losses.batch_hard, losses.semi_hard])
@trying
@given(st.data())
def test_mining(mine, data):
    (z,) = data.draw(matrices(1, 1))
    y = torch.tensor(data.draw(st.lists(st.integers(0, 2), min_size=len(z), max_size=len(z))), dtype=torch.int64)
    a, p, n = mine(z, y)
    assert len(a) == len(p) == len(n)
    usable = [i for i in range(len(y)) if (y == y[i]).sum() > 1 and (y != y[i]).any()]
    assert a.tolist() == usable
    assert (y[a] == y[p]).all() and (a != p).all() and (y[a] != y[n]).all()


@pytest.mark.parametrize("choice", [losses.likeliest_wrong, losses.any_other, losses.nearest_other])
@trying
@given(st.data())
def test_negatives(choice, data):
    (f,) = data.draw(matrices())
    y = labels_of(data.draw, f)
    far = torch.rand(len(f), len(f), generator=torch.Generator().manual_seed(0))
    if len(set(y.tolist())) < 2:
        with pytest.raises(ValueError, match="needs a negative, an image of another class, and the batch holds"):
            choice(f, far, y)
        return
    found = choice(f, far, y)
    assert found.shape == y.shape and (y[found] != y).all()


@pytest.mark.parametrize("name", [*OF_LOGITS, "targeted_dlr"])
@pytest.mark.parametrize("value", [math.nan])
def test_what_is_no_number_stays_none(name, value):
    """Never a finite loss, never a success."""
    f, y = torch.tensor([[1.0, value, 2.0, 0.5], [1.0, 2.0, 3.0, 0.5]]), torch.tensor([1, 0])
    found = losses.targeted_dlr(f, y, y - y + 2) if name == "targeted_dlr" else getattr(losses, name)(f, y)
    assert not found[0] if name == "reached" else found[0].isnan()
    assert found[1].isfinite()

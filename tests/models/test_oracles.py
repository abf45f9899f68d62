"""The oracle database: its draw, the exact rule and Algorithm 1 against naive transcriptions of the printed loops."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from robustlib.attacks import PGD
from robustlib.losses import margin
from robustlib.models import Classifier, NearestOracles, TwoStep, draw_oracles


def database(classes=6, n=5, d=4, queries=40, seed=0, dtype=torch.float32):
    """Oracles of overlapping classes, shuffled, and queries among them."""
    generator = torch.Generator().manual_seed(seed)
    centres = 1.5 * torch.randn(classes, d, generator=generator, dtype=dtype)
    y = torch.arange(classes).repeat(n)[torch.randperm(classes * n, generator=generator)]
    z = centres[y] + torch.randn(len(y), d, generator=generator, dtype=dtype)
    near = centres[torch.randint(classes, (queries,), generator=generator)]
    return z, y, near + torch.randn(queries, d, generator=generator, dtype=dtype)


def euclidean(a, b):
    return math.sqrt(sum((s - t) ** 2 for s, t in zip(a.tolist(), b.tolist(), strict=True)))


def algorithm_1(query, z, y, classes, m, k, sim):
    """The printed loops, with means for sums: (predicted label, selected labels, similarity of each of them)."""

    def similarity(label, count):
        samples = [o for o, c in zip(z, y.tolist(), strict=True) if c == label][:count]
        return sum(sim(query, o) for o in samples) / len(samples)

    first = {label: similarity(label, m) for label in range(classes)}
    selected = sorted(first, key=first.__getitem__, reverse=True)[:k]
    second = {label: similarity(label, None) for label in selected}
    return max(second, key=second.__getitem__), set(selected), second


@pytest.mark.parametrize(("m", "k"), [(1, 1), (3, 2), (3, 5), (5, 3), (2, 6)])
@pytest.mark.parametrize("literal", [False, True], ids=["nearest", "literal"])
def test_two_step_is_algorithm_1(m, k, literal):
    z, y, queries = database(dtype=torch.float64)
    logits = TwoStep(z, y, 6, m, k, literal=literal)(queries)
    sign = 1 if literal else -1
    for i, query in enumerate(queries):
        label, selected, similarities = algorithm_1(query, z, y, 6, m, k, lambda a, b: sign * euclidean(a, b))
        assert logits[i].argmax() == label
        for c, value in similarities.items():
            assert logits[i, c].item() == pytest.approx(value)
        assert all(logits[i, c] < min(similarities.values()) for c in set(range(6)) - selected)


def test_the_shortcut_loses_decisions_where_it_keeps_too_few():
    z, y, queries = database(queries=300)
    exact = NearestOracles(z, y, 6)(queries).argmax(1)
    agree = [(TwoStep(z, y, 6, m, k)(queries).argmax(1) == exact).float().mean() for m, k in ((1, 1), (1, 3), (3, 5))]
    assert agree[0] < agree[1] < 1 and agree[2] > 0.99


def test_exact_rule_by_naive_loop_also_with_unequal_classes():
    z, y, queries = database()
    few = torch.cat([(y == c).nonzero().squeeze(1)[: c % 3 + 1] for c in range(6)])
    for rows in (torch.arange(len(y)), few):
        head = NearestOracles(z[rows], y[rows], 6)
        logits = head(queries)
        for i, query in enumerate(queries):
            for c in range(6):
                near = [euclidean(query, o) for o, label in zip(z[rows], y[rows], strict=True) if label == c]
                assert -logits[i, c].item() == pytest.approx(sum(near) / len(near), rel=1e-5)
        torch.testing.assert_close(head.distances(queries), -logits)
        assert head.comparisons == len(rows)


def test_two_step_with_unequal_classes_by_naive_loop():
    z, y, queries = database(dtype=torch.float64)
    rows = torch.cat([(y == c).nonzero().squeeze(1)[: c % 3 + 2] for c in range(6)])
    logits = TwoStep(z[rows], y[rows], 6, m=2, k=3)(queries)
    expected = [algorithm_1(q, z[rows], y[rows], 6, 2, 3, lambda a, b: -euclidean(a, b))[0] for q in queries]
    assert logits.argmax(1).tolist() == expected


def test_with_all_classes_kept_the_two_steps_are_the_exact_rule():
    z, y, queries = database(queries=300)
    torch.testing.assert_close(TwoStep(z, y, 6, 2, 6)(queries), NearestOracles(z, y, 6)(queries))
    assert TwoStep(z, y, 6, 3, 4).comparisons == 6 * 3 + 4 * 5


def test_the_literal_arg_max_is_the_farthest_class():
    z, y, queries = database(n=20, queries=300)
    exact = NearestOracles(z, y, 6)
    assert torch.equal(TwoStep(z, y, 6, 3, 6, literal=True)(queries).argmax(1), exact.distances(queries).argmax(1))
    literal, meant = (TwoStep(z, y, 6, literal=flag)(queries).argmax(1) for flag in (True, False))
    assert not (literal == exact(queries).argmax(1)).any()
    assert (meant == exact(queries).argmax(1)).float().mean() > 0.95


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 6), st.booleans())
@settings(max_examples=20)
def test_a_dropped_class_never_wins(seed, m, k, literal):
    z, y, queries = database(seed=seed, queries=20)
    head = TwoStep(z, y, 6, m, k, literal=literal)
    sign = 1 if literal else -1
    some = torch.stack([z[y == c][:m] for c in range(6)])
    first = sign * (queries[:, None, None] - some).square().sum(-1).sqrt().mean(2)
    chosen = first.argsort(dim=1, descending=True)[:, :k]
    assert (chosen == head(queries).argmax(1)[:, None]).any(1).all()


def test_images_do_not_influence_each_other():
    z, y, queries = database(queries=200)
    for head in (NearestOracles(z, y, 6), TwoStep(z, y, 6, 2, 3)):
        whole = head(queries)
        alone = torch.cat([head(query[None]) for query in queries])
        torch.testing.assert_close(whole, alone, rtol=1e-6, atol=1e-6)
        assert head(queries[:0]).shape == (0, 6)


def test_gradients_are_those_of_the_formula_also_of_a_dropped_class():
    z, y, queries = database(dtype=torch.float64)
    head = TwoStep(z, y, 6, 2, 2)
    assert torch.autograd.gradcheck(head, queries[:5].clone().requires_grad_())
    first = NearestOracles(torch.cat([z[y == c][:2] for c in range(6)]), torch.arange(6).repeat_interleave(2), 6)
    query = queries[:1].clone().requires_grad_()
    s, logits = first(query)[0], head(query)[0]
    best = s.argsort(descending=True)
    weakest, last = min(best[:2], key=lambda c: logits[c]), best[1]
    dropped = best[4]
    (g,) = torch.autograd.grad(logits[dropped], query, retain_graph=True)
    (expected,) = torch.autograd.grad(logits[weakest] + s[dropped] - s[last], query)
    torch.testing.assert_close(g, expected)


def test_a_query_on_an_oracle_has_a_finite_gradient():
    z, y, _ = database()
    for head in (NearestOracles(z, y, 6), TwoStep(z, y, 6, 2, 3)):
        on = z.clone().requires_grad_()
        (g,) = torch.autograd.grad(head(on).sum(), on)
        assert torch.isfinite(g).all() and g.any()


@pytest.mark.parametrize("two_step", [False, True], ids=["exact", "two-step"])
def test_the_head_is_a_white_box_target(two_step):
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(60) % 3
    x = (0.5 + 0.05 * torch.randn(60, 1, 3, 3, generator=generator)).clamp(0, 1)
    x[torch.arange(60), 0, y, y] += 0.25
    x = x.clamp(0, 1)
    body = nn.Sequential(nn.Flatten(), nn.Linear(9, 9, bias=False))
    nn.init.orthogonal_(body[1].weight, generator=generator)
    z, labels = draw_oracles(body(x), y, 5, seed=0)
    head = TwoStep(z, labels, 3, 2, 2) if two_step else NearestOracles(z, labels, 3)
    model = Classifier(body, head)
    assert (model(x).argmax(1) == y).float().mean() > 0.9
    x_adv = PGD(0.3, 20, loss=margin)(model, x, y)
    assert (model(x_adv).argmax(1) == y).float().mean() < 0.1


def test_oracles_are_copied_moved_saved_and_no_parameters():
    z, y, queries = database()
    stored = z.clone().requires_grad_()
    head = TwoStep(stored, y, 6, 2, 3)
    before = head(queries)
    with torch.no_grad():
        stored.zero_()
    assert torch.equal(head(queries), before) and not before.requires_grad
    assert set(head.state_dict()) == {"oracles", "share"} and not list(head.parameters())
    fresh = TwoStep(torch.rand_like(z), y, 6, 2, 3)
    fresh.load_state_dict(head.state_dict())
    assert torch.equal(fresh(queries), before)
    assert head.double()(queries.double()).dtype == torch.float64


class Counted(TorchDispatchMode):
    """Counts torch's operations."""

    calls = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.calls += 1
        return func(*args, **(kwargs or {}))


def test_ten_thousand_embeddings_take_as_many_operations_as_ten():
    z, y, queries = database(classes=10, n=20, d=128, queries=10_000)
    for head in (TwoStep(z, y, 10), NearestOracles(z, y, 10)):
        calls = []
        for some in (queries[:10], queries):
            with torch.no_grad(), Counted() as counted:
                assert head(some).shape == (len(some), 10)
            calls.append(counted.calls)
        assert 0 < calls[0] == calls[1]


def test_the_draw_is_n_of_each_class_uniform_nested_and_of_its_seed():
    y = torch.tensor([0] * 9 + [1] * 4 + [2] * 6)[torch.randperm(19, generator=torch.Generator().manual_seed(1))]
    rows = torch.arange(19)
    state = torch.get_rng_state()
    drawn, labels = draw_oracles(rows, y, 4, seed=7)
    assert torch.equal(torch.get_rng_state(), state)
    assert labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4 and torch.equal(y[drawn], labels)
    assert len(set(drawn.tolist())) == 12
    assert torch.equal(drawn, draw_oracles(rows, y, 4, seed=7)[0])
    fewer = draw_oracles(rows, y, 2, seed=7)[0].reshape(3, 2)
    assert torch.equal(fewer, drawn.reshape(3, 4)[:, :2])
    images = torch.rand(19, 1, 2, 2)
    assert torch.equal(draw_oracles(images, y, 4, seed=7)[0], images[drawn])
    counts = torch.stack([draw_oracles(rows, y, 1, seed)[0] for seed in range(900)])[:, 0].bincount(minlength=19)
    assert (counts[y != 0] == 0).all() and all(60 < c < 145 for c in counts[y == 0].tolist())  # 100 expected


Z, Y = torch.randn(12, 4, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 3
WRONG = {
    "n larger than a class": (lambda: draw_oracles(Z, Y, 5, 0), "class 0 has 4 examples, n=5 .* ask for fewer"),
    "an empty class to draw from": (lambda: draw_oracles(Z, 2 * Y, 1, 0), "class 1 has 0 examples"),
    "nothing drawn": (lambda: draw_oracles(Z, Y, 0, 0), "n >= 1 oracles, got n=0"),
    "nothing to draw from": (lambda: draw_oracles(Z[:0], Y[:0], 1, 0), "nothing to draw"),
    "an empty class": (lambda: NearestOracles(Z, Y, 4), "class 3 has none"),
    "an empty class, two steps": (lambda: TwoStep(Z, 2 * Y, 5, 1, 2), "class 1 has none"),
    "a class too many": (lambda: NearestOracles(Z, Y, 2), r"in 0 .. 1, got class 2"),
    "a negative label": (lambda: NearestOracles(Z, Y - 1, 3), "labels must be >= 0, got -1"),
    "m larger than n": (lambda: TwoStep(Z, Y, 3, m=5, k=2), "a class has 4, got m=5"),
    "m of the smallest class": (lambda: TwoStep(Z[:10], Y[:10], 3, m=4, k=2), "a class has 3, got m=4"),
    "m of zero": (lambda: TwoStep(Z, Y, 3, m=0, k=2), "m >= 1"),
    "k larger than the classes": (lambda: TwoStep(Z, Y, 3), "between 1 and all 3 classes, got k=5"),
    "k of zero": (lambda: TwoStep(Z, Y, 3, k=0), "got k=0"),
    "labels elsewhere": (lambda: NearestOracles(Z, Y.to("meta"), 3), "oracles are on cpu and their labels on meta"),
    "oracles elsewhere": (lambda: TwoStep(Z.to("meta"), Y, 3, k=2), "oracles are on meta and their labels on cpu"),
    "a draw elsewhere": (lambda: draw_oracles(Z.to("meta"), Y, 1, 0), "on meta"),
    "features elsewhere": (lambda: NearestOracles(Z, Y, 3).to("meta")(Z), "oracles are on meta, the features on cpu"),
    "features elsewhere, two steps": (lambda: TwoStep(Z, Y, 3, k=2)(Z.to("meta")), "on cpu, the features on meta"),
    "another width": (lambda: NearestOracles(Z, Y, 3)(Z[:, :3]), r"have 4 features, got features \(12, 3\)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_database_is_said(name):
    build, says = WRONG[name]
    with pytest.raises(ValueError, match=says):
        build()


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "make", [lambda z, y: NearestOracles(z, y, 3), lambda z, y: draw_oracles(z, y, 1, 0)], ids=["head", "draw"]
)
def test_labels_that_do_not_belong_to_the_oracles(make):
    with pytest.raises(ValueError, match=r"one int64 label for each of 12 examples, got torch.int64 \(11,\)"):
        make(Z, Y[:11])
    with pytest.raises(ValueError, match="got torch.float32"):
        make(Z, Y.float())

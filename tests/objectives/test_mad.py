"""MAD's terms against loops, its options, its gradients, and golden losses."""

from dataclasses import dataclass, field, replace
from statistics import mean

import pytest
import torch
from objectives.toys import examples, network
from torch import nn
from torch.nn import functional as F

from robustlib.attacks import FGSM
from robustlib.datasets import SiamesePairs, Split
from robustlib.models import Classifier, resnet
from robustlib.objectives import MAD

# The loss after twenty steps on fixed tensors, as it was when the objective was written.
GOLDEN = {
    "projected": (
        MAD(),
        {"ce": 2.12173, "siamese": 0.267678, "variance": 0.691753, "jacobian": 0.0481349, "sum": 3.12929},
    ),
    "exact": (
        MAD(method="exact"),
        {"ce": 2.12185, "siamese": 0.268752, "variance": 0.691361, "jacobian": 0.0481935, "sum": 3.13016},
    ),
    "difference": (
        MAD(method="difference", projections=2),
        {"ce": 2.12184, "siamese": 0.269097, "variance": 0.691609, "jacobian": 0.0457849, "sum": 3.12833},
    ),
    "logits": (
        MAD(jacobian=0.1, jacobian_of="logits", method="exact", absolute=True, form="released"),
        {"ce": 2.14444, "siamese": 0.507431, "variance": 0.0238748, "jacobian": 0.248896, "sum": 2.92464},
    ),
    "attacked": (
        MAD(attack=FGSM(0.05), method="exact"),
        {"ce": 2.20283, "siamese": 0.347421, "variance": 0.697908, "jacobian": 0.0462928, "sum": 3.29445},
    ),
}


def pairs(n=18):
    """Pairs of one class and of two, in turn."""
    x, y = examples(n)
    partner = torch.where(torch.arange(n) % 2 == 0, torch.arange(n).roll(-3), torch.arange(n).roll(-1))
    return x, y, x[partner], y[partner]


def train(objective):
    torch.manual_seed(0)
    model, batch = network(), pairs()
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    losses = []
    for _ in range(21):
        optimizer.zero_grad()
        terms = objective(model, *batch)
        total = sum(terms.values())
        total.backward()
        optimizer.step()
        losses.append({name: term.item() for name, term in terms.items()} | {"sum": total.item()})
    return losses


@pytest.mark.parametrize("name", GOLDEN)
def test_loss_after_twenty_steps(name):
    objective, golden = GOLDEN[name]
    losses = train(objective)
    assert losses[-1]["sum"] < losses[0]["sum"]
    assert losses[-1] == pytest.approx(golden, rel=1e-3)


def naive(model, x1, y1, x2, y2, layer="features", of="features"):
    """The terms at weight 1, number by number."""
    known = {"features": model.features, "logits": model}
    found = {"ce": 0.0, "siamese": 0.0, "variance": 0.0, "jacobian": 0.0}
    for x, y in ((x1, y1), (x2, y2)):
        z = known[layer](x)
        found["ce"] += F.cross_entropy(model(x), torch.full((len(y), 3), 0.1).scatter(1, y[:, None], 0.8))
        widths = [
            sum((z[i] - z[y == c].mean(0)).norm() for i in range(len(y)) if y[i] == c) / int((y == c).sum())
            for c in set(y.tolist())
        ]
        found["variance"] += sum(widths) / len(widths)
        norms = [torch.autograd.functional.jacobian(known[of], one[None]).norm() for one in x]
        found["jacobian"] += sum(norms) / len(norms)
    a, b = known[layer](x1), known[layer](x2)
    gaps = [(float(p == q) - F.cosine_similarity(s, t, 0)) ** 2 for p, q, s, t in zip(y1, y2, a, b, strict=True)]
    found["siamese"] = sum(gaps) / len(gaps)
    return found


@pytest.mark.parametrize("layer", ["features", "logits"])
@pytest.mark.parametrize("of", ["features", "logits"])
def test_terms_by_hand(layer, of):
    model, batch = network(), pairs()
    weights = {"ce": 0.5, "siamese": 2.0, "variance": 3.0, "jacobian": 0.7}
    terms = MAD(**weights, layer=layer, jacobian_of=of, method="exact")(model, *batch)
    expected = naive(model, *batch, layer, of)
    assert list(terms) == list(weights)
    for name, value in expected.items():
        torch.testing.assert_close(terms[name].detach(), (weights[name] * value).detach(), rtol=1e-5, atol=1e-5)


def test_the_paper_s_weights_and_layer():
    mad = MAD()
    assert (mad.ce, mad.siamese, mad.variance, mad.jacobian, mad.alpha) == (1, 1, 1, 0.01, 0.8)
    model, batch = network(), pairs()
    one, other = MAD(method="exact")(model, *batch), MAD(method="exact", jacobian_of="features")(model, *batch)
    assert one == other and MAD(method="exact", layer="logits")(model, *batch)["jacobian"] != one["jacobian"]


@pytest.mark.parametrize("method", ["projected", "difference"])
def test_the_estimates_stand_around_the_exact_term_and_its_gradient(method):
    torch.manual_seed(0)
    model, batch = network(), pairs()

    def reached(objective):
        terms = objective(model, *batch)
        return terms["jacobian"].item(), torch.autograd.grad(terms["jacobian"], model.body[1].weight)[0]

    value, gradient = reached(MAD(jacobian=1.0, method="exact"))
    found = [reached(MAD(jacobian=1.0, method=method, projections=4, step=1e-3)) for _ in range(40)]
    assert mean(v for v, _ in found) == pytest.approx(value, rel=0.04)
    close = torch.stack([g for _, g in found]).mean(0)
    assert F.cosine_similarity(close.flatten(), gradient.flatten(), 0) > 0.97


def test_the_released_jacobian_is_zero_and_moves_no_weight():
    model, batch = network(), pairs()
    terms = MAD(jacobian=1.0, method="released")(model, *batch)
    assert terms["jacobian"] < 1e-5 < 1e-2 < MAD(jacobian=1.0)(model, *batch)["jacobian"]
    gradients = torch.autograd.grad(terms["jacobian"], list(model.parameters()), allow_unused=True)
    assert all(g is None or g.abs().max() < 1e-5 for g in gradients)


def test_training_lowers_the_jacobian_and_the_released_term_does_not():
    def after(objective):
        torch.manual_seed(0)
        model, batch = network(), pairs()
        optimizer = torch.optim.SGD(model.parameters(), 0.05)
        for _ in range(40):
            optimizer.zero_grad()
            sum(objective(model, *batch).values()).backward()
            optimizer.step()
        return MAD(jacobian=1.0, method="exact")(model, *batch)["jacobian"].item()

    without = after(MAD(jacobian=0.0))
    assert after(MAD(jacobian=0.3, method="released")) == pytest.approx(without, rel=1e-3)
    for method in ("projected", "exact", "difference"):
        assert after(MAD(jacobian=0.3, method=method)) < 0.8 * without


def test_a_term_of_weight_zero_is_neither_computed_nor_returned():
    model, batch = network(), pairs()
    passed = []
    model.body[1].register_full_backward_hook(lambda *_: passed.append("back"))
    whole = MAD(method="exact")(model, *batch)
    assert len(passed) == 6  # a backward for each of six features
    for name, value in whole.items():
        left = MAD(**{n: 0.0 for n in whole if n != name}, method="exact")(model, *batch)
        assert list(left) == [name] or name != "jacobian"
        torch.testing.assert_close(left[name], value)
    passed.clear()
    MAD(jacobian=0.0)(model, *batch)
    assert not passed


def test_gradients_reach_the_head_by_cross_entropy_only():
    model, batch = network(), pairs()
    terms = MAD(method="exact")(model, *batch)
    for name, term in terms.items():
        reached = torch.autograd.grad(term, list(model.parameters()), allow_unused=True, retain_graph=True)
        body, head = reached[:4], reached[4:]
        assert any(g is not None and g.any() for g in body), name
        assert all(g is not None for g in head) == (name == "ce")


def normed():
    """A residual network, whose batch-norm trains."""
    torch.manual_seed(0)
    return resnet(8, classes=3, channels=1, width=4, slope=0.1).train()


@pytest.mark.parametrize("method", ["projected", "exact", "difference", "released"])
def test_batch_norm_sees_one_batch_once(method):
    model, batch = normed(), pairs()
    expected = normed()
    expected(torch.cat([batch[0], batch[2]]))
    terms = MAD(method=method)(model, *batch)
    for (name, found), (_, wanted) in zip(model.named_buffers(), expected.named_buffers(), strict=True):
        torch.testing.assert_close(found, wanted, msg=name)
    sum(terms.values()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_methods_agree_where_batch_norm_trains():
    model, batch = normed(), pairs()

    def measured(method):
        objective = MAD(jacobian=1.0, method=method, projections=8)
        return mean(objective(model, *batch)["jacobian"].item() for _ in range(8))

    torch.manual_seed(0)
    exact = measured("exact")
    assert measured("projected") == pytest.approx(exact, rel=0.1)
    assert measured("difference") == pytest.approx(exact, rel=0.15)


@dataclass(frozen=True)
class Recorder:
    """An attack that inverts the images, and keeps what it was called with."""

    calls: list = field(default_factory=list)

    def __call__(self, model, x, y):
        self.calls.append((x.clone(), y.clone()))
        return 1 - x


def test_all_terms_see_the_clean_and_the_attacked_pairs():
    model, (x1, y1, x2, y2) = network(), pairs()
    attack = Recorder()
    attacked = MAD(attack=attack, method="exact")(model, x1, y1, x2, y2)
    both = torch.cat([x1, 1 - x1]), torch.cat([y1, y1]), torch.cat([x2, 1 - x2]), torch.cat([y2, y2])
    expected = MAD(method="exact")(model, *both)
    for name, value in expected.items():
        torch.testing.assert_close(attacked[name], value)
    ((x, y),) = attack.calls
    assert torch.equal(x, torch.cat([x1, x2])) and torch.equal(y, torch.cat([y1, y2]))


def test_takes_what_its_sampler_yields():
    x, y = examples(30)
    split = Split((255 * x.clamp(0, 1)).to(torch.uint8), y, "toy")
    for batch in SiamesePairs(16)(split):
        terms = MAD()(network(), *batch)
        assert set(terms) == {"ce", "siamese", "variance", "jacobian"}
        assert all(term.shape == () and term.isfinite() for term in terms.values())


def test_a_difference_is_in_float32_under_an_autocast():
    model, batch = network(), pairs()
    torch.manual_seed(0)
    expected = MAD(method="difference")(model, *batch)
    torch.manual_seed(0)
    with torch.autocast("cpu", torch.bfloat16):
        found = MAD(method="difference")(model, *batch)
        narrow = MAD(method="exact")(model, *batch)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert all(term.dtype == torch.float32 and term.isfinite() for term in narrow.values())


@pytest.mark.parametrize("method", ["projected", "exact", "difference", "released"])
def test_a_residual_network_trains_in_bfloat16(method):
    """The terms are those of float32 to the digits that bfloat16 has, and every weight gets a gradient."""
    model, batch = normed(), pairs()
    torch.manual_seed(0)
    expected = MAD(method=method)(model, *batch)
    torch.manual_seed(0)
    with torch.autocast("cpu", torch.bfloat16):
        terms = MAD(method=method)(model, *batch)
    sum(terms.values()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    for name, term in terms.items():
        assert term.item() == pytest.approx(expected[name].item(), rel=0.1, abs=1e-4)


@pytest.mark.parametrize("method", ["projected", "exact", "difference", "released"])
@pytest.mark.parametrize("case", ["dead", "one class", "all classes once", "two pairs"])
def test_odd_batches_have_finite_terms_and_gradients(method, case):
    model, (x1, y1, x2, y2) = network(), pairs()
    if case == "dead":  # every embedding is 0
        nn.init.zeros_(model.body[3].weight)
        nn.init.zeros_(model.body[3].bias)
    if case == "one class":
        y1, y2 = torch.zeros_like(y1), torch.zeros_like(y2)
    if case in ("all classes once", "two pairs"):
        n = 3 if case == "all classes once" else 2
        x1, y1, x2, y2 = (part[:n] for part in (x1, y1, x2, y2))
    terms = MAD(method=method)(model, x1, y1, x2, y2)
    sum(terms.values()).backward()
    assert all(term.isfinite() for term in terms.values())
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_images_and_the_model_s_modes_are_left_alone():
    model, (x1, y1, x2, y2) = normed(), pairs()
    kept = x1.clone()
    MAD()(model, x1, y1, x2, y2)
    assert torch.equal(x1, kept) and not x1.requires_grad and x1.grad is None and model.training
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ce": -1.0}, "finite weights >= 0, not all of them 0"),
        ({"jacobian": float("nan")}, "finite weights"),
        ({"siamese": float("inf")}, "finite weights"),
        ({"ce": 0.0, "siamese": 0.0, "variance": 0.0, "jacobian": 0.0}, "not all of them 0"),
        ({"projections": 0}, "projections >= 1.*projections=0"),
        ({"step": 0.0}, "finite step > 0"),
        ({"alpha": 0.0}, r"alpha in \(0, 1\]"),
        ({"alpha": 1.1}, r"alpha in \(0, 1\]"),
        ({"layer": "body"}, "layer is one of features, logits, got 'body'"),
        ({"jacobian_of": "softmax"}, "jacobian_of is one of features, logits, got 'softmax'"),
        ({"method": "code"}, "method is one of projected, exact, difference, released, got 'code'"),
        ({"form": "code"}, "form is one of printed, released, got 'code'"),
    ],
)
def test_settings(fields, words):
    with pytest.raises(ValueError, match=words):
        MAD(**fields)


@pytest.mark.bad_input
def test_what_does_not_fit_together():
    model, (x1, y1, x2, y2) = network(), pairs()
    with pytest.raises(ValueError, match="MAD needs pairs"):
        MAD()(model, x1, y1, x2[:5], y2[:5])
    with pytest.raises(ValueError, match="alpha, the true class's share, must be above the others' 1/3"):
        MAD(alpha=0.3)(model, x1, y1, x2, y2)
    wet = Classifier(nn.Sequential(model.body, nn.Dropout(0.5)), model.head)
    with pytest.raises(ValueError, match="active dropout"):
        MAD(method="difference")(wet, x1, y1, x2, y2)
    for dry in (MAD(method="difference"), replace(MAD(), method="projected")):
        assert dry(wet.eval(), x1, y1, x2, y2)["jacobian"] > 0

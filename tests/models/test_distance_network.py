"""The distance network: where it is cut, what of it learns, and what the base keeps."""

import pytest
import torch
from torch import nn

from robustlib.models import (
    Classifier,
    NearestOracles,
    Negate,
    Normalize,
    distance_network,
    feinman_cnn,
    lenet1,
    lenet4,
    lenet5,
)
from robustlib.objectives import DunDi

WIDTHS = {"lenet1": (lenet1, 588), "lenet4": (lenet4, 84), "lenet5": (lenet5, 84)}


def base():
    """A small network with everything that behaves otherwise in train mode."""
    torch.manual_seed(0)
    layers = [Normalize((0.5,), (0.5,)), nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten()]
    return Classifier(nn.Sequential(*layers, nn.Linear(48, 8), nn.ReLU(), nn.Dropout(0.5)), nn.Linear(8, 4))


def tuples(n=10):
    x = torch.rand(3, n, 1, 6, 6, generator=torch.Generator().manual_seed(1))
    return x[0], x[1], x[2]


@pytest.mark.parametrize("name", WIDTHS)
@pytest.mark.parametrize("cut", ["features", "logits"])
def test_widths_and_the_two_layers(name, cut):
    make, width = WIDTHS[name]
    native = make().eval()
    model = distance_network(native, cut, hidden=32).eval()
    x = torch.rand(2, 1, 28, 28)
    below = native.features(x) if cut == "features" else native(x)
    assert below.shape[1] == (width if cut == "features" else 10)
    one, relu, two = model.body[1]
    assert one.weight.shape == (32, below.shape[1]) and two.weight.shape == (128, 32) and isinstance(relu, nn.ReLU)
    torch.testing.assert_close(model.features(x), two(one(below).relu()))
    assert model.features(x).shape == (2, 128) and torch.equal(model(x), model.features(x))


def test_a_head_of_several_layers_is_cut_around():
    native = base()
    reverse = Classifier(native.body, nn.Sequential(nn.Linear(8, 6), nn.Linear(6, 4), Negate())).eval()
    x = tuples()[0]
    logits = distance_network(reverse, "logits", embedding=5).eval()
    torch.testing.assert_close(logits.features(x), logits.body[1](reverse(x)))
    features = distance_network(reverse, embedding=5).eval()
    torch.testing.assert_close(features.features(x), features.body[1](reverse.features(x)))


@pytest.mark.parametrize("cut", ["features", "logits"])
def test_frozen_stays_in_eval_mode_and_takes_no_gradient_but_passes_it_to_the_pixels(cut):
    native = base()
    model = distance_network(native, cut, frozen=True).train()
    assert model.training and model.body.training and model.body[1].training
    assert not any(module.training for module in model.body[0].modules())
    kept = {name: value.clone() for name, value in model.body[0].state_dict().items()}
    a, p, n = tuples()
    a.requires_grad_()
    optimizer = torch.optim.SGD(model.parameters(), 0.5, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        DunDi()(model, a, p, n)["triplet"].backward()
        optimizer.step()
    assert all(torch.equal(kept[name], value) for name, value in model.body[0].state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in model.body[0].parameters())
    assert all(p.grad.any() for p in model.body[1].parameters())
    assert a.grad.flatten(1).any(1).all()
    native.eval()
    below = native.features(p) if cut == "features" else native(p)
    assert torch.equal(model.body[0](p), below)  # also now, in train mode: no dropout, no batch statistics
    model.eval().train()
    assert not model.body[0].module.training


def test_retrained_learns_everywhere_in_train_mode():
    model = distance_network(base()).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    DunDi()(model, *tuples())["triplet"].backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters() if p.ndim > 1)
    optimizer.step()
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert {"body.0.1.weight", "body.0.2.running_mean", "body.0.5.weight", "body.1.0.weight"} <= changed
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("frozen", [False, True], ids=["retrained", "frozen"])
def test_the_base_is_left_as_it_was(frozen):
    native = base()
    native(tuples()[0]).sum().backward()
    state = {name: value.clone() for name, value in native.state_dict().items()}
    grads = [p.grad.clone() for p in native.parameters()]
    model = distance_network(native, frozen=frozen).train()
    assert all(p.grad is None for p in model.parameters())
    with torch.no_grad():
        for p in model.parameters():
            p.add_(1)
    assert native.training and all(p.requires_grad for p in native.parameters())
    assert all(torch.equal(state[name], value) for name, value in native.state_dict().items())
    assert all(torch.equal(p.grad, g) for p, g in zip(native.parameters(), grads, strict=True))


def test_unit_length_is_the_last_step():
    x = tuples()[0]
    torch.manual_seed(3)
    plain = distance_network(base()).eval()
    unit = distance_network(base(), unit=True).eval()
    unit.load_state_dict(plain.state_dict())
    z = plain.features(x)
    torch.testing.assert_close(unit.features(x), z / z.norm(dim=1, keepdim=True))
    assert (z.norm(dim=1) - 1).abs().min() > 1e-3


def test_dtype_follows_the_base_and_an_oracle_head_classifies():
    model = distance_network(base().double(), embedding=7).eval()
    x = tuples()[0].double()
    z = model.features(x)
    assert z.shape == (10, 7) and z.dtype == torch.float64
    whole = Classifier(model.body, NearestOracles(z[:4], torch.arange(4), 4))
    assert whole(x).shape == (10, 4) and whole(x[:4]).argmax(1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"hidden": 0}, "hidden=0"), ({"embedding": 0}, "embedding=0")],
    ids=["no hidden", "no embedding"],
)
def test_widths_that_are_none(fields, says):
    with pytest.raises(ValueError, match=says):
        distance_network(base(), **fields)


def test_a_head_without_a_layer_to_cut_at():
    with pytest.raises(ValueError, match="no linear layer to cut at, got Identity"):
        distance_network(distance_network(base()))


@pytest.mark.bad_input
def test_another_cut():
    with pytest.raises(ValueError, match="cut must be 'features' or 'logits', got 'softmax'"):
        distance_network(base(), "softmax")


def test_feinmans_network():
    torch.manual_seed(0)
    model = feinman_cnn().eval()
    convolutions, dense = (9 * 64 + 64) + (9 * 64 * 64 + 64), (12 * 12 * 64 * 128 + 128) + (128 * 10 + 10)
    assert sum(p.numel() for p in model.parameters()) == convolutions + dense == 1_218_634
    x = torch.rand(2, 1, 28, 28)
    z, logits = model.features(x), model(x)
    assert z.shape == (2, 128) and (z >= 0).all() and torch.equal(model.head(z), logits) and logits.shape == (2, 10)
    dropouts = [module for module in model.modules() if isinstance(module, nn.Dropout)]
    assert [layer.p for layer in dropouts] == [0.5, 0.5]
    assert not torch.equal(model.train()(x), model(x))
    assert feinman_cnn(3, dropout=0.1).eval()(x).shape == (2, 3)
    for dropout in (1.0, -0.1):
        with pytest.raises(ValueError, match=r"must lie in \[0, 1\), got"):
            feinman_cnn(dropout=dropout)


def test_feinmans_layers_by_hand():
    torch.manual_seed(0)
    model = feinman_cnn().eval()
    _, one, _, two, _, _, _, _, dense, _, _ = model.body
    x = torch.rand(2, 1, 28, 28)
    pooled = nn.functional.max_pool2d(two(one(x).relu()).relu(), 2)
    assert pooled.shape == (2, 64, 12, 12)
    torch.testing.assert_close(model.features(x), dense(pooled.flatten(1)).relu())

"""Prototype conformity: terms by hand, who moves the prototypes, and golden losses."""

import pytest
import torch
from objectives.toys import examples, network, wave

from robustlib.attacks import FGSM
from robustlib.losses import cross_entropy, prototype_conformity, proximity, separation
from robustlib.models import with_prototypes
from robustlib.objectives import PrototypeConformity

GOLDEN = {
    "released weights": (
        PrototypeConformity(),
        {"ce": 1.0754, "proximity": 1.44001, "separation": -0.000374194, "sum": 2.51503},
    ),
    "printed weights": (
        PrototypeConformity(1.0, 1.0),
        {"ce": 1.05415, "proximity": 2.91857, "separation": -6.65216, "sum": -2.67944},
    ),
    "squared": (
        PrototypeConformity(0.1, 1e-3, squared=True),
        {"ce": 1.05284, "proximity": 0.325968, "separation": -0.0041782, "sum": 1.37463},
    ),
    "attacked": (
        PrototypeConformity(attack=FGSM(0.05)),
        {"ce": 1.13961, "proximity": 1.45663, "separation": -0.00037277, "sum": 2.59587},
    ),
}


def prototyped(separate=False, rate=1.0):
    model = with_prototypes(network(), rate, separate=separate)
    with torch.no_grad():
        for name in ("points", "others"):
            if getattr(model.head, name) is not None:
                getattr(model.head, name).copy_(wave(3, 6, pace=1.3 if name == "points" else 1.7))
    return model


def train(objective, steps=20, rate=0.05):
    model, batch = prototyped(separate=objective.squared), examples()
    optimizer = torch.optim.SGD(model.parameters(), rate)
    losses = []
    for _ in range(steps + 1):
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


def test_the_printed_weights_have_no_minimum_and_the_released_ones_do_not_run_away():
    printed = train(PrototypeConformity(1.0, 1.0), 600)
    assert printed[-1]["sum"] < printed[300]["sum"] - 5 and printed[-1]["sum"] < -10
    released = train(PrototypeConformity(), 600)
    assert -0.01 < released[-1]["separation"] < 0 < released[-1]["sum"]


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("squared", [False, True])
def test_terms_by_hand(squared, separate):
    model, (x, y) = prototyped(separate), examples()
    terms = PrototypeConformity(0.5, 0.25, squared)(model, x, y)
    z = model.features(x)
    rivals = model.head.others if separate else model.head.points
    assert list(terms) == ["ce", "proximity", "separation"]
    torch.testing.assert_close(terms["ce"], cross_entropy(network()(x), y).mean())
    torch.testing.assert_close(terms["proximity"], 0.5 * proximity(z, y, model.head.points, squared=squared).mean())
    torch.testing.assert_close(terms["separation"], -0.25 * separation(z, y, rivals, squared=squared).mean())


def test_at_weight_one_it_is_the_printed_loss():
    model, (x, y) = prototyped(), examples()
    terms = PrototypeConformity(1.0, 1.0)(model, x, y)
    expected = prototype_conformity(model.features(x), y, model.head.points).mean()
    torch.testing.assert_close(terms["proximity"] + terms["separation"], expected)


def test_gradients_reach_body_and_prototypes_at_their_rate():
    (x, y), plain, fast = examples(), prototyped(), prototyped(rate=5.0)
    for model in (plain, fast):
        terms = PrototypeConformity(1.0, 0.5)(model, x, y)
        (terms["proximity"] + terms["separation"]).backward()
        assert all(p.grad is None for p in model.head.head.parameters()) and model.body[1].weight.grad.any()
    torch.testing.assert_close(fast.head.points.grad, 5 * plain.head.points.grad)
    torch.testing.assert_close(fast.body[1].weight.grad, plain.body[1].weight.grad)


def test_both_terms_see_the_clean_and_the_attacked_batch():
    model, (x, y) = prototyped(), examples()
    attacked = PrototypeConformity(attack=lambda model, x, y: 1 - x)(model, x, y)
    both = PrototypeConformity()(model, torch.cat([x, 1 - x]), torch.cat([y, y]))
    for name, value in both.items():
        torch.testing.assert_close(attacked[name], value)


def test_a_class_absent_from_the_batch():
    model, (x, y) = prototyped(), examples()
    some = y != 2
    terms = PrototypeConformity(1.0, 1.0)(model, x[some], y[some])
    sum(terms.values()).backward()
    assert all(p.grad.isfinite().all() for p in model.parameters()) and model.head.points.grad[2].any()


@pytest.mark.bad_input
def test_settings_and_networks_that_do_not_fit():
    for fields in ({"proximity": -1.0}, {"separation": float("nan")}):
        with pytest.raises(ValueError, match="must be >= 0"):
            PrototypeConformity(**fields)
    with pytest.raises(TypeError, match=r"pass with_prototypes\(model\)"):
        PrototypeConformity()(network(), *examples())

"""Which term reaches which weights, and what the attacked batch is made of."""

from dataclasses import dataclass, field

import pytest
import torch
from objectives.toys import examples, network

from robustlib.attacks import FGSM
from robustlib.losses import batch_hard, cross_entropy, random_triplets, triplet
from robustlib.objectives import AdversarialTraining, CrossEntropy, RobustRepresentations


def gradients(terms, model, *names):
    """The gradient of the sum of the named terms with respect to each parameter, zero where there is none."""
    total = sum(terms[name] for name in names)
    grads = torch.autograd.grad(total, list(model.parameters()), allow_unused=True, retain_graph=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(model.parameters(), grads, strict=True)]


@dataclass(frozen=True)
class Recorder:
    """An attack that inverts the images, and keeps what it was called with."""

    calls: list = field(default_factory=list)

    def __call__(self, model, x, y):
        self.calls.append((model, model.head.weight.detach().clone(), x.clone(), y.clone(), model.training))
        return 1 - x


@pytest.mark.parametrize("attack", [None, FGSM(0.1)], ids=["clean", "attacked"])
def test_stop_gradient_keeps_each_term_on_its_side(attack):
    model, (x, y) = network(), examples()
    terms = RobustRepresentations(attack=attack)(model, x, y)
    assert set(terms) == {"triplet", "ce"} and all(term.shape == () for term in terms.values())
    body, head = slice(0, 4), slice(4, 6)
    both, pull, ce = (gradients(terms, model, *names) for names in (("triplet", "ce"), ("triplet",), ("ce",)))
    for g, alone in zip(both[body], pull[body], strict=True):
        assert torch.equal(g, alone) and g.any()
    for g, alone in zip(both[head], ce[head], strict=True):
        assert torch.equal(g, alone) and g.any()
    assert not any(g.any() for g in ce[body]) and not any(g.any() for g in pull[head])


def test_without_stop_gradient_cross_entropy_reaches_the_body():
    model, (x, y) = network(), examples()
    terms = RobustRepresentations(stop_gradient=False)(model, x, y)
    plain = CrossEntropy()(model, x, y)
    torch.testing.assert_close(terms["ce"], plain["ce"])
    for joint, expected in zip(gradients(terms, model, "ce"), gradients(plain, model, "ce"), strict=True):
        torch.testing.assert_close(joint, expected)
        assert joint.any()


def test_terms_by_hand():
    model, (x, y) = network(), examples()
    terms = RobustRepresentations(margin=0.5, weight=3.0)(model, x, y)
    z = model.features(x)
    a, p, n = batch_hard(z, y)
    torch.testing.assert_close(terms["triplet"], 3 * triplet(z[a], z[p], z[n], 0.5).mean())
    torch.testing.assert_close(terms["ce"], cross_entropy(model(x), y).mean())


def test_the_miner_is_the_one_given():
    model, (x, y) = network(), examples()
    seen = []

    def mine(z, labels, margin):
        seen.append((z.shape, margin))
        return random_triplets(z, labels, margin)

    RobustRepresentations(margin=0.7, mine=mine)(model, x, y)
    assert seen == [((18, 6), 0.7)]


@pytest.mark.parametrize("labels", [torch.zeros(4, dtype=torch.long), torch.tensor([0, 1, 2, 0])[:3]])
def test_a_batch_without_triplets_has_a_term_of_zero(labels):
    model = network()
    terms = RobustRepresentations()(model, examples()[0][: len(labels)], labels)
    assert terms["triplet"] == 0 and terms["ce"] > 0
    sum(terms.values()).backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in model.parameters())


def test_both_terms_see_the_clean_and_the_attacked_batch():
    model, (x, y) = network(), examples()
    attacked = RobustRepresentations(attack=Recorder())(model, x, y)
    both = RobustRepresentations()(model, torch.cat([x, 1 - x]), torch.cat([y, y]))
    for name in ("triplet", "ce"):
        torch.testing.assert_close(attacked[name], both[name])


@pytest.mark.parametrize("make", [lambda a: RobustRepresentations(attack=a), AdversarialTraining])
def test_the_attack_is_aimed_at_the_model_of_this_moment(make):
    model, (x, y) = network(), examples()
    recorder = Recorder()
    objective, optimizer = make(recorder), torch.optim.SGD(model.parameters(), 0.5)
    weights = []
    for _ in range(3):
        weights.append(model.head.weight.detach().clone())
        optimizer.zero_grad()
        sum(objective(model, x, y).values()).backward()
        optimizer.step()
    assert len(recorder.calls) == 3
    for (seen, weight, images, labels, training), current in zip(recorder.calls, weights, strict=True):
        assert seen is model and torch.equal(weight, current)
        assert torch.equal(images, x) and torch.equal(labels, y) and training
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("weight", [0.25, 0.5, 1.0])
def test_adversarial_training_by_hand(weight):
    model, (x, y) = network(), examples()
    terms = AdversarialTraining(Recorder(), weight)(model, x, y)
    expected = {"clean": (1 - weight) * cross_entropy(model(x), y).mean()} if weight < 1 else {}
    expected["adversarial"] = weight * cross_entropy(model(1 - x), y).mean()
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value)
        assert terms[name].requires_grad


def test_no_gradient_flows_through_making_the_attacked_images():
    model, (x, y) = network(), examples()
    terms = AdversarialTraining(FGSM(0.1), 1.0)(model, x, y)
    x_adv = FGSM(0.1)(model, x, y)
    expected = gradients({"ce": cross_entropy(model(x_adv), y).mean()}, model, "ce")
    for g, e in zip(gradients(terms, model, "adversarial"), expected, strict=True):
        torch.testing.assert_close(g, e)
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("weight", [0.0, -0.1, 1.1, float("nan")])
def test_adversarial_weights(weight):
    with pytest.raises(ValueError, match=r"must lie in \(0, 1\]"):
        AdversarialTraining(FGSM(), weight)


@pytest.mark.parametrize(
    "fields", [{"margin": -1.0}, {"weight": -0.5}, {"margin": float("nan")}, {"weight": float("nan")}]
)
def test_representation_settings(fields):
    with pytest.raises(ValueError, match="margin >= 0 and weight >= 0"):
        RobustRepresentations(**fields)

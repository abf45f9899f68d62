"""AT2L and its relatives beside the printed formulas, by loops; what each lambda leaves; what a batch may lack."""

import math
from dataclasses import dataclass, replace

import pytest
import torch
from objectives.toys import examples, network
from torch import nn

from robustlib.attacks import BIM, FGSM, NFGSM, PGD
from robustlib.evaluation import counting
from robustlib.losses import any_other, likeliest_wrong, nearest_other
from robustlib.objectives import AT2L, TRADES, AdversarialTraining, CrossEntropy, RobustRepresentations
from robustlib.objectives import TripletRegularisation as Regularised
from robustlib.objectives.adversarial_triplet import AngularTriplet, NormTriplet
from robustlib.objectives.mined_triplet import MinedTriplet

STEP = BIM(0.1, 3)


@dataclass(frozen=True)
class Following:
    """A choice without chance: the next image of another class."""

    def __call__(self, logits, far, y):
        return torch.tensor(
            [next(j % len(y) for j in range(i, i + len(y)) if y[j % len(y)] != y[i]) for i in range(len(y))]
        )


FIXED = NormTriplet(negative=Following())


def ce(logits, y):
    return [-(f.log_softmax(0)[c]) for f, c in zip(logits, y, strict=True)]


def p_norm(v, p):
    return v.abs().max() if p == math.inf else (v.abs() ** p).sum() ** (1 / p)


def hinge(anchor, positive, negative, p, alpha):
    return torch.clamp(p_norm(anchor - positive, p) - p_norm(anchor - negative, p) + alpha, min=0)


def naive(model, x, y, x_adv, lambda1, lambda2, alpha=1.0, p=math.inf, anchor="attacked"):
    """Equation 2, example by example."""
    k, f, f_adv = len(y), model(x), model(x_adv)
    chosen = Following()(None, None, y)
    total = (sum(ce(f, y)) + lambda1 * sum(ce(f_adv, y))) / ((1 + lambda1) * k)
    for i in range(k):
        a, b = (f_adv[i], f[i]) if anchor == "attacked" else (f[i], f_adv[i])
        total = total + lambda2 / k * hinge(a, b, f[chosen[i]], p, alpha)
    return total


def same(model, ours, theirs):
    """The same value and the same gradient for every weight."""
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    grads = [torch.autograd.grad(value, list(model.parameters()), retain_graph=True) for value in (ours, theirs)]
    for g, expected in zip(*grads, strict=True):
        torch.testing.assert_close(g, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("lambda1", "lambda2"), [(0.3, 1.0), (0.6, 0.5), (0.0, 2.0)])
@pytest.mark.parametrize("fields", [{}, {"norm": 2.0}, {"alpha": 0.4}, {"anchor": "clean"}], ids=str)
def test_equation_2_by_loop(lambda1, lambda2, fields):
    model, (x, y) = network(), examples()
    terms = AT2L(STEP, lambda1, lambda2, replace(FIXED, **fields))(model, x, y)
    assert list(terms) == (["clean", "triplet"] if lambda1 == 0 else ["clean", "adversarial", "triplet"])
    names = {"alpha": "alpha", "norm": "p", "anchor": "anchor"}
    expected = naive(model, x, y, STEP(model, x, y), lambda1, lambda2, **{names[n]: v for n, v in fields.items()})
    same(model, sum(terms.values()), expected)


def test_without_a_triplet_it_is_equation_1_and_that_is_adversarial_training():
    model, (x, y) = network(), examples()
    for lambda1 in (0.3, 1.0, None):
        objective = AT2L(STEP, lambda1, 0.0)
        plain = AdversarialTraining(STEP, objective.share)(model, x, y)
        assert list(objective(model, x, y)) == list(plain)
        same(model, sum(objective(model, x, y).values()), sum(plain.values()))
    assert AT2L(STEP, None).share == 1 and AT2L(STEP, 0.25).share == pytest.approx(0.2)


def test_trained_on_attacked_images_only_the_clean_ones_cost_no_pass():
    model, (x, y) = network(), examples()
    for objective, factor in ((AT2L(FGSM(0.1), None, 0.0), 2), (AT2L(FGSM(0.1), None), 3)):
        with counting(model) as passes:
            sum(objective(model, x, y).values()).backward()
        assert passes.forward == passes.backward == factor * len(x)


def test_attacked_images_that_the_batch_brings():
    model, (x, y) = network(), examples()
    x_adv = STEP(model, x, y)
    carried = AT2L(triplet=FIXED)(model, x, y, x_adv)
    for name, value in AT2L(STEP, triplet=FIXED)(model, x, y).items():
        torch.testing.assert_close(carried[name], value)


def test_named_rows():
    """lambda2 = 0 in algorithm 2 is Tramèr's ensemble adversarial training."""
    row = AT2L.ensemble_adversarial_training()
    assert (row.attack, row.lambda1, row.lambda2, row.share) == (None, 1.0, 0.0, 0.5)
    model, (x, y) = network(), examples()
    same(model, sum(row(model, x, y, 1 - x).values()), (sum(ce(model(x), y)) + sum(ce(model(1 - x), y))) / 36)
    tla = AT2L.tla(STEP, 2.0, 0.03, 1e-3)
    assert (tla.share, tla.lambda2, tla.triplet) == (1.0, 2.0, AngularTriplet(0.03, 1e-3))


def angle(a, b):
    return 1 - (a @ b).abs() / (a.norm() * b.norm())


def test_tla_by_loop():
    model, (x, _) = network(), examples(12)
    y = torch.tensor([0, 1, 0, 1, 1, 0, 2, 0, 1, 1, 1, 0])  # the seventh is alone in its class: no second positive
    x_adv = STEP(model, x, y)
    torch.manual_seed(2)
    terms = AT2L(STEP, None, 0.5, AngularTriplet(0.1, 0.01))(model, x, y)
    assert list(terms) == ["adversarial", "triplet", "lengths"]
    torch.manual_seed(2)
    noise = torch.rand(12, 12)
    z, z_adv = model.features(x), model.features(x_adv)
    triplets = lengths = 0.0
    for i in range(12):
        n = min((j for j in range(12) if y[j] != y[i]), key=lambda j: angle(z_adv[i], z[j]))
        mates = sorted((j for j in range(12) if y[j] == y[i] and j != i), key=lambda j: noise[i, j])
        for positive in (i, *mates[-1:]):
            triplets += torch.clamp(angle(z_adv[i], z[positive]) - angle(z_adv[i], z[n]) + 0.1, min=0)
        lengths += ((z_adv[i] ** 2).sum() + (z[i] ** 2).sum() + (z[n] ** 2).sum()) / 6
    torch.testing.assert_close(terms["triplet"], 0.5 * triplets / 12)
    torch.testing.assert_close(terms["lengths"], 0.5 * 0.01 * lengths / 12)
    expected = sum(ce(model(x_adv), y)) / 12 + 0.5 * triplets / 12 + 0.5 * 0.01 * lengths / 12
    same(model, sum(terms.values()), expected)


def test_an_image_alone_in_its_class_has_no_second_positive():
    model, (x, _) = network(), examples(3)
    y = torch.tensor([0, 1, 2])
    one, both = (AT2L(STEP, 1.0, 1.0, AngularTriplet(mate=mate, penalty=0))(model, x, y) for mate in (False, True))
    assert torch.equal(one["triplet"], both["triplet"]) and "lengths" not in both


@pytest.mark.parametrize("stopped", [False, True])
def test_the_triplet_of_the_report_beside_the_same_cross_entropy(stopped):
    model, (x, y) = network(), examples()
    ours = AT2L(STEP, 1.0, 0.7, MinedTriplet(0.5, stop_gradient=stopped))(model, x, y)
    theirs = RobustRepresentations(0.5, weight=0.7, attack=STEP, stop_gradient=stopped)(model, x, y)
    same(model, sum(ours.values()), sum(theirs.values()))
    torch.testing.assert_close(ours["triplet"], theirs["triplet"])


INNER = {
    "cross-entropy": CrossEntropy(),
    "adversarial training": AdversarialTraining(STEP, 0.4),
    "TRADES": TRADES(BIM(0.1, 2)),
}


@pytest.mark.parametrize("name", INNER)
@pytest.mark.parametrize("weight", [0.5, 1.0])
def test_regularisation_adds_one_term_to_any_objective(name, weight):
    model, (x, y) = network(), examples()
    terms = Regularised(INNER[name], STEP, weight, FIXED)(model, x, y)
    plain = INNER[name](model, x, y)
    assert list(terms) == [*plain, "triplet"]
    added = naive(model, x, y, STEP(model, x, y), 1.0, weight) - naive(model, x, y, STEP(model, x, y), 1.0, 0.0)
    same(model, sum(terms.values()), sum(plain.values()) + added)


def test_regularised_adversarial_training_is_at2l():
    model, (x, y) = network(), examples()
    apart = Regularised(AdversarialTraining(STEP, 0.3 / 1.3), STEP, 1.0, FIXED)(model, x, y)
    same(model, sum(apart.values()), sum(AT2L(STEP, 0.3, 1.0, FIXED)(model, x, y).values()))


def test_an_objective_with_a_triplet_takes_no_second():
    model, (x, y) = network(), examples()
    for inner in (AT2L(STEP), RobustRepresentations(), Regularised(CrossEntropy(), STEP)):
        with pytest.raises(ValueError, match=f"{type(inner).__name__} has a term 'triplet' already"):
            Regularised(inner, STEP)(model, x, y)


OF_ONE_CLASS = {
    "AT2L": AT2L(STEP),
    "TLA": AT2L.tla(STEP),
    "regularised": Regularised(CrossEntropy(), STEP),
    "mined": AT2L(STEP, triplet=MinedTriplet()),
    "any other": AT2L(STEP, triplet=NormTriplet(negative=any_other)),
    "nearest": AT2L(STEP, triplet=NormTriplet(negative=nearest_other)),
}


@pytest.mark.parametrize("name", OF_ONE_CLASS)
def test_a_batch_of_one_class(name):
    model, (x, _) = network(), examples(4)
    with pytest.raises(ValueError, match="batch holds 4 images, all of class 1: take larger batches, drop_last=True"):
        OF_ONE_CLASS[name](model, x, torch.ones(4, dtype=torch.long))
    assert AT2L(STEP, lambda2=0.0)(model, x, torch.ones(4, dtype=torch.long)), "without a triplet it does no harm"


@pytest.mark.bad_input
def test_a_batch_without_attacked_images_or_with_too_many():
    model, (x, y) = network(), examples()
    with pytest.raises(ValueError, match="neither an attack nor a batch with attacked images"):
        AT2L()(model, x, y)
    with pytest.raises(ValueError, match="an attack and a batch with attacked images"):
        AT2L(STEP)(model, x, y, x)
    with pytest.raises(ValueError, match=r"its attacked form, got \(18, 1, 4, 4\) and \(3, 1, 4, 4\)"):
        AT2L()(model, x, y, x[:3])


def test_features_of_a_model_that_does_not_tell_them():
    model, (x, y) = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)), examples()
    assert AT2L(FGSM(0.1))(model, x, y)["triplet"] > 0
    with pytest.raises(TypeError, match="penultimate features, and a Sequential does not say which"):
        AT2L.tla(FGSM(0.1))(model, x, y)


def test_any_attack_will_do_and_no_gradient_flows_through_it():
    model, (x, y) = network(), examples()
    for attack in (PGD(0.1, 2), NFGSM(0.1), FGSM(0.1)):
        sum(AT2L(attack)(model, x, y).values()).backward()
    assert x.grad is None and all(torch.isfinite(p.grad).all() for p in model.parameters())


def test_the_choice_is_told_the_logits_of_the_attacked_batch_and_the_distances_of_the_anchor():
    model, (x, y) = network(), examples()
    seen = []

    def choice(logits, far, labels):
        seen.append((logits, far))
        return likeliest_wrong(logits, far, labels)

    f, f_adv = model(x), model(1 - x)
    for anchor in ("attacked", "clean"):
        AT2L(triplet=NormTriplet(negative=choice, anchor=anchor, norm=2.0))(model, x, y, 1 - x)
    for (logits, far), z in zip(seen, (f_adv, f), strict=True):
        torch.testing.assert_close(logits, f_adv)
        torch.testing.assert_close(far, torch.stack([(a - f).norm(dim=1) for a in z]), rtol=1e-4, atol=1e-5)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: AT2L(lambda1=-0.1), "lambda1=-0.1"),
        (lambda: AT2L(lambda1=math.nan), "lambda1=nan"),
        (lambda: AT2L(lambda1=math.inf), "lambda1=inf"),
        (lambda: AT2L(lambda2=-1.0), "lambda2=-1.0"),
        (lambda: AT2L(lambda2=math.inf), "lambda2=inf"),
        (lambda: AT2L(lambda1=0.0, lambda2=0.0), "one of them positive"),
        (lambda: Regularised(CrossEntropy(), STEP, 0.0), "must be > 0 and finite, got 0.0"),
        (lambda: Regularised(CrossEntropy(), STEP, math.inf), "must be > 0 and finite, got inf"),
        (lambda: NormTriplet(alpha=-1.0), "alpha >= 0 and norm >= 1, got alpha=-1.0"),
        (lambda: NormTriplet(norm=0.0), "got alpha=1.0, norm=0.0"),
        (lambda: NormTriplet(anchor="negative"), "one of attacked, clean, got 'negative'"),
        (lambda: MinedTriplet(math.nan), "MinedTriplet needs margin >= 0, got nan"),
        (lambda: AngularTriplet(margin=-1.0), "margin >= 0 and penalty >= 0, got margin=-1.0"),
        (lambda: AngularTriplet(penalty=math.nan), "penalty=nan"),
    ],
)
def test_settings(make, told):
    with pytest.raises(ValueError, match=told):
        make()

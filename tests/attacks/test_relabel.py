"""Which label an attack is given: the rules against plain Python, and wrapped attacks against direct calls."""

from dataclasses import dataclass, field

import pytest
import torch
from attacks.targets import batch, network
from hypothesis import given, settings
from hypothesis import strategies as st

from robustlib.attacks import (
    BIM,
    FGSM,
    ILCM,
    JSMA,
    MIM,
    PGD,
    Relabel,
    Restarts,
    Strongest,
    least_likely,
    next_class,
    predicted,
    random_class,
    runner_up,
)
from robustlib.attacks.climb import is_broken
from robustlib.attacks.relabel import TARGETS
from robustlib.describe import describe
from robustlib.geometry import draws_of
from robustlib.losses import logit


@pytest.fixture
def target():
    model = network()
    return model, *batch(model, 12)


@pytest.mark.parametrize("k", [2, 3, 10, 1000])
def test_rules_by_loop(k):
    torch.manual_seed(0)
    logits, y = torch.randn(30, k), torch.randint(k, (30,))
    y[:10], y[10:20] = logits[:10].argmax(1), logits[10:20].argmin(1)
    for i, (row, label) in enumerate(zip(logits.tolist(), y.tolist(), strict=True)):
        wrong = [j for j in range(k) if j != label]
        one = logits[i : i + 1], y[i : i + 1]
        assert predicted(*one).item() == row.index(max(row))
        assert least_likely(*one).item() == min(wrong, key=row.__getitem__)
        assert runner_up(*one).item() == max(wrong, key=row.__getitem__)
        assert next_class(*one).item() == (label + 1) % k
    assert torch.equal(least_likely(logits, y)[:10], logits[:10].argmin(1))  # the paper's, where y is not the least


@settings(max_examples=40)
@given(st.data())
def test_a_target_is_never_the_label(data):
    k, n = data.draw(st.integers(2, 6)), data.draw(st.integers(1, 4))
    values = st.sampled_from([-1e30, -1.0, 0.0, 1.0, 1e30])  # ties on purpose
    logits = torch.tensor(data.draw(st.lists(st.lists(values, min_size=k, max_size=k), min_size=n, max_size=n)))
    y = torch.tensor(data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)))
    for rule in TARGETS:
        chosen = rule(logits, y)
        assert chosen.dtype == torch.int64 and chosen.shape == y.shape
        assert (chosen != y).all() and (chosen >= 0).all() and (chosen < k).all()


def test_random_classes_are_uniform_over_the_wrong_ones_and_do_not_depend_on_neighbours():
    torch.manual_seed(0)
    logits, y = torch.zeros(6000, 4), torch.full((6000,), 2)
    counts = torch.bincount(random_class(logits, y), minlength=4)
    assert counts[2] == 0 and ((counts[[0, 1, 3]] - 2000).abs() < 150).all()
    torch.manual_seed(1)
    whole = random_class(logits[:20], y[:20])
    torch.manual_seed(1)
    rows = torch.tensor([3, 7, 19])
    with draws_of(20, rows):
        assert torch.equal(random_class(logits[rows], y[rows]), whole[rows])


@dataclass(frozen=True)
class Spy:
    """An attack that records the labels it is given and moves nothing."""

    seen: list = field(default_factory=list)
    targeted: bool = False

    def __call__(self, model, x, y):
        self.seen.append(y)
        return x.clone()


@pytest.mark.parametrize("rule", [predicted, *TARGETS])
def test_the_attack_is_given_the_rules_labels_of_the_clean_images_in_eval_mode(target, rule):
    model, x, y = target
    y = (y + torch.arange(12) % 2) % 4  # half of the labels are not what the model says
    torch.manual_seed(0)
    wanted = rule(model(x), y)
    spy = Spy(targeted=rule in TARGETS)
    model.train()
    for _ in range(2):
        torch.manual_seed(0)
        Relabel(spy, rule)(model, x, y)
        assert torch.equal(spy.seen[-1], wanted)


@pytest.mark.parametrize("make", [FGSM, BIM, PGD, MIM])
def test_every_label_for_every_gradient_sign_attack(target, make):
    model, x, y = target
    given = (y + 2) % 4  # labels that the model never gives
    small = {} if make is FGSM else {"steps": 3}

    def run(attack, labels):
        torch.manual_seed(0)
        return attack(model, x, labels)

    away, towards = make(0.1, **small), make(0.1, **small, targeted=True)
    assert torch.equal(run(Relabel(away), given), run(away, y))
    assert torch.equal(run(Relabel(towards, least_likely), y), run(towards, model(x).argmin(1)))
    assert torch.equal(run(Relabel(towards, next_class), y), run(towards, (y + 1) % 4))
    assert not torch.equal(run(away, given), run(away, y))
    reached = logit(model(run(Relabel(towards, runner_up), y)), runner_up(model(x), y))
    assert (reached > logit(model(x), runner_up(model(x), y))).float().mean() > 0.8


def test_predicted_labels_leak_nothing(target):
    model, x, y = target
    results = [Relabel(BIM(0.1, 4), predicted)(model, x, (y + s) % 4) for s in range(4)]
    assert all(torch.equal(result, results[0]) for result in results[1:])
    assert is_broken(model, results[0], y).any()


@pytest.mark.parametrize("classes", [2, 3])
def test_a_target_never_corrects_the_models_mistakes(classes):
    model = network(classes=classes)
    x, y = batch(model, 20)
    wrong = (y + 1) % classes
    for rule in (least_likely, runner_up, random_class):
        x_adv = Relabel(BIM(0.2, 5, targeted=True), rule)(model, x, wrong)
        corrected = (~is_broken(model, x_adv, wrong)).sum()
        assert corrected <= (0 if classes == 2 else 4), rule.__name__


def test_it_is_judged_by_the_true_label_inside_other_wrappers(target):
    model, x, y = target
    torch.manual_seed(0)
    attack = Relabel(PGD(0.1, 4, targeted=True), random_class)
    one = is_broken(model, attack(model, x, y), y)
    torch.manual_seed(0)
    many = is_broken(model, Strongest((Restarts(attack, 4), Relabel(FGSM(0.1))))(model, x, y), y)
    assert (many | ~one).all() and many.sum() > one.sum()


def test_a_minimum_norm_attack_towards_a_rule(target):
    model, x, y = target
    x_adv = Relabel(JSMA(-0.5, gamma=0.5, targeted=True), runner_up)(model, x, y)
    moved = (x_adv != x).flatten(1).any(1)
    assert torch.equal(model(x_adv).argmax(1) == runner_up(model(x), y), moved) and moved.any()


def test_it_has_a_stable_description():
    assert describe(Relabel(FGSM(0.1, targeted=True), least_likely))["labels"] == "least_likely"
    assert describe(ILCM(0.1)) != describe(ILCM(0.1, steps=1))


@pytest.mark.parametrize("rule", [predicted, *TARGETS])
def test_the_wrong_pairing_is_refused(rule):
    with pytest.raises(ValueError, match=f"{rule.__name__} is for an attack with targeted={rule in TARGETS}, got FGSM"):
        Relabel(FGSM(targeted=rule is predicted), rule)


def test_a_rule_of_ones_own_and_a_wrapper_that_does_not_say_are_accepted(target):
    model, x, y = target
    own = Relabel(FGSM(0.1, targeted=True), lambda logits, y: (y + 3) % 4)
    assert torch.equal(own(model, x, y), FGSM(0.1, targeted=True)(model, x, (y + 3) % 4))
    torch.manual_seed(0)
    x_adv = Relabel(Restarts(PGD(0.1, 3, targeted=True), 2), least_likely)(model, x, y)
    torch.manual_seed(0)
    assert torch.equal(x_adv, Restarts(PGD(0.1, 3, targeted=True), 2)(model, x, model(x).argmin(1)))


@pytest.mark.bad_input
def test_a_rule_outside_the_models_classes_is_an_error(target):
    model, x, y = target
    with pytest.raises(ValueError, match=r"labels must lie in 0 \.\. 3, got .* 9"):
        Relabel(FGSM(targeted=True), lambda logits, y: torch.full_like(y, 9))(model, x, y)

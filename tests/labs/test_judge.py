"""The judge on a linear network, where the right verdict on every image is known."""

import sys
from copy import deepcopy

import pytest
import torch
from labs.linear import ROWS, FirstPixel, data, down, network, target
from torch import nn

from robustlib.attacks import FGSM, PGD, Noise, Square
from robustlib.evaluation import cost
from robustlib.geometry import L2
from robustlib.labs import Goal, judge
from robustlib.models import Classifier, StopGradient
from robustlib.modes import seeded

FOOLED, RIGHT, BALL, BOX = "fooled", "still read right", "outside the ball", "outside [0, 1]"


def fates(found):
    return [v.fate for v in found.verdicts]


def test_the_verdict_on_every_image():
    found = judge(down(0.1), target(goal=Goal(2, 4, 5.0, "PGD")))
    assert fates(found) == [FOOLED, FOOLED, RIGHT, RIGHT]
    assert [v.index for v in found.verdicts] == list(ROWS) and found.failed == (4, 5)
    assert (found.fooled, found.share, found.reached, found.refused) == (2, 0.5, True, "")
    assert found.interval == pytest.approx((0.1500, 0.8500), abs=1e-4)
    assert [v.said for v in found.verdicts] == ["0 is read as 1"] * 2 + ["the network still reads 0"] * 2


def test_clean_images_fool_nobody():
    found = judge(lambda model, x, y: x, target(goal=Goal(1, 4, 5.0, "PGD")))
    assert fates(found) == [RIGHT] * 4 and not found.reached and found.score == 0


@pytest.mark.parametrize("by, inside", [(0.1, True), (0.1 + 5e-7, True), (0.1 + 3e-6, False), (0.3, False)])
def test_the_ball_ends_at_eps(by, inside):
    found = judge(down(by), target(rows=(1, 2)))
    assert fates(found) == [FOOLED if inside else BALL] * 2
    if not inside:
        assert f"{by - 0.1:.3g} more than 0.1" in found.verdicts[0].said
    assert found.fooled == 2 * inside


def test_the_ball_is_that_of_the_norm():
    diagonal = 0.1 * 2**0.5
    assert fates(judge(down(0.1), target(rows=(1,), norm=L2()))) == [BALL]
    assert fates(judge(down(0.1), target(rows=(1,), norm=L2(), eps=diagonal))) == [FOOLED]


@pytest.mark.parametrize(
    "value, fate, said",
    [
        (float("nan"), "NaN or inf", "1 of 2 pixels"),
        (float("inf"), "NaN or inf", "1 of 2 pixels"),
        (-1e-7, BOX, "[-1e-07"),
        (1 + 1e-6, BOX, "clamp"),
        (0.0, BALL, "0.525 from the clean image, 0.425 more than 0.1"),
    ],
)
def test_one_image_that_breaks_the_rules(value, fate, said):
    """It is not fooled, and its neighbours are judged as before."""

    def attack(model, x, y):
        x_adv = down(0.1)(model, x, y)
        x_adv[0, 0, 0, 0] = value
        return x_adv

    found = judge(attack, target())
    assert fates(found) == [fate, FOOLED, RIGHT, RIGHT] and said in found.verdicts[0].said


class Liar(torch.Tensor):
    """A tensor that says something else."""


@pytest.mark.parametrize(
    "answer, said",
    [
        (lambda x: x[:3], "shape (3, 1, 1, 2): return one float tensor of shape (4, 1, 1, 2)"),
        (lambda x: x[0], "shape (1, 1, 2)"),
        (lambda x: (x, 0), "a tuple"),
        (lambda x: None, "a NoneType"),
        (lambda x: x.numpy(), "a ndarray"),
        (lambda x: x.long(), "torch.int64"),
        (lambda x: x.as_subclass(Liar), "a Liar"),
        (lambda x: x.to_sparse(), "torch.sparse_coo"),
    ],
)
def test_an_answer_that_is_no_images(answer, said):
    found = judge(lambda model, x, y: answer(down(0.1)(model, x, y)), target())
    assert fates(found) == ["no image"] * 4 and said in found.verdicts[0].said and found.fooled == 0


def test_other_precision_and_a_graph_are_fine():
    double = judge(lambda model, x, y: down(0.1)(model, x, y).double().requires_grad_(), target())
    assert fates(double) == [FOOLED, FOOLED, RIGHT, RIGHT]


def test_what_is_written_into_images_and_labels_changes_nothing():
    def attack(model, x, y):
        x += 0.5
        y.fill_(1)
        return x.clamp_(0, 1)

    found = judge(attack, target())
    assert found.fooled == 0 and set(fates(found)) == {BALL}
    assert found.notes == ("It wrote into the images or labels that it was given; they were copies.",)
    assert "copies" in repr(found) and "copies" in found._repr_html_()
    assert judge(down(0.1), target()).notes == ()


def test_a_changed_network_is_refused():
    def attack(model, x, y):
        with torch.no_grad():
            model.body[1].weight.neg_()
        return x

    found = judge(attack, target())
    assert "changed the weights" in found.refused and fates(found) == ["not judged"] * 4
    assert (found.fooled, found.score, found.reached) == (0, 0, False) and "Not accepted" in repr(found)


def test_batch_statistics_are_weights_too():
    def normalised():
        torch.manual_seed(0)
        return Classifier(nn.Sequential(nn.Flatten(), nn.BatchNorm1d(2), *network().body[1:]), nn.Identity())

    def attack(model, x, y):
        model.train()(x)
        return x

    assert "changed the weights" in judge(attack, target(load=normalised)).refused


def test_gradients_left_in_parameters_are_no_change():
    def attack(model, x, y):
        nn.functional.cross_entropy(model(x), y).backward()
        model.train()
        return down(0.1)(model, x, y)

    assert judge(attack, target()).fooled == 2


def test_the_judge_own_network_is_out_of_reach():
    """An attack that finds what the target is loaded from, or changes the class of all networks, is found out."""
    kept = network()

    def weights(model, x, y):
        kept.body[1].weight.data.neg_()
        return x

    def hardly(model, x, y):
        kept.body[1].weight.data.mul_(1.0001)
        return x

    def forward(model, x, y):
        nn.Linear.forward = lambda layer, z: -z
        return x

    original = nn.Linear.forward
    try:
        found = [judge(hardly, target(load=lambda: kept)), judge(weights, target(load=lambda: kept))]
        found.append(judge(forward, target()))
    finally:
        nn.Linear.forward = original
    assert all("no longer the one that was locked" in each.refused and each.fooled == 0 for each in found)


def test_an_error_is_told_with_the_line():
    def attack(model, x, y):
        step = 0.1
        return torch.cat([x, step])

    found = judge(attack, target())
    assert "in line 3 of your attack, `return torch.cat([x, step])`" in found.refused
    assert found.refused.startswith("TypeError") and found.fooled == 0
    assert judge(lambda model, x, y: sys.exit(), target()).refused.startswith("SystemExit in line 1 of your <lambda>")
    own = judge(PGD(0.1, loss=lambda logits, y: logits[:, 0] * torch.nan), target()).refused
    assert own.startswith("ValueError: the gradient of the loss") and "in line" not in own


@pytest.mark.parametrize("attack", [FGSM(0.1), PGD(0.1, 7), Square(0.1, 9), Noise(0.1)])
def test_passes_are_those_of_the_evaluation(attack):
    x, y = target().images()
    found, again = judge(attack, target()), network()
    with seeded(0, "attack", x.device):
        wanted = cost(again, attack, x, y)
    assert (found.forward, found.backward) == (wanted.forward, wanted.backward)


def test_copies_and_other_ways_in_are_counted():
    outside = network()
    ways = [
        lambda model: deepcopy(model),
        lambda model: outside,
        lambda model: target().network(),
        lambda model: model.features,
        lambda model: Classifier(model.body, nn.Linear(2, 2)),
        lambda model: Classifier(nn.Sequential(StopGradient(), model.body), model.head),
    ]
    for way in ways:
        found = judge(lambda model, x, y, way=way: (way(model)(x), x)[1], target())
        assert (found.forward, found.backward) == (1, 0)


def test_the_limit_is_met_exactly():
    def asks(times, swallow=False):
        def attack(model, x, y):
            for _ in range(times):
                try:
                    model(x)
                except Exception:
                    if not swallow:
                        raise
            return down(0.1)(model, x, y)

        return attack

    assert judge(asks(6), target(limit=6)).fooled == 2
    for swallow in (False, True):
        found = judge(asks(7, swallow), target(limit=6))
        assert found.refused == "it was stopped at the limit of 6 passes an image"
        assert (found.forward, found.fooled) == (6, 0)
    assert judge(FGSM(0.1), target(limit=2)).refused == ""
    assert "limit of 1 passes" in judge(FGSM(0.1), target(limit=1)).refused


@pytest.mark.parametrize("tau, second", [(0.45, FOOLED), (0.475, FOOLED), (0.4751, "refused by the detector")])
def test_a_detector_accepts_from_the_threshold_upwards(tau, second):
    """The second image ends at 0.575 - 0.1 = 0.475."""
    found = judge(down(0.1), target(rows=(2,), detector=FirstPixel, threshold=float(torch.tensor(tau))))
    assert fates(found) == [second]
    if second != FOOLED:
        assert "misread as 1, but its score 0.475 is below the threshold 0.4751" in found.verdicts[0].said


def test_a_score_that_is_no_number_accepts_nothing():
    class Broken(FirstPixel):
        def score(self, x):
            bright = super().score(x)
            return torch.where(bright > 0.5, bright, torch.nan)

    assert fates(judge(down(0.1), target(rows=(2,), detector=Broken, threshold=0.0))) == ["refused by the detector"]


def test_passes_through_the_detector_count():
    guarded = target(detector=FirstPixel, threshold=0.0)
    found = judge(lambda model, x, y: (guarded.detector(model).score(x), x)[1], guarded)
    assert (found.forward, found.backward) == (1, 0)


def test_a_target_that_is_broken_before_the_attack():
    wrong = data()[0].flip(-1)
    with pytest.raises(ValueError, match=r"images \[1, 2, 4, 5\] are misread or refused before any attack"):
        judge(down(0.1), target(data=lambda: (wrong, data()[1])))
    with pytest.raises(ValueError, match=r"images \[1, 2\] are misread or refused"):
        judge(down(0.1), target(detector=FirstPixel, threshold=0.6))


def test_the_same_seed_gives_the_same_judgement_and_leaves_the_generator():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second = (judge(Noise(0.1), target(), seed=3) for _ in range(2))
    assert first == second and torch.equal(before, torch.get_rng_state())


@pytest.mark.bad_input
def test_what_is_no_attack():
    with pytest.raises(TypeError, match="called with model, x, y, got a float"):
        judge(0.1, target())

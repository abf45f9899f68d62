"""Models, data and attacks that a card was not made for: the right answer all the same, never another number."""

from dataclasses import dataclass, field

import pytest
import torch
from evaluation.carded import EPS, SMALL, N, affine, card, finding, images
from torch import nn

from robustlib.attacks import PGD
from robustlib.evaluation.frauds import RejectsEverything
from robustlib.evaluation.report_card import report_card
from robustlib.geometry import L2
from robustlib.models import Classifier


def verdicts(of):
    return {check.name: check.verdict for check in of.checks}


def as_given(model, x, y):
    return x


def in_place(model, x, y):
    """By more than eps, and in the very tensor that it was given."""
    return x.sub_(0.3).clamp_(0, 1)


def labels_in_place(model, x, y):
    """Nothing is moved; the labels are."""
    y.zero_()
    return x


def with_a_graph(model, x, y):
    return (x - 0.085).requires_grad_(True) * 1.0


@pytest.mark.parametrize("attack", [as_given, labels_in_place])
def test_an_attack_that_returns_its_input_breaks_nothing_and_is_convicted(attack):
    found = card(attack)
    assert found.clean == found.robust == 1 and finding(found, "inside the ball").verdict == "passes"
    assert {"binarisation", "black box against white box", "lower envelope", "PGD, BIM, FGSM"} <= set(
        found.named("fails")
    )
    assert finding(found, "reach").verdict == "cannot be judged"


def test_an_attack_that_writes_into_its_input_does_not_move_the_ball():
    found = card(in_place)
    assert "A took 12 images outside: as far as 0.3 " in found.stopped and found.robust == 1
    assert found.verdict == "fails"


def test_an_attack_that_leaves_its_graph_on_the_images():
    assert card(with_a_graph, only=()).robust == 4 / N  # what is nearer than 0.085 breaks: means 0.51 to 0.58


def trains(model, x, y):
    with torch.no_grad():
        model.head.weight.zero_()
    return x


def test_an_attack_that_changes_the_model_ends_the_card():
    found = card(trains)
    assert found.verdict == "fails" and found.stopped.startswith("A changed the model's weights")


def refuses(model, x, y):
    raise ValueError("not on a Sunday")


def breaks_down(model, x, y):
    raise RuntimeError("out of memory")


def test_an_attack_that_refuses_is_not_judged_and_one_that_breaks_down_is_named():
    found = card(refuses)
    assert found.verdict == "cannot be judged" and found.robust is None
    assert found.stopped == "it could not be measured: not on a Sunday"
    with pytest.raises(RuntimeError, match="out of memory") as raised:
        card(breaks_down)
    assert raised.value.__notes__ == ['raised while the report card asked about "inside the ball"']


@dataclass(frozen=True)
class Weakening:
    """Moves all images by eps the first time, and none afterwards: its own state, which no seed reaches."""

    eps: float = EPS
    calls: list = field(default_factory=list, compare=False)

    def __call__(self, model, x, y):
        self.calls.append(1)
        return x - 0.1 * (len(self.calls) == 1)


def test_what_an_attack_with_a_state_of_its_own_did_once_is_not_asked_again():
    attack = Weakening()
    assert card(attack, only=["black box against white box", "noise floor"]).robust == 3 / N
    assert len(attack.calls) == 1


def test_one_image_convicts_by_reach_and_is_no_evidence_for():
    x, y = images()
    one = x[:1], y[:1]
    honest = card(data=one)
    assert honest.verdict == "cannot be judged" and honest.named("fails") == ()
    for name in ("doubled steps", "unconstrained attack", "black box against white box", "lower envelope"):
        assert finding(honest, name).verdict == "cannot be judged"
        assert "1 image right at first cannot tell" in finding(honest, name).measured
    short = card(PGD(EPS, steps=1, alpha=0.01), data=one, only=["reach"])
    assert short.verdict == "fails"


def test_where_no_image_is_right_there_is_nothing_to_break():
    x, y = images()
    found = card(data=(x, 1 - y))
    assert found.clean == 0 and found.robust is None and found.verdict == "cannot be judged"
    assert found.headline == "This evaluation cannot be judged: 1 cannot be judged"
    assert "none of the 12 images right" in found.stopped


def test_a_detector_that_rejects_everything_and_one_that_says_nothing():
    more = {"only": ["refused clean images"], "threshold": 0.0}
    found = finding(card(detector=RejectsEverything(), **more), "refused clean images")
    assert (found.verdict, found.measured) == ("fails", "the detector refuses 12 of 12 clean images")

    class Silent:
        def score(self, x):
            return torch.full((len(x),), float("nan"))

    found = finding(card(detector=Silent(), **more), "refused clean images")
    assert found.verdict == "cannot be judged" and "not NaN" in found.measured


def test_float64():
    x, y = images()
    found = card(model=affine().double(), data=(x.double(), y))
    assert verdicts(found) == verdicts(card()) and found.robust == 3 / N


class Wide(nn.Module):
    """998 more classes that are never the answer."""

    def forward(self, logits):
        return torch.cat([logits, logits.new_full((len(logits), 998), -5.0)], 1)


def test_a_thousand_classes():
    model = affine()
    wide = Classifier(model.body, nn.Sequential(model.head, Wide()))
    found = card(model=wide)
    assert found.named("fails") == () and found.robust == 3 / N


def normalised(training):
    """The affine network behind a batch-norm of mean 0 and variance 1, which a forward in train mode would move."""
    model = affine()
    made = Classifier(nn.Sequential(nn.BatchNorm2d(1, eps=0.0, affine=False), nn.Flatten()), model.head)
    return made.train(training)


def test_batch_norm_in_train_mode_is_judged_in_eval_mode_and_left_as_it_was():
    @dataclass(frozen=True)
    class Asks:
        """Asks the model as it finds it, and steps."""

        eps: float = EPS

        def __call__(self, model, x, y):
            model(x)
            return x - 0.999 * self.eps

    model = normalised(True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = card(Asks(), model)
    assert verdicts(found) == verdicts(card(Asks(), normalised(False))) and found.robust == 3 / N
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(module.training for module in model.modules())


def test_features_that_are_not_flat():
    model = affine()
    picture = Classifier(nn.Identity(), nn.Sequential(nn.Flatten(), model.head))
    plain = finding(card(only=["binarisation"]), "binarisation")
    assert finding(card(model=picture, only=["binarisation"]), "binarisation") == plain


@pytest.mark.bad_input
def test_images_that_are_vectors():
    x, y = images()
    found = card(model=Classifier(nn.Identity(), affine().head), data=(x.flatten(1), y))
    assert found.named("fails") == () and found.robust == 3 / N
    assert finding(found, "binarisation").measured == finding(card(), "binarisation").measured


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = affine()

    def forward(self, x):
        return self.inner(x)


class Halved(Classifier):
    """A subclass that asks its head something else than its body's features."""

    def forward(self, x):
        return self.head(self.body(x) / 2 + 0.25)


def test_features_are_those_named_or_of_a_plain_classifier():
    asked = {"only": ["binarisation"]}
    halved = Halved(affine().body, affine().head)
    for model in (Wrapped(), halved):
        assert "name its features" in finding(card(model=model, **asked), "binarisation").measured
    named = finding(card(model=Wrapped(), features=nn.Flatten(), **asked), "binarisation")
    assert named.measured == finding(card(**asked), "binarisation").measured


@pytest.mark.parametrize(
    "name", ["binarisation", "randomness", "BIM of the card", "panel: PGD, eps 0.1", "A, 2 x steps"]
)
def test_an_attack_may_be_called_as_a_measurement_is(name):
    pgd = PGD(EPS, steps=4)
    found = report_card(affine(), images(), {name: pgd, "A": pgd}, EPS, **SMALL)
    assert found.named("fails") == () and found.robust == 3 / N


class BlindBelow(nn.Module):
    """NaN for images with a mean below 0.5: finite at every clean image."""

    def forward(self, x):
        return x.flatten(1) / (x.flatten(1).mean(1, keepdim=True) >= 0.5)


def test_logits_that_are_nan_where_the_attack_goes():
    found = card(model=Classifier(BlindBelow(), affine().head))
    assert found.verdict != "passes" and found.robust is None and "NaN or inf" in found.stopped


def test_the_ball_is_no_larger_than_the_box():
    for eps, norm in ((8.0, {}), (4.1, {"norm": L2()})):
        with pytest.raises(ValueError, match=r"8 / 255"):
            card(PGD(eps), eps=eps, **norm)
    assert card(PGD(1.0, steps=4), eps=1.0, only=["unconstrained attack"]).robust == 0


@pytest.mark.bad_input
def test_what_is_refused_at_the_door():
    x, y = images()
    for spoilt, words in (((255 * x).byte(), "uint8"), (x * float("nan"), "NaN or inf"), (x[:0], "no image")):
        with pytest.raises(ValueError, match=words):
            card(data=(spoilt, y[: len(spoilt)]))

    class Nan(nn.Module):
        def forward(self, x):
            return affine()(x) * float("nan")

    with pytest.raises(ValueError, match="NaN or inf for 12 of 12 images"):
        card(model=Nan())
    with pytest.raises(ValueError, match=r"A is targeted.*Relabel\(attack, next_class\)"):
        card(PGD(EPS, targeted=True))
    for wrong in (PGD, "PGD"):
        with pytest.raises(TypeError, match=r"such as PGD\(0.3\)"):
            card(wrong)
    for name, value in (("batch", 2.5), ("passes", 0), ("limit", True), ("queries", -1)):
        with pytest.raises(ValueError, match=f"{name} must be a whole number >= 1"):
            card(**{name: value})
    for eps in (0.0, -0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="eps"):
            card(eps=eps)
    with pytest.raises(ValueError, match="needs an attack"):
        report_card(affine(), images(), {}, EPS)


@pytest.mark.bad_input
def test_answers_of_another_kind_stop_the_card():
    for attack, words in (
        (lambda model, x, y: (x, y), "got a tuple"),
        (lambda model, x, y: x.double(), "float32, and returned torch.float64"),
        (lambda model, x, y: x[:-1], "(12, 1, 4, 4), and returned (11, 1, 4, 4)"),
    ):
        found = card(attack)
        assert found.verdict == "cannot be judged" and found.robust is None
        assert words in found.stopped
    pair = card(model=Wrapped(), features=lambda x: (x, x), only=["binarisation"])
    assert "got a tuple" in finding(pair, "binarisation").measured

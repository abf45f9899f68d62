"""Examples made on a source and judged on the target, and a source distilled from the target's answers alone."""

import pytest
import torch
from attacks.targets import batch, network
from torch import nn

from robustlib.attacks import DDN, FGSM, PGD, Transfer
from robustlib.attacks.climb import is_broken
from robustlib.evaluation import under_attack
from robustlib.losses import margin
from robustlib.models import Classifier
from robustlib.training import SGD, Adam, distil
from robustlib.training.distil import ask


def other(seed: int = 3) -> Classifier:
    """Another network of the same shape, in train mode."""
    torch.manual_seed(seed)
    model = network()
    with torch.no_grad():
        model.head.weight.add_(torch.randn(4, 8))
    return model.train()


def test_the_examples_are_the_sources_whatever_the_target():
    source, x = other(), torch.rand(8, 2, 5, 4)
    y = torch.arange(8) % 4
    attack = PGD(0.2, 4)
    torch.manual_seed(0)
    expected = attack(source, x, y)
    for target in (network(), Classifier(nn.Flatten(), nn.Linear(40, 4))):
        torch.manual_seed(0)
        with torch.no_grad():
            assert torch.equal(Transfer(source, attack)(target, x, y), expected)
    assert source.training and all(p.grad is None for p in source.parameters())
    assert Transfer(source, attack)(network(), x[:0], y[:0]).shape == (0, 2, 5, 4)
    assert Transfer(source, FGSM(targeted=True)).targeted and not Transfer(source, attack).targeted


def test_an_affine_source_transfers_by_the_angle_between_the_planes():
    """One step of length r along the source's normal moves the target's margin by r times the cosine."""
    torch.manual_seed(1)
    a, b = (nn.Linear(6, 2).double() for _ in range(2))
    for head in (a, b):
        head.bias.data.copy_(-head.weight.data.sum(1) / 2)
    x = 0.45 + 0.1 * torch.rand(9, 1, 2, 3).double()
    target, source = (Classifier(nn.Flatten(), head).eval() for head in (a, b))
    y = target(x).argmax(1)
    eps = 0.07
    x_adv = Transfer(source, FGSM(eps))(target, x, y)
    normal, towards = (h.weight.data[1 - y] - h.weight.data[y] for h in (a, b))
    moved = (normal * eps * towards.sign()).sum(1)
    lead = torch.diff(target(x_adv)).squeeze(1) * (1 - 2 * y)
    torch.testing.assert_close(lead, torch.diff(target(x)).squeeze(1) * (1 - 2 * y) + moved)


def test_the_target_judges():
    model, source = network(), other()
    x, y = batch(model, 24)
    outcome = under_attack(model, {"transfer": Transfer(source, FGSM(0.05)), "white": FGSM(0.05)}, (x, y))
    x_adv = FGSM(0.05)(source, x, y)
    assert outcome["transfer"].correct.equal(~is_broken(model, x_adv, y))
    assert outcome["white"].accuracy < outcome["transfer"].accuracy


class Closed(nn.Module):
    """A target that may only be asked: it counts the questions, and breaks when a gradient is taken."""

    def __init__(self, model):
        super().__init__()
        self.model, self.asked = model, 0

    def forward(self, x):
        assert not torch.is_grad_enabled() and not x.requires_grad and not self.model.training
        self.asked += len(x)
        return self.model(x)


def student(width: int = 16, classes: int = 4) -> nn.Sequential:
    torch.manual_seed(8)
    return nn.Sequential(nn.Flatten(), nn.Linear(40, width), nn.Tanh(), nn.Dropout(0.1), nn.Linear(width, classes))


QUICK = {"optimizer": Adam(1e-2), "epochs": 12, "size": 50, "progress": False}


@pytest.mark.parametrize("answers", ["probabilities", "labels"])
def test_a_distilled_student_agrees_and_its_examples_transfer(answers):
    model = network()
    closed = Closed(model.train())
    images = torch.rand(600, 2, 5, 4)
    source = distil(closed, student(), images, answers=answers, **QUICK)
    assert closed.asked == 600 and model.training and not source.training
    assert all(p.grad is None for p in model.parameters())
    model.eval()
    x, y = batch(model, 200, seed=5)
    agreed = (source(x).argmax(1) == y).float().mean().item()
    assert agreed > (student().eval()(x).argmax(1) == y).float().mean().item() + 0.25 and agreed > 0.7
    rates = [
        is_broken(model, Transfer(s, PGD(0.1, 10))(model, x, y), y).float().mean().item() for s in (student(), source)
    ]
    assert rates[1] > 1.5 * rates[0] + 0.05
    assert rates[1] <= is_broken(model, PGD(0.1, 20, loss=margin)(model, x, y), y).float().mean().item()


def test_an_affine_target_is_recovered():
    torch.manual_seed(2)
    target = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    copy = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    distil(target, copy, torch.rand(300, 1, 2, 2), optimizer=SGD(2.0), epochs=60, size=100, progress=False)
    x = torch.rand(50, 1, 2, 2)
    torch.testing.assert_close(copy(x).softmax(1), target(x).softmax(1), rtol=0, atol=0.01)
    weights = [m[1].weight - m[1].weight.mean(0) for m in (copy, target)]  # a common shift of the logits says nothing
    torch.testing.assert_close(*weights, rtol=0.05, atol=0.05)


def test_rounds_of_augmentation_double_the_images_and_ask_only_about_the_new_ones():
    asked = []

    def target(x):
        asked.append(x)
        return torch.stack([x.flatten(1).sum(1), 20 - x.flatten(1).sum(1)], 1)

    images = torch.rand(10, 2, 5, 4)
    source = distil(target, student(classes=2), images, rounds=2, step=0.1, **QUICK | {"epochs": 2})
    seen = torch.cat(asked)
    assert len(seen) == 40 and torch.equal(seen[:10], images)
    moved = (seen[10:20] - images).abs()
    assert moved.max() <= 0.1 + 1e-6 and (moved > 0.09).float().mean() > 0.6 and seen.min() >= 0 and seen.max() <= 1
    assert not source.training


def test_answers_and_the_seed():
    model, x = network(), torch.rand(20, 2, 5, 4)
    p, labels = ask(model.train(), x), ask(model, x, "labels")
    torch.testing.assert_close(p.sum(1), torch.ones(20))
    assert torch.equal(labels.argmax(1), p.argmax(1)) and torch.equal(labels.sort(1).values[:, -1], torch.ones(20))
    results = []
    for _ in range(2):
        net = student()
        torch.manual_seed(0)
        results.append(distil(model, net, x, **QUICK | {"epochs": 2})(x))
    assert torch.equal(*results)


def test_an_interrupted_distillation_is_resumed(tmp_path):
    model, x = network(), torch.rand(20, 2, 5, 4)
    call = QUICK | {"epochs": 2, "rounds": 1, "checkpoint": tmp_path / "run.pt"}
    torch.manual_seed(0)
    whole = distil(model, student(), x, **call)(x)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.pt.0", "run.pt.1"]
    (tmp_path / "run.pt.1").unlink()
    torch.manual_seed(5)
    assert torch.equal(distil(model, student(), x, **call)(x), whole)


@pytest.mark.bad_input
def test_bad_input():
    model, x = network(), torch.rand(6, 2, 5, 4)
    y = torch.zeros(6, dtype=torch.long)
    narrow = Classifier(nn.Flatten(), nn.Linear(7, 4))
    with pytest.raises(RuntimeError):
        Transfer(narrow, PGD())(model, x, y)
    few = Classifier(nn.Flatten(), nn.Linear(40, 2))
    with pytest.raises(ValueError, match=r"labels must lie in 0 \.\. 1, got 3 \.\. 3"):
        Transfer(few, PGD())(model, x, y + 3)
    with pytest.raises(ValueError, match=r"lie in \[0, 1\]"):
        Transfer(few, DDN())(model, x * 3, y)
    for wrong in ({"epochs": 0}, {"size": 0}, {"rounds": -1}, {"step": 0.0}, {"step": float("inf")}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))}={next(iter(wrong.values()))}"):
            distil(model, student(), x, **wrong)
    with pytest.raises(ValueError, match="got 0 images"):
        distil(model, student(), x[:0])
    with pytest.raises(ValueError, match="probabilities, labels, got 'logits'"):
        distil(model, student(), x, answers="logits")
    with pytest.raises(ValueError, match="the student must give 4 logits"):
        distil(model, student(classes=3), x)
    for target, words in (
        (lambda x: x, r"must return logits of shape \(n, k\) .* for 6 images"),
        (lambda x: x.flatten(1).sum(1), r"must return logits of shape \(n, k\) .* for 6 images"),
        (lambda x: x.flatten(1) * float("nan"), "logits are NaN or inf for 6 of 6 images"),
        (lambda x: x.flatten(1).softmax(1), "returns probabilities"),
    ):
        with pytest.raises(ValueError, match=words):
            distil(target, student(), x)

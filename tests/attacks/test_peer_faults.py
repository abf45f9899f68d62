"""Faults measured in other attack libraries (torchattacks, foolbox, ART, adv-lib, AutoAttack, cleverhans): not ours.

Each test is named for a fault that ours does not have; its docstring says where it was seen. No peer is
needed here: `test_against_peers.py` compares with them.
"""

import ast
import sys
from pathlib import Path

import pytest
import torch
from attacks.minimum_norm_targets import Shift, fortress
from attacks.targets import SHAPE, WIDTH, batch, network
from attacks.test_leaves_alone import assert_same, snapshot
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from robustlib.attacks import (
    APGD,
    APGDT,
    BIM,
    DDN,
    FAB,
    FGSM,
    ILCM,
    JSMA,
    MIM,
    PGD,
    AutoAttack,
    CarliniWagner,
    DeepFool,
    Square,
    carlini_wagner,
)
from robustlib.attacks.adam import adam
from robustlib.evaluation.cost import counting
from robustlib.geometry import L2, Linf
from robustlib.losses import cross_entropy, dlr
from robustlib.models import Classifier

SEARCH = CarliniWagner(2, 12, lr=0.1, c=1.0)
BUDGET = {
    "FGSM": FGSM(0.2),
    "BIM": BIM(0.2, 4),
    "MIM": MIM(0.2, 4),
    "PGD": PGD(0.2, 4),
    "PGD-L2": PGD(0.7, 4, norm=L2()),
    "ILCM": ILCM(0.2, 4),
    "APGD": APGD(0.2, 6),
    "APGD-DLR": APGD(0.2, 6, loss=dlr),
    "APGDT": APGDT(0.2, 5),
    "Square": Square(0.2, 20),
    "AutoAttack": AutoAttack(0.2, 4, queries=10),
}
NEAREST = {
    "DeepFool": DeepFool(20),
    "DeepFool-Linf": DeepFool(20, norm=Linf()),
    "DDN": DDN(15),
    "CarliniWagner": SEARCH,
    "FAB": FAB(steps=5),
    "JSMA": JSMA(gamma=0.5),
}
ALL = BUDGET | NEAREST
every_attack = pytest.mark.parametrize("name", ALL)
nearest_attack = pytest.mark.parametrize("name", NEAREST)


def run(attack, model, x, y, seed=0):
    torch.manual_seed(seed)
    return attack(model, x, y)


def in_double(n=12):
    """A network, images and labels in double precision, where rounding turns no verdict."""
    model = network()
    x, y = batch(model, n)
    return model.double(), x.double(), y


def share_broken(model, x_adv, y):
    with torch.no_grad():
        return (model(x_adv).argmax(1) != y).float().mean().item()


@every_attack
def test_a_model_in_train_mode_has_its_statistics_changed_or_its_mode_lost(name):
    """Train-mode model: foolbox, adv-lib, AutoAttack, cleverhans change batch norm statistics; ART leaves eval mode."""
    model = network()
    x, y = batch(model)
    quiet = run(ALL[name], model, x, y)
    assert not torch.equal(quiet, x)
    model.train()
    before = snapshot(model)
    assert torch.equal(run(ALL[name], model, x, y), quiet)
    assert_same(before, snapshot(model))


@every_attack
def test_it_fails_under_no_grad(name):
    """Under no_grad: all but AutoAttack raise "element 0 of tensors does not require grad"."""
    model = network()
    x, y = batch(model)
    expected = run(ALL[name], model, x, y)
    with torch.no_grad():
        assert torch.equal(run(ALL[name], model, x, y), expected)
    assert not torch.equal(expected, x)


@every_attack
def test_gradients_of_the_parameters_are_computed_and_left_behind(name):
    """Foolbox, ART and cleverhans call loss.backward() and so compute and leave the gradients of all parameters."""
    model, asked = network(), []
    x, y = batch(model)
    for p in model.parameters():
        p.register_hook(lambda g: asked.append(g.shape))
    assert not torch.equal(run(ALL[name], model, x, y), x)
    assert all(p.grad is None for p in model.parameters()) and not asked


@pytest.mark.bad_input  # the shape checker knows images only
@every_attack
def test_flat_vectors_are_not_taken(name):
    """Flat vector input: the peers' results keep the shape [n, d]; and so must ours, where an image is one row."""
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(20, WIDTH), nn.Tanh())
    model = Classifier(body, nn.Linear(WIDTH, 4)).eval()
    with torch.no_grad():
        model.head.weight.mul_(6)
    x = torch.rand(12, 20)
    y = model(x).argmax(1)
    x_adv = run(ALL[name], model, x, y)
    assert x_adv.shape == x.shape and x_adv.min() >= 0 and x_adv.max() <= 1
    assert share_broken(model, x_adv, y) > 0.1


def test_cw_cannot_move_black_and_white_pixels():
    """torchattacks CW: 0.0 of the exact 0/1 pixels change (atanh is infinite there); adv-lib's CW: .465 of them."""
    model = network()
    x = (batch(model, 24)[0] > 0.5).float()
    y = model(x).argmax(1)
    x_adv = run(CarliniWagner(3, 40, lr=0.05, c=1.0), model, x, y)
    assert share_broken(model, x_adv, y) > 0.95
    assert ((x_adv - x).abs() > 1e-4).float().mean() > 0.46


@pytest.mark.parametrize("name", ["CarliniWagner", "DeepFool", "DDN", "FAB", "APGD-DLR", "Square"])
def test_a_constant_on_all_logits_changes_the_result(name):
    """torchattacks CW, logits against logits - 100: .95 success against .0 (it masks the other logits to zero)."""
    model, x, y = in_double()
    shifted = Classifier(model.body, Shift(WIDTH, 4).double()).eval()
    shifted.head.load_state_dict(model.head.state_dict())
    x_adv = run(ALL[name], shifted, x, y)
    torch.testing.assert_close(x_adv, run(ALL[name], model, x, y), atol=1e-6, rtol=0)
    assert share_broken(shifted, x_adv, y) > 0.3 and model(x).max() < 100


def test_cw_crashes_on_an_integer_constant():
    """adv-lib CW with an integer initial_const: "value cannot be converted to type int64_t without overflow"."""
    model = network()
    x, y = batch(model)
    whole = run(CarliniWagner(3, 10, lr=1, c=1), model, x, y)
    assert torch.equal(whole, run(CarliniWagner(3, 10, lr=1.0, c=1.0), model, x, y))
    assert share_broken(model, whole, y) > 0.5


def test_cw_divides_by_zero_below_ten_steps():
    """adv-lib CW with max_iterations=5: ZeroDivisionError, integer modulo by zero."""
    model = network()
    x, y = batch(model)
    for steps in (1, 5):
        x_adv = run(CarliniWagner(4, steps, lr=0.1, c=1.0), model, x, y)
        assert share_broken(model, x_adv, y) > 0.3


@every_attack
def test_the_result_for_an_image_depends_on_its_batch(name):
    """Batch dependence, C&W: up to .42 a pixel between a batch and the image alone (torchattacks, foolbox, adv-lib)."""
    model, x, y = in_double(6)
    together, attack = run(ALL[name], model, x, y), ALL[name]
    others = torch.cat([x[:1], x[1:].flip(2)])  # random numbers are drawn for a batch as a whole, hence of one size
    other_labels = model(others).argmax(1)
    torch.testing.assert_close(run(attack, model, others, other_labels)[0], together[0], atol=1e-9, rtol=0)
    assert not torch.equal(others, x) and not torch.equal(together[0], x[0])
    if name in NEAREST:
        alone = [run(attack, model, x[i : i + 1], y[i : i + 1]) for i in range(6)]
        torch.testing.assert_close(torch.cat(alone), together, atol=1e-9, rtol=0)


@nearest_attack
def test_where_it_fails_a_black_image_comes_back(name):
    """Foolbox's CW (and EAD) returns black images on failure; ours are the clean ones, bit for bit."""
    model, x, y = fortress()
    assert torch.equal(run(NEAREST[name], model, x, y), x)


@every_attack
def test_the_result_leaves_the_box(name):
    """torchattacks EADL1: pixels from -0.006 to 1.002."""
    model = network()
    x = (batch(model)[0] > 0.5).float()
    x_adv = run(ALL[name], model, x, model(x).argmax(1))
    assert x_adv.min() >= 0 and x_adv.max() <= 1 and x_adv.isfinite().all() and not torch.equal(x_adv, x)


@pytest.mark.parametrize("overshoot", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("norm", [L2(), Linf()], ids=["L2", "Linf"])
def test_deepfool_stalls_on_the_boundary(norm, overshoot):
    """torchattacks DeepFool: .475 success on MNIST (.625 at overshoot .1), the others 1e-6 short of the boundary."""
    model = network()
    x = (batch(model, 40)[0] > 0.5).float()  # half of all steps are clipped
    y = model(x).argmax(1)
    x_adv = run(DeepFool(overshoot=overshoot, norm=norm), model, x, y)
    assert share_broken(model, x_adv, y) == 1


@every_attack
@pytest.mark.parametrize("classes", [2, 3])
def test_it_crashes_below_ten_classes(name, classes):
    """IndexError with 3 classes: torchattacks JSMA ((y + 1) % 10) and AutoAttack, AutoAttack's APGD-T; with 2: DLR."""
    model = network(classes=classes)
    x, y = batch(model, 24)
    assert share_broken(model, run(ALL[name], model, x, y), y) > 0.1


def test_autoattack_runs_with_a_tenth_of_its_budget():
    """torchattacks' AutoAttack leaves APGD, APGD-T and FAB at 10 steps: weaker, under the same name."""
    parts = AutoAttack(0.3).parts
    apgd, targeted, fab, square = parts.values()
    assert list(parts) == ["APGD-CE", "APGD-T", "FAB-T", "Square"]
    assert (apgd.steps, targeted.steps, fab.steps) == (100, 100, 100)
    assert (targeted.targets, fab.targets, square.queries) == (9, 9, 5000)
    assert {part.eps for part in parts.values()} == {0.3} and apgd.loss is cross_entropy


def test_momentum_sums_gradients_of_unequal_length():
    """Foolbox's MI-FGSM does not scale gradients to unit L1 norm: 1.5 points weaker. A loss that fades shows it."""
    model = network()
    x, y = batch(model)
    calls = []

    def fading(logits, labels):
        calls.append(1)
        return cross_entropy(logits, labels) * 10.0 ** -len(calls)

    assert torch.equal(MIM(0.2, 6, loss=fading)(model, x, y), MIM(0.2, 6)(model, x, y))
    assert len(calls) == 6 and not torch.equal(MIM(0.2, 6)(model, x, y), BIM(0.2, 6)(model, x, y))


def test_labels_of_the_next_class_are_only_the_default_of_a_targeted_attack():
    """torchattacks' untargeted JSMA has a target, y + 1 modulo 10. Ours breaks more when it may choose the class."""
    model = network()
    x, y = batch(model, 40)
    free = run(JSMA(gamma=0.1), model, x, y)
    given = run(JSMA(gamma=0.1, targeted=True), model, x, (y + 1) % 4)
    assert share_broken(model, free, y) > share_broken(model, given, y)
    assert torch.isin(model(free).argmax(1), torch.arange(4)).all() and free.shape == (40, *SHAPE)


def test_deepfool_goes_on_with_finished_images_and_repeats_a_forward_for_each_class():
    """Foolbox's DeepFool: 120 forwards and 118 backwards an image where adv-lib's needs 9 and 78; ART's 102 and 510."""
    model, x, y = in_double(8)
    attack, alone = DeepFool(candidates=None), []
    for i in range(len(x)):
        with counting(model) as passes:
            attack(model, x[i : i + 1], y[i : i + 1])
        alone.append((passes.forward, passes.backward))
    with counting(model) as together:
        attack(model, x, y)
    forward, backward = (sum(column) for column in zip(*alone, strict=True))
    assert together.forward == forward
    assert together.backward <= backward + 3 * len(x)  # the forward that finds an image broken is shared with others
    assert len(set(alone)) > 1 and forward < backward + 3 * len(x)


def test_jsma_asks_for_a_backward_per_class():
    """torchattacks JSMA: one backward for each class, 276 an image; two are enough, the target and the sum."""
    few, many = network(classes=3), network(classes=100)
    for model in (few, many):
        x, y = batch(model, 6)
        with counting(model) as passes:
            run(JSMA(gamma=0.2, targeted=True), model, x, (y + 1) % 3)
        assert 0 < passes.backward <= 2 * passes.forward


class Largest(TorchDispatchMode):
    """Remembers how many numbers the largest tensor made holds."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **kwargs or {})
        if isinstance(out, torch.Tensor):
            self.numbers = max(self.numbers, out.numel())
        return out


def test_jsma_builds_matrices_of_all_pairs_of_pixels():
    """torchattacks JSMA holds matrices of pixels times pixels: 3.6 GB each for 100 by 100 pixels in three colours."""
    torch.manual_seed(0)
    model = Classifier(nn.Flatten(), nn.Linear(3 * 24 * 24, 3)).eval()
    x, y = batch(model, 1, (3, 24, 24))
    with Largest() as largest:
        x_adv = JSMA(gamma=0.01)(model, x, y)
    assert not torch.equal(x_adv, x) and x.numel() <= largest.numbers < x.numel() ** 2 / 4


def test_jsma_ignores_what_a_pixel_does_to_the_other_classes():
    """ART JSMA takes the two largest slopes of the target; the paper's pixel must lower the others' sum too."""
    model = Classifier(nn.Flatten(), nn.Linear(3, 2)).eval()
    with torch.no_grad():  # the first pixel raises the target most, and the label with it
        model.head.weight.copy_(torch.tensor([[0.5, -2.0, -1.0], [3.0, 1.0, 0.0]]))
        model.head.bias.copy_(torch.tensor([2.5, 0.0]))
    x = torch.zeros(1, 1, 1, 3)
    x_adv = JSMA(gamma=0.34, pixels=1, targeted=True)(model, x, torch.tensor([1]))
    assert x_adv.flatten().tolist() == [0.0, 1.0, 0.0] and model(x_adv).argmax() == 1


def test_cw_carries_adams_moments_from_one_constant_to_the_next(monkeypatch):
    """cleverhans C&W keeps Adam's state between search steps: norms 4 % smaller on MNIST, 10 % larger on CIFAR-10."""
    fresh = []

    def watched(g, mean, square, t):
        if t == 1:
            fresh.append(bool((mean == 0).all() and (square == 0).all()))
        return adam(g, mean, square, t)

    monkeypatch.setattr(carlini_wagner, "adam", watched)
    model = network()
    run(CarliniWagner(3, 8, lr=0.05, c=1.0), model, *batch(model))
    assert fresh == [True, True, True]


def test_importing_the_attacks_needs_undeclared_or_heavy_packages():
    """ART's AutoAttack imports the undeclared `multiprocess`; adv-lib's attacks import torchvision and visdom."""
    allowed = {"torch", "jaxtyping", "tqdm", "robustlib", *sys.stdlib_module_names}
    for file in Path(carlini_wagner.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert {name.split(".")[0] for name in names} <= allowed, file.name

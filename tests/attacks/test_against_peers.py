"""Ours beside torchattacks, foolbox, adv-lib, AutoAttack: equal where the algorithm leaves no choice, else as strong.

`make peers` makes an environment that has them; where one is missing, its tests are skipped.
"""

import contextlib
import importlib
import io
import warnings

import pytest
import torch
from attacks.targets import batch, network

from robustlib.attacks import APGD, APGDT, BIM, DDN, FAB, FGSM, ILCM, JSMA, MIM, PGD, CarliniWagner, DeepFool, Square
from robustlib.geometry import L2, Linf

pytestmark = pytest.mark.filterwarnings("ignore")
EPS, STEPS, STEP = 0.1, 10, 0.02


def peer(module):
    """The module of a peer library, silent; the test is skipped without it."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(module)
        except ImportError as missing:
            pytest.skip(f"needs a peer library: {missing}")


@pytest.fixture(scope="module")
def target():
    """A small network and 32 images that it gets right; a power of two, so that a mean loss rounds like a sum."""
    model = network((1, 8, 8), classes=10)
    return model, *batch(model, 32, (1, 8, 8))


def foolbox(name, model, x, y, eps, target_classes=None, **fields):
    library = peer("foolbox")
    wrapped = library.PyTorchModel(model, bounds=(0, 1), device=x.device)
    criterion = library.criteria.Misclassification(y)
    if target_classes is not None:
        criterion = library.criteria.TargetedMisclassification(target_classes)
    found = getattr(library.attacks, name)(**fields)(wrapped, x, criterion, epsilons=eps)[1]
    model.zero_grad(set_to_none=True)
    return found


def torchattacks(name, model, x, y, mode=None, **fields):
    attack = getattr(peer("torchattacks"), name)(model, **fields)
    if mode is not None:
        getattr(attack, f"set_mode_{mode}")(quiet=True)
    return attack(x, y).detach()


def adv_lib(name, model, x, y, **fields):
    return getattr(peer("adv_lib.attacks"), name)(model, x, y, **fields).detach()


def autoattack(module, name, model, x, y, **fields):
    kind = getattr(peer(f"pyautoattack.{module}"), name)
    return kind(model, eps=EPS, device=x.device, **fields).perturb(x, y).detach()


EQUAL = {
    "FGSM": (FGSM(EPS), ("FGSM", {"eps": EPS}), ("LinfFastGradientAttack", {})),
    "BIM": (
        BIM(EPS, STEPS, STEP),
        ("BIM", {"eps": EPS, "alpha": STEP, "steps": STEPS}),
        ("LinfBasicIterativeAttack", {"abs_stepsize": STEP, "steps": STEPS}),
    ),
    "PGD": (
        PGD(EPS, STEPS, STEP, random_start=False),
        ("PGD", {"eps": EPS, "alpha": STEP, "steps": STEPS, "random_start": False}),
        ("LinfPGD", {"abs_stepsize": STEP, "steps": STEPS, "random_start": False}),
    ),
    "PGD-L2": (
        PGD(0.5, STEPS, 0.1, norm=L2(), random_start=False),
        ("PGDL2", {"eps": 0.5, "alpha": 0.1, "steps": STEPS, "random_start": False}),
        ("L2PGD", {"abs_stepsize": 0.1, "steps": STEPS, "random_start": False}),
    ),
}


@pytest.mark.parametrize("name", EQUAL)
@pytest.mark.parametrize("library", ["torchattacks", "foolbox"])
def test_without_a_random_start_the_images_are_equal(name, library, target):
    model, x, y = target
    ours, of_torchattacks, of_foolbox = EQUAL[name]
    if library == "torchattacks":
        kind, fields = of_torchattacks
        theirs = torchattacks(kind, model, x, y, **fields)
    else:
        kind, fields = of_foolbox
        theirs = foolbox(kind, model, x, y, ours.eps, **fields)
    x_adv = ours(model, x, y)
    torch.testing.assert_close(x_adv, theirs, atol=1e-5, rtol=0)
    assert (x_adv - x).flatten(1).norm(dim=1).min() > 0.3


def test_momentum_is_that_of_torchattacks(target):
    model, x, y = target
    theirs = torchattacks("MIFGSM", model, x, y, eps=EPS, alpha=STEP, steps=STEPS)
    torch.testing.assert_close(MIM(EPS, STEPS, STEP)(model, x, y), theirs, atol=1e-5, rtol=0)


def test_the_least_likely_class_is_that_of_torchattacks_and_foolbox(target):
    model, x, y = target
    x_adv = ILCM(EPS, STEPS, STEP)(model, x, y)
    least = model(x).argmin(1)
    fields = {"abs_stepsize": STEP, "steps": STEPS}
    theirs = foolbox("LinfBasicIterativeAttack", model, x, y, EPS, least, **fields)
    torch.testing.assert_close(x_adv, theirs, atol=1e-5, rtol=0)
    theirs = torchattacks("BIM", model, x, y, "targeted_least_likely", eps=EPS, alpha=STEP, steps=STEPS)
    torch.testing.assert_close(x_adv, theirs, atol=1e-5, rtol=0)


def mean_norm(model, x_adv, x, y, norm):
    """Of the images that are broken, and their share."""
    with torch.no_grad():
        broken = model(x_adv).argmax(1) != y
    return norm.size(x_adv - x)[broken].mean().item(), broken.float().mean().item()


NEAREST = {
    "DeepFool foolbox": (DeepFool(), lambda *at: foolbox("L2DeepFoolAttack", *at, None)),
    "DeepFool adv-lib": (DeepFool(), lambda *at: adv_lib("df", *at, steps=50)),
    "DeepFool-Linf foolbox": (DeepFool(norm=Linf()), lambda *at: foolbox("LinfDeepFoolAttack", *at, None)),
    "DeepFool-Linf adv-lib": (DeepFool(norm=Linf()), lambda *at: adv_lib("df", *at, steps=50, norm=float("inf"))),
    "DDN foolbox": (DDN(50), lambda *at: foolbox("DDNAttack", *at, None, steps=50)),
    "DDN adv-lib": (DDN(50), lambda *at: adv_lib("ddn", *at, steps=50, levels=None)),
    "C&W foolbox": (
        CarliniWagner(5, 40, lr=0.02, c=0.1),
        lambda *at: foolbox(
            "L2CarliniWagnerAttack", *at, None, binary_search_steps=5, steps=40, stepsize=0.02, initial_const=0.1
        ),
    ),
    "C&W adv-lib": (
        CarliniWagner(5, 40, lr=0.02, c=0.1),
        lambda *at: adv_lib(
            "carlini_wagner_l2",
            *at,
            binary_search_steps=5,
            max_iterations=40,
            learning_rate=0.02,
            initial_const=0.1,
        ),
    ),
}


@pytest.mark.parametrize("name", NEAREST)
def test_the_perturbation_is_no_longer_than_a_peers(name, target):
    model, x, y = target
    ours, theirs = NEAREST[name]
    norm = ours.norm
    wanted, share = mean_norm(model, theirs(model, x, y), x, y, norm)
    found, broken = mean_norm(model, ours(model, x, y), x, y, norm)
    assert broken >= share and broken == 1
    if share == 1:  # else the means are of other images
        assert found <= wanted * (1.1 if "DeepFool" in name else 1.02)


BUDGETS = {
    "APGD-CE torchattacks": (APGD(EPS, 20), lambda *at: torchattacks("APGD", *at, eps=EPS, steps=20)),
    "APGD-CE autoattack": (APGD(EPS, 20), lambda *at: autoattack("autopgd_base", "APGDAttack", *at, n_iter=20)),
    "APGD-T adv-lib": (
        APGDT(EPS, 10),
        lambda *at: adv_lib("apgd_targeted", *at, eps=EPS, norm=float("inf"), n_iter=10),
    ),
    "APGD-T autoattack": (
        APGDT(EPS, 10),
        lambda *at: autoattack("autopgd_base", "APGDAttack_targeted", *at, n_iter=10),
    ),
    "FAB-T autoattack": (
        FAB(EPS, 10),
        lambda *at: autoattack("fab_pt", "FABAttack_PT", *at, n_iter=10, targeted=True, norm="Linf"),
    ),
    "Square torchattacks": (Square(EPS, 100), lambda *at: torchattacks("Square", *at, eps=EPS, n_queries=100)),
    "Square autoattack": (Square(EPS, 100), lambda *at: autoattack("square", "SquareAttack", *at, n_queries=100)),
}


@pytest.mark.parametrize("name", BUDGETS)
def test_in_the_same_ball_about_as_many_images_break(name, target):
    model, x, y = target
    ours, theirs = BUDGETS[name]
    shares = []
    for attack in (theirs, ours):
        torch.manual_seed(0)
        x_adv = attack(model, x, y)
        inside = Linf().size(x_adv - x) <= EPS + 1e-5
        shares.append(((model(x_adv).argmax(1) != y) & inside).float().mean().item())
    assert shares[1] >= shares[0] - 0.07 and shares[1] > 0.1


def test_jsma_changes_no_more_pixels_than_torchattacks(target):
    model, x, y = target
    x, y = x[:16], y[:16]
    goal = (y + 1) % 10
    theirs = torchattacks("JSMA", model, x, goal, "targeted_by_label", gamma=0.5)
    model.zero_grad(set_to_none=True)
    x_adv = JSMA(gamma=0.5, targeted=True)(model, x, goal)
    hit, wanted = (model(found).argmax(1) == goal for found in (x_adv, theirs))
    assert hit.sum() >= wanted.sum() - 1 and (hit & wanted).sum() > 2
    changed, most = (((found - x).abs() > 1e-6).flatten(1).sum(1)[hit & wanted].sum() for found in (x_adv, theirs))
    assert 0 < changed <= 1.1 * most

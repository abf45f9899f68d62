"""Carlini and Wagner in the cube: closed forms, a second implementation, and the end of the search."""

from dataclasses import replace

import pytest
import torch
from attacks.minimum_norm_targets import affine
from attacks.targets import batch, count, network

from robustlib.attacks import PGD, CarliniWagnerLinf
from robustlib.attacks.climb import is_broken
from robustlib.geometry import Linf
from robustlib.losses import margin

QUICK = CarliniWagnerLinf(0.2, 20, 0.03, 0.01, factor=10)
HOW = pytest.mark.parametrize("project", [True, False], ids=["projected", "penalty"])


def images(n=6, low=0.3, high=0.7, seed=4):
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(n, 1, 3, 4, generator=generator, dtype=torch.float64)


@HOW
@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("kappa", [0.0, 0.05])
def test_a_plane_is_crossed_if_and_only_if_it_cuts_the_cube(project, targeted, kappa):
    model, x = affine(), images(4)
    y = model(x).argmax(1)
    assert 0 < y.sum() < 4
    w = model.head.weight[0] - model.head.weight[1]
    for i, radius in enumerate(((kappa - margin(model(x), y)) / w.abs().sum()).tolist()):
        image, label = x[i : i + 1], y[i : i + 1]
        for share, crossed in ((0.97, False), (1.1, True)):
            attack = CarliniWagnerLinf(share * radius, 40, radius / 10, 0.1, 30, 10, kappa, targeted, project)
            x_adv = attack(model, image, 1 - label if targeted else label)
            assert Linf().size(x_adv - image) <= share * radius + 1e-12
            assert (margin(model(x_adv), label) >= kappa).item() == crossed


def test_the_corner_of_the_cube_that_the_box_leaves():
    model, x = affine(seed=7), images(5, 0, 1).round()  # black and white: half the pixels have nowhere to go
    y = model(x).argmax(1)
    w = (model.head.weight[1 - y] - model.head.weight[y]).detach().reshape(x.shape)
    corner = (x + 0.1 * w.sign()).clamp(0, 1)
    lead = margin(model(corner), y).detach()
    for i in range(len(x)):
        kappa = max(0.0, 0.9 * lead[i].item())  # nine tenths of what the cube holds
        attack = CarliniWagnerLinf(0.1, 40, 0.01, 0.1, kappa=kappa)
        x_adv = attack(model, x[i : i + 1], y[i : i + 1])
        assert (margin(model(x_adv), y[i : i + 1]) >= kappa).item() == (lead[i] > 0).item()
    assert (lead > 0).any()


def by_autograd(model, x, y, attack):
    """One image at a time, with torch's own Adam and the whole sum differentiated by autograd."""
    results = []
    for image, label in zip(x.split(1), y.split(1), strict=True):
        moving = image.clone().requires_grad_(True)
        optimizer = torch.optim.Adam([moving], lr=attack.lr)
        c, t = attack.c, 0
        while True:
            with torch.no_grad():
                inside = torch.clamp(moving, image - attack.eps, image + attack.eps).clamp(0, 1)
                ahead = margin(model(inside), label).item()
            if (ahead > 0 and ahead >= attack.kappa) or c >= attack.largest_c:
                break
            optimizer.zero_grad()
            missing = torch.relu(attack.kappa - margin(model(moving), label))
            outside = 0 if attack.project else torch.relu((moving - image).abs() - attack.eps).sum()
            (c * missing.sum() + outside).backward()
            optimizer.step()
            with torch.no_grad():
                moving.clamp_(0, 1)
                if attack.project:
                    moving.copy_(torch.clamp(moving, image - attack.eps, image + attack.eps).clamp(0, 1))
            t += 1
            if t % attack.steps == 0:
                c *= attack.factor
        results.append(inside)
    return torch.cat(results)


@HOW
@pytest.mark.parametrize(("eps", "kappa"), [(0.04, 0.0), (0.08, 0.5)])
def test_by_another_implementation(project, eps, kappa):
    model = network()
    x, y = batch(model, 8)
    model, x = model.double(), x.double()
    attack = CarliniWagnerLinf(eps, 6, 0.04, 0.01, 1.0, 10, kappa, project=project, abort_early=False)
    x_adv = attack(model, x, y)
    torch.testing.assert_close(x_adv, by_autograd(model, x, y, attack), rtol=0, atol=1e-9)
    assert 0 < is_broken(model, x_adv, y).sum() < len(x)


def test_a_hopeless_search_ends_after_its_values_of_c_and_sooner_where_images_give_up():
    model = network()
    x, y = batch(model, 5)
    hopeless = replace(QUICK, steps=40, kappa=1e6, largest_c=2, abort_early=False)  # c = 0.01, 0.1, 1
    x_adv, passes = count(hopeless, model, x, y)
    assert passes == 5 * (3 * 40 + 1)
    assert Linf().size(x_adv - x).max() <= 0.2 + 1e-6 and (margin(model(x_adv), y) > margin(model(x), y)).all()
    _, fewer = count(replace(hopeless, eps=0.0, abort_early=True), model, x, y)  # nothing falls
    assert fewer == 5 * (3 * 20 + 1)


def test_images_leave_as_they_break():
    model = network()
    x, y = batch(model, 20)
    x_adv, passes = count(QUICK, model, x, y)
    assert is_broken(model, x_adv, y).all() and passes < 20 * 20
    wrong = torch.where(torch.arange(20) < 5, (y + 1) % 4, y)
    other = QUICK(model, x, wrong)
    assert torch.equal(other[:5], x[:5])  # wrong already
    torch.testing.assert_close(other[5:], x_adv[5:], rtol=0, atol=1e-4)


def test_projecting_every_iterate_is_no_weaker_than_the_penalty_and_close_to_pgd():
    model = network()
    x, y = batch(model, 40)
    stands = {
        name: (~is_broken(model, attack(model, x, y), y)).sum().item()
        for name, attack in {
            "projected": CarliniWagnerLinf(0.04, 30, 0.01),
            "penalty": CarliniWagnerLinf(0.04, 30, 0.01, project=False),
            "pgd": PGD(0.04, 60, loss=margin, random_start=False),
        }.items()
    }
    assert stands["projected"] <= stands["penalty"] and stands["projected"] <= stands["pgd"] + 1
    assert 0 < stands["pgd"] < 35


def test_a_search_in_bf16_confirms_its_successes():
    model = network()
    x, y = batch(model, 40)
    for kappa in (0.0, 0.7):
        attack = replace(QUICK, kappa=kappa, lr=0.003, steps=60)  # crosses the boundary slowly
        plain, fast = attack(model, x, y), replace(attack, precision=torch.bfloat16)(model, x, y)
        confident = [(margin(model(images), y) >= kappa).sum() for images in (plain, fast)]
        assert 36 <= confident[0] <= confident[1] + 1 and is_broken(model, fast, y).all()


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"eps": -0.1}, "eps is a radius"),
        ({"steps": 0}, "steps >= 1"),
        ({"lr": 0.0}, "lr=0.0"),
        ({"lr": float("inf")}, "lr=inf"),
        ({"kappa": -1.0}, "kappa=-1.0"),
        ({"c": 0.0}, "c=0.0"),
        ({"c": 2.0}, "c=2.0, largest_c=2.0"),
        ({"largest_c": float("inf")}, "largest_c=inf"),
        ({"factor": 1.0}, "factor=1.0"),  # the search would never end
        ({"factor": 1 + 1e-12}, "factor=1.0"),
        ({"factor": float("nan")}, "factor=nan"),
    ],
)
def test_refused_fields(fields, words):
    with pytest.raises(ValueError, match=words):
        CarliniWagnerLinf(**fields)


@pytest.mark.bad_input
def test_refused_images():
    x, y = batch(network())
    with pytest.raises(ValueError, match="float32 images and a float32 model"):
        QUICK(network().half(), x.half(), y)

"""One contract for all attacks: where the result lies, that it attacks, and that examples do not disturb each other."""

from dataclasses import replace

import pytest
import torch
from attacks.targets import ATTACKS, RANDOM, SHAPE, aim, batch, budget, for_classes, network

from robustlib.attacks import BPDA, EOT
from robustlib.losses import cross_entropy

every_attack = pytest.mark.parametrize("name", ATTACKS)


def call(name, model, x, y, seed=0, attack=None):
    torch.manual_seed(seed)
    return (attack or for_classes(name, model(x[:1]).shape[1] if len(x) else 4, x.dtype))(
        model, x, aim(name, model, x, y)
    )


def check(name, x_adv, x):
    norm, eps = budget(name)
    assert x_adv.shape == x.shape and x_adv.dtype == x.dtype
    assert x_adv.min() >= 0 and x_adv.max() <= 1
    assert norm.size(x_adv - x).max() <= eps + (1e-5 if "-L2" in name else 1e-6)


@every_attack
def test_result_lies_in_the_box_and_in_the_ball_and_uses_it(name):
    model = network()
    x, y = batch(model)
    x[0], x[1], x[2] = 0, 1, (x[2] > 0.5).float()  # images in the corners of the box
    x_adv = call(name, model, x, model(x).argmax(1))
    check(name, x_adv, x)
    norm, eps = budget(name)
    assert norm.size(x_adv - x).max() > 0.3 * eps


@every_attack
def test_the_attack_raises_the_loss_and_breaks_images(name):
    model = network()
    x, y = batch(model, 40)
    x_adv, given = call(name, model, x, y), aim(name, model, x, y)
    if "Noise" in name:
        assert not torch.equal(x_adv, x)
        return
    before, after = (cross_entropy(model(images), given).mean().item() for images in (x, x_adv))
    broken = (model(x_adv).argmax(1) != y).float().mean()
    if "targeted" in name:
        assert after < before - 0.1
    else:
        assert after > before + 0.1
    assert broken > 0.2


@every_attack
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (1, 28, 3)], ids=str)
@pytest.mark.parametrize("n", [1, 4])
def test_any_image_shape_and_a_single_image(name, shape, n):
    model = network(shape)
    x, y = batch(model, n, shape)
    check(name, call(name, model, x, y), x)


@every_attack
@pytest.mark.parametrize("classes", [2, 3, 1000])
def test_any_number_of_classes(name, classes):
    model = network(classes=classes)
    x, y = batch(model)
    x_adv = call(name, model, x, y)
    check(name, x_adv, x)
    if classes > 2 or "dlr" not in name:  # with two classes the ratio is constant: its gradient is zero
        assert ((x_adv != x).flatten(1).any(1)).float().mean() > 0.9


@every_attack
def test_an_empty_batch_gives_an_empty_batch(name):
    x_adv = call(name, network(), torch.zeros(0, *SHAPE), torch.zeros(0, dtype=torch.long))
    assert x_adv.shape == (0, *SHAPE)


@every_attack
def test_double_precision_stays_double(name):
    if "bf16" in name:
        pytest.skip("the head's input is float32 there")
    model = network()
    x, y = batch(model)
    check(name, call(name, model.double(), x.double(), y), x.double())


@every_attack
def test_a_radius_of_zero_moves_nothing(name):
    if name in ("Restarts", "Strongest", "InBatches", "RandomEps", "Relabel", "Relabel-random"):
        pytest.skip("wrappers have no radius of their own")
    model = network()
    x, y = batch(model)
    attack = for_classes(name, 4)
    if isinstance(attack, EOT | BPDA):
        attack = replace(attack, attack=replace(attack.attack, eps=0.0))
    else:
        attack = replace(attack, eps=0.0)
    torch.testing.assert_close(call(name, model, x, y, attack=attack), x, rtol=0, atol=1e-7)


@every_attack
def test_the_same_seed_gives_the_same_result_and_another_seed_another(name):
    model = network()
    x, y = batch(model)
    first = call(name, model, x, y)
    assert torch.equal(call(name, model, x, y), first)
    assert torch.equal(call(name, model, x, y, seed=1), first) == (name not in RANDOM)


@every_attack
def test_deterministic_attacks_do_not_mix_examples(name):
    if name in RANDOM:
        pytest.skip("draws its start for the whole batch")
    model = network()
    x, y = batch(model)
    whole = call(name, model, x, y)
    torch.testing.assert_close(call(name, model, x[:3], y[:3]), whole[:3], rtol=0, atol=1e-4)
    backwards = call(name, model, x.flip(0), y.flip(0)).flip(0)
    torch.testing.assert_close(backwards, whole, rtol=0, atol=1e-4)


STOPPING = ["PGD-stop", "PGD-L2-stop", "PGD-bf16-stop", "BIM-stop", "MIM-stop", "APGD-stop", "APGD-L2-stop", "APGDT"]


@pytest.mark.parametrize("name", STOPPING)
def test_the_neighbours_noise_does_not_depend_on_who_breaks_first(name):
    model = network()
    x, y = batch(model)
    wrong = y.clone()
    wrong[:4] = (y[:4] + 1) % 4  # these are broken from the start and leave the loop at once
    plain, other = call(name, model, x, y), call(name, model, x, wrong)
    torch.testing.assert_close(other[4:], plain[4:], rtol=0, atol=1e-4)
    assert not torch.equal(other[:4], plain[:4])

"""One contract for all minimum-norm attacks: a closer broken image in the box, or the clean image, bit for bit."""

import pytest
import torch
from attacks.minimum_norm_targets import MINIMUM_NORM, Shift, attack, fortress, given, length
from attacks.targets import SHAPE, batch, network
from attacks.test_attack_inputs import ANSWERS, IMAGES, MODELS, Wrong, answering
from attacks.test_leaves_alone import assert_same, fails_first_half_way_and_last, snapshot
from torch import nn

from robustlib.losses import cross_entropy
from robustlib.models import Classifier

every_attack = pytest.mark.parametrize("name", MINIMUM_NORM)


def check(name, model, x_adv, x, y):
    """Which images the attack broke, after checking that the others are the clean ones."""
    assert x_adv.shape == x.shape and x_adv.dtype == x.dtype
    assert x_adv.isfinite().all() and x_adv.min() >= 0 and x_adv.max() <= 1
    broken = (model(x_adv).argmax(1) == given(name, model, y)) == ("targeted" in name)
    assert torch.equal(x_adv[~broken], x[~broken])
    return broken


@every_attack
def test_nearly_every_image_is_broken_by_a_perturbation_far_smaller_than_another_image(name):
    model = network()
    x, _ = batch(model, 40)
    x[0], x[1], x[2] = 0, 1, (x[2] > 0.5).float()  # images in the corners of the box
    y = model(x).argmax(1)
    x_adv = attack(name, model, x, y)
    broken = check(name, model, x_adv, x, y)
    assert broken.float().mean() > 0.9
    assert length(name, x_adv - x).mean() < 0.4 * length(name, x.roll(1, 0) - x).mean()
    assert (length(name, x_adv - x)[broken] > 0).all()


@every_attack
def test_where_nothing_in_the_box_breaks_the_clean_image_comes_back(name):
    model, x, y = fortress()
    corner = (model.head.weight - model.head.weight[1]).relu().sum(1) + model.head.bias - model.head.bias[1]
    assert (y == 1).all() and (corner[[0, 2, 3]] < 0).all()
    assert torch.equal(attack(name, model, x, y), x)


@every_attack
def test_an_image_that_is_wrong_already_comes_back_and_its_neighbours_do_not_notice(name):
    model = network()
    x, y = batch(model)
    wrong = y.clone()
    wrong[::2] = (y[::2] + (3 if "targeted" in name else 1)) % 4  # the class before y: then y itself is the target
    x_adv = attack(name, model, x, wrong)
    assert torch.equal(x_adv[::2], x[::2])
    torch.testing.assert_close(x_adv[1::2], attack(name, model, x, y)[1::2], rtol=0, atol=tolerance(name))
    assert not torch.equal(x_adv[1::2], x[1::2])


def tolerance(name):
    """A rounding may turn a bf16 verdict, or a pixel's level."""
    return 0.02 if "bf16" in name or "levels" in name else 1e-4


@every_attack
def test_examples_do_not_influence_each_other(name):
    model = network()
    x, y = batch(model, 5)
    whole = attack(name, model, x, y)
    alone = torch.cat([attack(name, model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))])
    torch.testing.assert_close(alone, whole, rtol=0, atol=tolerance(name))
    backwards = attack(name, model, x.flip(0), y.flip(0)).flip(0)
    torch.testing.assert_close(backwards, whole, rtol=0, atol=tolerance(name))


@every_attack
@pytest.mark.parametrize("mode", ["train", "mixed"])
def test_the_model_stays_as_it_was_and_is_attacked_in_eval_mode(name, mode):
    model = network()
    x, y = batch(model)
    quiet = attack(name, model, x, y)
    model.train()
    statistics = {key: value.clone() for key, value in model.state_dict().items()}
    cross_entropy(model(torch.rand(6, *SHAPE)), torch.zeros(6, dtype=torch.long)).mean().backward()
    model.load_state_dict(statistics)
    if mode == "mixed":  # half the network frozen, as in fine-tuning
        for layer in list(model.body)[:3]:
            layer.eval()
        for p in list(model.parameters())[:4]:
            p.requires_grad_(False)
            p.grad = None
    calls = []
    model.head.register_forward_hook(lambda *args: None)
    if mode == "train":
        model.body[0].weight.register_hook(calls.append)
    x_before, before = x.clone(), snapshot(model)
    x_adv = attack(name, model, x, y)
    assert_same(before, snapshot(model))
    assert not calls  # no parameter's gradient was computed
    assert torch.equal(x, x_before) and x_adv.data_ptr() != x.data_ptr()
    assert torch.equal(x_adv, quiet)


@every_attack
def test_without_gradients_inside_autocast_and_from_images_that_carry_one(name):
    model = network()
    x, y = batch(model)
    wanted = attack(name, model, x, y)
    for context in (torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16)):
        with context:
            x_adv = attack(name, model, x, y)
        assert torch.equal(x_adv, wanted) and x_adv.dtype == torch.float32
    x.requires_grad_(True)
    x_adv = attack(name, model, x, y)
    assert torch.equal(x_adv, wanted) and not x_adv.requires_grad and x.grad is None and x.requires_grad


@every_attack
def test_an_attack_that_fails_half_way_leaves_the_modes(name):
    model = network().train()
    x, y = batch(network())
    fails_first_half_way_and_last(model, lambda: attack(name, model, x, y))


@every_attack
@pytest.mark.parametrize("classes", [2, 3, 1000])
def test_any_number_of_classes(name, classes):
    model = network(classes=classes)
    x, y = batch(model, 4)
    broken = check(name, model, attack(name, model, x, y), x, y)
    assert broken.any() or (classes == 1000 and "targeted" in name)  # few of a thousand can be the largest anywhere


@every_attack
@pytest.mark.parametrize("n, shape", [(1, (1, 1, 1)), (4, (1, 1, 1)), (4, (3, 5, 7)), (1, (1, 28, 3)), (3, (1, 1, 9))])
def test_any_image_shape_and_a_single_image(name, shape, n):
    model = network(shape)
    x, y = batch(model, n, shape)
    broken = check(name, model, attack(name, model, x, y), x, y)
    assert broken.any() or shape == (1, 1, 1)


@every_attack
def test_an_empty_batch_gives_an_empty_batch(name):
    x_adv = attack(name, network(), torch.zeros(0, *SHAPE), torch.zeros(0, dtype=torch.long))
    assert x_adv.shape == (0, *SHAPE)


@every_attack
def test_double_precision_stays_double_and_a_constant_on_all_logits_changes_nothing(name):
    if "bf16" in name:
        pytest.skip("the head's input is float32 there")
    model = network().double()
    x, y = batch(network())
    x = x.double()
    x_adv = attack(name, model, x, y)
    assert check(name, model, x_adv, x, y).any()
    shifted = Shift(*model.head.weight.shape[::-1]).double()
    shifted.load_state_dict(model.head.state_dict())
    lower = Classifier(model.body, shifted).eval()
    assert (lower(x) - model(x) + 100).abs().max() < 1e-9
    torch.testing.assert_close(attack(name, lower, x, y), x_adv, rtol=0, atol=1e-6)


@every_attack
def test_the_same_seed_gives_the_same_result(name):
    model = network()
    x, y = batch(model)
    assert torch.equal(attack(name, model, x, y), attack(name, model, x, y))


@every_attack
@pytest.mark.parametrize("classes", [2, 10])
def test_constant_logits_give_the_clean_images(name, classes):
    model = network(classes=classes)
    nn.init.zeros_(model.head.weight)
    x, _ = batch(model)
    y = model(x).argmax(1)
    assert torch.equal(attack(name, model, x, y), x)


@pytest.mark.bad_input
@every_attack
@pytest.mark.parametrize("case", IMAGES)
def test_bad_images_and_labels(name, case):
    model = network()
    spoil, words = IMAGES[case]
    with pytest.raises(ValueError, match=words):
        MINIMUM_NORM[name](model, *spoil(*batch(model)))


@pytest.mark.bad_input
@every_attack
@pytest.mark.parametrize("case", MODELS)
def test_models_that_return_no_logits(name, case):
    x, y = batch(network())
    with pytest.raises(ValueError, match=r"logits of shape \(n, k\) with k >= 2, got"):
        MINIMUM_NORM[name](Wrong(MODELS[case]), x, y)


@pytest.mark.bad_input
@every_attack
@pytest.mark.parametrize("case", ANSWERS)
def test_what_the_model_says_of_any_image_of_the_batch_is_looked_at(name, case):
    model, x, y, words = answering(case)
    with pytest.raises(ValueError, match=words):
        MINIMUM_NORM[name](model, x, y)

"""What every attack leaves as it was: images, parameters, gradients, statistics, modes, hooks."""

import pytest
import torch
from attacks.targets import ATTACKS, aim, batch, for_classes, network
from torch import nn

from robustlib.losses import cross_entropy

every_attack = pytest.mark.parametrize("name", ATTACKS)
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def snapshot(model: nn.Module):
    """All that an attack could have changed, as values; gradients also by identity."""
    return (
        {key: value.clone() for key, value in model.state_dict().items()},
        [(p.requires_grad, id(p.grad), None if p.grad is None else p.grad.clone()) for p in model.parameters()],
        [m.training for m in model.modules()],
        [[list(getattr(m, hooks)) for hooks in HOOKS] for m in model.modules()],
    )


def assert_same(before, after):
    for key, value in before[0].items():
        assert torch.equal(value, after[0][key]), key
    for (wanted, was, old), (wants, now, new) in zip(before[1], after[1], strict=True):
        assert (wanted, was) == (wants, now)
        assert old is None or torch.equal(old, new)
    assert before[2:] == after[2:]


@every_attack
@pytest.mark.parametrize("mode", ["train", "eval", "mixed"])
def test_the_model_stays_as_it_was(name, mode):
    model = network().train(mode != "eval")
    cross_entropy(model(torch.rand(6, 2, 5, 4)), torch.zeros(6, dtype=torch.long)).mean().backward()
    if mode == "mixed":  # half the network frozen, as in fine-tuning
        for layer in list(model.body)[:3]:
            layer.eval()
        for p in list(model.parameters())[:4]:
            p.requires_grad_(False)
            p.grad = None
    calls = []
    model.head.register_forward_hook(lambda *args: calls.append("head"))
    model.body[0].weight.register_hook(lambda g: calls.append("parameter")) if mode != "mixed" else None
    x, y = batch(network())
    x_before, y_before, before = x.clone(), y.clone(), snapshot(model)
    torch.manual_seed(0)
    x_adv = for_classes(name, 4)(model, x, aim(name, network(), x, y))
    assert_same(before, snapshot(model))
    assert torch.equal(x, x_before) and torch.equal(y, y_before)
    assert x_adv.data_ptr() != x.data_ptr() and not x_adv.requires_grad
    assert "parameter" not in calls  # no parameter's gradient was computed


@every_attack
def test_the_model_is_attacked_in_eval_mode(name):
    model = network()
    x, y = batch(model)
    given = aim(name, model, x, y)
    torch.manual_seed(0)
    quiet = for_classes(name, 4)(model, x, given)
    model.train()
    torch.manual_seed(0)
    assert torch.equal(for_classes(name, 4)(model, x, given), quiet)


@every_attack
def test_it_works_without_gradients_and_inside_autocast(name):
    model = network()
    x, y = batch(model)
    given, results = aim(name, model, x, y), []
    for context in (torch.enable_grad(), torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16)):
        with context:
            grads = torch.is_grad_enabled()
            torch.manual_seed(0)
            results.append(for_classes(name, 4)(model, x, given))
            assert torch.is_grad_enabled() == grads
    assert torch.equal(results[1], results[0])
    assert results[2].dtype == torch.float32 and torch.equal(results[2], results[0])


@every_attack
def test_images_that_carry_a_gradient_are_neither_touched_nor_tied_to_the_result(name):
    model = network()
    x, y = batch(model)
    given = aim(name, model, x, y)
    x.requires_grad_(True)
    torch.manual_seed(0)
    x_adv = for_classes(name, 4)(model, x, given)
    assert x.grad is None and x.requires_grad
    assert not x_adv.requires_grad


def fails_first_half_way_and_last(model, attack):
    """Let the attack's first, middle and last forward fail: each time the model is left as it was."""
    asked, fatal = [], 0

    def breaks(*args):
        asked.append(1)
        if len(asked) == fatal:
            raise ArithmeticError("in the middle")

    model.body[0].register_forward_hook(breaks)
    before = snapshot(model)
    attack()
    for fatal in sorted({1, (len(asked) + 1) // 2, len(asked)}):
        asked.clear()
        with pytest.raises(ArithmeticError, match="in the middle"):
            attack()
        assert len(asked) == fatal
        assert_same(before, snapshot(model))


@every_attack
def test_an_attack_that_fails_half_way_leaves_the_modes(name):
    model = network().train()
    x, y = batch(network())
    given = aim(name, network(), x, y)

    def attack():
        torch.manual_seed(0)
        for_classes(name, 4)(model, x, given)

    fails_first_half_way_and_last(model, attack)

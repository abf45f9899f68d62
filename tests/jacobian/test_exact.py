"""The exact norm against a loop over numbers, on an affine model, and with batch-norm that couples the examples."""

import pytest
import torch
from jacobian.nets import affine, blocks, images, normed, smooth

from robustlib.jacobian import jacobian_norm
from robustlib.models import resnet


def own(model_of, x):
    """The norm of each example's own block."""
    whole = blocks(model_of, x)
    return torch.stack([whole[i, :, i].square().sum().sqrt() for i in range(len(x))])


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
@pytest.mark.parametrize("layer", ["features", "logits"])
def test_against_a_loop(layer, at_once):
    model, x = smooth(), images()
    of = model.features if layer == "features" else model
    found = jacobian_norm(of(x), x, at_once=at_once)
    torch.testing.assert_close(found, own(of, x))
    torch.testing.assert_close(jacobian_norm(of(x), x, at_once=at_once, squared=True), own(of, x).square())


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_a_residual_network_of_ten_logits_agrees_to_five_digits(slope):
    torch.manual_seed(0)
    model = resnet(8, channels=1, width=4, slope=slope).eval()
    x = torch.rand(3, 1, 12, 12, requires_grad=True)
    expected = own(model, x)
    for at_once in (1, 4):
        torch.testing.assert_close(jacobian_norm(model(x), x, at_once=at_once), expected, rtol=1e-5, atol=1e-5)


def test_of_an_affine_model_it_is_the_norm_of_the_matrix():
    model, x = affine(), images()
    torch.testing.assert_close(jacobian_norm(model.features(x), x), model.body[1].weight.norm().expand(6))
    both = (model.head.weight @ model.body[1].weight).norm()
    torch.testing.assert_close(jacobian_norm(model(x), x), both.expand(6))


def test_it_costs_one_backward_a_column_and_no_forward():
    model, x = smooth(), images()
    passed = []
    model.register_forward_hook(lambda *_: passed.append("forward"))
    model.body[1].register_full_backward_hook(lambda *_: passed.append("backward"))
    jacobian_norm(model(x), x)
    assert passed == ["forward"] + ["backward"] * 3


@pytest.mark.parametrize("at_once", [1, 2])
def test_it_can_be_trained(at_once):
    model, x = smooth(), images()
    first, second = model.body[1], model.body[3]

    def of(w, v):
        z = torch.tanh(torch.tanh(x.flatten(1) @ w.T + first.bias) @ v.T + second.bias)
        return jacobian_norm(z, x, create_graph=True, at_once=at_once)

    assert torch.autograd.gradcheck(
        of, (first.weight.detach().requires_grad_(), second.weight.detach().requires_grad_())
    )


def test_without_a_graph_it_takes_no_part_in_training():
    model, x = smooth(), images()
    assert not jacobian_norm(model(x), x).requires_grad and jacobian_norm(model(x), x, create_graph=True).requires_grad


def test_in_eval_mode_examples_do_not_count_for_one_another():
    model, x = normed().eval(), images()
    found = jacobian_norm(model.features(x), x)
    torch.testing.assert_close(found, own(model.features, x))
    torch.testing.assert_close(jacobian_norm(model.features(x), x, signed=True), found)
    one = x[2:3].detach().requires_grad_()
    torch.testing.assert_close(jacobian_norm(model.features(one), one), found[2:3])


def test_training_batch_norm_couples_them_and_signs_undo_the_sum():
    model, x = normed().train(), images()
    whole = blocks(model.features, x)
    assert whole[0, :, 1].abs().max() > 1e-3, "example 0 hangs on image 1"
    felt = whole.square().sum((0, 1, 3))  # of image i by the whole batch
    summed = whole.sum(0).square().sum((0, 2))  # the sum over the batch inside of the norm
    z = model.features(x)
    torch.testing.assert_close(jacobian_norm(z, x, squared=True), summed)
    torch.manual_seed(0)
    draws = torch.stack([jacobian_norm(z, x, squared=True, signed=True) for _ in range(400)])
    spread = draws.std(0) / 20
    assert ((draws.mean(0) - felt).abs() < 4 * spread + 1e-9).all()
    assert ((summed - felt).abs() > 8 * spread).any()


def test_where_batch_norm_comes_last_the_sum_is_constant_and_only_signs_see_anything():
    model, x = normed(last=True).train(), images()
    z = model.features(x)
    assert jacobian_norm(z, x).max() < 1e-9 < 1e-2 < jacobian_norm(z, x, signed=True).min()


def test_a_constant_network_has_a_gradient_of_zero():
    model, x = smooth(), images()
    torch.nn.init.zeros_(model.body[1].weight)
    found = jacobian_norm(model(x), x, create_graph=True)
    found.sum().backward()
    assert not found.any() and all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_no_images():
    model = smooth()
    x = images()[:0].detach().requires_grad_()
    assert jacobian_norm(model(x), x).shape == (0,)


def test_what_it_refuses():
    model, x = smooth(), images()
    with pytest.raises(ValueError, match="at_once.*must be >= 1, got 0"):
        jacobian_norm(model(x), x, at_once=0)
    still = x.detach()
    with pytest.raises(ValueError, match="let x require grad"):
        jacobian_norm(model(still), still)
    with pytest.raises(ValueError, match="let x require grad"):
        jacobian_norm(model(x).detach(), x)
    with pytest.raises(ValueError, match="let x require grad"):
        jacobian_norm(model(x.clone()), images())
    with torch.no_grad(), pytest.raises(ValueError, match=r"outside of torch\.no_grad"):
        jacobian_norm(model(x), x)

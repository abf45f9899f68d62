"""The estimates: unbiased, trainable, as good as their draws; and the released term, which is zero."""

import pytest
import torch
from jacobian.nets import affine, blocks, images, normed, smooth

from robustlib.jacobian import (
    differenced_jacobian_norm,
    finite_difference,
    jacobian_norm,
    projected_jacobian_norm,
    released_jacobian_norm,
    unit_directions,
)
from robustlib.models import resnet
from robustlib.modes import keeping_statistics


def drawn(model, x, estimate, times=600):
    torch.manual_seed(0)
    if estimate == "projected":
        z = model.features(x)
        return torch.stack([projected_jacobian_norm(z, x, squared=True) for _ in range(times)])
    return torch.stack([differenced_jacobian_norm(model.features, x, 1, 1e-5, squared=True) for _ in range(times)])


@pytest.mark.parametrize("estimate", ["projected", "differenced"])
def test_squares_are_unbiased_and_roots_a_little_low(estimate):
    model, x = smooth(), images()
    exact = jacobian_norm(model.features(x), x, squared=True)
    draws = drawn(model, x, estimate).detach()
    assert ((draws.mean(0) - exact).abs() < 4 * draws.std(0) / 600**0.5).all()
    assert (draws.std(0) > 0.1 * exact).all()
    assert (draws.sqrt().mean(0) < exact.sqrt()).all()


def test_training_batch_norm_the_projection_is_unbiased_for_what_the_batch_feels():
    model, x = normed(last=True).train(), images()
    felt = blocks(model.features, x).square().sum((0, 1, 3))
    draws = drawn(model, x, "projected")
    assert ((draws.mean(0) - felt).abs() < 4 * draws.std(0) / 600**0.5).all() and felt.min() > 1e-2


def test_training_batch_norm_the_difference_has_the_same_sum_over_the_batch():
    model, x = normed().train(), images()
    felt = blocks(model.features, x).square().sum()
    draws = drawn(model, x, "differenced").detach().sum(1)
    assert (draws.mean() - felt).abs() < 4 * draws.std() / 600**0.5


@pytest.mark.parametrize("estimate", ["projected", "differenced"])
def test_more_projections_vary_less(estimate):
    model, x = smooth(), images()
    spread = []
    for projections in (1, 16):
        torch.manual_seed(1)
        z = model.features(x)
        draws = [
            projected_jacobian_norm(z, x, projections, squared=True)
            if estimate == "projected"
            else differenced_jacobian_norm(model.features, x, projections, 1e-3, squared=True, z=z)
            for _ in range(100)
        ]
        spread.append(torch.stack(draws).std(0).mean().item())
    assert spread[0] / spread[1] == pytest.approx(4, rel=0.25)


def test_one_output_needs_one_projection():
    model, x = affine(), images()
    z = model.features(x)[:, :1]
    torch.testing.assert_close(projected_jacobian_norm(z, x), jacobian_norm(z, x))


def test_directions_are_unit_and_independent():
    torch.manual_seed(0)
    u = unit_directions(torch.empty(5000, 2, 1, 2))
    torch.testing.assert_close(u.flatten(1).norm(dim=1), torch.ones(5000))
    second = u.flatten(1).T @ u.flatten(1) / 5000
    torch.testing.assert_close(second, torch.eye(4) / 4, atol=0.015, rtol=0)
    assert not torch.equal(u[0], u[1])


def test_the_difference_is_exact_on_an_affine_model_and_of_first_order_on_another():
    torch.manual_seed(0)
    model, x = affine(), images()
    u = unit_directions(x)
    torch.testing.assert_close(
        finite_difference(model.features, x, u, 0.1), u.flatten(1) @ model.body[1].weight.T, rtol=1e-9, atol=1e-9
    )
    model = smooth()
    exact = torch.func.jvp(model.features, (x,), (u,))[1]
    errors = [(finite_difference(model.features, x, u, h) - exact).norm().item() for h in (1e-2, 1e-3, 1e-4)]
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.1) and errors[1] / errors[2] == pytest.approx(10, rel=0.1)
    z = model.features(x)
    assert torch.equal(finite_difference(model.features, x, u, z=z), finite_difference(model.features, x, u))


def test_the_step_that_the_library_takes_serves_a_network_with_corners_in_float32():
    torch.manual_seed(0)
    model = resnet(8, channels=1, width=4, slope=0.1).eval()
    x = torch.rand(16, 1, 28, 28)
    u = unit_directions(x)
    exact = torch.func.jvp(model.features, (x,), (u,))[1].norm(dim=1)
    for step in (1e-3, 1e-2, 0.1):
        found = finite_difference(model.features, x, u, step).norm(dim=1)
        assert (found.mean() / exact.mean() - 1).abs() < 0.02 and ((found / exact - 1).abs() < 0.15).all()


@pytest.mark.parametrize("estimate", ["projected", "differenced"])
def test_they_can_be_trained(estimate):
    model, x = smooth(), images()
    first, second = model.body[1], model.body[3]

    def of(w, v):
        def layer(x):
            return torch.tanh(torch.tanh(x.flatten(1) @ w.T + first.bias) @ v.T + second.bias)

        torch.manual_seed(0)
        if estimate == "projected":
            return projected_jacobian_norm(layer(x), x, 2, create_graph=True)
        return differenced_jacobian_norm(layer, x.detach(), 2)

    assert torch.autograd.gradcheck(
        of, (first.weight.detach().requires_grad_(), second.weight.detach().requires_grad_())
    )


def test_the_released_term_is_rounding_and_the_library_s_is_not():
    torch.manual_seed(0)
    model = resnet(8, channels=1, width=4, slope=0.1).eval()
    x = torch.rand(8, 1, 14, 14, requires_grad=True)
    for kind in (torch.float32, torch.float64):
        model, x = model.to(kind), x.detach().to(kind).requires_grad_()
        released = released_jacobian_norm(model(x), x, create_graph=True)
        true = jacobian_norm(model(x).softmax(1), x)
        assert (released < 20 * torch.finfo(kind).eps).all() and (true > 1e-3).all()
        gradients = torch.autograd.grad(released.mean(), list(model.body.parameters()), allow_unused=True)
        assert all(g is None or g.isfinite().all() and g.abs().max() < 1e-4 for g in gradients)
    with_exact = torch.autograd.grad(jacobian_norm(model(x), x, create_graph=True).mean(), model.body[1].weight)[0]
    assert with_exact.abs().max() > 1e-2


def test_a_constant_network_has_a_gradient_of_zero():
    model, x = smooth(), images()
    torch.nn.init.zeros_(model.body[1].weight)
    z = model.features(x)
    for found in (
        projected_jacobian_norm(z, x, create_graph=True),
        differenced_jacobian_norm(model.features, x),
        released_jacobian_norm(model(x), x, create_graph=True),
    ):
        model.zero_grad()
        found.sum().backward(retain_graph=True)
        assert not found.any() and all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_statistics_that_are_kept():
    torch.manual_seed(0)
    model, x = normed().train(), images()
    norm = model.body[1]
    before = {name: value.clone() for name, value in norm.named_buffers()}
    with keeping_statistics(model):
        inside = model.features(x)
    assert all(torch.equal(value, before[name]) for name, value in norm.named_buffers()) and norm.track_running_stats
    torch.testing.assert_close(inside, model.features(x))
    assert not torch.equal(norm.running_mean, before["running_mean"])
    with keeping_statistics(model.eval()):
        torch.testing.assert_close(model.features(x), model.features(x))
    with pytest.raises(KeyError), keeping_statistics(model):
        raise KeyError
    assert norm.track_running_stats


@pytest.mark.bad_input
def test_what_they_refuse():
    model, x = smooth(), images()
    z = model.features(x)
    for call in (lambda: projected_jacobian_norm(z, x, 0), lambda: differenced_jacobian_norm(model.features, x, 0)):
        with pytest.raises(ValueError, match="projections >= 1, got 0"):
            call()
    for step in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="must be > 0 and finite"):
            differenced_jacobian_norm(model.features, x, step=step)
    with pytest.raises(ValueError, match=r"images' shape \(6, 1, 3, 3\) is needed, got \(5, 1, 3, 3\)"):
        finite_difference(model.features, x, unit_directions(x[:5]))
    with pytest.raises(ValueError, match="let x require grad"):
        released_jacobian_norm(model(x.detach()), x)

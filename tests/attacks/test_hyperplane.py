"""The step onto a hyperplane inside the box: against a linear program and bisection, at every scale and edge."""

import pytest
import torch
from attacks.minimum_norm_targets import box_distance
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from robustlib.attacks.hyperplane import onto_hyperplane
from robustlib.geometry import L2, Linf, per_example
from robustlib.geometry import Norm as Ball

NORMS = pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])


def problem(n: int, pixels: int, seed: int = 0, edges: float = 0.3) -> tuple[Tensor, Tensor]:
    """Images of which a share of the pixels lies on an edge, and w with some zeros."""
    generator = torch.Generator().manual_seed(seed)

    def uniform() -> Tensor:
        return torch.rand(n, 1, 1, pixels, generator=generator, dtype=torch.float64)

    x, w = uniform(), torch.randn(n, 1, 1, pixels, generator=generator, dtype=torch.float64)
    x = torch.where(uniform() < edges, x.round(), x)
    return x, w * (uniform() < 0.8)


def farthest(x: Tensor, w: Tensor) -> Tensor:
    """How far the inner product with w can rise inside the box."""
    return (w.clamp(min=0) * (1 - x) + w.clamp(max=0) * -x).flatten(1).sum(1)


def gain(w: Tensor, d: Tensor) -> Tensor:
    return (w * d).flatten(1).sum(1)


@pytest.mark.parametrize("sign", [1, -1])
def test_linf_is_the_optimum_of_the_linear_program(sign):
    linprog = pytest.importorskip("scipy.optimize").linprog
    x, w = problem(12, 7)
    rise = sign * farthest(x, sign * w) * torch.linspace(0.05, 0.98, 12)
    d = onto_hyperplane(x, w, rise, Linf())
    for x_1, w_1, rise_1, found in zip(x.flatten(1), w.flatten(1), rise, Linf().size(d), strict=True):
        one, eye = torch.ones(7, 1).double(), torch.eye(7).double()
        best = linprog(  # the variables are d and its largest entry t
            c=[0.0] * 7 + [1.0],
            A_ub=torch.cat([torch.cat([eye, -one], 1), torch.cat([-eye, -one], 1)]).numpy(),
            b_ub=[0.0] * 14,
            A_eq=[[*w_1.tolist(), 0.0]],
            b_eq=[rise_1.item()],
            bounds=[(-p, 1 - p) for p in x_1.tolist()] + [(0, None)],
        )
        assert best.success and found.item() == pytest.approx(best.fun, rel=1e-9)


@NORMS
@pytest.mark.parametrize("pixels", [1, 2, 50, 1000])
def test_it_reaches_the_hyperplane_by_the_shortest_step_in_the_box(norm, pixels):
    x, w = problem(30, pixels, seed=pixels)
    rise = farthest(x, w) * torch.linspace(0.02, 0.999, 30)
    d = onto_hyperplane(x, w, rise, norm)
    assert (x + d).min() >= -1e-15 and (x + d).max() <= 1 + 1e-15
    torch.testing.assert_close(gain(w, d), rise, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(norm.size(d), box_distance(x, w, rise, norm), rtol=1e-9, atol=1e-12)
    bound = (d != 0) & (((x + d) < 1e-12) | ((x + d) > 1 - 1e-12))
    assert pixels == 1 or (bound.any() and ((d != 0) & ~bound).any())


@NORMS
def test_where_no_edge_is_near_it_is_the_known_formula(norm):
    x, w = problem(20, 9, edges=0)
    x = 0.4 + 0.2 * x
    rise = torch.linspace(-0.3, 0.3, 20, dtype=torch.float64)
    dual = w.flatten(1).norm(p=1 if norm == Linf() else 2, dim=1)
    torch.testing.assert_close(onto_hyperplane(x, w, rise, norm), per_example(rise / dual, w) * norm.steepest(w))


@NORMS
def test_in_the_plane_no_random_point_of_it_is_nearer(norm):
    x, w = problem(40, 6, seed=3)
    rise = farthest(x, w) * 0.6
    best = norm.size(onto_hyperplane(x, w, rise, norm))
    inner, generator = (w != 0).flatten(1), torch.Generator().manual_seed(1)
    for _ in range(200):  # a random direction in the box, stretched until it meets the hyperplane
        way = (w.sign() * torch.rand(w.shape, generator=generator)).double()
        scale = per_example(rise / gain(w, way).clamp(min=1e-9), way)
        other = way * scale
        valid = ((x + other >= 0) & (x + other <= 1)).flatten(1).all(1) & inner.any(1)
        assert (norm.size(other)[valid] >= best[valid] - 1e-12).all()


@NORMS
def test_beyond_reach_it_goes_to_the_nearest_corner(norm):
    x, w = problem(10, 8)
    for sign in (1, -1):
        d = onto_hyperplane(x, w, sign * (farthest(x, sign * w) + 0.5), norm)
        corner = torch.where(sign * w > 0, 1.0, torch.where(w == 0, x, 0.0))
        torch.testing.assert_close(x + d, corner.double(), rtol=0, atol=1e-15)


@NORMS
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_nothing_to_do_and_nothing_to_go_along(norm, dtype):
    x = torch.rand(4, 1, 2, 3).to(dtype)
    w = torch.randn(4, 1, 2, 3).to(dtype)
    assert not onto_hyperplane(x, w, torch.zeros(4).to(dtype), norm).any()
    for rise in (0.0, 3.0, -3.0):
        assert not onto_hyperplane(x, torch.zeros_like(w), torch.full((4,), rise).to(dtype), norm).any()
    assert onto_hyperplane(x[:0], w[:0], w[:0, 0, 0, 0], norm).shape == (0, 1, 2, 3)


@NORMS
def test_the_scale_of_w_does_not_matter_and_single_precision_is_enough(norm):
    x, w = problem(20, 30)
    rise = farthest(x, w) * torch.linspace(0.02, 0.95, 20)
    d = onto_hyperplane(x, w, rise, norm)
    for scale in (1e-35, 1e-20, 1.0, 1e20, 1e35):
        found = onto_hyperplane(x.float(), (w * scale).float(), (rise * scale).float(), norm)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), d, rtol=1e-4, atol=2e-6)


@NORMS
def test_images_do_not_influence_each_other(norm):
    x, w = problem(12, 40)
    rise = farthest(x, w) * torch.linspace(0.02, 1.2, 12)
    whole = onto_hyperplane(x, w, rise, norm)
    for i in range(12):
        one = slice(i, i + 1)
        torch.testing.assert_close(onto_hyperplane(x[one], w[one], rise[one], norm), whole[one], rtol=1e-12, atol=0)


@NORMS
def test_rooms_of_every_magnitude_do_not_keep_it_from_ending(norm):
    room = 2.0 ** -torch.arange(40, dtype=torch.float64)
    for w in (room.flip(0), room, torch.ones(40).double(), 1 / room):
        x = (1 - room).reshape(1, 1, 1, 40)
        rise = farthest(x, w.reshape(x.shape)) * 0.9
        d = onto_hyperplane(x, w.reshape(x.shape), rise, norm)
        torch.testing.assert_close(gain(w.reshape(x.shape), d), rise, rtol=1e-12, atol=0)


@settings(max_examples=40)
@given(st.integers(1, 12), st.integers(0, 10**6), st.floats(-3, 3), st.booleans(), st.sampled_from([Linf(), L2()]))
def test_whatever_the_problem_the_step_is_in_the_box_and_goes_no_farther_than_asked(pixels, seed, share, binary, norm):
    x, w = problem(5, pixels, seed, edges=1.0 if binary else 0.3)
    reach = farthest(x, w) if share > 0 else -farthest(x, -w)
    d = onto_hyperplane(x, w, abs(share) * reach, norm)
    assert d.isfinite().all() and (x + d).min() >= -1e-15 and (x + d).max() <= 1 + 1e-15
    torch.testing.assert_close(gain(w, d), min(abs(share), 1.0) * reach, rtol=1e-10, atol=1e-12)
    assert not d[w == 0].any()


@pytest.mark.bad_input
def test_another_norm_is_refused():
    class L1:
        pass

    ball: Ball = L1()  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"known for Linf\(\) and L2\(\), got"):
        onto_hyperplane(torch.rand(1, 1, 1, 2), torch.rand(1, 1, 1, 2), torch.rand(1), ball)

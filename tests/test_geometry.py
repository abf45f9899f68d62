"""The two balls: projection, steepest direction and random points have the properties their names promise."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from robustlib.geometry import L2, Linf, draw, per_example

NORMS = [Linf(), L2()]
few = settings(max_examples=40)
cases = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**31 - 1),
        "shape": st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)),
        "eps": st.floats(0, 2, allow_subnormal=False),
        "reach": st.sampled_from([1e-3, 0.1, 1.0, 30.0]),
    }
)
each_norm = pytest.mark.parametrize("norm", NORMS, ids=["Linf", "L2"])


def images(seed, shape, reach, **_):
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(shape, generator=generator, dtype=torch.float64)
    x = torch.where(torch.rand(shape, generator=generator) < 0.3, x.round(), x)  # pixels on the walls of the box too
    away = [x + reach * torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2)]
    return x, *away


@each_norm
@few
@given(cases)
def test_projection_lands_in_ball_and_box_and_stays_there(norm, case):
    x, away, _ = images(**case)
    once = norm.project(away, x, case["eps"])
    assert once.min() >= 0 and once.max() <= 1
    assert (norm.size(once - x) <= case["eps"] + 1e-12).all()
    torch.testing.assert_close(norm.project(once, x, case["eps"]), once, rtol=0, atol=1e-12)


@each_norm
@few
@given(cases)
def test_projection_leaves_a_point_inside_where_it_is(norm, case):
    x, away, _ = images(**case)
    inside = away.clamp(0, 1)
    radius = float(norm.size(inside - x).max())
    torch.testing.assert_close(norm.project(inside, x, radius), inside, rtol=0, atol=1e-12)


@each_norm
@few
@given(cases)
def test_projection_brings_no_two_points_further_apart(norm, case):
    x, a, b = images(**case)
    before = (a - b).flatten(1).norm(dim=1)
    after = (norm.project(a, x, case["eps"]) - norm.project(b, x, case["eps"])).flatten(1).norm(dim=1)
    assert (after <= before + 1e-12).all()


@few
@given(cases)
def test_linf_projection_is_the_nearest_point(case):
    x, away, _ = images(**case)
    candidates = torch.linspace(0, 1, 101, dtype=torch.float64)
    projected = Linf().project(away, x, case["eps"])
    for c in candidates:
        allowed = (c - x).abs() <= case["eps"]
        assert ((projected - away).abs() <= (c - away).abs() + 1e-12)[allowed].all()


def test_l2_projection_of_a_known_point():
    x = torch.full((1, 1, 1, 2), 0.5)
    far = x + torch.tensor([3.0, 4.0])
    torch.testing.assert_close(L2().project(far, x, 0.1) - x, torch.tensor([[[[0.06, 0.08]]]]))


@each_norm
@few
@given(cases)
def test_samples_lie_in_the_ball(norm, case):
    torch.manual_seed(case["seed"])
    x, _, _ = images(**case)
    delta = norm.sample(x, case["eps"])
    assert delta.shape == x.shape
    assert (norm.size(delta) <= case["eps"] * (1 + 1e-5)).all()


@pytest.mark.parametrize("d", [1, 2, 5, 100])
def test_l2_samples_are_uniform_in_the_ball(d):
    torch.manual_seed(3)
    delta = L2().sample(torch.zeros(20_000, 1, 1, d), 2.0)
    radius = L2().size(delta) / 2
    assert radius.mean().item() == pytest.approx(d / (d + 1), abs=0.01)
    assert (radius**d).mean().item() == pytest.approx(0.5, abs=0.015)  # the volume inside is uniform
    assert delta.mean(0).abs().max() < 0.05


def test_l2_starts_have_a_uniform_radius_in_any_direction():
    torch.manual_seed(3)
    delta = L2().start(torch.zeros(20_000, 1, 1, 100), 2.0)
    radius = L2().size(delta) / 2
    assert radius.max() <= 1 and radius.mean().item() == pytest.approx(0.5, abs=0.01)
    assert radius.var().item() == pytest.approx(1 / 12, rel=0.03) and delta.mean(0).abs().max() < 0.05


def test_linf_samples_are_uniform_in_the_cube():
    torch.manual_seed(3)
    delta = Linf().sample(torch.zeros(4000, 1, 3, 3), 0.3)
    assert delta.mean().abs() < 0.005
    assert delta.var().item() == pytest.approx(0.3**2 / 3, rel=0.03)


@each_norm
@pytest.mark.parametrize("scale", [1.0, 1e-10, 1e-30, 1e30])
def test_steepest_is_a_unit_step_that_attains_the_dual_norm(norm, scale):
    torch.manual_seed(1)
    g = torch.randn(5, 2, 3, 4)
    unit = norm.steepest(g * scale)
    torch.testing.assert_close(norm.size(unit), torch.ones(5))
    dual = g.flatten(1).norm(p=1 if isinstance(norm, Linf) else 2, dim=1)
    torch.testing.assert_close((unit * g).flatten(1).sum(1), dual)
    assert torch.equal(norm.steepest(0 * g), 0 * g)  # no gradient, no step


@each_norm
@few
@given(cases)
def test_size_is_a_norm_of_each_example(norm, case):
    _, a, b = images(**case)
    assert norm.size(a).shape == (len(a),)
    torch.testing.assert_close(norm.size(-2 * a), 2 * norm.size(a))
    assert (norm.size(a + b) <= norm.size(a) + norm.size(b) + 1e-9).all()
    expected = [
        max(map(abs, v)) if isinstance(norm, Linf) else sum(t * t for t in v) ** 0.5 for v in a.flatten(1).tolist()
    ]
    torch.testing.assert_close(norm.size(a), torch.tensor(expected, dtype=a.dtype))


@each_norm
def test_an_empty_batch_has_its_projection_and_sample(norm):
    x = torch.zeros(0, 1, 4, 4)
    assert norm.sample(x, 0.3).shape == norm.project(x, x, 0.3).shape == norm.steepest(x).shape == x.shape


def test_random_numbers_come_from_the_global_generator():
    x = torch.zeros(2, 1, 3, 3)
    torch.manual_seed(7)
    drawn = draw(tuple(x.shape), x), draw(tuple(x.shape), x, "normal")
    torch.manual_seed(7)
    assert torch.equal(drawn[0], torch.rand(x.shape)) and torch.equal(drawn[1], torch.randn(x.shape))


def test_values_per_example_broadcast_over_pixels():
    x = torch.ones(3, 2, 4, 5)
    scaled = x * per_example(torch.tensor([1.0, 2.0, 3.0]), x)
    assert [scaled[i].unique().tolist() for i in range(3)] == [[1], [2], [3]]

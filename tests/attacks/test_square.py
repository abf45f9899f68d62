"""Square: a black box asked so many times and no more, windows and bumps as drawn, the optimum of affine models."""

import math

import pytest
import torch
from attacks.minimum_norm_targets import affine
from attacks.targets import batch, network
from torch import nn

from robustlib.attacks import Square
from robustlib.attacks.climb import is_broken
from robustlib.attacks.windows import bumps, grid_of_bumps, move, recolour, stripes, window_at, window_sides
from robustlib.geometry import L2, Linf
from robustlib.losses import margin

NORMS = pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])


class Asked(nn.Module):
    """Notes every batch that the model inside is asked about, and under which conditions."""

    def __init__(self, model):
        super().__init__()
        self.model, self.given, self.free = model, [], True

    def forward(self, x):
        self.given.append(x.clone())
        self.free = self.free and not (torch.is_grad_enabled() or x.requires_grad)
        return self.model(x)


def attacked(attack, model, x, y, seed=0):
    torch.manual_seed(seed)
    return attack(model, x, y)


@NORMS
@pytest.mark.parametrize("queries", [1, 7, 30])
def test_an_image_that_stands_is_asked_about_so_many_times_and_never_for_a_gradient(norm, queries):
    model = Asked(network())
    x, y = batch(model.model, 5)
    attacked(Square(1e-4, queries, norm=norm), model, x, y)
    assert [len(given) for given in model.given] == [5] + [5] * queries  # the clean batch, the search
    assert model.free and not is_broken(model, x, y).any()


@NORMS
def test_broken_images_leave_at_once_and_the_result_is_the_best_that_was_asked_for(norm):
    plain = network()
    model = Asked(plain)
    x, y = batch(plain, 30)
    y[3] = (y[3] + 1) % 4
    x_adv = attacked(Square(0.08 if norm == Linf() else 0.25, 40, norm=norm), model, x, y)
    rows, best, found = torch.arange(30)[torch.arange(30) != 3], torch.full((30,), -torch.inf), x.clone()
    for given in model.given[1:]:
        assert len(given) == len(rows)
        lead = margin(plain(given), y[rows]).detach()
        better = lead > best[rows]
        best[rows[better]], found[rows[better]] = lead[better], given[better]
        rows = rows[~is_broken(plain, given, y[rows])]
    assert 3 < len(rows) < 27 and [len(given) for given in model.given[:2]] == [30, 29] and len(model.given) == 41
    torch.testing.assert_close(x_adv, found, rtol=0, atol=1e-6)
    assert torch.equal(x_adv[3], x[3])


class Steps(nn.Module):
    """A network without a gradient: it counts pixels above one half."""

    def forward(self, x):
        bright = (x > 0.5).flatten(1).double().mean(1)
        return torch.stack([0.6 - bright, bright - 0.6], 1).float()


@NORMS
def test_a_network_without_any_gradient_breaks(norm):
    x = 0.3 + 0.3 * torch.rand(12, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    y = torch.zeros(12, dtype=torch.long)
    assert not is_broken(Steps(), x, y).any()
    x_adv = attacked(Square(0.2 if norm == Linf() else 1.2, 400, norm=norm), Steps(), x, y)
    assert is_broken(Steps(), x_adv, y).float().mean() > 0.8


def test_the_schedule_is_the_authors_and_stretches_with_the_queries():
    at = {0: 1, 10: 1, 11: 2, 50: 2, 51: 4, 200: 4, 201: 8, 500: 8, 501: 16, 1000: 16, 1001: 32, 2000: 32, 2001: 64}
    at |= {4000: 64, 4001: 128, 6000: 128, 6001: 256, 8000: 256, 8001: 512, 9999: 512}
    for query, divisor in at.items():
        assert Square(queries=10_000)._share(query) == 0.8 / divisor
    for queries in (1000, 5000):
        short = Square(queries=queries, p_init=0.5)
        assert all(short._share(q) * 512 == 256 / at.get(10_000 * q // queries, 0) for q in (0, queries // 5))
    shares = [Square(queries=37)._share(query) for query in range(37)]
    assert shares == sorted(shares, reverse=True) and shares[0] == 0.8 and shares[-1] == 0.8 / 512


def test_window_sides():
    assert window_sides(0.8, 28, 28) == (25, 25) and window_sides(0.8 / 512, 28, 28) == (1, 1)
    assert window_sides(0.05, 32, 32) == (7, 7)
    for height, width in ((1, 1), (1, 50), (50, 1), (2, 9), (7, 3)):
        for share in (1.0, 0.8, 0.3, 0.01):
            rows, columns = window_sides(share, height, width)
            assert 1 <= rows <= height and 1 <= columns <= width
            assert abs(rows * columns - share * height * width) <= max(1.0, 0.5 * (min(height, width) + rows + columns))
    assert window_sides(0.4, 1, 50) == (1, 20) and window_sides(1.0, 7, 3) == (7, 3)


def test_every_place_of_a_window_is_as_likely_also_at_the_four_edges():
    torch.manual_seed(0)
    x = torch.zeros(30_000, 1, 5, 4)
    corners = window_at(torch.rand(30_000, 2), x, 3, 2)[:, 0, 0]
    counts = torch.bincount(corners, minlength=20).reshape(5, 4)
    assert (counts[:3, :3] > 3000).all() and counts[3:].sum() == counts[:, 3].sum() == 0
    last = window_at(torch.full((1, 2), 1 - 2**-24), x[:1], 3, 2)
    assert last[0, 0].tolist() == [10, 11, 14, 15, 18, 19]


def test_stripes():
    torch.manual_seed(0)
    x = torch.full((50, 3, 6, 8), 0.5)
    moved = (stripes(x, 0.2) - x) / 0.2
    torch.testing.assert_close(moved.abs(), torch.ones_like(moved))
    assert torch.equal(moved, moved[:, :, :1].expand_as(moved))
    columns = moved[:, :, 0]
    assert columns.mean().abs() < 0.1 and (columns[:, 0] != columns[:, 1]).float().mean() > 0.4
    assert (columns[..., 1:] != columns[..., :-1]).float().mean() > 0.4
    assert stripes(torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2), 0.2).sub(0.5).abs().max() <= 0.5


def test_recolour_changes_one_window_of_every_image_and_always_something():
    torch.manual_seed(0)
    x = torch.full((300, 2, 7, 6), 0.5)
    best = stripes(x, 0.1)
    trial = recolour(x, best, 0.1, 3, 3)
    new = (trial - x) / 0.1
    torch.testing.assert_close(new.abs(), torch.ones_like(new))
    changed = (trial != best).flatten(1).any(1)
    assert changed.all()  # where the draw was what is there already, the other sign is taken
    for one, was in zip(new, (best - x) / 0.1, strict=True):
        where = (one - was).abs().amax(0) > 1e-3
        rows, columns = where.any(1).nonzero()[:, 0], where.any(0).nonzero()[:, 0]
        assert rows[-1] - rows[0] < 3 and columns[-1] - columns[0] < 3
    pixel = recolour(x, best, 0.1, 1, 1)
    assert ((pixel != best).any(1).flatten(1).sum(1) == 1).all()


@pytest.mark.parametrize("rows, columns", [(5, 5), (3, 3), (1, 4), (4, 1), (1, 1), (2, 7)])
def test_bumps_are_two_hills_of_opposite_sign_and_unit_length(rows, columns):
    both = bumps(rows, columns)
    torch.testing.assert_close(both.flatten(1).norm(dim=1), torch.ones(2).double())
    if rows * columns > 1:
        assert ((both > 0).flatten(1).any(1) & (both < 0).flatten(1).any(1)).all()
    if rows == columns and rows > 1:
        assert torch.equal(both[0], both[1].T) and not torch.equal(*both)
        assert (both[0].abs().argmax() % columns - columns // 2).abs() <= 1


@pytest.mark.parametrize("shape", [(1, 10, 10), (3, 7, 12), (2, 1, 9), (2, 1, 1), (1, 4, 3)])
def test_in_the_euclidean_ball_the_whole_radius_is_used_and_a_move_touches_two_windows(shape):
    torch.manual_seed(0)
    x = 0.5 + 0.02 * torch.rand(20, *shape).double()
    start = grid_of_bumps(x, 0.3)
    torch.testing.assert_close(L2().size(start - x), torch.full((20,), 0.3, dtype=torch.float64), rtol=1e-9, atol=0)
    trial = move(x, start, 0.3, 3, 3)
    if shape[1] * shape[2] > 1:
        torch.testing.assert_close(L2().size(trial - x), torch.full((20,), 0.3, dtype=torch.float64), rtol=1e-9, atol=0)
    if shape == (1, 10, 10):
        same = ((trial - x) - (start - x)).abs().flatten(1) < 1e-9
        assert (same.sum(1) >= 100 - 18).all() and (same.sum(1) < 100).all()
    white = torch.ones_like(x)
    corner = move(white, grid_of_bumps(white, 0.3), 0.3, 3, 3)
    assert corner.min() >= 0 and corner.max() <= 1 and L2().size(corner - 1).max() <= 0.3 + 1e-9


def test_what_the_box_cuts_off_is_made_up_by_the_other_pixels():
    torch.manual_seed(0)
    x = torch.rand(20, 1, 10, 10).round()
    best = grid_of_bumps(x, 1.0)
    assert (L2().size(best - x) > 0.99).all() and ((best - x).abs() > 0).float().mean() < 0.7
    assert (L2().size(move(x, best, 1.0, 5, 5) - x) > 0.99).all()


def test_on_an_affine_model_it_reaches_the_optimum_of_the_cube():
    model = affine()
    x = torch.rand(8, 1, 3, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    y, w = model(x).argmax(1), model.head.weight.detach()
    way = (w[1 - y] - w[y]).reshape(x.shape)
    gap = -margin(model(x), y).detach()

    def best(eps):  # what the optimum of the cube, cut off by the box, gains
        return (way * (torch.where(way > 0, (x + eps).clamp(max=1), (x - eps).clamp(min=0)) - x)).flatten(1).sum(1)

    radii = torch.linspace(0, 0.5, 501)
    needed = radii[torch.stack([best(eps) >= gap for eps in radii.tolist()]).float().argmax(0)]
    for i in range(3):
        one, label, eps = x[i : i + 1], y[i : i + 1], needed[i].item()
        assert eps > 0.003
        below, beyond = (attacked(Square(e, 300), model, one, label) for e in (eps - 0.002, eps + 0.001))
        assert not is_broken(model, below, label) and is_broken(model, beyond, label)
        gained = (way[i : i + 1] * (below - one)).sum()
        assert gained == pytest.approx(best(eps - 0.002)[i].item(), rel=1e-9)


def test_on_an_affine_model_it_comes_near_the_optimum_of_the_euclidean_ball():
    model = affine(pixels=36)
    x = 0.4 + 0.2 * torch.rand(10, 1, 6, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    y, w = model(x).argmax(1), model.head.weight.detach()
    # half the way to the nearest boundary: nobody stops early
    eps = 0.5 * (-margin(model(x), y).detach() / (w[1] - w[0]).norm()).min().item()
    x_adv = attacked(Square(eps, 400, norm=L2()), model, x, y)
    gained = (margin(model(x_adv), y) - margin(model(x), y)).detach() / (eps * (w[1] - w[0]).norm())
    assert (gained <= 1 + 1e-9).all() and gained.mean() > 0.65


@NORMS
def test_targeted_it_goes_to_the_target_and_stops_there(norm):
    model = network(classes=3)
    x, y = batch(model, 20)
    target = (y + 1) % 3
    target[5] = y[5]  # there already
    attack = Square(0.3 if norm == Linf() else 1.5, 150, norm=norm, targeted=True)
    asked = Asked(model)
    x_adv = attacked(attack, asked, x, target)
    assert (model(x_adv).argmax(1) == target).float().mean() > 0.6
    assert torch.equal(x_adv[5], x[5]) and len(asked.given[-1]) < 15


@NORMS
def test_who_breaks_first_changes_nothing_for_the_others(norm):
    model = network()
    x, y = batch(model, 20)
    wrong = y.clone()
    wrong[::2] = (y[::2] + 1) % 4
    attack = Square(0.1 if norm == Linf() else 0.3, 30, norm=norm)
    plain, other = attacked(attack, model, x, y), attacked(attack, model, x, wrong)
    torch.testing.assert_close(plain[1::2], other[1::2], rtol=0, atol=1e-5)
    assert torch.equal(other[::2], x[::2]) and not torch.equal(plain[::2], x[::2])
    assert torch.equal(attacked(attack, model, x, y), plain)
    assert not torch.equal(attacked(attack, model, x, y, seed=1), plain)


@NORMS
def test_constant_logits_end_after_the_queries(norm):
    model = network()
    nn.init.zeros_(model.head.weight)
    x, _ = batch(model)
    y = model(x).argmax(1)
    x_adv = attacked(Square(0.1, 5, norm=norm), model, x, y)
    assert not is_broken(model, x_adv, y).any() and norm.size(x_adv - x).max() <= 0.1 + 1e-6


def test_a_search_in_reduced_precision_believes_only_float32():
    model = network()
    x, y = batch(model, 30)
    x_adv = attacked(Square(0.1, 60, precision=torch.bfloat16), model, x, y)
    full = attacked(Square(0.1, 60), model, x, y)
    found, wanted = (is_broken(model, images, y).float().mean() for images in (x_adv, full))
    assert 0.2 < wanted < 1 and abs(found - wanted) <= 0.1


@pytest.mark.bad_input
@NORMS
def test_flat_images_are_one_row(norm):
    """Here because the shape checker of the other tests knows only images of four axes."""
    model = nn.Sequential(nn.Linear(40, 30), nn.Tanh(), nn.Linear(30, 5)).eval()
    x = torch.rand(10, 40, generator=torch.Generator().manual_seed(0))
    y = model(x).argmax(1)
    x_adv = attacked(Square(0.4 if norm == Linf() else 2.5, 200, norm=norm), model, x, y)
    assert x_adv.shape == x.shape and is_broken(model, x_adv, y).float().mean() > 0.7


@pytest.mark.bad_input
def test_a_network_that_turns_nan_is_never_called_robust():
    class Sick(nn.Module):
        def forward(self, x):
            p = x.flatten(1).mean(1)
            return torch.stack([p + 1, torch.where(p == 0.25, p, torch.nan)], 1)

    with pytest.raises(ValueError, match="logits are NaN or inf for 2 of 2 images"):
        Square()(Sick(), torch.full((2, 1, 2, 2), 0.25), torch.zeros(2, dtype=torch.long))


@pytest.mark.bad_input
def test_fields_out_of_range():
    for fields, words in (
        ({"eps": -0.1}, "eps is a radius"),
        ({"eps": math.nan}, "eps is a radius"),
        ({"queries": 0}, "queries >= 1, got 0"),
        ({"p_init": 0.0}, "p_init is a share .* got 0.0"),
        ({"p_init": 1.1}, "p_init is a share .* got 1.1"),
        ({"norm": "L2"}, r"the ball of Linf\(\) or L2\(\), got L2"),
    ):
        with pytest.raises(ValueError, match=words):
            Square(**fields)

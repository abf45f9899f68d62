"""Random views: one pattern by a double loop, the range of the draws, and what an attacker sees of them."""

import pytest
import torch
from torch import nn

from robustlib.attacks import EOT, PGD
from robustlib.evaluation import randomness
from robustlib.models import PatternEnsemble, RandomResizePad, ResizePad, randomised, resnet
from robustlib.models.random_resize_pad import five_places, placed

X = torch.rand(4, 2, 3, 3, generator=torch.Generator().manual_seed(0))


def naive(x, side, top, left, high, value):
    out = torch.full((len(x), x.shape[1], high, high), value)
    for i in range(len(x)):
        for row in range(side[i]):
            for column in range(side[i]):
                out[i, :, top[i] + row, left[i] + column] = x[i, :, row * 3 // side[i], column * 3 // side[i]]
    return out


def test_each_image_lies_where_it_is_put():
    side, top, left = torch.tensor([3, 4, 6, 7]), torch.tensor([0, 2, 1, 0]), torch.tensor([4, 3, 0, 0])
    assert torch.equal(placed(X, side, top, left, 7, 0.25), naive(X, side, top, left, 7, 0.25))


def test_a_pixel_by_hand():
    x = torch.tensor([0.1, 0.2, 0.3, 0.4]).reshape(1, 1, 2, 2)
    view = ResizePad(3, 0, 1, 4)(x)[0, 0]
    torch.testing.assert_close(view, torch.tensor(
        [[0.5, 0.1, 0.1, 0.2], [0.5, 0.1, 0.1, 0.2], [0.5, 0.3, 0.3, 0.4], [0.5, 0.5, 0.5, 0.5]]
    ))  # fmt: skip


def test_the_gradient_counts_how_often_a_pixel_is_shown():
    x = torch.zeros(1, 1, 2, 2, requires_grad=True)
    (g,) = torch.autograd.grad(ResizePad(3, 1, 0, 5)(x).sum(), x)
    assert g.flatten().tolist() == [4, 2, 2, 1]


def test_sides_and_places_are_drawn_over_their_whole_range_and_evenly():
    torch.manual_seed(0)
    views = RandomResizePad(2, 3, 5, value=0.0)(torch.ones(6000, 1, 2, 2))[:, 0]
    sides = views.amax(2).sum(1).long()
    assert (sides == 3).float().mean() == pytest.approx(0.5, abs=0.03) and set(sides.tolist()) == {3, 4}
    tops, lefts = (views.amax(axis).argmax(1) for axis in (2, 1))
    for starts in (tops, lefts):
        counts = starts[sides == 3].bincount()
        assert len(counts) == 3 and (counts / counts.sum() - 1 / 3).abs().max() < 0.04
        assert starts[sides == 4].bincount().float().div((sides == 4).sum()).tolist() == pytest.approx(
            [0.5, 0.5], abs=0.04
        )


def test_every_call_and_every_image_draws_anew_and_a_seed_repeats_it():
    layer = RandomResizePad(3, 3, 9).eval()
    same = X[:1].expand(8, -1, -1, -1)
    torch.manual_seed(1)
    first, second = layer(same), layer(same)
    assert not torch.equal(first, second) and len({view.numpy().tobytes() for view in first}) > 4
    torch.manual_seed(1)
    assert torch.equal(layer(same), first)


def test_a_randomised_network_says_that_it_draws_and_shares_its_weights():
    base = resnet(8).eval()
    model = randomised(base, 32, 32, 40).eval()
    x = torch.rand(4, 3, 32, 32)
    assert model(x).shape == (4, 10) and model.head is base.head and model.body[1] is base.body
    found = randomness(model, x)
    assert found.said and found.generators == ("torch",) and not found.own


def test_the_mean_over_fixed_patterns_is_that_and_is_an_attackers_model():
    base = resnet(8).eval()
    patterns = five_places((32, 36), 40)
    assert len(patterns) == 11 and {(p.side, p.top, p.left) for p in patterns} >= {(40, 0, 0), (32, 8, 0), (36, 2, 2)}
    model, x = PatternEnsemble(base, patterns), torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(model(x), torch.stack([base(p(x)) for p in patterns]).mean(0))
    y = model(x).argmax(1)
    assert not torch.equal(PGD(0.03, 2)(model, x, y), x)


def test_the_mean_of_draws_shows_the_way_through_randomisation():
    torch.manual_seed(0)
    base = resnet(8).eval()
    model, x = randomised(base, 32, 32, 40).eval(), torch.rand(10, 3, 32, 32)
    y = base(x).argmax(1)
    x_adv = EOT(PGD(0.1, 5), 5)(model, x, y)
    before, after = (
        torch.stack([model(at).softmax(1)[torch.arange(10), y] for _ in range(10)]).mean() for at in (x, x_adv)
    )
    assert after < before


@pytest.mark.parametrize(("low", "high"), [(31, 40), (32, 32), (40, 36)])
@pytest.mark.bad_input
def test_a_range_below_the_images_or_of_nothing(low, high):
    for make in (lambda: RandomResizePad(32, low, high), lambda: randomised(resnet(8), 32, low, high)):
        with pytest.raises(ValueError, match=f"size <= low < high, got size=32, low={low}, high={high}"):
            make()


@pytest.mark.bad_input
def test_images_of_another_size_and_patterns_that_do_not_fit():
    with pytest.raises(ValueError, match="images of 32 x 32, got 28 x 32"):
        RandomResizePad(32, 32, 40)(torch.rand(1, 3, 28, 32))
    for side, top, left in ((5, 0, 4), (9, 0, 0), (0, 0, 0), (3, -1, 0)):
        with pytest.raises(ValueError, match="does not lie inside a square of 8"):
            ResizePad(side, top, left, 8)
    with pytest.raises(ValueError, match="needs one at least"):
        PatternEnsemble(nn.Identity(), ())

"""The sweep: never rises, attacks survivors only."""

import pytest
import torch
from torch import nn

from robustlib.evaluation import sweep


class Threshold(nn.Module):
    """Class 1 where the pixel is above one half."""

    def forward(self, x):
        mean = x.flatten(1).mean(1)
        return torch.stack([0.5 - mean, mean - 0.5], 1)


PIXELS = torch.tensor([0.1, 0.2, 0.35, 0.45, 0.9])


@pytest.fixture
def data():
    return PIXELS[:, None, None, None], torch.tensor([0, 0, 0, 0, 0])  # the last is wrong from the start


def up(seen):
    """An attack at eps that moves up by eps, and notes which images it was given."""

    def attack_at(eps):
        def attack(model, x, y):
            seen.append((eps, [round(v, 4) for v in x.flatten().tolist()]))
            return (x + eps).clamp(0, 1)

        return attack

    return attack_at


def test_radii_rise_and_only_survivors_are_attacked(data):
    seen = []
    outcomes = sweep(Threshold(), up(seen), (0.32, 0.0, 0.1, 0.2), data)
    assert list(outcomes) == [0.0, 0.1, 0.2, 0.32]
    assert [o.correct.tolist() for o in outcomes.values()] == [
        [True, True, True, True, False],
        [True, True, True, False, False],
        [True, True, False, False, False],
        [True, False, False, False, False],
    ]
    assert [(eps, len(x)) for eps, x in seen] == [(0.0, 4), (0.1, 4), (0.2, 3), (0.32, 2)]
    assert seen[3][1] == [0.1, 0.2]


def test_an_attack_that_fails_at_a_larger_radius_does_not_mend_the_curve(data):
    """Breaks at 0.1 and does nothing beyond."""
    outcomes = sweep(
        Threshold(), lambda eps: lambda model, x, y: (x + (0.45 if eps == 0.1 else 0)).clamp(0, 1), (0.1, 0.2), data
    )
    assert outcomes[0.2].correct.tolist() == outcomes[0.1].correct.tolist() == [False] * 5


def test_a_broken_image_keeps_the_distance_at_which_it_broke(data):
    outcomes = sweep(Threshold(), up([]), (0.1, 0.2, 0.4), data)
    assert outcomes[0.2].linf.tolist() == pytest.approx([0.2, 0.2, 0.2, 0.1, 0])
    assert outcomes[0.4].linf.tolist() == pytest.approx([0.4, 0.4, 0.2, 0.1, 0])
    assert outcomes[0.4].l2.tolist() == pytest.approx([0.4, 0.4, 0.2, 0.1, 0])


def test_the_seed_decides(data):
    def noise(eps):
        return lambda model, x, y: (x + eps * torch.rand_like(x)).clamp(0, 1)

    state = torch.get_rng_state()
    first, again, other = (sweep(Threshold(), noise, (0.1, 0.3), data, seed=s, batch=2) for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[e].linf, again[e].linf) for e in first)
    assert not torch.equal(first[0.1].linf, other[0.1].linf)


def test_a_negative_radius_raises(data):
    with pytest.raises(ValueError, match=r"radii must be >= 0, got \[0.1, -0.1\]"):
        sweep(Threshold(), up([]), (0.1, -0.1), data)


def test_no_radius_gives_no_outcome(data):
    assert sweep(Threshold(), up([]), (), data) == {}

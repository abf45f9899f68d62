"""Who breaks first in a batch changes nothing for the others, across restarts too."""

import torch
from torch import nn

from robustlib.attacks import Noise, Restarts
from robustlib.geometry import L2, Linf, draws_of
from robustlib.models import Classifier


class Recorder(Noise):
    """Noise that keeps what it returned."""

    seen: list[torch.Tensor] = []

    def __call__(self, model, x, y):
        x_adv = super().__call__(model, x, y)
        self.seen.append(x_adv - x)
        return x_adv


def constant() -> Classifier:
    """Says class 0 of everything, so that label 0 is never broken and label 1 is at once."""
    head = nn.Linear(4, 2)
    nn.init.zeros_(head.weight)
    head.bias.data = torch.tensor([2.0, 1.0])
    return Classifier(nn.Flatten(), head)


def test_the_second_restart_draws_the_same_noise_for_an_image_whoever_else_is_left():
    x = torch.full((3, 1, 2, 2), 0.5)
    kept = []
    for y in (torch.tensor([0, 0, 0]), torch.tensor([1, 0, 0])):
        Recorder.seen.clear()
        torch.manual_seed(0)
        Restarts(Recorder(0.1), 3)(constant(), x, y)
        kept.append([d[-2:] for d in Recorder.seen])
        assert [len(d) for d in Recorder.seen] == [3, *[int((y == 0).sum())] * 2]
    for one, other in zip(*kept, strict=True):
        assert torch.equal(one, other) and one.abs().max() > 0
    assert not torch.equal(kept[0][0], kept[0][1])  # a restart is another draw


def test_draws_of_rows_are_those_rows_of_the_whole_and_nest():
    for norm in (Linf(), L2()):
        x = torch.full((6, 1, 2, 2), 0.5)
        torch.manual_seed(1)
        whole = norm.sample(x, 0.3)
        torch.manual_seed(1)
        with draws_of(6, torch.tensor([1, 3, 5])), draws_of(3, torch.tensor([0, 2])):
            part = norm.sample(x[:2], 0.3)
        torch.testing.assert_close(part, whole[[1, 5]], rtol=0, atol=1e-6)

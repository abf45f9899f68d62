"""Figures of tensors that are not on the CPU say and show what they do of those that are."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from evaluation.evaluated import target

from robustlib.attacks import PGD
from robustlib.figures import embedding_frames, heat_map, loss_surface, triptych

Place = Callable[[Any], Any]


def surface(place: Place) -> str:
    model, (x, y) = target()
    return repr(loss_surface(place(model), place(x[:1]), place(y[:1]), PGD(0.2, steps=3), points=11))


def three(place: Place) -> str:
    x, y = place(torch.full((2, 1, 4, 4), 0.5)), place(torch.tensor([0, 1]))
    return triptych(x, x + 0.1, y=y, said=y, said_adv=place(torch.eye(2)), caption="c").html


def drawn(place: Place) -> str:
    z, y = torch.rand(8, 3, generator=torch.Generator().manual_seed(0)), place(torch.arange(8) % 2)
    moved = embedding_frames(place(z), place(2 * z), y, caption="c")
    return moved.html + heat_map(place(z), list("abcdefgh"), list("abc"), caption="c", unit="u").html


@pytest.mark.parametrize("case", [surface, three, drawn])
def test_figures(case: Callable[[Place], str], any_device: torch.device) -> None:
    wanted, found = case(lambda value: value), case(lambda value: value.to(any_device))
    assert found == wanted or (case is surface and type(torch.zeros(1, device=any_device)) is torch.Tensor)

"""One computation on the CPU and on a device, compared."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from second_device import Far

Place = Callable[[Any], Any]  # puts a tensor, a module or a split where the computation shall run


def agree(case: Callable[[Place], Any], device: torch.device, exact: bool = True) -> None:
    """The device's tensors are on the device, and hold what the CPU's hold: bit for bit, or nearly.

    A GPU rounds in its own way; the simulated device does not.
    """
    torch.manual_seed(0)
    here = list(leaves(case(lambda value: value)))
    torch.manual_seed(0)
    there = list(leaves(case(lambda value: value.to(device))))
    assert len(here) == len(there) and any(isinstance(value, torch.Tensor) for value in there)
    for wanted, found in zip(here, there, strict=True):
        if not isinstance(found, torch.Tensor):
            assert found == wanted
            continue
        assert found.device.type == device.type and found.dtype == wanted.dtype
        if exact and isinstance(found, Far):
            assert torch.equal(found.cpu(), wanted)
        else:
            torch.testing.assert_close(found.cpu(), wanted, rtol=1e-3, atol=1e-3)


def leaves(tree: Any) -> Iterator[Any]:
    """What a tree of tuples, lists and dictionaries holds, in order."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list | tuple):
        for item in tree:
            yield from leaves(item)
    else:
        yield tree

"""The devices that the tests of this folder run on: the simulated one always, a GPU where there is one."""

from collections.abc import Iterator

import pytest
import torch
from second_device import second_device


@pytest.fixture(params=["second", "mps", pytest.param("cuda", marks=pytest.mark.gpu)])
def any_device(request: pytest.FixtureRequest) -> Iterator[torch.device]:
    """Also the simulated device that knows no float64, as Apple's."""
    if request.param == "cuda":
        yield torch.device("cuda")
    else:
        with second_device("mps" if request.param == "mps" else "cuda") as simulated:
            yield simulated


@pytest.fixture(params=["second", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> Iterator[torch.device]:
    """A device that is not the CPU."""
    if request.param == "cuda":
        yield torch.device("cuda")
    else:
        with second_device() as simulated:
            yield simulated

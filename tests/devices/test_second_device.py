"""The simulated device itself: it refuses what a GPU refuses, and computes what the CPU computes."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from second_device import Far, second_device
from torch import nn
from torch.nn import functional as F

X = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 0])
OTHER = r"Expected all tensors to be on the same device|indices should be either on"


@pytest.fixture
def x(device: torch.device) -> torch.Tensor:
    return X.to(device)


@pytest.fixture
def y(device: torch.device) -> torch.Tensor:
    return Y.to(device)


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))


MIXED: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda x, y: x + X,
    "in place": lambda x, y: X.clone().add_(x),
    "in place, of a number": lambda x, y: torch.tensor(1.0).add_(x.sum()),
    "comparison": lambda x, y: y == Y,
    "equal": lambda x, y: torch.equal(x, X),
    "cat": lambda x, y: torch.cat([x, X]),
    "stack of numbers": lambda x, y: torch.stack([x.sum(), torch.tensor(1.0)]),
    "where, condition": lambda x, y: torch.where(y > 0, Y, Y),
    "where, values": lambda x, y: torch.where(y > 0, y, torch.zeros(4)),
    "matrix product": lambda x, y: x.flatten(1) @ X.flatten(1).T,
    "distances": lambda x, y: torch.cdist(x.flatten(1), X.flatten(1)),
    "gather": lambda x, y: x.flatten(1).gather(1, Y[:, None]),
    "index_select": lambda x, y: x.index_select(0, Y),
    "index_add": lambda x, y: torch.zeros(3, 3).index_add(0, y, torch.zeros(4, 3)),
    "masked_fill": lambda x, y: torch.zeros(4).masked_fill(y > 0, 1.0),
    "positions on the device, data not": lambda x, y: X[y],
    "mask on the device, data not": lambda x, y: torch.zeros(4, dtype=torch.bool)[y > 0],
    "put where the device's mask says": lambda x, y: torch.zeros(4).__setitem__(y > 0, 1.0),
    "put the device's values": lambda x, y: torch.zeros(4).__setitem__(Y > 0, x[:2, 0, 0, 0]),
    "put the CPU's values": lambda x, y: x.__setitem__(Y > 0, X[:2]),
    "model there, images here": lambda x, y: network().to(x.device)(X),
    "images there, model here": lambda x, y: network()(x),
    "labels here": lambda x, y: F.cross_entropy(x.flatten(1), Y),
    "weights here": lambda x, y: F.cross_entropy(x.flatten(1), y, weight=torch.ones(192)),
    "a buffer left behind": lambda x, y: F.batch_norm(x, torch.zeros(3), torch.ones(3)),
    "a CPU generator": lambda x, y: torch.rand(3, device=x.device, generator=torch.Generator()),
    "permutation by a CPU generator": lambda x, y: torch.randperm(3, device=x.device, generator=torch.Generator()),
    "noise by a CPU generator": lambda x, y: x.clone().normal_(generator=torch.Generator()),
    "numpy": lambda x, y: x.numpy(),
    "numpy by itself": lambda x, y: np.asarray(x),
    "an array of numbers": lambda x, y: np.stack([x[0, 0, 0], x[0, 0, 1]]),
    "the gradient of another device": lambda x, y: setattr(x.requires_grad_(), "grad", X),
}


@pytest.mark.parametrize("name", MIXED)
def test_what_a_gpu_refuses_is_refused(name: str, x: torch.Tensor, y: torch.Tensor) -> None:
    with pytest.raises((RuntimeError, TypeError)) as error:
        MIXED[name](x, y)
    assert "device" in str(error.value) or "on cpu" in str(error.value)


RIGHT: dict[str, Callable[[Any, Any], Any]] = {
    "sum with a number of the CPU's": lambda x, y: x + torch.tensor(0.25),
    "clamp": lambda x, y: torch.clamp(x, (x - 0.1).clamp_(min=0), (x + 0.1).clamp_(max=1)),
    "positions of the CPU's": lambda x, y: x[Y],
    "a mask of the CPU's": lambda x, y: x[Y > 0],
    "a list": lambda x, y: x[[2, 0, 1]],
    "a list among others": lambda x, y: x[:, [2, 0], None, 1:],
    "numpy's positions": lambda x, y: x[np.array([3, 1])],
    "own positions": lambda x, y: x[y],
    "own mask": lambda x, y: x[y > 0],
    "put numbers": lambda x, y: put(x, (0, slice(None)), 0.5),
    "put by mask": lambda x, y: put(x, y > 0, 0.5),
    "put by list": lambda x, y: put(x, [1, 3], 0.5),
    "put values": lambda x, y: put(x, Y > 0, x[:2] * 2),
    "put through a view": lambda x, y: through_a_view(x),
    "tensor": lambda x, y: torch.tensor([1.0, 2.5], device=x.device),
    "as_tensor": lambda x, y: torch.as_tensor([1, 2], device=x.device),
    "a tensor of numbers": lambda x, y: torch.tensor([x.sum(), x.mean()]).to(x.device),
    "new_tensor": lambda x, y: x.new_tensor([3, 4]),
    "new_zeros": lambda x, y: x.new_zeros(2, 3),
    "zeros_like": lambda x, y: torch.zeros_like(x),
    "full": lambda x, y: torch.full((3,), 2.0, device=x.device),
    "arange": lambda x, y: torch.arange(3, device=x.device),
    "eye": lambda x, y: torch.eye(3, device=x.device, dtype=torch.bool),
    "one_hot": lambda x, y: F.one_hot(y, 4),
    "bincount": lambda x, y: torch.bincount(y, minlength=5),
    "nonzero": lambda x, y: (y == 0).nonzero(),
    "unique": lambda x, y: y.unique(),
    "sort": lambda x, y: x.flatten(1).sort(descending=True).values,
    "topk": lambda x, y: x.flatten(1).topk(3).indices,
    "quantile": lambda x, y: x.quantile(0.3),
    "another shape in place": lambda x, y: x.clone().transpose_(0, 1).unsqueeze_(2).squeeze_(0),
    "repeat_interleave": lambda x, y: x.repeat_interleave(y, 0),
    "double": lambda x, y: x.double() / 3,
    "channels_last": lambda x, y: x.contiguous(memory_format=torch.channels_last) * 2,
    "to another": lambda x, y: X.double().to(x),
    "cuda": lambda x, y: X.cuda(),
    "searchsorted": lambda x, y: torch.searchsorted(x.flatten().sort().values, x.flatten()),
    "autocast": lambda x, y: in_bf16(x),
}


def put(x: torch.Tensor, where: Any, value: Any) -> torch.Tensor:
    x = x.clone()
    x[where] = value
    return x


def through_a_view(x: torch.Tensor) -> torch.Tensor:
    x = x.clone()
    x[1].view(-1)[3:5].mul_(7)
    x.detach()[0, 0].zero_()
    return x


def in_bf16(x: torch.Tensor) -> torch.Tensor:
    with torch.autocast(x.device.type, dtype=torch.bfloat16):
        inside = F.linear(x.flatten(1), x.flatten(1))
        assert inside.dtype == torch.bfloat16
        assert x.device.type == "cpu" or inside.softmax(1).dtype == torch.float32
        with torch.autocast(x.device.type, enabled=False):
            assert F.linear(x.flatten(1), x.flatten(1)).dtype == torch.float32
        return inside.float()


@pytest.mark.parametrize("name", RIGHT)
def test_what_it_computes_is_what_the_cpu_computes(name: str, x: torch.Tensor, y: torch.Tensor) -> None:
    found = RIGHT[name](x, y)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "cuda", lambda self: self)
        wanted = RIGHT[name](X.clone(), Y.clone())
    assert found.device.type == x.device.type and found.device.index == 0
    torch.testing.assert_close(found.cpu(), wanted)
    assert found.stride() == wanted.stride() and found.dtype == wanted.dtype
    assert torch.equal(x.cpu(), X) and torch.equal(y.cpu(), Y)


def train(device: torch.device | str) -> tuple[nn.Module, list[float]]:
    model = network().to(device)
    step_by, losses = torch.optim.Adam(model.parameters(), 0.01), []
    for _ in range(3):
        loss = F.cross_entropy(model(X.to(device)), Y.to(device))
        step_by.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        step_by.step()
        losses.append(loss.item())
    return model, losses


def test_training_is_that_of_the_cpu(device: torch.device) -> None:
    (here, losses), (there, found) = train("cpu"), train(device)
    assert losses[2] < losses[0] and found == pytest.approx(losses, rel=1e-4)
    for one, other in zip(here.state_dict().values(), there.state_dict().values(), strict=True):
        assert other.device.type == device.type
        torch.testing.assert_close(other.cpu(), one, rtol=1e-3, atol=1e-4)


def test_a_model_moves_and_changes_its_numbers(device: torch.device) -> None:
    model = network().to(device)
    twin = copy.deepcopy(model)
    twin[4].weight.data *= 100
    assert (twin[4].weight == 100 * model[4].weight).all() and isinstance(twin[4].weight, nn.Parameter)
    wide = model.eval().double()
    assert wide(X.double().to(device)).dtype == torch.float64
    near = wide.float().cpu()
    assert near[0].weight.device.type == "cpu"
    torch.testing.assert_close(near(X), network().eval()(X))


def test_files_open_on_any_machine(device: torch.device, tmp_path: Path) -> None:
    torch.save(network().to(device).state_dict(), tmp_path / "state")
    for place in ("cpu", device):
        found = torch.load(tmp_path / "state", map_location=place, weights_only=True)
        assert all(t.device.type == torch.device(place).type for t in found.values())
        torch.testing.assert_close({k: t.cpu() for k, t in found.items()}, dict(network().state_dict()))


def test_it_draws_from_a_generator_of_its_own(device: torch.device) -> None:
    torch.manual_seed(3)
    here = torch.get_rng_state()
    first = torch.rand(5, device=device)
    F.dropout(torch.ones(5, device=device)), torch.randn_like(first), torch.empty_like(first).uniform_()
    assert torch.equal(torch.get_rng_state(), here), "the CPU's generator moved"
    torch.manual_seed(3)
    assert torch.equal(torch.rand(5, device=device), first), "a seed reaches the device too"
    state = torch.cuda.get_rng_state(device)
    with torch.random.fork_rng(devices=[device]):
        second = torch.rand(5, device=device)
    assert torch.equal(torch.cuda.get_rng_state(device), state) and torch.equal(torch.rand(5, device=device), second)
    with torch.random.fork_rng(devices=[]):
        torch.rand(5, device=device)
    assert not torch.equal(torch.cuda.get_rng_state(device), state), "who does not name the device does not fork it"


def test_it_is_there_only_within() -> None:
    known = torch.cuda.is_available(), torch.load, torch.cuda.manual_seed_all
    with second_device() as device:
        assert torch.cuda.is_available() and isinstance(torch.zeros(2, device=device), Far)
    assert (torch.cuda.is_available(), torch.load, torch.cuda.manual_seed_all) == known


NO_FLOAT64: dict[str, Callable[[Any], Any]] = {
    "cast": lambda x: x.double(),
    "moved": lambda x: X.double().to(x.device),
    "moved model": lambda x: network().double().to(x.device),
    "model": lambda x: network().to(x.device).double(),
    "made": lambda x: torch.zeros(3, dtype=torch.float64, device=x.device),
    "made of numbers": lambda x: torch.tensor([1.0], dtype=torch.float64, device=x.device),
    "mean": lambda x: x.mean(dtype=torch.float64),
}


@pytest.mark.parametrize("name", NO_FLOAT64)
def test_apples_device_knows_no_float64(name: str) -> None:
    with second_device("mps") as device:
        x = X.to(device)
        assert x.device == torch.device("mps", 0) and x.cpu().double().dtype == torch.float64
        with pytest.raises(TypeError, match="float64"):
            NO_FLOAT64[name](x)
        with pytest.raises(RuntimeError, match=OTHER):
            x + X
        torch.testing.assert_close((x / 3).cpu(), X / 3)

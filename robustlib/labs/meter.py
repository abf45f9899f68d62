"""Passes through a network while somebody else's attack runs, and a limit to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module as everywhere

from robustlib.evaluation.card.limit import LimitReached
from robustlib.evaluation.cost import Passes
from robustlib.models.classifier import body_and_head


@dataclass
class Meter(Passes):
    """The passes so far, and whether the limit was met."""

    stopped: bool = False


@contextmanager
def metered(network: nn.Module, allowed: float) -> Iterator[Meter]:
    """Count what goes through the network, as `evaluation.counting` does, and through every other of the same layers:
    an attack that asks a copy, or the network of the page beside the one it was given, is counted alike.

    A pass that would be one more than `allowed` is stopped before it is made; `stopped` then says so, also where the
    attack swallowed the error. Networks of other layers are not counted, and neither is a layer's `forward` that is
    called by that name.
    Raises: LimitReached, within.
    """
    meter, known = Meter(), dict[int, tuple[nn.Module, bool]]()
    parts = body_and_head(network)
    body = parts[0] if parts else network
    layers = repr(body)

    def same(module: nn.Module) -> bool:
        if id(module) not in known:
            known[id(module)] = module, type(module) is type(body) and repr(module) == layers
        return known[id(module)][1]

    def ask(images: int) -> None:
        if meter.forward + meter.backward + images > allowed:
            meter.stopped = True
            raise LimitReached

    def before(module: nn.Module, given: Any) -> None:
        if same(module) and given and isinstance(given[0], Tensor):
            ask(len(given[0]))

    def after(module: nn.Module, given: Any, out: Any) -> None:
        if same(module) and isinstance(out, Tensor):
            meter.forward += len(out)
            if out.requires_grad:
                out.register_hook(came_back)

    def came_back(g: Tensor) -> None:
        ask(len(g))
        meter.backward += len(g)

    handles = [everywhere.register_module_forward_pre_hook(before), everywhere.register_module_forward_hook(after)]
    try:
        yield meter
    finally:
        for handle in handles:
            handle.remove()

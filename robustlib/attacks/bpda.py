"""Backward pass differentiable approximation: a part that has no useful gradient is run forwards, another one back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.attacks.straight_through import identity
from robustlib.door import check_inputs
from robustlib.interfaces import Attack, Images, Labels, submodules

Substitute = Callable[[Tensor], Tensor]  # of what goes into the part; gives what its gradient is taken of


class _Instead(torch.autograd.Function):
    """The value of one tensor, to the bit, with the gradient of another."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, substitute: Tensor) -> Tensor:
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *g: Tensor) -> tuple[None, Tensor]:
        return None, g[0]


@dataclass(frozen=True)
class BPDA:
    r"""Any attack, on a model in which a part g is run as it is forwards, and a substitute h in its place backwards.

    .. math:: \text{forward: } f(g(x)), \qquad \text{backward: } \nabla_x f(g(x)) \approx \nabla_u f(u)|_{u = g(x)} \,
              \frac{\partial h}{\partial x}

    The part is a layer, by its class (every layer of that class) or as the very module in the model: a rounding, a
    JPEG, a purifier, an activation, also one that leaves torch (it is handed a tensor that asks for no gradient). The
    substitute takes what the part takes and gives its shape: the identity where g(x) is near x, else a smooth function
    or a network trained to imitate g. The answers stay those of the model, to the bit; a step costs one run of the
    substitute more, and no pass through the model more. The model's hooks are afterwards as they were.

    It may stand inside `EOT` or around it: both change what the attack in the middle sees. As there, in
    `BPDA(Transfer(source, ...))` the part is looked for in the target, which is asked nothing: put it inside.

    Source: Athalye et al. 2018 (Obfuscated gradients); Bengio et al. 2013 (straight-through estimator).
    Kind: that of the attack.
    Raises: TypeError unless the part is a module or a class of modules; when called, ValueError for a model without the
    part, a part that takes no hook or no tensor, and a substitute that gives another shape.
    """

    attack: Attack
    part: type[nn.Module] | nn.Module  # what has no useful gradient
    substitute: Substitute = identity

    def __post_init__(self) -> None:
        if not (isinstance(self.part, nn.Module) or (isinstance(self.part, type) and issubclass(self.part, nn.Module))):
            raise TypeError(
                f"the part is a module of the model or a class of modules, got {self.part!r:.80}; put a function "
                "that has no gradient into a module whose forward calls it"
            )

    @property
    def targeted(self) -> bool:
        """Whether y are targets."""
        return bool(getattr(self.attack, "targeted", False))

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        with self._replaced(model):
            return self.attack(model, x, y)

    def _is_part(self, module: nn.Module) -> bool:
        return isinstance(module, self.part) if isinstance(self.part, type) else module is self.part

    @contextmanager
    def _replaced(self, model: nn.Module) -> Iterator[None]:
        """Hold hooks on the parts: one hands them a tensor without a graph, the other puts the substitute's behind."""
        name = self.part.__name__ if isinstance(self.part, type) else type(self.part).__name__
        parts = [module for module in submodules(model) if self._is_part(module)]
        if not parts:
            raise ValueError(
                f"the model has no such {name}, so that nothing would be replaced: name the class of a layer in it, "
                "or hand over that layer itself, not a copy"
            )
        given: dict[int, list[Tensor]] = {id(part): [] for part in parts}

        def before(part: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
            if not arguments or not isinstance(arguments[0], Tensor):
                raise ValueError(f"{name} must be called with a tensor as its first argument for BPDA to replace it")
            given[id(part)].append(arguments[0])
            return arguments[0].detach().clone(), *arguments[1:]

        def after(part: nn.Module, arguments: tuple[Any, ...], out: Any) -> Tensor:
            substitute = self.substitute(given[id(part)].pop())
            if not isinstance(out, Tensor) or substitute.shape != out.shape:
                found = tuple(out.shape) if isinstance(out, Tensor) else f"a {type(out).__name__}"
                raise ValueError(
                    f"the substitute must give the shape that {name} gives: {found}, and it gave "
                    f"{tuple(substitute.shape)}"
                )
            return _Instead.apply(out.detach(), substitute)

        handles: list[Any] = []
        try:
            for part in parts:
                handles += [_hooked(part.register_forward_pre_hook, before, name)]
                handles += [_hooked(part.register_forward_hook, after, name)]
            yield
        finally:
            for handle in handles:
                handle.remove()


def _hooked(register: Callable[..., Any], hook: Callable[..., Any], name: str) -> Any:
    try:
        return register(hook)
    except RuntimeError as error:
        raise ValueError(f"{name} takes no hook, so that nothing can be put behind it: {error}") from error

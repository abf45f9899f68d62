"""A simulated second device: tensors with real values that refuse to mix with the CPU's, as a GPU's refuse.

Inside `second_device()` the name "cuda" (or "mps", which knows no float64) means this device. Its tensors say that they
are there; underneath each is a tensor of device "meta", the one backend that every build of torch has, around a tensor
of the CPU that holds the numbers. So it computes what the CPU computes, bit for bit, and every operation that would
stop on a GPU stops here. It knows nothing of speed, memory or a GPU's own rounding.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
NEAR, INSIDE = torch.device("cpu"), torch.device("meta")
INDEXING = {aten.index.Tensor, aten._unsafe_index.Tensor}
INDEX_PUT = {aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default}
# What torch's own autocast on a GPU computes in bf16, and what in float32.
LOWER = {"linear", "conv1d", "conv2d", "conv3d", "conv_transpose2d", "matmul", "__matmul__", "mm", "mv", "bmm", "addmm"}
LOWER |= {"baddbmm", "einsum", "scaled_dot_product_attention"}
FULL = {"exp", "expm1", "log", "log1p", "log2", "log10", "pow", "__pow__", "reciprocal", "rsqrt", "norm", "softplus"}
FULL |= {"softmax", "log_softmax", "logsumexp", "cdist", "pdist", "cosine_similarity", "nll_loss", "cross_entropy"}
FULL |= {"cross_entropy_loss", "mse_loss", "l1_loss", "kl_div", "layer_norm", "prod", "sum", "cumsum", "cumprod"}


class Far(torch.Tensor):
    """A tensor of the second device."""

    inner: torch.Tensor
    kind: str
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner: torch.Tensor, kind: str, requires_grad: bool = False) -> "Far":
        if kind == "mps" and inner.dtype in (torch.float64, torch.complex128):
            raise TypeError(f"Cannot convert a MPS Tensor to {inner.dtype}: the MPS framework doesn't support float64")
        like = {"strides": inner.stride(), "storage_offset": inner.storage_offset(), "dtype": inner.dtype}
        far = torch.Tensor._make_wrapper_subclass(
            cls, inner.size(), **like, layout=inner.layout, device=INSIDE, requires_grad=requires_grad
        )
        far.inner, far.kind = inner.detach() if inner.requires_grad else inner, kind
        return far

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise AssertionError(f"{func} on a tensor of the second device outside `with second_device()`")

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return torch.device(self.kind, 0)

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        return self.kind == "cuda"

    @property
    def is_meta(self) -> bool:  # type: ignore[override]
        return False

    def numpy(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() first")

    __array__ = __dlpack__ = numpy

    def tolist(self) -> Any:
        return self.inner.tolist()

    def __repr__(self, **kwargs: Any) -> str:
        return f"{self.inner!r:.200} on {self.device}"

    def __format__(self, spec: str) -> str:
        return format(self.inner, spec) if self.dim() == 0 else object.__format__(self, spec)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.inner.__reduce_ex__(protocol)  # a file of it opens on any machine

    def __deepcopy__(self, memo: dict[int, Any]) -> "Far":
        if not self.is_leaf:
            raise RuntimeError("Only Tensors created explicitly by the user support the deepcopy protocol")
        twin = memo[id(self)] = Far(self.inner.clone(), self.kind, self.requires_grad)
        twin.__dict__ |= {name: value for name, value in self.__dict__.items() if name not in ("inner", "kind")}
        return twin


class Dispatch(TorchDispatchMode):
    """Below autograd: every operation computes on the inner tensors, or says which tensors do not go together."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else torch loads its compiler, and asks it at every operation

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.noise = kind, torch.Generator().manual_seed(0)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        tensors = list(_tensors((args, kwargs)))
        far = any(isinstance(t, Far) for t in tensors)
        asked = kwargs.get("device")
        there = asked == INSIDE if asked is not None else far
        if not far and not there:
            return func(*args, **kwargs)
        if func is aten.copy_.default:
            there = isinstance(args[0], Far)
        elif far:
            refuse_mixed(func, args, kwargs, self.kind)
        if asked is not None:
            kwargs["device"] = NEAR
        if there and kwargs.get("generator") is not None:
            raise RuntimeError(f"Expected a '{self.kind}' device type for generator but found 'cpu' in {func}")
        known = {id(t.inner): t for t in tensors if isinstance(t, Far)}
        if there and torch.Tag.inplace_view in func.tags:  # x.squeeze_(): the outside changes its shape too
            with torch._C._DisableTorchDispatch():
                func(*args, **kwargs)
        args, kwargs = _map(_inner, (args, kwargs))
        if there and torch.Tag.nondeterministic_seeded in func.tags:
            out = self.draw(func, args, kwargs)
        else:
            out = func(*args, **kwargs)
        if not there:
            return out
        return _map(lambda t: self.wrap(t, known), out)

    def wrap(self, t: Any, known: dict[int, Far]) -> Any:
        """Results live where they were computed; what was changed in place is the tensor it was."""
        if id(t) in known:
            assert known[id(t)].shape == t.shape, "an operation in place changed a shape that the outside does not know"
            return known[id(t)]
        return Far(t, self.kind) if isinstance(t, torch.Tensor) else t

    def draw(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Random numbers from the device's own generator: the CPU's stays where it is."""
        near = torch.get_rng_state()
        try:
            torch.default_generator.set_state(self.noise.get_state())
            out = func(*args, **kwargs)
            self.noise.set_state(torch.get_rng_state())
        finally:
            torch.set_rng_state(near)
        return out


def refuse_mixed(func: Any, args: Any, kwargs: Any, kind: str) -> None:
    """Raises: RuntimeError where a GPU would refuse these tensors together.

    Numbers without axes may come from the CPU in pointwise operations, as may the positions that index a far tensor.
    """
    near = [t for t in _tensors((args, kwargs)) if not isinstance(t, Far)]
    if func in INDEXING and not isinstance(args[0], Far):
        raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
    if func in INDEXING:
        return
    if func in INDEX_PUT:
        here, indices, values = args[:3]
        if not isinstance(here, Far) and any(isinstance(i, Far) for i in indices):
            raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
        if isinstance(here, Far) != isinstance(values, Far) and values.dim():
            raise RuntimeError(f"expected self and values on the same device, got {here.device} and {values.device}")
        return
    written = [a.alias_info is not None and a.alias_info.is_write for a in func._schema.arguments]
    into_near = any(w and not isinstance(a, Far) for w, a in zip(written, args, strict=False))
    scalars = torch.Tag.pointwise in func.tags or func in (aten.fill_.Tensor, aten.masked_fill_.Tensor)
    if (into_near and near) or any(t.dim() or not scalars for t in near):
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, {kind}:0 and cpu! ({func})"
        )


class Function(TorchFunctionMode):
    """Above autograd: the device's name, and what torch decides by it before an operation is called."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.named = kind, re.compile(f"{kind}(:0)?")

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in ("__get__", "__set__", "__delete__"):
            if func == torch.Tensor.data.__set__ and any(isinstance(a, Far) for a in args):
                here, value = args
                if not (isinstance(here, Far) and isinstance(value, Far)):
                    raise NotImplementedError("`.data =` a tensor of the other device is not simulated")
                here.inner = value.inner
            return func(*args, **kwargs)
        if name in ("__getitem__", "__setitem__") and isinstance(args[0], Far):
            return func(args[0], _positions(args[1]), *args[2:])
        if func is torch.Tensor.cuda:
            return args[0].to(INSIDE)
        if func is torch.Tensor.to and args[1:]:
            args = (args[0], self.inside(args[1]), *args[2:])
        if kwargs.get("device") is not None:
            kwargs = kwargs | {"device": self.inside(kwargs["device"])}
        if name in ("tensor", "as_tensor", "asarray", "new_tensor"):
            return self.made(func, name, args, dict(kwargs))
        if torch.is_autocast_enabled(self.kind) and name in LOWER | FULL:
            dtype = torch.get_autocast_dtype(self.kind) if name in LOWER else torch.float32
            args, kwargs = _map(lambda a: _cast(a, dtype), (args, kwargs))
        return func(*args, **kwargs)

    def inside(self, device: Any) -> Any:
        """Another name of the device, for torch's own ears; anything else as it is."""
        if isinstance(device, torch.device):
            return INSIDE if device.type == self.kind else device
        return INSIDE if isinstance(device, str) and self.named.fullmatch(device) else device

    def made(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        """A tensor of plain numbers, which torch would leave empty on device meta; of a tensor, where that lives."""
        device = kwargs.pop("device", None)
        if name == "new_tensor":
            func, (like, *args) = torch.tensor, args
            device = device or (INSIDE if isinstance(like, Far) else like.device)
            kwargs.setdefault("dtype", like.dtype)
        data = args[0]
        if isinstance(data, torch.Tensor):
            made = data.detach().clone() if name in ("tensor", "new_tensor") else data
            return made.to(device=device or made.device, dtype=kwargs.get("dtype") or made.dtype)
        return func(_map(_inner, data), *args[1:], **kwargs).to(device or NEAR)


def _tensors(tree: Any) -> Iterator[torch.Tensor]:
    if isinstance(tree, torch.Tensor):
        yield tree
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from _tensors(item)
    elif isinstance(tree, dict):
        yield from _tensors(list(tree.values()))


def _map(change: Callable[[Any], Any], tree: Any) -> Any:
    if isinstance(tree, list | tuple):
        items = [_map(change, item) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    if isinstance(tree, dict):
        return type(tree)((key, _map(change, item)) for key, item in tree.items())
    return change(tree)


def _positions(index: Any) -> Any:
    """An index whose lists are tensors: torch would make them on device meta, without their numbers."""
    if isinstance(index, tuple):
        return tuple(_positions(part) for part in index)
    return torch.as_tensor(index) if isinstance(index, list | np.ndarray) else index


def _inner(t: Any) -> Any:
    return t.inner if isinstance(t, Far) else t


def _cast(a: Any, dtype: torch.dtype) -> Any:
    own = isinstance(a, Far) and a.is_floating_point() and a.dtype not in (dtype, torch.float64)
    return a.to(dtype) if own else a


@contextmanager
def second_device(kind: str = "cuda") -> Iterator[torch.device]:
    """Within, `kind` ("cuda" or "mps") is the simulated device, whatever this machine has; it starts from seed 0."""
    dispatch = Dispatch(kind)
    load = torch.load

    def load_there(*args: Any, map_location: Any = None, **kwargs: Any) -> Any:
        found = load(*args, map_location="cpu", **kwargs)
        there = isinstance(map_location, str | torch.device) and torch.device(map_location).type == kind
        return _map(lambda t: t.to(kind) if isinstance(t, torch.Tensor) else t, found) if there else found

    def seed(number: int) -> None:
        dispatch.noise.manual_seed(number)

    with ExitStack() as stack:
        stack.enter_context(patch.object(torch, "load", load_there))
        if kind == "cuda":
            module, given = torch.cuda, {"is_available": True, "is_bf16_supported": True, "device_count": 1}
            given |= {"current_device": 0, "get_device_name": "a simulated device", "is_initialized": True}
            given |= {"get_device_capability": (9, 0), "synchronize": None, "empty_cache": None}
            given |= {"max_memory_allocated": 0, "reset_peak_memory_stats": None, "_is_in_bad_fork": False}
            said: dict[str, Any] = {name: lambda *_, value=value, **__: value for name, value in given.items()}
            said |= {"manual_seed": seed, "manual_seed_all": seed, "device": lambda *_: nullcontext()}
        else:
            module, said = torch.mps, {"manual_seed": seed, "_is_in_bad_fork": lambda: False}
            stack.enter_context(patch.object(torch.backends.mps, "is_available", lambda: True))
            stack.enter_context(patch.object(torch.cuda, "is_available", lambda: False))
        for name in ("_accelerator_graph_capture_health_check", "_cuda_graph_capture_health_check"):
            if hasattr(torch.optim.Optimizer, name):  # asks the driver
                stack.enter_context(patch.object(torch.optim.Optimizer, name, lambda self: None))
        said |= {"get_rng_state": lambda device=0: dispatch.noise.get_state()}
        said |= {"set_rng_state": lambda state, device=0: dispatch.noise.set_state(state)}
        for name, value in said.items():
            stack.enter_context(patch.object(module, name, value))
        stack.enter_context(Function(kind))
        stack.enter_context(dispatch)
        yield torch.device(kind)

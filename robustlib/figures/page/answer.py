"""An answer counts by its values: a list, an array or another dtype or device is read as the tensor it stands for."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch
from torch import Tensor

REMARKS: ContextVar[list[str] | None] = ContextVar("remarks", default=None)


@contextmanager
def remarks_of() -> Iterator[list[str]]:
    """Collects, once each, what `read_answer` remarks on answers that it accepts."""
    remarks: list[str] = []
    token = REMARKS.set(remarks)
    try:
        yield remarks
    finally:
        REMARKS.reset(token)


def read_answer(answer: Any, *, like: Tensor | float, what: str) -> Tensor:
    """The answer as a tensor with the shape, dtype and device of `like`; for the checks of exercises.

    `what` says what to return ("the class of each row of z") and stands in the sentences. A list, a tuple or a NumPy
    array, another dtype and another device are accepted where the values survive the change; `check` then remarks on
    it. Where `like` is a number, a tensor with one element is one too. Gradients are kept.

    Raises: AssertionError with a sentence for the reader: nothing filled in, no numbers, another shape, fractions where
    whole numbers are wanted, or anything but true and false.
    """
    assert answer is not ... and answer is not None, f"fill in the stub: return {what}"
    pattern = like if isinstance(like, Tensor) else torch.as_tensor(like)
    found = _tensor(answer, what)
    if pattern.dim() == 0 and found.numel() == 1:
        found = found.reshape(())
    wanted, has = tuple(pattern.shape), tuple(found.shape)
    assert has == wanted, f"return {what}: {_shape(wanted)} is wanted, your answer has {_shape(has)}"
    _fits(found, pattern.dtype, what)
    if isinstance(like, Tensor):
        _remark(answer, found, pattern)
    return found.to(pattern.dtype).to(pattern.device)  # in this order: Apple's devices know no float64


def _tensor(answer: Any, what: str) -> Tensor:
    """The answer as a tensor, with its own dtype and device."""
    kind = f"{type(answer).__module__}.{type(answer).__qualname__}".removeprefix("builtins.")
    try:
        if isinstance(answer, Tensor):
            found = answer
        elif isinstance(answer, list | tuple) and any(isinstance(part, Tensor) for part in answer):
            found = torch.stack([torch.as_tensor(part) for part in answer])  # as_tensor would cut the gradient
        else:
            found = torch.as_tensor(np.array(answer, order="C"))  # one rule for lists, arrays and numbers
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise AssertionError(f"return {what}; nobody can read yours, of type {kind}, as one block of numbers") from None
    assert not found.is_complex(), f"return {what}; your numbers are complex"
    return found


def _shape(shape: tuple[int, ...]) -> str:
    return f"the shape {shape}" if shape else "a single number"


def _fits(found: Tensor, dtype: torch.dtype, what: str) -> None:
    """Whether the values survive the change of dtype."""
    if dtype == torch.bool:
        assert bool(((found == 0) | (found == 1)).all()), f"return {what}: each is True or False"
    elif not dtype.is_floating_point and found.is_floating_point():
        assert bool((found == found.round()).all()), f"return {what}: whole numbers, yours are not"


def _remark(answer: Any, found: Tensor, pattern: Tensor) -> None:
    remarks = REMARKS.get()
    if remarks is None:
        return
    if not isinstance(answer, Tensor):
        kind = "NumPy array" if isinstance(answer, np.ndarray) else type(answer).__name__
        remark = f"though your answer is a {kind} where the chapter's code has a tensor"
    elif found.device != pattern.device:
        remark = f"though your answer is on {found.device} and what it was given on {pattern.device}"
    elif found.dtype != pattern.dtype:
        remark = f"though your answer is of {found.dtype} where the chapter's code has {pattern.dtype}"
    else:
        return
    if remark not in remarks:
        remarks.append(remark)

"""What arithmetic a search or a training runs in: `"fast"` asks the hardware, once."""

import os
from functools import cache
from typing import Any, Literal

import torch

# None: float32, laid out as it comes. torch.float32: the same numbers in channels_last. torch.bfloat16: autocast in
# channels_last. "fast": whichever of the last two is faster on the device.
Precision = torch.dtype | Literal["fast"] | None

# What oneDNN may be held back to by ONEDNN_MAX_CPU_ISA, below the instructions that multiply bfloat16.
_BELOW_BF16 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"}
_BELOW_AMX = _BELOW_BF16 | {"AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX10_1_512"}


def resolve(precision: Precision, device: torch.device) -> torch.dtype | None:
    """The dtype that a precision means on this device; None, plain float32, stays None.

    Raises: ValueError for anything but "fast", torch.bfloat16, torch.float32 and None.
    """
    if precision is None or precision is torch.bfloat16 or precision is torch.float32:
        return precision
    if precision == "fast":
        return torch.bfloat16 if _bfloat16_is_fast(device) else torch.float32
    raise ValueError(
        f'precision is "fast", torch.bfloat16, torch.float32 or None, got {precision!r}; '
        "float16 neither trains nor searches here: its gradients underflow"
    )


@cache
def _bfloat16_is_fast(device: torch.device) -> bool:
    if device.type == "cuda":
        with torch.cuda.device(device):
            return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bfloat16_unit() is not None


@cache
def bfloat16_unit() -> str | None:
    """The CPU's instructions for bfloat16, "AMX" or "AVX512_BF16", that torch and oneDNN will use; None without any.

    Without them a convolution in bfloat16 takes 5 to 11 times as long as in float32. With AVX512_BF16 alone it takes
    0.4 to 0.9 of it: LeNet-5 in batches of 100 trains in 5.7 ms a step against 6.3 in float32 and channels_last, a
    ResNet-20 in 116 ms against 216.
    """
    held = (os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "").upper()
    if torch.backends.cpu.get_cpu_capability() != "AVX512" or not torch.backends.mkldnn.is_available():
        return None  # ATEN_CPU_CAPABILITY holds it back too
    if held not in _BELOW_AMX and _has("_is_amx_tile_supported"):
        return "AMX"
    return "AVX512_BF16" if held not in _BELOW_BF16 and _has("_is_avx512_bf16_supported") else None


def _has(question: str) -> bool:
    return bool(getattr(torch.cpu, question, lambda: False)())  # asked by torch's compiler too, public in none


def hardware(device: torch.device) -> dict[str, Any]:
    """What decides the arithmetic of a run on this machine, for the record of its result."""
    found = {"fast": str(resolve("fast", device))}
    return found | {"cpu": torch.backends.cpu.get_cpu_capability(), "bfloat16": bfloat16_unit()}


def settled(description: Any, device: torch.device) -> Any:
    """A description (see `describe`) with what "fast" means on this device in its place.

    A recipe asks for "fast" wherever it runs. Unfinished work does not: it may go on only in the arithmetic in which
    it was begun, so that this is what identifies it.
    """
    return replaced(description, "fast", str(resolve("fast", device)))


def replaced(description: Any, old: str, new: str) -> Any:
    """A description in which every precision `old` is called `new`."""
    if isinstance(description, dict):
        return {
            key: new if key == "precision" and value == old else replaced(value, old, new)
            for key, value in description.items()
        }
    return [replaced(item, old, new) for item in description] if isinstance(description, list) else description

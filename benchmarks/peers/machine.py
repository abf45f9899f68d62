"""What the numbers of a contest rest on besides the code: the processor, what torch uses of it, who else was busy."""

import os
import platform
from pathlib import Path
from typing import Any

import torch

FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16", "amx_int8")


def cpu() -> dict[str, Any]:
    """The processor's name, those of its instructions that decide, and the level that torch works at."""
    told: dict[str, str] = {}
    table = Path("/proc/cpuinfo")
    for line in table.read_text().splitlines() if table.is_file() else []:
        key, colon, value = line.partition(":")
        if colon:
            told.setdefault(key.strip(), value.strip())
    has = set(told.get("flags", "").split())
    return {
        "model": told.get("model name", platform.processor() or platform.machine()),
        "flags": [flag for flag in FLAGS if flag in has],
        "capability": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
    }


def load() -> float | None:
    """How many processes wanted a core, on the mean of the last minute; None where the system does not say."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None

"""Empty folders, toy data, and a registry with nothing in it but what a test joins."""

import sys
from types import ModuleType

import pytest
from experiments.toy_runs import digits

from robustlib.experiments import Chapter, registry, running
from robustlib.experiments.workers import CHAPTERS


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Results, checkpoints and unfinished runs in a folder of the test."""
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    return tmp_path


@pytest.fixture
def joined(folders, monkeypatch):
    """Join experiments and measurements, as the chapter "toys", to a registry that holds nothing else."""
    monkeypatch.setattr(registry, "_CHAPTERS", {})
    monkeypatch.setitem(sys.modules, CHAPTERS, ModuleType(CHAPTERS))  # the book's own stay out
    monkeypatch.setattr(running, "load", lambda name, device: digits().to(device))

    def join(*experiments, measurements=(), **others):
        registry._CHAPTERS.pop("toys", None)
        registry.join(Chapter("toys", experiments, tuple(measurements), **others))

    return join

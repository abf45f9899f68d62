"""A GPU works while the program goes on: a clock that is read before it is done says too little."""

import pytest
import torch
from experiments.toy_runs import digits, tiny

from robustlib.attacks import FGSM
from robustlib.evaluation import cost


def test_a_gpu_is_waited_for_before_the_clock_is_read(device: torch.device, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, wait = [], torch.cuda.synchronize
    monkeypatch.setattr(torch.cuda, "synchronize", lambda *given: (waits.append(given), wait(*given)))
    cost(tiny().to(device), FGSM(0.1), *digits(300, 20).test.to(device)[:4])
    assert len(waits) == 1

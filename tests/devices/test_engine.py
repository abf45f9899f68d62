"""A run, one that goes on from it and a measurement, from training to the stored result, on another device."""

import pytest
import torch
from experiments.toy_runs import digits, look, toy

from robustlib.experiments import Chapter, load_model, load_result, registry, run, running

pytestmark = pytest.mark.slow


def test_a_run_one_that_goes_on_from_it_and_a_measurement(device: torch.device, tmp_path, monkeypatch) -> None:
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    monkeypatch.setattr(registry, "_CHAPTERS", {})
    monkeypatch.setattr(running, "load", lambda name, device: digits().to(device))
    start = toy("start")
    registry.join(Chapter("toys", (start, toy("tuned", start=start)), (look("tuned"),)))
    for name in ("start", "tuned", "tuned-look"):
        result = run(name, progress=False, device=device)
        assert result == load_result(name) == run(name, progress=False, device=device)
        assert result["device"] == torch.cuda.get_device_name(device)
    assert next(load_model("start", device=device).parameters()).device.type == device.type
    weight = load_result("tuned-look")["rows"][3]["value"]
    assert load_model("tuned").head.weight[0, 0].item() == pytest.approx(weight, rel=1e-2)

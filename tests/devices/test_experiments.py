"""Runs and surveys of every chapter at toy size, from training to the stored result, on another device than the CPU."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import experiments.test_dundi as dundi
import experiments.test_registry as triplets
import experiments.test_reverse_cross_entropy as reverse
import pytest
import torch
from experiments.toy_runs import Two, digits, tiny, toy

from robustlib.attacks import FGSM, bim, climb, feature_matching, mim, pgd
from robustlib.datasets import Batches
from robustlib.evaluation import cost
from robustlib.experiments import judged, load_model, load_result, run, runner, survey
from robustlib.experiments.embedding_maps import spectrum
from robustlib.experiments.live_oracles import attacked_table, travelled, walk
from robustlib.experiments.oracle_rules import distances, timed
from robustlib.models import Classifier, NearestOracles, draw_oracles, lenet5

pytestmark = pytest.mark.slow
DIGITS = digits(300, 20)


@pytest.fixture
def there(device: torch.device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.device]:
    """The device, with folders of its own and toy data on it."""
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))

    def load(name: str, device: Any) -> Any:
        return (DIGITS if name == "mnist" else reverse.dataset(name)).to(device)

    for module in (runner, sys.modules["robustlib.experiments.survey"]):
        monkeypatch.setattr(module, "load", load)
    monkeypatch.setattr(judged, "GAMMAS", (0.1, 1.0))
    whole = climb.climb
    for module in (bim, feature_matching, mim, pgd):
        monkeypatch.setattr(
            module, "climb", lambda attack, *given: whole(replace(attack, steps=min(2, attack.steps)), *given)
        )
    yield device


def test_a_run_and_one_that_goes_on_from_it(there: torch.device) -> None:
    start = toy("start")
    for planned in (start, toy("toy", start=start)):
        result = run(planned, progress=False, device=there)
        assert result == load_result(planned.name) == run(planned, progress=False, device=there)
        assert result["device"] == torch.cuda.get_device_name(there) and result["outcomes"]["FGSM"]["n"] == 20
    assert next(load_model(start, device=there).parameters()).device.type == there.type
    near = load_model(start)
    assert near.head.weight[0, 0].item() == pytest.approx(load_result("start")["facts"]["first weight"], rel=1e-2)


def test_triplets(there: torch.device) -> None:
    planned = triplets.small("rr-lenet-ours-fgsm")
    start = replace(planned.start, model=planned.model, evaluate=Two(), epochs=1)
    run(start, progress=False, device=there)
    result = run(replace(planned, start=start), progress=False, device=there)
    assert result["facts"]["separation"] > 0 and result["outcomes"]["FGSM"]["n"] == 8


def quick(name: str) -> Any:
    """A run on reverse cross-entropy, of a network with one convolution."""
    return replace(reverse.small(name), model=tiny, sampler=Batches(100), epochs=1)


def test_reverse_cross_entropy(there: torch.device) -> None:
    for name in ("rce-mnist-resnet32-ce", "rce-mnist-resnet32-rce", "rce-mnist-resnet56-rce"):
        run(quick(name), progress=False, device=there)
    kinds = {"oblivious", "searched", "white-box", "adaptive", "map"}
    wanted = [f"rce-mnist-resnet32-rce-{kind}" for kind in kinds]
    wanted += ["rce-mnist-resnet32-ce-white-box", "rce-mnist-resnet56-rce-black-box"]
    for name in wanted:
        planned = reverse.short(name)
        if name.endswith("oblivious"):
            fewer = {"radii": (0.2,), "named": (0.2,), "saliency_images": 4}
            planned = replace(planned, evaluate=replace(planned.evaluate, **fewer))
        if name.endswith("black-box"):
            known = {k: (tiny, *how[1:]) for k, how in planned.evaluate.substitutes.items()}
            planned = replace(planned, evaluate=replace(planned.evaluate, substitutes=known))
        result = survey(replace(planned, of=quick(planned.of.name), n=8), device=there)
        assert result["outcomes"] and result["facts"], name


def test_dundi(there: torch.device) -> None:
    for name in ("dundi-mnist-feinman", "dundi-mnist-native1", "dundi-mnist-r1", "dundi-mnist-p3"):
        planned = dundi.small(name)
        if planned.start is not None and not name.endswith("r1"):
            run(planned.start, progress=False, device=there)
        run(planned, progress=False, device=there)
    for name in ("feinman-bayesian", "r1-handed-over", "native1-handed-over", "r1-left", "native1-left"):
        result = survey(dundi.short(f"dundi-mnist-{name}"), device=there)
        assert result["outcomes"]["clean"]["n"] > 0


def test_what_pages_compute(any_device: torch.device) -> None:
    torch.manual_seed(0)
    net = lenet5(embedding=3).to(any_device).eval()
    x, y = DIGITS.train.to(any_device)[:200]
    z = net.features(x).detach()
    exact = Classifier(net.body, NearestOracles(*draw_oracles(z, y, 3, seed=0), classes=10))
    steps = walk(exact, x[:1], y[:1], 0.1, 2)
    assert steps.images.device.type == any_device.type and len(steps.texts) == 3
    assert travelled({"net": net}, x[:9], net(x[:9]).argmax(1), 0.1, 2).cells
    assert attacked_table(net.body, z, y, DIGITS.test.to(any_device)[:6], 2, 0.1).cells
    assert distances(z, y) == pytest.approx(distances(z.cpu(), y.cpu()), rel=1e-4)
    assert spectrum(z, y, 10)["axes"] == pytest.approx(spectrum(z.cpu(), y.cpu(), 10)["axes"], rel=1e-3)


def test_a_gpu_is_waited_for_before_the_clock_is_read(device: torch.device, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, wait = [], torch.cuda.synchronize
    monkeypatch.setattr(torch.cuda, "synchronize", lambda *given: (waits.append(given), wait(*given)))
    z, y = torch.rand(40, 3).to(device), torch.arange(40).to(device) % 10
    assert timed(NearestOracles(z, y, 10), z)["images"] == 40 and len(waits) == 5
    cost(tiny().to(device), FGSM(0.1), *DIGITS.test.to(device)[:4])
    assert len(waits) == 6

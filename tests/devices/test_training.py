"""Training on a device that is not the CPU."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from devices.both import Place, agree
from devices.test_rooms import OBJECTIVES, trained_by
from experiments.toy_runs import digits, tiny
from torch import Tensor, nn
from training.trainee import network

from robustlib.attacks import PGD, Transfer
from robustlib.chapters.reverse_cross_entropy.live import both_losses
from robustlib.datasets import Augment, Batches
from robustlib.evaluation import under_attack
from robustlib.files import read_state
from robustlib.models import Classifier, NearestMeans
from robustlib.objectives import CrossEntropy
from robustlib.training import SGD, Adam, Cosine, DecayWeights, distil, fit

SPLIT = digits(60).train


def trained(place: Place, model: nn.Module, **options: Any) -> Any:
    model = place(model)
    settings: dict[str, Any] = {"optimizer": Adam(1e-2), "epochs": 2, "progress": False}
    loader = Batches(20, augment=Augment(2))(place(SPLIT))
    history = fit(model, loader, CrossEntropy(), **(settings | options))
    assert all(len(values) == 2 for values in history.terms.values())
    return dict(model.state_dict())


def start() -> Classifier:
    torch.manual_seed(0)
    return tiny()


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": Adam(1e-2)},
        {"optimizer": SGD(0.1)},
        {"optimizer": DecayWeights(SGD(0.1, weight_decay=1e-3))},
        {"clip": 0.5, "schedule": Cosine(), "channels_last": True},
    ],
    ids=["Adam", "SGD", "DecayWeights", "clip"],
)
def test_fit(options: dict[str, Any], device: torch.device) -> None:
    agree(lambda place: trained(place, start(), **options), device, exact=False)


@pytest.mark.parametrize("precision", [torch.bfloat16])
def test_fit_in_bf16(precision: torch.dtype, device: torch.device) -> None:
    model = start().to(device)
    seen = []
    model.body.register_forward_hook(lambda module, given, out: seen.append(out.dtype))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    trained(lambda value: value.to(device), model, precision=precision)
    assert set(seen) == {precision} and model.head.weight.dtype == torch.float32
    assert not torch.equal(model.head.weight, before["head.weight"])


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective(name: str, device: torch.device) -> None:
    objective, sampler = OBJECTIVES[name]

    def case(place: Place) -> Any:
        model = place(trained_by(name) if name in ("PrototypeConformity", "WGANGP") else start())
        loader = replace(sampler, size=20)(place(SPLIT))
        fit(model, loader, objective, optimizer=Adam(1e-2), epochs=1, progress=False)
        return dict(model.state_dict())

    agree(case, device, exact=False)


class Stopped(Exception):
    pass


def test_an_interrupted_run_goes_on_with_the_same_dropout(device: torch.device, tmp_path: Path) -> None:
    """The masks come from the device's generator, so that its state must be part of the checkpoint."""
    loader = Batches(20, augment=Augment(2))(SPLIT.to(device))
    options: dict[str, Any] = {"optimizer": Adam(1e-2), "epochs": 2, "save_every": 0, "progress": False}
    torch.manual_seed(3)
    whole = network().to(device)
    fit(whole, loader, CrossEntropy(), **options)

    torch.manual_seed(3)
    torn, steps = network().to(device), []

    def stops(*_: Any) -> None:
        steps.append(1)
        if len(steps) == 5:
            raise Stopped

    handle = torn.register_forward_pre_hook(stops)
    with pytest.raises(Stopped):
        fit(torn, loader, CrossEntropy(), checkpoint=tmp_path / "run", **options)
    handle.remove()
    torch.rand(7), torch.rand(7, device=device)
    again = network().to(device)
    fit(again, loader, CrossEntropy(), checkpoint=tmp_path / "run", **options)
    for one, other in zip(whole.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    state = read_state(tmp_path / "run", "state", "")
    assert "cuda" in state["random"], "or a resumed run draws other masks"


@pytest.mark.parametrize("answers", ["probabilities", "labels"])
def test_distil_and_transfer(answers: Any, device: torch.device) -> None:
    def case(place: Place) -> Any:
        x, y = place(SPLIT)[:30]
        target = place(start()).eval()
        student = place(start())
        options: dict[str, Any] = {"epochs": 1, "size": 10, "rounds": 1, "progress": False}
        distil(target, student, x, answers=answers, **options)
        found = under_attack(target, {"transfer": Transfer(student, PGD(0.1, 2))}, (x, y))
        assert found["transfer"].n == 30
        return dict(student.state_dict())

    agree(case, device, exact=False)


def test_heads_that_hold_tensors(device: torch.device) -> None:
    means: Tensor = torch.randn(10, 8, generator=torch.Generator().manual_seed(0))
    agree(lambda place: trained(place, Classifier(start().body, NearestMeans(means))), device, exact=False)


def test_what_a_page_trains(device: torch.device) -> None:
    found = both_losses(SPLIT.to(device), 1, device)
    assert {p.device.type for net in found.values() for p in net.parameters()} == {device.type}

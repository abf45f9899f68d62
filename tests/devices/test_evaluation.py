"""Evaluation on a device that is not the CPU."""

from pathlib import Path
from typing import Any

import pytest
import torch
from devices.both import Place, agree
from evaluation.evaluated import ATTACKS, target
from experiments.toy_runs import digits
from torch import nn

from robustlib.attacks import FGSM, PGD, DeepFool, Noise, Transfer
from robustlib.evaluation import (
    Detection,
    Outcome,
    accuracy,
    cost,
    counting,
    distortion_bound,
    pairs,
    sweep,
    taylor_remainder,
    under_attack,
    worst_case,
    zero_gradient_share,
)
from robustlib.evaluation.report_card import report_card
from robustlib.evaluation.resume import identity
from robustlib.evaluation.verdicts import seeded
from robustlib.models import Classifier, StopGradient, lenet1


def placed(place: Place) -> tuple[Classifier, tuple[torch.Tensor, torch.Tensor]]:
    """The network and the images of the evaluation's own tests."""
    model, (x, y) = target()
    return place(model), (place(x), place(y))


def outcome(of: Outcome) -> tuple[Any, ...]:
    return of.correct.tolist(), of.linf.tolist(), of.l2.tolist(), of.accuracy, of.interval, repr(of)


def outcomes(found: dict[Any, Outcome]) -> Any:
    """All of an evaluation but its seconds; kept on the CPU."""
    assert all(o.correct.device.type == o.linf.device.type == "cpu" for o in found.values())
    return {name: outcome(of) for name, of in found.items()} | {"worst": outcome(worst_case(found))}


def same(case: Any, device: torch.device) -> None:
    """`agree`, for results that are plain numbers; a GPU may decide single images otherwise."""
    torch.manual_seed(0)
    wanted = case(lambda value: value)
    torch.manual_seed(0)
    found = case(lambda value: value.to(device))
    assert found == wanted or type(torch.zeros(1, device=device)) is torch.Tensor


def test_under_attack(device: torch.device) -> None:
    same(lambda place: outcomes(under_attack(*pair(placed(place)), seed=3, batch=4)), device)


def pair(given: Any) -> Any:
    model, data = given
    return model, ATTACKS | {"DeepFool": DeepFool(), "transfer": Transfer(model, PGD(0.01, 2))}, data


def test_of_a_split(device: torch.device) -> None:
    def case(place: Place) -> Any:
        torch.manual_seed(0)
        model, test = place(lenet1()), place(digits().test)
        right = model(test[:][0]).argmax(1)
        return outcomes(under_attack(model, {"noise": Noise(0.1)}, test)), accuracy(model, test), right.tolist()

    same(case, device)


def test_the_bound_and_what_it_leaves_out(device: torch.device) -> None:
    def case(place: Place) -> Any:
        torch.manual_seed(0)
        model, (x, y) = place(lenet1()), digits().test[:6]
        bound = distortion_bound(model, place(x), place(y), layer="logits", batch=4)
        parts = taylor_remainder(model, place(x), place(x).flip(0), batch=4)
        return bound.bound, bound.of_the_set, bound.of_the_decision, parts.linear, parts.remainder

    agree(case, device)


class Stopped(Exception):
    pass


def test_an_interrupted_evaluation_goes_on(device: torch.device, tmp_path: Path) -> None:
    model, data = placed(lambda value: value.to(device))
    options: dict[str, Any] = {"seed": 3, "batch": 4}
    whole = under_attack(model, ATTACKS, data, **options)
    calls = []

    def stops(module: Any, given: Any) -> None:
        calls.append(1)
        if len(calls) == 60:
            raise Stopped

    handle = model.register_forward_pre_hook(stops)
    with pytest.raises(Stopped):
        under_attack(model, ATTACKS, data, checkpoint=tmp_path / "rows", **options)
    handle.remove()
    before = len(calls)
    model.register_forward_pre_hook(lambda *_: calls.append(1))
    again = under_attack(model, ATTACKS, data, checkpoint=tmp_path / "rows", **options)
    assert outcomes(again) == outcomes(whole) and len(calls) - before > 0
    with pytest.raises(ValueError, match="device"):
        under_attack(model.cpu(), ATTACKS, (data[0].cpu(), data[1].cpu()), checkpoint=tmp_path / "rows", **options)


def test_the_devices_generator_is_seeded_saved_and_put_back(device: torch.device) -> None:
    """An attack that draws on the device: the same numbers in every run, and the generator where it was."""
    model, (x, y) = placed(lambda value: value.to(device))

    def drawn(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return (x + 0.01 * torch.rand(x.shape, device=x.device)).clamp(0, 1)

    before = torch.cuda.get_rng_state(device)
    first, second = (under_attack(model, {"drawn": drawn}, (x, y), batch=9) for _ in range(2))
    assert torch.equal(torch.cuda.get_rng_state(device), before)
    assert outcomes(first) == outcomes(second)
    with seeded(0, "a", device):
        one = torch.rand(3, device=device)
    with seeded(1, "a", device):
        assert not torch.equal(torch.rand(3, device=device), one)


def test_identity_tells_devices_apart_and_nothing_else(device: torch.device) -> None:
    here, there = (identity(m, ATTACKS, *d) for m, d in (placed(lambda v: v), placed(lambda v: v.to(device))))
    assert {key for key in here if here[key] != there[key]} == {"device"}


def test_sweep(device: torch.device) -> None:
    def case(place: Place) -> Any:
        model, data = placed(place)
        return outcomes({f"{eps:g}": of for eps, of in sweep(model, FGSM, (0.0, 0.003, 0.01, 0.05), data).items()})

    same(case, device)


def test_cost_and_gradients(device: torch.device) -> None:
    def case(place: Place) -> Any:
        model, data = placed(place)
        masked = Classifier(model.body, nn.Sequential(StopGradient(), model.head))
        found = cost(model, PGD(0.01, 3), *data)
        with counting(model) as passes:
            model(data[0])
        shares = zero_gradient_share(model, *data), zero_gradient_share(masked, *data)
        assert shares[0] < 0.5 and shares[1] == 1
        return found.forward, found.backward, found.n, passes.forward, accuracy(model, data), shares

    same(case, device)


def test_detection(device: torch.device) -> None:
    score = torch.randn(80, generator=torch.Generator().manual_seed(0))

    def case(place: Place) -> Any:
        found = Detection(place(score[:30]), place(score[30:60] - 1), place(score[60:]))
        numbers = found.auc, found.interval, found.threshold(0.1), found.caught(0.1), found.refused(0.1), found.roc(9)
        return numbers, found.record()

    same(case, device)


def test_pairs(device: torch.device) -> None:
    agree(
        lambda place: pairs(placed(place)[0], placed(place)[1][0], 1 - placed(place)[1][0], placed(place)[1][1]), device
    )


CARD = {"passes": 4, "queries": 4, "binarised": 1, "inner": 20}


def test_a_report_card(any_device: torch.device) -> None:
    """Line by line as on the CPU, its passes too, also of images that were left on the CPU."""

    def case(place: Place) -> Any:
        model, data = placed(place)
        left = target()[1]
        found = [report_card(model, at, PGD(0.004, 3), 0.004, **CARD) for at in (data, left)]
        assert found[0].checks == found[1].checks
        verdicts = {check.name: check.verdict for check in found[0].checks}
        return found[0].clean, verdicts, [check.measured for check in found[0].checks], found[0].passes

    same(case, any_device)


def test_an_interrupted_card_goes_on_where_it_was(device: torch.device, tmp_path: Path) -> None:
    model, data = placed(lambda value: value.to(device))
    first = report_card(model, data, PGD(0.004, 3), 0.004, checkpoint=tmp_path / "card", **CARD)
    again = report_card(model, data, PGD(0.004, 3), 0.004, checkpoint=tmp_path / "card", **CARD)
    assert again.checks == first.checks
    with pytest.raises(ValueError, match="device"):
        report_card(*target(), PGD(0.004, 3), 0.004, checkpoint=tmp_path / "card", **CARD)

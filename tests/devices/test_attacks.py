"""The contract of the attacks, on a device that is not the CPU: the very tests of tests/attacks, moved there."""

import inspect
from types import ModuleType
from typing import Any

import attacks.minimum_norm_targets as minimum_norm_targets
import attacks.targets as targets
import attacks.test_contract as contract
import attacks.test_minimum_norm_contract as minimum_contract
import pytest
import torch
from attacks.minimum_norm_targets import MINIMUM_NORM
from attacks.targets import ATTACKS, SHAPE, aim, for_classes, network
from second_device import Far
from torch import Tensor, nn

import robustlib.attacks
from robustlib.attacks import (
    DDN,
    PGD,
    CarliniWagnerWB,
    DetectorAwareCW,
    FeatureMatching,
    Transfer,
    Undetected,
    evades,
    least_likely,
    next_class,
    predicted,
    random_class,
    runner_up,
    threshold_at,
)
from robustlib.detectors import Confidence, KernelDensity
from robustlib.interfaces import Attack

# Their seeds, shapes and modes are the CPU's, by `test_the_device_changes_nothing`.
BUDGET = {
    "ball": contract.test_result_lies_in_the_box_and_in_the_ball_and_uses_it,
    "breaks": contract.test_the_attack_raises_the_loss_and_breaks_images,
    "double": contract.test_double_precision_stays_double,
}
MINIMUM = {
    "breaks": minimum_contract.test_nearly_every_image_is_broken_by_a_perturbation_far_smaller_than_another_image,
    "wrong": minimum_contract.test_an_image_that_is_wrong_already_comes_back_and_its_neighbours_do_not_notice,
}


@pytest.fixture
def there(device: torch.device, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The networks and images of the attack tests, on the device."""

    def network_there(*args: Any, **kwargs: Any) -> nn.Module:
        return network(*args, **kwargs).to(device)

    def batch_there(model: nn.Module, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        x, _ = targets.batch(lambda x: torch.zeros(len(x), 2), *args, **kwargs)  # type: ignore[arg-type]
        with torch.no_grad():
            return x.to(device), model(x.to(device)).argmax(1)

    for module in (contract, minimum_contract):
        assert isinstance(module, ModuleType) and hasattr(module, "network") and hasattr(module, "batch")
        monkeypatch.setattr(module, "network", network_there)
        monkeypatch.setattr(module, "batch", batch_there)
    return network_there, batch_there


@pytest.mark.parametrize("test", BUDGET)
@pytest.mark.parametrize("name", ATTACKS)
def test_contract(name: str, test: str, there: Any) -> None:
    BUDGET[test](name)


@pytest.mark.parametrize("test", MINIMUM)
@pytest.mark.parametrize("name", MINIMUM_NORM)
def test_minimum_norm_contract(name: str, test: str, there: Any) -> None:
    MINIMUM[test](name)


def detected(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, Attack]:
    """The attacks that need a model or a detector, made for this one."""
    density = KernelDensity.fit(model, (x, y), gamma=0.5)
    threshold = threshold_at(density, x, 0.2)
    return {
        "WB": CarliniWagnerWB(1, 6, 0.05, 1.0, detector=density, threshold=threshold),
        "DetectorAwareCW": DetectorAwareCW(1, 6, 0.05, 1.0, detector=density, threshold=threshold),
        "Undetected": Undetected(PGD(0.2, 3), Confidence(model), -1.0),
        "Transfer": Transfer(network(SHAPE).to(x.device), PGD(0.2, 3)),
        "Transfer-DDN": Transfer(network(SHAPE).to(x.device), DDN(5)),
    }


@pytest.mark.parametrize("name", [*ATTACKS, *MINIMUM_NORM])
def test_the_device_changes_nothing(name: str, device: torch.device, there: Any) -> None:
    """Noise comes from the CPU's generator, so that the simulated device gives the CPU's bits."""
    found = []
    for make, batch in ((network, targets.batch), there):
        model = make()
        x, y = batch(model, 12)
        attack = for_classes(name, 4) if name in ATTACKS else MINIMUM_NORM[name]
        wanted = aim(name, model, x, y) if name in ATTACKS else minimum_norm_targets.given(name, model, y)
        torch.manual_seed(0)
        found.append(attack(model, x, wanted))
        assert found[-1].device == x.device
    if "bf16" in name or not isinstance(found[1], Far):  # a GPU rounds in its own way
        assert (found[1].cpu() - found[0]).abs().mean() < 0.05
    else:
        assert torch.equal(found[1].cpu(), found[0])


def test_attacks_on_detectors_and_from_other_models(device: torch.device, there: Any) -> None:
    results: list[dict[str, Tensor]] = []
    for make, batch in ((network, targets.batch), there):
        model = make()
        x, _ = batch(model, 40)
        y = model(x).argmax(1)
        x, y = torch.cat([x, x.flip(3)]), torch.cat([y, y])
        y[:4] = torch.arange(4, device=y.device)
        results.append({})
        for name, attack in detected(model, x, y).items():
            torch.manual_seed(0)
            results[-1][name] = attack(model, x[:6], y[:6])
        grey = Confidence(model)
        results[-1]["evades"] = evades(model, grey, threshold_at(grey, x, 0.1), x[:6], y[:6]).float()
        logits = model(x).detach()
        for choose in (least_likely, next_class, predicted, random_class, runner_up):
            results[-1][choose.__name__] = choose(logits, y).float()
    for name, here in results[0].items():
        far = results[1][name]
        assert far.device.type == device.type, name
        assert torch.equal(far.cpu(), here) if isinstance(far, Far) else far.shape == here.shape, name


def test_an_empty_batch(there: Any, device: torch.device) -> None:
    empty = torch.zeros(0, *SHAPE, device=device), torch.zeros(0, dtype=torch.long, device=device)
    model = there[0]()
    for attack in [for_classes(name, 4) for name in ATTACKS] + list(MINIMUM_NORM.values()):
        x_adv = attack(model, *empty)
        assert x_adv.shape == (0, *SHAPE) and x_adv.device == empty[0].device


def test_every_attack_is_among_them() -> None:
    model = network()
    x, y = targets.batch(model, 40)
    y[:4] = torch.arange(4)
    tried = [*ATTACKS.values(), *MINIMUM_NORM.values(), *detected(model, x, y).values(), FeatureMatching]
    known = {kind if isinstance(kind, type) else type(kind) for kind in tried}
    exported = {kind for kind in vars(robustlib.attacks).values() if inspect.isclass(kind)}
    assert exported <= known, f"no row here for {exported - known}"

"""How each peer library is asked for an attack: one function for each library, imported only when it is called.

A `Call` takes (model, x, y) and gives the adversarial images, as an attack of robustlib does.
"""

import contextlib
import importlib
import importlib.metadata
import importlib.util
import io
import warnings
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

Call = Callable[[nn.Module, Tensor, Tensor], Tensor]

# library: (what is imported, the distribution's name)
LIBRARIES = {
    "torchattacks": ("torchattacks", "torchattacks"),
    "foolbox": ("foolbox", "foolbox"),
    "adv-lib": ("adv_lib.attacks", "adv-lib"),
    "autoattack": ("pyautoattack", "pyautoattack"),
}


def imported(module: str) -> Any:
    """A peer's module; what it warns of or prints on the way is not ours."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return importlib.import_module(module)


def installed() -> dict[str, str]:
    """The version of every library that can be imported here."""
    found = {}
    for name, (module, distribution) in LIBRARIES.items():
        with contextlib.suppress(ImportError, importlib.metadata.PackageNotFoundError):
            imported(module)
            found[name] = importlib.metadata.version(distribution)
    return found


def torchattacks(name: str, mode: str | None = None, **fields: Any) -> Call:
    """An attack of torchattacks, in a mode: "targeted_least_likely" or "targeted_by_label"."""

    def call(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        attack = getattr(imported("torchattacks"), name)(model, **fields)
        if mode is not None:
            getattr(attack, f"set_mode_{mode}")(quiet=True)
        return attack(x, y)

    return call


def foolbox(name: str, eps: float | None = None, least_likely: bool = False, **fields: Any) -> Call:
    """An attack of foolbox; with eps=None a minimum-norm attack."""

    def call(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        library = imported("foolbox")
        criterion = library.criteria.Misclassification(y)
        if least_likely:
            targets = model(x).detach().scatter(1, y[:, None], float("inf")).argmin(1)
            criterion = library.criteria.TargetedMisclassification(targets)
        attack = getattr(library.attacks, name)(**fields)
        wrapped = library.PyTorchModel(model, bounds=(0, 1), device=x.device)
        return attack(wrapped, x, criterion, epsilons=eps)[1]

    return call


def adv_lib(name: str, **fields: Any) -> Call:
    """An attack of adv-lib, whose radius is called `ε` there."""

    def call(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return getattr(imported("adv_lib.attacks"), name)(model, x, y, **fields)

    return call


def autoattack(module: str, name: str, **fields: Any) -> Call:
    """One attack of AutoAttack's own code."""

    def call(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        kind = getattr(imported(f"pyautoattack.{module}"), name)
        return kind(model, device=x.device, verbose=False, **fields).perturb(x, y)

    return call


def autoattack_standard(eps: float) -> Call:
    """The whole of AutoAttack, standard version."""

    def call(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        whole = imported("pyautoattack").AutoAttack(model, eps=eps, seed=0, device=x.device)
        return whole.run_standard_evaluation(x, y, batch_size=len(x))[0]

    return call

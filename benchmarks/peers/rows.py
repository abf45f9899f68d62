"""The rows of the comparison: an attack of ours, and the same attack with the same budget in each peer library."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from libraries import Call, adv_lib, autoattack, autoattack_standard, foolbox, torchattacks
from torch import Tensor

from robustlib.attacks import (
    APGD,
    APGDT,
    BIM,
    DDN,
    FAB,
    FGSM,
    ILCM,
    JSMA,
    MIM,
    PGD,
    AutoAttack,
    CarliniWagner,
    DeepFool,
    Square,
)
from robustlib.geometry import L2, Linf
from robustlib.interfaces import Attack

PLAIN, ROBUST = "rr-lenet-softmax", "rr-lenet-softmax-pgd"  # experiments whose networks are attacked
COLOUR = "target-cifar-resnet20"  # its rows are asked for with `--only CIFAR --n 200`
SMALL, LARGE, ROUND = 0.1, 0.2, 1.5  # radii: L-infinity on the plain and on the robust network, L2 on the plain one
TINY = 1 / 255  # L-infinity on CIFAR-10, where a quarter of the images stand
STEP, ROUND_STEP = LARGE / 20, ROUND / 16
CLASSES = 10
RATE = 0.1  # of Adam: at the defaults 100 steps are too few for the peers

Size = Callable[[Tensor], Tensor]


def pixels(delta: Tensor) -> Tensor:
    """How many pixels of each image changed, (n,)."""
    return (delta.abs() > 1e-6).flatten(1).sum(1).float()


def next_class(y: Tensor) -> Tensor:
    """The target of torchattacks' JSMA."""
    return (y + 1) % CLASSES


@dataclass(frozen=True)
class Row:
    """One line for each peer."""

    model: str
    ours: Attack
    peers: dict[str, Call]
    eps: float | None = None  # None: a minimum-norm attack, judged by its mean norm
    size: Size = field(default=Linf().size)
    target: Callable[[Tensor], Tensor] | None = None  # what the attack is given as labels; success is to reach it
    timed: int = 100  # the first images, on which the speed is measured, eleven times


def _linf(ours: Attack, **peers: Call) -> Row:
    return Row(ROBUST, ours, {name.replace("_", "-"): call for name, call in peers.items()}, LARGE)


def _l2(ours: Attack, eps: float | None = None, **peers: Call) -> Row:
    return Row(PLAIN, ours, {name.replace("_", "-"): call for name, call in peers.items()}, eps, L2().size)


def _cifar(ours: Attack, **peers: Call) -> Row:
    return Row(COLOUR, ours, {name.replace("_", "-"): call for name, call in peers.items()}, TINY)


def _pgd(random_start: bool) -> dict[str, Call]:
    """PGD-40 in three libraries."""
    return {
        "torchattacks": torchattacks("PGD", eps=LARGE, alpha=STEP, steps=40, random_start=random_start),
        "foolbox": foolbox("LinfPGD", LARGE, abs_stepsize=STEP, steps=40, random_start=random_start),
        "adv_lib": adv_lib("pgd_linf", ε=LARGE, steps=40, random_init=random_start, absolute_step_size=STEP),
    }


def _square(queries: int) -> Row:
    fields: dict[str, Any] = {"eps": LARGE, "n_queries": queries}
    return _linf(
        Square(LARGE, queries),
        torchattacks=torchattacks("Square", **fields),
        autoattack=autoattack("square", "SquareAttack", **fields),
    )


FAB_FIELDS: dict[str, Any] = {"eps": LARGE, "norm": "Linf", "seed": 0}
ROWS: dict[str, Row] = {
    "FGSM": Row(
        PLAIN,
        FGSM(SMALL),
        {"torchattacks": torchattacks("FGSM", eps=SMALL), "foolbox": foolbox("LinfFastGradientAttack", SMALL)},
        SMALL,
    ),
    "BIM-40": _linf(
        BIM(LARGE, 40, STEP),
        torchattacks=torchattacks("BIM", eps=LARGE, alpha=STEP, steps=40),
        foolbox=foolbox("LinfBasicIterativeAttack", LARGE, abs_stepsize=STEP, steps=40),
    ),
    "MIM-40": _linf(
        MIM(LARGE, 40, STEP),
        torchattacks=torchattacks("MIFGSM", eps=LARGE, alpha=STEP, steps=40),
        foolbox=foolbox("LinfMomentumIterativeFastGradientMethod", LARGE, abs_stepsize=STEP, steps=40),
    ),
    "PGD-40 from the image": _linf(PGD(LARGE, 40, STEP, random_start=False), **_pgd(False)),
    "PGD-40": _linf(PGD(LARGE, 40, STEP), **_pgd(True)),
    "PGD-40 stopping": _linf(PGD(LARGE, 40, STEP, stop_early=True), **_pgd(True)),
    "PGD-40 L2": _l2(
        PGD(ROUND, 40, ROUND_STEP, norm=L2()),
        ROUND,
        torchattacks=torchattacks("PGDL2", eps=ROUND, alpha=ROUND_STEP, steps=40),
        foolbox=foolbox("L2PGD", ROUND, abs_stepsize=ROUND_STEP, steps=40),
    ),
    "ILCM-40": _linf(
        ILCM(LARGE, 40, STEP),
        torchattacks=torchattacks("BIM", "targeted_least_likely", eps=LARGE, alpha=STEP, steps=40),
        foolbox=foolbox("LinfBasicIterativeAttack", LARGE, True, abs_stepsize=STEP, steps=40),
    ),
    "DeepFool L2": _l2(
        DeepFool(),
        torchattacks=torchattacks("DeepFool"),
        foolbox=foolbox("L2DeepFoolAttack"),
        adv_lib=adv_lib("df", steps=50),
    ),
    "DeepFool Linf": Row(
        PLAIN,
        DeepFool(norm=Linf()),
        {"foolbox": foolbox("LinfDeepFoolAttack"), "adv-lib": adv_lib("df", steps=50, norm=float("inf"))},
    ),
    "DDN-100": _l2(
        DDN(100),
        foolbox=foolbox("DDNAttack", steps=100),
        adv_lib=adv_lib("ddn", steps=100, levels=None),
    ),
    "CW 9x100": _l2(
        CarliniWagner(9, 100, lr=RATE, c=1.0),
        foolbox=foolbox("L2CarliniWagnerAttack", binary_search_steps=9, steps=100, stepsize=RATE, initial_const=1.0),
        adv_lib=adv_lib(
            "carlini_wagner_l2", binary_search_steps=9, max_iterations=100, learning_rate=RATE, initial_const=1.0
        ),
    ),
    "JSMA": Row(
        PLAIN,
        JSMA(gamma=0.1, targeted=True),
        {"torchattacks": torchattacks("JSMA", "targeted_by_label", gamma=0.1)},
        size=pixels,
        target=next_class,
    ),
    "APGD-CE-100": _linf(
        APGD(LARGE, 100, stop_early=True),
        torchattacks=torchattacks("APGD", eps=LARGE, steps=100),
        adv_lib=adv_lib("apgd", eps=LARGE, norm=float("inf"), n_iter=100, loss_function="ce"),
        autoattack=autoattack("autopgd_base", "APGDAttack", eps=LARGE, n_iter=100),
    ),
    "APGD-T 9x100": _linf(
        APGDT(LARGE, 100),
        torchattacks=torchattacks("APGDT", eps=LARGE, steps=100),
        adv_lib=adv_lib("apgd_targeted", eps=LARGE, norm=float("inf"), n_iter=100),
        autoattack=autoattack("autopgd_base", "APGDAttack_targeted", eps=LARGE, n_iter=100),
    ),
    "FAB-T 9x100": _linf(
        FAB(LARGE, 100),
        torchattacks=torchattacks("FAB", steps=100, multi_targeted=True, **FAB_FIELDS),
        adv_lib=adv_lib("fab", norm=float("inf"), n_iter=100, ε=LARGE, targeted_restarts=True),
        autoattack=autoattack("fab_pt", "FABAttack_PT", n_iter=100, targeted=True, **FAB_FIELDS),
    ),
    "Square-1000": _square(1000),
    "Square-5000": _square(5000),
    "AutoAttack": _linf(
        AutoAttack(LARGE),
        torchattacks=torchattacks("AutoAttack", eps=LARGE, seed=0),  # its own defaults: ten steps where ours has 100
        autoattack=autoattack_standard(LARGE),
    ),
    "CIFAR APGD-CE-100": _cifar(
        APGD(TINY, 100, stop_early=True), autoattack=autoattack("autopgd_base", "APGDAttack", eps=TINY, n_iter=100)
    ),
    "CIFAR APGD-T 9x100": _cifar(
        APGDT(TINY, 100), autoattack=autoattack("autopgd_base", "APGDAttack_targeted", eps=TINY, n_iter=100)
    ),
    "CIFAR FAB-T 9x100": _cifar(
        FAB(TINY, 100),
        autoattack=autoattack("fab_pt", "FABAttack_PT", n_iter=100, targeted=True, **(FAB_FIELDS | {"eps": TINY})),
    ),
    "CIFAR Square-5000": _cifar(
        Square(TINY, 5000), autoattack=autoattack("square", "SquareAttack", eps=TINY, n_queries=5000)
    ),
    "CIFAR AutoAttack": _cifar(AutoAttack(TINY), autoattack=autoattack_standard(TINY)),
    "CIFAR DDN-100": Row(COLOUR, DDN(100), {"adv-lib": adv_lib("ddn", steps=100, levels=None)}, size=L2().size),
    "CIFAR DeepFool L2": Row(COLOUR, DeepFool(), {"adv-lib": adv_lib("df", steps=50)}, size=L2().size),
}
for name in (
    "AutoAttack",
    "FAB-T 9x100",
    "CW 9x100",
    "Square-5000",
    *(name for name in ROWS if name.startswith("CIFAR")),
):
    ROWS[name] = replace(ROWS[name], timed=30)

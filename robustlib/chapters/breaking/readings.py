"""The rows of which the page speaks: what a paper's own attack leaves of a defence and of its control, and what the
strongest attacks leave of both. What was not run is None.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from robustlib.chapters.breaking.defences import DEFENCES, SAME_ATTACK, TUNED, Defence, Side
from robustlib.experiments.printed import printed
from robustlib.experiments.row_unions import together, within
from robustlib.experiments.rows import Row, maybe, select
from robustlib.experiments.standard_suite import WORST as WORST_OF_SUITE
from robustlib.experiments.stored import stored_rows, training

STRONGEST = "the strongest attacks"  # the worst of them counts for each image; the column `attack`
WORST = "worst case"  # how rows begin that are a union themselves


def own(key: str, *, control: bool = False) -> Row | None:
    """The share that the attack of the paper's own evaluation leaves, with the printed number beside that of a defence.

    DunDi's printed number is the mean of six networks.
    """
    of = DEFENCES[key]
    side = of.control if control else of.defended
    there = stored_rows(side.network, of.own_kind, 0)
    found = [row for row in there if bool(row.source) == of.transferred]
    row = maybe(found, metric=of.metric, defense=side.defense, **of.own)
    if row is None or control or key != "dundi":
        return row
    return replace(row, reported=mean_of_six(row.attack))


def mean_of_six(attack: str) -> float:
    """What DunDi's paper prints for its six networks on digits under one attack, or its abstract under the mean."""
    lines = printed("dundi", "fig6_averages")
    return next(float(line["value"]) / 100 for line in lines if (line["dataset"], line["attack"]) == ("MNIST", attack))


def attackers(of: Defence, side: Side, eps: float) -> dict[tuple[str, str, float, bool], Row]:
    """The rows of every attack inside the ball of this radius that was counted image by image, by what it is: the
    measurement, the attack, its radius, and whether its images were made on another network.
    """
    rows = [row for kind in of.kinds for row in stored_rows(side.network, kind, 0)]
    rows = select(rows, metric="accuracy", norm="Linf", images="", defense=side.defense)
    return {
        (row.measurement, SAME_ATTACK.get(row.attack, row.attack), round(row.eps or 0.0, 6), bool(row.source)): row
        for row in rows
        if row.bits and within(row, eps) and not row.attack.startswith(WORST)
    }


def both(key: str, eps: float) -> tuple[Row | None, Row | None]:
    """The defence and its control where the worst of the attacks that *both* met counts for each image.

    None unless an attack was run at this very radius.
    """
    of = DEFENCES[key]
    found = [attackers(of, side, eps) for side in (of.defended, of.control)]
    shared = found[0].keys() & found[1].keys()
    if not any(abs(radius - eps) < 1e-9 for _, _, radius, _ in shared):
        return None, None
    first, second = (together([rows[name] for name in sorted(shared)], STRONGEST, eps) for rows in found)
    return first, second


def alone(key: str, eps: float) -> Row | None:
    """The defence where every attack on it counts, also those that its control cannot meet."""
    of = DEFENCES[key]
    return together([*attackers(of, of.defended, eps).values()], STRONGEST, eps)


def strongest(key: str, *, control: bool = False) -> Row | None:
    """What the strongest attacks leave at the radius of the comparison; without a radius, the strongest search."""
    of = DEFENCES[key]
    if of.eps is not None:
        return both(key, of.eps)[control]
    side = of.control if control else of.defended
    rows = stored_rows(side.network, of.own_kind, 0)
    return maybe(rows, metric=of.metric, defense=side.defense, **of.searched)


def curve(network: str, attack: str) -> dict[float, Row]:
    """The robust accuracy by radius, from the clean accuracy at 0 up to where the attack was run last."""
    rows = stored_rows(network, "sweep", 0)
    under = sorted(select(rows, metric="accuracy", attack=attack), key=lambda row: row.eps or 0.0)
    clean = maybe(rows, metric="accuracy", attack="")
    start = {} if clean is None or not under else {0.0: clean}
    return start | {row.eps: row for row in under if row.eps is not None}


def adaptive_at2l(attack: str, *, static: bool = False, triplet: bool = True) -> Row | None:
    """What one attack leaves of AT²L or of its control, made on the network itself, or before its training (static)."""
    side = DEFENCES["at2l"].defended if triplet else DEFENCES["at2l"].control
    kinds = ("known",) if static else ("known", "adaptive")
    rows = [row for kind in kinds for row in stored_rows(side.network, kind, 0) if bool(row.source) == static]
    return maybe(rows, metric="accuracy", attack=attack, eps=0.3)


def trained_on_pgd(term: str) -> Row | None:
    """What AT²L's attackers leave of a network trained on PGD's images at 0.2, with its triplet ("at2l") or "none"."""
    rows = stored_rows(f"at2l-mnist-pgd-0.2-{term}", "adaptive", 0)
    return maybe(rows, metric="accuracy", attack=WORST, eps=0.2)


def suite(method: str, eps: float = 0.1) -> Row | None:
    """What the standard suite leaves of a network of MadNet's ablation: "mad", "jacobian" alone, or "ce-pgd"."""
    rows = stored_rows(f"madnet-mnist-resnet8-{method}", "standard", 0)
    return maybe(rows, metric="accuracy", attack=WORST_OF_SUITE, eps=eps)


def bound(metric: str = "bound holds") -> Row | None:
    """MadNet's first-order bound from the margin of the image: whether it "holds", or the "bound" itself."""
    rows = stored_rows("madnet-mnist-resnet8-mad", "bound", 0)
    return maybe(rows, metric=metric, defense="margin of the image")


def bound_and_found() -> tuple[Sequence[float], Sequence[float]] | None:
    """For each digit MadNet's bound, and the distance of the nearest error that was found; None: not run."""
    rows = stored_rows("madnet-mnist-resnet8-mad", "bound", 0)
    row: Any = maybe(rows, metric="distortion", attack="least of all attacks")
    return None if row is None else (row.series["margin of the image"], row.series["found"])


def detected(attack: str = TUNED, false_positives: float = 0.5, *, control: bool = False) -> Row | None:
    """The share of images attacked by one who knows the detector that are still detected."""
    of = DEFENCES["rce"]
    rows = stored_rows((of.control if control else of.defended).network, "white-box", 0)
    return maybe(rows, metric="detected", attack=attack, false_positives=false_positives)


def schedule(key: str) -> str:
    """How long the network of a defence was trained: "10 of 47 epochs", or "not run"."""
    found = training(DEFENCES[key].defended.network, 0)
    done = None if found is None else found["schedule"]
    return "not run" if done is None else f"{done['epochs']} of {done['paper_epochs']} epochs"

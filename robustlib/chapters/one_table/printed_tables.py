"""What the book's five papers print of digits, beside the worst case of their method in the one table."""

from collections.abc import Iterator
from dataclasses import dataclass

from robustlib.chapters.one_table import readings
from robustlib.chapters.one_table.methods import BY_KEY, RADII
from robustlib.chapters.one_table.tables import written
from robustlib.evaluation import TextTable
from robustlib.experiments import Row, maybe, printed, stored_rows


@dataclass(frozen=True)
class Printed:
    """A paper's number, what it is a share of, the attack, and its radius where it has one in L-infinity."""

    key: str
    per_cent: float | None
    what: str
    attack: str
    eps: float | None = None


def printed_numbers() -> Iterator[Printed]:
    """One number of each paper: the headline of its chapter on MNIST, on the paper's own network."""
    detected = {"metric": "detected", "attack": "C&W-wb as printed", "false_positives": 0.5}
    yield of("rce", stored("rce-mnist-resnet32-rce", "white-box", **detected), "still detected")
    lines = printed("dundi", "fig6_averages")
    share = next(float(n["value"]) for n in lines if (n["table"], n["dataset"]) == ("abstract", "MNIST"))
    yield Printed("dundi", share, "read right, on images made elsewhere", "mean of four attacks")
    columns = {"metric": "accuracy", "attack": "PGD", "eps": 0.1, "images": "clean-correct"}
    yield of("madnet", stored("madnet-mnist-resnet8-mad", "white-box", **columns), "read right")
    yield of("rr", stored("rr-convnet-ours", "attacked", metric="accuracy", attack="PGD", defense=""), "read right")
    columns = {"metric": "accuracy", "attack": "FGSM", "source": ""}
    yield of("at2l", stored("at2l-mnist-a-known-gradient-at2l-3", "known", **columns), "read right")


def stored(network: str, kind: str, **columns: object) -> Row | None:
    """The row of seed 0 beside which the paper's number stands."""
    return maybe(stored_rows(network, kind, 0), **columns)


def of(key: str, row: Row | None, what: str) -> Printed:
    """The paper's number beside a row."""
    if row is None:
        return Printed(key, None, what, "")
    eps = row.eps if row.norm == "Linf" else None
    return Printed(key, None if row.reported is None else 100 * row.reported, what, row.attack, eps)


def printed_beside() -> TextTable:
    """The printed number, and the worst case here at its radius, or at the smallest where it has none."""
    lines = []
    for found in printed_numbers():
        eps = RADII[0] if found.eps is None else min(RADII, key=lambda radius: abs(radius - (found.eps or 0)))
        shown = "none" if found.per_cent is None else f"{found.per_cent:.4g}"
        radius = f"{found.eps:g}" if found.eps is not None else "none in L-infinity"
        here = written(readings.worst(found.key, eps), 100, 1)
        lines.append((BY_KEY[found.key].label, shown, found.what, found.attack, radius, f"{eps:g}", here))
    header = ("method", "printed, %", "of digits", "under", "at radius", "here at radius", "worst case here, %")
    caption = (
        "One number that each of the book's papers prints for MNIST, for its own network under its own attack, and "
    )
    return TextTable(f"{caption}what is left of the method on this page.", header, tuple(lines))

"""What the front page says of each chapter: a sentence that its rows bear, and for a paper's chapter the headline.

A chapter joins with a function of its page's name in `FINDINGS`; a paper's chapter also with a line of the headline.
"""

from collections.abc import Callable

from robustlib import chapters as chapters  # they join the registry
from robustlib.evaluation import Cell, Table
from robustlib.experiments import Row, holds, one, printed, said, select, stored_rows
from robustlib.experiments.sentences import Sentence

MEASURED = "accuracy"


def _abstract_of_dundi() -> float:
    """The share that the paper's abstract prints for MNIST: the mean of its models under its four attacks."""
    lines = printed("dundi", "fig6_averages")
    return next(float(line["value"]) for line in lines if (line["table"], line["dataset"]) == ("abstract", "MNIST"))


def _left_of_dundi(eps: float = 0.1) -> Row:
    return one(stored_rows("dundi-mnist-r1", "white-box"), metric=MEASURED, attack="worst case", eps=eps)


def _left_of_triplets() -> Row:
    return one(stored_rows("rr-convnet-ours", "attacked"), metric=MEASURED, attack="worst case", defense="")


def _printed_of_triplets() -> Row:
    return one(stored_rows("rr-convnet-ours", "attacked"), metric=MEASURED, attack="PGD", defense="")


def _detected(attack: str) -> Row:
    """Of the digits attacked on the RCE network, the share still detected at the paper's threshold, the median."""
    rows = stored_rows("rce-mnist-resnet32-rce", "white-box")
    return one(rows, metric="detected", attack=attack, false_positives=0.5)


def attacks() -> Sentence:
    """One weak attack and the strongest set, on the same images."""
    rows = stored_rows("rr-lenet-softmax-pgd", "budget")
    left = {name: one(rows, metric=MEASURED, attack=name) for name in ("FGSM", "AutoAttack")}
    holds("less than", left["AutoAttack"], left["FGSM"])
    return said(
        """A network trained on PGD's images reads {left[FGSM]:short} of {left[FGSM]:n} digits right under FGSM. Under
        AutoAttack it reads {left[AutoAttack]:short} of the same digits right (L-infinity, eps {eps}).""",
        left=left,
        eps=f"{left['FGSM'].eps:g}",
    )


def metric_learning() -> Sentence:
    """Triplets part the classes, in every seed."""
    width = {
        name: select(stored_rows(f"rr-lenet-{name}", "attacked"), metric="separation") for name in ("softmax", "ours")
    }
    for seed, wide in enumerate(width["ours"]):
        holds("more than", wide.value, width["softmax"][seed].value)
    mean = {name: sum(row.value or 0 for row in rows) / len(rows) for name, rows in width.items()}
    return said(
        """In a LeNet trained with triplets the classes lie {ours:.1f} cluster widths apart, after cross-entropy
        {softmax:.1f}. The order is the same in each of {seeds} seeds.""",
        **mean,
        seeds=f"{len(width['ours'])}",
    )


def reverse_cross_entropy() -> Sentence:
    """The paper's attack and one that knows the detector."""
    return said(
        """The paper prints that {printed:paper} of the attacked digits are still detected. Under a C&W attack that
        knows the detector and starts from a better place, {left:short} of {left:n} are (L2).""",
        printed=_detected("C&W-wb as printed"),
        left=_detected("detector-aware C&W"),
    )


def dundi() -> Sentence:
    """The abstract's share on images made elsewhere, and what a white box leaves."""
    return said(
        """The paper's abstract reports {printed} % of adversarial digits read right, on images made against another
        network. When the attacker knows the network, {left:short} of {left:n} are (L-infinity, eps {eps}).""",
        printed=f"{_abstract_of_dundi():g}",
        left=_left_of_dundi(),
        eps=f"{_left_of_dundi().eps:g}",
    )


def robust_representations() -> Sentence:
    """The paper's PGD, and the worst of ours."""
    return said(
        """The paper prints that {printed:paper} of the digits are read right under PGD. Under the worst of our
        attacks {left:short} of {left:n} are (L-infinity, the same eps {eps}).""",
        printed=_printed_of_triplets(),
        left=_left_of_triplets(),
        eps=f"{_left_of_triplets().eps:g}",
    )


FINDINGS: dict[str, Callable[[], Sentence]] = {
    "book/foundations/attacks": attacks,
    "book/foundations/metric_learning": metric_learning,
    "book/papers/reverse_cross_entropy": reverse_cross_entropy,
    "book/papers/dundi": dundi,
    "book/papers/robust_representations": robust_representations,
}
ABSENT = {  # papers of the book whose chapters are not written: citation key -> how it is called
    "rozenberg2019madnet": "MadNet (Rozenberg et al., 2019)",
    "li2019improving": "AT2L (Li et al., 2019)",
}


def headline() -> Table:
    """For each paper that has a chapter: what it printed, and what an attacker leaves who knows the defence."""

    def cell(paper: str, printed: float | None, row: Row, what: str) -> Cell:
        value, low, high = (None if v is None else 100 * v for v in (row.value, row.low, row.high))
        return Cell(f"{paper} ({what}, n = {row.n})", "%", printed, value, low, high, row.n)

    triplets, rce, dd = _left_of_triplets(), _detected("detector-aware C&W"), _left_of_dundi()
    cells = (
        cell("Reverse cross-entropy, 2018", _percent(_detected("C&W-wb as printed")), rce, "detected, L2"),
        cell("DunDi, 2019", _abstract_of_dundi(), dd, f"read right, L-infinity, eps {dd.eps:g}"),
        cell(
            "Robust representations, 2020",
            _percent(_printed_of_triplets()),
            triplets,
            f"read right, L-infinity, eps {triplets.eps:g}",
        ),
    )
    return Table("MNIST, attacked digits that the defence still gets right or detects, in %; seed 0.", cells)


def _percent(row: Row) -> float | None:
    return None if row.reported is None else 100 * row.reported

"""The stored report cards of every defence of the book: what its paper's evaluation says beside what ours says."""

from collections.abc import Sequence
from dataclasses import dataclass

from robustlib.evaluation import TextTable
from robustlib.evaluation.card import CANNOT, FAILS, PASSES
from robustlib.experiments.card_rows import CHECKS, SUITE, WHOLE, Card, check_rows
from robustlib.experiments.registry import chapters, experiment
from robustlib.experiments.rows import Row, maybe, one
from robustlib.experiments.stored import stored_rows

ANSWERS = {1.0: "yes", 0.0: "no", None: CANNOT}
NOT_RUN = "not run"
LABELS = {
    "rr-lenet-ours": "Robust representations, LeNet",
    "rr-convnet-ours": "Robust representations, ConvNet",
    "rce-mnist-resnet32-rce": "Reverse cross-entropy",
    "dundi-mnist-r1": "DunDi",
    "at2l-mnist-a-known-gradient-at2l-3": "AT²L",
    "madnet-mnist-resnet8-mad": "MadNet",
    "input-mnist-thermometer-1": "Thermometer, digits",
    "input-cifar10-thermometer-1": "Thermometer, CIFAR-10",
    "input-cifar10-plain": "Random views, CIFAR-10",
    "input-mnist-a": "Defense-GAN",
}
ALONE, OURS_ALONE, BOTH, NEITHER, OPEN = "the paper's alone", "ours alone", "both", "neither", "not to be judged"


@dataclass(frozen=True)
class Judged:
    """A card of one network: the setting, and the rows; none where it was not run."""

    network: str
    card: Card
    rows: tuple[Row, ...]

    @property
    def label(self) -> str:
        """The defence, as a table calls it."""
        return LABELS.get(self.network) or experiment(self.network).label

    @property
    def ours(self) -> bool:
        """Whether the attackers are the book's."""
        return self.card.evaluation == SUITE

    @property
    def setting(self) -> str:
        """Where the attacks are printed, or that they are the book's."""
        return "our attackers" if self.ours else self.card.source.replace(" et al.", "")

    @property
    def whole(self) -> Row | None:
        """The row of the whole."""
        return maybe(self.rows, metric=WHOLE)

    @property
    def passed(self) -> bool | None:
        """Whether the whole card passes; None where it cannot be judged or was not run."""
        return None if self.whole is None or self.whole.value is None else self.whole.value == 1

    def verdict(self, check: str) -> str:
        """What a check found."""
        row = maybe(self.rows, metric=check)
        if row is None:
            return "not asked"
        return {1.0: PASSES, 0.0: FAILS}.get(row.value, CANNOT)  # type: ignore[arg-type]

    def named(self, verdict: str) -> list[str]:
        """The checks with this verdict."""
        return [row.metric for row in check_rows(self.rows) if self.verdict(row.metric) == verdict]


def judged(network: str | None = None) -> list[Judged]:
    """Every card that is planned, those of one network, in the order of the chapters, a paper's before ours."""
    found = [
        Judged(m.of, m.evaluate, tuple(stored_rows(m.of, m.kind, 0)))
        for chapter in chapters()
        for m in chapter.measurements
        if isinstance(m.evaluate, Card) and network in (None, m.of)
    ]
    order = {name: i for i, name in enumerate(dict.fromkeys(j.network for j in found))}
    return sorted(found, key=lambda j: (order[j.network], j.ours))


def of_papers() -> list[Judged]:
    """The cards of what papers evaluated with, that were run."""
    return [j for j in judged() if j.rows and not j.ours]


def of_ours() -> list[Judged]:
    """The cards of the book's own attackers, that were run."""
    return [j for j in judged() if j.rows and j.ours]


def left(found: Sequence[Judged]) -> list[Row]:
    """What the evaluations leave."""
    return [one(j.rows, metric="accuracy", attack=j.card.evaluation) for j in found if j.whole is not None]


def most_frequent() -> list[tuple[str, int]]:
    """The checks that fail for papers, those that fail most often first."""
    counts = {name: sum(j.verdict(name) == FAILS for j in of_papers()) for name in CHECKS}
    return sorted(((name, n) for name, n in counts.items() if n), key=lambda pair: -pair[1])


def who_fails(papers: Sequence[str], ours: str) -> str:
    """One word for what a check found of the paper's evaluations and of ours: "the paper's alone", "both", ..."""
    theirs = FAILS in papers
    if theirs and ours == FAILS:
        return BOTH
    if theirs or ours == FAILS:
        return ALONE if theirs else OURS_ALONE
    return NEITHER if PASSES in (*papers, ours) else OPEN


def check_by_check() -> dict[str, TextTable]:
    """For each defence a line for every check: what it found of each evaluation, and for whom it fails."""
    found: dict[str, TextTable] = {}
    for network in dict.fromkeys(j.network for j in judged() if j.rows):
        cards = [j for j in judged(network) if j.rows]
        ours = next((j for j in cards if j.ours), None)
        lines = []
        for name in CHECKS:
            theirs = [j.verdict(name) for j in cards if not j.ours]
            own = NOT_RUN if ours is None else ours.verdict(name)
            if {*theirs, own} - {"not asked", NOT_RUN}:
                lines.append((name, *theirs, own, who_fails(theirs, own)))
        header = ("check", *(j.setting for j in cards if not j.ours), "our attackers", "fails for")
        caption = f"{cards[0].label}: what each check found, n = {one(cards[0].rows, metric=WHOLE).n} digits or images."
        found[cards[0].label] = TextTable(caption, header, tuple(lines))
    return found

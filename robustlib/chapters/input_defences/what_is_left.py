"""What is left of each defence, static and adaptive attacks side by side on the same images; from stored rows only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from robustlib.chapters.input_defences.printed_tables import DEFENCE, LETTERS, NETWORKS, SETS
from robustlib.evaluation import Table, wilson
from robustlib.experiments.row_unions import together
from robustlib.experiments.rows import Row, pack, select, unpack
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, counted, schedule

VIEWS = "random resize and pad"
WORST = "worst case of all"
CONTROL = ", control"  # trained on FGSM's images without triplet
THERMOMETER, RANDOMISATION, GENERATOR = "thermometer", "randomisation", "Defense-GAN"
COLUMNS = ("no attack", "the paper's attacks", "BPDA or EOT", "other adaptive attacks", WORST)
# Attacks that know the defence, by the gradient that they follow: through it (on a network without one, its own).
THROUGH = (
    "margin PGD",
    "APGD-T",
    "BPDA margin PGD",
    "BPDA APGD-T",
    "BPDA APGD-T, sigmoid",
    "EOT margin PGD",
    "BPDA from the manifold",
)
OTHERS = ("margin LS-PGA", "Square", "on-manifold")
# On random views one draw a step is not through their mean.
OTHERS_ON_VIEWS = ("margin PGD", "Square")


@dataclass(frozen=True)
class Line:
    """A network under its defence: where its rows are, and the attacks that AT²L made on it."""

    label: str
    network: str
    kind: str  # of the measurement
    part: str
    static: tuple[str, ...]
    defence: str = ""

    def rows(self) -> list[Row]:
        """Of accuracy, under this defence; images that were made on another network are of the static attacks."""
        return select(stored_rows(self.network, self.kind, 0), metric="accuracy", defense=self.defence)

    def groups(self) -> dict[str, list[Row]]:
        """The rows of each column but the last."""
        rows, views = self.rows(), self.defence == VIEWS
        others = OTHERS_ON_VIEWS if views else OTHERS
        own = [row for row in rows if not row.source]
        made = [row for row in rows if row.source] if self.defence else own
        through = [name for name in THROUGH if name not in others]
        kinds = (own, ("",)), (made, self.static), (own, through), (own, others)
        return {c: select(among, attack=names) for c, (among, names) in zip(COLUMNS, kinds, strict=False)}


def lines(part: str = "") -> list[Line]:
    """Every line, or those of one defence."""
    found = []
    for dataset, said in SETS.items():
        for label, suffix in NETWORKS.items():
            static = ("FGSM", "PGD") if suffix == "plain" else ("one-step LS-PGA", "LS-PGA")
            found.append(Line(f"{said}, {label}", f"input-{dataset}-{suffix}", "attacked", THERMOMETER, static))
    for steps in (1, 7):  # the same training of a network that reads pixels
        label = f"MNIST, pixels ({steps} step{'s' * (steps > 1)})"
        found.append(Line(label, f"input-mnist-pixels-{steps}", "attacked", THERMOMETER, ("FGSM", "PGD")))
    for suffix, label in (("plain", ""), ("triplet", " with triplet"), ("adversarial", CONTROL)):
        said, name = f"CIFAR-10, random views{label}", f"input-cifar10-{suffix}"
        found.append(Line(said, name, "randomised", RANDOMISATION, ("FGSM", "DeepFool", "C&W"), VIEWS))
    for letter in LETTERS:
        ways = (("", ""), ("-triplet", " with triplet"), *((("-adversarial", CONTROL),) if letter == "a" else ()))
        for suffix, label in ways:
            said, name = f"MNIST, {DEFENCE}, model {letter.upper()}{label}", f"input-mnist-{letter}{suffix}"
            found.append(Line(said, name, "projected", GENERATOR, ("FGSM", "C&W"), DEFENCE))
    return [line for line in found if part in ("", line.part)]


def left(line: Line) -> dict[str, Row | None]:
    """What stands in each column: image by image, on those images that the adaptive attacks were made on."""
    groups = line.groups()
    adaptive = groups[COLUMNS[2]] + groups[COLUMNS[3]]
    n = min((row.n for row in adaptive if row.n is not None), default=None)
    groups = {column: [first(row, n) for row in rows] for column, rows in groups.items()}
    bounded = [row for rows in groups.values() for row in rows if not row.attack or row.eps is not None]
    groups[WORST] = bounded if adaptive else []
    return {column: together(rows, column) for column, rows in groups.items()}


def first(row: Row, n: int | None) -> Row:
    """The same row of its first n images."""
    if n is None or row.n is None or row.n <= n or not row.bits:
        return row
    stands = unpack(row.bits, row.n)[:n]
    low, high = wilson(int(stands.sum()), n)
    return replace(row, value=int(stands.sum()) / n, low=low, high=high, n=n, bits=pack(stands), reported=None)


def what_is_left(part: str = "") -> Table:
    """Accuracy in %, with and without the triplet, of every defence or of one of them."""
    shown = lines(part)
    cells = [cell(row, line.label, column) for line in shown for column, row in left(line).items()]
    caption = "Accuracy in % without an attack, and where an image counts only if it withstands every attack of the "
    caption += "column: those of the paper (LS-PGA, or images of FGSM and C&W made without the defence); those that "
    caption += "climb through the defence, by BPDA or EOT (on a network without one, along its own gradient); and the "
    caption += "others that know it (LS-PGA on the margin, an on-manifold start, Square). The last column takes all of "
    caption += f"these that have a radius. {radii(shown)} DeepFool and C&W, at any L2 length, are not in it. "
    if any(line.label.endswith(CONTROL) for line in shown):
        caption += "Control: trained on FGSM's images without a triplet. "
    if any("pixels" in line.label for line in shown):
        caption += "Pixels: the training of the thermometer with so many steps, of a network that reads pixels. "
    caption += f"n = {counted(cells)}, the same images in a line; seed 0, 95 % Wilson intervals. Trained for "
    return Table(f"{caption}{'; '.join(dict.fromkeys(schedule(line.network) for line in shown))}.", tuple(cells))


def radii(shown: Sequence[Line]) -> str:
    """The radii of the lines."""
    sets = {line.label.split(",")[0] for line in shown}
    said = [f"{r} on {name}" for name, r in (("MNIST", "0.3"), ("CIFAR-10", "8/255")) if name in sets]
    return f"L-infinity, eps {' and '.join(said)}."

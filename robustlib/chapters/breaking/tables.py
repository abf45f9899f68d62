"""The tables of the page: what is left of every defence and of its control, and the report cards of all of them."""

from robustlib.chapters.breaking import cards
from robustlib.chapters.breaking.defences import DEFENCES, Defence
from robustlib.chapters.breaking.readings import adaptive_at2l, both, own, schedule, strongest
from robustlib.evaluation import Cell, Table, TextTable
from robustlib.evaluation.card import FAILS, PASSES
from robustlib.experiments.card_rows import check_rows
from robustlib.experiments.tables import cell

THEIRS, STRONGEST = "the paper's own attack", "the strongest attacks"
DEFENDED, CONTROL = "with the defence", "its control"
# Who made the images that AT²L reads, from the least to the most: the attack, and whether before the training.
LADDER = {
    "C&W, made before": ("C&W", True),
    "FGSM, made before": ("FGSM", True),
    "FGSM": ("FGSM", False),
    "I-FGSM": ("I-FGSM", False),
    "C&W": ("C&W", False),
    "PGD": ("PGD", False),
    "margin PGD": ("margin PGD", False),
}


def control_row(of: Defence) -> str:
    """The name of a control's row: "DunDi: LeNet-1 with softmax"."""
    return f"{of.label}: {of.without}"


def falls() -> Table:
    """For each defence what its paper's own attack leaves, and what the strongest attacks do; its control below it."""
    cells = []
    for key, of in DEFENCES.items():
        for row, control in ((of.label, False), (control_row(of), True)):
            shown = ((THEIRS, own(key, control=control)), (STRONGEST, strongest(key, control=control)))
            cells += [cell(found, row, column) for column, found in shown]
    return Table(f"{measured()} {trained()}", tuple(cells))


def in_short() -> str:
    """Norm, radius, images, seeds and intervals of `falls`, as a figure's caption has room for them."""
    rows = [row for key in DEFENCES for row in (own(key), strongest(key)) if row is not None]
    counts = sorted({row.n for row in rows if row.n is not None}) or [0]
    radii: dict[str, None] = dict.fromkeys(f"{of.eps:g}" for of in DEFENCES.values() if of.eps is not None)
    return (
        f"Each at its paper's radius, L-infinity, eps {' or '.join(radii)}, or L2 without a radius; n = {counts[0]} to "
        f"{counts[-1]}, seed 0, 95 % intervals. The table has each radius, n and schedule."
    )


def measured() -> str:
    """Norm, radius, images and seeds of `falls`, in a sentence each."""
    at: dict[str, list[str]] = {}
    for of in DEFENCES.values():
        at.setdefault("L2, without a radius" if of.eps is None else f"L-infinity, eps {of.eps:g}", []).append(of.label)
    radii = "; ".join(f"{where}: {', '.join(labels)}" for where, labels in at.items())
    counts = {key: [row.n for row in (own(key), strongest(key)) if row is not None] for key in DEFENCES}
    n = ", ".join(f"{DEFENCES[key].label} {' and '.join(map(str, found))}" for key, found in counts.items() if found)
    return (
        "Share in % of attacked digits that are read right; of reverse cross-entropy, that are still detected. "
        f"{radii}. n, of the paper's attack and of the strongest: {n or '0, not run'}. Seed 0; 95 % Wilson intervals, "
        "of DunDi's own attack the least and most of five draws. A control met the same attacks as its defence."
    )


def trained() -> str:
    """How long the networks were trained."""
    at = [
        f"{of.label} {'3 of 10 outer iterations' if key == 'at2l' else schedule(key)}" for key, of in DEFENCES.items()
    ]
    return f"Trained for: {', '.join(at)}."


def smaller_radii() -> Table:
    """Radii at which something is left: each defence beside its control under the same attacks, image by image."""
    cells = []
    for key, of in DEFENCES.items():
        for eps in of.smaller:
            found = zip((DEFENDED, CONTROL), both(key, eps), strict=True)
            cells += [cell(row, f"{of.label}, eps {eps:g}", column) for column, row in found]
    counts = sorted({c.n for c in cells if c.n is not None})
    return Table(
        "Digits read right in % where the worst of the attacks that both met counts for each digit, at a smaller "
        "radius than the paper's (MadNet: at the paper's). L-infinity; of reverse cross-entropy, read right and "
        f"accepted, or rejected. n = {' or '.join(map(str, counts)) or '0, not run'}, seed 0, 95 % Wilson intervals.",
        tuple(cells),
    )


def ladder() -> Table:
    """AT²L and its control under attacks that know ever more, at eps 0.3."""
    cells = [
        cell(adaptive_at2l(attack, static=static, triplet=column == "AT²L"), row, column)
        for row, (attack, static) in LADDER.items()
        for column in ("AT²L", "without the triplet")
    ]
    cells = [Cell(**{**vars(c), "paper": None}) for c in cells]  # two readings share one printed number
    counts = sorted({c.n for c in cells if c.n is not None})
    return Table(
        "Digits read right in %. Made before: on the undefended network, before the defence was trained. L-infinity, "
        f"eps 0.3, n = {', '.join(map(str, counts)) or '0, not run'}, seed 0, 95 % Wilson intervals. Trained for "
        "3 of 10 outer iterations.",
        tuple(cells),
    )


def report_cards() -> TextTable:
    """A line for each evaluation of each defence: would it have passed, and which checks say no."""
    lines = []
    for j in cards.judged():
        if j.whole is None:
            lines.append((j.label, j.setting, cards.NOT_RUN, "", "", "", ""))
            continue
        counts = f"{len(j.named(PASSES))} of {len(check_rows(j.rows))}"
        eps, n = f"{j.card.eps:.3g}", str(j.whole.n)
        failing = "; ".join(j.named(FAILS)) or "none"
        lines.append((j.label, j.setting, cards.ANSWERS[j.whole.value], failing, counts, eps, n))
    header = ("defence", "attacks of", "would it have passed?", "checks that fail", "checks that pass", "eps", "n")
    caption = (
        "Would the evaluation have passed? Each stored card: the attacks that a paper printed, and ours, on one "
        "network of this book, the first n official test images, seed 0. L-infinity; of reverse cross-entropy's "
        "table 3 L2. The answer is no where one check fails."
    )
    return TextTable(caption, header, tuple(lines))

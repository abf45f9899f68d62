"""The report cards of the defences, and what a projection of Defense-GAN costs; from stored rows only."""

from robustlib.chapters.input_defences.printed_tables import DEFENCE
from robustlib.chapters.input_defences.what_is_left import first
from robustlib.evaluation import Cell, Table, TextTable
from robustlib.evaluation.card.check import CANNOT, FAILS
from robustlib.experiments.card_rows import WHOLE
from robustlib.experiments.rows import Row, maybe, one, select
from robustlib.experiments.stored import stored_rows

JUDGED = {
    "MNIST, thermometer (1 step)": "input-mnist-thermometer-1",
    "CIFAR-10, thermometer (1 step)": "input-cifar10-thermometer-1",
    "CIFAR-10, random views": "input-cifar10-plain",
    "MNIST, Defense-GAN, model A": "input-mnist-a",
}
ATTACKERS = {"card": "as in the paper", "adaptive-card": "knowing the defence"}
ANSWERS = {1.0: "yes", 0.0: "no", None: CANNOT}
NOT_RUN = "not run"
SECONDS, TIMES = "seconds per image", "times one projection"
GAN, MODEL_A = "input-mnist-gan", "input-mnist-a"


def cards() -> TextTable:
    """Would the evaluation of a defence have passed? A line for the paper's attackers and one for those who know it."""
    header = ("defence", "attackers", "would it have passed?", "clean", "under attack", "checks that fail", "n")
    lines = []
    for defence, network in JUDGED.items():
        for kind, attackers in ATTACKERS.items():
            rows = stored_rows(network, kind, 0)
            whole = maybe(rows, metric=WHOLE)
            if whole is None:
                lines.append((defence, attackers, NOT_RUN, "–", "–", "–", "–"))
                continue
            clean, under = (maybe(rows, metric="accuracy", attack=attack) for attack in ("", whole.attack))
            failed = ", ".join(whole.series.get(FAILS, ())) or "none"
            answer = ANSWERS[whole.value]
            lines.append((defence, attackers, answer, percent(clean), percent(under), failed, str(whole.n)))
    caption = (
        "Would the evaluation have passed? The report card of each defence, once with the attacks of the paper and "
    )
    caption += (
        "once with attacks that know it; the answer is no where one check fails. Accuracy in % [95 % Wilson] on the "
    )
    caption += "first n official test images, L-infinity, eps 0.3 (MNIST) and 8/255 (CIFAR-10), seed 0."
    return TextTable(caption, header, tuple(lines))


def percent(row: Row | None) -> str:
    """ "55 [34, 74]"."""
    if row is None or row.value is None or row.low is None or row.high is None:
        return NOT_RUN
    return f"{100 * row.value:.0f} [{100 * row.low:.0f}, {100 * row.high:.0f}]"


def cost() -> Table:
    """Seconds an image: a projection, alone and with others at once, and the attacks through it on model A."""
    searched = {f"one projection, {r.images}": r for r in select(stored_rows(GAN, "reconstruction", 0), metric=SECONDS)}
    took: dict[str, tuple[float, int]] = {
        label: (row.value, row.n) for label, row in searched.items() if row.value is not None and row.n is not None
    }
    once = next((seconds for label, (seconds, _) in took.items() if label.endswith("all at once")), None)
    rows = select(stored_rows(MODEL_A, "projected", 0), metric="accuracy", defense=DEFENCE, source="")
    for row in rows:
        if row.attack and row.seconds and row.n is not None and row.draws is not None:
            attacked = first(one(rows, attack=""), row.n)  # images that are wrong at first are not attacked
            hits = round((attacked.value or 0.0) * row.n)
            if hits and row.attack != "worst case":
                took[f"attack: {row.attack}"] = row.seconds / hits, hits
    cells = []
    for label, (seconds, n) in took.items():
        cells.append(Cell(label, SECONDS, ours=seconds, n=n))
        cells.append(Cell(label, TIMES, ours=seconds / once if once else None, n=n))
    device = next((row.device for row in searched.values()), NOT_RUN)
    caption = f"What Defense-GAN costs on MNIST, in seconds an image by the wall clock ({device}): the search for an "
    caption += (
        "image's latent, all images in one batch or one at a time, and the attacks through it, with the verdict, "
    )
    caption += "of an image that is right at first. Seed 0; n: images."
    return Table(caption, tuple(cells), digits=3)

"""The five papers' cards as the chapter draws and says them: a matrix of what failed, and one card in full."""

from robustlib.chapters.judging_a_defence.tables import ANSWERS, Judged, judged, radius
from robustlib.evaluation import TextTable
from robustlib.evaluation.card.check import FAILS
from robustlib.experiments.card_rows import CHECKS, SUITE, check_rows
from robustlib.experiments.rows import Row, maybe


def of_papers() -> list[Judged]:
    """The cards of what the papers printed, without those of the book's own attackers."""
    return [j for j in judged() if j.card.evaluation != SUITE]


def matrix() -> tuple[list[str], list[str], list[list[float]]]:
    """Checks, evaluations, and for each pair 1 where the check fails, 0 where it passes, nan where it was not judged.

    What no evaluation was asked is left out. An evaluation is called by its setting, and by its network too where
    several networks have it. Empty where no card was measured.
    """
    found = of_papers()
    twice = {j.setting for j in found if [other.setting for other in found].count(j.setting) > 1}
    names = [f"{j.setting}: {j.network}" if j.setting in twice else j.setting for j in found]
    values = [{row.metric: row.value for row in check_rows(j.rows)} for j in found]
    checks = [name for name in CHECKS if any(name in each for each in values)]
    shown = [[_failed(each.get(name)) for each in values] for name in checks]
    return checks, [name.replace(" et al.", "") for name in names], shown


def _failed(value: float | None) -> float:
    return float("nan") if value is None else 1.0 - value


def papers() -> dict[str, list[Judged]]:
    """The cards by paper: the part of a setting's source before its first comma."""
    found: dict[str, list[Judged]] = {}
    for j in of_papers():
        found.setdefault(j.card.source.split(",")[0], []).append(j)
    return found


def passed() -> list[str]:
    """The papers of which one evaluation or more passes whole."""
    return [paper for paper, cards in papers().items() if any(j.whole.value == 1 for j in cards)]


def own() -> list[Judged]:
    """The cards of the book's own attackers, one for each network that has one."""
    return [j for j in judged() if j.card.evaluation == SUITE]


def shared() -> list[str]:
    """What fails for a paper and, on the same network, for the book's own attackers too: "check: network"."""
    beside = {j.measurement.of: j.named(FAILS) for j in own()}
    pairs = [(name, j) for j in of_papers() for name in j.named(FAILS) if name in beside.get(j.measurement.of, ())]
    return list(dict.fromkeys(f"{name}: {j.network}" for name, j in pairs))


def nothing_left() -> list[Judged]:
    """The papers' evaluations that fail although they leave no image at the radius: there no attack can find more."""
    return [j for j in of_papers() if j.whole.value == 0 and (row := _share(j)) is not None and row.value == 0]


def left(name: str) -> Row | None:
    """What the evaluation of this measurement leaves; None: not run."""
    j = next((j for j in judged() if j.measurement.name == name), None)
    return None if j is None else _share(j)


def convicted(name: str) -> list[str] | None:
    """The checks that this measurement's evaluation fails; None: not run."""
    j = next((j for j in judged() if j.measurement.name == name), None)
    return None if j is None else j.named(FAILS)


def _share(j: Judged) -> Row | None:
    return maybe(j.rows, metric="accuracy", attack=j.card.evaluation)


def answer(name: str) -> str | None:
    """Whether this measurement's evaluation would have passed: "yes", "no" or "cannot be judged"; None: not run."""
    j = next((j for j in judged() if j.measurement.name == name), None)
    return None if j is None else ANSWERS[j.whole.value]


def whole(name: str) -> TextTable | None:
    """One card, of the measurement of this name: check, verdict, what was measured. None where it was not run."""
    j = next((j for j in judged() if j.measurement.name == name), None)
    if j is None:
        return None
    lines = [(row.metric, row.series["verdict"], row.series["measured"]) for row in check_rows(j.rows)]
    norm, eps = radius(j.whole)
    caption = (
        f"The card of {j.setting}, on {j.network}: n = {j.whole.n} official test images, {norm}, eps {eps}, seed 0."
    )
    return TextTable(caption, ("check", "verdict", "measured"), tuple(lines))

"""The supplement's tables and the curves of figures 1 to 3 beside ours, static and adaptive, from rows only."""

from dataclasses import replace
from itertools import product

from robustlib.evaluation import Cell, Table
from robustlib.experiments import registry
from robustlib.experiments.printed import printed
from robustlib.experiments.rows import Row, maybe
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, complement, counted, schedule

ROUNDS = (1, 2, 3)
SETS = {"gradient": "gradient", "optimisation": "optimisation", "mixed": "mixed", "fgsm": "FGSM", "ifgsm": "I-FGSM",
        "ll": "LL", "ill": "I-LL"}  # fmt: skip
METHODS = {"at": "adversarial training", "at2l": "AT²L"}
# The supplement's table: what its networks are called here, the kind of their measurement, the radius, the target.
TABLES = {
    "1": ("at2l-pets-vgg-known", "known", 0.3, "at2l-pets-vgg"),
    "2": ("at2l-pets-vgg-unknown", "unknown", 0.3, "at2l-pets-vgg"),
    "4": ("at2l-mnist-a-known", "known", 0.3, "at2l-mnist-a"),
    "5": ("at2l-mnist-c-unknown", "unknown", 0.3, "at2l-mnist-c"),
    "6": ("at2l-cifar10-vgg-known", "known", 0.3, "at2l-cifar10-vgg"),
    "7": ("at2l-cifar10-vgg-unknown", "unknown", 0.3, "at2l-cifar10-vgg"),
    "1, 8/255": ("at2l-pets-vgg-known-8", "known", 8 / 255, "at2l-pets-vgg"),
    "2, 8/255": ("at2l-pets-vgg-unknown-8", "unknown", 8 / 255, "at2l-pets-vgg"),
    "6, 8/255": ("at2l-cifar10-vgg-known-8", "known", 8 / 255, "at2l-cifar10-vgg"),
    "7, 8/255": ("at2l-cifar10-vgg-unknown-8", "unknown", 8 / 255, "at2l-cifar10-vgg"),
}
ATTACKS = ("FGSM", "C&W")
TRAMER = "ensemble adversarial training of Tramèr"


def row_of(table: str, attack_set: str, method: str, number: int, attack: str, static: bool) -> Row | None:
    """One measured accuracy. Iteration 0 is the undefended target, on which both kinds of attack are the same."""
    prefix, kind, radius, target = TABLES[table]
    eps = radius if attack else None
    if number == 0:
        small = "-8" if "8/255" in table else ""
        return maybe(stored_rows(target, kind + small), metric="accuracy", attack=attack, source="", eps=eps)
    rows = stored_rows(f"{prefix}-{attack_set}-{method}-{number}", kind)
    return maybe(rows, metric="accuracy", attack=attack, source=target if static else "", eps=eps)


def planned(table: str) -> list[tuple[str, str]]:
    """Attack sets and methods that are trained for a table, as the registry has them."""
    known = registry.experiments()
    every = [*product(SETS, METHODS), ("gradient", "tramer")]
    return [(s, m) for s, m in every if f"{TABLES[table][0]}-{s}-{m}-1" in known]


def supplement(table: str = "4") -> Table:
    """Error in % under FGSM and C&W after the first and the last outer iteration, static beside adaptive."""
    cells: list[Cell] = []
    prefix, kind, eps, target = TABLES[table]
    for attack_set, method in planned(table):
        label = f"{METHODS.get(method, TRAMER)}, {SETS[attack_set]}"
        for attack, number, static in product(ATTACKS, (ROUNDS[0], ROUNDS[-1]), (True, False)):
            column = f"{attack}, {'static' if static else 'adaptive'}, {number}"
            row = row_of(table, attack_set, method, number, attack, static)
            found = complement(cell(row, label, column))
            cells.append(found if static else replace(found, paper=None))
        clean = row_of(table, attack_set, method, ROUNDS[-1], "", static=False)
        cells.append(complement(cell(clean, label, f"clean, {ROUNDS[-1]}")))
    said = registry.experiment(target).architecture
    last = f"{prefix}-gradient-at2l-{ROUNDS[-1]}"
    caption = (
        f"Error in % on {said}, {kind} type of attack (table {table.split(',')[0]} of the supplement). L-infinity, "
    )
    caption += f"eps {eps:.3g}, n = {counted(cells)}, seed 0, 95 % Wilson intervals. Static: crafted once on the "
    caption += f"undefended target. Iterations 1 and {ROUNDS[-1]} of ours; the paper's second is its 10th. "
    return Table(f"{caption}An iteration: {schedule(last)}.", tuple(cells))


def curves(table: str, attack: str = "FGSM", static: bool = True) -> dict[str, list[Row | None]]:
    """Figures 1 and 2: our accuracy after 0, 1, 2 and 3 outer iterations, by method and attack set."""
    return {
        f"{METHODS[m]}, {SETS[s]}": [row_of(table, s, m, k, attack, static) for k in (0, *ROUNDS)]
        for s, m in planned(table)
        if m in METHODS and s in ("gradient", "optimisation", "mixed")
    }


def printed_curves(table: str, attack: str = "FGSM") -> dict[str, list[float]]:
    """The paper's curves, errors in % after 0 to 10 outer iterations, digitised, under the names of `curves`."""
    dataset = {"1": "Cats vs. Dogs", "2": "Cats vs. Dogs", "4": "MNIST", "5": "MNIST"}.get(table[0], "CIFAR-10")
    kind = f"{TABLES[table][1]} type of attack"
    called = {"Gradient-based": "gradient", "Optimization-based": "optimisation", "Mixed": "mixed"}
    found: dict[str, list[float]] = {}
    for line in printed("at2l", "fig1_fig2_digitised"):
        if (line["dataset"], line["attack_params"], line["attack"]) == (dataset, kind, attack):
            _, trained_with, _ = line["training"].split("; ")
            method = METHODS["at2l" if line["defense"] == "AT2L" else "at"]
            label = f"{method}, {called[trained_with.removeprefix('training attacks: ')]}"
            found.setdefault(label, []).append(float(line["value"]))  # in the order of the iterations
    return found


def figure3() -> Table:
    """Error in % under FGSM of networks trained with FGSM: adversarial training, the triplet alone, and both."""
    cells = []
    for method, label in (("at", "adversarial training"), ("triplet", "triplet alone"), ("at2l", METHODS["at2l"])):
        for number, static in product((0, *ROUNDS), (True, False)):
            row = row_of("4", "fgsm", method, number, "FGSM", static)
            column = f"{'static' if static else 'adaptive'}, {number}"
            cells.append(replace(complement(cell(row, label, column)), paper=None))
    caption = f"Error in % under FGSM by outer iterations on MNIST, eps 0.3, n = {counted(cells)}, seed 0, 95 % Wilson "
    return Table(f"{caption}intervals. The paper's figure 3 is a picture whose data it does not give.", tuple(cells))

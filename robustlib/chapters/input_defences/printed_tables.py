"""AT²L's tables of thermometers and of Defense-GAN with ours beside them; from stored rows only."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from robustlib.evaluation import Cell, Table
from robustlib.experiments import registry
from robustlib.experiments.printed import lacking, printed, reported
from robustlib.experiments.rows import Row, maybe
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, complement, counted, schedule

PAPER = "at2l"
SETS = {"mnist": "MNIST", "cifar10": "CIFAR-10"}
RADII = {"mnist": "0.3", "cifar10": "8/255"}
# The printed table: which set, and whether the images were made on the network itself ("known type of attack").
THERMOMETERS = {
    "table1": ("cifar10", True), "supp_table8": ("mnist", True), "supp_table9": ("cifar10", True),
    "supp_table10": ("mnist", False), "supp_table11": ("cifar10", False),
}  # fmt: skip
NETWORKS = {
    "no defence": "plain",
    "thermometer (1 step)": "thermometer-1",
    "thermometer (7 steps)": "thermometer-7",
    "thermometer + triplet (1 step)": "thermometer-1-triplet",
    "thermometer + triplet (7 steps)": "thermometer-7-triplet",
}
# Column: the attack on pixels, and the one on codes that stands in its place.
ATTACKS = {"no attack": ("", ""), "FGSM": ("FGSM", "one-step LS-PGA"), "PGD or LS-PGA": ("PGD", "LS-PGA")}
LETTERS = "abcd"
SEARCHED = ("FGSM", "C&W")
DEFENCE = "Defense-GAN"
BEHIND = {"no defence": ("", ""), DEFENCE: ("", DEFENCE), f"{DEFENCE} with triplet": ("-triplet", DEFENCE)}
PRINTED_ONLY = {"adversarial training": "adversarial training", "AT²L": "AT2L"}  # columns of table 14


def thermometers(table: str = "table1") -> Table:
    """Error in % of networks that read pixels and of those that read codes, with and without the triplet.

    Raises: KeyError for another table.
    """
    dataset, known = THERMOMETERS[table]
    names = {label: f"input-{dataset}-{suffix}" for label, suffix in NETWORKS.items()}
    clean = [float(line["value"]) for line in printed(PAPER, table) if not line["attack"]]
    cells: list[Cell] = []
    for (label, name), without in zip(names.items(), clean, strict=True):
        for column, (pixels, code) in ATTACKS.items():
            attack = code if known and "thermometer" in name else pixels
            made = [r for r in stored_rows(name, "attacked", 0) if bool(r.source) == (bool(attack) and not known)]
            row = maybe(made, metric="accuracy", attack=attack) or awaited(table, name, attack=attack)
            found = complement(cell(row, label, column))
            # Tables 10 and 11 print another clean error of the same network than 8 and 9, beside which ours is stored.
            cells.append(found if attack else replace(found, paper=without))
    how = (
        "made on the network itself; on one with a thermometer FGSM stands for LS-PGA in one step, and PGD in seven"
        if known else "by FGSM and PGD of 7 steps, made on another network that has no defence"
    )  # fmt: skip
    caption = f"Error in % on {SETS[dataset]} ({said(table)}), images {how}. L-infinity, eps {RADII[dataset]}, "
    caption += f"n = {counted(cells)}, seed 0, 95 % Wilson intervals. In brackets: steps of LS-PGA in training. "
    caption += f"Ours: {architecture(names)}; {trained(names)}."
    return Table(caption, tuple(cells))


def defense_gan(table: str = "table3") -> Table:
    """Error in % of classifiers A to D alone and behind the generator, on images made without it.

    Raises: KeyError for another table than "table3" and "supp_table14".
    """
    columns = {"table3": (), "supp_table14": ("no attack", *PRINTED_ONLY)}[table]
    cells: list[Cell] = []
    for attack in SEARCHED:
        for letter in LETTERS:
            label, name = f"Model {letter.upper()}, {attack}", f"input-mnist-{letter}"
            if columns:
                row = maybe(stored_rows(name, "projected", 0), metric="accuracy", attack="", defense="")
                row = row or awaited(table, name, attack="", defense="")
                cells.append(complement(cell(row, label, "no attack")))
            for column, (suffix, defence) in BEHIND.items():
                asked = {"attack": attack, "defense": defence}
                row = maybe(stored_rows(name + suffix, "projected", 0), metric="accuracy", **asked)
                cells.append(complement(cell(row or awaited(table, name + suffix, **asked), label, column)))
            for column in columns[1:]:
                lines = [line for line in printed(PAPER, table) if line["training"] == PRINTED_ONLY[column]]
                (line,) = (i for i in lines if (i["model"], i["attack"]) == (label.split(",")[0], attack))
                cells.append(Cell(label, column, float(line["value"]), note="in the chapter on AT²L, otherwise"))
    names = {
        f"{x.upper()}{' with triplet' if t else ''}": f"input-mnist-{x}{t}" for x in LETTERS for t in ("", "-triplet")
    }
    caption = f"Error in % on MNIST ({said(table)}), images made on the classifier without the generator: FGSM at "
    caption += f"L-infinity, eps 0.3, C&W at any L2 length. n = {counted(cells)}, seed 0, 95 % Wilson intervals. "
    caption += f"Ours: a quarter of the width; classifiers {trained(names)}; generator {schedule('input-mnist-gan')}."
    return Table(caption, tuple(cells))


def awaited(table: str, network: str, **columns: str) -> Row | None:
    """A row not measured yet, with the number of this very table that belongs beside it: tables repeat each other."""
    e = registry.experiment(network)
    asked = columns | {"dataset": e.dataset, "training": e.training, "model": e.architecture}
    found = [n.value for n in reported(PAPER) if n.table == table and asked.items() <= n.columns.items()]
    return Row("accuracy", None, reported=found[0]) if found else None


def said(table: str) -> str:
    """ "table 8 of the supplement"."""
    number = table.removeprefix("supp_").removeprefix("table")
    return f"table {number} of the supplement" if table.startswith("supp") else f"table {number}"


def trained(networks: Mapping[str, str]) -> str:
    """How long, by label where they differ: "A, B: 5 of 10 epochs, CPU; C: not run"."""
    found: dict[str, list[str]] = {}
    for label, name in networks.items():
        found.setdefault(schedule(name), []).append(label)
    all_alike = len(found) == 1
    return "; ".join(words if all_alike else f"{', '.join(labels)}: {words}" for words, labels in found.items())


def architecture(networks: Mapping[str, str]) -> str:
    """Which the networks of a table have in common."""
    return " and ".join(dict.fromkeys(registry.experiment(name).architecture for name in networks.values()))


def covered(tables: Iterable[str] = (*THERMOMETERS, "table3", "supp_table14")) -> tuple[int, int]:
    """How many of the printed numbers have one of ours beside them, and how many are printed.

    The clean errors of tables 10 and 11 count as without: ours stands beside those of 8 and 9.
    """
    known = set(tables)
    rows = stored_rows([n for n in registry.experiments() if n.startswith("input-")], ("attacked", "projected"), 0)
    numbers = [n for n in reported(PAPER) if n.table in known]
    return len(numbers) - len(lacking(rows, numbers)), sum(len(printed(PAPER, table)) for table in known)

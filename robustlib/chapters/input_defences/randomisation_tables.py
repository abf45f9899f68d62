"""Randomisation: AT²L's tables of ImageNet as a recipe that was not run, and ours on CIFAR-10; from stored rows."""

from dataclasses import replace

from robustlib.chapters.input_defences.printed_tables import PAPER, SETS, said, trained
from robustlib.evaluation import Cell, Table
from robustlib.experiments.printed import printed
from robustlib.experiments.rows import maybe
from robustlib.experiments.stored import stored_rows
from robustlib.experiments.tables import cell, complement, counted

COLUMNS = {
    "original model": "no defence", "randomization layers": "random views",
    "randomization layers + triplet regularization": "random views with triplet",
}  # fmt: skip
SCENARIOS = {"table2": "vanilla", "supp_table12": "vanilla", "supp_table13": "ensemble-pattern"}
NOT_HERE = ("Inception-ResNet-v2", "Ens-adv-Inception-ResNet-v2")  # networks that torchvision does not have
NETWORKS = {"cross-entropy": "input-cifar10-plain", "triplet": "input-cifar10-triplet"}
VIEWS = "random resize and pad"
ATTACKS = {"no attack": "", "FGSM": "FGSM", "DeepFool": "DeepFool", "C&W": "C&W"}


def imagenet(table: str = "table2") -> Table:
    """The paper's errors on ImageNet, none of ours beside them: `imagenet_recipe` says how they would be measured.

    Raises: KeyError for another table than 2, 12 and 13.
    """
    scenario = SCENARIOS[table]
    cells = []
    for line in printed(PAPER, table):
        note = "not in torchvision" if line["model"] in NOT_HERE else "imagenet_recipe"
        label = f"{line['model']}, {line['attack']}"
        cells.append(Cell(label, COLUMNS[line["training"]], float(line["value"]), note=note))
    caption = f"Error in % on ImageNet ({said(table)}), {scenario} scenario. The paper's numbers; not re-run here, for "
    caption += "want of the photographs. The recipe: `imagenet_recipe(folder, work, network)` on a folder of "
    caption += "ILSVRC's validation images, FGSM at L-infinity, eps 2/255, DeepFool and C&W at any length, sides of "
    caption += "310 to 330 in 331, with torchvision's inception_v3 or resnet101 (the paper's is a ResNet-v2-101); "
    return Table(f"{caption}torchvision has no {' and no '.join(NOT_HERE)}.", tuple(cells))


def randomised() -> Table:
    """Error in % on CIFAR-10 under the papers' three attacks: on the network, and on its random views by scenario."""
    cells: list[Cell] = []
    for training, name in NETWORKS.items():
        rows = stored_rows(name, "randomised", 0)
        for how, defence, source in (
            ("no defence", "", ""), ("vanilla", VIEWS, "vanilla"), ("ensemble-pattern", VIEWS, "ensemble-pattern"),
        ):  # fmt: skip
            for column, attack in ATTACKS.items():
                made_on = source if attack else ""
                row = maybe(rows, metric="accuracy", attack=attack, defense=defence, source=made_on)
                cells.append(replace(complement(cell(row, f"{training}, {how}", column)), paper=None))
    caption = (
        f"Error in % on {SETS['cifar10']} of ResNet-8 alone and behind random resizing and padding, in the papers' "
    )
    caption += (
        "scenarios: images made on the network without the defence (vanilla), or on the mean over 21 fixed views "
    )
    caption += "(ensemble-pattern). FGSM at L-infinity, eps 8/255, DeepFool and C&W at any L2 length. "
    caption += f"n = {counted(cells)}, one draw a verdict, seed 0, 95 % Wilson intervals. {trained(NETWORKS)}."
    return Table(caption, tuple(cells))

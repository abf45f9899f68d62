"""What the chapter planned to train, and what of it was: from the registry and from what is stored, in words."""

import re

from robustlib.evaluation import TextTable
from robustlib.experiments import registry
from robustlib.experiments.stored import training
from robustlib.experiments.tables import NOT_RUN, schedule

SETTING = {"at2l-mnist-pgd": "PGD training, with and without a triplet", "at2l-cifar10-nfgsm": "N-FGSM training, same"}
OPTIONS = "lambda1|lambda2|alpha"


def group(name: str) -> str:
    """To which part of the chapter a network belongs."""
    for prefix, said in SETTING.items():
        if name.startswith(prefix):
            return said
    if found := re.search(rf"(?:{OPTIONS})-", name):
        return f"algorithm 2, {found[0][:-1]} changed"
    if found := re.search(r"(known|unknown)(-8)?-(\w+)-(at2l|at|tramer|triplet)-\d$", name):
        return f"algorithm 2, target {'in' if found[1] == 'known' else 'not in'} M{', 8/255' if found[2] else ''}"
    return "clean training"


def trained() -> TextTable:
    """A line for each data set, network and part: how many networks were planned and are trained, and how long."""
    groups: dict[tuple[str, str, str], list[tuple[str, int]]] = {}
    for e in registry.experiments().values():
        if e.name.startswith("at2l-"):
            runs = [(e.name, seed) for seed in e.seeds]
            groups.setdefault((e.dataset, e.architecture, group(e.name)), []).extend(runs)
    rows = []
    for (dataset, architecture, part), runs in groups.items():
        done = [run for run in runs if training(*run) is not None]
        how = "; ".join(sorted({schedule(*run) for run in done})) or NOT_RUN
        rows.append((dataset, architecture, part, f"{len(done)} of {len(runs)}", how))
    look = "Networks of this chapter, counted with their seeds and outer iterations. "
    return TextTable(
        f"{look}Those that are not trained say so in every table.",
        ("images", "network", "training", "trained", "each for"), tuple(sorted(rows)),
    )  # fmt: skip

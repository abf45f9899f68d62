"""What the chapter planned to train, and what of it was: from the registry and from what is stored, in words."""

from robustlib.evaluation import TextTable
from robustlib.experiments import registry
from robustlib.experiments.stored import training
from robustlib.experiments.tables import NOT_RUN, schedule

PARTS = {
    "gan": "Defense-GAN: the generator",
    "plain": "no defence",
    "thermometer": "thermometer encoding",
    "pixels": "the control of the code",
}
RANDOMISED, BEHIND = "behind random views", "behind the generator"


def part(name: str) -> str:
    """To which part of the chapter a network belongs: "input-mnist-thermometer-7" is "thermometer encoding"."""
    _, dataset, which, *_ = name.split("-")
    return PARTS.get(which, RANDOMISED if dataset == "cifar10" else BEHIND)


def trained() -> TextTable:
    """A line for each network: images, architecture, training and what it is for, and how long it was trained."""
    rows = []
    for e in registry.experiments().values():
        if e.name.startswith("input-"):
            done = [seed for seed in e.seeds if training(e.name, seed) is not None]
            how = schedule(e.name) if done else NOT_RUN
            rows.append((e.dataset, e.architecture, part(e.name), e.training, how))
    caption = "Networks of this chapter, one seed each. Those that are not trained say so in every table."
    return TextTable(caption, ("images", "network", "part", "training", "trained for"), tuple(sorted(rows)))

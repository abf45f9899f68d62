"""The ImageNet recipe of randomisation: a folder of images, a network of torchvision, the papers' sizes."""

from pathlib import Path

from robustlib.chapters.input_defences.randomisation_attacks import RandomisationAttacks
from robustlib.datasets import Dataset, read_image_folder
from robustlib.experiments import Findings, Subject
from robustlib.models.imagenet import IMAGENET_MEAN, IMAGENET_STD, imagenet_network

# Sides of 310 to 330 in 331, FGSM at 2/255: the column that table 2 quotes.
AS_PRINTED = RandomisationAttacks(2 / 255, size=299, low=310, high=331)


def imagenet_recipe(
    folder: Path,
    work: Path,  # for unfinished outcomes
    network: str = "inception_v3",  # or "resnet101"
    weights: str | None = "DEFAULT",  # torchvision's, fetched; None: random ones
    each: int | None = 5,  # images of each class
    measure: RandomisationAttacks = AS_PRINTED,
    seed: int = 0,
) -> Findings:
    """What `RandomisationAttacks` finds of a network on the images of folder/<class>/*.jpg: tables 2, 12 and 13.

    Of the papers' four networks torchvision has two, see `imagenet_network`. This book has run it on random weights and
    a handful of images only: it needs ILSVRC's 50,000 validation images in their 1,000 folders, and a GPU.

    Raises: as `read_image_folder` and `imagenet_network`.
    """
    split, classes = read_image_folder(folder, measure.size, each)
    model = imagenet_network(network, weights).eval()
    dataset = Dataset("imagenet", split, split, split, classes, IMAGENET_MEAN, IMAGENET_STD, "image folder")
    return measure(Subject(model, dataset, len(split), work, seed, network))

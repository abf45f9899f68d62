"""`load(name)`: three splits on a device, from an archive, a download made once, or the embedded images."""

import warnings
from dataclasses import replace
from pathlib import Path

import torch

from robustlib.datasets.archive import read_archive, read_embedded
from robustlib.datasets.download import Unavailable, fetch
from robustlib.datasets.folders import archive_folders, data_folder
from robustlib.datasets.forms import DIGITS, FORMS, Form
from robustlib.datasets.photographs import CLASSES, read_photographs
from robustlib.datasets.split import Dataset, Split, channel_statistics, first_of_each

NAMES = ("mnist", "cifar10", "cifar100", "cats_vs_dogs", "mnist_5k")


class EmbeddedDataWarning(UserWarning):
    """Full MNIST was asked for, the 5,000 embedded images are given."""


def load(name: str, device: str | torch.device = "cpu", size: int | None = None) -> Dataset:
    """A dataset on a device: "mnist", "cifar10", "cifar100", "cats_vs_dogs" or "mnist_5k".

    Looks in $ROBUSTLIB_DATA, then in data/, for <name>.npz (for the folder cats_vs_dogs/). An absent archive is made
    once from torchvision's download, unless ROBUSTLIB_OFFLINE=1. `size`, rows and columns, is for cats_vs_dogs only.

    - mnist: train = the official 60,000 less the 5,000 embedded images, validation = those 5,000, test = the official
      10,000. Without an archive, one warning and the splits of mnist_5k.
    - mnist_5k, no archive needed: test = 100 images a class from the second 250 of each class; train = the other 4,000;
      validation = the first 250 of each class. It lies inside train: unseen by the shipped checkpoints, which were
      trained on the official 55,000, but not by a model trained here.
    - cifar10, cifar100: validation = the last 5,000 images of the archive's training set, train = the rest.
    - cats_vs_dogs: 80, 10 and 10 % of each class by a hash of the file name.

    Raises: ValueError for an unknown name or a damaged or foreign file; FileNotFoundError if the data are not there and
    cannot be fetched; OSError if a folder cannot be written.
    """
    if name not in NAMES:
        raise ValueError(f"no dataset {name!r}; there are {', '.join(NAMES)}")
    if size is not None and name != "cats_vs_dogs":
        raise ValueError(f"size is for cats_vs_dogs only; {name} keeps its own")
    if name == "mnist_5k":
        dataset = _embedded(name)
    elif name == "cats_vs_dogs":
        dataset = _dataset(name, *read_photographs(photographs_folder(), 64 if size is None else size), CLASSES)
    elif name == "mnist":
        dataset = _mnist(FORMS[name])
    else:
        dataset = _cifar(FORMS[name])
    return dataset.to(device)


def archive(form: Form) -> Path:
    """Where the archive of a dataset lies; it is fetched if it is not there yet.

    Raises: Unavailable if it cannot be fetched; OSError if its folder cannot be written.
    """
    places = [folder / f"{form.name}.npz" for folder in archive_folders()]
    return next((place for place in places if place.is_file()), None) or fetch(form)


def photographs_folder() -> Path:
    """Where the folders cat/ and dog/ lie.

    Raises: FileNotFoundError that says where they were looked for.
    """
    places = [folder / "cats_vs_dogs" for folder in archive_folders()]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise FileNotFoundError(
            f"cats_vs_dogs is not in {_listed(archive_folders())}, and there is no automatic download. Get Kaggle's "
            f"dogs-vs-cats training set and put its jpg files into {places[0] / 'cat'} and {places[0] / 'dog'}, or set "
            "ROBUSTLIB_DATA to the folder that holds cats_vs_dogs/"
        )
    return found


def _mnist(form: Form) -> Dataset:
    try:
        path = archive(form)
    except OSError as error:
        _warn_embedded(str(error))
        return _embedded(form.name)
    train, test = read_archive(path, form)
    validation = replace(_embedded_images(), name="mnist/validation")
    return _dataset(form.name, without(train, validation, path), validation, test, form.classes)


def _cifar(form: Form) -> Dataset:
    try:
        path = archive(form)
    except Unavailable as error:
        raise FileNotFoundError(
            f"{form.name}.npz is not in {_listed(archive_folders())}; tried to make it: {error}. With a network, "
            f"`python -m robustlib.datasets {form.name}` fetches it; or set ROBUSTLIB_DATA to the folder that holds it"
        ) from None
    train, test = read_archive(path, form)
    held_out = train.subset(slice(-5_000, None), f"{form.name}/validation")
    return _dataset(form.name, train.subset(slice(-5_000)), held_out, test, form.classes)


def _embedded(name: str) -> Dataset:
    images = _embedded_images()
    second_half, choices = first_of_each(images.y, 100, offset=250), first_of_each(images.y, 250)
    others = torch.ones(len(images), dtype=torch.bool)
    others[second_half] = False
    train, test = images.subset(others, "mnist_5k/train"), images.subset(second_half, "mnist_5k/test")
    return _dataset(name, train, images.subset(choices, "mnist_5k/validation"), test, DIGITS, "embedded")


def _embedded_images() -> Split:
    return read_embedded(data_folder() / "mnist_5k.npz")


def without(train: Split, held_out: Split, path: Path) -> Split:
    """The training images that are not held out, matched by their pixels.

    Raises: ValueError unless exactly as many images go as are held out.
    """
    held = {image.tobytes() for image in held_out.x.numpy()}
    kept = torch.tensor([image.tobytes() not in held for image in train.x.numpy()])
    gone = len(train) - int(kept.sum())
    if gone != len(held_out):
        raise ValueError(
            f"{path}: {gone:,} of its training images are embedded validation images; expected {len(held_out):,}, as "
            "in the official set; delete or move the file, and it is made anew"
        )
    return train.subset(kept)


def _dataset(
    name: str, train: Split, validation: Split, test: Split, classes: tuple[str, ...], source: str = "archive"
) -> Dataset:
    return Dataset(name, train, validation, test, classes, *channel_statistics(train.x), source)


def _warn_embedded(reason: str) -> None:
    text = (
        f"full MNIST is not here: {reason}. Using the 5,000 embedded images (test: 1,000 of them); "
        "`python -m robustlib.datasets mnist` fetches all 70,000"
    )
    # One line, the same everywhere, on every call: no path or source of the caller, no registry that mutes repeats.
    warnings.warn_explicit(text, EmbeddedDataWarning, "robustlib.datasets", 1, module="robustlib.datasets")


def _listed(folders: list[Path]) -> str:
    return " or ".join(str(folder) for folder in folders)

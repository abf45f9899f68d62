"""Photographs of any classes: one folder a class, cut to squares."""

from pathlib import Path

import torch

from robustlib.datasets.photographs import _pixels  # one place decodes photographs, and stored results rest on it
from robustlib.datasets.split import Split

KINDS = (".jpg", ".jpeg")


def read_image_folder(folder: Path, size: int, each: int | None = None) -> tuple[Split, tuple[str, ...]]:
    """The images of folder/<class>/*.jpg as one split of (3, size, size), class after class, and the classes' names.

    Classes are numbered in the order of their names, which for ImageNet's folders (n01440764, ...) is the order of its
    trained networks. Of every class the first `each` files by name; None: all. Hidden files are left out.

    Raises: FileNotFoundError if the folder is not there or has no class with an image; ValueError unless size and each
    are >= 1, and for a file that is no JPEG, damaged, or of more than 50 megapixels.
    """
    if size < 1 or (each is not None and each < 1):
        raise ValueError(f"an image folder needs size >= 1 and each >= 1 or None, got size={size}, each={each}")
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder}: no such folder; put the images of each class into a folder of its own there"
        )
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = [(path, label) for label, path in enumerate(classes)]
    paths = [(image, label) for path, label in found for image in _images(path)[:each]]
    if not paths:
        raise FileNotFoundError(f"{folder}: no folder of a class with jpg files in it; expected <class>/<name>.jpg")
    x = torch.stack([_pixels(path, size) for path, _ in paths])
    split = Split(x, torch.tensor([label for _, label in paths]), folder.name)
    return split, tuple(path.name for path in classes)


def _images(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in KINDS and not p.name.startswith("."))

"""Cats and dogs: two folders of photographs, cut to squares and split by a hash of their names."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor
from tqdm.auto import tqdm

from robustlib.datasets.split import Split

CLASSES = ("cat", "dog")
LEAST = 10  # photographs of each class, so that every split has some of both


def read_photographs(folder: Path, size: int = 64) -> tuple[Split, Split, Split]:
    """Train, validation and test split (80, 10 and 10 % of each class) of folder/cat/*.jpg and folder/dog/*.jpg.

    Each photograph is cut to its middle square and resized to (3, size, size). The split and the order follow a hash of
    the file's name, so they are the same on every machine.
    Raises: FileNotFoundError if a class folder is missing; ValueError if it holds too few photographs, or one that
    cannot be read.
    """
    if size < 1:
        raise ValueError(f"{folder.name} needs size >= 1, got {size}")
    parts: tuple[list[Path], ...] = ([], [], [])
    for name in CLASSES:
        paths = sorted(_photographs(folder / name), key=_hash)
        cuts = (0, len(paths) * 8 // 10, len(paths) * 9 // 10, len(paths))
        for part, start, stop in zip(parts, cuts[:-1], cuts[1:], strict=True):
            part += paths[start:stop]
    names = ("train", "validation", "test")
    train, validation, test = (
        _split(sorted(part, key=_hash), size, f"{folder.name}/{name}") for part, name in zip(parts, names, strict=True)
    )
    return train, validation, test


def _photographs(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; put the photographs of each class there, as jpg files")
    paths = [path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg")]
    if len(paths) < LEAST:
        raise ValueError(
            f"{folder}: {len(paths)} jpg files; expected {LEAST} or more; put the photographs of this class there"
        )
    return paths


def _hash(path: Path) -> bytes:
    return hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).digest()


def _split(paths: list[Path], size: int, name: str) -> Split:
    x = torch.stack([_pixels(path, size) for path in tqdm(paths, name, disable=len(paths) < 5000, unit="jpg")])
    y = torch.tensor([CLASSES.index(path.parent.name) for path in paths])
    return Split(x, y, name)


def _pixels(path: Path, size: int) -> UInt8[Tensor, "3 size size"]:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as photograph:
            square = ImageOps.fit(photograph.convert("RGB"), (size, size), Image.Resampling.BILINEAR)
    except PermissionError as error:
        raise PermissionError(f"{path}: may not be read; give yourself read permission") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"{path}: cannot be read as a photograph ({error}); delete it or put a whole copy there"
        ) from error
    return torch.from_numpy(np.asarray(square).copy()).permute(2, 0, 1).contiguous()

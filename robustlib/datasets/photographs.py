"""Cats and dogs: two folders of photographs, cut to squares and split by a hash of their names."""

import hashlib
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor
from tqdm.auto import tqdm

from robustlib.datasets.split import Split
from robustlib.files import parsing, read_bytes

CLASSES = ("cat", "dog")
LEAST = 10  # photographs of each class, so that every split has some of both
PIXELS = 50_000_000  # of one photograph; a few kilobytes of JPEG can claim far more
LARGE = 4_000_000  # pixels from which on it is decoded at a part of its size


def read_photographs(folder: Path, size: int = 64) -> tuple[Split, Split, Split]:
    """Train, validation and test split (80, 10 and 10 % of each class) of folder/cat/*.jpg and folder/dog/*.jpg.

    Each photograph is turned as its EXIF orientation says, cut to its middle square and resized to (3, size, size). The
    split and the order follow a hash of the file's name, so they are the same on every machine. Hidden files are left
    out. Raises: FileNotFoundError if a class folder is missing; PermissionError; ValueError if it holds too few
    photographs, or one that is no regular file, no JPEG, damaged, or of more than 50 megapixels.
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
    paths = [p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg") and not p.name.startswith(".")]
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
    from PIL import Image, ImageOps

    content = read_bytes(path)
    with parsing(path, "photograph", "delete it or put a whole JPEG there"), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower, and an error
        with Image.open(BytesIO(content), formats=["JPEG"]) as photograph:
            pixels = photograph.width * photograph.height
            if pixels > PIXELS:
                raise OverflowError(f"{pixels / 1e6:,.0f} megapixels, expected {PIXELS / 1e6:.0f} or fewer")
            if pixels > LARGE:
                photograph.draft("RGB", (4 * size, 4 * size))
            upright = ImageOps.exif_transpose(photograph).convert("RGB")
        square = ImageOps.fit(upright, (size, size), Image.Resampling.BILINEAR)
        return torch.from_numpy(np.asarray(square).copy()).permute(2, 0, 1).contiguous()

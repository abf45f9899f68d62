"""Photographs that are turned, huge, of another format, or no files at all."""

import os
import signal

import pytest
import torch

from robustlib.datasets import photographs
from robustlib.datasets.photographs import read_photographs

Image = pytest.importorskip("PIL.Image")
ImageOps = pytest.importorskip("PIL.ImageOps")


@pytest.fixture
def folder(tmp_path):
    """Twelve cats and twelve dogs, black on the left and white on the right."""
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(12):
            half().save(tmp_path / name / f"{name}.{i}.jpg", "JPEG", quality=95)
    return tmp_path


@pytest.fixture(autouse=True)
def no_hanging():
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(AssertionError("it hangs")))
    signal.alarm(60)
    yield
    signal.alarm(0)


def half():
    picture = Image.new("RGB", (48, 48), (0, 0, 0))
    picture.paste((255, 255, 255), (24, 0, 48, 48))
    return picture


def white(x) -> str:
    """Which side of an image is white."""
    x = x.float().mean(0)
    sides = {"left": x[:, :4].mean(), "right": x[:, -4:].mean(), "top": x[:4].mean(), "bottom": x[-4:].mean()}
    return max(sides, key=lambda side: sides[side].item())


@pytest.mark.parametrize(
    ("orientation", "side"),
    [(1, "right"), (2, "left"), (3, "left"), (4, "right"), (5, "bottom"), (6, "bottom"), (7, "top"), (8, "top")],
)
def test_a_photograph_is_turned_as_it_says(folder, orientation, side):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for path in (folder / "cat").iterdir():
        half().save(path, "JPEG", quality=95, exif=exif)
    for part in read_photographs(folder, 16):
        assert {white(x) for x in part.x[part.y == 0]} == {side}
        assert {white(x) for x in part.x[part.y == 1]} == {"right"}


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "EPS"])
def test_another_format_under_the_name_of_a_jpeg_is_not_opened(folder, kind):
    half().save(folder / "dog" / "dog.3.jpg", kind)
    with pytest.raises(ValueError, match=r"dog\.3\.jpg: not a readable photograph .*put a whole JPEG there"):
        read_photographs(folder, 16)


def test_hidden_files_are_left_out(folder):
    before = [part.sha256 for part in read_photographs(folder, 16)]
    (folder / "cat" / "._cat.1.jpg").write_bytes(b"\x00\x05\x16\x07 what a Mac leaves")
    (folder / "cat" / ".cat.2.jpg").mkdir()
    assert [part.sha256 for part in read_photographs(folder, 16)] == before


def test_what_is_no_file_is_named_and_not_waited_for(folder):
    os.mkfifo(folder / "cat" / "cat.99.jpg")
    with pytest.raises(ValueError, match=r"cat\.99\.jpg: is a pipe or a device"):
        read_photographs(folder, 16)
    (folder / "cat" / "cat.99.jpg").unlink()
    (folder / "cat" / "cat.99.jpg").mkdir()
    with pytest.raises(ValueError, match=r"cat\.99\.jpg: is a folder"):
        read_photographs(folder, 16)
    (folder / "cat" / "cat.99.jpg").rmdir()
    (folder / "cat" / "cat.99.jpg").symlink_to(folder / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"cat\.99\.jpg"):
        read_photographs(folder, 16)


def claims(path, width, height):
    """A small JPEG whose header says it is as large as that."""
    half().save(path, "JPEG")
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    path.write_bytes(data)


@pytest.mark.parametrize("size", [(13_000, 13_000), (65_000, 65_000), (7_100, 7_100)], ids=str)
def test_more_than_fifty_megapixels_are_refused_before_they_are_decoded(folder, size, monkeypatch):
    claims(folder / "dog" / "dog.5.jpg", *size)
    decoded = []
    monkeypatch.setattr(Image.Image, "load", lambda self: decoded.append(self.size))
    with pytest.raises(ValueError, match=r"dog\.5\.jpg: not a readable photograph .*(megapixels|exceeds limit)"):
        photographs._pixels(folder / "dog" / "dog.5.jpg", 16)
    assert decoded == []


def test_a_large_photograph_looks_as_a_small_one(folder):
    path = folder / "dog" / "dog.5.jpg"
    half().resize((4000, 4000)).save(path, "JPEG", quality=90)
    large, small = (photographs._pixels(p, 16) for p in (path, folder / "dog" / "dog.4.jpg"))
    assert white(large) == "right" and large.shape == (3, 16, 16)
    assert (large.int() - small.int()).abs().float().mean() < 12


def test_a_large_photograph_is_decoded_at_a_part_of_its_size(folder, monkeypatch):
    path = folder / "dog" / "dog.5.jpg"
    Image.new("RGB", (6000, 6000), (9, 9, 9)).save(path, "JPEG")
    sizes, whole = [], ImageOps.exif_transpose
    monkeypatch.setattr(ImageOps, "exif_transpose", lambda image: sizes.append(image.size) or whole(image))
    assert torch.is_tensor(photographs._pixels(path, 64))
    assert sizes[0][0] < 2000

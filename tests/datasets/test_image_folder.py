"""An image folder: classes in the order of their names, each image with its own label."""

import pytest
import torch

from robustlib.datasets import read_image_folder

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def folder(tmp_path):
    """Two reds, one green and three blues, in folders whose names are not in the order they were made in."""
    for name, colour, count in (("n03", (0, 0, 200), 3), ("n01", (200, 0, 0), 2), ("n02", (0, 200, 0), 1)):
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(count):
            end = "JPEG" if i else "jpg"
            Image.new("RGB", (60 + i, 50), colour).save(tmp_path / "set" / name / f"{9 - i}.{end}", "JPEG")
    (tmp_path / "set" / "n02" / "notes.txt").write_text("not an image")
    (tmp_path / "set" / ".hidden").mkdir()
    return tmp_path / "set"


def test_labels_follow_the_names_of_the_folders(folder):
    split, classes = read_image_folder(folder, 24)
    assert classes == ("n01", "n02", "n03") and split.y.tolist() == [0, 0, 1, 2, 2, 2] and split.name == "set"
    assert split.x.shape == (6, 3, 24, 24)
    assert torch.equal(split.x.float().mean((2, 3)).argmax(1), split.y), "red, green, blue"


def test_the_first_so_many_of_each_class(folder):
    split, _ = read_image_folder(folder, 8, each=1)
    assert split.y.tolist() == [0, 1, 2]


@pytest.mark.bad_input
def test_folders_that_hold_nothing(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        read_image_folder(tmp_path / "none", 8)
    (tmp_path / "empty" / "n01").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="<class>/<name>.jpg"):
        read_image_folder(tmp_path / "empty", 8)
    for fields in ({"size": 0}, {"size": 8, "each": 0}):
        with pytest.raises(ValueError, match="size >= 1 and each >= 1"):
            read_image_folder(folder, **fields)
    (folder / "n01" / "8.JPEG").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="8.JPEG"):
        read_image_folder(folder, 8)

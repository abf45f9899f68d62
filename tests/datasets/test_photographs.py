"""Cats and dogs: folders of photographs become three splits, the same everywhere."""

import pytest
import torch

from robustlib.datasets import load
from robustlib.datasets.photographs import read_photographs

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """20 cats in reds and 30 dogs in blues, in several shapes and modes."""
    for name, count in (("cat", 20), ("dog", 30)):
        (tmp_path / "cats_vs_dogs" / name).mkdir(parents=True)
        for i in range(count):
            size = (90, 60) if i % 2 else (50, 80)
            colour = (200, 10, i) if name == "cat" else (10, i, 200)
            end = "JPEG" if i == 3 else "jpg"
            Image.new("RGB", size, colour).save(
                tmp_path / "cats_vs_dogs" / name / f"{name}.{i}.{end}", "JPEG", quality=95
            )
    (tmp_path / "cats_vs_dogs" / "cat" / "Thumbs.db").write_text("not a photograph")
    monkeypatch.setenv("ROBUSTLIB_DATA", str(tmp_path))
    return tmp_path / "cats_vs_dogs"


def test_each_class_is_split_80_10_10(folder):
    data = load("cats_vs_dogs")
    counts = [part.y.bincount().tolist() for part in (data.train, data.validation, data.test)]
    assert counts == [[16, 24], [2, 3], [2, 3]]
    assert data.train.x.shape == (40, 3, 64, 64) and data.classes == ("cat", "dog") and data.source == "archive"


def test_colours_and_labels_belong_together(folder):
    for part in read_photographs(folder, 16):
        red = part.x[:, 0].float().mean((1, 2)) > 100
        assert torch.equal(part.y == 0, red) and part.x.shape[2:] == (16, 16)


def test_the_split_follows_the_names_and_not_the_folder(folder, tmp_path):
    before = [part.sha256 for part in read_photographs(folder, 16)]
    copy = tmp_path / "elsewhere" / "cats_vs_dogs"
    for name in ("dog", "cat"):
        (copy / name).mkdir(parents=True)
        for path in sorted((folder / name).iterdir(), reverse=True):
            (copy / name / path.name).write_bytes(path.read_bytes())
    assert [part.sha256 for part in read_photographs(copy, 16)] == before
    ys = read_photographs(folder, 16)[0].y.tolist()
    assert ys != sorted(ys)  # any prefix has both


def test_the_middle_square_is_kept(folder):
    striped = Image.new("RGB", (90, 30), (0, 0, 0))
    striped.paste((255, 255, 255), (30, 0, 60, 30))
    for path in (folder / "cat").glob("*.jpg"):
        striped.save(path, "JPEG", quality=95)
    train, _, _ = read_photographs(folder, 8)
    assert (train.x[train.y == 0].float().mean((1, 2, 3)) > 230).sum() >= 15


def test_grey_photographs_get_three_channels(folder):
    Image.new("L", (40, 40), 90).save(folder / "cat" / "cat.0.jpg")
    assert sum(int((part.x[:, 0] == part.x[:, 2]).all((1, 2)).sum()) for part in read_photographs(folder, 8)) == 1


@pytest.mark.parametrize("content", [b"", b"<html>", b"half"])
def test_an_unreadable_photograph_is_named(content, folder):
    path = folder / "dog" / "dog.7.jpg"
    path.write_bytes(path.read_bytes()[:400] if content == b"half" else content)
    with pytest.raises(ValueError, match=r"dog.7.jpg: not a readable photograph .* delete it"):
        load("cats_vs_dogs")


def test_an_empty_class_is_named(folder):
    for path in (folder / "cat").glob("*.[jJ]*"):
        path.unlink()
    with pytest.raises(ValueError, match=r"cat: 0 jpg files; expected 10 or more"):
        load("cats_vs_dogs")


def test_a_missing_class_is_named(folder):
    (folder / "dog").rename(folder / "dogs")
    with pytest.raises(FileNotFoundError, match="dog: no such folder; put the photographs"):
        load("cats_vs_dogs")


def test_a_missing_set_says_where_to_put_it(tmp_path, monkeypatch):
    monkeypatch.setattr("robustlib.datasets.loading.archive_folders", lambda: [tmp_path])
    with pytest.raises(FileNotFoundError, match=r"no automatic download.*cats_vs_dogs.cat and .*ROBUSTLIB_DATA"):
        load("cats_vs_dogs")


def test_a_size_below_one_is_refused(folder):
    with pytest.raises(ValueError, match="size >= 1"):
        load("cats_vs_dogs", size=0)

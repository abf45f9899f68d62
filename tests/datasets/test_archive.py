"""Archives: what is read, and that every kind of bad file is named with what was expected and the way out."""

import errno
import gc
import os
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from robustlib.datasets.archive import fingerprint, read_archive, read_embedded, write_archive
from robustlib.datasets.forms import CIFAR10, CIFAR100, FORMS, Form

GREY = Form("grey", (1, 4, 5), ("a", "b", "c"), (6, 3))
COLOUR = Form("colour", (3, 4, 4), ("a", "b"), (4, 2))


def arrays_of(form: Form, seed: int = 0) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    c, h, w = form.shape
    arrays = {}
    for part, n in zip(("train", "test"), form.sizes, strict=True):
        arrays[f"x_{part}"] = draw.integers(256, size=(n, h, w) if c == 1 else (n, h, w, c), dtype=np.uint8)
        arrays[f"y_{part}"] = (np.arange(n) % len(form.classes)).astype(np.uint8)
    return arrays


@pytest.mark.parametrize("form", [GREY, COLOUR], ids=lambda form: form.name)
def test_pixels_and_labels_arrive_where_they_were(form, tmp_path):
    arrays = arrays_of(form)
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    for part, split in zip(("train", "test"), read_archive(tmp_path / "a.npz", form), strict=True):
        stored = arrays[f"x_{part}"].reshape(-1, *form.shape[1:], form.shape[0])
        assert split.name == f"{form.name}/{part}"
        assert np.array_equal(split.x.permute(0, 2, 3, 1).numpy(), stored)
        assert split.y.tolist() == arrays[f"y_{part}"].tolist()


def test_keras_columns_of_labels_and_a_grey_channel_are_read(tmp_path):
    arrays = arrays_of(GREY)
    np.savez(tmp_path / "flat.npz", **arrays)
    arrays["y_train"], arrays["x_train"] = arrays["y_train"][:, None], arrays["x_train"][..., None]
    np.savez(tmp_path / "column.npz", **arrays)
    flat, column = read_archive(tmp_path / "flat.npz", GREY)[0], read_archive(tmp_path / "column.npz", GREY)[0]
    assert flat.sha256 == column.sha256


def truncated(path, arrays):
    np.savez(path, **arrays)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped_byte(path, arrays):
    np.savez(path, **arrays)
    data = bytearray(path.read_bytes())
    at = data.index(arrays["x_train"].tobytes()) + 10
    data[at] ^= 255
    path.write_bytes(data)


def encrypted(path, arrays):
    np.savez(path, **arrays)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory's first entry
    path.write_bytes(data)


def pickled(path, arrays):
    np.savez(path, **(arrays | {"x_train": np.array([{"not": "pixels"}], dtype=object)}))


def lone_array(path, arrays):
    with path.open("wb") as file:
        np.save(file, arrays["x_train"])


def foreign(path, arrays):
    np.savez(path, images=arrays["x_train"], labels=arrays["y_train"])


def changed(**changes):
    def write(path, arrays):
        np.savez(path, **(arrays | {key: change(arrays[key]) for key, change in changes.items()}))

    return write


BAD = {
    "truncated": (truncated, "not a readable npz archive .*zip file"),
    "empty": (lambda path, arrays: path.write_bytes(b""), "not a readable npz archive"),
    "a web page": (lambda path, arrays: path.write_text("<html>404</html>"), "not a readable npz archive"),
    "flipped byte": (flipped_byte, "not a readable npz archive .*CRC"),
    "encrypted": (encrypted, "not a readable npz archive .*encrypted"),
    "pickled": (pickled, "not a readable npz archive"),
    "one array": (lone_array, "not a readable npz archive"),
    "foreign keys": (foreign, "it holds the keys images, labels; expected x_train, y_train, x_test, y_test"),
    "float pixels": (changed(x_train=lambda x: x / 255), r"x_train is float64 \(6, 4, 5\); expected uint8 \(n, 4, 5\)"),
    "turned": (changed(x_test=lambda x: x.swapaxes(1, 2)), r"x_test is uint8 \(3, 5, 4\); expected uint8 \(n, 4, 5\)"),
    "flattened": (changed(x_train=lambda x: x.reshape(6, 20)), r"x_train is uint8 \(6, 20\)"),
    "no axes": (changed(x_train=lambda x: np.uint8(3)), r"x_train is uint8 \(\)"),
    "one label less": (
        changed(y_train=lambda y: y[1:]),
        "x_train has 6 images and y_train 5 labels; expected 6 of each",
    ),
    "too few": (changed(x_test=lambda x: x[:2], y_test=lambda y: y[:2]), "x_test has 2 images .* expected 3 of each"),
    "no images": (changed(x_test=lambda x: x[:0], y_test=lambda y: y[:0]), "x_test has 0 images"),
    "one-hot labels": (
        changed(y_test=lambda y: np.eye(3, dtype=np.uint8)[y]),
        r"y_test is uint8 \(3, 3\); expected whole",
    ),
    "float labels": (changed(y_test=lambda y: y / 1), "y_test is float64"),
    "label too high": (changed(y_train=lambda y: y + 1), "y_train holds labels 1 to 3; expected 0 to 2"),
    "label below zero": (changed(y_train=lambda y: y.astype(int) - 1), "y_train holds labels -1 to 1"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_archive_is_named_with_what_was_expected_and_the_way_out(kind, tmp_path):
    write, says = BAD[kind]
    path = tmp_path / "grey.npz"
    write(path, arrays_of(GREY))
    with pytest.raises(ValueError, match=says) as caught:
        read_archive(path, GREY)
    assert str(path) in str(caught.value) and "delete or move the file" in str(caught.value)


def test_a_bad_archive_is_closed(tmp_path):
    path = tmp_path / "grey.npz"
    truncated(path, arrays_of(GREY))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(ValueError, match="not a readable"):
            read_archive(path, GREY)
        gc.collect()
    assert not [w for w in seen if issubclass(w.category, ResourceWarning)]


def test_damaged_embedded_images_ask_for_another_way_out(tmp_path):
    path = tmp_path / "mnist_5k.npz"
    path.write_bytes(b"PK")
    with pytest.raises(ValueError, match="install robustlib again"):
        read_embedded(path)


def test_an_absent_archive_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="grey.npz: no such archive"):
        read_archive(tmp_path / "grey.npz", GREY)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_archive_that_may_not_be_read_says_so(tmp_path):
    path = tmp_path / "grey.npz"
    np.savez(path, **arrays_of(GREY))
    path.chmod(0)
    with pytest.raises(PermissionError, match="give yourself read permission"):
        read_archive(path, GREY)


def test_an_archive_appears_whole_in_a_folder_made_for_it(tmp_path):
    path = tmp_path / "new" / "folder" / "grey.npz"
    write_archive(path, GREY, arrays_of(GREY))
    assert [file.name for file in path.parent.iterdir()] == ["grey.npz"]
    assert read_archive(path, GREY)[0].y.tolist() == [0, 1, 2, 0, 1, 2]
    assert np.load(path)["classes"].tolist() == ["a", "b", "c"]


def full_disk(file, **arrays):
    file.write(b"half of it")
    raise OSError(errno.ENOSPC, "No space left on device")


def killed(file, **arrays):
    file.write(b"half of it")
    raise KeyboardInterrupt


@pytest.mark.parametrize(("writer", "error"), [(full_disk, OSError), (killed, KeyboardInterrupt)])
def test_a_write_that_fails_leaves_the_former_file_and_nothing_else(writer, error, tmp_path, monkeypatch):
    path = tmp_path / "grey.npz"
    write_archive(path, GREY, arrays_of(GREY))
    former = path.read_bytes()
    monkeypatch.setattr(np, "savez", writer)
    with pytest.raises(error):
        write_archive(path, GREY, arrays_of(GREY, seed=1))
    assert path.read_bytes() == former and [file.name for file in tmp_path.iterdir()] == ["grey.npz"]


def test_arrays_of_another_form_are_never_written(tmp_path):
    with pytest.raises(ValueError, match="expected 7 of each"):
        write_archive(tmp_path / "grey.npz", replace(GREY, sizes=(7, 3)), arrays_of(GREY))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="grey.npz: cannot be written .*file is a file, not a folder.*set ROBUSTLIB_DATA"):
        write_archive(tmp_path / "file" / "grey.npz", GREY, arrays_of(GREY))


def test_the_fingerprint_forgets_the_order_and_nothing_else(tmp_path):
    np.savez(tmp_path / "a.npz", **arrays_of(GREY))
    train, test = read_archive(tmp_path / "a.npz", GREY)
    shuffled = train.subset(torch.tensor([3, 1, 5, 0, 2, 4]))
    relabelled = replace(train, y=train.y.roll(1))
    assert fingerprint(shuffled, test) == fingerprint(test, train) == fingerprint(train, test)
    assert fingerprint(relabelled, test) != fingerprint(train, test) != fingerprint(train)


def test_class_names_are_in_the_order_of_the_labels():
    assert CIFAR10[3] == "cat" and CIFAR10[9] == "truck"
    assert len(CIFAR100) == len(set(CIFAR100)) == 100 and list(CIFAR100) == sorted(CIFAR100)
    assert all(len(form.classes) in (10, 100) and form.name == name for name, form in FORMS.items())

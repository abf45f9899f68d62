"""`load`: which images are in which split, where archives are found, and what is said when they are not."""

import hashlib
import socket
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from robustlib.datasets import Split, data_folder, load
from robustlib.datasets.__main__ import main
from robustlib.datasets.archive import fingerprint, read_archive, read_embedded
from robustlib.datasets.folders import archive_folders
from robustlib.datasets.forms import FORMS
from robustlib.datasets.loading import EmbeddedDataWarning, archive


def images_of(split: Split) -> set[bytes]:
    return {image.tobytes() for image in split.x.numpy()}


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    """An empty folder for archives, without the network."""
    monkeypatch.setenv("ROBUSTLIB_DATA", str(tmp_path))
    monkeypatch.setenv("ROBUSTLIB_OFFLINE", "1")
    monkeypatch.setattr("robustlib.datasets.loading.archive_folders", lambda: [tmp_path])  # whatever data/ holds
    return tmp_path


@pytest.fixture
def small_mnist(elsewhere, monkeypatch) -> dict[str, np.ndarray]:
    """Arrays of a set with the embedded images hidden in 5,040 training images."""
    monkeypatch.setitem(FORMS, "mnist", replace(FORMS["mnist"], sizes=(5_040, 20), fingerprint=None))
    embedded = read_embedded(data_folder() / "mnist_5k.npz")
    draw = np.random.default_rng(0)
    x = np.concatenate((embedded.x[:, 0].numpy(), draw.integers(256, size=(40, 28, 28), dtype=np.uint8)))
    y = np.concatenate((embedded.y.numpy(), np.arange(40) % 10)).astype(np.uint8)
    order = draw.permutation(5_040)
    test = {
        "x_test": draw.integers(256, size=(20, 28, 28), dtype=np.uint8),
        "y_test": np.arange(20, dtype=np.uint8) % 10,
    }
    return {"x_train": x[order], "y_train": y[order], "new": np.flatnonzero(order >= 5_000)} | test


def test_the_embedded_images_are_the_ones_of_the_data_card():
    path = data_folder() / "mnist_5k.npz"
    card = (data_folder() / "README.md").read_text(encoding="utf-8")
    images = read_embedded(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in card and images.sha256 in card
    assert path.stat().st_size < 1_000_000
    assert images.y.reshape(500, 10).tolist() == [list(range(10))] * 500
    assert len(images_of(images)) == 5_000


def test_the_embedded_splits_keep_test_images_out_of_training():
    images, digits = read_embedded(data_folder() / "mnist_5k.npz"), load("mnist_5k")
    assert [len(part) for part in (digits.train, digits.validation, digits.test)] == [4_000, 2_500, 1_000]
    first, second = images.per_class(250), images.per_class(250, offset=250)
    assert images_of(digits.validation) == images_of(first) <= images_of(digits.train)
    assert images_of(digits.test) == images_of(second.per_class(100))
    assert images_of(digits.train) == images_of(images) - images_of(digits.test)
    assert digits.test.y.bincount().tolist() == [100] * 10 and digits.test.y[:10].tolist() == list(range(10))
    assert digits.name == "mnist_5k" and digits.source == "embedded" and digits.classes == tuple("0123456789")


def test_mnist_holds_out_exactly_the_embedded_images(elsewhere, small_mnist):
    new = small_mnist.pop("new")
    np.savez(elsewhere / "mnist.npz", **small_mnist)
    digits = load("mnist")
    assert np.array_equal(digits.train.x[:, 0].numpy(), small_mnist["x_train"][new])
    assert digits.train.y.tolist() == small_mnist["y_train"][new].tolist()
    assert len(digits.validation) == 5_000 and len(digits.test) == 20 and digits.source == "archive"
    assert digits.mean[0] == pytest.approx(small_mnist["x_train"][new].mean() / 255)


@pytest.mark.parametrize("change", ["one is missing", "one is there twice"])
def test_a_training_set_without_just_the_embedded_images_is_refused(change, elsewhere, small_mnist):
    new = small_mnist.pop("new")
    old = np.setdiff1d(np.arange(5_040), new)
    target, source = (old[0], new[0]) if change == "one is missing" else (new[0], old[0])
    small_mnist["x_train"][target] = small_mnist["x_train"][source]
    np.savez(elsewhere / "mnist.npz", **small_mnist)
    found = "4,999" if change == "one is missing" else "5,001"
    with pytest.raises(ValueError, match=f"mnist.npz: {found} of its training images .* expected 5,000"):
        load("mnist")


def test_a_damaged_mnist_archive_is_an_error_and_no_reason_to_fall_back(elsewhere):
    (elsewhere / "mnist.npz").write_bytes(b"PK\x03\x04 half")
    with pytest.raises(ValueError, match="mnist.npz: not a readable npz archive"):
        load("mnist")


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_holds_out_the_last_five_thousand(name, elsewhere, monkeypatch):
    monkeypatch.setitem(FORMS, name, replace(FORMS[name], sizes=(5_030, 7)))
    x = np.zeros((5_030, 32, 32, 3), np.uint8)
    x[:30, ..., 1] = 51
    y = np.zeros((5_030, 1), np.int64)
    np.savez_compressed(elsewhere / f"{name}.npz", x_train=x, y_train=y, x_test=x[:7], y_test=y[:7])
    data = load(name)
    assert [len(part) for part in (data.train, data.validation, data.test)] == [30, 5_000, 7]
    assert data.mean == pytest.approx((0, 0.2, 0)) and data.std == pytest.approx((0, 0, 0))
    assert data.validation.x.max() == 0 and data.train.name == f"{name}/train"


def test_without_an_archive_mnist_says_so_in_one_line_every_time(elsewhere):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")  # which mutes what is repeated from one place
        first = load("mnist")
        load("mnist")
    shown = [warnings.formatwarning(w.message, w.category, w.filename, w.lineno, w.line) for w in caught]
    assert len(shown) == 2 and shown[0] == shown[1] and shown[0].count("\n") == 1
    assert "ROBUSTLIB_OFFLINE" in shown[0] and "python -m robustlib.datasets mnist" in shown[0]
    assert str(elsewhere) not in shown[0] and __file__ not in shown[0]
    assert first.name == "mnist" and first.source == "embedded" and first.sha256 == load("mnist_5k").sha256


def test_the_warning_is_an_error_where_warnings_are(elsewhere):
    with warnings.catch_warnings(), pytest.raises(EmbeddedDataWarning):
        warnings.simplefilter("error")
        load("mnist")


def test_offline_opens_no_socket(elsewhere, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    with pytest.warns(EmbeddedDataWarning):
        load("mnist")
    with pytest.raises(FileNotFoundError):
        load("cifar10")
    load("mnist_5k")


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_other_sets_name_the_folder_the_command_and_what_was_tried(name, elsewhere):
    with pytest.raises(FileNotFoundError) as caught:
        load(name)
    text = str(caught.value)
    assert f"{name}.npz is not in {elsewhere}" in text and f"python -m robustlib.datasets {name}" in text
    assert "ROBUSTLIB_OFFLINE is set" in text and "ROBUSTLIB_DATA" in text


def test_names_and_sizes_are_checked_before_anything_is_read():
    with pytest.raises(ValueError, match="no dataset 'imagenet'; there are mnist, cifar10"):
        load("imagenet")
    with pytest.raises(ValueError, match="size is for cats_vs_dogs only"):
        load("mnist_5k", size=32)


def test_archives_are_looked_for_in_the_chosen_folder_first(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBUSTLIB_DATA", str(tmp_path))
    assert archive_folders()[0] == tmp_path and len(archive_folders()) == 2
    monkeypatch.delenv("ROBUSTLIB_DATA")
    assert archive_folders()[0] != tmp_path and len(archive_folders()) == 1


def test_an_installed_package_carries_its_data_and_fetches_into_the_users_cache(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "robustlib"
    monkeypatch.setattr("robustlib.datasets.folders.PACKAGE", package)
    monkeypatch.delenv("ROBUSTLIB_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="mnist_5k.npz ships with robustlib .* install the package again"):
        data_folder()
    (package / "data").mkdir(parents=True)
    (package / "data" / "mnist_5k.npz").touch()
    assert data_folder() == package / "data"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert archive_folders() == [tmp_path / "cache" / "robustlib"]


def test_the_command_says_where_a_set_is_and_its_hash(elsewhere, small_mnist, capsys, monkeypatch):
    small_mnist.pop("new")
    path = elsewhere / "mnist.npz"
    np.savez(path, **small_mnist)
    official = fingerprint(*read_archive(path, FORMS["mnist"]))
    monkeypatch.setitem(FORMS, "mnist", replace(FORMS["mnist"], fingerprint=official))
    assert main(["mnist", "mnist_5k"]) == 0
    out = capsys.readouterr().out
    assert (
        f"mnist: {path}, the official images" in out and load("mnist").sha256 in out and load("mnist_5k").sha256 in out
    )
    small_mnist["y_test"][0] += 1
    np.savez(path, **small_mnist)
    assert main(["mnist"]) == 1
    assert "not the official images and labels" in capsys.readouterr().err


def test_the_command_fails_with_the_reason_where_a_set_cannot_be_had(elsewhere, capsys):
    assert main(["cifar10", "cats_vs_dogs"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.splitlines()) == 2
    assert f"put it at {elsewhere / 'cifar10.npz'}" in captured.err


def test_the_room_imports_neither_torchvision_nor_pillow():
    code = "import sys, robustlib.datasets; sys.exit(bool({'torchvision', 'PIL'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.full_data
def test_the_official_set_less_the_embedded_images_is_55_000():
    digits = load("mnist")
    assert [len(part) for part in (digits.train, digits.validation, digits.test)] == [55_000, 5_000, 10_000]
    kept, held, test = images_of(digits.train), images_of(digits.validation), images_of(digits.test)
    assert len(kept) == 55_000 and len(held) == 5_000 and not held & (kept | test)
    official = read_archive(archive(FORMS["mnist"]), FORMS["mnist"])
    assert fingerprint(*official) == FORMS["mnist"].fingerprint
    place = {image.tobytes(): i for i, image in enumerate(official[0].x.numpy())}
    assert max(place[image] for image in held) == 5_847
    assert torch.equal(digits.validation.y, read_embedded(data_folder() / "mnist_5k.npz").y)

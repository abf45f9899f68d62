"""Checkpoints of a training: stopped and resumed, finished, of another run, damaged, hostile."""

import pickle
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from robustlib.attacks import FGSM
from robustlib.datasets import Augment, Batches, load
from robustlib.files import write_state
from robustlib.models import Classifier
from robustlib.objectives import AdversarialTraining, CrossEntropy
from robustlib.training import SGD, Adam, Cosine, fit


@pytest.fixture(scope="module")
def few():
    return load("mnist_5k").train.subset(slice(60))


def small(width: int = 8) -> Classifier:
    torch.manual_seed(0)
    return Classifier(nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.Dropout(0.5)), nn.Linear(width, 10))


def train(few, path: Path | None, model: Classifier | None = None, **options):
    """Three passes of three batches, with dropout and augmentation."""
    model = small() if model is None else model
    options = {"optimizer": Adam(1e-2), "epochs": 3, "schedule": Cosine(), "progress": False} | options
    sampler = options.pop("sampler", Batches(20, augment=Augment(2)))
    objective = options.pop("objective", CrossEntropy())
    return model, fit(model, sampler(few), objective, checkpoint=path, **options)


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(s, t) for s, t in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


@pytest.fixture
def finished(few, tmp_path):
    path = tmp_path / "run.pt"
    model, history = train(few, path)
    return path, model, history


def test_a_time_budget_stops_saved_and_the_rest_gives_the_same_weights(few, tmp_path):
    path = tmp_path / "deep" / "run.pt"
    whole, _ = train(few, None)
    unfinished = 0
    for _ in range(20):
        model, history = train(few, path, time_budget=0.0)
        if history.finished:
            break
        unfinished += 1
        assert len(history.seconds) < 3
    assert unfinished == 9, "a spent budget stops after one batch"
    assert same(model, whole) and all(len(values) == 3 for values in history.terms.values())
    assert history["ce"] == train(few, None)[1]["ce"]


@pytest.mark.parametrize("precision", [torch.bfloat16, "fast"], ids=str)
def test_the_precision_survives_too(few, tmp_path, precision):
    options = {"precision": precision, "channels_last": True, "clip": 0.5}
    whole, _ = train(few, None, **options)
    for _ in range(10):
        model, _ = train(few, tmp_path / "run.pt", time_budget=0.0, **options)
    assert same(model, whole)


def test_the_random_numbers_after_a_resumed_run_are_those_of_one_left_alone(few, tmp_path):
    train(few, None)
    expected = torch.rand(3)
    for _ in range(10):
        train(few, tmp_path / "run.pt", time_budget=0.0)
    assert torch.equal(torch.rand(3), expected)


def test_a_finished_run_is_loaded_not_trained_again(few, finished):
    path, model, history = finished
    written = path.stat().st_mtime_ns

    def forbidden(*batch):
        raise AssertionError("trained again")

    other = small()
    other.register_forward_pre_hook(forbidden)
    again, loaded = train(few, path, other)
    assert path.stat().st_mtime_ns == written
    assert same(again, model) and loaded == history


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": Adam(2e-2)},
        {"optimizer": SGD(1e-2)},
        {"epochs": 4},
        {"schedule": Cosine.__call__},
        {"clip": 1.0},
        {"precision": torch.bfloat16},
        {"sampler": Batches(20)},
        {"sampler": Batches(30, augment=Augment(2))},
        {"objective": AdversarialTraining(FGSM(0.1))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_checkpoint_of_another_run_is_an_error_that_names_it(few, finished, change):
    path, _, _ = finished
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"run\.pt: belongs to another run") as raised:
        train(few, path, **change)
    assert "there:" in str(raised.value) and "delete the file" in str(raised.value)
    assert path.read_bytes() == before


def test_other_images_are_another_run(few, finished):
    x = few.x.clone()
    x[0, 0, 0, 0] += 1
    with pytest.raises(ValueError, match="belongs to another run"):
        train(replace(few, x=x), finished[0])


def test_another_network_is_an_error_that_names_the_file(few, finished):
    with pytest.raises(ValueError, match=r"run\.pt"):
        train(few, finished[0], small(width=9))


def test_a_truncated_file_is_an_error_that_names_it(few, finished):
    path, whole = finished[0], finished[0].read_bytes()
    for length in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"(?s)run\.pt: not a readable training state .*delete it"):
            train(few, path)


def test_garbage_is_an_error_that_names_the_file(few, tmp_path):
    path, draw = tmp_path / "run.pt", random.Random(0)
    contents = [b"not a checkpoint", b"0", b"}", b"\x80\x02.", b"PK\x03\x04", b"\x93NUMPY"]
    contents += [draw.randbytes(draw.randint(1, 40)) for _ in range(60)]
    wrong = {}
    for content in contents:
        path.write_bytes(content)
        try:
            train(few, path)
        except ValueError as error:
            if "run.pt: not a readable" not in str(error):
                wrong[content] = error
        except Exception as error:
            wrong[content] = error
    assert wrong == {}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("value", [["a list"], {"model": 1}, 7, {"run": "other"}], ids=str)
@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_a_foreign_file_is_an_error_that_names_it(few, tmp_path, value, writer):
    path = tmp_path / "run.pt"
    if writer == "torch":
        torch.save(value, path)
    else:
        path.write_bytes(pickle.dumps(value))
    with pytest.raises(ValueError, match=r"run\.pt"):
        train(few, path)


class Hostile:
    """Creates a file when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self):
        return Path.touch, (self.witness,)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("writer", ["torch", "pickle", "sealed"])
def test_code_in_a_checkpoint_is_not_run(few, tmp_path, writer):
    path, witness = tmp_path / "run.pt", tmp_path / "witness"
    content = {"run": Hostile(witness)}
    if writer == "torch":
        torch.save(content, path)
    elif writer == "sealed":
        write_state(path, content)
    else:
        path.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=r"run\.pt: not a readable"):
        train(few, path)
    assert not witness.exists()
    pickle.loads(pickle.dumps(content))
    assert witness.exists(), "the code does run where it is allowed to"

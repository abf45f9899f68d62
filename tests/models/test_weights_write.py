"""Writing a checkpoint: a folder that cannot be written, a write that fails, a process that is killed."""

import os
import signal
import time

import pytest
import torch
from torch import nn

from robustlib.models import lenet1, load_weights, save_weights


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = lenet1()
    path = tmp_path / "deep" / "er" / "model.safetensors"
    save_weights(model, path)
    return model, path


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(v, b.state_dict()[k]) for k, v in a.state_dict().items())


def test_a_folder_that_is_a_file_and_a_file_that_is_a_folder(saved):
    model, path = saved
    with pytest.raises(OSError):
        save_weights(model, path / "below")
    with pytest.raises(ValueError, match="is a folder, not a file"):
        save_weights(model, path.parent)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(saved):
    model, path = saved
    path.parent.chmod(0o500)
    with pytest.raises(OSError, match="model.safetensors|ermission"):
        save_weights(model, path)
    path.parent.chmod(0o700)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(saved, monkeypatch):
    model, path = saved

    def torn(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", torn)
    with pytest.raises(KeyboardInterrupt):
        save_weights(lenet1(), path)
    monkeypatch.undo()
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert same(model, load_weights(lenet1(), path))


@pytest.mark.parametrize("seconds", [0.02, 0.05, 0.11])
def test_a_process_killed_while_it_writes_leaves_a_whole_file(tmp_path, seconds):
    path = tmp_path / "model"
    model = nn.Linear(1500, 1500)
    nn.init.constant_(model.weight, 0)
    save_weights(model, path)
    child = os.fork()
    if child == 0:
        value = 0
        while True:
            value += 1
            nn.init.constant_(model.weight, value)
            save_weights(model, path)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    weight = load_weights(nn.Linear(1500, 1500), path).weight
    assert weight.min() == weight.max()

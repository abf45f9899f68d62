"""Algorithms 1 and 2: what is attacked in which round, what is trained on, and that interrupted rounds go on."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from objectives.toys import network
from training.crafter import whole
from training.test_crafting import other_network, split

import robustlib
from robustlib.attacks import BIM, FGSM
from robustlib.datasets import Crafted
from robustlib.objectives import AT2L
from robustlib.training import SGD, retrain

SCRIPT = Path(__file__).with_name("crafter.py")
RATE = SGD(0.05, momentum=0.0)
A = {"FGSM": FGSM(0.1), "I-FGSM": BIM(0.1, 3)}


def rounds_of(model, folder, objective=AT2L(), attacks=A, **options):  # noqa: B008
    options = {"optimizer": RATE, "sampler": Crafted(6), "progress": False} | options
    return retrain(model, split(), objective, attacks, folder, **options)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@dataclass(frozen=True)
class Seen:
    """AT2L that keeps what it was handed."""

    batches: list = field(default_factory=list, compare=False)

    def __call__(self, model, x, y, x_adv):
        self.batches.append((x, y, x_adv))
        return AT2L()(model, x, y, x_adv)


def rows_of(x, among):
    """Where each image stands among those."""
    return (x[:, None] == among[None]).flatten(2).all(2).float().argmax(1)


def test_each_round_trains_on_sets_against_the_weights_it_began_with(tmp_path):
    model, other, objective, x = network(), other_network(), Seen(), split()[:][0]
    y, found = split().y, []
    began = {name: p.detach().clone() for name, p in model.state_dict().items()}
    for number, history in enumerate(rounds_of(model, tmp_path, objective, sources={"g": other}, rounds=2), 1):
        found.append(weights(model))
        assert (
            history.finished
            and set(history.terms) == {"clean", "adversarial", "triplet"}
            and len(history["clean"]) == 1
        )
        start = network()
        start.load_state_dict(began)
        forms = [attack(m, x, y) for m in (other, start) for attack in A.values()]
        clean, labels, attacked = (torch.cat(parts) for parts in zip(*objective.batches, strict=True))
        who = rows_of(clean, x)
        assert sorted(who.tolist()) == list(range(18)) and torch.equal(labels, y[who])
        used = {
            next(j for j, f in enumerate(forms) if torch.equal(f[i], a)) for i, a in zip(who, attacked, strict=True)
        }
        assert used == {0, 1, 2, 3}, f"every attack on every model in round {number}"
        objective.batches.clear()
        began = {name: p.detach().clone() for name, p in model.state_dict().items()}
    assert not torch.equal(*found) and torch.equal(weights(other), weights(other_network()))
    folders = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.glob("*/*-on-*"))
    assert folders == [
        *("round1/FGSM-on-itself", "round1/I-FGSM-on-itself", "round2/FGSM-on-itself", "round2/I-FGSM-on-itself"),
        *("sources/FGSM-on-g", "sources/I-FGSM-on-g"),
    ]


def test_algorithm_1_lowers_the_loss_that_it_minimises(tmp_path):
    histories = list(rounds_of(network(), tmp_path, rounds=3, epochs=5))
    sums = [sum(values[-1] for values in history.terms.values()) for history in histories]
    assert sums[2] < sums[0] and [len(history.seconds) for history in histories] == [5, 5, 5]


def test_tramers_ensemble_training_has_no_triplet(tmp_path):
    row = AT2L.ensemble_adversarial_training()
    (history,) = rounds_of(network(), tmp_path, row, sources={"g": other_network()}, itself=False, rounds=1)
    assert set(history.terms) == {"clean", "adversarial"}
    assert not (tmp_path / "round1" / "FGSM-on-itself").exists()


def test_called_again_it_ends_with_the_same_weights_and_makes_nothing_anew(tmp_path):
    first, second = network(), network()
    torch.manual_seed(1)
    draws = [torch.rand(1).item() for _ in rounds_of(first, tmp_path, rounds=2)]
    torch.manual_seed(1)
    assert draws == [torch.rand(1).item(), torch.rand(1).item()], "the global numbers are put back"
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.pt") if p.name != "training.pt"}
    torch.manual_seed(2)
    assert len(list(rounds_of(second, tmp_path, rounds=2))) == 2
    assert torch.equal(weights(first), weights(second))
    assert before == {p: p.stat().st_mtime_ns for p in before}
    elsewhere = network()
    list(rounds_of(elsewhere, tmp_path / "alone", rounds=2))
    assert torch.equal(weights(elsewhere), weights(first))
    for number, _ in enumerate(rounds_of(network(), tmp_path, rounds=4), 1):
        if number == 3:
            break  # no fourth round is made
    assert (tmp_path / "round3").is_dir() and not (tmp_path / "round4").exists()


def test_another_start_is_told_of(tmp_path):
    list(rounds_of(network(), tmp_path, rounds=1))
    with pytest.raises(ValueError, match="adversarial images of another set; what differs: weights"):
        list(rounds_of(other_network(), tmp_path, rounds=1))


def test_a_time_budget_ends_the_rounds_and_they_go_on(tmp_path):
    model = network()
    (history,) = rounds_of(model, tmp_path, rounds=3, time_budget=0.0)
    assert not history.finished and not (tmp_path / "round2").exists()
    again, alone = network(), network()
    assert len(list(rounds_of(again, tmp_path, rounds=3))) == 3
    list(rounds_of(alone, tmp_path / "alone", rounds=3))
    assert torch.equal(weights(again), weights(alone))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"attacks": {}}, "got no attack: nothing to train on"),
        ({"itself": False}, "got no source, and itself=False"),
        ({"rounds": 0}, "rounds=0, epochs=1"),
        ({"epochs": 0}, "rounds=3, epochs=0"),
        ({"sources": {"itself": network()}}, "a source is called 'itself'"),
    ],
)
def test_what_it_refuses(tmp_path, fields, told):
    with pytest.raises(ValueError, match=told):
        next(rounds_of(network(), tmp_path, **fields))
    assert not list(tmp_path.iterdir())


def start(folder: Path, saved: Path) -> subprocess.Popen:
    """The retraining in a process of its own."""
    path = [str(Path(robustlib.__file__).parents[1]), str(SCRIPT.parents[1]), os.environ.get("PYTHONPATH", "")]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, SCRIPT, folder, saved], stdout=subprocess.PIPE, text=True, env=env)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_killed_while_it_crafts_and_trains_it_ends_with_the_same_bits(tmp_path):
    folder, saved = tmp_path / "rounds", tmp_path / "weights.pt"
    moments = [(random.randint(2, 5), random.random() / 20) for _ in range(3)]  # batches asked for, then seconds
    for batches, seconds in moments:
        process = start(folder, saved)
        for _ in range(batches):
            assert process.stdout.readline() == "batch\n", process.wait()
        time.sleep(seconds)
        process.kill()
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL and not saved.exists()
    process = start(folder, saved)
    process.communicate(timeout=120)
    assert process.returncode == 0
    expected, found = whole(tmp_path / "alone").state_dict(), torch.load(saved, weights_only=True)
    assert [name for name in expected if not torch.equal(found[name], expected[name])] == [], (
        f"after kills at {moments}"
    )
    there = {p.relative_to(folder): p for p in folder.rglob("*.pt") if p.name != "training.pt"}
    for name, path in there.items():
        assert path.read_bytes() == (tmp_path / "alone" / name).read_bytes()

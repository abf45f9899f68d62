"""Any number of images in the memory of one batch: the same result, each batch on the model's device, a bar."""

import io
from dataclasses import dataclass, field

import pytest
import torch
from attacks.targets import batch, count, network
from torch import nn
from tqdm import tqdm

from robustlib.attacks import APGDT, BIM, DDN, FGSM, PGD, DeepFool, InBatches, Restarts, wrappers
from robustlib.attacks.climb import is_broken

DETERMINISTIC = [FGSM(0.1), BIM(0.1, 4), DDN(8), DeepFool(), APGDT(0.1, 4, targets=2, random_start=False)]


@pytest.fixture
def target():
    model = network()
    return model, *batch(model, 23)


@pytest.mark.parametrize("attack", DETERMINISTIC, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("size", [1, 5, 23, 100])
def test_a_deterministic_attack_gives_what_it_gives_at_once(target, attack, size):
    model, x, y = target
    whole, parts = attack(model, x, y), InBatches(attack, size)(model, x, y)
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-4)
    assert parts.shape == x.shape and parts.dtype == x.dtype and parts.data_ptr() != x.data_ptr()


@dataclass(frozen=True)
class Spy:
    """Notes the images and labels it is given; gives them back changed, on the CPU if the device is not real."""

    seen: list = field(default_factory=list)
    targeted: bool = False

    def __call__(self, model, x, y):
        self.seen.append((len(x), x.device.type, y.device.type, y.cpu().tolist() if y.device.type == "cpu" else None))
        return (1 - x) if x.device.type == "cpu" else torch.zeros(x.shape)


def test_every_image_is_attacked_once_with_its_label_and_no_batch_is_larger(target):
    model, x, _ = target
    spy, y = Spy(), torch.arange(23) % 4
    x_adv = InBatches(spy, 10)(model, x, y)
    assert [n for n, *_ in spy.seen] == [10, 10, 3]
    assert sum((labels for *_, labels in spy.seen), []) == y.tolist()
    assert torch.equal(x_adv, 1 - x)


def test_images_stay_here_and_each_batch_goes_where_the_model_is(target):
    _, x, y = target
    for part in (nn.Linear(2, 2, device="meta"), nn.BatchNorm1d(2, affine=False, device="meta")):  # buffers alone, too
        spy = Spy()
        x_adv = InBatches(spy, 9)(nn.Sequential(nn.Flatten(), part), x, y)
        assert [seen[:3] for seen in spy.seen] == [(n, "meta", "meta") for n in (9, 9, 5)]
        assert x_adv.device == x.device and not x_adv.any()


def test_a_model_without_weights_is_asked_where_the_images_are(target):
    _, x, y = target
    spy = Spy()
    InBatches(spy, 23)(nn.Flatten(), x, y)
    assert spy.seen[0][:3] == (23, "cpu", "cpu")


def test_the_same_seed_gives_the_same_images_and_nothing_is_asked_twice(target):
    model, x, y = target
    results = []
    for _ in range(2):
        torch.manual_seed(3)
        results.append(count(InBatches(PGD(0.1, 4), 6), model, x, y))
    assert torch.equal(results[0][0], results[1][0]) and results[0][1] == 4 * 23


def test_it_is_as_strong_as_what_it_wraps_and_says_whether_labels_are_targets(target):
    model, x, y = target
    torch.manual_seed(0)
    broken = is_broken(model, InBatches(Restarts(PGD(0.1, 8), 2), 7)(model, x, y), y)
    torch.manual_seed(0)
    at_once = is_broken(model, Restarts(PGD(0.1, 8), 2)(model, x, y), y)
    assert abs(int(broken.sum()) - int(at_once.sum())) <= 2
    assert InBatches(PGD(targeted=True)).targeted and not InBatches(PGD()).targeted


def test_an_empty_batch(target):
    model, x, y = target
    assert InBatches(FGSM(0.1))(model, x[:0], y[:0]).shape == x[:0].shape


def test_the_bar_counts_images(target, monkeypatch):
    model, x, y = target
    bars, shown = [], io.StringIO()

    def bar(**fields):
        bars.append(tqdm(file=shown, mininterval=0, **fields))
        return bars[-1]

    monkeypatch.setattr(wrappers, "tqdm", bar)
    for progress in (False, True):
        InBatches(FGSM(0.1), 10, progress=progress)(model, x, y)
    assert bars[0].disable and bars[1].total == bars[1].n == 23 and "23/23" in shown.getvalue()


def test_it_takes_the_memory_of_one_batch(target):
    """What is alive at once, by the sizes of the tensors that autograd saves: that of one batch, not of all."""
    model, _, _ = target
    x, y = batch(model, 120)
    largest = []
    for size in (120, 10):
        seen = [0]

        def note(tensor, seen=seen):
            seen[0] = max(seen[0], tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            InBatches(FGSM(0.1), size)(model, x, y)
        largest.append(seen[0])
    assert largest[0] >= 10 * largest[1]


@pytest.mark.bad_input
def test_bad_sizes_and_images(target):
    model, x, y = target
    with pytest.raises(ValueError, match="size >= 1, got 0"):
        InBatches(FGSM(), 0)
    with pytest.raises(ValueError, match="must lie in"):
        InBatches(FGSM(), 10)(model, x + 1, y)
    with pytest.raises(ValueError, match="labels must lie in"):
        InBatches(FGSM(), 10)(model, x, y + 4)

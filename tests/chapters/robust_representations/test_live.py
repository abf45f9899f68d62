"""The panel's table: a network is tuned for a moment, and what is printed is what it is then."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from robustlib.attacks import PGD
from robustlib.chapters.robust_representations.live import RADII, SEED, judged, retrain
from robustlib.datasets import Batches, load
from robustlib.evaluation import accuracy, under_attack
from robustlib.losses import margin, semi_hard
from robustlib.models import lenet1
from robustlib.objectives import CrossEntropy
from robustlib.training import Adam, fit


@pytest.fixture(scope="module")
def tuned():
    """A LeNet before and after, and the table."""
    few = load("mnist_5k")
    data = replace(few, train=few.train.subset(slice(200)), test=few.test.subset(slice(30)))
    torch.manual_seed(5)
    before = lenet1()
    after = deepcopy(before)
    return before, after, data, retrain(after, data, mine=semi_hard, gap=0.5, epochs=2, images=10)


def test_the_numbers_are_those_of_the_tuned_network_on_the_images_asked_for(tuned):
    before, after, data, table = tuned
    assert table.rows == ["semi-hard, margin 0.5, weight 1"]
    found = {column: table[table.rows[0], column] for column in table.columns}
    x, y = data.test[:10]
    assert not torch.equal(before.head.weight, after.head.weight)
    assert found["clean"].ours == pytest.approx(100 * accuracy(after, (x, y))) and found["clean"].n == 10
    for eps in RADII:
        name = f"eps {eps:g}"
        again = under_attack(after, {name: PGD(eps, steps=20, loss=margin, stop_early=True)}, (x, y))[name]
        assert found[name].ours == pytest.approx(100 * again.accuracy)
    assert "n = 10 bundled images, seed 0, 2 epochs on 200 images" in table.caption


def test_the_seed_of_the_caption_decides_and_not_what_was_drawn_before(tuned):
    before, after, data, _ = tuned
    torch.manual_seed(99)
    again = deepcopy(before)
    retrain(again, data, mine=semi_hard, gap=0.5, epochs=2, images=10)
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), after.parameters(), strict=True))


def test_without_the_stop_gradient_another_network_comes_out_and_the_row_says_so(tuned):
    before, after, data, _ = tuned
    joint = deepcopy(before)
    table = retrain(joint, data, mine=semi_hard, gap=0.5, stop_gradient=False, epochs=2, images=3)
    assert table.rows == ["semi-hard, margin 0.5, weight 1, no stop-gradient"]
    pairs = zip(joint.body.parameters(), after.body.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)


def test_without_an_epoch_the_row_says_so(tuned):
    before, _, data, _ = tuned
    assert retrain(deepcopy(before), data, epochs=0, images=3).rows == ["not tuned"]


def test_without_triplets_it_is_cross_entropy_on_the_same_images(tuned):
    before, after, data, _ = tuned
    plain, by_hand = deepcopy(before), deepcopy(before)
    table = retrain(plain, data, mine=None, epochs=2, images=10)
    assert table.rows == ["cross-entropy alone"]
    torch.manual_seed(SEED)
    fit(by_hand, Batches(128)(data.train), CrossEntropy(), optimizer=Adam(1e-3), epochs=2, progress=False)
    assert all(torch.equal(a, b) for a, b in zip(by_hand.parameters(), plain.parameters(), strict=True))
    assert not torch.equal(plain.head.weight, after.head.weight)


def test_a_network_is_judged_without_being_changed(tuned):
    _, after, data, table = tuned
    found = judged(after, data, images=10)
    assert list(found) == ["clean", *(f"eps {eps:g}" for eps in RADII), "separation"]
    assert found["separation"] == table[table.rows[0], "separation"].ours
    assert 100 * found["eps 0.1"].accuracy == pytest.approx(table[table.rows[0], "eps 0.1"].ours)
    assert list(judged(after, data, images=10, radii=(0.3,))) == ["clean", "eps 0.3", "separation"]

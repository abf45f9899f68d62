"""Paired differences from cross-entropy, from rows of ten images whose fates are written down."""

import pytest
import torch
from chapters.stored_by_hand import stored_by_hand

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.chapters.one_table import beside_cross_entropy, readings
from robustlib.chapters.one_table.beside_cross_entropy import UNSEEN, against, by_seed, listed, told, verdict
from robustlib.chapters.one_table.methods import BY_KEY, RADII
from robustlib.evaluation import Outcome
from robustlib.experiments.quantities import Quantity
from robustlib.experiments.rows import accuracy_row
from robustlib.experiments.standard_suite import CHEAP

ONE = range(1)  # what cross-entropy keeps, of ten


def kept(*images, seed=0):
    """What the suite, and an attack of its own, leave of a method: these images of ten, at every radius."""
    moved, right = torch.full((10,), 0.5), torch.zeros(10, dtype=torch.bool)
    right[list(images)] = True

    def rows(*attacks):
        outcome = Outcome(right, moved, moved, 1.0)
        at = {"norm": "Linf", "seed": seed, "dataset": "mnist"}
        return [accuracy_row(outcome, attack=attack, eps=eps, **at) for attack in attacks for eps in RADII]

    return rows


@pytest.fixture
def store(monkeypatch):
    """Puts what each method keeps, by seed, in the place of the stored files."""

    def put(methods):
        files = {}
        for key, seeds in methods.items():
            for seed, images in seeds.items():
                rows = kept(*images, seed=seed)
                files[BY_KEY[key].network, "standard", seed] = rows(*CHEAP, "AutoAttack")
                if BY_KEY[key].own:
                    files[BY_KEY[key].network, "own", seed] = rows(BY_KEY[key].own)
        monkeypatch.setattr(readings, "stored_rows", stored_by_hand(files))

    return put


def test_what_only_one_of_two_keeps_is_counted(store):
    """Images 1 to 9 are kept by the penalty alone: d = 9 of 10, its interval 0.75 -+ 1.96 sqrt(10 - 81/12) / 12."""
    store({"ce": {0: ONE}, "jacobian": {0: range(10)}, "smoothing": {1: range(10)}})
    (apart,) = against("jacobian").values()
    half = 1.959964 * (10 - 81 / 12) ** 0.5 / 12
    assert (apart.value, apart.n, apart.high) == (90.0, 10, 100.0) and apart.low == pytest.approx(100 * (0.75 - half))
    assert against("ce", "jacobian")[0].value == -90.0
    assert against("smoothing") == {}, "its seed has no cross-entropy beside it"


def test_every_seed_has_to_agree():
    more, less, none = (Quantity(v, v - 5, v + 5, "") for v in (10, -10, 1))
    assert [verdict(found) for found in ([more, more], [less], [more, none], [more, less])] == [
        "more", "less", "not told apart", "not told apart",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="without a seed"):
        verdict([])


def test_the_methods_are_sorted_by_their_verdict_once_all_are_there(store):
    everything = {"ce": {0: ONE, 1: ONE}} | {key: {0: ONE, 1: ONE} for key in UNSEEN}
    everything["jacobian"] = {0: range(10), 1: range(10)}
    everything["madnet"] = {0: range(10), 1: ONE}
    store(everything)
    assert told("more") == ["Jacobian regularisation"] and told("less") == []
    assert len(told("not told apart")) == len(UNSEEN) - 1
    del everything["dundi"]
    store(everything)
    assert told("more") is None


def test_a_method_depends_on_its_seed_where_one_seed_alone_would_say_another_thing(store):
    everything = {"ce": {0: ONE, 1: ONE}} | {key: {0: ONE, 1: ONE} for key in UNSEEN}
    everything["jacobian"] = {0: range(10), 1: range(10)}
    everything["madnet"] = {0: range(10), 1: ONE}
    store(everything)
    assert by_seed() == ["MadNet"]
    everything["dundi"] = {0: ONE}
    store(everything)
    assert by_seed() is None, "one seed of DunDi says nothing of the next"


def test_the_table_has_a_line_for_each_method_and_a_column_for_each_seed_that_is_there(store):
    store({"ce": {0: ONE, 1: ONE}, "jacobian": {0: range(10), 1: range(3)}, "rce": {0: ()}})
    table = beside_cross_entropy.beside_cross_entropy()
    assert table.rows == [BY_KEY[key].label for key in UNSEEN] and table.columns == ["seed 0", "seed 1"]
    assert [table["Jacobian regularisation", f"seed {seed}"].ours for seed in (0, 1)] == [90.0, 20.0]
    assert table["Reverse cross-entropy", "seed 0"].ours == -10.0 and table["MadNet", "seed 0"].ours is None
    assert "n = 10 official" in table.caption


def test_labels_become_words():
    assert [listed("ABC"[:k]) for k in range(4)] == ["none", "*A*", "*A* and *B*", "*A*, *B* and *C*"]

"""Outer iterations as experiments: each crafts against the weights it starts from, and none crafts what is there."""

from dataclasses import replace

import pytest
import torch
from experiments.toy_runs import digits, same_weights, toy

from robustlib.attacks import BIM, FGSM
from robustlib.datasets import Crafted
from robustlib.experiments import Crafting, load_model, missing, run
from robustlib.experiments.crafted_sets import crafted_split
from robustlib.experiments.results import runs_folder
from robustlib.objectives import AT2L
from robustlib.training import Adam

GRADIENT = {"FGSM": FGSM(0.2), "I-FGSM": BIM(0.2, 3)}
CLEAN, SOURCE = toy("clean"), toy("source", optimizer=Adam(2e-2))
ONE = toy(
    "one", start=CLEAN, crafted=Crafting(GRADIENT, ("source",), images={"I-FGSM": 80}, batch=50), sampler=Crafted(25),
    objective=AT2L(), epochs=1,
)  # fmt: skip
TWO = replace(ONE, name="two", start=ONE)
WITHOUT = replace(ONE, name="without", objective=AT2L.ensemble_adversarial_training())
ALL = (TWO, WITHOUT, ONE, CLEAN, SOURCE)


def batches():
    """The stored batches, by when they were written."""
    return {path: path.stat().st_mtime_ns for path in (runs_folder() / "crafted").rglob("*.pt")}


def test_two_outer_iterations_and_the_row_without_a_triplet(joined):
    joined(*ALL)
    result = run("two", progress=False)
    assert set(result["history"]["terms"]) == {"clean", "adversarial", "triplet"}
    assert result["schedule"]["start"] == "one"
    crafted = result["recipe"]["crafted"]
    assert crafted["attacks"]["I-FGSM"]["class"] == "BIM" and crafted["sources"] == ["source"]
    there = batches()
    # of 200 images 4 batches under FGSM, of 80 images 2 under I-FGSM: on the source once, on itself in both iterations
    assert len(there) == 3 * (4 + 2)
    result = run("without", progress=False)
    assert set(result["history"]["terms"]) == {"clean", "adversarial"}
    assert batches() == there, "it attacks the same weights with the same attacks"
    assert not [task for task in missing() if task.name in {e.name for e in ALL}]


def test_what_is_crafted_is_of_the_start_and_of_the_source(joined):
    joined(*ALL)
    run("one", progress=False)
    start, source = load_model("clean"), load_model("source")
    split = crafted_split(ONE, start, 0, digits())
    assert list(split.sets) == ["FGSM on source", "I-FGSM on source", "FGSM on itself", "I-FGSM on itself"]
    x, y = digits().train[:]
    torch.testing.assert_close(split.sets["FGSM on itself"], FGSM(0.2)(start, x, y))
    torch.testing.assert_close(split.sets["I-FGSM on source"], BIM(0.2, 3)(source, x[:80], y[:80]))
    assert not torch.equal(split.sets["FGSM on itself"], split.sets["FGSM on source"])


def test_interrupted_while_it_crafts_it_goes_on(joined, monkeypatch):
    joined(*ALL)
    for name in ("clean", "source"):
        run(name, progress=False)
    whole, calls = FGSM.__call__, []

    def breaks(attack, *given):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(attack, *given)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(FGSM, "__call__", breaks)
        run("one", progress=False)
    monkeypatch.setattr(FGSM, "__call__", whole)
    left = batches()
    run("one", progress=False)
    assert left.items() <= batches().items()


def test_the_same_run_ends_with_the_same_weights(joined, monkeypatch, tmp_path):
    joined(*ALL)
    run("one", progress=False)
    first = load_model("one")
    monkeypatch.setenv("ROBUSTLIB_RUNS", str(tmp_path / "elsewhere"))
    run("one", progress=False, again=True)
    assert same_weights(first, load_model("one"))


def test_other_attacks_make_another_run():
    assert ONE.recipe(1) != replace(ONE, crafted=Crafting({"FGSM": FGSM(0.1)})).recipe(1)
    assert "crafted" not in CLEAN.recipe(1), "what an experiment without sets records stays what it was"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"attacks": {}}, "got no attack: nothing would be made"),
        ({"attacks": GRADIENT, "itself": False}, "got no source, and itself=False"),
        ({"attacks": GRADIENT, "images": {"CW": 5}}, "counts for 'CW', which is none of FGSM, I-FGSM"),
    ],
)
def test_sets_of_nothing(fields, told):
    with pytest.raises(ValueError, match=told):
        Crafting(**fields)


def test_a_network_with_a_frozen_part_has_no_adversarial_sets(joined):
    with pytest.raises(ValueError, match="one: adversarial images are of networks trained as a whole"):
        crafted_split(replace(ONE, frozen=lambda model: (model, model)), ONE.model(), 0, digits())

"""Every network and every measurement of the chapter from end to end at toy size."""

import json
from dataclasses import replace

import pytest
import torch

from robustlib.attacks import FGSM, climb, pgd
from robustlib.chapters.input_defences import defense_gan_attacks, thermometer_attacks
from robustlib.chapters.input_defences.defense_gan_attacks import DefenseGANAttacks, Reconstruction
from robustlib.chapters.input_defences.measures import MEASUREMENTS, OTHER  # cards: in the chapter on judging
from robustlib.chapters.input_defences.printed_tables import THERMOMETERS
from robustlib.chapters.input_defences.randomisation_attacks import DEFENCE, ENSEMBLE, VANILLA, RandomisationAttacks
from robustlib.chapters.input_defences.runs import EXPERIMENTS, GAN, PLAIN
from robustlib.chapters.input_defences.thermometer_attacks import ThermometerAttacks
from robustlib.datasets import Batches, Dataset, Split, load
from robustlib.describe import describe
from robustlib.experiments import Subject, one, select, standard_suite
from robustlib.experiments.printed import join, lacking, printed, reported
from robustlib.experiments.rows import read, renamed, written
from robustlib.experiments.standard_suite import WORST, StandardSuite
from robustlib.models import Search, Thermometer
from robustlib.training import fit

pytestmark = pytest.mark.slow
N = 6
TERMS = {"plain": {"ce"}, "gan": {"critic", "penalty", "generator"}}
BY_NAME = {e.name: e for e in EXPERIMENTS}
SHORT = {
    StandardSuite: {"images": N, "whole": 4},
    ThermometerAttacks: {"few": 4, "steps": 2, "restarts": 2, "queries": 3},
    RandomisationAttacks: {"few": 3, "draws": 2, "steps": 2, "queries": 3},
    DefenseGANAttacks: {"few": 3, "search": Search(2, 2), "steps": 2, "warm": 1},
    Reconstruction: {"search": Search(2, 2), "pictures": 3, "alone": 2},
}


def few(name: str) -> Dataset:
    """A few images under the name of a full set."""
    if name == "mnist":
        digits = load("mnist_5k")
        return replace(digits, name=name, train=digits.train.subset(slice(128)), test=digits.test.subset(slice(N)))
    x = torch.randint(256, (40, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    y = torch.arange(40) % 10
    parts = [Split(x[:n], y[:n], f"{name}/{part}") for part, n in (("train", 40), ("validation", N), ("test", N))]
    return Dataset(name, *parts, tuple("abcdefghij"), (0.5,) * 3, (0.2,) * 3, "archive")


@pytest.fixture(scope="module", autouse=True)
def toy_size():
    """No climb longer than two steps, one value of c, FGSM in the place of AutoAttack."""
    whole, attacks = climb.climb, RandomisationAttacks.attacks

    def fewer(self):
        found = attacks(self)
        return found | {
            "C&W": replace(found["C&W"], binary_search_steps=1, steps=2),
            "DeepFool": replace(found["DeepFool"], steps=1),
        }

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pgd, "climb", lambda attack, *a: whole(replace(attack, steps=min(2, attack.steps)), *a))
        patch.setattr(standard_suite, "AutoAttack", lambda eps, precision: FGSM(eps))
        patch.setattr(RandomisationAttacks, "attacks", fewer)
        yield


@pytest.fixture(scope="module")
def trained():
    """The networks after a few batches, with their histories."""
    found = {}
    for e in EXPERIMENTS:
        torch.manual_seed(0)
        model = e.model()
        options = {"optimizer": e.optimizer, "epochs": 1, "schedule": e.schedule_for(1), "precision": e.precision}
        loader = Batches(20, drop_last=True)(few(e.dataset).train)
        found[e.name] = model, fit(model, loader, e.objective, progress=False, **options)
        model.eval()
    return found


@pytest.fixture(scope="module")
def measured(trained, tmp_path_factory):
    """The rows of every measurement, written and read again."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for module in (thermometer_attacks, defense_gan_attacks):
            patch.setattr(
                module, "load_model", lambda name, seed, device: trained.get(name, trained[PLAIN["cifar10"]])[0]
            )
        for m in MEASUREMENTS:
            on = Subject(trained[m.of][0], few(BY_NAME[m.of].dataset), N, tmp_path_factory.mktemp(m.name), 0, m.of)
            told = replace(m.evaluate, **SHORT[type(m.evaluate)])(on)
            assert json.dumps(describe(told.attacks))
            found[m.name] = [read(json.loads(json.dumps(written(row)))) for row in told.rows]
            assert found[m.name] == list(told.rows)
    return found


@pytest.mark.parametrize("e", EXPERIMENTS, ids=lambda e: e.name)
def test_a_network_is_trained_with_its_terms(trained, e):
    model, history = trained[e.name]
    if e.name == GAN:
        expected = TERMS["gan"]
        assert model.steps == 6, "one generator step in six batches"
    elif "thermometer" in e.name:
        expected = {"clean", "adversarial"} | ({"triplet"} if e.name.endswith("triplet") else set())
        assert isinstance(model.body[0], Thermometer) and model.body[0].levels == 16
    elif e.name.endswith("adversarial") or "pixels" in e.name:
        expected = {"clean", "adversarial"}
    else:
        expected = {"ce"} | ({"triplet"} if e.name.endswith("triplet") else set())
    assert set(history.terms) == expected and all(len(v) == 1 for v in history.terms.values())
    torch.manual_seed(0)
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), e.model().parameters(), strict=True))
    assert json.dumps(describe(e.recipe(1)))


@pytest.mark.parametrize("m", MEASUREMENTS, ids=lambda m: m.name)
def test_a_measurement_gives_rows_inside_their_radius(measured, m):
    rows = measured[m.name]
    accuracies = [r for r in select(rows, metric="accuracy") if r.attack not in ("C&W", "DeepFool")]
    assert all(row.largest_linf <= (row.eps or 0) + 1e-6 for row in accuracies)
    assert m.kind == "reconstruction" or one(accuracies, attack="", defense="").n == N
    for worst in select(accuracies, attack=("worst case", WORST)):
        same = select(accuracies, defense=worst.defense, n=worst.n, eps=worst.eps, source="")
        assert worst.value == min(r.value for r in same)


@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
def test_thermometers_are_attacked_as_known_unknown_and_adaptively(measured, dataset):
    rows = measured[f"input-{dataset}-thermometer-7-attacked"]
    assert {r.attack for r in rows if not r.source} == {
        "", "FGSM", "one-step LS-PGA", "LS-PGA", "BPDA margin PGD", "BPDA APGD-T", "BPDA APGD-T, sigmoid",
        "margin LS-PGA", "Square",
        "worst case",
    }  # fmt: skip
    assert {(r.attack, r.source) for r in rows if r.source} == {
        (name, f"input-{dataset}-plain") for name in ("FGSM", "PGD")
    }
    clean, still = (one(rows, attack=name, source="") for name in ("", "FGSM"))
    assert still.value == clean.value and still.mean_l2 == 0, "the pixels' gradient is zero"
    plain = measured[f"input-{dataset}-plain-attacked"]
    assert {r.attack for r in plain if not r.source} == {
        "", "FGSM", "PGD", "margin PGD", "APGD-T", "Square", "worst case"
    }  # fmt: skip
    assert {(r.attack, r.source) for r in plain if r.source} == {(name, OTHER[dataset]) for name in ("FGSM", "PGD")}


def test_randomisation_has_two_scenarios_and_an_adaptive_attacker(measured):
    rows = measured["input-cifar10-plain-randomised"]
    for scenario in (VANILLA, ENSEMBLE):
        found = select(rows, source=scenario)
        assert {r.attack for r in found} == {"FGSM", "DeepFool", "C&W"} and {r.draws for r in found} == {1}
    assert {r.attack for r in select(rows, defense="")} == {"", "FGSM", "DeepFool", "C&W"}
    assert {r.attack for r in select(rows, defense=DEFENCE, source="")} >= {
        "",
        "EOT margin PGD",
        "Square",
        "worst case",
    }


def test_defense_gan_is_shown_images_made_without_it_and_t5(measured):
    rows = measured["input-mnist-a-projected"]
    assert {r.attack for r in select(rows, source="input-mnist-a")} == {"FGSM", "C&W"}
    assert {r.attack for r in select(rows, defense="Defense-GAN", source="")} == {
        "", "BPDA margin PGD", "on-manifold", "BPDA from the manifold", "worst case"
    }  # fmt: skip
    row, at_once, alone = measured["input-mnist-gan-reconstruction"]
    assert (at_once.images, at_once.n, alone.images, alone.n) == ("all at once", N, "one at a time", 2)
    assert at_once.value > 0 and alone.value > 0
    assert row.low <= row.value <= row.high and row.series["shape"] == [3, 1, 28, 28] and len(row.series["errors"]) == N


def test_every_pair_differs_in_the_triplet_only():
    for e in EXPERIMENTS:
        other = BY_NAME.get(f"{e.name}-triplet") or (
            BY_NAME["input-cifar10-triplet"] if e.name == "input-cifar10-plain" else None
        )
        if other is not None:
            one_, two = (describe(x.recipe(2)) for x in (e, other))
            assert {k for k in one_ if one_[k] != two[k]} == {"objective"}


def test_the_controls_have_the_same_images_in_the_place_of_the_triplet():
    for name in ("input-cifar10-adversarial", "input-mnist-a-adversarial"):
        own, tripled = BY_NAME[name], BY_NAME[name.replace("adversarial", "triplet")]
        ours, theirs = (describe(e.recipe(2)) for e in (own, tripled))
        assert {k for k in ours if ours[k] != theirs[k]} == {"objective"}
        assert own.objective.attack == tripled.objective.attack and own.affordable == tripled.affordable
        assert own.training == "FGSM's images" and own.training in own.label and not own.shipped


def test_the_control_of_the_code_differs_in_the_code_only():
    for steps in (1, 7):
        own, coded = BY_NAME[f"input-mnist-pixels-{steps}"], BY_NAME[f"input-mnist-thermometer-{steps}"]
        ours, theirs = (describe(e.recipe(2)) for e in (own, coded))
        assert {k for k in ours if ours[k] != theirs[k]} == {"model"} and own.model() is not None
        assert own.affordable == coded.affordable and own.epochs == coded.epochs
        assert not any(isinstance(m, Thermometer) for m in own.model().modules())


def test_what_the_measurements_give_stands_beside_121_of_147_printed_values(measured):
    """Of tables 1 and 3, and of the supplement's 8 to 11 and 14; a row is joined by its network's columns."""
    rows = []
    for m in MEASUREMENTS:
        e = BY_NAME[m.of]
        columns = {"network": e.name, "dataset": e.dataset, "model": e.architecture, "training": e.training}
        rows += renamed(measured[m.name], measurement=m.kind, seed=0, **columns)
    shown = {*THERMOMETERS, "table3", "supp_table14"}
    numbers = [n for n in reported("at2l") if n.table in shown]
    assert len(numbers) == 121 and not lacking(rows, numbers)
    assert sum(len(printed("at2l", table)) for table in shown) == 147
    joined = [row for row in join(rows, numbers) if row.reported is not None]
    assert len(joined) == 121 - 15 - 4 - 24, "once where tables 9 and 14 repeat tables 1, 3 and the clean error"

"""The standard suite at toy size: the worst case is that of the same first images, by hand."""

import pytest
import torch
from experiments.toy_runs import digits, tiny

from robustlib.evaluation import Outcome
from robustlib.experiments import Subject, one, select, standard_suite
from robustlib.experiments.rows import unpack
from robustlib.experiments.standard_suite import WORST, StandardSuite, first


@pytest.fixture
def subject(tmp_path):
    torch.manual_seed(0)
    return Subject(tiny().eval(), digits(), 500, tmp_path, 0, "toy")


def outcome(text: str) -> Outcome:
    right = torch.tensor([mark == "+" for mark in text])
    return Outcome(right, torch.full((len(text),), 0.1), torch.full((len(text),), 0.5), 1.0)


FATES = {"clean": "+++++-++", "noise": "++++--++", "FGSM": "+++---++", "margin PGD": "-++---+-"}
AUTO = "+--+"  # of the first four


def test_the_worst_case_is_of_the_same_first_images(subject, monkeypatch):
    calls = []

    def fates(model, attacks, data, **options):
        calls.append((list(attacks), len(data[0]), options["checkpoint"]))
        if "AutoAttack" in attacks:
            return {"clean": outcome("++++"), "AutoAttack": outcome(AUTO)}
        return {name: outcome(text) for name, text in FATES.items()}

    monkeypatch.setattr(standard_suite, "under_attack", fates)
    found = StandardSuite((0.1, 0.2), images=8, whole=4, defense="as it is")(subject)
    assert {row.defense for row in found.rows} == {"as it is"} and len(found.rows) == 1 + 2 * 5
    assert [(names, n) for names, n, _ in calls] == [(["noise", "FGSM", "margin PGD"], 8), (["AutoAttack"], 4)] * 2
    assert len({file for *_, file in calls}) == 4, "a file for each radius and each number of images"
    assert one(found.rows, attack="").value == 7 / 8
    at = select(found.rows, eps=0.2)
    assert {row.attack: (row.value, row.n) for row in at} == {
        "noise": (6 / 8, 8), "FGSM": (5 / 8, 8), "margin PGD": (3 / 8, 8), "AutoAttack": (2 / 4, 4), WORST: (0.0, 4)
    }  # fmt: skip
    assert {row.norm for row in at} == {"Linf"}
    assert one(at, attack="margin PGD").steps == 100


def test_the_first_images_of_an_outcome():
    found = first(outcome("+-+--"), 3)
    assert found.correct.tolist() == [True, False, True] and len(found.linf) == len(found.l2) == 3


def test_it_runs_and_goes_on(subject, monkeypatch):
    monkeypatch.setattr(standard_suite, "AutoAttack", lambda eps, precision: standard_suite.FGSM(eps))
    suite = StandardSuite((0.05, 0.1), images=12, whole=6)
    found = suite(subject)
    assert suite(subject).rows == found.rows, "the second time it is read"
    for eps in suite.radii:
        worst = one(found.rows, attack=WORST, eps=eps)
        others = [row for row in select(found.rows, eps=eps) if row.attack != WORST]
        bits = torch.stack([unpack(row.bits, row.n)[:6] for row in others])
        assert worst.n == 6 and unpack(worst.bits, 6).equal(bits.all(0))
        assert all(row.largest_linf <= eps + 1e-6 for row in others)
    assert set(found.attacks) == {f"{name} {eps:g}" for name in ("noise", "FGSM", "margin PGD", "AutoAttack")
                                  for eps in suite.radii}  # fmt: skip


def test_fewer_images_where_the_measurement_asks_for_fewer(subject, monkeypatch):
    monkeypatch.setattr(standard_suite, "AutoAttack", lambda eps, precision: standard_suite.FGSM(eps))
    few = Subject(subject.model, subject.dataset, 5, subject.folder, 0, "toy")
    rows = StandardSuite((0.1,))(few).rows
    assert {row.n for row in rows} == {5}

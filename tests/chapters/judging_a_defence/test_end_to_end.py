"""The card of every paper's evaluation at toy size, and what the tables make of it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from chapters.stored_by_hand import stored_by_hand

from robustlib.attacks import APGD, EOT, LSPGA, Square, bim, climb, mim, pgd
from robustlib.chapters.at2l import printed_evaluation as at2l
from robustlib.chapters.at2l import static_adaptive
from robustlib.chapters.dundi import printed_evaluation as dundi
from robustlib.chapters.input_defences import defense_gan_attacks
from robustlib.chapters.input_defences import printed_evaluation as input_defences
from robustlib.chapters.input_defences.on_manifold import OnManifold
from robustlib.chapters.judging_a_defence import tables
from robustlib.chapters.madnet import printed_evaluation as madnet
from robustlib.datasets import Split, load
from robustlib.experiments import Subject, one, registry
from robustlib.experiments import card_rows as engine
from robustlib.experiments.card_rows import SUITE, WHOLE, Card, check_rows
from robustlib.models import Search

pytestmark = pytest.mark.slow
N = 4
CARDS = [m for m in registry.measurements().values() if isinstance(m.evaluate, Card)]
NETWORKS = {name: registry.experiment(name).model for m in CARDS for name in (m.of, *m.needs)}
DATASETS = {m.of: registry.experiment(m.of).dataset for m in CARDS}
TOY = {"passes": 4, "queries": 2, "binarised": 1, "inner": 40}


def network(name, *_, **__):
    """An untrained network of the right kind, the same at every call."""
    torch.manual_seed(0)
    return NETWORKS[name]().eval()


def images(name):
    """A few digits, or as many photographs of noise."""
    few = load("mnist_5k")
    few = replace(few, name=name, train=few.train.subset(slice(200)), test=few.test.subset(slice(N)))
    if name == "mnist":
        return few
    noise = torch.randint(256, (N, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return replace(few, test=Split(noise, few.test.y, "noise"))


def as_read(m, on):
    """The same with the target's own answers as labels: a card on images that are all misread stops at once."""
    test = on.dataset.test
    with torch.no_grad():
        y = m.evaluate.target(on)(test.x.float() / 255).argmax(1)
    return replace(on, dataset=replace(on.dataset, test=Split(test.x, y, test.name)))


def short_cw(cap, *_, **__):
    return static_adaptive.FGSM(cap)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The rows of every card, of untrained networks and attacks of two steps."""
    folder, whole, found = tmp_path_factory.mktemp("cards"), climb.climb, {}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CHECKPOINTS", "RUNS"):
            patch.setenv(f"ROBUSTLIB_{name}", str(folder / name.lower()))
        patch.setattr(engine, "APGD", lambda eps, steps, **fields: APGD(eps, 2, **fields))
        patch.setattr(engine, "Square", lambda eps, queries: Square(eps, 2))
        for module in (bim, mim, pgd):
            patch.setattr(module, "climb", lambda attack, *a: whole(replace(attack, steps=min(2, attack.steps)), *a))
        patch.setattr(static_adaptive, "CarliniWagnerLinf", short_cw)
        patch.setattr(madnet, "of_one_weight", lambda c: SimpleNamespace(of_one_weight=c))
        patch.setattr(madnet, "Capped", lambda attack, cap: static_adaptive.FGSM(cap))
        for module in (at2l, dundi, defense_gan_attacks):
            patch.setattr(module, "load_model", network)
        patch.setattr(input_defences, "SHORT", Search(2, 1))
        patch.setattr(input_defences, "OnManifold", lambda eps, steps: OnManifold(eps, 2))
        patch.setattr(input_defences, "LSPGA", lambda eps, steps, **fields: LSPGA(eps, 2, **fields))
        patch.setattr(input_defences, "EOT", lambda attack, draws: EOT(attack, 2))
        report_card = engine.report_card
        patch.setattr(engine, "report_card", lambda *a, **k: report_card(*a, **k | TOY))
        for m in CARDS:
            (own := folder / m.name).mkdir()
            rows = m.evaluate(as_read(m, Subject(network(m.of), images(DATASETS[m.of]), N, own, 0, m.of))).rows
            found[m.of, m.kind, 0] = rows
    return found


@pytest.mark.parametrize("m", CARDS, ids=lambda m: m.name)
def test_a_card_says_one_word_of_each_check_and_of_the_whole(measured, m):
    rows = measured[m.of, m.kind, 0]
    asked = [name for name in engine.CHECKS if name not in m.evaluate.unasked]
    if not m.evaluate.runs:
        asked = [name for name in asked if name in engine.WITHOUT_RUNNING]
    assert [row.metric for row in check_rows(rows)] == asked, "a setting leaves the ball, or a check twice"
    whole = one(rows, metric=WHOLE)
    failed = [row.metric for row in check_rows(rows) if row.value == 0]
    assert (whole.value == 0) == bool(failed) and whole.series.get("fails", []) == failed
    assert whole.n == N and whole.attack == m.evaluate.evaluation


def test_every_paper_has_a_card_and_every_network_one_of_the_own_attackers():
    assert len({m.evaluate.source.split(",")[0] for m in CARDS} - {""}) == 5
    own = {m.of for m in CARDS if m.evaluate.evaluation == SUITE}
    assert own == {m.of for m in CARDS}
    assert all(20 <= m.n <= 100 and m.seeds == (0,) for m in CARDS)


def test_every_card_has_its_lines(measured, monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(measured))
    here = [m for m in CARDS if m not in input_defences.CARDS]
    assert len(here) == len(CARDS) - 8, "AT2L's second half has its cards in its own chapter"
    for make in (tables.would_it_have_passed, tables.settings):
        assert len({row[:2] for row in make().rows}) == len(here) and len(make().rows) == len(here)
    assert len(tables.checks().header) == 1 + len(here)

"""The tables, of rows written by hand, with every number that must be printed."""

from collections import Counter

import pytest
import torch
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.input_defences import (
    CHAPTER,
    card_tables,
    printed_tables,
    randomisation_tables,
    tables,
    what_is_left,
)
from robustlib.chapters.input_defences.measures import MEASUREMENTS
from robustlib.chapters.input_defences.printed_evaluation import CARDS
from robustlib.chapters.input_defences.runs import EXPERIMENTS
from robustlib.evaluation import Outcome, Table
from robustlib.experiments import Row
from robustlib.experiments.card_rows import SUITE, WHOLE
from robustlib.experiments.rows import accuracy_row

PLAIN = "input-cifar10-plain"
ONE, SEVEN = "input-cifar10-thermometer-1", "input-cifar10-thermometer-7"
EIGHT = 8 / 255
WILSON_9 = (1.79, 40.42)  # of 1 wrong in 10, in per cent


def of(bits: str, **columns) -> Row:
    """Which images stand: "1101" is three of four."""
    right, moved = torch.tensor([c == "1" for c in bits]), torch.zeros(len(bits))
    return accuracy_row(Outcome(right, moved, moved, 1.0), **columns)


def shown(table: Table) -> dict[str, list[tuple[float | None, float | None]]]:
    """By line, the paper's number and ours of each column."""
    cells = {r: [table[r, c] for c in table.columns] for r in table.rows}
    both = {r: [(c.paper, c.ours) for c in line] for r, line in cells.items()}
    return {r: [tuple(None if v is None else round(v, 6) for v in pair) for pair in line] for r, line in both.items()}


@pytest.fixture
def stored(monkeypatch):
    """Stored results are these files."""

    def with_files(files):
        for module in (printed_tables, randomisation_tables, what_is_left, card_tables):
            monkeypatch.setattr(module, "stored_rows", stored_by_hand(files))

    return with_files


def known_and_unknown(*right: int, source: str = PLAIN, codes: bool = True) -> list[Row]:
    """Of an "attacked" measurement: clean, in one step, in seven, FGSM and PGD of another network, pixels' FGSM."""
    clean, one, seven, fgsm, pgd, pixels = right
    first, second = ("one-step LS-PGA", "LS-PGA") if codes else ("FGSM", "PGD")
    rows = [of_ten(clean), of_ten(one, attack=first, eps=EIGHT), of_ten(seven, attack=second, eps=EIGHT)]
    rows += [of_ten(fgsm, attack="FGSM", eps=EIGHT, source=source), of_ten(pgd, attack="PGD", eps=EIGHT, source=source)]
    return rows + ([of_ten(pixels, attack="FGSM", eps=EIGHT)] if codes else [])


def test_thermometers_stand_beside_table_1_and_its_repetition(stored):
    stored({
        (PLAIN, "attacked", 0): known_and_unknown(9, 4, 3, 2, 1, 0, source="target-cifar-resnet20", codes=False),
        (ONE, "attacked", 0): known_and_unknown(9, 6, 5, 7, 8, 10),
        (SEVEN, "attacked", 0): known_and_unknown(8, 7, 6, 5, 4, 3),
        (f"{ONE}-triplet", "attacked", 1): known_and_unknown(9, 6, 5, 7, 8, 10),  # another seed
    })  # fmt: skip
    for made in (tables.table1, tables.supplement9):
        table = made()
        found = shown(table)
        assert found["no defence"] == [(5.8, 10), (51.5, 60), (49.5, 70)]
        assert found["thermometer (1 step)"] == [(7.6, 10), (37.1, 40), (39.3, 50)]
        assert found["thermometer (7 steps)"] == [(10.1, 20), (20.0, 30), (20.9, 40)]
        assert found["thermometer + triplet (1 step)"] == [(6.1, None), (27.6, None), (29.7, None)], "seed 0 only"
        assert found["thermometer + triplet (7 steps)"] == [(7.2, None), (15.1, None), (13.4, None)]
        clean = table["no defence", "no attack"]
        assert (clean.low, clean.high) == pytest.approx(WILSON_9, abs=0.01) and clean.n == 10
    assert "table 9 of the supplement" in tables.supplement9().caption and "eps 8/255" in tables.table1().caption


def test_unknown_images_are_those_of_another_network_and_the_clean_error_is_that_of_its_table(stored):
    stored({
        (PLAIN, "attacked", 0): known_and_unknown(9, 4, 3, 2, 1, 0, source="target-cifar-resnet20", codes=False),
        (ONE, "attacked", 0): known_and_unknown(9, 6, 5, 7, 8, 10),
    })  # fmt: skip
    table = tables.supplement11()
    found = shown(table)
    assert found["no defence"] == [(11.5, 10), (46.5, 80), (55.0, 90)]
    assert found["thermometer (1 step)"] == [(13.6, 10), (43.8, 30), (52.9, 20)]
    assert found["thermometer + triplet (7 steps)"] == [(17.7, None), (33.0, None), (43.0, None)]
    mnist = tables.supplement10()
    assert mnist["thermometer + triplet (7 steps)", "no attack"].paper == 9.2
    assert mnist["no defence", "PGD or LS-PGA"].paper == pytest.approx(88.2) and "eps 0.3" in mnist.caption
    assert tables.supplement8()["thermometer + triplet (7 steps)", "PGD or LS-PGA"].paper == pytest.approx(2.7)


def projected(clean: int, fgsm: int, cw: int, kept: int, after_fgsm: int, after_cw: int, name: str) -> list[Row]:
    """Alone: clean, FGSM, C&W; behind the generator the same on images of `name`, and under BPDA none."""
    behind = {"defense": "Defense-GAN"}
    alone = [of_ten(clean), of_ten(fgsm, attack="FGSM", eps=0.3), of_ten(cw, attack="C&W")]
    shown = [of_ten(kept, **behind), of_ten(after_fgsm, attack="FGSM", eps=0.3, source=name, **behind)]
    shown += [of_ten(after_cw, attack="C&W", source=name, **behind)]
    return [*alone, *shown, of_ten(0, attack="BPDA margin PGD", eps=0.3, **behind)]


def test_defense_gan_stands_beside_tables_3_and_14(stored):
    a = "input-mnist-a"
    stored({
        (a, "projected", 0): projected(10, 2, 1, 9, 8, 7, a),
        (f"{a}-triplet", "projected", 0): projected(9, 4, 3, 8, 6, 5, f"{a}-triplet"),
        ("input-mnist-b", "projected", 0): projected(9, 5, 0, 5, 5, 5, "input-mnist-b"),
    })  # fmt: skip
    table = tables.table3()
    found = shown(table)
    assert found["Model A, FGSM"] == [(88.3, 80), (1.2, 20), (1.1, 40)]
    assert found["Model A, C&W"] == [(85.9, 90), (1.1, 30), (1.4, 50)]
    assert found["Model B, C&W"][:2] == [(96.8, 100), (8.4, 50)]
    assert found["Model B, C&W"][2] == (4.7, None) and found["Model D, FGSM"][0] == (96.2, None)
    assert len(table.rows) == 8 and len(table.columns) == 3
    whole = tables.supplement14()
    assert shown(whole)["Model A, C&W"][0] == (0.3, 0)
    assert (
        whole["Model A, FGSM", "Defense-GAN"].ours == pytest.approx(20) and whole["Model C, C&W", "AT²L"].paper == 93.7
    )
    assert whole["Model B, C&W", "adversarial training"].paper == 72.0
    assert whole["Model B, C&W", "adversarial training"].ours is None and len(whole.columns) == 6


def test_imagenet_is_the_papers_alone_and_says_so():
    table = tables.table2()
    assert all(cell.ours is None and cell.paper is not None for cell in table.cells) and len(table.cells) == 36
    assert table["Inception-ResNet-v2, FGSM", "random views with triplet"].paper == 8.3
    assert table["Inception-v3, DeepFool", "no defence"].paper == 100 and "not re-run" in table.caption
    assert table["Ens-adv-Inception-ResNet-v2, C&W", "random views"].note == "not in torchvision"
    patterns = tables.supplement13()
    assert patterns["Inception-v3, FGSM", "random views"].paper == 58.8 and "ensemble-pattern" in patterns.caption
    assert tables.supplement12()["Inception-v3, FGSM", "random views"].paper == 36.2


def test_randomisation_on_cifar_by_scenario(stored):
    views = {"defense": "random resize and pad"}
    rows = [of_ten(9), of_ten(8, **views), of_ten(3, attack="FGSM", eps=EIGHT)]
    rows += [of_ten(7, attack="FGSM", eps=EIGHT, source="vanilla", **views)]
    rows += [of_ten(5, attack="FGSM", eps=EIGHT, source="ensemble-pattern", **views)]
    rows += [of_ten(6, attack="C&W", source="vanilla", **views), of_ten(1, attack="margin PGD", eps=EIGHT, **views)]
    stored({(PLAIN, "randomised", 0): rows})
    table = tables.randomised()
    ours = {(r, c): table[r, c].ours for r in table.rows for c in table.columns}
    assert ours["cross-entropy, no defence", "no attack"] == pytest.approx(10)
    assert ours["cross-entropy, vanilla", "no attack"] == pytest.approx(20) != ours["triplet, vanilla", "no attack"]
    assert [ours[f"cross-entropy, {how}", "FGSM"] for how in ("no defence", "vanilla", "ensemble-pattern")] == (
        pytest.approx([70, 30, 50])
    )
    assert ours["cross-entropy, vanilla", "C&W"] == pytest.approx(40) and ours["triplet, vanilla", "FGSM"] is None


def test_what_is_left_counts_image_by_image_on_the_images_of_the_adaptive_attacks(stored):
    known = {"eps": EIGHT}
    rows = [of("111110"), of("111100", attack="one-step LS-PGA", **known), of("111000", attack="LS-PGA", **known)]
    rows += [of("000000", attack="FGSM", source=PLAIN, **known), of("111111", attack="FGSM", **known)]
    rows += [of("1011", attack="BPDA margin PGD", **known), of("1101", attack="BPDA APGD-T", **known)]
    rows += [of("0111", attack="margin LS-PGA", **known), of("1111", attack="Square", **known)]
    rows += [of("0000", attack="worst case", **known)]
    stored({(ONE, "attacked", 0): rows})
    table = tables.what_is_left()
    label = "CIFAR-10, thermometer (1 step)"
    found = {c: (table[label, c].ours, table[label, c].n) for c in table.columns}
    assert found == {
        "no attack": (100, 4), "the paper's attacks": (75, 4), "BPDA or EOT": (50, 4),
        "other adaptive attacks": (75, 4), "worst case of all": (0, 4),
    }  # fmt: skip
    assert table["MNIST, thermometer (1 step)", "no attack"].ours is None and len(table.rows) == 24
    assert len(what_is_left.what_is_left("Defense-GAN").rows) == 9, "eight and the control"
    assert "eps 0.3 on MNIST." in what_is_left.what_is_left("Defense-GAN").caption


def test_what_is_left_of_views_and_of_the_generator(stored):
    views, behind, a = {"defense": "random resize and pad"}, {"defense": "Defense-GAN"}, "input-mnist-a"
    randomised = [of("0000"), of("1111", **views), of("0000", attack="FGSM", eps=EIGHT)]
    randomised += [of("1101", attack="FGSM", eps=EIGHT, source="vanilla", **views)]
    randomised += [of("1011", attack="C&W", source="ensemble-pattern", **views)]
    randomised += [
        of("0111", attack="EOT margin PGD", eps=EIGHT, **views),
        of("1110", attack="margin PGD", eps=EIGHT, **views),
    ]
    projections = [of("1111"), of("1110", **behind), of("1100", attack="FGSM", source=a, eps=0.3, **behind)]
    projections += [of("0000", attack="FGSM"), of("01", attack="on-manifold", eps=0.3, **behind)]
    projections += [of("10", attack="BPDA from the manifold", eps=0.3, **behind)]
    stored({(PLAIN, "randomised", 0): randomised, (a, "projected", 0): projections})
    table = tables.what_is_left()
    line = [table["CIFAR-10, random views", c].ours for c in table.columns]
    assert line == [100, 50, 75, 75, 25], "one draw a step is no attack through the mean; C&W has no radius"
    line = [table["MNIST, Defense-GAN, model A", c].ours for c in table.columns]
    assert line == [100, 100, 50, 50, 0] and table["MNIST, Defense-GAN, model A", "no attack"].n == 2


def test_the_cost_is_per_image_that_was_attacked(stored):
    timed = [
        Row("seconds per image", 0.25, 200, images="all at once"),
        Row("seconds per image", 0.5, 5, images="one at a time"),
    ]
    behind = {"defense": "Defense-GAN", "draws": 1}
    attacked = [of("11011", **behind), of("0101", attack="BPDA margin PGD", **behind)]
    attacked = [*attacked[:1], Row(**{**vars(attacked[1]), "seconds": 6.0})]
    worst = [Row(**{**vars(of("0000", attack="worst case", **behind)), "seconds": 99.0})]
    stored({("input-mnist-gan", "reconstruction", 0): timed, ("input-mnist-a", "projected", 0): attacked + worst})
    table = tables.cost()
    found = {r: [(table[r, c].ours, table[r, c].n) for c in table.columns] for r in table.rows}
    assert found == {
        "one projection, all at once": [(0.25, 200), (1, 200)], "one projection, one at a time": [(0.5, 5), (2, 5)],
        "attack: BPDA margin PGD": [(2, 3), (8, 3)],
    }  # fmt: skip


def test_a_card_has_its_verdict_and_what_failed(stored):
    share = {"low": 0.3, "high": 0.8}
    rows = [Row("accuracy", 0.55, 20, **share), Row("accuracy", 0.5, 20, attack="the attacks as printed", **share)]
    rows += [Row(WHOLE, 0.0, 20, attack="the attacks as printed", series={"fails": ["reach", "noise floor"]})]
    knowing = [Row("accuracy", 0.55, 20, **share), Row("accuracy", 0.0, 20, low=0.0, high=0.16, attack=SUITE)]
    knowing += [Row(WHOLE, 1.0, 20, attack=SUITE)]
    stored({(ONE, "card", 0): rows, (ONE, "adaptive-card", 0): knowing})
    found = {row[:2]: row[2:] for row in tables.cards().rows}
    of_one = "CIFAR-10, thermometer (1 step)"
    assert found[of_one, "as in the paper"] == ("no", "55 [30, 80]", "50 [30, 80]", "reach, noise floor", "20")
    assert found[of_one, "knowing the defence"] == ("yes", "55 [30, 80]", "0 [0, 16]", "none", "20")
    assert found["MNIST, Defense-GAN, model A", "as in the paper"][0] == "not run" and len(found) == 8
    assert {(name, kind) for name in card_tables.JUDGED.values() for kind in card_tables.ATTACKERS} == {
        (m.of, m.kind) for m in CARDS
    }


def test_every_line_is_a_network_that_is_measured_so():
    measured = {(m.of, m.kind) for m in MEASUREMENTS}
    assert {(line.network, line.kind) for line in what_is_left.lines()} <= measured
    assert {f"input-{d}-{s}" for d in ("mnist", "cifar10") for s in printed_tables.NETWORKS.values()} <= {
        e.name for e in EXPERIMENTS
    }
    assert set(CHAPTER.tables) == set(tables.TABLES) and len(tables.TABLES) == 14


def test_no_two_networks_have_the_same_columns():
    read = Counter((e.dataset, e.architecture, e.training, "thermometer" in e.name) for e in EXPERIMENTS)
    assert max(read.values()) == 1 and len({e.label + e.dataset for e in EXPERIMENTS}) == len(EXPERIMENTS)


def test_every_defence_of_the_papers_tables_is_measured_with_and_without_the_triplet():
    kinds = {(m.kind, m.of.endswith("triplet")) for m in MEASUREMENTS}
    assert kinds >= {(kind, triplet) for kind in ("attacked", "randomised", "projected") for triplet in (False, True)}

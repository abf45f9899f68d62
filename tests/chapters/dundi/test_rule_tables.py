"""The tables of R(f), of n, m and K, and of DunDi beside plain networks, from rows of ten images by hand."""

import pytest
import torch
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.dundi import compared_tables, readings, rule_tables, tables
from robustlib.chapters.dundi.least_distance import BOTH_STEPS, NEAREST, distance_row
from robustlib.chapters.dundi.oracles import draws_row, read_by
from robustlib.chapters.dundi.rule_sweep import read_with
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT
from robustlib.chapters.dundi.unit_white_box import ONWARDS, TRANSFERRED
from robustlib.experiments import Row
from robustlib.experiments.standard_suite import WORST
from robustlib.figures import paper_beside_ours

BASE, ONE = (10, 3, 5), (1, 1, 5)


def far(*sizes: float, **columns) -> Row:
    return distance_row(torch.tensor(sizes), norm="L2", **columns)


def drawn(*right: int, **columns) -> Row:
    return draws_row([torch.arange(10) < k for k in right], **columns)


def swept(setting, clean, four, size) -> list[Row]:
    how = {"defense": read_with(setting)}
    attacked = zip(tables.ATTACKS, four, strict=True)
    return [
        drawn(*clean, **how),
        Row("distances per image", 80.0, 10, **how),
        *(drawn(*k, attack=a, images=CLEAN_CORRECT, **how) for a, k in attacked),
        far(size, size, attack="DDN", **how),
    ]


def suite(right: int, worst: int, defense: str) -> list[Row]:
    at = {"norm": "Linf", "eps": 0.1, "defense": defense}
    names = {"FGSM": 7, "margin PGD": right, "AutoAttack": worst, WORST: worst}
    return [of_ten(9, defense=defense), *(of_ten(k, attack=a, **at) for a, k in names.items())]


EPS = {"FGSM": 0.3, "iFGSM-a": 0.3, "iFGSM-b": 0.3, "JSMA": None}
FOUR = {"r1": 4, "r2": 5, "r3": 3, "p1": 6, "p2": 7, "p3": 5, "native1": 5, "native2": 6, "native3": 7}
FILES = {
    ("dundi-mnist-r1", "distance", 0): [
        far(1.0, 3.0, attack="DDN"),
        far(2.0, 3.0, attack="FAB"),
        far(2.5, 2.5, attack=BOTH_STEPS),
        far(1.0, 2.0, torch.inf, attack=NEAREST),
    ],
    ("dundi-mnist-native1", "distance", 0): [far(1.0, 2.0, attack=a) for a in ("DDN", "FAB", NEAREST)],
    ("dundi-mnist-r1", "sweep", 0): [
        *swept(BASE, (9, 7), ((8, 6), (4, 4), (2, 0), (6, 6)), 1.5),
        *swept(ONE, (5, 3), ((1, 1), (2, 2), (3, 3), (4, 4)), 1.25),
    ],
    ("dundi-mnist-r1", "standard", 0): suite(3, 1, read_by()),
    ("dundi-mnist-native1", "standard", 0): suite(4, 2, ""),
    ("dundi-mnist-r1-36k-unit", "stronger", 0): [
        of_ten(2, attack=TRANSFERRED, norm="Linf", eps=0.3, defense=read_by(), source="dundi-mnist-native1"),
        of_ten(1, attack=ONWARDS, norm="Linf", eps=0.3, defense=read_by()),
        of_ten(0, attack="worst case", norm="Linf", eps=0.3, defense=read_by()),
    ],
    **{
        (f"dundi-mnist-{name}", "transfer", 0): [
            drawn(k, attack=a, eps=EPS[a], images=CLEAN_CORRECT, defense="" if name in readings.PLAIN else read_by())
            for a in tables.ATTACKS
        ]
        for name, k in FOUR.items()
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    for module in (tables, rule_tables, compared_tables, readings):
        monkeypatch.setattr(module, "stored_rows", stored_by_hand(FILES))
    monkeypatch.setattr(tables, "schedule", lambda network, seed=0: "2 of 10 epochs, CPU")


def said(cell) -> tuple:
    return tuple(None if v is None else round(v, 2) for v in (cell.paper, cell.ours, cell.low, cell.high))


def test_r_of_f_is_the_nearest_of_all_and_a_plain_network_has_one_step():
    table = rule_tables.distances()
    half = 1.96 * 0.5**0.5 / 2**0.5  # of 1 and 2: their standard deviation is the root of a half
    assert said(table["DunDi_R1", rule_tables.R_OF_F]) == (None, 1.5, round(1.5 - half, 2), round(1.5 + half, 2))
    assert said(table["DunDi_R1", "DDN"])[1] == 2.0 and table["DunDi_R1", BOTH_STEPS].ours == 2.5
    assert not table["Native Model1", BOTH_STEPS].applies and table["Native Model1", "FAB"].ours == 1.5
    assert table["DunDi_P1", "DDN"].said() == "not run" and "n = 2 test digits" in table.caption
    assert readings.least("r1").value == 1.5 and readings.least("r1", "DDN").value == 2.0


def test_the_sweep_has_accuracy_the_mean_of_four_draw_by_draw_and_the_way():
    table = rule_tables.sweep()
    base, one = ("N=10, M=3, K=5", "N=1, M=1, K=5")
    assert [said(table[base, c])[1:] for c in table.columns[:2]] == [(80, 70, 90), (45, 40, 50)]
    assert [table[one, c].ours for c in table.columns] == [40, 25, 1.25, 80]
    assert table["N=10, M=1, K=1", "accuracy in %"].said() == "not run" and len(table.rows) == 10
    assert rule_tables.swept_distance("dundi-mnist-r1", BASE).value == 1.5
    assert rule_tables.swept_row("dundi-mnist-r1", (10, 1, 1), tables.MEAN) is None


def test_dundi_and_a_plain_network_meet_the_same_attacks():
    table = compared_tables.suite()
    assert [[table[r, c].ours for c in table.columns] for r in ("Native Model1", "DunDi_R1")] == [
        [90, 70, 40, 20, 20], [90, 70, 30, 10, 10],
    ]  # fmt: skip
    assert table.rows == ["Native Model1", "DunDi_R1"] and "Not run: DunDi_P1, Native Model2, " in table.caption
    assert readings.suite("r1").value == 0.1 and readings.suite("native1", "margin PGD").value == 0.4


def test_stronger_attacks_beside_the_transfer():
    table = compared_tables.stronger(0.3)
    unit = "DunDi_R1, 36k tuples, unit length"
    assert [table[unit, c].ours for c in (compared_tables.FROM_NATIVE, ONWARDS, "worst case")] == [20, 10, 0]
    assert table["DunDi_R1, 36k tuples", "worst case"].said() == "not run"
    assert readings.stronger("r1-36k-unit", ONWARDS, 0.3).value == 0.1


def test_the_abstracts_numbers_stand_beside_ours_and_beside_plain_networks():
    table = compared_tables.headline()
    six, plain, deep, _ = table.rows
    column = rule_tables.SHOWN_RIGHT
    assert said(table[six, column]) == (94.39, 50, 30, 70) and said(table[plain, column]) == (None, 60, 50, 70)
    assert table[deep, column].said(2) == "88.91 | not run"


def test_every_table_is_drawn():
    for table in (rule_tables.distances(), rule_tables.sweep(), compared_tables.suite(), compared_tables.headline()):
        paper_beside_ours(table)

"""Every table and curve from rows of ten images, with the numbers that must be printed worked out by hand."""

import pytest
import torch
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.dundi import attacked_tables, tables
from robustlib.chapters.dundi.oracles import draws_row, read_by
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, FOOLED, SOURCES
from robustlib.experiments import Row
from robustlib.experiments.tables import NOT_RUN
from robustlib.figures import paper_beside_ours

SOURCE = SOURCES["mnist"]
EPS = {"FGSM": 0.3, "iFGSM-a": 0.3, "iFGSM-b": 0.3, "JSMA": None}
RUN = {"dundi-cifar10-feinman": NOT_RUN}
# Wilson, n = 10: (k + 1.92 -+ 1.96 sqrt(k (10 - k) / 10 + 0.96)) / 13.84
WILSON = {0: (0, 27.8), 1: (1.8, 40.4), 2: (5.7, 51.0), 3: (10.8, 60.3), 4: (16.8, 68.7), 5: (23.7, 76.3),
          6: (31.3, 83.2), 7: (39.7, 89.2), 8: (49.0, 94.3), 9: (59.6, 98.2)}  # fmt: skip


def drawn(*right: int, **columns) -> Row:
    """Ten images, of which so many are right for each draw of the oracles."""
    return draws_row([torch.arange(10) < k for k in right], **columns)


def shown(right: dict[str, tuple[int, ...]], images: str = CLEAN_CORRECT, defense: str = "") -> list[Row]:
    """The source's images at full radius."""
    columns = {"images": images, "defense": defense, "source": SOURCE.network}
    return [drawn(*k, attack=attack, eps=EPS[attack], **columns) for attack, k in right.items()]


def oracles(one: tuple[int, ...], ten: tuple[int, ...], twenty: tuple[int, ...]) -> list[Row]:
    """Accuracies by two rules: the exact one has one more right everywhere."""
    found = []
    for n, right in ((1, one), (10, ten), (20, twenty)):
        found += [drawn(*right, defense=read_by(n))]
        found += [drawn(*(k + 1 for k in right), defense=read_by(n, "exact"))]
    return [*found, Row("distance between classes", 161.5, 10), Row("distance within a class", 47.3, 10)]


def attacked(worst: int, ce: int, margin: int) -> list[Row]:
    """An oracle classifier under its attackers at 0.1, and all broken at 0.2."""
    columns = {"norm": "Linf", "defense": read_by()}
    right = {"worst case": worst, "cross-entropy PGD on distances": ce, "margin PGD on distances": margin}
    right |= {"feature matching to the oracles": 3, "margin PGD on unknown oracles": 4, "Square": 5}
    right |= {"margin PGD": 6, "margin PGD through both steps": 7, "noise": 8}
    rows = [of_ten(9, defense=read_by())]
    rows += [of_ten(k, attack=name, eps=0.1, **columns) for name, k in right.items()]
    rows += [of_ten(0, attack=name, eps=0.2, **columns) for name in right]
    zero = {"cross-entropy PGD on distances": 0.3, "margin PGD on distances": 0.1}
    return rows + [Row("zero gradients", v, 10, attack=k, defense=read_by(rule="exact")) for k, v in zero.items()]


FOUR = {"FGSM": (1, 3), "iFGSM-a": (9, 7), "iFGSM-b": (3, 5), "JSMA": (9, 5)}
SMALL = [
    drawn(*k, attack="FGSM", norm="Linf", eps=0.05, images=CLEAN_CORRECT, defense=read_by())
    for k in ((9, 7), )
]  # fmt: skip
NATIVE = [of_ten(7, attack="margin PGD", norm="Linf", eps=0.1), of_ten(8, attack="noise", norm="Linf", eps=0.1)]
PICTURES = {"shape": [1, 1, 1, 1], "x": "AA==", "x_adv": "/w==", "y": [7], "says": [2], "fooled": [True]}
FILES = {
    ("dundi-mnist-native1", "clean", 0): [of_ten(9), of_ten(2, attack="FGSM", norm="Linf", eps=0.1)],
    ("dundi-mnist-r1", "oracles", 0): oracles((5, 7, 9), (8, 8, 8), (6, 7, 8)),
    ("dundi-mnist-p1", "oracles", 0): oracles((4, 5), (6, 7), (8, 9)),
    ("dundi-mnist-r1-36k", "oracles", 0): oracles((1, 2), (3, 5), (6, 7)),
    ("dundi-mnist-r1-36k", "transfer", 0): shown(FOUR, defense=read_by()),
    ("dundi-mnist-native1", "transfer", 0): shown(dict.fromkeys(FOUR, (4,))) + shown(dict.fromkeys(FOUR, (1,)), FOOLED),
    ("dundi-mnist-r1", "transfer", 0): [
        drawn(9, defense=read_by()),
        *shown(FOUR, defense=read_by()),
        *shown(dict.fromkeys(FOUR, (0, 2)), FOOLED, read_by()),
        *shown(dict.fromkeys(FOUR, (1, 1)), defense=read_by(1)),
        *SMALL,
    ],
    ("dundi-mnist-p1", "transfer", 0): shown(dict.fromkeys(FOUR, (8, 8)), defense=read_by())
    + shown({"JSMA": (6, 9)}, defense=read_by(1)),
    ("dundi-mnist-r3-slower", "transfer", 0): shown(dict.fromkeys(FOUR, (0, 0)), defense=read_by()),
    ("dundi-mnist-r1", "white-box", 0): attacked(1, 5, 2),
    ("dundi-mnist-native1", "white-box", 0): [of_ten(9), *NATIVE],
    ("dundi-mnist-feinman", "bayesian", 0): [
        Row("AUC", 0.924, 10, 0.9, 0.94, attack="FGSM", defense="Bayesian uncertainty"),
        Row("AUC", None, 0, attack="JSMA", defense="Bayesian uncertainty"),
        *(of_ten(2, series={"pictures": PICTURES}, attack=a) for a in FOUR),
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    for module in (tables, attacked_tables):
        monkeypatch.setattr(module, "stored_rows", stored_by_hand(FILES))
        monkeypatch.setattr(module, "schedule", lambda network, seed=0: RUN.get(network, "2 of 10 epochs, CPU"))


def said(cell) -> tuple:
    """A cell's paper's number and ours with its interval, as they are printed."""
    return tuple(None if v is None else round(v, 1 if v is not cell.paper else 2) for v in (
        cell.paper, cell.ours, cell.low, cell.high))  # fmt: skip


def test_table_1():
    table = tables.table1()
    native, r1, p1 = (f"{name} (2 of 10 epochs, CPU)" for name in ("Native Model1", "DunDi_R1", "DunDi_P1"))
    assert said(table[native, "softmax"]) == (98.78, 90, *WILSON[9]) and table[native, "softmax"].n == 10
    assert [said(table[r1, c]) for c in ("1 oracle", "10 oracles", "20 oracles")] == [
        (97.88, 70, 50, 90),
        (98.53, 80, 80, 80),
        (98.65, 70, 60, 80),
    ]
    assert said(table[p1, "softmax"]) == (None, 90, *WILSON[9]), "that of its own frozen network"
    assert not table[r1, "softmax"].applies and not table[native, "1 oracle"].applies
    assert said(table[p1, "1 oracle"]) == (98.79, 45, 40, 50)
    assert table["DunDi_P3 (2 of 10 epochs, CPU)", "20 oracles"].said(2) == "98.94 | not run"
    assert len(table.rows) == 10 and "brackets" in table.caption.lower()
    exact = tables.table1("mnist", "exact")
    assert said(exact[r1, "1 oracle"]) == (None, 80, 60, 100), "the paper prints the two-step rule"
    assert tables.table1("cifar10")["DunDi_R (2 of 10 epochs, CPU)", "1 oracle"].said(2) == "91.16 | not run"


def test_table_2():
    table = tables.table2()
    short, long, none = (f"{n} tuples (2 of 10 epochs, CPU)" for n in ("36,000", "360,000", "18,000"))
    assert said(table[short, "accuracy"]) == (96.6, 40, 30, 50)
    # The mean over the four attacks of each draw: (1 + 9 + 3 + 9) / 4 = 5.5 and (3 + 7 + 5 + 5) / 4 = 5.
    assert said(table[short, "success rate"]) == (92.02, 52.5, 50, 55)
    assert said(table[long, "accuracy"]) == (98.8, 80, 80, 80), "table 2's own number, not table 1's 98.53"
    assert said(table[long, "success rate"])[:2] == (93.06, 52.5)
    assert (
        table[none, "accuracy"].said(2) == "96.1 | not run" and table[none, "success rate"].said(2) == "91.9 | not run"
    )


def test_a_caption_says_by_name_who_was_trained_for_how_long(monkeypatch):
    assert tables.trained(["dundi-mnist-r1", "dundi-mnist-p1"]) == " Trained for 2 of 10 epochs, CPU."
    ran = {"dundi-mnist-p1": "3 of 9 epochs, CPU", "dundi-mnist-p2": NOT_RUN}
    monkeypatch.setattr(tables, "schedule", lambda network: ran.get(network, "2 of 10 epochs, CPU"))
    said = tables.trained([f"dundi-mnist-{name}" for name in ("r1", "p1", "p2", "r2")])
    assert said == " Trained: DunDi_R1 and DunDi_R2 for 2 of 10 epochs, CPU; DunDi_P1 for 3 of 9 epochs, CPU."


def test_draws_are_averaged_before_their_least_and_most():
    found = tables.mean_of_four("dundi-mnist-r1")
    assert found == pytest.approx([0.55, 0.5]) and tables.mean_of_four("dundi-mnist-r2") == []
    row = tables.mean_row([0.9, 0.3, 0.6])
    assert (row.value, row.low, row.high) == (pytest.approx(0.6), 0.3, 0.9)
    assert tables.mean_row([]).value is None and tables.mean_row([0.5]).low is None


def test_figure_6():
    table = attacked_tables.figure6()
    mean = (
        "mean of 2 DunDi models (R3 once)"  # (52.5 + 80) / 2: the second R3, of which nothing is left, counts in none
    )
    assert table.rows == ["Native Model1", "DunDi_R1", "DunDi_P1", "DunDi_R3, rate 3e-4", mean]
    four = [said(table[row, "mean of the four"]) for row in table.rows]
    assert four == [
        (None, 40, None, None),
        (None, 52.5, 50, 55),
        (None, 80, 80, 80),
        (None, 0, 0, 0),
        (94.39, 66.3, 52.5, 80),
    ]
    assert table.columns == [*tables.ATTACKS, "mean of the four"]
    assert [said(table["DunDi_R1", a]) for a in tables.ATTACKS] == [
        (None, 80, 70, 90), (None, 40, 30, 50), (None, 20, 10, 30), (None, 70, 50, 90),
    ]  # fmt: skip
    assert said(table["Native Model1", "FGSM"]) == (None, 40, *WILSON[4]), "a native network's interval is Wilson's"
    together = [said(table[mean, a]) for a in tables.ATTACKS]
    assert together == [(98.07, 80, 80, 80), (91.45, 60, 40, 80), (90.91, 50, 20, 80), (97.13, 75, 70, 80)]
    assert "Not run: DunDi_P2" not in table.caption and "Not run: Native Model2, DunDi_R2, DunDi_P2" in table.caption
    assert "Source: 2 of 10 epochs, CPU." in table.caption
    fooled = attacked_tables.figure6(images=FOOLED)
    assert said(fooled["DunDi_R1", "FGSM"]) == (None, 10, 0, 20) and fooled["Native Model1", "FGSM"].ours == 10
    assert said(fooled[mean, "FGSM"]) == (None, 10, None, None), "one is no mean of several"
    assert fooled.caption.startswith(
        "Read right, in %, of the images made on Feinman's network and misread by it, MNIST"
    )
    assert "Source:" not in attacked_tables.figure6("cifar10").caption
    assert attacked_tables.figure6("cifar10")["mean of the DunDi models", "iFGSM-b"].said() == "94 | not run"


def test_figure_7():
    table = attacked_tables.figure7()
    assert table.columns == ["1 oracle", "10 oracles"]
    assert (
        said(table["JSMA", "1 oracle"]) == (97.1, 75, 60, 90) and table["FGSM", "1 oracle"].said() == "87.94 | not run"
    )
    assert table["FGSM", "10 oracles"].ours == 80 and table["FGSM", "10 oracles"].paper is None
    assert attacked_tables.figure7("dundi-mnist-r2").columns == ["1 oracle"]


def test_bayesian():
    table = attacked_tables.bayesian()
    assert said(table["AUC", "FGSM"]) == (None, 92.4, 90, 94) and table["AUC", "iFGSM-a"].said() == "not run"
    assert table["AUC", "JSMA"].note == "nothing was fooled: no pair to tell apart"


def test_white_box():
    table = attacked_tables.white_box("mnist", 0.1)
    folded = attacked_tables.white_box("mnist", 0.1, attacked_tables.FOLDED)
    printed = [[said(t["DunDi_R1", column])[1:] for column in t.columns] for t in (table, folded)]
    assert [c.split()[0] for c in table.columns] == ["clean", "noise", "cross-entropy", "margin", "Square", "worst"]
    assert printed == [[(10 * k, *WILSON[k]) for k in right] for right in ((9, 8, 5, 2, 5, 1), (7, 4, 3, 6))]
    assert folded.rows == ["DunDi_R1"], "the plain network met none of these four"
    assert said(table["Native Model1", "margin PGD on distances"])[1:] == (70, *WILSON[7]), "on the logits"
    assert table["Native Model1", "noise"].ours == 80 and table["Native Model1", "clean"].ours == 90
    met = ("clean", "margin PGD on distances", "noise")
    assert all(table["Native Model1", column].applies == (column in met) for column in table.columns)
    assert table.rows == ["Native Model1", "DunDi_R1"] and "n = 10, seed 0" in table.caption
    assert attacked_tables.white_box("mnist", 0.2)["DunDi_R1", "noise"].ours == 0
    assert attacked_tables.white_box("mnist", 0.2)["DunDi_R1", "clean"].ours == 90, "at no radius"
    assert "n = 0, not run" in attacked_tables.white_box("cifar10", 2 / 255).caption


def test_lengths():
    table, row = attacked_tables.lengths(), "DunDi_R1"
    assert said(table[row, "accuracy"]) == (None, 80, 80, 80)
    assert (
        table[row, "mean distance of classes"].ours == 161.5 and table[row, "zero gradient of cross-entropy"].ours == 30
    )
    columns = table.columns[3:]
    assert [said(table[row, c])[1:] for c in columns] == [(10 * k, *WILSON[k]) for k in (5, 2, 1)]
    assert table["DunDi_R1, 36k tuples", "accuracy"].said() == "not run" and "n = 10, seed 0" in table.caption


def test_curves():
    assert tables.white_box_curve("dundi-mnist-r2") == {}
    curve = tables.white_box_curve("dundi-mnist-r1")
    assert list(curve) == [0, 0.1, 0.2] and [round(100 * v, 1) for v in curve[0.1]] == [10, *WILSON[1]]
    assert [v[0] for v in tables.white_box_curve("dundi-mnist-native1", "margin PGD").values()] == [0.9, 0.7]
    assert tables.transfer_curve("dundi-mnist-r1", "FGSM") == {
        0.05: (pytest.approx(0.8), 0.7, 0.9),
        0.3: (pytest.approx(0.2), 0.1, 0.3),
    }
    assert tables.transfer_curve("dundi-mnist-native1", "FGSM") == {0.3: (0.4, 0.4, 0.4)}


def test_pictures():
    found = tables.figure5()
    assert list(found) == list(tables.ATTACKS)
    assert found["JSMA"]["x_adv"].tolist() == [[[[1.0]]]] and found["JSMA"]["says"].tolist() == [2]


def test_every_table_is_drawn():
    for table in (tables.table1(), tables.table2(), attacked_tables.figure6(), attacked_tables.white_box("mnist", 0.1)):
        paper_beside_ours(table)

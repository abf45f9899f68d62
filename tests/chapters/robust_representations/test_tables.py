"""Every table from rows of ten images, with the numbers that must be printed worked out by hand."""

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.robust_representations import tables
from robustlib.experiments import Row
from robustlib.experiments.readings import percent, printed_percent

# Wilson, n = 10: (k + 1.92 -+ 1.96 sqrt(k (10 - k) / 10 + 0.96)) / 13.84
WILSON = {1: (1.8, 40.4), 2: (5.7, 51.0), 3: (10.8, 60.3), 4: (16.8, 68.7), 5: (23.7, 76.3), 9: (59.6, 98.2)}
AT = {"norm": "Linf", "eps": 0.3}
OURS = "Ours (4 of 10 epochs, CPU)"


def attacked(clean: int = 9, fgsm: int = 4) -> list[Row]:
    """One network; every attack leaves another number."""
    rows = [of_ten(clean), of_ten(fgsm, attack="FGSM", **AT), of_ten(3, attack="BIM", **AT)]
    rows += [of_ten(2, attack="MIM", **AT), of_ten(8, attack="small-step PGD", steps=10, **AT)]
    rows += [of_ten(1, attack="PGD", steps=40, **AT), of_ten(5, attack="margin PGD", **AT)]
    rows += [of_ten(6, attack="DLR PGD", **AT), of_ten(7, attack="feature matching", **AT)]
    rows += [of_ten(0, attack="worst case", **AT), of_ten(10, attack="PGD", defense="forgotten stop-gradient", **AT)]
    for head, right in {"fresh linear head": 3, "nearest mean head": 2, "nearest neighbour head": 1}.items():
        rows += [of_ten(9, defense=head), of_ten(right, attack="margin PGD", defense=head, **AT)]
    return [*rows, Row("separation", 4.25, 5000), Row("zero gradients", 0.5, 10, 0.2, 0.8, attack="PGD")]


def swept(right: dict[float, int]) -> list[Row]:
    """A sweep of two attacks."""
    curve = [of_ten(k, attack=tables.WORST, norm="Linf", eps=eps) for eps, k in right.items()]
    return [of_ten(9), *curve, of_ten(6, attack="PGD", norm="Linf", eps=0.1)]


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    files = {("rr-convnet-ours", "attacked", 0): attacked()}
    for seed, (fgsm, worst, apart) in enumerate(((2, 1, 3.0), (4, 5, 4.0), (9, 3, 8.0))):
        rows = [*attacked(fgsm=fgsm)[:-2], Row("separation", apart, 5000)]
        files["rr-lenet-ours", "attacked", seed] = rows
        files["rr-lenet-ours", "sweep", seed] = swept({0.1: worst, 0.05: worst + 1, 0.2: 0})
    files["rr-lenet-softmax-pgd", "attacked", 0] = attacked()
    files["rr-lenet-softmax-pgd", "sweep", 0] = swept({0.05: 5, 0.1: 4, 0.2: 3})
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(files))
    monkeypatch.setattr(tables, "schedule", lambda network, seed=0: "4 of 10 epochs, CPU")


def numbers(table, row):
    """What is printed in a row: column -> (paper, ours, low, high)."""
    cells = {column: table[row, column] for column in table.columns}
    return {name: (c.paper, *(round(v, 1) for v in (c.ours, c.low, c.high))) for name, c in cells.items()}


def test_table_1():
    table = tables.table1()
    assert table.rows == [OURS] and table.caption.endswith(
        "n = 10 official test images, seed 0, 95 % Wilson intervals."
    )
    assert numbers(table, OURS) == {
        "clean": (pytest.approx(99.58), 90, *WILSON[9]),
        "FGSM": (pytest.approx(69.45), 40, *WILSON[4]),
        "BIM": (pytest.approx(26.52), 30, *WILSON[3]),
        "MIM": (pytest.approx(44.93), 20, *WILSON[2]),
        "PGD 10 x 2/255, no start": (pytest.approx(95.49), 80, 49.0, 94.3),
        "PGD 40 x 0.01, random start": (pytest.approx(95.49), 10, *WILSON[1]),
    }
    assert all(cell.n == 10 for cell in table.cells)
    assert [c.paper for c in tables.table1("rr-lenet").cells] == [None] * 12, "the report has no LeNet"


def test_adaptive_attacks():
    found = numbers(tables.adaptive(), OURS)
    assert list(found.values()) == [
        (None, 0, 0, 27.8), (None, 50, *WILSON[5]), (None, 60, 31.3, 83.2), (None, 70, 39.7, 89.2),
    ]  # fmt: skip
    assert tables.adaptive().columns == ["worst of all", "margin PGD", "DLR PGD", "feature matching"]


def test_new_heads():
    assert numbers(tables.other_heads(), OURS) == {
        "fresh linear head": (None, 30, *WILSON[3]),
        "nearest mean head": (None, 20, *WILSON[2]),
        "nearest neighbour head": (None, 10, *WILSON[1]),
    }


def test_both_readings_of_pgd():
    found = tables.pgd_readings()
    values = {name: row.value for name, row in found["Ours"].items()}
    assert values == {"PGD 10 x 2/255, no start": 0.8, "PGD 40 x 0.01, random start": 0.1}
    assert {round(row.reported, 4) for row in found["Ours"].values()} == {0.9549}


def test_seeds_give_mean_least_and_most_and_one_seed_its_interval():
    table = tables.seeds()
    several, alone = table.rows
    assert several == "Ours (4 of 10 epochs, CPU, 3 seeds)"
    assert alone == "Softmax_PGD (not in the report) (4 of 10 epochs, CPU, 1 seed)"
    worst = [column for column in table.columns if "at 0." in column]
    assert worst == table.columns[:3], "a phone shows the first columns"
    assert [(table[several, c].ours, table[several, c].low, table[several, c].high) for c in worst] == [
        (pytest.approx(40), 20, 60),
        (pytest.approx(30), 10, 50),
        (0, 0, 0),
    ]
    assert [round(v, 1) for c in worst for v in (table[alone, c].ours, table[alone, c].low)] == [
        50,
        23.7,
        40,
        16.8,
        30,
        10.8,
    ]
    fgsm, apart = table[several, "FGSM"], table[several, "separation"]
    assert (fgsm.ours, fgsm.low, fgsm.high, fgsm.n) == (50, 20, 90, 10)
    assert (apart.ours, apart.low, apart.high, apart.n) == (5, 3, 8, None)
    assert table[alone, "separation"].ours == 4.25 and "n = 10 official" in table.caption


def test_a_curve_starts_clean_and_rises_in_eps():
    curve = tables.curve("rr-lenet-ours", tables.WORST, 1)
    assert {eps: share for eps, (share, _, _) in curve.items()} == {0: 0.9, 0.05: 0.6, 0.1: 0.5, 0.2: 0}
    assert list(curve) == [0, 0.05, 0.1, 0.2]
    assert [round(100 * end, 1) for end in curve[0.1]] == [50, *WILSON[5]]


def test_numbers_for_sentences():
    assert percent(tables.find("rr-convnet-ours", attack="FGSM")) == "40.0 % [16.8, 68.7; n = 10]"
    assert percent(tables.find("rr-convnet-ours", attack="PGD")) == "10.0 % [1.8, 40.4; n = 10]"
    assert printed_percent(tables.find("rr-convnet-ours", attack="PGD")) == "95.49 %"
    with pytest.raises(ValueError, match="no paper prints a number"):
        printed_percent(tables.find("rr-convnet-ours", attack="margin PGD"))
    with pytest.raises(LookupError, match="0 rows"):
        tables.find("rr-convnet-ours", attack="DeepFool")
    with pytest.raises(ValueError, match="no column 'atack'"):
        tables.find("rr-convnet-ours", atack="FGSM")


def test_without_results_the_tables_are_empty_and_still_print(monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand({}))
    for table in (tables.table1(), tables.adaptive(), tables.other_heads(), tables.seeds()):
        assert table.cells == () and str(table)


def test_the_layers_stand_beside_the_report():
    rows = {block: (paper, ours) for block, paper, ours in tables.architecture().rows}
    assert rows["block 3"] == ("Conv(64, 5x5, ReLu) x2", "Conv(64, 5x5, ReLU), Conv(64, 5x5, ReLU)")
    assert rows["block 4"] == ("Dense(512, ReLu)", "Dense(512, ReLU)")
    assert rows["block 6 (softmax layer)"] == ("Dense(10)", "Dense(10)")

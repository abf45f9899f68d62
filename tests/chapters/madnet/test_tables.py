"""Every table from rows of ten images, with the numbers that must be printed worked out by hand."""

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.madnet import black_box_tables, printed_tables
from robustlib.chapters.madnet.black_box import PROXY
from robustlib.chapters.madnet.white_box import CLEAN_CORRECT, NINE, of_weight
from robustlib.experiments import Row

CE, MAD = "madnet-mnist-resnet8-ce", "madnet-mnist-resnet8-mad"
WILSON = {2: (5.7, 51.0), 4: (16.8, 68.7), 6: (31.3, 83.2), 7: (39.7, 89.2)}  # of ten, in %


def attacked(**rights: int) -> list[Row]:
    """One network: of ten right images so many stand, and of all images one less."""
    eps, rows = {"norm": "Linf", "eps": 0.1}, [of_ten(9)]
    plans = {"fgsm": ("FGSM", eps), "bim": ("BIM", eps), "bim4": ("BIM, steps of eps/4", eps), "pgd": ("PGD", eps)}
    plans |= {r: (of_weight(10, r), {"norm": "L2"}) for r in ("clip", "reject", "off")} | {
        "nine": (NINE, {"norm": "L2"})
    }
    for key, stand in rights.items():
        attack, columns = plans[key]
        rows += [of_ten(stand, attack=attack, images=CLEAN_CORRECT, **columns)]
        rows += [of_ten(stand - 1, attack=attack, **columns)]
    lengths = {of_weight(10, "off"): (1.5, 6), NINE: (1.25, 8)}
    return [*rows, *(Row("distortion", v, n, v - 0.5, v + 0.5, attack=a) for a, (v, n) in lengths.items())]


def sent(stand: int) -> list[Row]:
    """The black box of one network."""
    rows = [of_ten(9)]
    for attack, columns in (("FGSM", {"eps": 0.1}), ("BIM", {"eps": 0.1}), (of_weight(0.1, "clip"), {})):
        rows += [of_ten(stand, attack=attack, images=CLEAN_CORRECT, source=PROXY, **columns)]
        rows += [of_ten(stand - 1, attack=attack, source=PROXY, **columns)]
    return [*rows, Row("agreement", 0.9, 1000, 0.88, 0.92, source=PROXY)]


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    files = {
        (CE, "clean", 0): [of_ten(9), of_ten(1, attack="FGSM", norm="Linf", eps=0.1)],
        (CE, "clean", 1): [of_ten(1)],
        (CE, "white-box", 0): attacked(fgsm=4, bim=3, bim4=2, pgd=1, clip=7, reject=6, off=2, nine=1),
        (MAD, "white-box", 0): attacked(fgsm=6, bim=8, clip=9),
        (CE, "black-box", 0): sent(7),
        (MAD, "black-box", 0): sent(8),
    }
    rows = stored_by_hand(files)
    for module in (printed_tables, black_box_tables):
        monkeypatch.setattr(module, "stored_rows", rows)
    trained = {CE: "3 of 80 epochs, CPU", MAD: "3 of 80 epochs, CPU"}
    monkeypatch.setattr(printed_tables, "schedule", lambda network, seed=0: trained.get(network, "not run"))


def numbers(cell):
    """What is printed: the paper's, ours, and the interval."""
    return (cell.paper, *(None if v is None else round(v, 1) for v in (cell.ours, cell.low, cell.high)))


def test_table_1_has_the_paper_beside_ours_over_the_images_that_were_right():
    table = printed_tables.white_box("mnist")
    assert list(table.columns) == ["CE", "PCL", "MAD", "CE + PGD", "PCL + PGD", "MAD + PGD"]
    assert list(table.rows) == [
        "no attack", "C&W, c = 0.1", "C&W, c = 1", "C&W, c = 10", "FGSM, eps = 0.1", "FGSM, eps = 0.2",
        "BIM, eps = 0.1", "BIM, eps = 0.15", "PGD, eps = 0.1", "PGD, eps = 0.15",
    ]  # fmt: skip
    assert numbers(table["no attack", "CE"])[:2] == (99.22, 90), "seed 0 on all test images"
    assert numbers(table["FGSM, eps = 0.1", "CE"]) == (74, 40, *WILSON[4])
    assert numbers(table["FGSM, eps = 0.1", "MAD"]) == (95.3, 60, *WILSON[6])
    assert numbers(table["C&W, c = 10", "CE"]) == (0, 70, *WILSON[7]), "clipped, as the paper's"
    assert numbers(table["C&W, c = 10", "MAD"])[:2] == (92.5, 90)
    missing = table["PGD, eps = 0.15", "MAD + PGD"]
    assert missing.said() == "98.4 | not run" and table["BIM, eps = 0.1", "CE + PGD"].said() == "not run"
    assert "n = 0, not run" not in table.caption and "n = 10; no attack: all test images" in table.caption
    assert table.caption.endswith("MNIST: CE, MAD 3 of 80 epochs, CPU; PCL, CE + PGD, PCL + PGD, MAD + PGD not run.")
    assert (
        "clipped to a change of 0.3" in table.caption and "Ours at ResNet-8, the paper's at ResNet-56" in table.caption
    )


def test_over_all_images_the_paper_prints_nothing():
    table = printed_tables.white_box("mnist", "")
    assert numbers(table["FGSM, eps = 0.1", "CE"])[:2] == (None, 30)
    assert numbers(table["C&W, c = 10", "MAD"])[:2] == (None, 80)
    assert [c.paper for c in table.cells if c.row != "no attack"] == [None] * 54
    assert "right when clean" not in table.caption


def test_other_steps_stand_beside_the_ones_of_the_table():
    table = printed_tables.white_box("mnist", other_steps=True)
    assert list(table.rows)[:2] == ["BIM, eps = 0.1", "BIM, steps of eps/4, eps = 0.1"] and len(table.rows) == 8
    assert numbers(table["BIM, eps = 0.1", "CE"])[:2] == (17.4, 30)
    assert numbers(table["BIM, steps of eps/4, eps = 0.1", "CE"])[:2] == (None, 20)
    assert "C&W" not in table.caption


def test_tables_2_and_3_without_a_measurement_print_the_paper():
    second, third = printed_tables.white_box("cifar10"), printed_tables.white_box("cifar100")
    assert second["C&W, c = 0.001", "PCL"].said() == "84.3 | not run"
    assert third["PGD, eps = 0.01", "MAD"].said() == "33.5 | not run" and len(third.rows) == 5
    assert "C&W" in second.caption and "C&W" not in third.caption


def test_three_readings_of_the_cap_and_nine_steps():
    table = printed_tables.capped()
    assert list(table.columns) == ["clipped to the cap", "rejected outside the cap", "without a cap", "L2 length"]
    ours = [numbers(table["C&W, c = 10 (CE)", c])[:2] for c in table.columns]
    assert ours == [(0, 70), (None, 60), (None, 20), (None, 1.5)]
    length = table["C&W, c = 10 (CE)", "L2 length"]
    assert (length.low, length.high, length.n) == (1.0, 2.0, 6)
    assert table["C&W, c = 10 (MAD)", "without a cap"].paper == pytest.approx(67.2), "section 5.3"
    assert table["C&W, c = 10 (MAD + PGD)", "without a cap"].said() == "71.6 | not run"
    nine = f"{NINE} (CE)"
    assert table[nine, "clipped to the cap"].said() == "–" and table[nine, "without a cap"].ours == 10
    assert table[nine, "L2 length"].ours == 1.25 and f"{NINE} (PCL)" not in table.rows
    assert "n = 10, 95 % Wilson" in table.caption


def test_table_4():
    table = black_box_tables.table4()
    assert list(table.columns) == ["MNIST", "CIFAR-10", "CIFAR-100"]
    assert list(table.rows)[:5] == ["FGSM (CE)", "BIM (CE)", "PGD (CE)", "C&W (CE)", "agreement (CE)"]
    assert numbers(table["FGSM (CE)", "MNIST"]) == (74.2, 70, *WILSON[7])
    assert numbers(table["C&W (MAD)", "MNIST"])[:2] == (100, 80)
    assert table["PGD (CE)", "MNIST"].said() == "78.3 | not run"
    assert table["C&W (MAD)", "CIFAR-100"].said() == "98 | not run"
    agreement = table["agreement (MAD)", "MNIST"]
    assert numbers(agreement) == (None, 90, 88, 92) and agreement.note == "n = 1000"
    assert "n = 10. L-infinity, eps = 0.1 on MNIST, eps = 0.02 on CIFAR-10, eps = 0.01 on CIFAR-100" in table.caption
    assert numbers(black_box_tables.table4("")["FGSM (CE)", "MNIST"])[:2] == (None, 60)


def test_black_box_and_white_box_at_the_same_radius():
    table = black_box_tables.like_with_like()
    row = "MNIST, FGSM, eps = 0.1 (CE)"
    assert [numbers(table[row, c])[:2] for c in ("black-box", "white-box")] == [(74.2, 70), (74, 40)]
    row = "CIFAR-10, PGD, eps = 0.02 (MAD)"
    assert [table[row, c].paper for c in ("black-box", "white-box")] == [pytest.approx(95.7), pytest.approx(55.2)]
    assert table["CIFAR-100, FGSM, eps = 0.01 (CE)", "white-box"].said() == "–", "table 3 has no FGSM"


def test_table_5_says_what_is_run():
    table = printed_tables.table5()
    assert table.rows == (
        ("BIM", "Iterations", "10", "10"), ("PGD", "Iterations", "10", "10"), ("CW", "Max Iterations", "1000", "1000"),
        ("CW", "Binary Search Steps", "1", "1"), ("CW", "Confidence", "0", "0"),
    )  # fmt: skip


def test_what_is_covered_is_counted():
    """CE: clean, FGSM, BIM, PGD and C&W; MAD: FGSM, BIM and C&W; black box of both: FGSM, BIM and C&W."""
    assert printed_tables.covered() == (5 + 3 + 6, 149)

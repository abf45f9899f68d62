"""The two small tables, from ten images by hand."""

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.robust_representations import comparison_tables, readings

AT = {"norm": "Linf"}


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    files = {}
    for network, right in {"rr-convnet-ours": (5, 2, 0), "rr-lenet-softmax-pgd": (9, 4, 1)}.items():
        met = zip((0.1, 0.2, 0.3), right, strict=True)
        files[network, "standard", 0] = [of_ten(k, attack="AutoAttack", eps=e, **AT) for e, k in met]
        files[network, "standard", 0].append(of_ten(10, attack="FGSM", eps=0.1, **AT))
    for term, found in {"none": (9, 7, 8), "rr": (2, 3, 7)}.items():
        for seed, right in enumerate(found):
            rows = [of_ten(right, attack="APGD-T", eps=0.2, **AT)]
            files[f"at2l-mnist-pgd-0.2-{term}", "paired", seed] = rows
    files["at2l-mnist-pgd-0.3-rr", "paired", 0] = [of_ten(4, attack="APGD-T", eps=0.3, **AT)]
    files["at2l-cifar10-nfgsm-none", "paired", 0] = [of_ten(1, attack="APGD-T", eps=8 / 255, **AT)]
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand(files))


def test_autoattack_has_a_line_for_each_network_that_met_it():
    table = comparison_tables.auto_attack()
    assert table.rows == ["ConvNet, Ours", "LeNet, Softmax_PGD"] and table.columns == ["at 0.1", "at 0.2", "at 0.3"]
    assert [round(cell.ours) for cell in table.cells] == [50, 20, 0, 90, 40, 10]
    assert "n = 10 test images" in table.caption


def test_another_training_has_its_seeds_and_says_what_was_not_run():
    table = comparison_tables.another_training()
    assert table.rows == ["no triplets", "triplets", "triplets, stop-gradient"]
    assert table.columns == ["digits, 0.1", "digits, 0.2", "digits, 0.3", "CIFAR-10, 8/255"]
    none, rr = table["no triplets", "digits, 0.2"], table["triplets", "digits, 0.2"]
    assert (none.ours, none.low, none.high) == pytest.approx((80, 70, 90))
    assert (rr.ours, rr.low, rr.high) == pytest.approx((40, 20, 70))
    alone = table["triplets", "digits, 0.3"]
    assert [round(v, 1) for v in (alone.ours, alone.low, alone.high)] == [40, 16.8, 68.7]
    assert table["no triplets", "CIFAR-10, 8/255"].ours == 10
    assert table["triplets, stop-gradient", "digits, 0.1"].ours is None


def test_without_results_both_are_empty_and_still_print(monkeypatch):
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand({}))
    assert comparison_tables.auto_attack().cells == () and str(comparison_tables.auto_attack())
    assert all(cell.ours is None for cell in comparison_tables.another_training().cells)

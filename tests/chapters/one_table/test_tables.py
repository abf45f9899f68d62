"""The tables from rows of ten images, with the numbers that must be printed worked out by hand."""

from pathlib import Path

import pytest
import torch
from chapters.stored_by_hand import of_ten, stored_by_hand

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.chapters.one_table import costs, longer_attack, printed_tables, readings, tables
from robustlib.chapters.one_table.methods import BY_KEY, METHODS, RADII
from robustlib.evaluation import Outcome
from robustlib.experiments import Row
from robustlib.experiments.rows import accuracy_row
from robustlib.experiments.standard_suite import WORST

# Wilson, n = 10: see the tables of the chapter on robust representations.
WILSON = {0: (0.0, 27.8), 1: (1.8, 40.4), 2: (5.7, 51.0), 3: (10.8, 60.3), 4: (16.8, 68.7), 5: (23.7, 76.3)}
WILSON |= {6: (31.3, 83.2), 9: (59.6, 98.2)}
CE, RCE = BY_KEY["ce"], BY_KEY["rce"]
DONE = "Cross-entropy (1 seed, 5 of 50 epochs, CPU)"


def standing(*images: int, **columns) -> Row:
    """Ten images of which these stand."""
    moved, right = torch.full((10,), 0.5), torch.zeros(10, dtype=torch.bool)
    right[list(images)] = True
    return accuracy_row(Outcome(right, moved, moved, 1.0), **columns)


def suite(auto: tuple[int, ...], worst: tuple[int, ...], clean: int = 9) -> list[Row]:
    """Every attack leaves another number; what the stored row of the worst case says is not what is read here."""
    rows = [of_ten(clean)]
    for eps, a, w in zip(RADII, auto, worst, strict=True):
        at = {"norm": "Linf", "eps": eps}
        rows += [of_ten(7, attack="noise", **at), of_ten(8, attack="FGSM", **at), of_ten(w, attack="margin PGD", **at)]
        rows += [of_ten(a, attack="AutoAttack", **at), of_ten(10, attack=WORST, **at)]
    return rows


def beside(clean: int, length: float, passes: float) -> list[Row]:
    """Clean accuracy, a distance and a cost."""
    rows = [of_ten(clean, images="all test images"), Row("passes of an image", passes)]
    return [*rows, Row("distortion", length, 10, length - 0.5, length + 0.25, attack="DDN", norm="L2")]


@pytest.fixture
def store(monkeypatch):
    """Puts files in the place of the stored ones."""

    def put(files):
        for module in (readings, longer_attack):
            monkeypatch.setattr(module, "stored_rows", stored_by_hand(files))
        for module in (tables, longer_attack):
            monkeypatch.setattr(module, "schedule", lambda network, seed=0: "5 of 50 epochs, CPU")

    return put


def cells(table, row):
    """The numbers of one row: ours, low and high to one digit; None where there is none."""
    found = {name: table[row, name] for name in table.columns}
    return {
        k: None if c.ours is None else tuple(round(v, 1) for v in (c.ours, c.low, c.high)) for k, c in found.items()
    }


def test_every_number_of_one_method_and_no_number_of_the_others(store):
    store({
        (CE.network, "standard", 0): suite((6, 5, 3), (7, 4, 1)),
        (CE.network, "distance-and-cost", 0): beside(9, 1.5, 2.0),
    })  # fmt: skip
    table = tables.compared()
    right = {"clean": 9, "worst case at 0.1": 6, "worst case at 0.2": 4, "worst case at 0.3": 1}
    assert cells(table, DONE) == {name: (10 * k, *WILSON[k]) for name, k in right.items()}
    assert table.rows == [DONE, *(m.label for m in METHODS[1:])]
    assert {c.ours for c in table.cells if c.row != DONE} == {None} and "n = 10 official" in table.caption
    assert readings.judged() == ["ce"] and readings.waiting() == [m.label for m in METHODS[1:]]


def test_the_worst_case_is_per_image_and_below_either_attack(store):
    at = {"norm": "Linf", "eps": 0.3, "attack": RCE.own}
    own = [of_ten(10, norm="Linf", eps=eps, attack=RCE.own) for eps in RADII[:2]]
    store({
        (RCE.network, "standard", 0): suite((9, 9, 6), (9, 9, 9)),  # images 0 to 5 stand
        (RCE.network, "own", 0): [*own, standing(4, 5, 6, 7, 8, 9, **at)],
    })  # fmt: skip
    row = readings.worst("rce", 0.3)
    assert (row.value, row.n, row.attack) == (0.2, 10, "worst case")
    assert [readings.suite("rce", 0.3).value, readings.own("rce", 0.3).value] == [0.6, 0.6]
    table = tables.own_attacks()
    found = cells(table, "Reverse cross-entropy (feature matching to class means)")
    assert [found[f"{what}, 0.3"][0] for what in ("suite", "own attack", "both")] == [60.0, 60.0, 20.0]
    assert found["both, 0.1"] == (70.0, *(round(100 * v, 1) for v in (of_ten(7).low, of_ten(7).high)))


def test_the_own_attack_stands_beside_the_suite_on_the_same_images(store):
    """Twenty images met the own attack, which broke all of the last ten."""
    moved = torch.full((20,), 0.5)
    own = [
        accuracy_row(Outcome(torch.arange(20) < 6, moved, moved, 1.0), norm="Linf", eps=eps, attack=RCE.own)
        for eps in RADII
    ]
    store({(RCE.network, "standard", 0): suite((9, 9, 9), (9, 9, 9)), (RCE.network, "own", 0): own})
    assert [(row.value, row.n) for row in (readings.own("rce", 0.1), readings.worst("rce", 0.1))] == [(0.6, 10)] * 2
    assert readings.own_of("rce", 0.1, 0).value == 0.3


def test_an_image_that_breaks_at_a_smaller_radius_is_broken_at_a_larger_one(store):
    own = [standing(*range(9), norm="Linf", eps=eps, attack=RCE.own) for eps in RADII]
    own[0] = standing(*range(1, 9), norm="Linf", eps=0.1, attack=RCE.own)  # image 0 breaks at 0.1 alone
    store({(RCE.network, "standard", 0): suite((5, 6, 6), (9, 9, 9)), (RCE.network, "own", 0): own})
    assert [readings.suite("rce", eps).value for eps in RADII] == [0.5, 0.5, 0.5]
    assert [readings.worst("rce", eps).value for eps in RADII] == [0.4, 0.4, 0.4]


def test_a_method_whose_own_attack_was_left_out_is_not_judged(store):
    store({(RCE.network, "standard", 0): suite((6, 5, 3), (7, 4, 1))})
    assert readings.worst("rce", 0.1) is None and "Reverse cross-entropy" in readings.waiting()
    assert cells(tables.compared(), "Reverse cross-entropy")["worst case at 0.1"] is None
    found = cells(tables.own_attacks(), "Reverse cross-entropy (feature matching to class means)")
    assert found["suite, 0.1"][0] == 60.0 and found["own attack, 0.1"] is None and found["both, 0.1"] is None


def test_a_suite_without_autoattack_is_none(store):
    store({(CE.network, "standard", 0): [r for r in suite((6, 5, 3), (7, 4, 1)) if r.attack != "AutoAttack"]})
    assert readings.suite("ce", 0.1) is None and readings.judged() == []


def test_three_seeds_are_their_mean_between_the_least_and_the_most(store):
    files = {(CE.network, "standard", k): suite((a, a, a), (9, 9, 9)) for k, a in enumerate((6, 3, 3))}
    store(files)
    found = cells(tables.compared(), "Cross-entropy (3 seeds, 5 of 50 epochs, CPU)")
    assert found["worst case at 0.2"] == (40.0, 30.0, 60.0) and found["clean"] is None
    assert tables.ran() == "Rows that were run: seeds 0, 1 and 2; 5 of 50 epochs, CPU."
    own = {
        (m.network, "own", 0): [of_ten(9, norm="Linf", eps=e, attack=m.own) for e in RADII] for m in METHODS if m.own
    }
    store(own | {(m.network, "standard", 0): suite((6, 5, 3), (7, 4, 1)) for m in METHODS})
    assert tables.ran() == "Every row: seed 0; 5 of 50 epochs, CPU."


def test_cost_counts_the_network_that_was_tuned(store):
    passes = {"ce": 2.0, "pgd": 23.0, "rr": 3.0}
    store({(BY_KEY[k].network, "distance-and-cost", 0): beside(9, 1.0, v) for k, v in passes.items()})
    assert [costs.cost(k) for k in ("ce", "pgd", "rr", "trades")] == [1.0, 11.5, 2.5, None]


def test_one_line_of_the_whole_table_letter_by_letter(store):
    store({
        (CE.network, "standard", 0): suite((6, 5, 3), (7, 4, 1)),
        (CE.network, "distance-and-cost", 0): beside(9, 1.5, 2.0),
    })  # fmt: skip
    table = tables.one_table()
    assert table.rows[0] == (
        "Cross-entropy", "90.0 [59.6, 98.2]", "60.0 [31.3, 83.2]", "40.0 [16.8, 68.7]", "10.0 [1.8, 40.4]",
        "1.50 [1.00, 1.75]", "1.0",
    )  # fmt: skip
    assert "n = 10;" in table.caption and "Rows that were run: seed 0; 5 of 50 epochs, CPU." in table.caption
    assert table.rows[1][:5] == ("Label smoothing", *["not run"] * 4)
    assert len(table.header) == len(table.rows[0]) and len(table.rows) == len(METHODS)


def test_without_results_every_table_prints_and_says_so(store):
    store({})
    for make in (tables.compared, tables.one_table, tables.own_attacks):
        assert "not run" in str(make()) and "%" in str(make())
    assert longer_attack.longer_attack().cells == () and str(longer_attack.longer_attack())


def test_every_paper_has_its_printed_number():
    """The numbers as they stand in data/paper_tables."""
    found = {n.key: (round(n.per_cent, 2), n.attack, n.eps) for n in printed_tables.printed_numbers()}
    assert found == {
        "rce": (found["rce"][0], "C&W-wb as printed", None), "dundi": (94.39, "mean of four attacks", None),
        "madnet": (found["madnet"][0], "PGD", 0.1), "rr": (found["rr"][0], "PGD", 0.3),
        "at2l": (found["at2l"][0], "FGSM", 0.3),
    }  # fmt: skip
    assert [m.key for m in METHODS if m.key in found] == ["rce", "dundi", "madnet", "rr", "at2l"]


def test_a_printed_number_stands_beside_the_worst_case_at_its_radius(store):
    own = [of_ten(9, norm="Linf", eps=eps, attack=RCE.own) for eps in RADII]
    name = BY_KEY["rr"].network
    store({(name, "standard", 0): suite((6, 5, 3), (7, 4, 1)), (name, "own", 0): own})
    line = one_line(printed_tables.printed_beside(), "Robust representations")
    assert line[3:] == ("PGD", "0.3", "0.3", "10.0 [1.8, 40.4]") and float(line[1]) > 0


def one_line(table, name):
    """The line of a method."""
    return next(row for row in table.rows if row[0] == name)


def test_the_two_that_trained_under_forty_steps(store):
    name = "table-lenet-trades"
    store({(name, "standard", 0): suite((6, 5, 3), (7, 4, 1)), (name, "standard", 1): suite((0, 0, 0), (0, 0, 0), 0)})
    table = longer_attack.longer_attack()
    assert table.rows == ["TRADES (5 of 50 epochs, CPU)"], "what was not measured has no line"
    found = cells(table, "TRADES (5 of 50 epochs, CPU)")
    assert [found[k][0] for k in ("clean", "AutoAttack at 0.1", "AutoAttack at 0.3", f"{WORST} at 0.1")] == [
        90.0, 60.0, 30.0, 100.0,
    ]  # fmt: skip
    assert "seed 0" in table.caption


def of_every(keys, left):
    """Files of these methods: suite and own attack leave so many of ten at each radius."""
    files = {}
    for key in keys:
        files[BY_KEY[key].network, "standard", 0] = suite((left[key],) * 3, (9, 9, 9))
        if BY_KEY[key].own:
            own = [of_ten(9, norm="Linf", eps=eps, attack=BY_KEY[key].own) for eps in RADII]
            files[BY_KEY[key].network, "own", 0] = own
    return files


def test_the_method_with_the_most_left_is_named_once_all_of_its_kind_are_there(store):
    unseen = [m.key for m in METHODS if not m.attacked]
    left = dict(zip(unseen, (1, 2, 3, 6, 4, 5, 0, 2), strict=True)) | {"at2l": 7, "at2l-without": 8}
    store(of_every([*unseen, "at2l", "at2l-without"], left))
    label, row = readings.most(0.1, attacked=False)
    assert (label, row.value) == ("Reverse cross-entropy", 0.6)
    assert readings.most(0.1, attacked=True) is None, "PGD training waits, and the control is no method"
    store(of_every(unseen[1:], left))
    assert readings.most(0.1, attacked=False) is None


def test_what_the_own_attack_takes_is_the_largest_step_of_all_methods_and_radii(store):
    keys = [m.key for m in METHODS if m.own]
    files = of_every(keys, dict.fromkeys(keys, 7))
    name = BY_KEY["madnet"].network
    files[name, "own", 0] = [
        of_ten(k, norm="Linf", eps=eps, attack=BY_KEY["madnet"].own) for eps, k in zip(RADII, (6, 2, 2), strict=True)
    ]
    store(files)
    label, eps, before, after = readings.lowered()
    assert (label, eps, before.value, after.value) == ("MadNet", 0.2, 0.7, 0.2)
    assert readings.steps_taken() == ([("MadNet", eps) for eps in RADII], 3 * len(keys))
    del files[name, "own", 0]
    store(files)
    assert readings.lowered() is None


def test_the_methods_differ_in_one_line_each_and_lead_to_their_chapters():
    table = tables.method_lines()
    assert [row[0] for row in table.rows] == [m.label for m in METHODS] and len({row[1] for row in table.rows}) == 13
    entries = {entry for row in table.rows for entry in row[1:]}
    book = Path(__file__).parents[3] / "book" / "synthesis"
    assert len(tables.links()) == 5 and set(tables.links()) <= entries
    assert all((book / page.replace(".html", ".ipynb")).is_file() for page in tables.links().values())

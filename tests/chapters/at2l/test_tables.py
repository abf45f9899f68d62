"""The tables, of rows written by hand, with every number that must be printed."""

import pytest
import torch
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters import input_defences
from robustlib.chapters.at2l import CHAPTER, adaptive_tables, comparison_tables, tables
from robustlib.datasets import data_folder
from robustlib.experiments import Row
from robustlib.experiments.printed import printed, reported, without_counterpart
from robustlib.experiments.rows import pack

A = "at2l-mnist-a"


def accuracies(*found: tuple[str, str, int]) -> list[Row]:
    """Of attacks, made on a source or "", the right ones of ten; largest_linf and eps as stored."""
    return [of_ten(right, attack=attack, source=source, eps=0.3 if attack else None) for attack, source, right in found]


def kept(bits: str, attack: str = "APGD-T") -> Row:
    right = torch.tensor([c == "1" for c in bits])
    share = right.double().mean().item()
    return Row("accuracy", share, len(right), share, share, attack=attack, eps=0.2, bits=pack(right))


@pytest.fixture
def stored(monkeypatch):
    """Stored results are these files."""

    def with_files(files):
        for module in (tables, comparison_tables, adaptive_tables):
            monkeypatch.setattr(module, "stored_rows", stored_by_hand(files))

    return with_files


def test_the_supplement_stands_beside_static_errors(stored):
    rows = accuracies(("FGSM", A, 9), ("FGSM", "", 2), ("C&W", A, 7), ("C&W", "", 0), ("I-FGSM", "", 1))
    last = accuracies(("FGSM", A, 8), ("FGSM", "", 3), ("", "", 9))
    of = f"{A}-known-gradient-at2l-"
    stored({(f"{of}1", "known", 0): rows, (f"{of}3", "known", 0): last})
    table = tables.supplement("4")
    first = table["AT²L, gradient", "FGSM, static, 1"]
    assert (first.paper, first.ours, first.n) == (51.8, pytest.approx(10), 10) and first.low < 10 < first.high < 50
    assert table["AT²L, gradient", "FGSM, adaptive, 1"].ours == pytest.approx(80)
    assert table["AT²L, gradient", "FGSM, adaptive, 1"].paper is None
    assert table["AT²L, gradient", "C&W, static, 1"].paper == 83.5
    assert table["AT²L, gradient", "C&W, adaptive, 1"].ours == 100
    assert table["AT²L, gradient", "FGSM, static, 3"].paper == 40.3, "the paper's tenth beside our last"
    assert table["AT²L, gradient", "FGSM, static, 3"].ours == pytest.approx(20)
    assert table["adversarial training, gradient", "FGSM, static, 1"].ours is None
    assert "eps 0.3" in table.caption and "known type of attack" in table.caption
    assert table["AT²L, gradient", "clean, 3"].ours == pytest.approx(10)
    assert len(table.rows) == 15 and len(table.columns) == 9


def test_every_table_has_its_networks_and_what_the_paper_prints_of_them():
    for name, (prefix, kind, _, target) in tables.TABLES.items():
        known = {e.name: e for e in CHAPTER.experiments}
        assert target in known and ("unknown" in prefix) == (kind == "unknown")
        for attack_set, method in tables.planned(name):
            e = known[f"{prefix}-{attack_set}-{method}-3"]
            assert (target in e.crafted.sources) == (kind == "known") == e.crafted.itself
            assert list(e.crafted.attacks) == {
                "gradient": ["FGSM", "LL", "I-FGSM", "I-LL"], "optimisation": ["C&W"],
                "mixed": ["FGSM", "LL", "I-FGSM", "I-LL", "C&W"],
            }.get(attack_set, [tables.SETS[attack_set]])  # fmt: skip
    assert [len(tables.planned(name)) for name in ("4", "5", "6", "1", "6, 8/255")] == [15, 15, 6, 6, 2]


def test_curves_begin_with_the_undefended_network(stored):
    of = f"{A}-known-gradient-at-"
    files = {(A, "known", 0): accuracies(("FGSM", "", 1))}
    files |= {(f"{of}{k}", "known", 0): accuracies(("FGSM", A, 5 + k), ("FGSM", "", k)) for k in (1, 2)}
    stored(files)
    static, adaptive = (
        tables.curves("4", static=is_static)["adversarial training, gradient"] for is_static in (True, False)
    )
    assert [r and r.value for r in static] == [0.1, 0.6, 0.7, None]
    assert [r and r.value for r in adaptive] == [0.1, 0.1, 0.2, None]
    assert static[0].reported == pytest.approx(1 - 0.901) and static[1].reported == pytest.approx(1 - 0.583)
    theirs = tables.printed_curves("4")
    assert theirs.keys() == tables.curves("4").keys() and len(theirs) == 6
    assert (
        theirs["adversarial training, gradient"][:2] == [90.1, 58.3]
        and theirs["adversarial training, gradient"][10] == 46.3
    )
    assert (
        tables.printed_curves("7")["AT²L, mixed"][1] == 61.7
        and len(tables.printed_curves("1")["adversarial training, mixed"]) == 11
    )


def test_figure3_has_the_triplet_alone(stored):
    right = {"at": (6, 5), "triplet": (4, 3), "at2l": (2, 1)}  # static, adaptive
    found = {m: accuracies(("FGSM", A, static), ("FGSM", "", own)) for m, (static, own) in right.items()}
    stored({(f"{A}-known-fgsm-{m}-1", "known", 0): rows for m, rows in found.items()})
    table = tables.figure3()
    assert table.rows == ["adversarial training", "triplet alone", "AT²L"]
    for column, errors in (("static, 1", [40, 60, 80]), ("adaptive, 1", [50, 70, 90])):
        assert [table[method, column].ours for method in table.rows] == pytest.approx(errors)


def test_the_comparison_is_paired_and_has_the_gain_of_tla_beside_it(stored):
    prefix = "at2l-mnist-pgd-0.2-"
    files = {(f"{prefix}none", "paired", k): [kept("1111", ""), kept("1000")] for k in (0, 1, 2)}
    bits = ("1100", "1110", "1000")
    files |= {(f"{prefix}tla", "paired", k): [kept("1110", ""), kept(b)] for k, b in enumerate(bits)}
    files |= {(f"{prefix}rr", "paired", 1): [kept("1111", ""), kept("0000")]}
    stored(files)
    table = comparison_tables.comparison()
    none, tla, at2l, rr, stopped = (next(r for r in table.rows if r.startswith(said)) for said in
                                    ("no triplet", "TLA", "AT²L", "Robust", "the same"))  # fmt: skip
    assert table[none, "APGD-T"].ours == 25 and table[none, "clean"].ours == 100 and table[tla, "clean"].ours == 75
    assert (table[tla, "APGD-T"].low, table[tla, "APGD-T"].ours, table[tla, "APGD-T"].high) == (25, 50, 75)
    images, seeds = (table[tla, f"difference, over {what}"] for what in ("images", "seeds"))
    assert images.ours == pytest.approx(25) == seeds.ours and images.paper == pytest.approx(3.37)
    # Each image's mean over the seeds: 0, 2/3, 1/3, 0, a deviation of 0.319.
    assert images.high - images.ours == pytest.approx(100 * 1.959964 * 0.319142 / 2, rel=1e-5)
    assert seeds.high - seeds.ours == pytest.approx(100 * 4.302653 * 0.25 / 3**0.5) == seeds.ours - seeds.low
    assert table[tla, "half width"].ours == pytest.approx(seeds.high - seeds.ours)
    assert table[tla, "half width"].note == "could not have told 3.37 points from none"
    assert table[rr, "difference, over images"].ours == -25, "of the seed that both have"
    assert not table[rr, "difference, over seeds"].applies
    assert table[at2l, "difference, over images"].ours is None and table[stopped, "half width"].ours is None
    assert not table[none, "half width"].ours and comparison_tables.mao() == pytest.approx(0.0337)
    assert comparison_tables.apart("mnist 0.2", "tla").could_see(0.0337) is False


def test_adaptive_curvature_and_the_sweep(stored):
    of = f"{A}-known-gradient-at2l-3"
    files = {(of, "adaptive", 0): accuracies(("", "", 9), ("margin PGD", "", 2), ("worst case", "", 1))}
    cut, medians = {"slice": {"reach": 1}}, {"relative curvature": 0.5, "gradient norm": 2.5, "common shift": 0.25}
    curves = [Row("curvature", 1.25, 10, 1.0, 2.0, eps=0.3, series=cut), *(Row(k, v, 10) for k, v in medians.items())]
    files |= {(of, "curvature", 0): curves, (of, "known", 0): accuracies(("FGSM", A, 1))}  # of the third iteration
    swept = accuracies(("", "", 9), ("FGSM", A, 8), ("FGSM", "", 5), ("C&W", A, 4), ("C&W", "", 3))
    files |= {(f"{A}-known-gradient-at2l-{k}", "known", 0): r for k, r in (("alpha-2-1", swept), ("1", swept[:2]))}
    stored(files)
    table = adaptive_tables.adaptive("4")
    assert [table["AT²L, gradient", c].ours for c in ("clean", "margin PGD", "worst case")] == [90, 20, 10]
    assert table["AT²L, gradient", "PGD"].ours is None and "eps 0.3" in table.caption
    curvature = adaptive_tables.curvature("4")
    assert [curvature["AT²L, gradient", c].ours for c in ("curvature", *medians)] == [1.25, 0.5, 2.5, 0.25]
    assert adaptive_tables.slices("4") == {"AT²L, gradient": {"reach": 1}} and not adaptive_tables.slices("5")
    sweep = adaptive_tables.sweep()
    columns = ("clean", "FGSM, static", "FGSM, adaptive", "C&W, static", "C&W, adaptive")
    assert [sweep["alpha 2", c].ours for c in columns] == pytest.approx([10, 20, 50, 60, 70])
    assert len(sweep.rows) == 7 and sweep.rows[0] == adaptive_tables.USUAL
    assert sweep[adaptive_tables.USUAL, "FGSM, static"].ours == pytest.approx(20), "of the first iteration"


def test_every_network_of_a_table_is_trained_and_measured():
    kinds = {(m.of, m.kind) for m in CHAPTER.measurements}
    for name in tables.TABLES:
        assert {(n, "adaptive") for n in adaptive_tables.networks(name)} <= kinds
    for setting, (prefix, seeds) in comparison_tables.PAIRS.items():
        assert {(n, "paired") for n in adaptive_tables.networks(setting)} <= kinds
        planned = {m.of: m.seeds for m in CHAPTER.measurements if m.kind == "paired" and m.of.startswith(prefix)}
        assert set(planned[f"{prefix}none"]) == set(seeds)
    swept = {f"{A}-known-gradient-at2l-{k}-{v:g}-1" for k, vs in adaptive_tables.SWEEP.items() for v in vs}
    assert {(name, "known") for name in swept} <= kinds


def test_every_printed_number_has_a_row_of_ours_or_a_reason():
    mapped, without = {(n.table, n.line) for n in reported("at2l")}, without_counterpart("at2l")
    for path in sorted((data_folder() / "paper_tables").glob("at2l_*.csv")):
        table = path.stem.removeprefix("at2l_")
        for line, record in enumerate(printed("at2l", table), 1):
            if table == "fig1_fig2_digitised":
                number = int(record["training"].split("; ")[-1].split()[0])
                assert ((table, line) in mapped) == (number in (0, 1, 2, 10))
            else:
                known = {table, f"{table}:{line}"} & set(without)
                assert bool(known) != ((table, line) in mapped), f"{table}, line {line}"


def test_a_printed_number_stands_beside_a_network_of_its_own():
    columns = {(m.kind, e.dataset, e.architecture, e.training) for chapter in (CHAPTER, input_defences.CHAPTER)
               for e in chapter.experiments for m in chapter.measurements if m.of == e.name}  # fmt: skip
    for number in reported("at2l"):
        if number.table != "supp_text":
            c = number.columns
            assert (c["measurement"], c["dataset"], c["model"], c["training"]) in columns, number

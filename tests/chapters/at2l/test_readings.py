"""The rows of the chapter's sentences, from rows of ten images: the right network, attack, weight and seeds."""

import pytest
import torch
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.at2l import adaptive_tables, comparison_tables, readings, tables
from robustlib.evaluation import wilson
from robustlib.experiments import Row, holds, said
from robustlib.experiments.registry import experiment
from robustlib.experiments.rows import pack, unpack

A, LAST = "at2l-mnist-a", "at2l-mnist-a-known-gradient-at2l-3"
PAIR = "at2l-mnist-pgd-0.2-"


def fate(bits: str, attack: str, eps: float = 0.3, **columns) -> Row:
    """An accuracy of which it is written for each image whether it stands."""
    right = torch.tensor([c == "1" for c in bits])
    share, moved = right.double().mean().item(), columns.pop("moved", eps)
    kept = {"attack": attack, "norm": "Linf", "eps": eps, "bits": pack(right), "largest_linf": moved}
    return Row("accuracy", share, len(right), 0.0, 1.0, **kept | columns)


FILES = {
    (LAST, "known", 0): [fate("1111011111", "FGSM", source=A), fate("1111110000", "FGSM")],
    (LAST, "adaptive", 0): [of_ten(9), fate("1111111100", "margin PGD"), fate("0111111111", "worst case")],
    (LAST, "standard", 0): [fate("11111110", "AutoAttack"), fate("1" * 10, "AutoAttack", 0.2)],
    (LAST, "curvature", 0): [Row("curvature", 1.25, 10, 1.0, 2.0), Row("common shift", 0.75, 10)],
    (f"{A}-known-gradient-at2l-1", "known", 0): [of_ten(6, attack="FGSM", eps=0.3)],
    (f"{A}-known-gradient-at2l-lambda2-5-1", "known", 0): [
        of_ten(9), of_ten(3, attack="FGSM", eps=0.3), of_ten(8, attack="FGSM", eps=0.3, source=A)],
}  # fmt: skip
FILES |= {(f"{PAIR}none", "paired", k): [fate("1111", "", 0.0), fate("1000", "APGD-T", 0.2)] for k in (0, 1, 2)}
FILES |= {(f"{PAIR}tla", "paired", k): [fate(bits, "APGD-T", 0.2)] for k, bits in enumerate(("1100", "1110", "1000"))}
FILES |= {(f"{PAIR}rr", "paired", 1): [fate("0000", "APGD-T", 0.2)]}


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    def with_files(files):
        for module in (readings, tables, comparison_tables, adaptive_tables):
            monkeypatch.setattr(module, "stored_rows", stored_by_hand(files))

    with_files(FILES)
    return with_files


def value(row) -> float | None:
    assert row is not None
    return row.value


def test_each_is_the_row_that_it_names():
    assert readings.name_of("4", "gradient-at2l") == LAST and readings.name_of("mnist 0.2", "tla") == f"{PAIR}tla"
    with pytest.raises(LookupError, match="'4' has no network 'tla'"):
        readings.name_of("4", "tla")
    assert value(readings.iteration("4", "gradient", "at2l", 3)) == 0.6
    assert value(readings.iteration("4", "gradient", "at2l", 3, static=True)) == 0.9
    assert value(readings.iteration("4", "gradient", "at2l", 1)) == 0.6
    assert readings.iteration("4", "gradient", "at", 1) is None
    assert value(readings.curvature("4", "gradient-at2l")) == 1.25
    assert value(readings.curvature("4", "gradient-at2l", "common shift")) == 0.75
    assert readings.curvature("mnist 0.2", "tla") is None
    assert value(readings.swept("lambda2 5")) == 0.3 and value(readings.swept("lambda2 5", static=True)) == 0.8
    assert value(readings.swept("lambda2 5", "", static=True)) == 0.9 and value(readings.swept()) == 0.6
    with pytest.raises(LookupError, match="lambda2 5"):
        readings.swept("lambda2 7")
    radii = [readings.radius(of) for of in ("4", "7, 8/255", "mnist 0.1", "cifar10")]
    assert radii == [0.3, 8 / 255, 0.1, 8 / 255]
    for of in comparison_tables.PAIRS:
        assert readings.radius(of) == experiment(readings.name_of(of, "none")).objective.attack.eps


def test_an_error_is_what_is_left_and_its_interval_turns_over():
    row = readings.iteration("4", "gradient", "at2l", 1)  # six of ten; table 4 prints 51.8 of the static attack only
    found = readings.error(row)
    low, high = wilson(6, 10)
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 1 - high, 1 - low)) and found.n == 10
    static = readings.error(readings.swept("lambda2 5", static=True))
    assert static.value == pytest.approx(0.2) and static.reported is None
    assert str(said("{e:short} are misread.", e=found)) == "40.0\u00a0% are misread."
    assert readings.error(None) is None


def test_a_term_is_the_mean_of_its_seeds_and_its_gain_is_paired():
    tla = readings.term("mnist 0.2", "tla")
    assert (tla.value, tla.low, tla.high, tla.seed) == (0.5, 0.25, 0.75, None)
    assert value(readings.term("mnist 0.2", "none", "")) == 1 and readings.term("mnist 0.2", "at2l") is None
    assert readings.term("mnist 0.2", "rr").seed == 1
    seeds, images, wider = (readings.gain("mnist 0.2", "tla", over) for over in ("seeds", "images", "wider"))
    half = 100 * 4.302653 * 0.25 / 3**0.5
    assert (seeds.value, seeds.low, seeds.high) == pytest.approx((25, 25 - half, 25 + half)) and wider == seeds
    # The images differ on average over the seeds by 0, 2/3, 1/3 and 0.
    spread = torch.tensor([0, 2 / 3, 1 / 3, 0]).double().std().item()
    assert images.high - 25 == pytest.approx(100 * 1.959964 * spread / 2, rel=1e-5) and images.n == 4
    rr = readings.gain("mnist 0.2", "rr")
    assert rr.value == -25 and readings.gain("mnist 0.2", "rr", "seeds") is None
    assert readings.gain("mnist 0.2", "at2l") is None
    holds("no more than", readings.gain("mnist 0.2", "rr"), seeds)
    with pytest.raises(ValueError, match="2 rows of 1 seeds"):
        readings.over_seeds([tla, tla])


def test_the_worst_case_lays_all_attacks_in_the_ball_over_one_another(stored):
    row = readings.worst(
        "4", "gradient-at2l"
    )  # on AutoAttack's eight: 11110111, 11111100, 11111111, 01111111, 11111110
    assert unpack(row.bits, 8).tolist() == [c == "1" for c in "01110100"]
    assert (row.value, row.n, (row.low, row.high)) == (0.5, 8, wilson(4, 8))
    assert (row.attack, row.eps, row.source, row.reported) == (readings.WORST, 0.3, "", None)
    assert row == readings.adaptive("4", "gradient-at2l")
    assert value(readings.adaptive("4", "gradient-at2l", readings.AUTO)) == 0.875
    assert value(readings.adaptive("4", "gradient-at2l", "margin PGD")) == 0.8
    further = [fate("0" * 10, "PGD", 0.4), fate("0" * 10, "PGD", 0.3, moved=0.35), fate("1101111111", "PGD", 0.1)]
    stored(FILES | {(LAST, "unknown", 0): further})
    assert value(readings.worst("4", "gradient-at2l")) == 0.375, "of these only the smaller ball counts"
    for kind in ("adaptive", "standard"):
        stored({key: rows for key, rows in FILES.items() if key[1] != kind})
        assert readings.worst("4", "gradient-at2l") is None

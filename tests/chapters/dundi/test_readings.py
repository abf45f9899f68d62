"""The rows of the chapter's sentences, from rows of ten images: the right network, attack, radius and images."""

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.dundi import attacked_tables, readings, tables
from robustlib.chapters.dundi.oracles import read_by
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, FOOLED
from robustlib.experiments import Row, said

AT = {"norm": "Linf", "eps": 0.1, "defense": read_by()}
R1 = [
    of_ten(9, defense=read_by()),
    of_ten(1, attack="worst case", **AT),
    of_ten(2, attack=readings.MARGIN, **AT),
    of_ten(5, attack=readings.CE, **AT),
    of_ten(6, attack="margin PGD", source="dundi-mnist-native1", **AT),
    of_ten(0, attack=readings.MARGIN, **AT | {"eps": 0.2}),
    Row("zero gradients", 0.3, 10, attack=readings.CE, defense=read_by(rule="exact")),
]
ORACLES = [of_ten(8, defense=read_by(1)), of_ten(9, defense=read_by()), Row("distance between classes", 161.5, 10)]


def shown(right: tuple[int, ...], defense: str, images: str = CLEAN_CORRECT) -> list[Row]:
    attacks = zip(tables.ATTACKS, right, strict=True)
    return [of_ten(k, attack=a, eps=None if a == "JSMA" else 0.3, images=images, defense=defense) for a, k in attacks]


FILES = {
    ("dundi-mnist-r1", "white-box", 0): R1,
    ("dundi-mnist-r1", "oracles", 0): ORACLES,
    ("dundi-mnist-r1", "transfer", 0): [
        *shown((9, 1, 3, 5), read_by()),
        *shown((8, 0, 2, 4), read_by(1)),
        *shown((7, 1, 1, 3), read_by(), FOOLED),
        of_ten(8, attack="FGSM", eps=0.1, images=CLEAN_CORRECT, defense=read_by()),
    ],
    ("dundi-mnist-native1", "clean", 0): [of_ten(10)],
    ("dundi-mnist-native1", "white-box", 0): [of_ten(4, attack="margin PGD", norm="Linf", eps=0.1)],
    ("dundi-mnist-native1", "transfer", 0): shown((9, 3, 5, 5), ""),
    ("dundi-mnist-feinman", "bayesian", 0): [of_ten(3, attack="FGSM"), Row("AUC", 0.9, 10, 0.8, 1.0, attack="FGSM")],
}


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    read = stored_by_hand(FILES)
    for module in (tables, attacked_tables, readings):
        monkeypatch.setattr(module, "stored_rows", read)


def value(row: Row | None) -> float | None:
    assert row is not None
    return row.value


def test_each_is_the_row_that_it_names() -> None:
    assert value(readings.accuracy("r1")) == 0.9 and value(readings.accuracy("r1", 1)) == 0.8
    assert value(readings.accuracy("native1")) == 1.0
    assert value(readings.robust("r1")) == 0.2 and value(readings.robust("r1", eps=0.2)) == 0
    assert value(readings.robust("r1", readings.CE)) == 0.5 and value(readings.worst("r1")) == 0.1
    assert value(readings.robust("r1", "", None)) == 0.9
    assert value(readings.robust("native1")) == 0.4, "margin PGD on its logits"
    assert value(readings.robust("r1", attacked_tables.FROM_NATIVE)) == 0.6
    assert value(readings.width("r1")) == 161.5 and value(readings.zero_gradients("r1")) == 0.3
    assert readings.on_source("FGSM").value == 0.3 and readings.on_source("FGSM", "AUC").value == 0.9
    assert readings.label("r3-slower") == "DunDi_R3 at rate 3e-4" and readings.label("r1") == "DunDi_R1"


def test_what_is_read_right_of_the_sources_images() -> None:
    assert value(readings.transferred("r1", "iFGSM-a")) == 0.9 and value(readings.transferred("r1", "JSMA")) == 0.5
    assert value(readings.transferred("r1", "iFGSM-a", oracles=1)) == 0.8
    assert value(readings.transferred("r1", "FGSM", eps=0.1)) == 0.8
    assert value(readings.transferred("r1", "FGSM", FOOLED)) == 0.1
    assert value(readings.transferred("r1")) == pytest.approx(0.45)
    assert value(readings.transferred("native1")) == pytest.approx(0.55)
    mean = readings.mean_of(("r1", "native1"))
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.5, 0.45, 0.55))
    assert mean.reported is None, "the paper prints no mean of plain networks"
    assert readings.mean_of(("r1",)).reported == pytest.approx(0.9439)
    assert readings.mean_of(("r1", "r2")).value is None, "a mean of two of which one was not run"


def test_what_was_not_run_cannot_be_said_and_what_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="no network dundi-mnist-r4; there are dundi-mnist-native1"):
        readings.robust("r4")
    for row in (readings.robust("r2"), readings.accuracy("r2"), readings.mean_of(readings.SIX)):
        with pytest.raises(ValueError, match="no such row|was not run"):
            said("{row}", row=row)

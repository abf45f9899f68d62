"""The registry: one owner for each name, and an unknown name suggests those it may have meant."""

import pytest
from experiments.toy_runs import look, toy

from robustlib.experiments import Chapter, registry


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    monkeypatch.setattr(registry, "_CHAPTERS", {})


def attack(eps: float, steps: int = 10) -> tuple[float, int]:
    return eps, steps


FIRST = Chapter("first", (toy("a"), toy("b")), (look("a"),), {"one": dict}, {"margin PGD": attack})


def test_what_a_chapter_joins_is_found_by_name():
    registry.join(FIRST)
    registry.join(FIRST)
    registry.join(Chapter("second", tables={"one": list}))
    assert registry.chapters()[0] is FIRST and len(registry.chapters()) == 2
    assert registry.experiment("b") is FIRST.experiments[1] is registry.planned("b")
    assert registry.measurement("a-look") is FIRST.measurements[0] is registry.planned("a-look")
    assert list(registry.tables()) == ["first/one", "second/one"] and registry.table("second/one") is list
    assert registry.attack("margin PGD", 0.3, steps=2) == (0.3, 2)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Chapter("second", (toy("b"),)), "'b' is claimed by the chapters 'first' and 'second'"),
        (Chapter("second", (toy("a-look"),)), "'a-look' is claimed by the chapters 'first' and 'second'"),
        (Chapter("second", (), (look("a"),)), "'a-look' is claimed by the chapters 'first' and 'second'"),
        (Chapter("second", attacks={"margin PGD": attack}), "'margin PGD' is claimed by the chapters 'first'"),
        (Chapter("second", (toy("c"), toy("c"))), "'c' is claimed by the chapters 'second' and 'second'"),
        (Chapter("first"), "there is another chapter 'first' already"),
    ],
    ids=str,
)  # fmt: skip
def test_two_owners_of_one_name_are_refused_and_nothing_has_joined(other, said):
    registry.join(FIRST)
    with pytest.raises(ValueError, match=said):
        registry.join(other)
    assert registry.chapters() == (FIRST,)


@pytest.mark.parametrize(
    ("find", "name", "said"),
    [
        (registry.experiment, "aa", "no network 'aa'; did you mean a"),
        (registry.measurement, "a-lok", "no measurement 'a-lok'; did you mean a-look?"),
        (registry.planned, "a-lok", "no network or measurement 'a-lok'; did you mean a-look"),
        (registry.table, "first/on", "no table 'first/on'; did you mean first/one?"),
        (registry.attack, "marginal PGD", "no adaptive attack 'marginal PGD'; did you mean margin PGD?"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)  # fmt: skip
def test_an_unknown_name_suggests_near_ones(find, name, said):
    registry.join(FIRST)
    with pytest.raises(LookupError) as raised:
        find(name)
    assert said in str(raised.value)


def test_where_nothing_has_joined_it_says_so():
    with pytest.raises(LookupError, match="did you mean one of a chapter that has not joined"):
        registry.experiment("a")

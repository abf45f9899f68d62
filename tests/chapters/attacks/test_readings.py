"""The rows of the chapter's sentences, from rows of ten images: the right network, attack, passes and radius."""

import json

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.attacks import readings, tables
from robustlib.experiments import Row

PLAIN, ROBUST = tables.NETWORKS.values()


@pytest.fixture(autouse=True)
def stored(monkeypatch, tmp_path):
    def far(name, sizes, spent):
        found = Row("distance", 1.5, 3, attack=name, norm="L2", series={"of each image": sizes, "mean": 1.0})
        return [found, Row("backward passes", spent, 4, attack=name)]

    files = {
        (PLAIN, "budget", 0): [of_ten(9), of_ten(4, attack="FGSM", eps=0.1)],
        (ROBUST, "budget", 0): [
            of_ten(8), of_ten(6, attack="FGSM", eps=0.2), Row("forward passes", 3.0, attack="FGSM"),
        ],
        (ROBUST, "passes", 0): [of_ten(k, attack=a, eps=0.2, steps=t) for a, t, k in
                                (("PGD", 10, 5), ("PGD", 100, 3), ("BIM", 10, 7), ("Square", 10, 8))],
        (ROBUST, "nearest", 0): [
            *far("DDN", [0.0, 1.0, 2.0, 2.5], 100.0), *far("FAB", [0.0, 1.0, None, 1.5], 900.0),
            of_ten(7, attack="PGD", norm="L2", eps=1.0), of_ten(2, attack="PGD", norm="L2", eps=2.0),
        ],
        (PLAIN, "nearest", 0): far("DDN", [1.9, 1.9], 50.0),
    }  # fmt: skip
    for module in (tables, readings):
        monkeypatch.setattr(module, "stored_rows", stored_by_hand(files))
    monkeypatch.setenv("ROBUSTLIB_RESULTS", str(tmp_path))
    (tmp_path / "peers").mkdir()
    attack = {"steps": 40, "eps": 0.2, "norm": {"class": "Linf"}, "stop_early": False}
    lines = {"PGD": (0.31, 0.3, True), "FGSM": (0.5, 0.504, True), "image": (0.25, 0.275, False)}
    for name, (ours, theirs, drawn) in lines.items():
        of = attack | {"class": "FGSM" if name == "FGSM" else "PGD", "random_start": drawn}
        line = {"version": "1.2", "n": 10, "ratio": 1.5, "network": ROBUST, "attack": of}
        line |= {"ours": {"robust_accuracy": ours}, "peer": {"robust_accuracy": theirs}}
        (tmp_path / "peers" / f"{name}.json").write_text(json.dumps({"foolbox": line}))


def test_each_is_the_row_that_it_names():
    assert (readings.left("").value, readings.left("FGSM").value, readings.left("FGSM", "plain").value) == (
        0.8,
        0.6,
        0.4,
    )
    assert readings.left("FGSM", metric="forward passes").value == 3
    assert {name: row.value for name, row in readings.climbed(10, "PGD", "BIM").items()} == {"PGD": 0.5, "BIM": 0.7}
    assert readings.climbed(100, "PGD")["PGD"].value == 0.3
    assert readings.nearest("backward passes") == {"DDN": 100, "FAB": 900}
    assert readings.nearest("backward passes", "plain") == {"DDN": 50}
    assert readings.in_the_ball(2.0).value == 0.2


def test_what_lies_beyond_a_radius_is_not_broken_within_it():
    assert readings.beyond(2.0) == {"DDN": 0.25, "FAB": 0.25}, "at the radius itself it is broken; a failure is beyond"
    assert readings.beyond(1.0) == {"DDN": 0.5, "FAB": 0.5} and readings.beyond(1.9, "plain") == {"DDN": 0}


def test_the_peers_in_points_and_the_two_starts():
    assert readings.beside_peers(True) == pytest.approx([1.0, -2.5]), "ours less theirs, of what draws or searches"
    assert readings.beside_peers(False) == pytest.approx([-0.4])
    assert readings.starts() == (25.0, 31.0)

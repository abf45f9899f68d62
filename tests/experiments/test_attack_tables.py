"""The tables of the chapter on attacks, from result files written by hand-made measurements."""

import json

import pytest
import torch

from robustlib.evaluation import Outcome
from robustlib.experiments import attack_tables as tables
from robustlib.experiments.results import record, write_result


def outcome(right: int, n: int = 10) -> dict:
    correct = torch.arange(n) < right
    return record(Outcome(correct, torch.full((n,), 0.1), torch.full((n,), 0.5), 1.0))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBUSTLIB_RESULTS", str(tmp_path))
    names = (*tables.AHEAD, "worst case")
    spent = {"forward": 7.5, "backward": 5.0, "seconds": 0.1, "n": 4}
    for shift, survey in enumerate(tables.NETWORKS.values()):
        outcomes = {name: outcome(10 - shift - i // 2) for i, name in enumerate(names)}
        outcomes |= {f"BIM, {t} passes": outcome(9 - shift) for t in (10, 2)}
        outcomes |= {f"PGD-L2 at {eps:g}": outcome(5) for eps in (0.5, 1.0)}
        facts = {"eps": 0.1 + shift / 10, "cost": dict.fromkeys((*tables.AHEAD, "DDN"), spent)}
        facts["distance"] = {"DDN": [0.0, 1.0, 2.0 + shift, None]}
        write_result(survey, 0, {"outcomes": outcomes, "facts": facts})
    return tmp_path


def test_strength_and_cost_side_by_side():
    table = tables.strength_table()
    assert table.columns == ["plain, eps 0.1", "adversarially trained, eps 0.2", tables.FORWARD, tables.BACKWARD]
    assert table["clean", "plain, eps 0.1"].ours == 100 and table["clean", "adversarially trained, eps 0.2"].ours == 90
    assert table["AutoAttack", tables.FORWARD].ours == 7.5 and "mean of 4" in table.caption


def test_distances_are_over_the_images_that_were_broken():
    rows = tables.nearest_table().rows
    assert rows[1] == ("DDN (adversarially trained)", "1.333", "1.000", "1", "8", "5")
    assert rows[0][1:3] == ("1.000", "1.000")


def test_curves_are_in_order():
    assert list(tables.climb_curves("attacks-lenet-softmax")["BIM"]) == [2, 10]
    assert list(tables.l2_points("attacks-lenet-softmax")) == [0.5, 1.0]


def test_the_peers_stand_beside_ours(folder):
    with pytest.raises(FileNotFoundError, match="make peers"):
        tables.peers_table()
    (folder / "peers").mkdir()
    side = {"success": 1.0, "mean_norm": 1.25}
    line = {"version": "1.2", "n": 10, "ratio": 1.5, "ours": side, "peer": side | {"mean_norm": None}}
    (folder / "peers" / "ddn-100.json").write_text(json.dumps({"foolbox": line}))
    rows = tables.peers_table().rows
    assert rows == (("ddn-100", "foolbox 1.2", "10", "mean distance", "1.250 [100 %]", "none", "1.50"),)


def test_every_piece_of_advice_is_whole():
    assert all(len(row) == 3 and all(row) for row in tables.advice().rows)

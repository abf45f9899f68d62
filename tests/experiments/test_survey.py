"""Surveys: measured on the stored weights, resumed, and missing again when the weights change."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from experiments.toy_runs import digits, toy

from robustlib import experiments
from robustlib.attacks import FGSM
from robustlib.evaluation import under_attack
from robustlib.experiments import Measured, Survey, load_result, run, runner, survey, surveyed
from robustlib.models import Classifier


@dataclass(frozen=True)
class One:
    """FGSM, with its unfinished work in the folder."""

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        attacks = {"FGSM": FGSM(0.1)}
        found = under_attack(model, attacks, dataset.test[:n], checkpoint=folder / "one.pt")
        return Measured(found, {"left": [path.name for path in folder.iterdir()]}, attacks)


@pytest.fixture
def planned(tmp_path, monkeypatch):
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    monkeypatch.setattr(runner, "load", lambda name, device: digits())
    module = sys.modules["robustlib.experiments.survey"]  # the name in the package is the function
    monkeypatch.setattr(module, "load", lambda name, device: digits())
    trained = toy("weights")
    run(trained, progress=False)
    return Survey("look", trained, One(), n=8)


def test_a_survey_leaves_a_result_of_these_weights(planned, monkeypatch):
    assert not surveyed(planned)
    found = survey(planned)
    assert surveyed(planned) and found == load_result("look")
    assert found["model"] == {
        "experiment": "weights",
        "sha256": load_result("weights")["checkpoint"]["sha256"],
    }
    assert found["outcomes"]["FGSM"]["n"] == 8 and found["facts"]["left"] == ["one.pt"]
    assert found["attacks"]["FGSM"]["eps"] == 0.1 and "commit" in found
    monkeypatch.setattr(experiments, "SURVEYS", {"look": planned})
    monkeypatch.setattr(experiments, "EXPERIMENTS", {})
    assert experiments.missing() == []
    run(toy("weights", epochs=3), progress=False)  # other weights under the same name
    assert not surveyed(planned)
    assert [name for name, *_ in experiments.missing()] == ["look"]


@pytest.mark.bad_input
def test_the_weights_have_to_be_there(planned):
    stray = Survey("look", toy("never trained"), One())
    with pytest.raises(FileNotFoundError, match="never trained"):
        survey(stray)

"""The results and checkpoints that ship: whole, about the current registry, large enough and small enough."""

import hashlib
import json
import re
import subprocess
from functools import cache

import pytest

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.datasets import data_folder
from robustlib.describe import describe
from robustlib.experiments import load_model, load_result, missing, registry, select, stored_rows
from robustlib.experiments.densities import load_density
from robustlib.experiments.printed import lacking, papers, reported
from robustlib.files import read_tensors

DATA = data_folder()
FILES = [(p.parent.name, int(p.stem.removeprefix("seed"))) for p in sorted((DATA / "results").glob("*/seed*.json"))]
STORED = [(name, seed) for name, seed in FILES if name in registry.experiments()]
MEASURED = [(name, seed) for name, seed in FILES if name in registry.measurements()]
SHIPPED = [(name, seed) for name, seed in STORED if load_result(name, seed)["checkpoint"]["shipped"]]
MEGABYTE = 10**6


@pytest.fixture(autouse=True)
def the_folders_of_the_repository(monkeypatch):
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.delenv(f"ROBUSTLIB_{name}", raising=False)


def test_every_result_is_of_some_chapter():
    assert set(FILES) == {*STORED, *MEASURED}


@pytest.mark.parametrize(("name", "seed"), STORED)
def test_a_stored_training_is_whole_and_of_the_registry(name, seed):
    result, e = load_result(name, seed), registry.experiment(name)
    assert seed in e.seeds
    assert result["recipe"] == json.loads(json.dumps(describe(e.recipe(result["schedule"]["epochs"])))), (
        "another recipe: run it again"
    )
    assert result["schedule"]["paper_epochs"] == e.epochs
    assert result["schedule"]["epochs"] >= min(e.epochs, e.affordable or e.epochs)
    assert len(result["history"]["seconds"]) == result["schedule"]["epochs"]


@pytest.mark.parametrize(("name", "seed"), FILES)
def test_a_stored_result_carries_its_provenance(name, seed):
    result = load_result(name, seed)
    assert result["commit"] and not result["dirty"]
    assert result["data"]["source"] == "archive" and len(result["data"]["sha256"]) == 64
    assert len(result["checkpoint"]["sha256"] if result["kind"] == "training" else result["weights"]) == 64
    assert result["versions"].keys() == {"robustlib", "torch", "python"} and result["device"]


@pytest.mark.parametrize(("name", "seed"), MEASURED)
def test_a_stored_measurement_is_of_the_recorded_weights_and_as_planned(name, seed):
    result, planned = load_result(name, seed), registry.measurement(name)
    assert result["of"] == planned.of and seed in planned.seeds and result["n"] >= planned.n
    assert result["weights"] == load_result(planned.of, seed)["checkpoint"]["sha256"]
    assert result["evaluation"] == json.loads(json.dumps(describe(planned.evaluate))), "measured otherwise"


def test_nothing_that_is_stored_is_damaged_of_other_weights_or_of_other_code():
    assert [task for task in missing() if task.damaged or re.search("other weights|one run|code", task.why)] == []


@cache
def every_row() -> list:
    return stored_rows()


@pytest.mark.parametrize("paper", papers())
def test_a_printed_number_stands_beside_a_row_wherever_that_was_measured(paper):
    of, rows = ("network", "measurement", "dataset", "model", "training", "source"), every_row()
    asked = {
        str(c): c for n in lacking(rows, reported(paper)) for c in [{k: v for k, v in n.columns.items() if k in of}]
    }
    for columns in asked.values():
        assert select(rows, **columns) == [], columns


@pytest.mark.parametrize(("name", "seed"), FILES)
def test_no_path_of_a_machine_is_in_a_result(name, seed):
    text = (DATA / "results" / name / f"seed{seed}.json").read_text()
    text = re.sub(r'"[A-Za-z0-9+/]{12,}={0,2}"', '""', text)  # base64 has slashes too
    assert re.findall(r'"(?:/[^/"]+){2,}|"[A-Z]:\\|"~', text) == []
    assert re.findall(r"/(?:home|root|tmp|work|Users|content|mnt)/", text) == []


@pytest.mark.parametrize(("name", "seed"), SHIPPED)
def test_a_shipped_checkpoint_is_the_one_that_was_measured(name, seed):
    path = DATA / "checkpoints" / name / f"seed{seed}.safetensors"
    result = load_result(name, seed)["checkpoint"]
    assert path.is_file(), "marked as shipped, and not there"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == result["sha256"]
    assert path.stat().st_size == result["bytes"] < 10 * MEGABYTE
    load_model(name, seed)


def committed() -> list:
    """The checkpoints that git keeps; all of them where there is no repository."""
    try:
        words = ["git", "ls-files", "-z", "--", "checkpoints"]
        listed = subprocess.run(words, cwd=DATA, capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return sorted((DATA / "checkpoints").rglob("*.safetensors"))
    return [DATA / line for line in listed.split("\0") if line.endswith(".safetensors")]


def test_the_committed_checkpoints_are_those_that_ship_and_stay_below_20_megabytes():
    files = committed()
    assert sum(p.stat().st_size for p in files) < 20 * MEGABYTE
    named = {(p.parent.name, int(p.stem.removeprefix("density-").removeprefix("seed"))) for p in files}
    assert named <= set(SHIPPED), "no result says that these ship"


@pytest.mark.parametrize("path", committed(), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_committed_file_of_tensors_has_a_hash_in_it_or_beside_it(path, tmp_path):
    assert read_tensors(path, "file", "")
    copy, data = tmp_path / path.name, bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    for beside in path.parent.glob(f"{path.name}.sha256"):
        (tmp_path / beside.name).write_text(beside.read_text())
    with pytest.raises(ValueError, match="sha256|hash"):
        read_tensors(copy, "file", "")


@pytest.mark.parametrize("path", [p for p in committed() if p.stem.startswith("density")], ids=lambda p: p.parent.name)
def test_a_stored_density_is_of_the_shipped_weights(path):
    name = path.parent.name
    density = load_density(name, load_model(name))
    assert density.centres.shape[1] == 64 and density.label.bincount().tolist() == [1000] * 10

"""Run once and then removed: old result files (schema 1) into training records and rows (schema 2)."""

import dataclasses
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import robustlib
from robustlib.experiments.rows import Row, written

OLD = Path("/work/oracle/data/results")
NEW = Path(__file__).parents[1] / "data" / "results"
PROVENANCE = ("commit", "dirty", "versions", "device", "threads")


def classes() -> dict[str, type]:
    """Every dataclass of the library, by name."""
    found = {}
    for info in pkgutil.walk_packages(robustlib.__path__, "robustlib."):
        if "figures" in info.name or info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        found |= {n: c for n, c in vars(module).items() if isinstance(c, type) and dataclasses.is_dataclass(c)}
    return found


def undefaulted(config: Any, known: dict[str, type] | None = None) -> Any:
    """A description without the fields that are at the default of their class, as `describe` now writes it."""
    from robustlib.describe import describe

    known = classes() if known is None else known
    if isinstance(config, list):
        return [undefaulted(item, known) for item in config]
    if not isinstance(config, dict):
        return config
    found = {key: undefaulted(value, known) for key, value in config.items()}
    cls = known.get(config.get("class", ""))
    if cls is None or not dataclasses.is_dataclass(cls):
        return found
    for f in dataclasses.fields(cls):
        default = f.default if f.default is not dataclasses.MISSING else None
        if f.default_factory is not dataclasses.MISSING:
            default = f.default_factory()
        has = f.default is not dataclasses.MISSING or f.default_factory is not dataclasses.MISSING
        if has and f.name in found and found[f.name] == json.loads(json.dumps(undefaulted(describe(default), known))):
            del found[f.name]
    return found


def old(name: str, seed: int = 0) -> dict[str, Any] | None:
    """An old result, or None."""
    path = OLD / name / f"seed{seed}.json"
    return json.loads(path.read_text()) if path.is_file() else None


def training_record(before: dict[str, Any]) -> dict[str, Any]:
    """What an old result says of the training."""
    kept = {k: before[k] for k in (*PROVENANCE, "seed", "schedule", "history", "data", "checkpoint")}
    kept |= {"schema": 2, "kind": "training", "name": before["experiment"], "code": "older code"}
    return kept | {"recipe": undefaulted(before["recipe"]), "seconds": {"train": before["seconds"]["train"]}}


def measurement_record(before: dict[str, Any], measurement: Any, rows: list[Row], evaluation: Any) -> dict[str, Any]:
    """What it says of a measurement. `evaluation` is the description of what would measure today."""
    kept = {k: before[k] for k in (*PROVENANCE, "seed", "data")}
    weights = before["model"]["sha256"] if "model" in before else before["checkpoint"]["sha256"]
    kept |= {"schema": 2, "kind": "measurement", "name": measurement.name, "of": measurement.of, "weights": weights}
    kept |= {"code": "older code", "seconds": {"evaluate": before["seconds"]["evaluate"]}, "evaluation": evaluation}
    n = before["outcomes"]["clean"]["n"]
    return kept | {"n": n, "attacks": undefaulted(before["attacks"]), "rows": [written(row) for row in rows]}


def write(record: dict[str, Any]) -> None:
    """Put the new file in place."""
    path = NEW / record["name"] / f"seed{record['seed']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


def accuracy(outcome: dict[str, Any], **columns: Any) -> Row:
    """An old outcome as a row."""
    from robustlib.evaluation import wilson

    right = round(outcome["accuracy"] * outcome["n"])
    low, high = wilson(right, outcome["n"])
    moved = {k: outcome[k] for k in ("largest_linf", "mean_l2", "seconds")}
    return Row("accuracy", right / outcome["n"], outcome["n"], low, high, bits=outcome["correct"], **moved, **columns)

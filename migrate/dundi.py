"""Old results of DunDi into schema 2: `python migrate/dundi.py [FOLDER [NETWORK ...]]`.

From another folder of old results, and for single networks, where they were trained again: the training and what was
measured with it. Measurements of other weights are left alone (the engine calls them missing); the checkpoint is copied
where the network is marked as shipped in `runs`.
"""

import importlib
import json
import pkgutil
import shutil
import sys
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from migrate import common
from robustlib.chapters import dundi
from robustlib.chapters.dundi.oracles import read_by
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, FOOLED, said
from robustlib.chapters.dundi.source_images import columns as columns_of
from robustlib.chapters.dundi.transfer import HELD_OUT
from robustlib.chapters.dundi.white_box import ON_DISTANCES, TRANSFERRED
from robustlib.describe import describe
from robustlib.evaluation import wilson
from robustlib.experiments.renames import in_todays_words
from robustlib.experiments.rows import Row
from robustlib.files import sha256
from robustlib.losses import cross_entropy, margin


@cache
def classes() -> dict[str, type]:
    """Every dataclass of the rooms that a description may name."""
    rooms = ("attacks", "datasets", "geometry", "losses", "models", "objectives", "training", "chapters.dundi")
    found: dict[str, type] = {}
    for room in rooms:
        room_of = importlib.import_module(f"robustlib.{room}")
        walked = pkgutil.iter_modules(getattr(room_of, "__path__", []), f"robustlib.{room}.")
        for module in (room_of, *(importlib.import_module(info.name) for info in walked)):
            found |= {n: c for n, c in vars(module).items() if isinstance(c, type) and is_dataclass(c)}
    return found


common.classes = classes
EXPERIMENTS = {e.name: e for e in dundi.CHAPTER.experiments}
OLD_KIND = {"transfer": "-handed-over", "white-box": "-left", "bayesian": "-bayesian", "clean": "", "oracles": ""}
ATTACKS = {  # old name -> new
    "noise": "noise",
    "cross-entropy on distances": ON_DISTANCES[cross_entropy],
    "A1 margin of distances": ON_DISTANCES[margin],
    "A1 through both steps": "margin PGD through both steps",
    "A2 to the oracles": "feature matching to the oracles",
    "A3 without the database": "margin PGD on unknown oracles",
    "A4 Square": "Square",
    "A4 from the native network": TRANSFERRED,
    "margin PGD": "margin PGD",
    "worst case": "worst case",
}


def values(described: Any) -> Any:
    """A description without the names of classes."""
    if isinstance(described, dict):
        return {k: values(v) for k, v in described.items() if k != "class"}
    return [values(v) for v in described] if isinstance(described, list) else described


def whole(value: Any) -> Any:
    """All fields of a configured value, defaults too."""
    if is_dataclass(value):
        return {f.name: whole(getattr(value, f.name)) for f in fields(value)}
    return list(value) if isinstance(value, tuple) else value


def check_evaluation(before: dict[str, Any], evaluate: Any) -> None:
    """The old evaluation has the values of what would measure today."""
    was = values(before["evaluation"])
    if "native" in was:
        was["native"] = was["native"]["name"]
    if "source" in was:
        assert was["source"].pop("model") in ("feinman_cnn", "feinman_cifar_cnn")
    assert was == json.loads(json.dumps(whole(evaluate))), (before["experiment"], was, whole(evaluate))


def exact(share: float, n: int) -> float:
    """A share of n, of which the old files keep single precision."""
    hits = round(share * n)
    assert abs(hits / n - share) < 1e-6, (share, n)
    return hits / n


def draws(record: dict[str, Any] | None, n: int, outcome: dict[str, Any] | None = None, **columns: Any) -> Row:
    """Five draws of the oracles, or the one answer of a softmax network."""
    if record is None:
        assert n == 0
        return Row("accuracy", None, 0, **columns)
    shares = [exact(share, n) for share in record["draws"]]
    assert abs(mean(shares) - record["mean"]) < 1e-6 and abs(pstdev(shares) - record["std"]) < 1e-6
    if outcome:
        assert outcome["n"] == n and abs(outcome["accuracy"] - shares[0]) < 1e-9
    if len(shares) == 1:
        low, high = wilson(round(shares[0] * n), n)
        return Row("accuracy", shares[0], n, low, high, bits=outcome["correct"] if outcome else "", **columns)
    series = {"draws": shares, "std": pstdev(shares)} | ({"bits": outcome["correct"]} if outcome else {})
    return Row("accuracy", mean(shares), n, min(shares), max(shares), series=series, **columns)


def clean_rows(before: dict[str, Any], evaluate: Any) -> list[Row]:
    found = before["outcomes"]
    assert set(found) == {"clean", "noise", "FGSM"} and not before["facts"]
    attacked = [common.accuracy(found[k], attack=k, norm="Linf", eps=evaluate.eps) for k in ("noise", "FGSM")]
    return [common.accuracy(found["clean"]), *attacked]


def oracle_rows(before: dict[str, Any], evaluate: Any) -> list[Row]:
    facts, found = before["facts"], before["outcomes"]
    assert found["clean"] == found["two-step, n = 10"] and not before["attacks"]
    n, rows = found["clean"]["n"], []
    for rule in ("two-step", "exact", "literal"):
        for size in evaluate.sizes:
            key = f"{rule}, n = {size}"
            rows.append(draws(facts["accuracy"].pop(key), n, found.pop(key), defense=read_by(size, rule)))
    for rule in ("two-step", "exact"):
        timed = facts["seconds, n = 20"][rule]
        assert timed["images"] == n
        rows.append(Row("seconds", timed["seconds"], n, defense=read_by(20, rule)))
        rows.append(Row("distances per image", timed["distances"], n, defense=read_by(20, rule)))
    far = facts["distances"]
    rows.append(Row("distance within a class", far["same class"], 2000))
    rows.append(Row("distance between classes", far["other class"], 2000))
    rows.append(Row("tuples in wrong order", far["pairs in wrong order"], 10_000))
    assert not facts["accuracy"] and list(found) == ["clean"]
    return rows


def old_key(name: str, eps: float | None, full: float) -> str:
    """How the old files call one of the source's attacks."""
    return name if eps is None or eps == full else f"{name} {eps:.3g}"


def transfer_rows(before: dict[str, Any], evaluate: Any) -> list[Row]:
    source, found, facts = evaluate.source, before["outcomes"], before["facts"]["handed over"]
    sizes = {read_by(n): f"n = {n}" for n in evaluate.sizes} if evaluate.oracles else {"": "softmax"}
    usual = read_by() if evaluate.oracles else ""
    clean = found.pop("clean")
    low, high = wilson(round(clean["accuracy"] * clean["n"]), clean["n"])
    share = exact(clean["accuracy"], clean["n"])
    rows = [Row("accuracy", share, clean["n"], low, high, defense=usual, bits=clean["correct"])]
    for (name, eps), attack in source.attacks(smaller=True).items():
        key = old_key(name, eps, source.eps)
        record, outcome = facts.pop(key), found.pop(key)
        n, fooled = record["attacked"], record["fooled the source"]
        moved = {k: outcome[k] for k in ("largest_linf", "mean_l2")}
        assert fooled["n"] == n
        broken = round(fooled["share"] * n)
        for defense, size in sizes.items():
            columns = {"source": source.network, **columns_of(name, attack), "defense": defense}
            of = record[size]
            first = outcome if defense == usual else None
            rows.append(draws(of["all"], n, first, images=CLEAN_CORRECT, **moved, **columns))
            rows.append(draws(of["fooled"], broken, images=FOOLED, **columns))
    assert not facts and not found, (list(facts), list(found))
    return rows


def renamed(key: str) -> tuple[str, float | None]:
    """An old outcome's name: the attack's new name, and its radius."""
    name, _, eps = key.rpartition(" at ")
    return (ATTACKS[name], float(eps)) if name else (key, None)


def white_box_rows(before: dict[str, Any], evaluate: Any) -> list[Row]:
    native = getattr(evaluate, "native", "")
    columns = {"defense": read_by()} if native else {}
    found = {renamed(key): outcome for key, outcome in before["outcomes"].items()}
    rows = [common.accuracy(found.pop(("clean", None)), **columns)]
    names = [*dict.fromkeys(name for name in ATTACKS.values() if native or name in ("noise", "margin PGD"))]
    for eps in evaluate.radii:
        for name in names:
            outcome = found.pop((name, float(f"{eps:g}")))
            effort = {"steps": 100, "restarts": 5}
            if name in ("noise", "worst case"):
                effort = {}
            elif name == "Square":
                effort = {"steps": evaluate.queries}
            elif name in ("feature matching to the oracles", "margin PGD on unknown oracles"):
                effort = {"steps": 100}
            elif native and name == TRANSFERRED:
                effort = {"steps": 100, "source": native}
            rows.append(common.accuracy(outcome, attack=name, norm="Linf", eps=eps, **effort, **columns))
    for loss, name in ((cross_entropy, ON_DISTANCES[cross_entropy]), (margin, ON_DISTANCES[margin])) if native else ():
        share = before["facts"]["zero gradients"].pop(loss.__name__)
        n = min(before["outcomes"]["clean"]["n"], 500)
        rows.append(Row("zero gradients", exact(share, n), n, attack=name, defense=read_by(rule="exact")))
    assert not found and not before["facts"].get("zero gradients")
    return rows


def bayesian_rows(before: dict[str, Any], evaluate: Any) -> list[Row]:
    source, facts, found = evaluate.source, before["facts"], before["outcomes"]
    assert abs(facts["gamma"] - 1 / (2 * evaluate.bandwidth**2)) < 1e-9
    clean = found["clean"]
    low, high = wilson(round(clean["accuracy"] * clean["n"]), clean["n"])
    rows = [Row("accuracy", exact(clean["accuracy"], clean["n"]), clean["n"], low, high, bits=clean["correct"])]
    for (name, _), attack in source.attacks().items():
        columns = columns_of(name, attack)
        series = {}
        if "pictures" in facts:
            shown = facts["pictures"].pop(name)
            shown["fooled"] = shown.pop("hidden")
            series = {"pictures": shown}
        rows.append(common.accuracy(found[name], series=series, **columns))
        record = facts["detection"].pop(name)
        curves = {k: record[k] for k in ("roc", "histogram")}
        columns |= {"images": HELD_OUT, "defense": "Bayesian uncertainty"}
        rows.append(Row("AUC", record["auc"], record["n"], record["low"], record["high"], series=curves, **columns))
        for metric, key, n in (("detection rate", "caught", "n"), ("false positive rate", "refused", "normal")):
            for level in (0.01, 0.05):
                at = record[key].pop(f"{level:g}")
                ends = at["share"], record[n], at["low"], at["high"]
                rows.append(Row(metric, *ends, false_positives=level, **columns))
        assert not record["caught"] and not record["refused"]
    return rows


ROWS = {
    "clean": clean_rows,
    "oracles": oracle_rows,
    "transfer": transfer_rows,
    "white-box": white_box_rows,
    "bayesian": bayesian_rows,
}


def new_keys(before: dict[str, Any], kind: str, evaluate: Any) -> dict[str, Any]:
    """The attacks under today's names."""
    was = dict(before["attacks"])
    if kind == "white-box":
        keys = {key: said(*renamed(key)) for key in was}
    elif kind == "clean":
        keys = {key: f"{key} {evaluate.eps:g}" for key in was}
    elif kind == "oracles":
        keys = {}
    else:
        source = evaluate.source
        keys = {old_key(name, eps, source.eps): said(name, eps) for name, eps in source.attacks(smaller=True)}
    return {keys[key]: attack for key, attack in was.items()}


def main(folder: Path, networks: list[str]) -> None:
    common.OLD = folder
    again = bool(networks)
    assert set(networks) <= set(EXPERIMENTS), networks
    for name in networks or EXPERIMENTS:
        before = common.old(name)
        if before is None:
            print("not there:", name)
            continue
        before = in_todays_words(before)
        run = EXPERIMENTS[name]
        assert before["row"] == run.label and before["paper"] == "dundi" and before["claims"] == []
        recipe = json.loads(json.dumps(describe(run.recipe(before["schedule"]["epochs"]))))
        assert common.undefaulted(before["recipe"]) == recipe, (before["recipe"], recipe)
        trained = common.training_record(before) | {"hardware": before["hardware"]}
        for measurement in (m for m in dundi.CHAPTER.measurements if m.of == name and m.kind in OLD_KIND):
            was = common.old(name + OLD_KIND[measurement.kind])
            if was is None:
                print("not there:", measurement.name)
                continue
            was = in_todays_words(was)
            weights = was["model"]["sha256"] if "model" in was else was["checkpoint"]["sha256"]
            if weights != before["checkpoint"]["sha256"]:
                print("of other weights:", measurement.name)
                if again:
                    continue
            check_evaluation(was, measurement.evaluate)
            was["attacks"] = new_keys(was, measurement.kind, measurement.evaluate)
            full = json.loads(json.dumps(was))
            rows = ROWS[measurement.kind](was, measurement.evaluate)
            evaluation = json.loads(json.dumps(describe(measurement.evaluate)))
            record = common.measurement_record(full, measurement, rows, evaluation)
            record |= {"n": measurement.n, "hardware": full["hardware"]}
            common.write(record)
        trained["checkpoint"]["shipped"] = run.shipped
        common.write(trained)
        weights = folder.parent / "checkpoints" / name / "seed0.safetensors"
        if run.shipped and again and weights.is_file():
            assert sha256(weights) == before["checkpoint"]["sha256"], weights
            shutil.copytree(weights.parent, common.NEW.parent / "checkpoints" / name, dirs_exist_ok=True)
        for kind in ("transfer", "white-box"):
            shutil.rmtree(common.NEW / (name + OLD_KIND[kind]), ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else common.OLD, sys.argv[2:])

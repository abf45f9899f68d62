"""Run once and then removed: every table, curve and figure input of the chapter, before and after.

`python -m migrate.equal_reverse_cross_entropy`; with "old" it prints what the old project says, as JSON.
"""

import json
import math
import os
import subprocess
import sys
from dataclasses import asdict, is_dataclass
from functools import partial
from typing import Any

ORACLE = "/work/oracle"
SETS, LOSSES = ("mnist", "cifar10"), ("CE", "RCE")
ATTACKS = ("FGSM", "BIM", "ILCM", "JSMA", "C&W", "C&W-hc", "C&W sure")
DETECTORS = ("confidence", "non-ME", "K-density", "K-density, chosen gamma")
HIDDEN = ("C&W-wb as printed", "C&W-wb by log-sum-exp", "R1 at the median", "R1")
OTHER = {"mnist": 0.08, "cifar10": 0.04}


def before() -> dict[str, Any]:
    """Question -> what answers it, in the old project."""
    from robustlib.experiments import TABLES, confidence_tables, hidden_tables, radius_tables
    from robustlib.experiments import detection_curves as curves
    from robustlib.experiments import detection_tables as tables

    ask: dict[str, Any] = {f"command line {name}": TABLES[f"rce/{name}"] for name in CLI}
    for d in SETS:
        ask |= {f"table2 {d}": partial(tables.table2, d), f"table2 {d} elsewhere": partial(tables.table2, d, OTHER[d])}
        ask |= {f"radius {d} {a}": partial(radius_tables.radius_table, d, a, DETECTORS) for a in ATTACKS[:3]}
        ask |= {f"rates {d} {m}": partial(tables.caught_table, d, m) for m in DETECTORS}
        ask |= {f"demands {d}": partial(confidence_tables.matched_table, d)}
        ask |= {f"surviving {d}": partial(hidden_tables.left_table, d)}
        ask |= {f"transfer {d}": partial(hidden_tables.transfer_table, d)}
        ask |= {f"curves {d} {a}": partial(curves.accuracy_curves, d, a) for a in (*ATTACKS[:4], "noise")}
        ask |= {f"gamma {d} {a}": partial(curves.gamma_curves, d, a) for a in ATTACKS}
        ask |= {f"sizes {d}": partial(curves.distortions, d), f"gammas {d}": partial(curves.gammas, d)}
        ask |= {f"map {d}": partial(curves.embedding_maps, d)}
        for loss in LOSSES:
            ask |= {f"roc {d} {loss} {a}": partial(curves.detection_records, d, loss.lower(), a) for a in ATTACKS}
            ask |= {f"sentence {d} {loss} {a}": partial(said_before, d, loss, eps) for a, eps in SENTENCE[d].items()}
    for loss in LOSSES:
        ask |= {f"pictures {loss} {a}": partial(curves.pictures, "mnist", loss.lower(), a) for a in HIDDEN}
    return ask


def said_before(dataset: str, loss: str, eps: float) -> Any:
    """What the summary quotes."""
    from robustlib.experiments.detection_tables import stored

    found = stored(dataset, loss.lower(), "adaptive")["outcomes"][f"and R2 at {eps:g}"]
    return [found["accuracy"], found["low"], found["high"], found["n"]]


def after() -> dict[str, Any]:
    """The same questions, today."""
    import robustlib.chapters  # noqa: F401
    from robustlib.chapters.reverse_cross_entropy import curves, tables
    from robustlib.chapters.reverse_cross_entropy import white_box_tables as wb
    from robustlib.experiments import registry

    ask: dict[str, Any] = {f"command line {n}": registry.tables()[f"reverse_cross_entropy/{n}"] for n in CLI}
    today = [RENAMED.get(attack, attack) for attack in ATTACKS]
    for d in SETS:
        ask |= {f"table2 {d}": partial(tables.table2, d), f"table2 {d} elsewhere": partial(tables.table2, d, OTHER[d])}
        ask |= {f"radius {d} {a}": partial(tables.radius_table, d, a, DETECTORS) for a in ATTACKS[:3]}
        ask |= {f"rates {d} {m}": partial(tables.detection_rate_table, d, m) for m in DETECTORS}
        ask |= {f"demands {d}": partial(tables.demand_table, d)}
        ask |= {f"surviving {d}": partial(wb.adaptive_table, d)}
        ask |= {f"transfer {d}": partial(wb.transfer_table, d)}
        ask |= {f"curves {d} {a}": partial(curves.accuracy_curves, d, a) for a in (*ATTACKS[:4], "noise")}
        ask |= {f"gamma {d} {a}": partial(curves.gamma_curves, d, a) for a in today}
        ask |= {f"sizes {d}": partial(curves.distortions, d), f"gammas {d}": partial(curves.gammas, d)}
        ask |= {f"map {d}": partial(curves.embedding_maps, d)}
        for loss in LOSSES:
            ask |= {
                f"roc {d} {loss} {a}": partial(curves.detection_records, d, loss, a)
                for a in (*ATTACKS[:6], "C&W at 99 %")
            }
            ask |= {f"sentence {d} {loss} {a}": partial(said_after, d, loss, eps) for a, eps in SENTENCE[d].items()}
    for loss in LOSSES:
        for said, name in ((RENAMED.get(name, name), name) for name in HIDDEN):
            attack, share = ("detector-aware C&W" if "R1" in name else name), 0.05 if name == "R1" else 0.5
            ask[f"pictures {loss} {said}"] = partial(curves.pictures, "mnist", loss, attack, share)
    return ask


def said_after(dataset: str, loss: str, eps: float) -> Any:
    """What the summary quotes."""
    from robustlib.chapters.reverse_cross_entropy.adaptive import BOTH
    from robustlib.chapters.reverse_cross_entropy.tables import network
    from robustlib.experiments import one, stored_rows

    row = one(stored_rows(network(dataset, loss), "adaptive"), metric="accuracy", attack=BOTH, eps=eps)
    return [row.value, row.low, row.high, row.n]


RENAMED = {
    "C&W-wb, as printed": "C&W-wb as printed",
    "the same, by log-sum-exp": "C&W-wb by log-sum-exp",
    "R1 at the median": "detector-aware C&W",
    "R1": "detector-aware C&W at 5 %",
    "and then R2": "detector-aware PGD, then feature matching",
    "R3 by turns": "detector-aware PGD",
    "R3 to features": "feature matching",
    "C&W-wb (from": "C&W-wb as printed (from",
    "R3 (from": "C&W-wb (from",  # where nothing was run
    "CE: wrong": "CE: misread",
    "caught at": "detected at",
    "C&W sure": "C&W at 99 %",
}
CLI = ("table1", "table2_mnist", "table2_cifar10", "table3_ratio", "table3_distortion", "table4")
SENTENCE = {
    "mnist": {"first": 0.1, "second": 0.2, "third": 0.3},
    "cifar10": {"first": 2 / 255, "second": 4 / 255, "third": 8 / 255},
}


def plain(value: Any) -> Any:
    """An answer as JSON; a table also as the text that is printed, an outcome as a reading."""
    if is_dataclass(value):
        cells = plain(asdict(value))["cells"]  # captions and notes are put otherwise since the renaming
        kept = [{k: v for k, v in cell.items() if k != "note"} for cell in cells]
        return {"columns": value.columns, "rows": value.rows, "cells": kept, "digits": value.digits}
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        if "accuracy" in value:  # of which the figure draws these
            return [value["accuracy"], value["low"], value["high"]]
        names = [
            f"{k:g}" if isinstance(k, float) else {"hidden": "fooled"}.get(k, k) for k in value
        ]  # 8/255 is now exact
        found = dict(zip(names, map(plain, value.values()), strict=True))
        if "spectrum" in found:
            found |= {"axes": found.pop("spectrum")["axes"]}
        if "auc" in found:
            found.pop("gamma", None)  # hangs on the same row today
        return found
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def differences(a: Any, b: Any, at: str) -> list[str]:
    """Where two answers differ: numbers by more than rounding, keys also by their order."""
    if isinstance(a, dict) and isinstance(b, dict):
        ordered = at.startswith(("roc", "sizes", "curves", "gamma", "map")) and at.count("/") < 2
        if (list(a) != list(b)) if ordered and at.count("/") < 1 else (set(a) != set(b)):
            return [f"{at}: keys {list(a)} and {list(b)}"]
        return [d for k in a for d in differences(a[k], b[k], f"{at}/{k}")]
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return [f"{at}: {len(a)} and {len(b)}"]
        return [d for i, pair in enumerate(zip(a, b, strict=True)) for d in differences(*pair, f"{at}/{i}")]
    if isinstance(a, float) and isinstance(b, float | int):
        return [] if math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12) else [f"{at}: {a} and {b}"]
    return [] if a == b else [f"{at}: {a} and {b}"]


def main() -> None:
    """Ask both, and say what differs."""
    if sys.argv[1:] == ["old"]:
        sys.stdout.write(json.dumps({name: plain(ask()) for name, ask in before().items()}))
        return
    words = [sys.executable, os.path.abspath(__file__), "old"]
    env = {**os.environ, "PYTHONPATH": ORACLE}
    found = subprocess.run(words, cwd=ORACLE, env=env, capture_output=True, text=True, check=True)
    said = found.stdout
    for old, new in RENAMED.items():
        said = said.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    then = json.loads(said)
    now = json.loads(json.dumps({name: plain(ask()) for name, ask in after().items()}))
    assert list(then) == list(now)
    numbers = sum(1 for value in now.values() for _ in leaves(value))
    wrong = [d for name in then for d in differences(then[name], now[name], name)]
    sys.stdout.write("\n".join(wrong[:40]) + ("\n" if wrong else ""))
    sys.stdout.write(f"{len(now)} tables, curves and figure inputs, {numbers} values: {len(wrong)} differences\n")
    sys.exit(bool(wrong))


def leaves(value: Any) -> Any:
    """Every plain value inside."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inside is None:
        yield value
    else:
        for v in inside:
            yield from leaves(v)


if __name__ == "__main__":
    main()

"""Every table, curve and input of a figure or sentence of the chapter on DunDi: the old project's against today's."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

ORACLE = Path("/work/oracle")
MNIST = ("native1", "r1", "p1", "native2", "r2", "p2", "native3", "r3", "p3", "r3-slower")
SHORT = ("r1-18k", "r1-36k", "r1-36k-unit", "r1-180k")
CIFAR10 = ("quarter-native", "quarter-p", "quarter-r")
NAMES = [f"mnist-{n}" for n in (*MNIST, *SHORT)] + [f"cifar10-{n}" for n in CIFAR10]
ATTACKS = {  # old -> new
    "worst case": "worst case",
    "cross-entropy on distances": "cross-entropy PGD on distances",
    "A1 margin of distances": "margin PGD on distances",
    "A1 through both steps": "margin PGD through both steps",
    "A2 to the oracles": "feature matching to the oracles",
    "A3 without the database": "margin PGD on unknown oracles",
    "A4 Square": "Square",
    "A4 from the native network": "margin PGD",
    "noise": "noise",
    "margin PGD": "margin PGD",
}
RADII = {"mnist": (0.1, 0.2, 0.3), "cifar10": (2 / 255, 4 / 255, 8 / 255)}


def plain(table: Any) -> dict[str, Any]:
    """A table as JSON: a cell that does not apply has no numbers."""
    keys = ("paper", "ours", "low", "high", "n", "note")
    cells = [
        [c.row, c.column, c.applies, {k: getattr(c, k) for k in keys} if c.applies else {}, c.said(table.digits)]
        for c in table.cells
    ]
    return {"caption": table.caption, "digits": table.digits, "cells": cells, "text": str(table)}


def old() -> dict[str, Any]:
    from robustlib.experiments.dundi_tables import stored

    from robustlib.experiments import dundi_attacked, dundi_curves, dundi_tables

    found: dict[str, Any] = {}
    for dataset in ("mnist", "cifar10"):
        for rule in ("two-step", "exact", "literal"):
            found[f"table1 {dataset} {rule}"] = plain(dundi_tables.table1(dataset, rule))
        for kind in ("all", "fooled"):
            found[f"figure6 {dataset} {kind}"] = plain(dundi_attacked.figure6(dataset, kind))
        found[f"bayesian {dataset}"] = plain(dundi_attacked.bayesian(dataset))
        for eps in RADII[dataset]:
            found[f"left {dataset} {eps:g}"] = plain(dundi_attacked.left_table(dataset, eps))
    found["table2"] = plain(dundi_tables.table2())
    for name in MNIST:
        if "native" not in name:
            found[f"figure7 {name}"] = plain(dundi_attacked.figure7(f"mnist-{name}"))
    for eps in (0.1, 0.2, 0.3):
        found[f"lengths {eps:g}"] = plain(dundi_attacked.length_table(eps))
    for name in NAMES:
        for attack in ATTACKS:
            if ("native" in name) != (attack in ("margin PGD",)) and attack != "noise":
                continue
            curve = dundi_curves.left_curves(name, attack)
            found[f"curve {name} {attack}"] = [[e, o["accuracy"], o["low"], o["high"]] for e, o in curve.items()]
        for attack in ("FGSM", "iFGSM-b"):
            curve = dundi_curves.handed_curves(name, attack)
            found[f"handed {name} {attack}"] = [[e, *ends] for e, ends in curve.items()]
        facts = (stored(name) or {"facts": {}})["facts"]
        if "accuracy" in facts:
            found[f"facts {name}"] = facts
        if zero := (stored(name, "left") or {"facts": {}})["facts"].get("zero gradients"):
            found[f"zero {name}"] = zero
    for attack, shown in dundi_curves.figure5().items():
        found[f"figure5 {attack}"] = {k: v.tolist() if hasattr(v, "tolist") else v for k, v in shown.items()}
        found[f"figure5 {attack}"]["fooled"] = found[f"figure5 {attack}"].pop("hidden")
    found["figure5"] = list(dundi_curves.figure5())
    return found


def new() -> dict[str, Any]:
    from robustlib.chapters.dundi import attacked_tables, tables
    from robustlib.chapters.dundi.oracles import read_by
    from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, FOOLED
    from robustlib.experiments import one, select, stored_rows

    found: dict[str, Any] = {}
    for dataset in ("mnist", "cifar10"):
        for rule in ("two-step", "exact", "literal"):
            found[f"table1 {dataset} {rule}"] = plain(tables.table1(dataset, rule))
        for kind, images in (("all", CLEAN_CORRECT), ("fooled", FOOLED)):
            found[f"figure6 {dataset} {kind}"] = plain(attacked_tables.figure6(dataset, images))
        found[f"bayesian {dataset}"] = plain(attacked_tables.bayesian(dataset))
        for eps in RADII[dataset]:
            found[f"left {dataset} {eps:g}"] = plain(attacked_tables.white_box(dataset, eps))
    found["table2"] = plain(tables.table2())
    for name in MNIST:
        if "native" not in name:
            found[f"figure7 {name}"] = plain(attacked_tables.figure7(f"dundi-mnist-{name}"))
    for eps in (0.1, 0.2, 0.3):
        found[f"lengths {eps:g}"] = plain(attacked_tables.lengths(eps))
    for name in NAMES:
        network = f"dundi-{name}"
        for attack, said in ATTACKS.items():
            if ("native" in name) != (attack in ("margin PGD",)) and attack != "noise":
                continue
            curve = tables.white_box_curve(network, said)
            found[f"curve {name} {attack}"] = [[e, *ends] for e, ends in curve.items()]
        for attack in ("FGSM", "iFGSM-b"):
            found[f"handed {name} {attack}"] = [
                [e, *ends] for e, ends in tables.transfer_curve(network, attack).items()
            ]
        if rows := stored_rows(network, "oracles"):
            facts: dict[str, Any] = {"accuracy": {}, "seconds, n = 20": {}}
            for rule in ("two-step", "exact", "literal"):
                for n in (1, 10, 20):
                    row = one(rows, metric="accuracy", defense=read_by(n, rule))
                    series = {k: row.series[k] for k in ("draws", "std")}
                    facts["accuracy"][f"{rule}, n = {n}"] = series | {"mean": row.value}
            for rule in ("two-step", "exact"):
                asked = {"defense": read_by(20, rule)}
                timed = one(rows, metric="seconds", **asked)
                distances = one(rows, metric="distances per image", **asked).value
                record = {"seconds": timed.value, "images": timed.n, "distances": distances}
                facts["seconds, n = 20"][rule] = record
            facts["distances"] = {
                "same class": one(rows, metric="distance within a class").value,
                "other class": one(rows, metric="distance between classes").value,
                "pairs in wrong order": one(rows, metric="tuples in wrong order").value,
            }
            found[f"facts {name}"] = facts
        zero = select(stored_rows(network, "white-box"), metric="zero gradients")
        if zero:
            said = {"cross-entropy PGD on distances": "cross_entropy", "margin PGD on distances": "margin"}
            found[f"zero {name}"] = {said[row.attack]: row.value for row in zero}
    for attack, shown in tables.figure5().items():
        found[f"figure5 {attack}"] = {k: v.tolist() if hasattr(v, "tolist") else v for k, v in shown.items()}
    found["figure5"] = list(tables.figure5())
    return found


def differences(a: Any, b: Any, where: str, seen: Counter) -> list[str]:
    """Where two values differ; numbers may by 1e-7 of a share and 1e-5 of a per cent, what is printed not at all."""
    if isinstance(a, dict) and isinstance(b, dict):
        found = [f"{where}: keys {sorted(set(a) ^ set(b))}"] if set(a) != set(b) else []
        return found + [d for k in set(a) & set(b) for d in differences(a[k], b[k], f"{where}/{k}", seen)]
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return [f"{where}: {len(a)} and {len(b)} items"]
        return [d for i, (x, y) in enumerate(zip(a, b, strict=True)) for d in differences(x, y, f"{where}/{i}", seen)]
    if isinstance(a, bool) or isinstance(b, bool) or not (isinstance(a, int | float) and isinstance(b, int | float)):
        seen["words"] += 1
        return [] if a == b else [f"{where}: {a!r} and {b!r}"]
    seen["numbers"] += 1
    tolerance = 2e-3 * abs(a) if "/handed" in where and where.endswith("/0") else 1e-7 * max(1.0, abs(a)) * 2
    seen["numbers that differ in the last digits"] += a != b
    return [] if abs(a - b) <= tolerance else [f"{where}: {a!r} and {b!r}"]


def from_the_oracle() -> dict[str, Any]:
    """What the old project says, in a process of its own: this file's `old`, with that project on the path."""
    source = Path(__file__).read_text()
    body = source[source.index("ORACLE =") : source.index("def new()")]
    code = (
        "import json, sys\nfrom pathlib import Path\nfrom typing import Any\n" + body + "json.dump(old(), sys.stdout)\n"
    )
    env = os.environ | {"PYTHONPATH": str(ORACLE)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ORACLE, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


if __name__ == "__main__":
    import robustlib.chapters  # noqa: F401 (the registry)

    before, after, seen = from_the_oracle(), json.loads(json.dumps(new())), Counter()
    found = differences(before, after, "", seen)
    sys.stdout.writelines(f"{line}\n" for line in found[:40])
    kinds = ", ".join(f"{n} {k}" for k, n in Counter(key.split()[0] for key in before).items())
    sys.stdout.write(f"{len(before)} inputs ({kinds}), {dict(seen)}: {len(found)} differences\n")
    sys.exit(bool(found))

# ruff: noqa: E501
"""Old and new tables, curves and sentences, compared: python -m migrate.equal"""

import json
import os
import subprocess
import sys
from typing import Any

ORACLE = "/work/oracle"
OLD = """
import json, sys
from robustlib.experiments import attack_tables as a, tables as t, load_result
from robustlib.experiments.robust_representations import SOFTMAX, OURS, OURS_PGD, OURS_FGSM
from robustlib.figures.tables import mark, paper_beside_ours, words

def table(x): return {"caption": x.caption, "digits": x.digits, "html": paper_beside_ours(x)._repr_html_().split("<table", 1)[1],
    "cells": [[c.row, c.column, c.paper, c.ours, c.low, c.high, c.n, c.note, c.applies, mark(c)] for c in x.cells]}
def text(x): return {"caption": x.caption, "header": list(x.header), "rows": [list(r) for r in x.rows]}
def three(o): return [o["accuracy"], o["low"], o["high"]]
out = {}
for net in ("rr-convnet", "rr-lenet"):
    out |= {f"table1 {net}": table(t.table1(net)), f"adaptive {net}": table(t.adaptive(net))}
    out |= {f"heads {net}": table(t.other_heads(net))}
out["seeds"] = table(t.seeds_table("rr-lenet"))
out["architecture"] = text(t.architecture())
for row in t.ROWS:
    for name in ("FGSM", "small-step PGD", "PGD", "worst case"):
        for seed in (0, 1, 2) if row in ("softmax", "ours") else (0,):
            out[f"curve {row} {name} {seed}"] = [[e, three(o)] for e, o in t.curve(f"rr-lenet-{row}", name, seed).items()]
for row in ("softmax", "ours", "ours-pgd", "ours-fgsm", "softmax-pgd"):
    for net in ("rr-convnet", "rr-lenet"):
        for outcome in (*t.COLUMNS, *t.ADAPTIVE, *t.HEADS, "noise", "forgotten stop-gradient: PGD 0.01 x 40"):
            try: out[f"quote {net} {row} {outcome}"] = t.quote(f"{net}-{row}", outcome)
            except KeyError: out[f"quote {net} {row} {outcome}"] = "not measured"
for training in (SOFTMAX, OURS, OURS_PGD, OURS_FGSM):
    for attack in ("", "FGSM", "BIM", "MIM", "PGD"):
        out[f"paper {training} {attack}"] = t.paper_says(training, attack)
results = {r["row"]: r for r in t.available("rr-convnet")}  # cell 30 of the notebook
out["bars"] = {row: {name: three(r["outcomes"][name]) for name in ("PGD 2/255 x 10", "PGD 0.01 x 40")} for row, r in results.items()}
out["bars paper"] = {row: [[c["outcome"], c["paper"]] for c in r["claims"] if c["outcome"].startswith("PGD")] for row, r in results.items()}
for row in ("ours-pgd", "softmax-pgd"):
    r = load_result(f"rr-lenet-{row}")
    out[f"cell 54 {row}"] = f"{r['facts']['separation']:.1f} {r['outcomes']['worst case at 0.2']['accuracy']:.1%}"
for name in ("-hard", ""):
    r = load_result(f"rr-lenet-ours-fgsm{name}")
    first, *_, last = r["history"]["terms"]["triplet"]
    out[f"cell 56 {name}"] = f"{first:5.2f} {last:.2f} {r['facts']['between-class distance']:6.3f} {r['outcomes']['clean']['accuracy']:.1%}"
out |= {"strength": table(a.strength_table()), "nearest": text(a.nearest_table()), "peers": text(a.peers_table()), "advice": text(a.advice())}
for net in ("softmax", "softmax-pgd"):
    survey = f"attacks-lenet-{net}"
    out[f"climbs {net}"] = [[k, [[p, three(o)] for p, o in runs.items()]] for k, runs in a.climb_curves(survey).items()]
    out[f"l2 {net}"] = [[e, three(o)] for e, o in a.l2_points(survey).items()]
    out[f"worst {net}"] = three(load_result(survey)["outcomes"]["worst case"])
    out[f"distances {net}"] = list(load_result(survey)["facts"]["distance"].items())
json.dump(out, sys.stdout)
"""
# The labels of the second commit; in the first one they were equal too.
RENAMED = {
    "worst case: U1 and U2": "worst case: margin PGD and feature matching",
    "worst case of all": "worst case",
    "U1 margin PGD": "margin PGD",
    "U2 feature matching": "feature matching",
}
READING = {"PGD 2/255 x 10": "small-step PGD", "PGD 0.01 x 40": "PGD"}
TRAINED = {
    "cross-entropy": "softmax cross-entropy (row Softmax)",
    "triplets": "triplet loss with stop-gradient before the softmax layer (row Ours)",
    "triplets + PGD": "row Ours + PGD adversarial training",
    "triplets + FGSM": "row Ours + FGSM adversarial training",
}


def old() -> dict[str, Any]:
    """What the old code says, run in its own checkout."""
    done = subprocess.run(
        [sys.executable, "-c", OLD], cwd=ORACLE, env=os.environ | {"PYTHONPATH": ORACLE}, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    text = done.stdout
    for before, after in RENAMED.items():
        text = text.replace(before, after)
    return json.loads(text)


def new() -> dict[str, Any]:
    """The same of the new code."""
    from robustlib.figures.tables import mark, paper_beside_ours

    import robustlib.chapters  # noqa: F401
    from robustlib.chapters.attacks import tables as a
    from robustlib.chapters.robust_representations import tables as t
    from robustlib.experiments import training
    from robustlib.experiments.readings import percent, printed_percent, reading

    def table(x: Any) -> Any:
        cells = [[c.row, c.column, c.paper, c.ours, c.low, c.high, c.n, c.note, c.applies, mark(c)] for c in x.cells]
        html = paper_beside_ours(x)._repr_html_().split("<table", 1)[1]
        return {"caption": x.caption, "digits": x.digits, "html": html, "cells": cells}

    def text(x: Any) -> Any:
        return {"caption": x.caption, "header": list(x.header), "rows": [list(r) for r in x.rows]}

    out: dict[str, Any] = {}
    for net in ("rr-convnet", "rr-lenet"):
        out |= {f"table1 {net}": table(t.table1(net)), f"adaptive {net}": table(t.adaptive(net))}
        out |= {f"heads {net}": table(t.other_heads(net))}
    out["seeds"] = table(t.seeds())
    out["architecture"] = text(t.architecture())
    for row in t.ROWS:
        for name in ("FGSM", "small-step PGD", "PGD", "worst case"):
            for seed in (0, 1, 2) if row in ("softmax", "ours") else (0,):
                attack = t.WORST if name == "worst case" else name
                curve = t.curve(f"rr-lenet-{row}", attack, seed)
                out[f"curve {row} {name} {seed}"] = [[eps, list(o)] for eps, o in curve.items()]
    heads = {f"{name}: margin PGD": columns for name, columns in t.HEADS.items()}
    forgotten = {"attack": "PGD", "defense": "forgotten stop-gradient"}
    sentences = t.TABLE1 | t.ADAPTIVE | heads | {"noise": {"attack": "noise"}}
    sentences |= {"forgotten stop-gradient: PGD 0.01 x 40": forgotten}
    for row in ("softmax", "ours", "ours-pgd", "ours-fgsm", "softmax-pgd"):
        for net in ("rr-convnet", "rr-lenet"):
            for outcome, columns in sentences.items():
                try:
                    said = percent(t.find(f"{net}-{row}", **columns))
                except LookupError:
                    said = "not measured"
                out[f"quote {net} {row} {outcome}"] = said
            if net == "rr-convnet" and row != "softmax-pgd":
                for attack in ("", "FGSM", "BIM", "MIM", "PGD"):
                    found = t.find(f"{net}-{row}", attack=attack)
                    out[f"paper {TRAINED[found.training]} {attack}"] = printed_percent(found)
    readings = {
        label: {name: t.one(rows, metric="accuracy", defense="", attack=attack) for name, attack in READING.items()}
        for label, rows in t.measured("rr-convnet").items()
    }
    out["bars"] = {
        label: {name: list(reading(row)) for name, row in found.items()} for label, found in readings.items()
    }
    out["bars paper"] = {
        label: [[name, 100 * row.reported] for name, row in found.items() if row.reported is not None]
        for label, found in readings.items()
    }
    for row in ("ours-pgd", "softmax-pgd"):
        apart = t.find(f"rr-lenet-{row}", metric="separation").value
        left = t.find(f"rr-lenet-{row}", "sweep", attack=t.WORST, eps=0.2).value
        out[f"cell 54 {row}"] = f"{apart:.1f} {left:.1%}"
    for name in ("-hard", ""):
        network = f"rr-lenet-ours-fgsm{name}"
        first, *_, last = training(network)["history"]["terms"]["triplet"]
        apart, clean = t.find(network, metric="between-class distance").value, t.find(network, attack="").value
        out[f"cell 56 {name}"] = f"{first:5.2f} {last:.2f} {apart:6.3f} {clean:.1%}"
    out |= {"strength": table(a.strength()), "nearest": text(a.nearest()), "peers": text(a.peers())}
    out["advice"] = text(a.advice())
    for net in ("softmax", "softmax-pgd"):
        network = f"rr-lenet-{net}"
        out[f"climbs {net}"] = [
            [k, [[p, list(o)] for p, o in runs.items()]] for k, runs in a.climb_curves(network).items()
        ]
        out[f"l2 {net}"] = [[eps, list(o)] for eps, o in a.l2_points(network).items()]
        out[f"worst {net}"] = list(a.worst_case(network))
        out[f"distances {net}"] = [list(item) for item in a.distances(network).items()]
    return json.loads(json.dumps(out))


def differences(before: Any, after: Any, at: str = "") -> list[str]:
    """Where the two differ; numbers that agree to 1e-9 are equal."""
    if isinstance(before, float) and isinstance(after, int | float):
        return [] if abs(before - after) <= 1e-9 * max(1, abs(before)) else [f"{at}: {before} -> {after}"]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return [d for i, (b, a) in enumerate(pairs) for d in differences(b, a, f"{at}/{i}")]
    if isinstance(before, dict) and isinstance(after, dict) and list(before) == list(after):
        return [d for k in before for d in differences(before[k], after[k], f"{at}/{k}")]
    return [] if before == after else [f"{at}: {before} -> {after}"]


def numbers(value: Any) -> int:
    """How many numbers and texts a value holds."""
    if isinstance(value, dict):
        return sum(map(numbers, value.values()))
    return sum(map(numbers, value)) if isinstance(value, list) else 1


if __name__ == "__main__":
    before, after = old(), new()
    assert sorted(before) == sorted(after), set(before) ^ set(after)
    found = [d for key in before for d in differences(before[key], after[key], key)]
    print("\n".join(d[:300] for d in found))
    print(f"{len(before)} tables, curves and sentences, {numbers(before)} values: {len(found)} differences")

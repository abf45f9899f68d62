# ruff: noqa: E501
"""The results of the chapter on robust representations, schema 1 into schema 2. Run once: python -m migrate.robust_representations"""

import importlib
import json
import pkgutil
from dataclasses import is_dataclass, replace
from typing import Any

import torch

import robustlib
import robustlib.chapters  # noqa: F401
from migrate import common
from robustlib.chapters.robust_representations.measures import EPS, RADII, TABLE1, Sweep, attacks_at_eps, margin_pgd
from robustlib.chapters.robust_representations.runs import EXPERIMENTS
from robustlib.describe import describe
from robustlib.evaluation import wilson
from robustlib.experiments import Row, printed, registry
from robustlib.experiments.attack_rows import attack_columns
from robustlib.experiments.detector_rows import share_row
from robustlib.experiments.printed import join, reported
from robustlib.experiments.renames import in_todays_words
from robustlib.experiments.rows import pack, read, unpack

MEANS = torch.zeros(10, 64)
ATTACKED = {
    "clean": "", "noise": "noise", "FGSM": "FGSM", "BIM": "BIM", "MIM": "MIM", "PGD 2/255 x 10": "small-step PGD",
    "PGD 0.01 x 40": "PGD", "U1 margin PGD": "margin PGD", "DLR PGD": "DLR PGD",
    "U2 feature matching": "feature matching", "worst case of all": "worst case",
}  # fmt: skip
HEADS = ("fresh linear head", "nearest mean head", "nearest neighbour head")
FORGOTTEN = "forgotten stop-gradient"
SWEPT = {n: n for n in ("FGSM", "small-step PGD", "PGD")} | {"worst case": "margin PGD and feature matching"}


def known_classes() -> dict[str, type]:
    """Every dataclass below the experiments, by name."""
    found: dict[str, type] = {}
    for info in pkgutil.walk_packages(robustlib.__path__, "robustlib."):
        above = info.name.startswith(("robustlib.experiments", "robustlib.figures", "robustlib.chapters"))
        if not above and not info.name.endswith("__main__"):
            module = importlib.import_module(info.name)
            found |= {n: c for n, c in vars(module).items() if isinstance(c, type) and is_dataclass(c)}
    return found


common.classes = known_classes


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def same_recipe(before: dict[str, Any], experiment: Any) -> None:
    """The stored recipe is the one of today's code."""
    today = as_json(describe(experiment.recipe(before["schedule"]["epochs"])))
    assert common.undefaulted(before["recipe"]) == today, (before["recipe"], today)
    assert before["row"] == experiment.label and before["schedule"]["paper_epochs"] == experiment.epochs


def same_attacks(before: dict[str, Any], today: dict[str, Any]) -> dict[str, Any]:
    """The stored attacks under today's names, which are today's but for the class means that they hold."""
    found = {ATTACKED[name]: common.undefaulted(attack) for name, attack in before["attacks"].items()}
    now = as_json(describe(today))
    assert {n: {k: v for k, v in a.items() if k != "means"} for n, a in found.items()} == {
        n: {k: v for k, v in a.items() if k != "means"} for n, a in now.items()
    }
    return found


def attacked_rows(before: dict[str, Any]) -> tuple[list[Row], set[str]]:
    """What `Attacked` gives, in its order, and the names of the outcomes that are in it."""
    outcomes, facts, rows, used = before["outcomes"], before["facts"], [], set()
    attacks = attacks_at_eps(MEANS)

    def add(old_name: str, **columns: Any) -> None:
        if old_name in outcomes:
            rows.append(common.accuracy(outcomes[old_name], **columns))
            used.add(old_name)

    for old_name, name in ATTACKED.items():
        columns = attack_columns(attacks.get(name)) | ({"norm": "Linf", "eps": EPS} if name == "worst case" else {})
        add(old_name, attack=name, **columns)
    for head in HEADS:
        add(f"{head}: clean", attack="", defense=head)
        add(f"{head}: margin PGD", attack="margin PGD", defense=head, **attack_columns(margin_pgd(EPS, 1)))
    for metric in ("within-class distance", "between-class distance", "separation"):
        rows.append(Row(metric, facts[metric], 5000, images="training images"))
    name = f"{FORGOTTEN}: PGD 0.01 x 40"
    add(name, attack="PGD", defense=FORGOTTEN, **attack_columns(TABLE1["PGD"]))
    n = outcomes[name]["n"]  # both were measured on the same few images, in every version of the code
    for fact, columns in (
        ("zero gradients", {"attack": "PGD", "defense": ""}),
        ("zero gradients, forgotten stop-gradient", {"attack": "PGD", "defense": FORGOTTEN}),
        ("zero gradients, margin", {"attack": "margin PGD", "defense": ""}),
    ):
        row = share_row("zero gradients", round(facts[fact] * n), n, **columns)
        assert abs(row.value - facts[fact]) < 1e-6
        rows.append(row)
    assert set(facts) == {"within-class distance", "between-class distance", "separation", "zero gradients",
                          "zero gradients, forgotten stop-gradient", "zero gradients, margin"}  # fmt: skip
    return rows, used


def sweep_rows(before: dict[str, Any], evaluate: Sweep) -> tuple[list[Row], set[str]]:
    """What `Sweep` gives; its clean accuracy is that of the first images of the clean outcome."""
    outcomes, rows, used = before["outcomes"], [], set()
    n = outcomes["PGD at 0.3"]["n"]
    clean = outcomes["clean"]
    right = unpack(clean["correct"], clean["n"])[:n]
    low, high = wilson(int(right.sum()), n)
    moved = {"largest_linf": 0.0, "mean_l2": 0.0, "seconds": 0.0}
    rows.append(Row("accuracy", int(right.sum()) / n, n, low, high, bits=pack(right), **moved))
    for old_name, name in SWEPT.items():
        for eps in RADII:
            attack = evaluate.attacks(MEANS)[name](eps)
            columns = attack_columns(attack) | {"norm": "Linf", "eps": eps}
            rows.append(common.accuracy(outcomes[f"{old_name} at {eps:g}"], attack=name, **columns))
            used.add(f"{old_name} at {eps:g}")
    return rows, used


def check_evaluation(before: dict[str, Any], name: str) -> None:
    """What was measured is what would be measured today: how many images are swept, restarts, classes tried."""
    said = before.get("evaluation")  # the oldest file does not say; its code is that of the two beside it
    planned = registry.measurements().get(f"{name}-sweep")
    if said is None:
        assert name == "rr-lenet-existing" and before["commit"].startswith("4176f51")
    elif planned is None:
        assert said["sweep_images"] == 0
    else:
        sweep = planned.evaluate
        assert (said["sweep_images"], said["restarts"], said["targets"]) == (planned.n, sweep.restarts, sweep.targets)


def check_claims(before: dict[str, Any], experiment: Any, rows: list[Row]) -> int:
    """Every claimed number of the paper stands beside the same outcome as before."""
    columns = {"network": experiment.name, "dataset": experiment.dataset, "model": experiment.architecture}
    columns |= {"training": experiment.training, "measurement": "attacked", "seed": before["seed"]}
    joined = join([replace(row, **columns) for row in rows], reported("robust_representations"))
    ours = {r.attack: 100 * r.reported for r in joined if r.reported is not None}
    theirs = {ATTACKED[c["outcome"]]: c["paper"] for c in before["claims"]}
    assert ours.keys() == theirs.keys() and all(abs(ours[k] - theirs[k]) < 1e-9 for k in ours), (ours, theirs)
    return len(ours)


def main() -> None:
    """Migrate every file of the chapter."""
    claimed = 0
    for experiment in EXPERIMENTS:
        for seed in experiment.seeds:
            found = common.old(experiment.name, seed)
            if found is None:
                print(f"{experiment.name} seed {seed}: not run")
                continue
            before = in_todays_words(found)
            same_recipe(before, experiment)
            check_evaluation(before, experiment.name)
            hardware = {"hardware": before["hardware"]}
            rows, used = attacked_rows(before)
            claimed += check_claims(before, experiment, rows)
            planned = registry.measurement(f"{experiment.name}-attacked")
            record = common.measurement_record(before, planned, rows, describe(planned.evaluate)) | hardware
            record["attacks"] = same_attacks(before, attacks_at_eps(MEANS))
            spent = before["seconds"]["evaluate"]
            if "PGD at 0.3" in before["outcomes"]:
                planned = registry.measurement(f"{experiment.name}-sweep")
                swept, more = sweep_rows(before, planned.evaluate)
                assert swept[0].n == planned.n
                sweep = common.measurement_record(before, planned, swept, describe(planned.evaluate)) | hardware
                part = round(sum(row.seconds or 0 for row in swept), 1)
                common.write(sweep | {"n": planned.n, "attacks": {}, "seconds": {"evaluate": part}})
                spent, used = round(spent - part, 1), used | more
            assert used == set(before["outcomes"]), set(before["outcomes"]) - used
            common.write(record | {"seconds": {"evaluate": spent}})
            common.write(common.training_record(before) | hardware)
            again = [read(row) for row in as_json(record["rows"])]
            assert again == rows, "a row changed on its way through JSON"
            print(f"{experiment.name} seed {seed}: {len(before['outcomes'])} outcomes, {len(before['facts'])} facts")
    lines = list(printed("robust_representations", "table1"))
    assert claimed == len(lines) + 4, (claimed, len(lines))  # each PGD number stands beside two of ours


if __name__ == "__main__":
    main()

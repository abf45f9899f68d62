# ruff: noqa: E501
"""The results of the chapter on attacks, schema 1 into schema 2. Run once: python -m migrate.attacks"""

import shutil
from typing import Any

import robustlib.chapters  # noqa: F401
from migrate import common
from migrate.robust_representations import as_json, same_recipe
from robustlib.chapters.attacks.measures import RADII_L2, l2_pgd
from robustlib.chapters.attacks.runs import EXPERIMENTS
from robustlib.chapters.attacks.suite import budget_attacks, climbs, nearest_attacks, quick_look
from robustlib.describe import describe
from robustlib.experiments import Row, registry
from robustlib.experiments.attack_rows import attack_columns
from robustlib.experiments.renames import in_todays_words
from robustlib.experiments.rows import read


def cost_rows(before: dict[str, Any], names: Any) -> list[Row]:
    """What the attacks cost."""
    rows = []
    for name in names:
        spent = before["facts"]["cost"].pop(name)
        found = {f"{way} passes": spent[way] for way in ("forward", "backward")} | {"seconds": spent["seconds"]}
        rows += [Row(metric, value, spent["n"], attack=name) for metric, value in found.items()]
    return rows


def suite(network: str, old_name: str) -> None:
    """One old file, whose outcomes go to three measurements."""
    before = in_todays_words(common.old(old_name))
    hardware, facts, outcomes = {"hardware": before["hardware"]}, before["facts"], dict(before["outcomes"])
    planned = {kind: registry.measurement(f"{network}-{kind}") for kind in ("budget", "passes", "nearest")}
    eps = facts.pop("eps")
    assert before["evaluation"] == {"class": "Suite", "climbed": planned["passes"].n, "eps": planned["budget"].evaluate.eps,
                                    "near": planned["nearest"].n, "timed": planned["budget"].evaluate.timed}  # fmt: skip
    assert eps == planned["budget"].evaluate.eps == planned["passes"].evaluate.radii[0]
    assert planned["nearest"].evaluate.timed == planned["budget"].evaluate.timed

    def accuracy(name: str, **columns: Any) -> Row:
        return common.accuracy(outcomes.pop(name), **columns)

    budget, near = budget_attacks(eps), nearest_attacks()
    assert common.undefaulted(before["attacks"]) == as_json(describe(budget | near))
    rows: dict[str, list[Row]] = {"budget": [accuracy("clean")]}
    rows["budget"] += [accuracy(name, attack=name, **attack_columns(a)) for name, a in budget.items()]
    rows["budget"] += cost_rows(before, budget)
    rows["budget"].append(accuracy("worst case", attack="worst case", norm="Linf", eps=eps))
    rows["passes"] = [accuracy("clean of the curve")]
    for name, attack in climbs(eps):
        columns = attack_columns(attack)
        rows["passes"].append(accuracy(f"{name}, {columns['steps']} passes", attack=name, **columns))
    rows["nearest"] = [accuracy("nearest clean")]
    for name, attack in near.items():
        columns = attack_columns(attack) | {"norm": "L2", "eps": None}
        rows["nearest"].append(accuracy(f"nearest {name}", attack=name, **columns))
    for name in near:
        rows["nearest"].append(distance(facts["distance"].pop(name), name))
    rows["nearest"] += cost_rows(before, near)
    for radius in RADII_L2:
        rows["nearest"].append(accuracy(f"PGD-L2 at {radius:g}", attack="PGD", **attack_columns(l2_pgd(radius))))
    assert not outcomes and facts == {"cost": {}, "distance": {}}
    # The old file says how long its last call took, which went on from work done before.
    last = {"the last call of all three": before["seconds"]["evaluate"]}
    spent = {kind: {"evaluate": seconds_of(found)} | last for kind, found in rows.items()}
    of_kind = {"budget": budget, "passes": {}, "nearest": near}
    for kind, found in rows.items():
        record = common.measurement_record(before, planned[kind], found, as_json(describe(planned[kind].evaluate)))
        assert [read(row) for row in as_json(record["rows"])] == found
        attacks = {name: common.undefaulted(before["attacks"][name]) for name in of_kind[kind]}
        record |= {"n": planned[kind].n, "attacks": attacks, "seconds": spent[kind]}
        common.write(record | hardware)
    shutil.rmtree(common.NEW / old_name, ignore_errors=True)
    print(f"{old_name}: {len(before['outcomes'])} outcomes", {kind: len(found) for kind, found in rows.items()}, spent)


def seconds_of(rows: list[Row]) -> float:
    """What the attacks took; the worst case took nothing of its own."""
    return round(sum(row.seconds or 0 for row in rows if row.metric == "accuracy" and row.attack != "worst case"), 1)


def distance(sizes: list[float | None], name: str) -> Row:
    """The row of `distance_rows`, from the stored distances."""
    from statistics import mean, median

    broken = [size for size in sizes if size is not None]
    series = {"of each image": sizes, "mean": mean(broken)}
    return Row("distance", median(broken), len(broken), attack=name, norm="L2", series=series)


def target() -> None:
    """The plain target of the comparison with other libraries."""
    (experiment,) = EXPERIMENTS
    before = in_todays_words(common.old(experiment.name))
    same_recipe(before, experiment)
    planned, outcomes = registry.measurement(f"{experiment.name}-attacked"), dict(before["outcomes"])
    assert before["facts"] == {} and before["claims"] == []
    assert before["evaluation"] == {"class": "Quick", "radii": list(planned.evaluate.radii)}
    rows, attacks, today = [common.accuracy(outcomes.pop("clean"))], {}, {}
    for eps in planned.evaluate.radii:
        for name, attack in quick_look(eps):
            old_name, columns = f"{name} {255 * eps:.0f}/255", attack_columns(attack)
            rows.append(common.accuracy(outcomes.pop(old_name), attack=name, **columns))
            key = " ".join([name, *(f"{k} {v}" for k, v in columns.items())])
            attacks[key], today[key] = common.undefaulted(before["attacks"].pop(old_name)), as_json(describe(attack))
    assert not outcomes and not before["attacks"] and attacks == today
    hardware = {"hardware": before["hardware"]}
    record = common.measurement_record(before, planned, rows, as_json(describe(planned.evaluate)))
    common.write(record | {"attacks": attacks} | hardware)
    common.write(common.training_record(before) | hardware)
    print(f"{experiment.name}: {len(rows)} outcomes")


if __name__ == "__main__":
    suite("rr-lenet-softmax", "attacks-lenet-softmax")
    suite("rr-lenet-softmax-pgd", "attacks-lenet-softmax-pgd")
    target()

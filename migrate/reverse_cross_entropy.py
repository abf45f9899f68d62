"""Run once and then removed: the old results on reverse cross-entropy as training records and rows."""

import hashlib
import json
import shutil
from copy import deepcopy
from dataclasses import fields, is_dataclass
from typing import Any

import torch

import robustlib.chapters  # noqa: F401
from migrate import common
from migrate.common import NEW, OLD, accuracy, measurement_record, old, training_record, undefaulted, write
from robustlib import attacks, datasets, losses, models, objectives, training
from robustlib.chapters.reverse_cross_entropy import adaptive, black_box, detector_scores, measures, runs, white_box
from robustlib.chapters.reverse_cross_entropy.adaptive import BOTH, TURNS
from robustlib.chapters.reverse_cross_entropy.detector_scores import CHOSEN
from robustlib.chapters.reverse_cross_entropy.known_detector import DENSITY, MEDIAN, USABLE
from robustlib.chapters.reverse_cross_entropy.white_box import PRINTED, STABLE, TUNED
from robustlib.chapters.reverse_cross_entropy.white_box import label as label_of
from robustlib.describe import describe
from robustlib.detectors import KernelDensity
from robustlib.evaluation.detection import LEVELS
from robustlib.experiments.detector_rows import BROKEN, clean_row
from robustlib.experiments.registry import experiment, measurement
from robustlib.experiments.renames import in_todays_words
from robustlib.experiments.rows import Row, unpack

MODULES = (attacks, datasets, losses, models, objectives, training, runs, detector_scores)
KNOWN = {n: c for m in MODULES for n, c in vars(m).items() if isinstance(c, type) and is_dataclass(c)}
KNOWN["Linf"] = __import__("robustlib.geometry", fromlist=["Linf"]).Linf
common.classes = lambda: KNOWN  # other chapters' old files do not import today


def same(before: Any, now: Any) -> bool:
    """Whether an old description has the values of what would measure today, class names and `network` apart."""
    if is_dataclass(now):
        renames = {
            "climbed": "steps",
            "neighbours": "targets",
            "searched": "carlini_wagner_images",
            "sure_images": "certain_images",
        }
        values = {renames.get(k, k): v for k, v in before.items() if k not in ("class", "network", "seed")}
        return set(values) == {f.name for f in fields(now)} and all(same(v, getattr(now, k)) for k, v in values.items())
    if isinstance(now, dict):
        return set(before) == set(now) and all(same(before[k], now[k]) for k in now)
    if isinstance(now, list | tuple):
        return len(before) == len(now) and all(same(b, n) for b, n in zip(before, now, strict=True))
    return before == now


def clean(before: dict[str, Any]) -> Row:
    """The accuracy before any attack, of a survey."""
    o = before["outcomes"].pop("clean")
    assert o["largest_linf"] == o["mean_l2"] == o["seconds"] == 0.0
    return clean_row(unpack(o["correct"], o["n"]))


def interval(found: dict[str, Any] | None) -> tuple[Any, ...]:
    return (found["low"], found["high"]) if found else (None, None)


def detection(record: dict[str, Any], columns: dict[str, Any], gamma: dict[str, Any] | None = None) -> list[Row]:
    """What `detection_rows` makes, of an old record."""
    record, columns = dict(record), {"images": BROKEN} | columns
    series = {k: v for k in ("roc", "histogram") if (v := record.pop(k, None)) is not None}
    series |= {"gamma": dict(sorted(gamma.items(), key=lambda kv: float(kv[0])))} if gamma else {}
    n, normal = record.pop("n"), record.pop("normal")
    rows = [Row("AUC", record.pop("auc"), n, record.pop("low"), record.pop("high"), series=series, **columns)]
    for metric, key, of in (("detection rate", "caught", n), ("false positive rate", "refused", normal)):
        at = record.pop(key) or dict.fromkeys(f"{level:g}" for level in LEVELS)
        assert list(at) == [f"{level:g}" for level in LEVELS]
        for level, found in zip(LEVELS, at.values(), strict=True):
            share = found["share"] if found else None
            rows.append(Row(metric, share, of, *interval(found), false_positives=level, **columns))
    assert not record, record
    return rows


def quantiles(metric: str, found: dict[str, Any] | None, columns: dict[str, Any]) -> Row:
    if found is None:
        return Row(metric, None, 0, **columns)
    assert set(found) == {"mean", "median", "low", "high", "n"}
    series = {"mean": found["mean"]}
    return Row(metric, found["median"], found["n"], found["low"], found["high"], series=series, **columns)


def share(metric: str, found: dict[str, Any] | None, columns: dict[str, Any]) -> Row:
    if found is None:
        return Row(metric, None, 0, **columns)
    return Row(metric, found["share"], found["n"], found["low"], found["high"], **columns)


def scored(before: dict[str, Any], plans: list[Any]) -> list[Row]:
    facts = before["facts"]
    likelihood = dict(sorted(facts.pop("likelihood").items(), key=lambda kv: float(kv[0])))
    assert likelihood.keys() == {f"{g:g}" for g in detector_scores.GAMMAS}
    series, half = {"log-likelihood": likelihood}, "first half of validation"
    rows = [Row("gamma", facts.pop("gamma"), defense=DENSITY)]
    rows += [Row("gamma", facts.pop("chosen gamma"), defense=CHOSEN, images=half, series=series), clean(before)]
    for plan in plans:
        label = {"C&W at 99 %": "C&W sure"}.get(plan.label, plan.label)
        before["attacks"][plan.label] = before["attacks"].pop(label)
        columns = {"attack": plan.name, "norm": plan.norm, "eps": plan.eps, "steps": plan.steps}
        o = before["outcomes"].pop(label)
        assert o["n"] == plan.n, plan
        rows.append(accuracy(o, **columns))
        rows += [quantiles(metric, facts[metric].pop(label, None), columns) for metric in ("confidence", "distortion")]
        records = facts["detection"].pop(label)
        for detector in ("confidence", "non-ME", DENSITY, CHOSEN):
            record = records.pop(detector)
            assert (record.get("roc") is not None) == (plan.curves and record["n"] > 0)
            curve = facts["gamma curve"].pop(label) if plan.curves and detector == DENSITY else None
            rows += detection(record, columns | {"defense": detector}, curve)
        assert not records
    for name in ("detection", "confidence", "distortion", "gamma curve"):
        assert not facts.pop(name)
    return rows


def thresholds(facts: dict[str, Any]) -> list[Row]:
    rows = [Row("gamma", facts.pop("gamma"), defense=DENSITY)]
    if "median" in facts:
        images = "first 2000 training images"
        rows.append(Row("threshold", facts.pop("median"), defense=DENSITY, false_positives=MEDIAN, images=images))
    assert facts.pop("allowed", USABLE) == USABLE
    images = "second half of validation"
    return [*rows, Row("threshold", facts.pop("usable"), defense=DENSITY, false_positives=USABLE, images=images)]


SEARCHES = {
    "C&W-wb as printed": (PRINTED, MEDIAN),
    "C&W-wb by log-sum-exp": (STABLE, MEDIAN),
    "R1": (TUNED, USABLE),
    "R1 at the median": (TUNED, MEDIAN),
}


def white(before: dict[str, Any], evaluate: white_box.WhiteBox) -> list[Row]:
    facts, rows = before["facts"], [*thresholds(before["facts"]), clean(before)]
    shown = facts.pop("pictures", {})
    assert bool(shown) == (before["data"]["name"] == "mnist")
    for name, (attack, at) in SEARCHES.items():
        steps = evaluate.tuned_steps if attack == TUNED else evaluate.steps
        columns = {"attack": attack, "norm": "L2", "steps": steps, "false_positives": at, "defense": DENSITY}
        rows.append(accuracy(before["outcomes"].pop(name), **columns))
        found = facts["hidden"].pop(name)
        distortion = found.pop("distortion")
        n, hits = found["n"], round(found["share"] * found["n"])
        assert hits / n == found["share"]
        picture = shown.pop(name, None)
        if picture:
            picture["fooled"] = picture.pop("hidden")
        series = {"pictures": picture} if picture else {}
        columns_of = columns | {"series": series}
        rows.append(Row("detected", (n - hits) / n, n, 1 - found["high"], 1 - found["low"], **columns_of))
        rows.append(quantiles("distortion", distortion, columns))
        before["attacks"][label_of(attack, at)] = before["attacks"].pop(name)
    assert not shown and not facts.pop("hidden")
    return rows


def stated(name: str, before: dict[str, Any], evaluate: adaptive.Adaptive) -> None:
    """The detector's state as `describe` says it today: one hash of what stood there tensor by tensor."""
    density = KernelDensity(experiment(name).model(), torch.zeros(1, 64), torch.zeros(1, dtype=torch.int64), 1.0, "")
    for attack in before["attacks"].values():
        if isinstance(attack["detector"]["state"], list):
            said = dict(zip(density.state_dict(), attack["detector"]["state"], strict=True))
            attack["detector"]["state"] = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
        other = (old(f"{name}-white-box") or {})["attacks"]["R1"]["detector"]
        assert attack["detector"] == other and other["gamma"] == evaluate.gamma


def surviving(before: dict[str, Any], evaluate: adaptive.Adaptive) -> list[Row]:
    rows = [*thresholds(before["facts"]), clean(before)]
    for eps in evaluate.radii:
        for name, said in ((TURNS, "detector-aware PGD"), (BOTH, "and R2")):
            o = before["outcomes"].pop(f"{said} at {eps:g}")
            assert o.pop("seconds") == 0.0
            columns = {"attack": name, "norm": "Linf", "eps": eps, "steps": evaluate.steps, "defense": DENSITY}
            columns |= {"restarts": 2 if name == TURNS else None, "false_positives": USABLE}
            rows.append(accuracy({**o, "seconds": None}, **columns))
            before["attacks"][f"{name} {eps:g}"] = before["attacks"].pop(f"{said} at {eps:g}")
    return rows


def transferred(before: dict[str, Any], evaluate: black_box.BlackBox) -> list[Row]:
    facts, far = before["facts"], evaluate.radii[-1]
    rows = [*thresholds(facts), clean(before)]
    sent: list[tuple[str, str, float | None]] = [("C&W-wb", PRINTED, None)]
    sent += [(f"R3 by turns at {eps:g}", TURNS, eps) for eps in evaluate.radii]
    sent += [(f"R3 to features at {far:g}", "feature matching", far)]
    for source, (wb, close) in evaluate.substitutes.items():
        for said, attack, eps in sent:
            columns = {"attack": attack, "norm": "L2" if eps is None else "Linf", "eps": eps, "source": source}
            columns["steps"] = wb.steps if eps is None else close.steps
            o, found = before["outcomes"].pop(f"{said} from {source}"), facts["transfer"].pop(f"{said} from {source}")
            assert o.pop("seconds") == 0.0
            rows.append(accuracy({**o, "seconds": None}, **columns))
            rows.append(share("transfer rate", found["wrong"], columns))
            assert (found["wrong"] or {"n": 0})["n"] == found["sent"]
            guarded = columns | {"defense": DENSITY}
            rows.append(share("undetected", found["wrong and accepted"], guarded | {"false_positives": USABLE}))
            record = found["detection"]
            rounded = found["auc"] and {k: round(record[k], 5) for k in ("auc", "low", "high")}
            assert found["auc"] == rounded, "the second AUC is the first one, rounded"
            rows += detection(record, guarded)
    assert not facts.pop("transfer")
    return rows


def drawn(before: dict[str, Any]) -> list[Row]:
    facts = before["facts"]
    spectrum = facts.pop("spectrum")
    series = {"map": {k: facts.pop(k) for k in ("components", "perplexity", "label", "x", "y")}}
    series["variance shares"] = spectrum.pop("share")
    first = clean(before)
    return [first, Row("participation ratio", spectrum.pop("axes"), first.n, series=series)]


def survey(name: str, kind: str, before: dict[str, Any]) -> None:
    """One old survey, or what was measured after training."""
    planned, whole = measurement(f"{name}-{kind}"), deepcopy(before)
    evaluate: Any = planned.evaluate
    if kind == "black-box":
        for known in before["evaluation"]["substitutes"].values():
            assert known[0]["class"] == "Network"
            del known[0]
        assert before["evaluation"]["seed"] == 0
    assert before["evaluation"].pop("network", name) == name
    assert same(before["evaluation"], evaluate), (name, kind)
    if kind == "clean":
        rows = [accuracy(before["outcomes"].pop("clean"))]
        for attack in ("noise", "FGSM"):
            rows.append(accuracy(before["outcomes"].pop(attack), attack=attack, norm="Linf", eps=evaluate.eps))
            before["attacks"][f"{attack} {evaluate.eps:g}"] = before["attacks"].pop(attack)
    elif kind == "oblivious":
        rows = scored(before, evaluate.plans(planned.n))
        assert tuple(before["facts"].pop("named")) == evaluate.named
    elif kind == "carlini-wagner":
        rows = scored(before, evaluate.plans(planned.n, 10))
    elif kind == "white-box":
        rows = white(before, evaluate)
    elif kind == "adaptive":
        stated(name, before, evaluate)
        rows = surviving(before, evaluate)
    elif kind == "black-box":
        rows = transferred(before, evaluate)
    else:
        rows = drawn(before)
    assert not before["outcomes"] and not before["facts"], (before["outcomes"].keys(), before["facts"].keys())
    if kind in ("oblivious", "carlini-wagner"):
        plans = evaluate.plans(*((planned.n,) if kind == "oblivious" else (planned.n, 10)))
        today = json.loads(json.dumps(describe({p.label: p.attack for p in plans})))
        assert in_todays_words({"attacks": undefaulted(before["attacks"])})["attacks"] == today, (name, kind)
    whole["attacks"] = before["attacks"]
    record = measurement_record(whole, planned, rows, describe(evaluate))
    assert kind == "clean" or record["n"] == planned.n
    write(record | {"n": planned.n})


def main() -> None:
    """All networks of the chapter, and what was measured on them."""
    folders = {"carlini-wagner": "searched"}
    for run in runs.EXPERIMENTS:
        before = old(run.name)
        if before is None:
            continue
        assert not before["facts"] and not before["claims"]
        assert (before["row"], before["schedule"]["paper_epochs"]) == (run.label, run.epochs)
        recipe = in_todays_words(training_record(before))["recipe"]
        assert recipe == json.loads(json.dumps(describe(run.recipe(before["schedule"]["epochs"])))), run.name
        write(training_record(before))
        survey(run.name, "clean", before)
        for planned in measures.OWN[run.architecture](run):
            name = f"{run.name}-{folders.get(planned.kind, planned.kind)}"
            survey(run.name, planned.kind, old(name) or {})
            if planned.kind in folders:
                shutil.rmtree(NEW / name, ignore_errors=True)
    left = {p.parent.name for p in OLD.glob("rce-*/seed*.json")} - {p.parent.name for p in NEW.glob("rce-*/seed*.json")}
    assert left == {f"{run.name}-searched" for run in runs.EXPERIMENTS if run.architecture == "ResNet-32"}, left


if __name__ == "__main__":
    main()

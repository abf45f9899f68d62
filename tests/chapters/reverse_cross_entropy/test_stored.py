"""The results that ship: the attacks behind them are those that the code would build today."""

import json

import pytest

from robustlib.chapters.reverse_cross_entropy import CHAPTER
from robustlib.chapters.reverse_cross_entropy.white_box import label
from robustlib.describe import describe
from robustlib.experiments.densities import load_density
from robustlib.experiments.registry import experiment
from robustlib.experiments.renames import in_todays_words
from robustlib.experiments.results import checkpoint_path, result_path
from robustlib.models import load_weights

STORED = {m.name: m for m in CHAPTER.measurements if result_path(m.name, 0).is_file()}


def network(name):
    """The network as it ships, or untrained where it does not: then no detector can be compared."""
    model = experiment(name).model()
    return load_weights(model, checkpoint_path(name, 0)).eval() if checkpoint_path(name, 0).is_file() else None


def built(measurement, result):
    """The attacks that it would make today, by their names in the record."""
    evaluate, n = measurement.evaluate, measurement.n
    at = {r["false_positives"]: r["value"] for r in result["rows"] if r["metric"] == "threshold"}
    if measurement.kind == "oblivious":
        return {p.label: p.attack for p in evaluate.plans(n)}
    if measurement.kind == "carlini-wagner":
        return {p.label: p.attack for p in evaluate.plans(n, 10)}
    if measurement.kind == "noise":
        return evaluate.attacks()
    if measurement.kind in ("white-box", "adaptive", "search"):
        model = network(measurement.of)
        if model is None:
            pytest.skip("its weights do not ship")
        density = load_density(measurement.of, model, evaluate.gamma)
        if measurement.kind == "white-box":
            return {label(*key): attack for key, attack in evaluate.searches(density, at).items()}
        if measurement.kind == "search":
            return {f"{name}, {share:g}": attack for (name, share), attack in evaluate.searches(density, at).items()}
        return {f"{name} {eps:g}": attack for (name, eps), attack in evaluate.attacks(density, at[0.05]).items()}
    return {}


@pytest.mark.parametrize("name", STORED)
def test_the_stored_attacks_are_todays(name):
    result = in_todays_words(json.loads(result_path(name, 0).read_text()))
    found = built(STORED[name], result)
    kinds = (
        "map",
        "black-box",
        "clean",
        "standard",
        "bare",
        "guarded",
        "card",
        "own-card",
        "white-box-card",
        "break-it",
    )
    if STORED[name].kind not in kinds:
        assert found
    if found:
        assert result["attacks"] == json.loads(json.dumps(describe(found)))


@pytest.mark.parametrize("name", STORED)
def test_the_stored_evaluation_is_todays(name):
    result = json.loads(result_path(name, 0).read_text())
    assert result["evaluation"] == json.loads(json.dumps(describe(STORED[name].evaluate)))
    assert (result["of"], result["n"], result["schema"]) == (STORED[name].of, STORED[name].n, 2)

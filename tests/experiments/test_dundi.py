"""The runs and surveys on DunDi from end to end at toy size, and what must hold of what they leave."""

import sys
from dataclasses import replace

import pytest
import torch
from experiments.toy_runs import digits

from robustlib.datasets import Batches, FeatureSplit, Triplets
from robustlib.experiments import (
    dundi_attacked,
    dundi_curves,
    dundi_tables,
    load_model,
    load_result,
    run,
    runner,
    survey,
)
from robustlib.experiments.dundi import NETWORKS, RUNS, SURVEYS, DistanceNetwork
from robustlib.experiments.handed_over import as_noisy
from robustlib.experiments.heads import features_of
from robustlib.experiments.live_oracles import attacked_table, travelled, walk
from robustlib.experiments.oracle_rules import distances, oracle_head
from robustlib.experiments.trainer import begin
from robustlib.figures import paper_beside_ours
from robustlib.losses import margin
from robustlib.models import Classifier, NearestOracles, distance_network, draw_oracles, frozen_parts, lenet1, lenet5
from robustlib.objectives import DunDi
from robustlib.training import SGD, fit

EXPERIMENTS = {e.name: e for e in RUNS}
PLANNED = {s.name: s for s in SURVEYS}


def small(name):
    e = EXPERIMENTS[name]
    sampler = replace(e.sampler, size=20, tuples=200) if isinstance(e.sampler, Triplets) else Batches(20)
    return replace(e, sampler=sampler, epochs=2, affordable=None, n=20, start=e.start and small(e.start.name))


@pytest.fixture
def folders(tmp_path, monkeypatch):
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    data = digits(600, 40)
    monkeypatch.setattr(runner, "load", lambda name, device: data)
    monkeypatch.setattr(sys.modules["robustlib.experiments.survey"], "load", lambda name, device: data)
    return data


@pytest.mark.slow
def test_a_frozen_network_is_trained_on_what_its_base_says_and_judged_through_oracles(folders):
    planned = small("dundi-mnist-p3")
    result = run(planned, progress=False)
    native, model = load_model(planned.start), load_model(planned)
    for name, tensor in native.body.state_dict().items():
        assert torch.equal(tensor, model.body[0].module.state_dict()[name])
    x = folders.test[:][0]
    assert torch.equal(native.features(x), model.body[0](x))
    accuracy = result["facts"]["accuracy"]
    assert len(accuracy["exact, n = 20"]["draws"]) == 5
    two, exact, literal = (accuracy[f"{rule}, n = 10"]["mean"] for rule in ("two-step", "exact", "literal"))
    assert literal < 0.05 < 0.4 < min(two, exact)
    assert result["facts"]["seconds, n = 20"]["exact"]["distances"] == 200
    assert result["facts"]["seconds, n = 20"]["two-step"]["distances"] == 130
    assert result["outcomes"]["clean"]["accuracy"] == pytest.approx(accuracy["two-step, n = 10"]["draws"][0])


def short(name):
    planned = PLANNED[name]
    of, evaluate = small(planned.of.name), planned.evaluate
    if hasattr(evaluate, "source"):
        evaluate = replace(evaluate, source=replace(evaluate.source, images=20, saliency_images=6))
    changes = {"OraclesLeft": {"queries": 5, "restarts": 1}, "NativeLeft": {"restarts": 1}, "Bayesian": {"passes": 3}}
    evaluate = replace(evaluate, **changes.get(type(evaluate).__name__, {}))
    if hasattr(evaluate, "native"):
        evaluate = replace(evaluate, native=small(evaluate.native.name), radii=(0.3,))
    if name.endswith("handed-over"):
        evaluate = replace(evaluate, **({"sizes": (1, 10), "draws": 2} if evaluate.oracles else {}))
    return replace(planned, of=of, evaluate=evaluate, n=20)


@pytest.mark.slow
def test_the_surveys_from_the_source_to_what_is_left(folders):
    for name in ("dundi-mnist-feinman", "dundi-mnist-native1", "dundi-mnist-r1"):
        run(small(name), progress=False)
    column = survey(short("dundi-mnist-feinman-bayesian"))
    assert set(column["facts"]["detection"]) == {"FGSM", "iFGSM-a", "iFGSM-b", "JSMA"}
    handed = survey(short("dundi-mnist-r1-handed-over"))
    plain = survey(short("dundi-mnist-native1-handed-over"))
    for attack, found in handed["facts"]["handed over"].items():
        assert found["attacked"] == plain["facts"]["handed over"][attack]["attacked"]
        assert len(found["n = 10"]["all"]["draws"]) == 2
        assert handed["outcomes"][attack]["accuracy"] == pytest.approx(found["n = 10"]["all"]["draws"][0])
    assert column["outcomes"]["FGSM"]["accuracy"] < 1
    left = survey(short("dundi-mnist-r1-left"))["outcomes"]
    worst = left["worst case at 0.3"]["accuracy"]
    assert worst <= min(found["accuracy"] for found in left.values()) and left["clean"]["accuracy"] > 0.3
    assert left["A1 margin of distances at 0.3"]["largest_linf"] <= 0.3 + 1e-5
    native = survey(short("dundi-mnist-native1-left"))["outcomes"]
    assert native["margin PGD at 0.3"]["accuracy"] <= native["noise at 0.3"]["accuracy"]
    assert load_result("dundi-mnist-r1-left")["model"]["experiment"] == "dundi-mnist-r1"
    tables_say_what_was_measured(handed, left)
    run(small("dundi-mnist-r1-36k-unit"), progress=False)
    left = survey(short("dundi-mnist-r1-36k-unit-left"))
    table, row = dundi_attacked.length_table(0.3), "R1, 36,000 tuples, unit length"
    assert table[row, "CE: zero gradient"].ours == 100 * left["facts"]["zero gradients"]["cross_entropy"]
    assert table[row, "A1"].ours == 100 * left["outcomes"]["A1 margin of distances at 0.3"]["accuracy"]
    column = "mean distance of classes"
    assert 0 < table[row, column].ours < 2 < table["R1, 360,000 tuples", column].ours


def tables_say_what_was_measured(handed, left):
    row = "DunDi_R1 (2 of 2 epochs, CPU)"
    first = dundi_tables.table1()
    ten = load_result("dundi-mnist-r1")["facts"]["accuracy"]["two-step, n = 10"]
    assert first[row, "n = 10"].ours == pytest.approx(100 * ten["mean"]) and first[row, "n = 10"].paper == 98.53
    assert first[row, "n = 10"].high == pytest.approx(100 * max(ten["draws"]))
    assert not first[row, "softmax"].applies and first["Native Model1 (2 of 2 epochs, CPU)", "softmax"].paper == 98.78
    assert first["DunDi_P3 (not run)", "n = 20"].paper == 98.94
    second = dundi_tables.table2()
    rates = [handed["facts"]["handed over"][a]["n = 10"]["all"]["mean"] for a in dundi_tables.ATTACKS]
    found = second["360,000 tuples (2 of 2 epochs, CPU)", "success rate"]
    assert found.ours == pytest.approx(100 * sum(rates) / 4) and found.paper == 93.06
    assert second["18,000 tuples (not run)", "accuracy"].paper == 96.1
    sixth = dundi_attacked.figure6()
    assert sixth["DunDi_R1", "FGSM"].ours == pytest.approx(100 * rates[2])
    assert sixth["mean of these DunDi models", "iFGSM-b"].paper == 91.45
    assert dundi_attacked.figure6(kind="fooled")["mean of these DunDi models", "FGSM"].paper is None
    assert dundi_attacked.bayesian().rows == ["AUC"] and "Not run: DunDi_P1" in sixth.caption
    table = dundi_attacked.left_table("mnist", 0.3)
    assert table["DunDi_R1", "A1"].ours == 100 * left["A1 margin of distances at 0.3"]["accuracy"]
    assert not table["Native Model1", "A1"].applies and table["Native Model1", "worst case"].n == 20
    assert list(dundi_curves.left_curves("mnist-r1")) == [0.0, 0.3] and dundi_curves.left_curves("mnist-r2") == {}
    table = dundi_attacked.length_table(0.3)
    assert table["R1, 36,000 tuples", "accuracy"].said() == "not run"
    assert table["R1, 360,000 tuples", "A1"].ours == 100 * left["A1 margin of distances at 0.3"]["accuracy"]
    seventh = dundi_attacked.figure7("mnist-r1")
    assert seventh.columns == ["n = 1", "n = 10"] and seventh["FGSM", "n = 10"].ours == pytest.approx(100 * rates[2])
    assert dundi_attacked.figure7("mnist-p1")["JSMA", "n = 1"].paper == 97.1
    curve = dundi_curves.handed_curves("mnist-r1", "FGSM")
    assert list(curve) == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.3], abs=1e-3)
    assert curve[0.3][0] == pytest.approx(rates[2]) and all(low <= mid <= high for mid, low, high in curve.values())
    assert dundi_curves.handed_curves("mnist-native1", "iFGSM-b") and not dundi_curves.handed_curves("mnist-p1", "FGSM")
    assert set(dundi_curves.figure5()) == set(dundi_tables.ATTACKS)
    for each in (first, second, sixth, table):
        paper_beside_ours(each)


def test_a_walk_and_what_it_takes():
    data = digits(300)
    torch.manual_seed(0)
    net = distance_network(lenet1()).eval()
    z, y = features_of(net, data.train, 300)
    model = Classifier(net.body, NearestOracles(*draw_oracles(z, y, 5, 0), 10))
    x, label = data.test[:1]
    steps = walk(model, x, label, eps=0.2, steps=3)
    assert len(steps.images) == len(steps.texts) == 4 and torch.equal(steps.images[0], x[0])
    assert (steps.images - x).abs().max() <= 0.2 + 1e-6
    gaps = margin(model(steps.images), label.repeat(4))
    assert gaps[-1] > gaps[0]
    assert all(("read right" in text) == (gap <= 0) for text, gap in zip(steps.texts, gaps, strict=True))
    with pytest.raises(ValueError, match="needs one image"):
        walk(model, *data.test[:2], eps=0.2)
    table = travelled({"it": model}, *data.test[:], eps=0.2, steps=5)
    assert table["it", "taken by PGD, %"].ours > max(0, table["it", "taken by noise, %"].ours)
    clean, noise, climbed = attacked_table(net.body, z, y, data.test[:], 5, 0.3).cells
    assert clean.row == "n = 5, eps 0.3" and climbed.ours <= min(clean.ours, noise.ours)


def test_training_on_stored_features_is_training_on_images():
    data = digits(200)
    torch.manual_seed(0)
    model = distance_network(lenet5(), frozen=True)
    twin = distance_network(lenet5(), frozen=True)
    twin.load_state_dict(model.state_dict())
    part, trained = frozen_parts(model)
    with torch.no_grad():
        z = part.eval()(data.train[:][0])
    stored = FeatureSplit(z[:, :, None, None], data.train.y, "stored")
    # Not Adam: it divides a gradient by its size, so that the last digit of a gradient near zero moves a weight by a
    # whole step, another way on every CPU (1.0e-3 to 1.5e-3 apart after these eight). SGD leaves rounding small.
    settings = {"optimizer": SGD(0.5), "epochs": 2, "progress": False}
    x = data.test[:][0]
    before = model.eval().features(x)
    for network, split in ((trained, stored), (twin, data.train)):
        torch.manual_seed(1)
        fit(network, Triplets(25, tuples=100, seed=0)(split), DunDi(), **settings)
    trained_on_features = model.eval().features(x)
    assert (trained_on_features - before).abs().max() > 0.01, "the training moved nothing: equality says nothing"
    torch.testing.assert_close(trained_on_features, twin.eval().features(x), rtol=0, atol=1e-6)  # found: 4e-8
    with pytest.raises(TypeError, match="frozen=True"):
        frozen_parts(distance_network(lenet1()))


def test_a_plain_start_still_gives_all_its_weights(folders):
    first = replace(small("dundi-mnist-native1"), name="first", epochs=0)
    second = replace(first, name="second", start=first)
    run(first, progress=False)
    model, split = begin(second, second.model(), 0, folders, torch.device("cpu"))
    assert split is folders.train
    assert all(torch.equal(a, b.to(a)) for a, b in zip(load_model(first).parameters(), model.parameters(), strict=True))


def test_every_planned_network_has_a_native_one_and_a_source():
    for planned in SURVEYS:
        evaluate = planned.evaluate
        if hasattr(evaluate, "native"):
            assert evaluate.native.model == planned.of.model.base and evaluate.native.dataset == planned.of.dataset
        if hasattr(evaluate, "source"):
            assert EXPERIMENTS[evaluate.source.network].dataset == planned.of.dataset
    assert sum(isinstance(e.model, DistanceNetwork) for e in NETWORKS) == 6 + 1 + 4 + 5


def test_noise_has_the_size_of_the_attack():
    x = torch.full((50, 1, 20, 20), 0.5)
    torch.manual_seed(0)
    spread = (as_noisy(x, x + 0.1) - x).square().mean().sqrt()
    torch.testing.assert_close(spread, torch.tensor(0.1), rtol=0.02, atol=0)


def test_distances_between_two_points_of_two_classes():
    z = torch.tensor([[0.0, 0.0], [0.0, 1.0], [3.0, 0.0], [3.0, 1.0]])
    found = distances(z, torch.tensor([0, 0, 1, 1]))
    assert found["same class"] == pytest.approx(1.0)
    assert found["other class"] == pytest.approx((3 + 10**0.5) / 2)
    assert found["pairs in wrong order"] == 0


def test_one_oracle_is_read_by_one():
    z, y = torch.randn(30, 4), torch.arange(30) % 3
    assert oracle_head(z, y, 3, n=1).m == 1 and oracle_head(z, y, 3, n=5).k == 3
    head = oracle_head(z, y, 3, n=1, rule="exact")
    assert torch.equal(head(head.oracles[:, 0]).argmax(1), torch.arange(3))


@pytest.mark.bad_input
def test_bad_features():
    y = torch.tensor([0, 1])
    for x, words in (
        (torch.zeros(2, 3, 2, 1), r"float32 \(n, d, 1, 1\)"),
        (torch.zeros(2, 3, 1, 1, dtype=torch.float64), "float64"),
        (torch.full((2, 3, 1, 1), float("nan")), "NaN or infinite"),
    ):
        with pytest.raises(ValueError, match=words):
            FeatureSplit(x, y, "stored")
    with pytest.raises(ValueError, match="one label per image"):
        FeatureSplit(torch.zeros(3, 3, 1, 1), y, "stored")
    stored = FeatureSplit(torch.rand(2, 3, 1, 1), y, "stored")
    assert torch.equal(stored[1][0], stored.x[1:]) and isinstance(stored.subset([0]), FeatureSplit)

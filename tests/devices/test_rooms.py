"""Losses, models, data and objectives on a device that is not the CPU."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from devices.both import Place, agree
from experiments.toy_runs import digits
from torch import Tensor

import robustlib.datasets
import robustlib.losses
import robustlib.models
import robustlib.objectives
from robustlib import jacobian, losses, models, objectives
from robustlib.attacks import PGD
from robustlib.datasets import (
    Augment,
    Balanced,
    Batches,
    Crafted,
    CraftedSplit,
    Dataset,
    FeatureSplit,
    Pairs,
    SiamesePairs,
    Split,
    Triplets,
    crop,
    flip,
    random_crop,
    random_flip,
)
from robustlib.datasets.split import channel_statistics
from robustlib.geometry import L2, Linf, draws_of
from robustlib.objectives.mined_triplet import MinedTriplet
from robustlib.objectives.trades import NearCentre

NUMBERS = torch.Generator().manual_seed(0)
LOGITS, Z, CENTRES = (torch.randn(*shape, generator=NUMBERS) for shape in ((12, 4), (12, 3), (4, 3)))
FAR = torch.rand(12, 12, generator=torch.Generator().manual_seed(1))
X = torch.rand(12, 3, 32, 32, generator=NUMBERS)
Y = torch.arange(12) % 4


def graded(of: Callable[..., Tensor], *given: Tensor) -> tuple[Tensor, ...]:
    """The values and the gradient with respect to the first argument."""
    first = given[0].detach().requires_grad_(True)
    value = of(first, *given[1:])
    return value.detach(), torch.autograd.grad(value.sum(), first)[0]


def of_logits(name: str, *more: Any) -> Callable[[Place], Any]:
    return lambda place: graded(lambda logits: getattr(losses, name)(logits, place(Y), *more), place(LOGITS))


def of_three(name: str) -> Callable[[Place], Any]:
    return lambda place: graded(lambda a: getattr(losses, name)(a, place(Z.flip(0)), place(Z.roll(1, 0))), place(Z))


LOSSES: dict[str, Callable[[Place], Any]] = {
    **{name: of_logits(name) for name in ("cross_entropy", "margin", "dlr", "logit", "reverse_cross_entropy")},
    "targeted_dlr": lambda place: graded(
        lambda logits: losses.targeted_dlr(logits, place(Y), place((Y + 1) % 4)), place(LOGITS)
    ),
    "smoothed_cross_entropy": of_logits("smoothed_cross_entropy", 0.1),
    "smoothed_label": lambda place: losses.smoothed_label(place(Y), 4, 0.1),
    "boundary_confidence": lambda place: losses.boundary_confidence(place(LOGITS)),
    "shortfall": of_logits("shortfall", 0.5),
    "reached": lambda place: losses.reached(place(LOGITS), place(Y), 0.5),
    **{name: of_three(name) for name in ("triplet", "sigmoid_triplet", "discrepancy")},
    **{name: of_three(name) for name in ("norm_triplet", "angular_triplet")},
    **{
        name: lambda place, name=name: getattr(losses, name)(place(LOGITS), place(FAR), place(Y))
        for name in ("likeliest_wrong", "any_other", "nearest_other")
    },
    "contrastive": lambda place: graded(
        lambda z: losses.contrastive(z, place(Z.flip(0)), place(Y.flip(0) == Y)), place(Z)
    ),
    "distances": lambda place: graded(lambda z: losses.distances(z, place(CENTRES)), place(Z)),
    "cosine": lambda place: graded(lambda z: losses.cosine(z, place(Z.flip(0))), place(Z)),
    "siamese_cosine": lambda place: graded(
        lambda z: losses.siamese_cosine(z, place(Z.flip(0)), place(Y.flip(0) == Y)), place(Z)
    ),
    "label_smoothing": of_logits("label_smoothing", 0.8),
    **{
        name: lambda place, name=name: graded(lambda z: getattr(losses, name)(z, place(Y)), place(Z))
        for name in ("to_class_mean", "reduce_variance", "cluster_distance", "margin_objective")
    },
    **{
        name: lambda place, name=name: graded(lambda z: getattr(losses, name)(z, place(Y), place(CENTRES)), place(Z))
        for name in ("proximity", "separation", "prototype_conformity")
    },
    **{
        name: lambda place, name=name: getattr(losses, name)(place(Z), place(Y), 1.0)
        for name in ("batch_hard", "semi_hard", "random_triplets")
    },
}


def of_layer(name: str, *more: Any) -> Callable[[Place], Any]:
    """A norm of the Jacobian of a network's features, and its gradient with respect to a weight."""

    def case(place: Place) -> Any:
        model, x = place(lenet()), place(X[:, :1, :28, :28]).requires_grad_(True)
        if name == "differenced_jacobian_norm":
            norm = jacobian.differenced_jacobian_norm(model.features, x, *more)
        else:
            norm = getattr(jacobian, name)(model.features(x), x, *more, create_graph=True)
        return norm.detach(), torch.autograd.grad(norm.sum(), model.body[1].weight)[0]

    return case


JACOBIANS: dict[str, Callable[[Place], Any]] = {
    "jacobian_norm": of_layer("jacobian_norm"),
    "projected_jacobian_norm": of_layer("projected_jacobian_norm", 2),
    "released_jacobian_norm": of_layer("released_jacobian_norm"),
    "differenced_jacobian_norm": of_layer("differenced_jacobian_norm", 2),
    "unit_directions": lambda place: jacobian.unit_directions(place(X)),
}


@pytest.mark.parametrize("name", JACOBIANS)
def test_jacobians(name: str, device: torch.device) -> None:
    agree(JACOBIANS[name], device)


NUMBERS_ONLY = {"reverse_difference_bound", "reverse_error_bound", "smoothed_difference"}  # no tensor comes in
NUMBERS_ONLY |= {"worst_difference_logits", "worst_error_logits"}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str, device: torch.device) -> None:
    agree(LOSSES[name], device)


def constructed(make: Callable[[], Any], channels: int, size: int) -> Callable[[Place], Any]:
    """Logits, features and the gradient of the pixels, in train and in eval mode; moved after it was made."""

    def case(place: Place) -> Any:
        torch.manual_seed(1)
        model, x = place(make()), place(X[:, :channels, :size, :size])
        model(x)
        model.eval()
        return model.features(x).detach(), *graded(model, x), dict(model.state_dict())

    return case


def lenet() -> Any:
    torch.manual_seed(2)
    return models.lenet5(embedding=3)


SEARCH = models.Search(2, 2)


def generator() -> Any:
    torch.manual_seed(3)
    return models.Generator(3, 0.03)


CONSTRUCTORS: dict[str, Callable[[Place], Any]] = {
    "convnet": constructed(lambda: models.convnet(filters=(2, 4, 4), embedding=8), 1, 28),
    "lenet1": constructed(models.lenet1, 1, 28),
    "lenet4": constructed(models.lenet4, 1, 28),
    "lenet5": constructed(models.lenet5, 1, 28),
    "small_lenet": constructed(models.small_lenet, 1, 28),
    "feinman_cnn": constructed(lambda: dry(models.feinman_cnn()), 1, 28),
    "feinman_cifar_cnn": constructed(lambda: dry(models.feinman_cifar_cnn()), 3, 32),
    "resnet": constructed(lambda: models.resnet(8, channels=3), 3, 32),
    "preactivation_resnet": constructed(lambda: models.preactivation_resnet(8, channels=3, width=4), 3, 32),
    **{
        f"tramer_{letter}": constructed(
            lambda letter=letter: dry(getattr(models, f"tramer_{letter}")(width=0.25)), 1, 28
        )
        for letter in "abcd"
    },
    "with_thermometer": constructed(lambda: models.with_thermometer(lenet(), 4), 1, 28),
    "Thermometer": lambda place: graded(models.Thermometer(4), place(X)),
    "SigmoidThermometer": lambda place: graded(models.SigmoidThermometer(4), place(X)),
    "SoftThermometer": lambda place: graded(models.SoftThermometer(4), place(X)),
    "randomised": constructed(lambda: models.randomised(models.resnet(8), 32, 32, 40), 3, 32),
    "RandomResizePad": lambda place: graded(models.RandomResizePad(32, 33, 40), place(X)),
    "ResizePad": lambda place: graded(models.ResizePad(33, 2, 5, 40), place(X)),
    "PatternEnsemble": lambda place: graded(
        models.PatternEnsemble(torch.nn.Flatten(), models.five_places((34,), 40)), place(X)
    ),
    "Generator": lambda place: place(generator())(place(Z)).detach(),
    "WGAN": constructed(lambda: models.WGAN(3, 0.05), 1, 28),
    "Projection": lambda place: graded(models.Projection(place(generator()), SEARCH), place(X[:3, :1, :28, :28])),
    "Search": lambda place: SEARCH(place(generator()), place(X[:3, :1, :28, :28])),
    "defense_gan": constructed(lambda: models.defense_gan(dry(models.tramer_d(width=0.1)), generator(), SEARCH), 1, 28),
    **{
        f"samangouei_{letter}": constructed(
            lambda letter=letter: dry(getattr(models, f"samangouei_{letter}")(width=0.25)), 1, 28
        )
        for letter in "acd"
    },
    "vgg16": constructed(lambda: dry(models.vgg16()), 3, 32),
    "distance_network": constructed(lambda: models.distance_network(lenet(), frozen=True, unit=True), 1, 28),
    "frozen_parts": lambda place: models.frozen_parts(place(models.distance_network(lenet(), frozen=True)))[0](
        place(X[:, :1, :28, :28])
    ).detach(),
}


def dry(model: Any) -> Any:
    """Without dropout: its masks come from the device's own generator."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_models(name: str, device: torch.device) -> None:
    agree(CONSTRUCTORS[name], device)


HEADS: dict[str, Callable[[Place], Any]] = {
    "class_means": lambda place: models.class_means(place(Z), place(Y), 4),
    "draw_oracles": lambda place: models.draw_oracles(place(Z), place(Y), 2, seed=0),
    "NearestMeans": lambda place: graded(models.NearestMeans(place(CENTRES)), place(Z)),
    "NearestNeighbours": lambda place: graded(models.NearestNeighbours(place(Z), place(Y), 4, 0.5), place(Z + 0.1)),
    "NearestOracles": lambda place: graded(models.NearestOracles(place(Z), place(Y), 4), place(Z + 0.1)),
    "TwoStep": lambda place: graded(models.TwoStep(place(Z), place(Y), 4, m=2, k=2), place(Z + 0.1)),
    "TwoStep, literal": lambda place: graded(models.TwoStep(place(Z), place(Y), 4, 2, 2, True), place(Z + 0.1)),
    "with_prototypes": lambda place: graded(models.with_prototypes(place(lenet())).head, place(Z)),
    "moved": lambda place: place(models.TwoStep(Z, Y, 4, m=2, k=2))(place(Z)),
}


@pytest.mark.parametrize("name", HEADS)
def test_heads(name: str, device: torch.device) -> None:
    agree(HEADS[name], device)


def test_weights_are_saved_and_loaded(device: torch.device, tmp_path: Any) -> None:
    model = models.lenet1().to(device)
    models.save_weights(model, tmp_path / "a")
    for place in ("cpu", device):
        other = models.load_weights(models.lenet1().to(place), tmp_path / "a")
        assert all(torch.equal(a.cpu(), b.cpu()) for a, b in zip(model.parameters(), other.parameters(), strict=True))


SAMPLERS = {
    "Batches": Batches(9, augment=Augment(2)),
    "Balanced": Balanced(3, 2),
    "Pairs": Pairs(10),
    "SiamesePairs": SiamesePairs(10),
    "Triplets": Triplets(10),
    "Triplets, fixed": Triplets(10, seed=3, tuples=30),
}
SPLIT = digits(120).train


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers(name: str, device: torch.device) -> None:
    agree(lambda place: [batch for _, batch in zip(range(3), SAMPLERS[name](place(SPLIT)), strict=False)], device)


def test_crafted_batches(device: torch.device) -> None:
    sets = {"a": X[:, :1, :28, :28], "b": 1 - X[:5, :1, :28, :28]}
    split = CraftedSplit(SPLIT.x[:12], SPLIT.y[:12], "crafted", sets)
    agree(lambda place: [batch for _, batch in zip(range(3), Crafted(5)(place(split)), strict=False)], device)


def test_splits(device: torch.device) -> None:
    def case(place: Place) -> Any:
        split = place(SPLIT)
        by = [slice(3, 9), 4, [5, 2], torch.tensor([7, -1]), split.y == 3, SPLIT.y == 3, place(torch.tensor([1, 0]))]
        few = split.per_class(2, 1)
        return [split[index] for index in by], few.x, few.y, split.sha256, repr(split), channel_statistics(split.x)

    agree(case, device)


def test_datasets(device: torch.device) -> None:
    whole = digits()
    moved = whole.to(device)
    assert isinstance(moved, Dataset) and moved.sha256 == whole.sha256 and moved.test.x.device.type == device.type
    near = robustlib.datasets.load("mnist_5k", device=device).train
    assert isinstance(near, Split) and near.y.device.type == device.type
    with pytest.raises(ValueError, match="must share a device"):
        Split(near.x, near.y.cpu(), "torn")
    agree(lambda place: FeatureSplit(place(Z[:, :, None, None]), place(Y), "features")[[0, 3]], device)


def test_augmentation(device: torch.device) -> None:
    rows = torch.arange(12) % 3
    agree(lambda place: (flip(place(X), place(rows == 0)), random_flip(place(X)), random_crop(place(X), 2)), device)
    agree(lambda place: crop(place(X), place(rows), place(rows.flip(0)), 2), device)


def test_balls(device: torch.device) -> None:
    def case(place: Place) -> Any:
        x, found = place(X), []
        for norm in (Linf(), L2()):
            delta = norm.sample(x, 0.3)
            with draws_of(20, place(torch.arange(12) + 3)):
                kept = norm.start(x, 0.3)
            found.append((delta, kept, norm.size(delta), norm.steepest(delta), norm.project(x + 3 * delta, x, 0.3)))
        return found

    agree(case, device)


OBJECTIVES = {
    "CrossEntropy": (objectives.CrossEntropy(), Batches(20)),
    "AdversarialTraining": (objectives.AdversarialTraining(PGD(0.1, 2)), Batches(20)),
    "ReverseCrossEntropy": (objectives.ReverseCrossEntropy(), Batches(20)),
    "SmoothedCrossEntropy": (objectives.SmoothedCrossEntropy(0.1), Batches(20)),
    "RobustRepresentations": (objectives.RobustRepresentations(), Batches(20)),
    "RobustRepresentations, attacked": (
        objectives.RobustRepresentations(mine=losses.semi_hard, attack=PGD(0.1, 2)),
        Batches(20),
    ),
    "DunDi": (objectives.DunDi(), Triplets(20)),
    "JacobianRegularisation": (objectives.JacobianRegularisation(0.1), Batches(20)),
    **{
        f"MAD, {method}": (objectives.MAD(method=method), SiamesePairs(20))
        for method in ("projected", "exact", "difference", "released")
    },
    "MAD, attacked": (objectives.MAD(form="released", attack=PGD(0.1, 2)), SiamesePairs(20)),
    "PrototypeConformity": (objectives.PrototypeConformity(), Batches(20)),
    "TRADES": (objectives.TRADES(PGD(0.1, 2, norm=NearCentre())), Batches(20)),
    "AT2L": (objectives.AT2L(PGD(0.1, 2)), Batches(20)),
    "AT2L, TLA": (objectives.AT2L.tla(PGD(0.1, 2)), Batches(20)),
    "AT2L, mined": (objectives.AT2L(PGD(0.1, 2), triplet=MinedTriplet()), Batches(20)),
    "WGANGP": (objectives.WGANGP(critic_steps=1), Batches(20)),
    "TripletRegularisation": (
        objectives.TripletRegularisation(objectives.CrossEntropy(), PGD(0.1, 2)),
        Batches(20),
    ),
}


def trained_by(name: str) -> Any:
    torch.manual_seed(2)
    others = {"PrototypeConformity": lambda: models.with_prototypes(lenet()), "WGANGP": lambda: models.WGAN(3, 0.05)}
    return others.get(name, lenet)()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_objectives(name: str, device: torch.device) -> None:
    objective, sampler = OBJECTIVES[name]

    def case(place: Place) -> Any:
        model = place(trained_by(name))
        batch = next(iter(sampler(place(SPLIT))))
        terms = objective(model, *batch)
        sum(terms.values()).backward()
        return {k: v.detach() for k, v in terms.items()}, [p.grad for p in model.parameters() if p.grad is not None]

    agree(case, device)


def test_every_public_name_is_among_them() -> None:
    assert set(LOSSES) | NUMBERS_ONLY >= functions(losses)
    assert set(JACOBIANS) | {"finite_difference"} >= functions(jacobian)
    layers = {
        "Classifier",
        "Negate",
        "Normalize",
        "StopGradient",
        "Frozen",
        "UnitLength",
        "WithPrototypes",
    }  # inside the others
    assert set(CONSTRUCTORS) | set(HEADS) | layers | {
        "load_weights",
        "save_weights",
        "five_places",
        "imagenet_network",
    } >= functions(models)
    assert {type(objective).__name__ for objective, _ in OBJECTIVES.values()} >= functions(objectives)


def functions(room: Any) -> set[str]:
    """What a room exports."""
    return {name for name, value in vars(room).items() if callable(value) and not name.startswith("_")}

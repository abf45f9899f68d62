"""Images, labels and answers that are none: one sentence at every entrance, and never a number.

Each case stands for a kind; each entrance that shares the kind is tried.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from attacks.targets import network
from entrances import ASKING, ATTACKING, DRAWN, ENTRANCES, LABELLED, PLAIN, Around, aimed, images, is_dark
from torch import Tensor, nn

pytestmark = pytest.mark.bad_input
NAN = float("nan")


@pytest.fixture(scope="module")
def task() -> tuple[nn.Module, Tensor, Tensor]:
    model, x = network(), images(dark=None)
    with torch.no_grad():
        return model, x, model(x).argmax(1)


LABELS: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "a column": (lambda y: y[:, None], r"12 integer labels.*int64 of shape \(12, 1\)"),
    "one-hot": (lambda y: nn.functional.one_hot(y, 4), r"12 integer labels.*\(12, 4\)"),
    "float": (lambda y: y.float(), r"12 integer labels.*float32"),
    "int32": (lambda y: y.int(), r"12 integer labels.*int32"),
    "too few": (lambda y: y[:-1], r"12 integer labels.*\(11,\)"),
    "twice as many": (lambda y: torch.cat([y, y]), r"12 integer labels.*\(24,\)"),
    "one number": (lambda y: y[0], r"12 integer labels.*\(\)"),
    "a list": (lambda y: y.tolist(), "12 integer labels.*got list"),
    "NOT_SURE": (lambda y: y.index_fill(0, torch.tensor([5]), -1), r"labels must lie >= 0, got -1 \.\. 3"),
    "class k": (lambda y: y.index_fill(0, torch.tensor([5]), 4), r"labels must lie in 0 \.\. 3, got \d \.\. 4"),
}


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize("case", LABELS)
def test_labels(task, name, case):
    model, x, y = task
    spoil, words = LABELS[case]
    with pytest.raises(ValueError, match=words):
        LABELLED[name](model, x, spoil(y))


def pixel(value: float) -> Callable[[Tensor], Tensor]:
    return lambda x: x.index_put(tuple(torch.tensor([3, 0, 0, 0])), torch.tensor(value))


IMAGES: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "NaN": (pixel(NAN), "NaN or inf; images need finite pixels"),
    "infinite": (pixel(float("inf")), "NaN or inf; images need finite pixels"),
    "not in the box": (pixel(1.01), r"must lie in \[0, 1\], got \[.*, 1.01\].*normalisation"),
    "bytes": (lambda x: (255 * x).byte(), "must be float images.*uint8"),
    "complex": (lambda x: x + 0j, "must be float images.*complex64"),
    "an array": (lambda x: x.numpy(), "must be float images.*ndarray"),
    "no axes": (lambda x: x[0, 0, 0, 0], r"must be float images.*of shape \(\)"),
    "float16": (lambda x: x.half(), "float16, which does not resolve.*hand over float32"),
    "bfloat16": (lambda x: x.bfloat16(), "bfloat16, which does not resolve.*hand over float32"),
    "float64": (lambda x: x.double(), "images are torch.float64 and the model's weights torch.float32"),
    "sparse": (lambda x: x.to_sparse(), "densely.*to_dense"),
}


@pytest.mark.parametrize("name", ENTRANCES)
@pytest.mark.parametrize("case", IMAGES)
def test_images(task, name, case):
    model, x, y = task
    spoil, words = IMAGES[case]
    with pytest.raises(ValueError, match=words):
        ENTRANCES[name](model, spoil(x), y)


SHAPE = r"logits of shape \(n, k\) with k >= 2, got"
ANSWERS: dict[str, tuple[Callable[[Tensor, Tensor], Any], str]] = {
    "a tuple": (lambda z, x: (z, x), f"{SHAPE} a tuple: wrap it"),
    "a dict": (lambda z, x: {"logits": z}, f"{SHAPE} a dict: wrap it"),
    "nothing": (lambda z, x: None, f"{SHAPE} a NoneType: wrap it"),
    "one column": (lambda z, x: z[:, :1], rf"{SHAPE} \(\d+, 1\)"),
    "a vector": (lambda z, x: z[:, 0], rf"{SHAPE} \(\d+,\)"),
    "three axes": (lambda z, x: z[:, :, None], rf"{SHAPE} \(\d+, 4, 1\)"),
    "a row too few": (lambda z, x: z[:-1], rf"{SHAPE} \(11, 4\) of torch\.\w+ for 12 images"),
    "every row twice": (lambda z, x: torch.cat([z, z]), rf"{SHAPE} \(24, 4\)"),
    "integers": (lambda z, x: z.round().long(), f"{SHAPE}.*int64"),
    "probabilities": (lambda z, x: z.softmax(1), "returns probabilities.*before the softmax"),
    "NaN": (lambda z, x: z * NAN, "NaN or inf for 12 of 12 images.*means nothing"),
    "overflow": (lambda z, x: z * 1e30 * 1e30, "NaN or inf for 12 of 12 images.*means nothing"),
    "NaN at one image": (lambda z, x: z.masked_fill(is_dark(x), NAN), "NaN or inf for 1 of 1?2 images.*means nothing"),
}


@pytest.mark.parametrize("name", [name for name in ENTRANCES if name not in PLAIN])
@pytest.mark.parametrize("case", ANSWERS)
def test_answers(name, case):
    change, words = ANSWERS[case]
    model, x = Around(change), images()
    with torch.no_grad():
        y = model.net(x).argmax(1)
    with pytest.raises(ValueError, match=words):
        ENTRANCES[name](model, x, y)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("name", ENTRANCES)
def test_weights_of_another_precision(task, name, kind):
    _, x, y = task
    words = "model's weights torch.float64" if kind == torch.float64 else f"model's weights are {kind}.*model.float"
    with pytest.raises(ValueError, match=words):
        ENTRANCES[name](network().to(kind), x, y)


@pytest.mark.parametrize("name", [name for name in ENTRANCES if name not in PLAIN | {"ask", "distil from"}])
def test_a_function_is_no_model(task, name):
    model, x, y = task
    with pytest.raises(TypeError, match="a model is an nn.Module, got a function; wrap"):
        ENTRANCES[name](lambda images: model(images), x, y)


class Steep(torch.autograd.Function):
    """Adds nothing to the logits, and to the gradient of a dark image what one divides by."""

    @staticmethod
    def forward(ctx, z, x, value):
        ctx.save_for_backward(is_dark(x))
        ctx.value, ctx.shape = value, x.shape
        return z.clone()

    @staticmethod
    def backward(ctx, g):
        (dark,) = ctx.saved_tensors
        wrong = torch.zeros(ctx.shape, dtype=g.dtype).masked_fill(dark.reshape(-1, 1, 1, 1), ctx.value)
        return g, wrong, None


def root(z: Tensor, x: Tensor) -> Tensor:
    """A square root of 0 for dark images, where its slope is infinite: 0 * inf is NaN in their gradient."""
    return z + 1e-6 * (x.flatten(1).mean(1, keepdim=True) * ~is_dark(x)).sqrt() * torch.arange(4).to(z)


GRADIENTS = {
    "a square root at zero": root,
    "infinite": lambda z, x: Steep.apply(z, x, float("inf")),
    "NaN": lambda z, x: Steep.apply(z, x, NAN),
}
NO_GRADIENT = {"Noise", "Noise-L2", "Square", "Square-L2", "Square-targeted", "Square-bf16"}
CLIMBING = [name for name in ATTACKING if name not in NO_GRADIENT | PLAIN]


@pytest.mark.parametrize("name", [*CLIMBING, "under_attack", "sweep", "zero_gradient_share", "cost"])
@pytest.mark.parametrize("case", GRADIENTS)
def test_a_gradient_that_is_not_finite_at_one_image(name, case):
    """That image stood still before, without a word, and counted as robust."""
    model, x = Around(GRADIENTS[case]), images()
    with torch.no_grad():
        y = aimed(name, model(x).argmax(1))
    with pytest.raises(ValueError, match=r"gradient of .* with respect to the pixels is NaN or inf for \d+ of \d+ im"):
        ENTRANCES[name](model, x, y)


@pytest.mark.parametrize("name", [*CLIMBING, "under_attack", "sweep", "zero_gradient_share", "cost"])
@pytest.mark.parametrize("case", ["detach", "no_grad", "integers on the way"])
def test_a_model_that_lets_no_gradient_through(name, case):
    def change(z: Tensor, x: Tensor) -> Tensor:
        if case == "no_grad":
            with torch.no_grad():
                return model.net(x)
        return z.detach() if case == "detach" else model.net((255 * x).long() / 255)

    model, x = Around(change), images()
    with torch.no_grad():
        y = aimed(name, model(x).argmax(1))
    with pytest.raises(ValueError, match="no gradient with respect to the pixels.*Square needs none"):
        ENTRANCES[name](model, x, y)


@pytest.mark.parametrize("name", sorted(NO_GRADIENT) + list(ASKING) + ["accuracy", "pairs", "verdicts"])
def test_what_takes_no_gradient_needs_none(name):
    model, x = Around(lambda z, x: z.detach()), images()
    with torch.no_grad():
        y = model(x).argmax(1)
    if name == "distil to":  # a student without a gradient learns nothing
        return
    assert ENTRANCES[name](model, x, y) is not None


def test_the_lists_are_whole():
    import robustlib.attacks as attacks

    tried = {type(getattr(call, "__self__", call)).__name__ for call in ATTACKING.values()}
    wrapped = {"Transfer"}
    classes = {name for name in vars(attacks) if isinstance(getattr(attacks, name), type)}
    assert classes - tried - wrapped == set(), "an attack that no test of the door tries"
    assert not DRAWN - set(ATTACKING)

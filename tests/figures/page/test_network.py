"""The page's own network in a browser beside torch: logits, input gradient, hash."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from robustlib.datasets import load
from robustlib.figures.page.network import network_script, packed
from robustlib.models import lenet5, small_lenet

DIGITS = (0, 3, 8)  # of the embedded test set: a 0, a 3 and an 8
ASKED = """([name, x, label, v]) => {
    const net = robustlib.stored(name), said = net.gradient(Float32Array.from(x), label);
    return {...said, logits: [...said.logits], gradient: [...said.gradient], alone: [...net.logits(x)],
        pulled: [...net.pullback(x, Float64Array.from(v)).gradient], p: [...robustlib.probabilities(said.logits)]};
}"""


@dataclass(frozen=True)
class Asked:
    """What torch says of the three digits in float64, and the page."""

    torch: dict[str, np.ndarray]
    page: dict[str, np.ndarray]


def drawn(seed: int) -> nn.Module:
    """A network of random weights, as float16 holds them."""
    torch.manual_seed(seed)
    model = small_lenet()
    for p in model.parameters():
        p.data.mul_(2)  # logits far enough apart that a softmax has something to say
    return model.half().float().eval()


NETWORKS = {"one": drawn(0), "another": drawn(1)}


@pytest.fixture
def asked(opened: Callable[..., Any], request: pytest.FixtureRequest) -> Asked:
    name, model = request.param, NETWORKS[request.param].double()
    x, y = (part[list(DIGITS)] for part in load("mnist_5k").test[:10])
    v = torch.randn(3, 10, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    pixels = x.double().requires_grad_()
    logits = model(pixels)
    loss = nn.functional.cross_entropy(logits, y, reduction="none")
    (gradient,) = torch.autograd.grad(loss.sum(), pixels, retain_graph=True)
    (pulled,) = torch.autograd.grad((v * logits).sum(), pixels)
    wanted = {"logits": logits, "alone": logits, "loss": loss, "p": logits.softmax(1)}
    wanted |= {"gradient": gradient.flatten(1), "pulled": pulled.flatten(1)}
    page = opened(network_script({key: packed(net) for key, net in NETWORKS.items()}))
    said = [page.evaluate(ASKED, [name, x[i].flatten().tolist(), int(y[i]), v[i].tolist()]) for i in range(len(DIGITS))]
    return Asked(
        {key: value.detach().numpy() for key, value in wanted.items()},
        {key: np.array([one[key] for one in said]) for key in wanted},
    )


@pytest.mark.chromium
@pytest.mark.parametrize("asked", NETWORKS, indirect=True)
def test_the_page_computes_what_torch_does(asked: Asked) -> None:
    """Both add in float64, in another order: 1e-9 of the largest number is a thousand times what that changes.

    Where two values of a pool are equal both take the first, so that flat paper does not part them.
    """
    for key, wanted in asked.torch.items():
        assert np.abs(wanted).max() > 1e-3, key
        assert np.abs(asked.page[key] - wanted).max() < 1e-9 * np.abs(wanted).max(), key


def test_packed_weights_are_the_model_s_in_its_order() -> None:
    model = drawn(0)
    data = base64.b64decode(packed(model)["half"])
    wanted = np.concatenate([t.numpy().ravel() for t in model.state_dict().values()])
    assert np.array_equal(np.frombuffer(data, "<f2").astype(np.float32), wanted.astype(np.float16).astype(np.float32))
    assert len(wanted) == 22312 and packed(model)["sha256"] == hashlib.sha256(data).hexdigest()


def test_another_model_and_a_weight_beyond_float16_are_refused() -> None:
    with pytest.raises(ValueError, match="small_lenet of ten classes"):
        packed(lenet5())
    with pytest.raises(ValueError, match="small_lenet of ten classes"):
        packed(small_lenet(classes=9))
    model = drawn(0)
    next(model.parameters()).data[0] = 1e6
    with pytest.raises(ValueError, match="1e\\+06"):
        packed(model)


@pytest.mark.chromium
@pytest.mark.parametrize("damage", ["a bit", "shorter", "no base64", "another hash", "nothing"])
def test_damaged_weights_are_a_sentence_and_the_other_network_lives_on(opened: Callable[..., Any], damage: str) -> None:
    whole = packed(NETWORKS["one"])
    bad = {
        "a bit": whole | {"half": ("B" if whole["half"][0] == "A" else "A") + whole["half"][1:]},
        "shorter": whole | {"half": whole["half"][:-8]},
        "no base64": whole | {"half": "%" + whole["half"][1:]},
        "another hash": whole | {"sha256": "0" * 64},
        "nothing": {},
    }[damage]
    page = opened(network_script({"one": whole, "another": bad}))
    said = page.evaluate("() => { try { robustlib.stored('another'); } catch (error) { return error.message; } }")
    assert said == "The weights of a network on this page are damaged: they fail their hash. Load the page again."
    assert page.evaluate("() => robustlib.stored('one').logits(new Float32Array(784)).length") == 10


@pytest.mark.chromium
def test_a_gradient_costs_little_more_than_the_logits_it_starts_from(opened: Callable[..., Any]) -> None:
    """Only the places that won their pool pass anything back: the way back is shorter than the way there."""
    page = opened(network_script({"one": packed(NETWORKS["one"])}))
    fastest = """() => {
        const net = robustlib.stored('one'), x = new Float64Array(784).fill(0.5).map((v, i) => i % 7 / 7);
        const least = run => Math.min(...Array.from({length: 30}, () => {
            const start = performance.now();
            for (let i = 0; i < 10; i++) run();
            return performance.now() - start;
        }));
        return [least(() => net.logits(x)), least(() => net.gradient(x, 3))];
    }"""
    there, both = page.evaluate(fastest)
    assert both < 3 * there, f"{there:.1f} ms for ten logits, {both:.1f} ms for ten gradients"

"""What a run cell computes in script, against torch: every layer, and every number of 16 bits."""

import base64
from typing import Any

import pytest
import torch
from figures.run_cells import ROOT
from safetensors.torch import save
from torch import nn

from robustlib.evaluation import OneImage
from robustlib.models import Classifier, NearestOracles, Negate, Normalize

pytestmark = pytest.mark.chromium

PARTS = ("checkpoint", "layers", "network")
SOURCE = "".join((ROOT / f"book/run_cell/{name}.js").read_text(encoding="utf-8") for name in PARTS)
ASK = """([source, layers, weights, x, y]) => {
    const bytes = Uint8Array.from(atob(weights), c => c.charCodeAt(0));
    const {safetensors, networkOf} = new Function(source + ';return {safetensors, networkOf}')();
    const network = networkOf(layers, safetensors(bytes)), image = Float32Array.from(x);
    return [network.logits(image), network.lossGradient(image, y), network.logitGradient(image, y)].map(a => [...a]);
}"""


def body() -> nn.Sequential:
    """All layers that a body may have; one convolution pads, the other does not."""
    first = [Normalize((0.1,), (0.3,)), nn.Conv2d(1, 3, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()]
    second = [nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144, 20)]
    return nn.Sequential(*first, *second)


def models() -> dict[str, Classifier]:
    torch.manual_seed(0)
    oracles = NearestOracles(torch.randn(7, 20), torch.tensor([0, 0, 1, 1, 1, 2, 2]), classes=3)
    return {
        "linear": Classifier(body(), nn.Linear(20, 10)),
        "negated": Classifier(body(), nn.Sequential(nn.Linear(20, 3), Negate())),
        "oracles": Classifier(body(), oracles),
    }


@pytest.mark.parametrize("name", ["linear", "negated", "oracles"])
def test_logits_and_gradients_are_those_of_torch(opened: Any, name: str) -> None:
    model = models()[name]
    x, network = torch.rand(28, 28), OneImage(model)
    tensors = {k: v.contiguous() for k, v in model.state_dict().items()}
    weights = base64.b64encode(save(tensors, {"robustlib.sha256": "any"})).decode()
    found = opened("").evaluate(ASK, [SOURCE, network.layers, weights, x.flatten().tolist(), 1])
    wanted = [network.logits(x), network.loss_gradient(x, 1), network.logit_gradient(x, 1)]
    for numbers, exact in zip(found, wanted, strict=True):
        assert (torch.tensor(numbers) - exact.flatten()).abs().max() < 1e-5 * exact.abs().max()
        assert exact.abs().max() > 1e-3


def test_every_float16_is_read(opened: Any) -> None:
    every = torch.arange(2**16, dtype=torch.int32).to(torch.uint16).view(torch.float16)
    text = base64.b64encode(every.view(torch.uint8).numpy().tobytes()).decode()
    script = """([source, text]) => Array.from(new Function(source + ';return floats')()(
        Uint8Array.from(atob(text), c => c.charCodeAt(0)), 'F16'), String)"""
    found = torch.tensor([float(v) for v in opened("").evaluate(script, [SOURCE, text])])
    assert torch.equal(found.nan_to_num(7e4), every.float().nan_to_num(7e4))

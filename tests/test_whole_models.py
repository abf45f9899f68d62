"""Any module is asked as it is: only the library's own `Classifier.forward` is ever taken apart into body and head.

Each model here would answer something else if its parts were called by their names: the class it likes least, say.
"""

from dataclasses import replace

import pytest
import torch
from attacks.minimum_norm_targets import MINIMUM_NORM
from attacks.targets import ATTACKS, batch, network
from entrances import PLAIN, aimed
from torch import Tensor, nn

from robustlib.attacks import FGSM, PGD
from robustlib.detectors import KernelDensity
from robustlib.evaluation import cost, under_attack
from robustlib.gradient import search_logits
from robustlib.models import Classifier

# torch.compile looks at the .grad of what it is handed, which here is a copy and no leaf.
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
BF16 = torch.bfloat16


class Apart(nn.Module):
    """Has the attributes of a Classifier and one more, and a forward of its own."""

    def __init__(self) -> None:
        super().__init__()
        net = network()
        self.body, self.mid, self.head = net.body, nn.Identity(), net.head

    def forward(self, x: Tensor) -> Tensor:
        return self.head(-self.mid(self.body(x)))


class BodyOnly(nn.Module):
    """Has a body and no head."""

    def __init__(self) -> None:
        super().__init__()
        self.body = network()

    def forward(self, x: Tensor) -> Tensor:
        return -self.body(x)


class OwnForward(Classifier):
    """A Classifier by inheritance, which transforms the image first."""

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(1 - x))


class OwnFeatures(Classifier):
    """A Classifier that transforms its features."""

    def features(self, x: Tensor) -> Tensor:
        return -self.body(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


class OwnCall(Classifier):
    """A Classifier that answers the contrary when it is called."""

    def __call__(self, x: Tensor) -> Tensor:
        return -super().__call__(x)


class Wrapper(nn.Module):
    """What DistributedDataParallel looks like."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *given, **named):
        return self.module(*given, **named)


def made_of(kind: type[Classifier]) -> Classifier:
    net = network()
    return kind(net.body, net.head)


def hooked(where: str) -> Classifier:
    net = network()
    if where == "before":
        net.register_forward_pre_hook(lambda module, given: (1 - given[0],))
    else:
        net.register_forward_hook(lambda module, given, out: -out)
    return net


def patched() -> Classifier:
    net = network()
    forward = net.forward
    net.forward = lambda x: -forward(x)
    return net


def traced() -> nn.Module:
    return torch.jit.trace(made_of(OwnForward).eval(), torch.rand(12, 2, 5, 4))


def scripted() -> nn.Module:
    return torch.jit.script(Apart().eval())


COMPILED = {
    "compiled": lambda: torch.compile(made_of(OwnForward), backend="eager"),
    "traced": traced,
    "scripted": scripted,
    "frozen": lambda: torch.jit.freeze(scripted()),
}
MODELS = {
    "body, mid and head": Apart,
    "body only": BodyOnly,
    "own forward": lambda: made_of(OwnForward),
    "own features": lambda: made_of(OwnFeatures),
    "own call": lambda: made_of(OwnCall),
    "pre-hook": lambda: hooked("before"),
    "hook": lambda: hooked("after"),
    "forward of the instance": patched,
    "wrapped": lambda: Wrapper(made_of(OwnForward)),
    "data parallel": lambda: nn.DataParallel(made_of(OwnForward)),
    "graph": lambda: torch.fx.symbolic_trace(made_of(OwnForward)),
    "sequential": lambda: nn.Sequential(made_of(OwnForward), nn.Identity()),
} | COMPILED


def target(case: str, n: int = 24) -> tuple[nn.Module, Tensor, Tensor]:
    model = MODELS[case]().eval()
    return model, *batch(model, n)


def wrong(model: nn.Module, x_adv: Tensor, y: Tensor, name: str = "") -> float:
    with torch.no_grad():
        return ((model(x_adv).argmax(1) == y) == ("targeted" in name)).float().mean().item()


@pytest.mark.parametrize("case", MODELS)
def test_in_reduced_precision_it_says_nearly_the_same(case):
    model, x, y = target(case)
    with torch.no_grad():
        exact, rough = model(x), search_logits(model, x, BF16)
    assert not torch.equal(exact, rough) and rough.dtype == torch.float32
    torch.testing.assert_close(exact, rough, rtol=0.05, atol=0.3)
    parts = [getattr(model, name, None) for name in ("body", "head")]
    if isinstance(model, Classifier):
        with torch.no_grad():
            assert (parts[1](parts[0](x)) - exact).abs().max() > 1, "this model would not show the fault"


@pytest.mark.parametrize("case", MODELS)
def test_robust_accuracy_is_that_of_a_float32_search(case):
    model, x, y = target(case)
    pgd = PGD(0.1, 5)
    rows = under_attack(model, {"float32": pgd, "bf16": replace(pgd, precision=BF16)}, (x, y))
    assert rows["clean"].accuracy == 1 and rows["float32"].accuracy < 0.3
    assert abs(rows["float32"].accuracy - rows["bf16"].accuracy) <= 2 / 24


SEARCHING = [
    name
    for name, attack in (ATTACKS | MINIMUM_NORM).items()
    if getattr(attack, "precision", 0) is None and name not in PLAIN
]


@pytest.mark.parametrize("name", SEARCHING)
@pytest.mark.parametrize("case", ["body, mid and head", "own forward", "hook"])
def test_every_attack_searches_the_model_that_is_judged(case, name):
    attack = (ATTACKS | MINIMUM_NORM)[name]
    model, x, y = target(case)
    shares = []
    for precision in (None, BF16):
        torch.manual_seed(0)
        found = replace(attack, precision=precision)(model, x, aimed(name, y))
        shares.append(wrong(model, found, aimed(name, y), name))
    assert shares[0] > 0.25, "an attack that breaks nothing shows nothing"
    assert abs(shares[0] - shares[1]) <= 0.2


@pytest.mark.parametrize("case", [case for case in MODELS if case not in ("scripted", "frozen")])
def test_passes_through_any_module_are_counted(case):
    model, x, y = target(case)
    for attack, steps in ((FGSM(0.1), 1), (PGD(0.1, 3), 3)):
        found = cost(model, attack, x, y)
        assert (found.forward, found.backward) == (steps, steps)


@pytest.mark.parametrize("case", ["scripted", "frozen"])
def test_or_the_count_is_refused(case):
    with pytest.raises(ValueError, match="cannot be counted.*count those of the module that it was made from"):
        cost(target(case)[0], FGSM(0.1), *target(case)[1:])


@pytest.mark.bad_input
@pytest.mark.parametrize("case", MODELS)
def test_what_reads_features_takes_a_plain_classifier_only(case):
    """Its features are not what the model's answer is made of."""
    model, x, y = target(case, 60)
    with pytest.raises(TypeError, match=r"plain Classifier\(body, head\)"):
        KernelDensity.fit(model, (x, y), 1.0)
    with pytest.raises(TypeError, match=r"plain Classifier\(body, head\)"):
        ATTACKS["Matching"](model, x, y)


class BatchStatistics(nn.Module):
    """Answers by the statistics of the batch at hand, in eval mode too."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.head = nn.BatchNorm1d(40, track_running_stats=False), nn.Linear(40, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.norm(x.flatten(1)))


@pytest.mark.parametrize("name", ["FGSM", "PGD", "MIM", "APGD", "DDN", "CW"])
def test_a_network_that_needs_a_batch_can_be_attacked(name):
    """Those that leave broken images behind may be left with one: then torch's own words say what is missing."""
    torch.manual_seed(0)
    model = BatchStatistics().eval()
    x, y = batch(model)
    found = (ATTACKS | MINIMUM_NORM)[name](model, x, y)
    assert found.shape == x.shape and not torch.equal(found, x)

"""Precisions that do not fit together: refused in words, or the result of the wider one; never another number."""

import numpy as np
import pytest
import torch
from attacks.minimum_norm_targets import MINIMUM_NORM
from attacks.targets import ATTACKS, batch, for_classes, network
from entrances import ENTRANCES, PLAIN, Around, aimed
from torch import Tensor, nn

from robustlib import losses
from robustlib.attacks import FGSM, PGD, DeepFool
from robustlib.evaluation import accuracy, under_attack
from robustlib.models import Classifier, distance_network

EVERY = ATTACKS | MINIMUM_NORM
NO_TRANSFER = [name for name in ENTRANCES if name not in {"Transfer from", "distil from", "distil to", *PLAIN}]


def doubled() -> tuple[nn.Module, Tensor, Tensor]:
    model = network().double()
    x = batch(network())[0].double()
    with torch.no_grad():
        return model, x, model(x).argmax(1)


@pytest.mark.parametrize("name", EVERY)
def test_float64_goes_in_and_comes_out_also_of_a_bf16_search(name):
    model, x, y = doubled()
    attack = for_classes(name, 4, torch.float64) if name in ATTACKS else EVERY[name]
    torch.manual_seed(0)
    x_adv = attack(model, x, aimed(name, y))
    assert x_adv.dtype == torch.float64 and x_adv.shape == x.shape
    assert x_adv.min() >= 0 and x_adv.max() <= 1


@pytest.mark.parametrize("name", NO_TRANSFER)
def test_every_entrance_takes_float64_whole(name):
    assert ENTRANCES[name](*doubled()) is not None


@pytest.mark.parametrize("name", [name for name in ENTRANCES if name not in PLAIN])
def test_answers_in_float64_of_a_float32_model_are_those_of_float32(name):
    found = []
    for change in (lambda z, x: z, lambda z, x: z.double()):
        model, x = Around(change).eval(), batch(network())[0]
        y = aimed(name, model.net(x).argmax(1))
        torch.manual_seed(0)
        found.append(ENTRANCES[name](model, x, y))
    if isinstance(found[0], Tensor):
        assert torch.equal(*found)


@pytest.mark.bad_input
@pytest.mark.parametrize("name", [name for name in ENTRANCES if name not in PLAIN and "bf16" not in name])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_answers_in_16_bits_are_refused(name, kind):
    """Steps and distances end where 16 bits happen to tell two classes apart."""
    x, y = batch(network())
    with pytest.raises(ValueError, match=f"logits are {kind}, in which gaps between classes are lost.*float32"):
        ENTRANCES[name](Around(lambda z, x: z.to(kind)), x, y)


@pytest.mark.bad_input
def test_a_model_of_two_precisions():
    net = network()
    x, y = batch(net)
    mixed = Classifier(net.body, nn.Sequential(Narrow(), net.head.half()))
    with pytest.raises(ValueError, match="weights are torch.float16"):
        accuracy(mixed, (x, y))


class Narrow(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return z.half()


def test_the_distance_of_deepfool_does_not_hang_on_the_precision():
    """It was nine times as long on a float16 network."""
    model, x, y = doubled()
    wide = (DeepFool()(model, x, y) - x).flatten(1).norm(dim=1)
    single = network()
    narrow = (DeepFool()(single, x.float(), y) - x.float()).flatten(1).norm(dim=1)
    assert wide.median() > 0.01
    torch.testing.assert_close(narrow, wide.float(), rtol=0.05, atol=1e-3)


@pytest.mark.bad_input
@pytest.mark.parametrize("kind", [np.float32, np.float64, torch.tensor])
def test_fields_that_are_numbers_of_another_library(kind):
    model = network()
    x, y = batch(model)
    for plain, other in ((FGSM(0.25), FGSM(kind(0.25))), (PGD(0.25, 3, 0.125), PGD(kind(0.25), 3, kind(0.125)))):
        torch.manual_seed(0)
        expected = plain(model, x, y)
        torch.manual_seed(0)
        assert torch.equal(other(model, x, y), expected)
    assert under_attack(model, {"FGSM": FGSM(kind(0.25))}, (x, y))["FGSM"].linf.max() <= 0.25


PAIRED = {
    "contrastive": lambda a, b, c: losses.contrastive(a, b, torch.tensor([True, False] * 4)),
    "sigmoid_triplet": losses.sigmoid_triplet,
    "sigmoid_triplet, unit": lambda a, b, c: losses.sigmoid_triplet(a, b, c, unit=True),
    "discrepancy": losses.discrepancy,
    "triplet": losses.triplet,
    "distances": lambda a, b, c: losses.distances(a, b, squared=False),
    "squares": lambda a, b, c: losses.distances(a, b),
}


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize("meet", [True, False])
def test_embeddings_of_16_bits_have_the_gradients_of_float32(name, kind, meet):
    torch.manual_seed(0)
    points = [torch.randn(8, 5).mul(30).to(kind) for _ in range(3)]
    if meet:
        points[1] = points[0].clone()
    narrow, wide = ([p.detach().to(k).requires_grad_(True) for p in points] for k in (kind, torch.float32))
    found, expected = PAIRED[name](*narrow), PAIRED[name](*wide)
    assert found.isfinite().all() and found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    for total, leaves in ((found, narrow), (expected, wide)):
        total.sum().backward()
        assert all(leaf.grad is None or leaf.grad.isfinite().all() for leaf in leaves)
    for a, b in zip(narrow, wide, strict=True):
        if b.grad is not None:
            torch.testing.assert_close(a.grad.float(), b.grad, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("loss", [losses.dlr, losses.margin, losses.cross_entropy, losses.reverse_cross_entropy])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_logits_of_16_bits_that_tie_have_finite_losses(loss, kind):
    logits = torch.tensor([[1.0, 1, 1, 1], [3, 3, 3, 0], [0, 0, 0, 0]], dtype=kind)
    y = torch.tensor([0, 3, 2])
    found = loss(logits, y)
    assert found.isfinite().all()
    torch.testing.assert_close(found.float(), loss(logits.float(), y), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_distance_network_of_a_base_with_weight_norm(frozen):
    base = network()
    with pytest.warns(FutureWarning):
        nn.utils.weight_norm(base.body[5])
    x = batch(base)[0]
    before = base(x)  # leaves a weight behind that is no leaf
    found = distance_network(base, frozen=frozen).eval()
    assert found(x).shape == (12, 128)
    torch.testing.assert_close(found.body[0].module(x) if frozen else found.body[0](x), base.features(x))
    assert torch.equal(base(x), before)


@pytest.mark.bad_input
def test_and_a_checkpoint_knows_such_a_field(tmp_path):
    model = network()
    x, y = batch(model)
    for eps in (np.float32(0.25), np.float32(0.25)):
        rows = under_attack(model, {"FGSM": FGSM(eps)}, (x, y), checkpoint=tmp_path / "rows.pt")
        assert rows["FGSM"].linf.max() <= 0.25
    with pytest.raises(ValueError, match="belongs to another evaluation"):
        under_attack(model, {"FGSM": FGSM(np.float32(0.5))}, (x, y), checkpoint=tmp_path / "rows.pt")

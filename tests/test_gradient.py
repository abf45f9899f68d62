"""The pixels' gradient: it is the analytic one, at the precision asked for, and the model stays as it was."""

import pytest
import torch
from torch import nn

from robustlib.gradient import evaluating, input_gradient, search_logits
from robustlib.models import Classifier


def affine(dtype=torch.float32) -> Classifier:
    torch.manual_seed(0)
    return Classifier(nn.Sequential(nn.Flatten(), nn.Linear(12, 6)), nn.Linear(6, 4)).to(dtype)


def test_every_submodule_gets_its_own_mode_back():
    model = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2), nn.Sequential(nn.Dropout(), nn.Dropout()))
    model[1].eval()
    model[2][0].eval()
    modes = [m.training for m in model.modules()]
    assert set(modes) == {False, True}
    with evaluating(model):
        assert not any(m.training for m in model.modules())
    assert [m.training for m in model.modules()] == modes
    with pytest.raises(KeyError), evaluating(model):
        raise KeyError("an attack that fails")
    assert [m.training for m in model.modules()] == modes


@pytest.mark.parametrize("context", [torch.no_grad, torch.enable_grad])
def test_gradient_of_an_affine_model_is_its_weight(context):
    model, x = affine(torch.float64), torch.rand(3, 1, 3, 4, dtype=torch.float64)
    with context():
        kept, g = input_gradient(lambda x: (model(x), model(x)[:, 2]), x)
        assert not g.requires_grad and not kept.requires_grad and not x.requires_grad
    row = (model.head.weight @ model.body[1].weight)[2].detach()
    torch.testing.assert_close(g, row.reshape(1, 1, 3, 4).expand(3, -1, -1, -1))
    torch.testing.assert_close(kept, model(x).detach())
    assert all(p.grad is None and p.requires_grad for p in model.parameters())


def test_a_score_that_forgets_the_pixels_is_an_error():
    weight = torch.ones(2, requires_grad=True)
    for weigh in (1, weight):  # without a graph, and with one that leads to a parameter only
        with pytest.raises(ValueError, match="no gradient with respect to the pixels.*Square"):
            input_gradient(lambda x, weigh=weigh: (x, x.detach().sum((1, 2, 3)) * weigh), torch.rand(2, 1, 3, 3))


def test_an_outer_autocast_does_not_reach_the_search():
    model, x = affine(), torch.rand(5, 1, 3, 4)
    plain = search_logits(model, x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert model(x).dtype == torch.bfloat16
        assert torch.equal(search_logits(model, x), plain)


@pytest.mark.parametrize("outer", [False, True])
def test_reduced_precision_reaches_the_body_and_not_the_head(outer):
    seen = {}
    model, x = affine(), torch.rand(5, 1, 3, 4)
    model.body.register_forward_hook(lambda module, args, out: seen.update(body=out.dtype))
    model.head.register_forward_hook(lambda module, args, out: seen.update(head=out.dtype, given=args[0].dtype))
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=outer):
        logits = search_logits(model, x, torch.bfloat16)
    assert seen == {"body": torch.bfloat16, "head": torch.float32, "given": torch.float32}
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, model(x))
    torch.testing.assert_close(logits, model(x), rtol=0.02, atol=0.02)


def test_a_model_without_body_returns_float32_logits_too():
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 4))
    logits = search_logits(model, torch.rand(2, 1, 3, 4), torch.bfloat16)
    assert logits.dtype == torch.float32

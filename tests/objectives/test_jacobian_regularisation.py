"""Jacobian regularisation beside the printed formula, with every derivative taken one by one."""

import pytest
import torch
from objectives.toys import examples, network
from torch import nn

from robustlib.models import Classifier
from robustlib.objectives import CrossEntropy, JacobianRegularisation


def square(model, x):
    """The mean over images of the sum of all squared derivatives of all logits."""
    total = torch.zeros(())
    for image in x:
        rows = torch.autograd.functional.jacobian(lambda v: model(v[None])[0], image, create_graph=True)
        total = total + rows.square().sum() / len(x)
    return total


def test_a_linear_network_has_half_lambda_times_the_square_of_its_weights():
    """Logits 3 p and 4 p of the one pixel p: the square is 9 + 16, whatever direction of them is drawn twice over."""
    head = nn.Linear(1, 2)
    head.weight.data = torch.tensor([[3.0], [4.0]])
    model, x, y = Classifier(nn.Flatten(), head), torch.full((2000, 1, 1, 1), 0.5), torch.zeros(2000, dtype=torch.int64)
    torch.manual_seed(0)
    terms = JacobianRegularisation(0.2, projections=20)(model, x, y)
    assert terms["jacobian"].item() == pytest.approx(0.2 / 2 * 25, rel=0.03)
    assert terms["ce"].item() == pytest.approx(CrossEntropy()(model, x, y)["ce"].item())


def test_terms_and_gradients_are_those_of_the_formula():
    model, (x, y) = network(), examples(6)
    torch.manual_seed(1)
    terms = JacobianRegularisation(0.5, projections=3000)(model, x, y)
    expected = 0.25 * square(model, x)
    assert list(terms) == ["ce", "jacobian"]
    assert terms["jacobian"].item() == pytest.approx(expected.item(), rel=0.05)
    weight = model.head.weight
    ours, theirs = (torch.autograd.grad(t, weight, retain_graph=True)[0] for t in (terms["jacobian"], expected))
    torch.testing.assert_close(ours, theirs, rtol=0.1, atol=0.02 * theirs.abs().max().item())


def test_training_makes_the_jacobian_smaller():
    found = []
    for weight in (0.0, 1.0):
        model, (x, y) = network(), examples()
        optimizer = torch.optim.SGD(model.parameters(), 0.05)
        torch.manual_seed(0)
        for _ in range(20):
            optimizer.zero_grad()
            sum(JacobianRegularisation(weight)(model, x, y).values()).backward()
            optimizer.step()
        found.append(square(model, x).item())
    assert found[1] < 0.7 * found[0]


@pytest.mark.parametrize("fields", [{"weight": -0.1}, {"weight": float("inf")}, {"projections": 0}])
def test_a_weight_or_a_count_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ValueError, match=r"finite weight >= 0 and projections >= 1"):
        JacobianRegularisation(**fields)

"""What Carlini and Wagner minimise, against its formula written as loops."""

import pytest
import torch

from robustlib.losses import margin, reached, shortfall


def draw(n=60, k=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(n, k, generator=generator), torch.randint(k, (n,), generator=generator)


@pytest.mark.parametrize("k", [2, 3, 10])
@pytest.mark.parametrize("kappa", [0, 0.5, 4.0])
@pytest.mark.parametrize("targeted", [False, True])
def test_by_loop(k, kappa, targeted):
    logits, y = draw(k=k)
    expected, success = [], []
    for row, j in zip(logits.tolist(), y.tolist(), strict=True):
        best = max(value for i, value in enumerate(row) if i != j)
        lead = row[j] - best if targeted else best - row[j]
        expected.append(max(kappa - lead, 0.0))
        success.append(lead > 0 and lead >= kappa)
    torch.testing.assert_close(shortfall(logits, y, kappa, targeted), torch.tensor(expected))
    assert reached(logits, y, kappa, targeted).tolist() == success
    assert 0 < sum(success) < len(success) or kappa == 4.0


def test_a_constant_added_to_all_logits_changes_nothing():
    logits, y = draw()
    torch.testing.assert_close(shortfall(logits - 100, y, 1.0), shortfall(logits, y, 1.0), rtol=0, atol=1e-4)
    assert torch.equal(reached(logits - 100, y), reached(logits, y))


def test_the_gradient_ends_where_the_shortfall_does_and_lies_on_two_logits_before():
    logits, y = draw()
    logits.requires_grad_(True)
    missing = shortfall(logits, y, 1.0)
    (g,) = torch.autograd.grad(missing.sum(), logits)
    assert torch.equal(g.abs().sum(1), 2.0 * (missing > 0))
    assert torch.equal(g.gather(1, y[:, None]).squeeze(1), (missing > 0).float())
    assert (missing == 0).any() and torch.equal(missing == 0, margin(logits, y) >= 1)


def test_ties_and_nan_are_no_success():
    tie = torch.tensor([[1.0, 1.0, 0.0]])
    assert not reached(tie, torch.tensor([0])) and reached(tie, torch.tensor([1]))  # as argmax breaks it
    assert not reached(torch.full((1, 3), float("nan")), torch.tensor([2]))


def test_an_empty_batch():
    logits, y = torch.zeros(0, 4), torch.zeros(0, dtype=torch.long)
    assert shortfall(logits, y).shape == reached(logits, y).shape == (0,)

"""The checks of every step, which are sums: NaN and inf at any one image are found, large finite numbers are not."""

import pytest
import torch
from attacks.targets import batch, network
from torch import nn

from robustlib.attacks import APGD, BIM, DDN, FGSM, PGD, DeepFool, Square
from robustlib.attacks.onto_ball import onto_ball
from robustlib.door import check_answer, check_gradient, check_logits, check_loss
from robustlib.geometry import L2, Linf
from robustlib.gradient import evaluating, input_gradient, pulled_back
from robustlib.interfaces import submodules

ATTACKS = [FGSM(0.1), PGD(0.1, 3), BIM(0.1, 3, stop_early=True), DDN(3), DeepFool(3), APGD(0.1, 3), Square(0.1, 5)]


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("at", [(0, 0), (6, 2), (3, 1)])
def test_one_number_of_one_image_is_enough(bad, at):
    values = torch.zeros(7, 3)
    values[at] = bad
    with pytest.raises(ValueError, match="NaN or inf for 1 of 7 images"):
        check_answer(values, 7)
    with pytest.raises(ValueError, match="NaN or inf for 1 of 7 images"):
        check_gradient(values.reshape(7, 1, 1, 3))


def test_inf_of_both_signs_does_not_cancel():
    values = torch.tensor([[torch.inf, 0.0], [-torch.inf, 0.0]])
    for check in (lambda: check_answer(values, 2), lambda: check_gradient(values)):
        with pytest.raises(ValueError, match="for 2 of 2 images"):
            check()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_finite_numbers_whose_sum_overflows_pass(dtype):
    values = torch.full((4, 3), torch.finfo(dtype).max, dtype=dtype)
    assert check_answer(values, 4) is values
    check_gradient(values)
    check_loss(values, values[:, 0])


def test_a_loss_may_be_infinite_and_not_nan():
    logits = torch.zeros(3, 2)
    check_loss(logits, torch.tensor([torch.inf, -torch.inf, 0.0]))
    with pytest.raises(ValueError, match="the loss is NaN"):
        check_loss(logits, torch.tensor([torch.inf, torch.nan, 0.0]))


class Sick(nn.Module):
    """Right, but the logits of image 4, told by its last pixel, or their gradient are not finite under attack."""

    def __init__(self, how):
        super().__init__()
        self.how, self.head = how, nn.Linear(12, 3)

    def forward(self, x):
        logits, ill = self.head(x.flatten(1)), x.flatten(1)[:, :1] * 0
        last = (x.flatten(1)[:, -1:] > 0.7).float()
        if self.how == "gradient":
            ill = (last * (x.flatten(1)[:, :1] - x.flatten(1)[:, :1].detach())).abs().sqrt()
        elif not torch.is_grad_enabled() or self.how == "logits":
            ill = torch.where(last > 0, torch.full_like(ill, torch.inf), ill)
        return logits + ill * torch.tensor([0.0, 0.0, 1.0])


@pytest.mark.bad_input
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("how", ["logits", "gradient"])
def test_one_sick_image_among_healthy_ones_ends_every_attack(attack, how):
    if how == "gradient" and isinstance(attack, Square):
        pytest.skip("asks for no gradient")
    torch.manual_seed(0)
    model, x = Sick(how), 0.3 + 0.3 * torch.rand(8, 1, 3, 4)
    y = model.head(x.flatten(1)).argmax(1)
    x[4, 0, 2, 3] = 0.75
    y[4] = 0
    with torch.no_grad():
        model.head.bias[0] += 20  # image 4, and all the others, are right before
    y[:] = 0
    with pytest.raises(ValueError, match="NaN or inf for"):
        attack(model, x, y)


@pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])
def test_a_loop_projects_as_the_norm_does_also_after_images_have_left(norm):
    torch.manual_seed(0)
    x, eps = torch.rand(9, 2, 4, 3), 0.2
    project = onto_ball(norm, eps)
    for rows in (slice(None), slice(None), slice(2, 7), torch.tensor([0, 3])):
        part, moved = x[rows], x[rows] + torch.randn_like(x[rows])
        for _ in range(2):
            assert torch.equal(project(moved.clone(), part), norm.project(moved, part, eps))


def test_a_norm_of_ones_own_is_asked_itself():
    class Half(Linf):
        def project(self, x_adv, x, eps):
            return super().project(x_adv, x, eps / 2)

    x = torch.full((1, 1, 1, 2), 0.5)
    assert onto_ball(Half(), 0.2)(x + 1, x).amax() == pytest.approx(0.6)


def test_tiny_and_huge_gradients_have_a_direction_whatever_their_neighbours():
    torch.manual_seed(0)
    way = L2().steepest(torch.randn(5, 1, 3, 3))
    scales = torch.tensor([1.0, 1e-30, 1e25, 1.0, 1e-20]).reshape(-1, 1, 1, 1)
    torch.testing.assert_close(L2().steepest(way * scales), way, rtol=1e-5, atol=1e-6)
    assert not L2().steepest(torch.zeros(2, 1, 3, 3)).any()
    assert L2().steepest(torch.zeros(0, 1, 3, 3)).shape == (0, 1, 3, 3)


def test_modules_are_those_of_torch_shared_ones_once():
    model = network()
    model.body.append(model.body[0])
    model.body.add_module("none", None)
    assert {id(m) for m in model.modules()} == {id(m) for m in submodules(model)}
    assert len(submodules(model)) == len(list(model.modules()))
    model.body[3].train()
    with evaluating(model):
        assert not any(m.training for m in model.modules())
    assert [m.training for m in model.modules()].count(True) == 1


def test_a_written_down_gradient_is_that_of_the_loss():
    model = network()
    x, y = batch(model, 6)

    def ahead(images):
        logits = model(images)
        others = logits.scatter(1, y[:, None], -torch.inf).logsumexp(1)
        return logits, others - logits.gather(1, y[:, None])[:, 0]

    def weights(logits):
        return logits.scatter(1, y[:, None], -torch.inf).softmax(1).scatter(1, y[:, None], -1.0)

    with torch.no_grad():
        logits, g = pulled_back(model, weights, x)
        kept, wanted = input_gradient(ahead, x)
    torch.testing.assert_close(g, wanted)
    assert torch.equal(logits, kept) and not logits.requires_grad and not g.requires_grad
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.bad_input
@pytest.mark.parametrize("n", [1, 3, 4, 32, 33, 200])
def test_few_numbers_and_many_are_judged_alike(n):
    """Few are read as a list, many by a kernel."""
    logits, y = torch.randn(n, 10), torch.arange(n) % 10
    assert check_answer(logits, n) is logits
    check_logits(logits - logits.max() - 1, y)
    check_logits(logits.abs() + 1, y)
    with pytest.raises(ValueError, match="the model returns probabilities"):
        check_logits(logits.softmax(1), y)
    for label, found in ((10, "10"), (-1, "-1")):
        y[-1] = label
        with pytest.raises(ValueError, match=rf"labels must lie in 0 \.\. 9, got .*{found}"):
            check_logits(logits, y)
    for bad in (torch.nan, torch.inf, -torch.inf):
        logits[-1, 3] = bad
        with pytest.raises(ValueError, match=f"NaN or inf for 1 of {n} images"):
            check_answer(logits, n)


def test_the_modules_that_were_found_already_are_held_in_eval_mode():
    model = network().train()
    model.head.eval()
    with evaluating(model, submodules(model)):
        assert not any(m.training for m in model.modules())
    assert {name for name, m in model.named_modules() if not m.training} == {"head"}

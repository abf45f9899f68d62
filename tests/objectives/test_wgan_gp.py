"""WGAN-GP beside a plain computation: the terms, whose weights each of them moves, and how often."""

import pytest
import torch
from objectives.toys import wave

from robustlib.models import WGAN
from robustlib.objectives import WGANGP, wgan_gp
from robustlib.training import Adam

GOLDEN = {"critic": -0.680353, "penalty": 0.103088, "generator": 2.35837}
X, Y = 0.5 + 0.4 * wave(6, 1, 28, 28), torch.zeros(6, dtype=torch.int64)


def waves(shape, like, kind="uniform"):
    """In the place of random numbers."""
    return wave(*shape) if kind == "normal" else (1 + wave(*shape)) / 2


@pytest.fixture(autouse=True)
def no_random_numbers(monkeypatch):
    monkeypatch.setattr(wgan_gp, "draw", waves)


def network() -> WGAN:
    model = WGAN(3, 0.03)
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(0.3 * wave(*p.shape, pace=1 + 0.1 * i))
    return model


def naive(model):
    z, u = waves((6, 3), X, "normal"), waves((6,), X)
    made = model.generator(z)
    real, fake = model.critic(X).mean(), model.critic(made.detach()).mean()
    penalties = []
    for i in range(6):
        point = (u[i] * X[i] + (1 - u[i]) * made[i].detach())[None].requires_grad_(True)
        (slope,) = torch.autograd.grad(model.critic(point)[0], point, create_graph=True)
        penalties.append((slope.square().sum().sqrt() - 1) ** 2)
    return {"critic": fake - real, "penalty": 10 * sum(penalties) / 6, "generator": -model.critic(made).mean()}


def gradients(value, parameters):
    return torch.autograd.grad(value, list(parameters), allow_unused=True)


def test_terms_and_gradients_are_those_of_a_plain_computation():
    model = network()
    terms = WGANGP(critic_steps=1)(model, X, Y)
    expected = naive(model)
    assert set(terms) == set(expected)
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value.detach(), rtol=1e-4, atol=1e-5, check_device=False)
    critic = [*model.body.parameters(), *model.last.parameters()]
    found = gradients(terms["critic"] + terms["penalty"] + terms["generator"], critic)
    wanted = gradients(expected["critic"] + expected["penalty"], critic)
    for ours, theirs in zip(found, wanted, strict=True):
        if theirs is not None:
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    found = gradients(sum(WGANGP(critic_steps=1)(model, X, Y).values()), model.generator.parameters())
    wanted = gradients(naive(model)["generator"], model.generator.parameters())
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-6)


def test_the_generator_moves_at_every_third_step_and_the_critic_at_each():
    model = network()
    optimizer = Adam(1e-3, (0.0, 0.9))(model.parameters())
    moved = []
    for _ in range(7):
        before = [p.detach().clone() for p in model.parameters()]
        terms = WGANGP(critic_steps=3)(model, X, Y)
        optimizer.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        optimizer.step()
        changed = {
            name for (name, p), old in zip(model.named_parameters(), before, strict=True) if not torch.equal(p, old)
        }
        moved.append((any("generator" in name for name in changed), any("body" in name for name in changed)))
        assert ("generator" in terms) == moved[-1][0]
    assert moved == [(False, True), (False, True), (True, True)] * 2 + [(False, True)] and model.steps == 7


def test_in_eval_mode_no_step_is_counted():
    model = network().eval()
    WGANGP()(model, X, Y)
    assert model.steps == 0


def test_loss_after_twenty_steps():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    for _ in range(21):
        optimizer.zero_grad()
        terms = WGANGP(critic_steps=3)(model, X, Y)
        sum(terms.values()).backward()
        optimizer.step()
    assert {name: term.item() for name, term in terms.items()} == pytest.approx(GOLDEN, rel=1e-3)


@pytest.mark.bad_input
def test_wrong_settings_and_images_of_another_size():
    for fields in ({"penalty": 0.0}, {"penalty": float("inf")}, {"critic_steps": 0}):
        with pytest.raises(ValueError, match="finite penalty > 0 and critic_steps >= 1"):
            WGANGP(**fields)
    with pytest.raises(ValueError, match=r"makes images \(1, 28, 28\), the batch has \(1, 32, 32\)"):
        WGANGP()(network(), torch.rand(2, 1, 32, 32), Y[:2])

"""The generator and the critic of the supplement's table 15: shapes, sizes, and what is saved."""

import pytest
import torch

from robustlib.models import WGAN, Generator, load_weights, save_weights


def test_shapes_and_numbers_of_weights_of_the_table():
    model = WGAN()
    generator, critic = model.generator, [*model.body.parameters(), *model.last.parameters()]
    up = 256 * 256 * 25 + 256 + 256 * 128 * 25 + 128 + 128 * 25 + 1
    assert sum(p.numel() for p in generator.parameters()) == 128 * 4096 + 4096 + up
    down = 64 * 25 + 64 + 64 * 128 * 25 + 128 + 128 * 256 * 25 + 256
    assert sum(p.numel() for p in critic) == down + 256 * 16 + 1
    assert [m.negative_slope for m in model.body if isinstance(m, torch.nn.LeakyReLU)] == [0.2] * 3


def test_images_scores_and_features():
    torch.manual_seed(0)
    model = WGAN(6, 0.05)
    z = torch.randn(4, 6)
    x = model.generator(z)
    assert x.shape == (4, *model.generator.shape) and x.min() > 0 and x.max() < 1
    assert not torch.equal(x[0], x[1]) and torch.allclose(model.generator(z[:2]), x[:2], atol=1e-6)
    assert model.critic(x).shape == (4,)
    torch.testing.assert_close(model.critic(x), model.last(model.features(x))[:, 0])
    assert torch.equal(model(x), model.features(x)), "the head is a placeholder"


def test_the_steps_are_saved_with_the_weights(tmp_path):
    model, other = WGAN(3, 0.05), WGAN(3, 0.05)
    model.steps += 7
    save_weights(model, tmp_path / "a", torch.float16)
    load_weights(other, tmp_path / "a")
    assert other.steps == 7 and other.steps.dtype == torch.int64


@pytest.mark.bad_input
def test_weights_of_another_latent_do_not_fit(tmp_path):
    save_weights(WGAN(3, 0.05), tmp_path / "a")
    with pytest.raises(ValueError, match="generator.dense.weight"):
        load_weights(WGAN(4, 0.05), tmp_path / "a")


@pytest.mark.parametrize("fields", [{"latent": 0}, {"width": 0.0}, {"width": 1.5}])
@pytest.mark.bad_input
def test_sizes_that_are_none(fields):
    with pytest.raises(ValueError, match="latent >= 1 and a width in"):
        Generator(**fields)

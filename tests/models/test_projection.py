"""The search for a latent by hand and by a double loop, and the defence that is made of it."""

import pytest
import torch
from torch import Tensor, nn

from robustlib.attacks import BPDA, FGSM, PGD
from robustlib.evaluation import randomness
from robustlib.models import Generator, Projection, Search, defense_gan, tramer_d


class Plain(Generator):
    """G(z) = z as an image of four pixels; it counts the images that it made."""

    latent, shape = 4, (1, 2, 2)

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.made = 0

    def forward(self, z: Tensor) -> Tensor:
        self.made += len(z)
        return z.reshape(-1, 1, 2, 2)


X = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
FOUR = torch.tensor([[0.0, 1.0, 0.5, 0.25], [1.0, 1.0, 0.0, 0.0]])


def small() -> Generator:
    torch.manual_seed(7)
    return Generator(5, 0.03)


def test_two_steps_by_hand():
    """Of (z - x)^2 / 4 the gradient is (z - x) / 2. Rate 0.5, then 0.5 * 0.1^(1 / 1.6), and half the first."""
    torch.manual_seed(0)
    z = torch.randn(2, 1, 4)[:, 0]
    first = -0.5 * (z - FOUR) / 2
    second = 0.5 * first - 0.5 * 0.1 ** (1 / 1.6) * (z + first - FOUR) / 2
    torch.manual_seed(0)
    found, error = Search(2, 1, 0.5, 0.5)(Plain(), FOUR.reshape(2, 1, 2, 2))
    torch.testing.assert_close(found, z + first + second)
    torch.testing.assert_close(error, (z + first + second - FOUR).square().mean(1))


def test_one_batch_is_what_a_loop_over_images_and_restarts_finds():
    generator, search = small(), Search(6, 3)
    torch.manual_seed(1)
    found, error = search(generator, X)
    torch.manual_seed(1)
    draws = torch.randn(3, 3, 5)
    for i in range(3):
        best = (None, float("inf"))
        for start in draws[i]:
            z, v = start.clone().requires_grad_(True), torch.zeros(5)
            for t in range(6):
                (g,) = torch.autograd.grad((generator(z[None]) - X[i]).square().mean(), z)
                v = 0.7 * v - 10 * 0.1 ** (t / 4.8) * g
                z = (z + v).detach().requires_grad_(True)
            last = (generator(z[None]) - X[i]).square().mean().item()
            best = min(best, (z.detach(), last), key=lambda pair: pair[1])
        torch.testing.assert_close(found[i], best[0], rtol=1e-3, atol=1e-3)
        assert error[i].item() == pytest.approx(best[1], rel=1e-3)


def test_an_image_that_the_generator_makes_is_found_again():
    torch.manual_seed(2)
    z = torch.randn(4, 4)
    found, error = Search(200, 2, 0.5)(Plain(), z.reshape(4, 1, 2, 2))
    torch.testing.assert_close(found, z, atol=1e-3, rtol=0)
    assert (error < 1e-6).all()


def test_a_warm_start_goes_on_from_the_latents_before_at_the_last_rate():
    generator, search = Plain(), Search(5, 3, 0.5)
    projection = Projection(generator, search)
    x = FOUR.reshape(2, 1, 2, 2)
    with projection.warm(2):
        first = projection.latents(x)
        assert generator.made == 2 * 3 * (5 + 1), "L steps and one look at the error, for every restart"
        second = projection.latents(x)
        assert generator.made == 36 + 2 * (2 + 1)
        third = projection.latents(x[:1])
        assert generator.made == 42 + 3 * (5 + 1), "another number of images starts anew"
    rate, v = 0.5 * 0.1**1.25, 0
    for _ in range(2):
        v = 0.7 * v - rate * (first - FOUR) / 2
        first = first + v
    torch.testing.assert_close(second, first)
    assert third.shape == (1, 4)
    projection.latents(x)
    assert generator.made == 60 + 36, "outside it is cold again"


def test_the_gradient_exists_and_is_zero_and_the_identity_passes_it():
    torch.manual_seed(3)
    model = defense_gan(tramer_d(width=0.1), small(), Search(3, 2)).eval()
    y = torch.randint(10, (3,))
    x = X.clone().requires_grad_(True)
    (g,) = torch.autograd.grad(model(x)[:, 0].sum(), x)
    assert torch.equal(g, torch.zeros_like(g)) and torch.equal(FGSM(0.3)(model, X, y), X)
    x_adv = BPDA(PGD(0.3, 3, random_start=False), Projection)(model, X, y)
    assert (x_adv != X).flatten(1).float().mean() > 0.5 and (x_adv - X).abs().max() <= 0.3 + 1e-6


def test_the_generator_stays_as_it_is_and_the_classifier_behind_it_learns():
    classifier = tramer_d(width=0.1)
    generator = small()
    model = defense_gan(classifier, generator, Search(2, 1)).train()
    assert model.head is classifier.head and model.body[1] is classifier.body
    model(X).sum().backward()
    assert all(p.grad is None for p in generator.parameters()) and classifier.head.weight.grad.any()


def test_it_says_that_it_draws_and_a_seed_repeats_it():
    model = defense_gan(tramer_d(width=0.1), small(), Search(2, 1)).eval()
    found = randomness(model, X)
    assert found.said and found.generators == ("torch",) and not found.own
    torch.manual_seed(4)
    first = model(X)
    torch.manual_seed(4)
    assert torch.equal(model(X), first) and not torch.equal(model(X), first)


def test_a_descent_in_bfloat16_comes_as_near_and_an_outer_autocast_changes_nothing():
    generator, found = small(), {}
    for dtype in (None, torch.bfloat16):
        torch.manual_seed(5)
        found[dtype] = Search(30, 2, precision=dtype)(generator, X)
    torch.testing.assert_close(found[torch.bfloat16][1], found[None][1], rtol=0.02, atol=0)
    assert not torch.equal(found[torch.bfloat16][0], found[None][0]) and found[torch.bfloat16][1].dtype == torch.float32
    torch.manual_seed(5)
    with torch.autocast("cpu", torch.bfloat16):
        again = Search(30, 2)(generator, X)
    assert torch.equal(again[0], found[None][0]) and torch.equal(again[1], found[None][1])


def test_an_empty_batch_and_no_grad():
    projection = Projection(small(), Search(2, 2))
    with torch.no_grad():
        assert projection(X[:0]).shape == (0, 1, 28, 28) and projection(X).shape == X.shape


@pytest.mark.parametrize(
    "fields", [{"steps": 0}, {"restarts": 0}, {"rate": 0.0}, {"momentum": 1.0}, {"momentum": -0.1}]
)
@pytest.mark.bad_input
def test_searches_that_are_none(fields):
    with pytest.raises(ValueError, match="a search needs steps and restarts >= 1"):
        Search(**fields)


@pytest.mark.bad_input
def test_a_generator_of_another_latent_or_image_size_is_named():
    model = defense_gan(tramer_d(width=0.1), small(), Search(2, 1))
    for shape in ((1, 32, 32), (3, 28, 28)):
        with pytest.raises(ValueError, match=r"makes images \(1, 28, 28\), got images \(" + str(shape[0])):
            model(torch.rand(2, *shape))
    with pytest.raises(ValueError, match=r"one latent of this generator for each image, \(3, 5\), got \(3, 6\)"):
        Search(2)(small(), X, torch.zeros(3, 6))
    with pytest.raises(ValueError, match=r"\(3, 5\), got \(2, 5\)"):
        Search(2)(small(), X, torch.zeros(2, 5))
    with pytest.raises(ValueError, match="warm start needs steps >= 1, got 0"), model.body[0].warm(0):
        pass

"""T5 on a generator that makes every image, and the defence's rows on ten images that can be worked out by hand."""

from dataclasses import replace

import pytest
import torch
from chapters.ten_images import network, subject
from torch import Tensor, nn

from robustlib.attacks import PGD
from robustlib.chapters.input_defences import defense_gan_attacks, thermometer_attacks
from robustlib.chapters.input_defences.defense_gan_attacks import DefenseGANAttacks, Reconstruction, generator_of
from robustlib.chapters.input_defences.measures import MEASUREMENTS
from robustlib.chapters.input_defences.on_manifold import FromManifold, OnManifold, WarmBPDA
from robustlib.chapters.input_defences.randomisation_attacks import RandomisationAttacks
from robustlib.chapters.input_defences.runs import PLAIN
from robustlib.chapters.input_defences.thermometer_attacks import ThermometerAttacks
from robustlib.experiments import one, select
from robustlib.losses import margin
from robustlib.models import Classifier, Generator, Search, Thermometer, defense_gan

SEARCH = Search(40, 1, 1.0, 0.5)


class Any4(Generator):
    """G(z) = z as an image of four pixels: its nearest image is the image itself."""

    latent, shape = 4, (1, 2, 2)

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.made = 0

    def forward(self, z: Tensor) -> Tensor:
        self.made += len(z)
        return z.reshape(-1, 1, 2, 2)


def images(*first: float) -> Tensor:
    """Black images with these first pixels; the network says class 1 above 0.5."""
    x = torch.zeros(len(first), 1, 2, 2)
    x[:, 0, 0, 0] = torch.tensor(first)
    return x


X, Y = images(0.4, 0.6, 0.2), torch.tensor([0, 1, 0])


def defended() -> Classifier:
    torch.manual_seed(0)
    return defense_gan(network(), Any4(), SEARCH).eval()


def test_what_the_projection_hides_the_identity_shows():
    pgd = PGD(0.2, 8, random_start=False, loss=margin)
    assert torch.equal(pgd(defended(), X, Y), X)
    found = WarmBPDA(pgd, 5)(defended(), X, Y)[:, 0, 0, 0]
    torch.testing.assert_close(found, torch.tensor([0.6, 0.4, 0.4]), atol=1e-3, rtol=0)


def test_a_warm_search_is_whole_once_only():
    model = defended()
    WarmBPDA(PGD(0.2, 8, random_start=False), 5)(model, X, Y)
    assert model.body[0].generator.module.made == 3 * (41 + 1 + 7 * (6 + 1)), "L + 1, then 5 + 1, and one image each"
    assert model.body[0]._warm is None


def test_on_the_manifold_the_change_is_the_generators_and_inside_the_ball():
    found = OnManifold(0.15, steps=60)(defended(), X, Y)
    torch.testing.assert_close(found[:, 0, 0, 0], torch.tensor([0.55, 0.45, 0.35]), atol=2e-3, rtol=0)
    assert (defended()(found).argmax(1) != Y).tolist() == [True, True, False]
    none = OnManifold(0.0, steps=5)(defended(), X, Y)
    torch.testing.assert_close(none, X)


def test_a_climb_from_the_manifold_begins_where_that_ends():
    start = OnManifold(0.15, steps=60)
    still = FromManifold(start, PGD(0.15, 1, alpha=1e-6))(defended(), X, Y)
    torch.testing.assert_close(still, start(defended(), X, Y), atol=1e-4, rtol=0)
    further = FromManifold(start, PGD(0.2, 8, loss=margin))(defended(), X, Y)[:, 0, 0, 0]
    torch.testing.assert_close(further, torch.tensor([0.6, 0.4, 0.4]), atol=1e-3, rtol=0)


def test_defense_gan_on_ten_images(tmp_path, monkeypatch):
    """Nine are right; at 0.3 seven of them lie within reach of the border, and two never break."""
    monkeypatch.setattr(defense_gan_attacks, "generator_of", lambda name, seed, device: Any4())
    measure = DefenseGANAttacks("gan", 0.3, SEARCH, few=10, steps=12, warm=10)
    rows = measure(subject(tmp_path)).rows
    value = {(r.attack, r.defense, r.source): round(r.value * r.n) for r in rows}
    assert value["", "", ""] == 9 and one(rows, attack="", defense="").n == 12
    assert value["FGSM", "", ""] == value["FGSM", "Defense-GAN", "ten"] == 4, "0.351 and the two of zero gradient"
    assert value["", "Defense-GAN", ""] == 9 and one(rows, attack="", defense="Defense-GAN").n == 10
    assert value["BPDA margin PGD", "Defense-GAN", ""] == 4
    assert value["worst case", "Defense-GAN", ""] == min(
        r.value * 10 for r in select(rows, n=10, source="") if r.defense
    )
    assert one(rows, attack="FGSM", source="ten").draws == 1


def test_thermometers_on_ten_images(tmp_path, monkeypatch):
    """Behind a thermometer of two levels the first pixel's second bit says class 1, and nothing else is read."""

    class SecondBit(nn.Module):
        def forward(self, code: Tensor) -> Tensor:
            return code[:, 1, :1, 0]

    model = Classifier(nn.Sequential(Thermometer(2), SecondBit()), network().head).eval()
    on = subject(tmp_path)
    monkeypatch.setattr(thermometer_attacks, "load_model", lambda name, seed, device: network())
    rows = ThermometerAttacks("other", 0.2, few=10, steps=10, restarts=1, queries=5)(replace(on, model=model)).rows
    value = {(r.attack, r.source): round(r.value * r.n) for r in rows}
    # Right: all but the first two, whose label is 0 above 0.5, and the last. Within 0.2 of 0.5 lie 0.447, 0.549, 0.471.
    assert value["", ""] == 7 and value["FGSM", ""] == 7
    assert value["LS-PGA", ""] == value["worst case", ""] == 4
    assert value["BPDA margin PGD", ""] == 5, "in the highest cell no bit rises: from 0.549 its slope leads nowhere"
    assert value["PGD", "other"] == 4


def test_an_attack_on_defense_gan_needs_one():
    for attack in (WarmBPDA(PGD(0.1, 1)), OnManifold()):
        with pytest.raises(ValueError, match="a model with one Projection, got 0"):
            attack(network(), X, Y)


def test_the_generator_is_that_of_a_pair(monkeypatch):
    monkeypatch.setattr(defense_gan_attacks, "load_model", lambda name, seed, device: network())
    with pytest.raises(TypeError, match="input has no generator: it is a Classifier"):
        generator_of("input", 0, torch.device("cpu"))


@pytest.mark.parametrize("fields", [{"eps": -0.1}, {"steps": 0}, {"rate": 0.0}, {"penalty": -1.0}])
def test_wrong_settings(fields):
    with pytest.raises(ValueError, match="eps, penalty >= 0, steps >= 1 and rate > 0"):
        OnManifold(**fields)


def test_the_error_of_a_reconstruction_is_that_of_its_pixels(tmp_path, monkeypatch):
    class Black(Any4):
        def forward(self, z: Tensor) -> Tensor:
            return 0 * z.reshape(-1, 1, 2, 2)

    on = subject(tmp_path, n=2)
    object.__setattr__(on.model, "generator", Black())
    clock = iter((0.0, 4.0, 10.0, 16.0))  # two at once in 4 seconds, one alone in 6
    monkeypatch.setattr(defense_gan_attacks.time, "monotonic", lambda: next(clock))
    row, *timed = Reconstruction(SEARCH, 1, alone=1)(on).rows
    assert [(r.images, r.value, r.n) for r in timed] == [("all at once", 2.0, 2), ("one at a time", 6.0, 1)]
    assert row.value == pytest.approx(((217 / 255) ** 2 + 1) / 4, rel=1e-5) and row.n == 2
    assert row.series["shape"] == [1, 1, 2, 2]


def test_the_randomised_views_are_those_of_the_sources_ratio():
    measure = RandomisationAttacks()
    assert (measure.low / measure.size, measure.high / measure.size) == pytest.approx((310 / 299, 331 / 299), abs=0.06)
    assert len(measure.ensemble(network()).patterns) == 21


def test_an_undefended_network_is_handed_images_of_another_undefended_one():
    found = {m.of: (m.evaluate.source, m.needs) for m in MEASUREMENTS if m.kind == "attacked"}
    for of, (source, needs) in found.items():
        assert needs == (source,) and source != of
    assert found["input-mnist-plain"][0] == "input-mnist-a" and found["input-mnist-thermometer-1"][0] == PLAIN["mnist"]
    assert found["input-cifar10-plain"][0] == "target-cifar-resnet20"

"""Adversarial sets: what they hold, what is made again and what is read, and whose a stored set is not."""

import json
from dataclasses import dataclass

import pytest
import torch
from objectives.toys import examples, network

from robustlib.attacks import BIM, FGSM, ILCM, NFGSM, PGD, CarliniWagnerLinf
from robustlib.datasets import Split
from robustlib.files import noted, read_state, write_state
from robustlib.training import craft_sets

GRADIENT = {"FGSM": FGSM(0.1), "LL": ILCM(0.1, 1), "I-FGSM": BIM(0.1, 3), "I-LL": ILCM(0.1, 3)}
MIXED = GRADIENT | {"C&W": CarliniWagnerLinf(0.1, 3, 0.05, 0.1, factor=4)}


def split(n=18):
    x, y = examples(n)
    return Split((255 * x.clamp(0, 1)).round().to(torch.uint8), y, "toy")


def other_network():
    model = network()
    with torch.no_grad():
        model.head.weight.mul_(-1)
    return model


def craft(folder, attacks=None, models=None, data=None, **options):
    return craft_sets(
        attacks or GRADIENT, models or {"f": network()}, data or split(), folder, progress=False, **options
    )


def test_every_attack_on_every_model(tmp_path):
    models, data = {"f": network(), "g": other_network()}, split()
    found = craft(tmp_path, MIXED, models, data, images={"C&W": 7, "LL": 12}, batch=5)
    assert list(found.sets) == [f"{a} on {m}" for m in models for a in MIXED]
    x, y = data[:]
    for name, images in found.sets.items():
        a, m = name.split(" on ")
        count = {"C&W": 7, "LL": 12}.get(a, 18)
        expected = torch.cat([MIXED[a](models[m], *part) for part in zip(x.split(5), y.split(5), strict=True)])
        torch.testing.assert_close(images, expected[:count] if a != "C&W" else images)
        assert len(images) == count and (images - x[:count]).abs().max() <= 0.1 + 1e-6
        assert not torch.equal(images, x[:count])
    assert found.covered == 18 and torch.equal(found.x, data.x) and found.name == "toy"


def test_what_is_stored_is_read_and_what_is_lacking_is_made_with_the_same_numbers(tmp_path):
    first = craft(tmp_path, {"PGD": PGD(0.1, 2)}, batch=4)
    own = tmp_path / "PGD-on-f"
    assert sorted(p.name for p in own.iterdir()) == ["0.pt", "1.pt", "2.pt", "3.pt", "4.pt", "set.json"]
    written = (own / "1.pt").stat().st_mtime_ns
    (own / "3.pt").unlink()
    torch.manual_seed(99)
    again = craft(tmp_path, {"PGD": PGD(0.1, 2)}, batch=4)
    assert torch.equal(again.sets["PGD on f"], first.sets["PGD on f"])
    assert (own / "1.pt").stat().st_mtime_ns == written and (own / "3.pt").is_file()


def test_every_batch_set_and_seed_has_its_own_random_numbers(tmp_path):
    one = split(1)
    same = Split(one.x.expand(12, -1, -1, -1).contiguous(), one.y.expand(12).contiguous(), "twelve times the same")
    attacks = {"N": NFGSM(0.05), "M": NFGSM(0.05)}
    found = craft(tmp_path / "a", attacks, data=same, batch=4).sets
    other = craft(tmp_path / "b", attacks, data=same, batch=4, seed=1).sets["N on f"]
    assert len({tuple(image.flatten().tolist()) for image in [*found["N on f"], *found["M on f"], *other]}) == 36


def test_interrupted_and_called_again_it_gives_what_an_undisturbed_call_gives(tmp_path):
    model, before = network().train(), torch.get_rng_state()
    whole = craft(tmp_path / "whole", {"N": NFGSM(0.05)}, {"f": model}, batch=4)
    assert torch.equal(torch.get_rng_state(), before) and model.training
    wrote = noted.write_state

    def torn(path, state):
        wrote(path, state)
        if path.name == "2.pt":
            path.unlink()
            path.with_name(".2.pt.partial").write_bytes(b"half")
            raise KeyboardInterrupt

    noted.write_state = torn
    try:
        with pytest.raises(KeyboardInterrupt):
            craft(tmp_path / "torn", {"N": NFGSM(0.05)}, {"f": model}, batch=4)
    finally:
        noted.write_state = wrote
    assert sorted(p.name for p in (tmp_path / "torn" / "N-on-f").glob("*.pt")) == ["0.pt", "1.pt"]
    resumed = craft(tmp_path / "torn", {"N": NFGSM(0.05)}, {"f": model}, batch=4)
    assert torch.equal(resumed.sets["N on f"], whole.sets["N on f"])


def edited(weights):
    model = network()
    with torch.no_grad():
        weights(model).add_(1e-3)
    return model


def deeper():
    """The weights of `network`, with another activation."""
    model = network()
    model.body[2] = torch.nn.Sigmoid()
    return model


OTHERS = {
    "weights": ({"models": {"f": edited(lambda m: m.head.bias)}}, "weights"),
    "architecture": ({"models": {"f": deeper()}}, "architecture, code"),
    "data": ({"data": split(17)}, "data"),
    "labels": ({"data": Split(split().x, split().y.roll(1), "toy")}, "data"),
    "attack": ({"attacks": GRADIENT | {"FGSM": FGSM(0.2)}}, "attack"),
    "kind": ({"attacks": GRADIENT | {"FGSM": PGD(0.1)}}, "attack, code"),
    "seed": ({"seed": 1}, "seed"),
    "batch": ({"batch": 6}, "images a batch"),
    "images": ({"images": 9}, "data"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_stored_set_of_something_else_is_an_error_that_says_what(tmp_path, what):
    fields, differs = OTHERS[what]
    craft(tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(ValueError, match=f"adversarial images of another set; what differs: {differs}\n") as error:
        craft(tmp_path, **fields)
    assert "FGSM-on-f: holds" in str(error.value) and "delete the folder" in str(error.value)
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}, "and nothing is touched"


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b[:99] + b"!" + b[100:], lambda b: b""])
@pytest.mark.parametrize("file", ["1.pt", "set.json"])
def test_damaged_files_are_named(tmp_path, file, damage):
    craft(tmp_path, {"FGSM": FGSM(0.1)}, batch=6)
    path = tmp_path / "FGSM-on-f" / file
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=f"{file}: not a readable .*delete"):
        craft(tmp_path, {"FGSM": FGSM(0.1)}, batch=6)


def test_batches_without_their_note_are_taken_for_nothing(tmp_path):
    craft(tmp_path, {"FGSM": FGSM(0.1)}, batch=6)
    (tmp_path / "FGSM-on-f" / "set.json").unlink()
    for _ in range(2):  # the first call wrote no note that the second would believe
        with pytest.raises(ValueError, match=r"FGSM-on-f: holds adversarial images without the note .*delete the"):
            craft(tmp_path, {"FGSM": FGSM(0.3)}, {"f": other_network()}, batch=6)


def test_a_batch_of_another_set_or_of_another_place_is_refused(tmp_path):
    craft(tmp_path / "here", {"FGSM": FGSM(0.1)}, batch=6)
    craft(tmp_path / "there", {"FGSM": FGSM(0.3)}, batch=6)
    here, there = tmp_path / "here" / "FGSM-on-f", tmp_path / "there" / "FGSM-on-f"
    own = (here / "1.pt").read_bytes()
    for stranger in (there / "1.pt", here / "0.pt"):
        (here / "1.pt").write_bytes(stranger.read_bytes())
        with pytest.raises(ValueError, match=r"1\.pt: not batch 1 of the set .*delete it, and it is made anew"):
            craft(tmp_path / "here", {"FGSM": FGSM(0.1)}, batch=6)
    (here / "1.pt").write_bytes(own)
    craft(tmp_path / "here", {"FGSM": FGSM(0.1)}, batch=6)


@pytest.mark.parametrize("change", [lambda x: x[:-1], lambda x: x[:, :, :3], lambda x: x + 1, lambda x: x * torch.nan])
def test_a_batch_of_another_length_or_outside_the_box_is_refused(tmp_path, change):
    craft(tmp_path, {"FGSM": FGSM(0.1)}, batch=6)
    file = tmp_path / "FGSM-on-f" / "1.pt"
    state = read_state(file, "", "")
    write_state(file, state | {"x": change(state["x"])})
    with pytest.raises(ValueError, match="batch 1"):
        craft(tmp_path, {"FGSM": FGSM(0.1)}, batch=6)


def test_an_empty_set_of_attacks_or_models(tmp_path):
    with pytest.raises(ValueError, match="at least one attack, model and image, got no attack"):
        craft_sets({}, {"f": network()}, split(), tmp_path)
    with pytest.raises(ValueError, match="at least one attack, model and image, got no model"):
        craft_sets(GRADIENT, {}, split(), tmp_path)
    with pytest.raises(ValueError, match="at least one attack, model and image, got no image"):
        craft_sets(GRADIENT, {"f": network()}, split().subset([]), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("images", [0, 19, -1, {"FGSM": 0}, {"I-LL": 40}])
def test_counts_of_images(tmp_path, images):
    with pytest.raises(ValueError, match=r"adversarial forms of -?\d+ images are asked for, the split has 18"):
        craft(tmp_path, images=images)


def test_counts_for_an_attack_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="`images` counts for 'CW', which is none of the attacks FGSM, LL"):
        craft(tmp_path, images={"CW": 5})
    with pytest.raises(ValueError, match="whole number >= 1, got 0"):
        craft(tmp_path, batch=0)


@pytest.mark.bad_input
def test_a_function_is_no_model(tmp_path):
    with pytest.raises(TypeError, match="a model is an nn.Module, got a function"):
        craft_sets(GRADIENT, {"f": lambda x: x}, split(), tmp_path)
    with pytest.raises(ValueError, match="model's weights torch.float64"):
        craft_sets(GRADIENT, {"f": network().double()}, split(), tmp_path)


def test_an_attack_that_leaves_the_box_is_not_stored(tmp_path):
    with pytest.raises(ValueError, match=r"what Beyond made of batch 0 must lie in \[0, 1\]"):
        craft(tmp_path, {"beyond": Beyond()})
    assert not list(tmp_path.rglob("*.pt"))


@dataclass(frozen=True)
class Beyond:
    """Not what an attack may do."""

    def __call__(self, model, x, y):
        return x + 1.5


def test_what_a_note_says(tmp_path):
    craft(tmp_path, {"C&W": MIXED["C&W"]}, {"A, quarter": network()}, images=3)
    (own,) = tmp_path.iterdir()
    assert own.name == "C-W-on-A--quarter"
    note = json.loads((own / "set.json").read_text())
    assert note["attack"]["class"] == "CarliniWagnerLinf" and note["seed"] == 0 and len(note["weights"]) == 64
    assert read_state(own / "0.pt", "", "")["x"].shape == (3, 1, 4, 4)

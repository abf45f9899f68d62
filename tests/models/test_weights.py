"""Checkpoints: what is written is read back, and every damaged or foreign file is named as what it is."""

import random

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from robustlib.files import sha256
from robustlib.models import lenet1, lenet4, load_weights, resnet, save_weights


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = lenet1()
    path = tmp_path / "deep" / "er" / "model.safetensors"
    save_weights(model, path)
    return model, path


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(v, b.state_dict()[k]) for k, v in a.state_dict().items())


def test_round_trip(saved):
    model, path = saved
    other = lenet1()
    assert not same(model, other)
    assert load_weights(other, str(path)) is other and same(model, other)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_round_trip_with_statistics_counters_and_channels_last(tmp_path):
    torch.manual_seed(0)
    model = resnet(8, width=4).to(memory_format=torch.channels_last)
    model(torch.rand(4, 3, 32, 32))
    save_weights(model, tmp_path / "m")
    other = load_weights(resnet(8, width=4), tmp_path / "m")
    assert same(model, other) and other.state_dict()["body.2.num_batches_tracked"] == 1


def test_half_precision_halves_the_file_and_loads_as_float32(saved):
    model, path = saved
    half = path.with_name("half")
    save_weights(model, half, torch.float16)
    assert half.stat().st_size < 0.56 * path.stat().st_size
    other = load_weights(lenet1(), half)
    assert {v.dtype for v in other.state_dict().values()} == {torch.float32}
    for name, value in model.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], value.half().float(), rtol=0, atol=0)
    assert load_file(half)["head.weight"].dtype == torch.float16 and model.head.weight.dtype == torch.float32


def test_half_precision_leaves_counters_as_integers(tmp_path):
    save_weights(resnet(8, width=4), tmp_path / "m", torch.float16)
    assert load_file(tmp_path / "m")["body.2.num_batches_tracked"].dtype == torch.int64


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such checkpoint; train it with"):
        load_weights(lenet1(), tmp_path / "nothing")
    with pytest.raises(ValueError, match="is a folder, not a file"):
        load_weights(lenet1(), tmp_path)


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 100, 0.5, -1])
def test_truncated_file(saved, kept):
    _, path = saved
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    with pytest.raises(ValueError, match="not a readable safetensors file.*delete it"):
        load_weights(lenet1(), path)


@pytest.mark.parametrize("content", [b"\x80\x02}q\x00.", b"PK\x03\x04" + bytes(500), b"<html>404</html>", bytes(64)])
def test_foreign_file(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    model = lenet1()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    with pytest.raises(ValueError, match=r"file: "):
        load_weights(model, path)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_bit_flips_in_the_header_are_named_or_harmless(saved):
    model, path = saved
    whole = path.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    rng, errors = random.Random(0), 0
    for place in {*range(8), *rng.sample(range(8, header), 120)}:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        other = lenet1()
        try:
            load_weights(other, path)
        except ValueError as error:
            assert str(path) in str(error)
            errors += 1
        else:
            assert same(model, other)
    assert errors > 100


def test_other_architectures(saved):
    _, path = saved
    with pytest.raises(ValueError, match=r"'body.1.weight' has shape \(4, 1, 5, 5\), the model needs \(6, 1, 5, 5\)"):
        load_weights(lenet4(), path)
    tensors = load_file(path)
    save_file(tensors | {"extra": torch.zeros(1)}, path)
    with pytest.raises(ValueError, match="'extra' is not part of the model"):
        load_weights(lenet1(), path)
    del tensors["body.1.weight"]
    save_file(tensors, path)
    fresh = lenet1()
    before = fresh.head.weight.clone()
    with pytest.raises(ValueError, match="no tensor 'body.1.weight'.*another architecture"):
        load_weights(fresh, path)
    assert torch.equal(fresh.head.weight, before)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_of_a_diverged_training(saved, value):
    model, path = saved
    good = path.read_bytes()
    model.head.bias.data[3] = value
    with pytest.raises(ValueError, match="not written, as 'head.bias' holds NaN or inf.*diverged"):
        save_weights(model, path)
    assert path.read_bytes() == good, "a good file stays"
    save_file(model.state_dict(), path)
    fresh = lenet1()
    before = fresh.head.weight.clone()
    with pytest.raises(ValueError, match="'head.bias' holds NaN or inf.*diverged"):
        load_weights(fresh, path)
    assert torch.equal(fresh.head.weight, before)


@pytest.mark.parametrize("value", [65520.0, 1e6, -7e4])
def test_weights_too_large_for_half_precision_are_not_written_over_a_good_file(saved, value):
    model, path = saved
    good = path.read_bytes()
    model.head.bias.data[3] = value
    with pytest.raises(ValueError, match="'head.bias' holds .*beyond torch.float16; save as float32"):
        save_weights(model, path, torch.float16)
    assert path.read_bytes() == good
    save_weights(model, path)
    half = lenet1().half()
    before = {name: tensor.clone() for name, tensor in half.state_dict().items()}
    with pytest.raises(ValueError, match=r"'head.bias' holds .*beyond the model's torch.float16; use model.float"):
        load_weights(half, path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in half.state_dict().items())


def test_the_largest_weight_of_half_precision_is_kept(saved):
    model, path = saved
    model.head.bias.data[3] = 65504.0
    save_weights(model, path, torch.float16)
    assert load_weights(lenet1(), path).head.bias[3] == 65504.0
    assert load_weights(lenet1().half(), path).head.bias[3] == 65504.0


@pytest.mark.parametrize("kind", [torch.int64, torch.int8, torch.bool, torch.uint8, torch.complex64], ids=str)
def test_whole_numbers_and_truths_are_no_weights(saved, kind):
    _, path = saved
    tensors = load_file(path)
    save_file(tensors | {"head.bias": tensors["head.bias"].to(kind)}, path)
    fresh = lenet1()
    before = fresh.head.weight.clone()
    with pytest.raises(ValueError, match=f"'head.bias' is {kind}, the model needs torch.float32: another architecture"):
        load_weights(fresh, path)
    assert torch.equal(fresh.head.weight, before)


def test_weights_are_no_counters(tmp_path):
    model = nn.Sequential(nn.BatchNorm2d(3))
    save_file(model.state_dict() | {"0.num_batches_tracked": torch.tensor(3.0)}, tmp_path / "m")
    with pytest.raises(ValueError, match="'0.num_batches_tracked' is torch.float32, the model needs torch.int64"):
        load_weights(model, tmp_path / "m")


def test_weights_of_a_compiled_model_are_those_of_the_plain_one(saved):
    model, path = saved
    compiled = torch.compile(model)
    save_weights(compiled, path)
    assert same(load_weights(lenet1(), path), model)
    other = lenet1()
    load_weights(torch.compile(other), path)
    assert same(other, model)
    save_file({f"_orig_mod.{name}": tensor for name, tensor in model.state_dict().items()}, path)  # by older versions
    assert same(load_weights(lenet1(), path), model)
    inner = nn.Sequential(torch.compile(nn.Linear(2, 2)))
    save_weights(inner, path)
    assert set(load_file(path)) == {"0.weight", "0.bias"}


def test_a_stray_bit_anywhere_in_the_weights_is_noticed(saved):
    model, path = saved
    whole, draw = path.read_bytes(), random.Random(1)
    for place in draw.sample(range(len(whole)), 400):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << draw.randrange(8)
        path.write_bytes(flipped)
        fresh = lenet1()
        try:
            load_weights(fresh, path)
        except ValueError as error:
            assert str(path) in str(error)
        else:
            assert same(fresh, model), place


def test_a_file_without_a_hash_of_its_own_is_checked_against_the_one_beside_it(saved):
    model, path = saved
    save_file(model.state_dict(), path)
    beside = path.with_name(f"{path.name}.sha256")
    beside.write_text(f"{sha256(path)}  {path.name}\n")
    assert same(load_weights(lenet1(), path), model)
    flipped = bytearray(path.read_bytes())
    flipped[-5] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(ValueError, match=r"its sha256 is not the one in model.safetensors.sha256"):
        load_weights(lenet1(), path)
    save_weights(model, path)
    assert not beside.exists() and same(load_weights(lenet1(), path), model)


def test_the_hash_that_was_expected_is_compared(saved):
    model, path = saved
    assert same(load_weights(lenet1(), path, sha256(path)), model)
    with pytest.raises(ValueError, match="its sha256 is .*, expected 000000000000"):
        load_weights(lenet1(), path, "0" * 64)

""" "fast" is what the hardware and its settings make fast; unfinished work knows what it came to, a recipe does not."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from robustlib import precision
from robustlib.attacks import PGD, Restarts
from robustlib.datasets import Batches, load
from robustlib.describe import describe
from robustlib.evaluation.resume import identity
from robustlib.gradient import search_logits
from robustlib.models import Classifier, lenet1
from robustlib.objectives import AdversarialTraining, CrossEntropy
from robustlib.precision import bfloat16_unit, hardware, replaced, resolve, settled
from robustlib.training import SGD, fit

CPU = torch.device("cpu")


@pytest.fixture
def machine(monkeypatch):
    """Makes this CPU another: which capability torch sees, which units it has, and what holds oneDNN back."""

    def set_up(capability: str, *units: str, held: str = "") -> None:
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: "AMX" in units, raising=False)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: "AVX512_BF16" in units, raising=False)
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", held)
        forget()

    def forget() -> None:
        bfloat16_unit.cache_clear()
        precision._bfloat16_is_fast.cache_clear()

    yield set_up
    monkeypatch.undo()
    forget()


BOTH = ("AMX", "AVX512_BF16")


@pytest.mark.parametrize(
    ("capability", "units", "held", "unit"),
    [
        ("AVX512", BOTH, "", "AMX"),
        ("AVX512", BOTH, "all", "AMX"),
        ("AVX512", BOTH, "avx512_core_amx", "AMX"),
        ("AVX512", BOTH, "AVX512_CORE_BF16", "AVX512_BF16"),
        ("AVX512", BOTH, "avx512_core_vnni", None),
        ("AVX512", BOTH, "AVX2", None),
        ("AVX512", ("AVX512_BF16",), "", "AVX512_BF16"),
        ("AVX512", ("AVX512_BF16",), "avx2", None),
        ("AVX512", (), "", None),
        ("AVX2", BOTH, "", None),  # ATEN_CPU_CAPABILITY=avx2
        ("SVE256", (), "", None),
        ("DEFAULT", (), "", None),
    ],
)
def test_fast_is_bfloat16_only_where_the_cpu_multiplies_it(machine, capability, units, held, unit):
    machine(capability, *units, held=held)
    expected = torch.float32 if unit is None else torch.bfloat16
    assert resolve("fast", CPU) == expected
    assert hardware(CPU) == {"fast": str(expected), "cpu": capability, "bfloat16": unit}


def test_a_torch_that_does_not_tell_gets_float32(machine, monkeypatch):
    machine("AVX512", *BOTH)
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    assert resolve("fast", CPU) == torch.float32


def test_the_variables_that_simulate_an_avx2_machine_do():
    code = "import torch; from robustlib.precision import hardware; print(hardware(torch.device('cpu')))"
    held = os.environ | {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
    done = subprocess.run([sys.executable, "-c", code], env=held, capture_output=True, text=True, check=True)
    assert "'fast': 'torch.float32'" in done.stdout and "'bfloat16': None" in done.stdout
    if torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512"):
        assert "'cpu': 'AVX2'" in done.stdout


@pytest.mark.parametrize("has", [True, False])
def test_a_gpu_is_asked_without_emulation(machine, monkeypatch, has):
    asked = []

    def supported(including_emulation):
        asked.append(including_emulation)
        return has

    machine("AVX2")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    monkeypatch.setattr(torch.cuda, "device", lambda device: torch.enable_grad())  # any context
    for _ in range(3):
        assert resolve("fast", torch.device("cuda:0")) == (torch.bfloat16 if has else torch.float32)
    assert asked == [False], "asked once"
    assert resolve("fast", torch.device("mps")) == resolve("fast", torch.device("xpu")) == torch.float32


def test_what_is_said_outright_is_done():
    for device in (CPU, torch.device("cuda"), torch.device("mps")):
        assert [resolve(p, device) for p in (None, torch.float32, torch.bfloat16)] == [
            None, torch.float32, torch.bfloat16,
        ]  # fmt: skip


@pytest.mark.parametrize("wrong", [torch.float16, torch.float64, torch.int8], ids=str)
def test_no_other_arithmetic(wrong):
    with pytest.raises(ValueError, match=rf'"fast", torch\.bfloat16, torch\.float32 or None, got {wrong}'):
        resolve(wrong, CPU)


@pytest.mark.bad_input
@pytest.mark.parametrize("wrong", ["bf16", "FAST", "", 16, True, 0])
def test_no_other_word(wrong):
    with pytest.raises(ValueError, match="precision is"):
        resolve(wrong, CPU)


class Watched(nn.Flatten):
    """A body that notes what it is given and in which arithmetic it runs."""

    def forward(self, x):
        self.strides, self.autocast = x.stride(), torch.is_autocast_enabled(x.device.type)
        return super().forward(x)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("outer", [False, True])
def test_a_fast_search_without_bfloat16_is_float32_in_channels_last(machine, channels, outer):
    machine("AVX2")
    torch.manual_seed(0)
    model, x = Classifier(Watched(), nn.Linear(channels * 30, 4)), torch.rand(2, channels, 5, 6)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=outer):
        logits = search_logits(model, x, "fast")
    assert not model.body.autocast and logits.dtype == torch.float32
    # Also of grey images, whose plain strides count as channels_last to torch and make a network ignore the layout.
    assert model.body.strides == (channels * 30, 1, 6 * channels, channels)
    assert torch.equal(logits, search_logits(model, x))


def test_a_fast_search_with_bfloat16_is_one_in_bfloat16(machine):
    machine("AVX512", "AVX512_BF16")
    torch.manual_seed(0)
    model, x = lenet1().eval(), torch.rand(3, 1, 28, 28)
    assert torch.equal(search_logits(model, x, "fast"), search_logits(model, x, torch.bfloat16))
    assert not torch.equal(search_logits(model, x, "fast"), search_logits(model, x))


@pytest.mark.parametrize("capability", ["AVX2", "AVX512"])
def test_fast_training_is_in_what_is_fast_and_in_channels_last(machine, capability):
    machine(capability, "AVX512_BF16")
    seen = []

    def watched(model, x, y):
        seen.append(model.features(x).dtype)
        return CrossEntropy()(model, x, y)

    model = lenet1()
    few = load("mnist_5k").train.subset(slice(20))
    fit(model, Batches(10)(few), watched, optimizer=SGD(0.05), epochs=1, precision="fast", progress=False)
    assert seen == [resolve("fast", CPU)] * 2
    weight = next(p for p in model.parameters() if p.ndim == 4 and p.shape[1] > 1)
    assert weight.is_contiguous(memory_format=torch.channels_last)


ATTACK = Restarts(PGD(0.1, precision="fast"), 2)


def test_a_recipe_asks_for_fast_and_unfinished_work_knows_what_it_is(machine):
    model, x, y = lenet1().eval(), torch.rand(2, 1, 28, 28), torch.tensor([1, 2])
    said = {}
    for capability in ("AVX2", "AVX512"):
        machine(capability, "AVX512_BF16")
        dtype = resolve("fast", CPU)
        assert describe(ATTACK)["attack"]["precision"] == "fast"
        assert settled(describe(ATTACK), CPU) == describe(replace(ATTACK, attack=PGD(0.1, precision=dtype)))
        said[capability] = identity(model, {"PGD": ATTACK}, x, y)
        outright = replace(ATTACK, attack=PGD(0.1, precision=dtype))
        assert identity(model, {"PGD": outright}, x, y) == said[capability]
    assert {part for part in said["AVX2"] if said["AVX2"][part] != said["AVX512"][part]} == {"attack 'PGD'"}


def test_unfinished_training_goes_on_only_in_its_own_arithmetic(machine, tmp_path):
    few = load("mnist_5k").train.subset(slice(20))
    options = {"optimizer": SGD(0.05), "epochs": 1, "checkpoint": tmp_path / "run.pt", "progress": False}
    for objective, asked in ((CrossEntropy(), "fast"), (AdversarialTraining(PGD(0.1, 1, precision="fast")), None)):
        options["checkpoint"].unlink(missing_ok=True)
        for capability in ("AVX512", "AVX512", "AVX2"):
            machine(capability, "AVX512_BF16")
            torch.manual_seed(0)
            if capability == "AVX512":
                fit(lenet1(), Batches(10)(few), objective, precision=asked, **options)
        torch.manual_seed(0)
        with pytest.raises(ValueError, match="belongs to another run.*(precision|objective)"):
            fit(lenet1(), Batches(10)(few), objective, precision=asked, **options)


def test_only_precisions_are_replaced():
    said = {"precision": "fast", "name": "fast", "deep": [{"precision": "fast"}, "fast", {"precision": None}], "n": 1}
    found = replaced(said, "fast", "x")
    assert found == {
        "precision": "x",
        "name": "fast",
        "deep": [{"precision": "x"}, "fast", {"precision": None}],
        "n": 1,
    }
    assert said["precision"] == "fast"

"""The fingerprint of what a value runs: an edit anywhere it reaches is seen, a comment is not."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from robustlib.attacks import FGSM, PGD, Noise
from robustlib.evaluation import under_attack
from robustlib.losses import dlr, margin
from robustlib.objectives import AdversarialTraining, CrossEntropy
from robustlib.source import Known, fingerprint_of

MODULE = '''
"""A user's objective."""

import math
from dataclasses import dataclass, field
from functools import lru_cache, partial

import torch
from torch import nn

import neighbour

SCALE = 2.0
TABLE = {"a": 1.0, "b": [2.0, 3.0]}
KIND = torch.float32
cache = {}


def helper(value):
    """Says nothing."""
    return value * SCALE  # a remark


def deeper(value):
    return neighbour.double(helper(value))


@lru_cache
def remembered(value):
    return value - 1


def never(value):
    return value - 5


class Base:
    def start(self):
        return 1.0


@dataclass(frozen=True)
class Objective(Base):
    """What training minimises."""

    weight: float = 1.0

    @property
    def doubled(self):
        return self.weight * 2

    @staticmethod
    def fixed():
        return 11

    def __call__(self, model, x, y):
        """A line."""

        def inner(z):
            return z + 0.25

        loss = (lambda z: z * 1.5)(deeper(inner(x.mean()))) * self.start() + TABLE["a"] + remembered(3)
        return {"ce": loss.to(KIND) * math.sqrt(4)}


class Net(nn.Module):
    def forward(self, x):
        return helper(x)


bound = partial(deeper, 3)
value = Objective()
'''
NEIGHBOUR = "def double(value):\n    return value * 2\n\n\ndef unused(value):\n    return value\n"
SEEN = {
    "its own body": ("z + 0.25", "z + 0.26"),
    "a lambda": ("z * 1.5", "z * 1.6"),
    "a property": ("self.weight * 2", "self.weight * 3"),
    "a static method": ("return 11", "return 12"),
    "a default": ("weight: float = 1.0", "weight: float = 1.1"),
    "a base class": ("return 1.0", "return 1.5"),
    "a helper of a helper": ("value * SCALE", "value + SCALE"),
    "a number of the module": ("SCALE = 2.0", "SCALE = 2.5"),
    "a table of the module": ("[2.0, 3.0]", "[2.0, 3.5]"),
    "a dtype of the module": ("KIND = torch.float32", "KIND = torch.float64"),
    "a wrapped function": ("value - 1", "value - 2"),
    "another module": ("value * 2\n\n\ndef unused", "value * 3\n\n\ndef unused"),
    "a decorator": ("@lru_cache\n", "@lru_cache(maxsize=None)\n"),
}
UNSEEN = {
    "a docstring": ('"""Says nothing."""', '"""Says a great deal,\n\n    in two lines."""'),
    "the docstring of the class": ("What training minimises.", "What it is."),
    "a comment": ("# a remark", "# another remark"),
    "blank lines and brackets": ("return value * SCALE", "\n    return (value *\n            SCALE)"),
    "a function that is not called": ("value - 5", "value - 6"),
    "a function that is not called elsewhere": ("def unused(value):\n    return value", "def unused(v):\n    return 1"),
    "a store": ("cache = {}", "cache = {1: 2}"),
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The module as imported anew after an edit."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "neighbour.py").write_text(NEIGHBOUR)
    (tmp_path / "objective.py").write_text(MODULE)

    def fresh(edit=("", "")):
        for name, text in (("neighbour", NEIGHBOUR), ("objective", MODULE)):
            (tmp_path / f"{name}.py").write_text(text.replace(*edit) if edit[0] else text)
            sys.modules.pop(name, None)
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        importlib.invalidate_caches()
        return importlib.import_module("objective")

    yield fresh
    for name in ("neighbour", "objective"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("edit", SEEN.values(), ids=SEEN)
def test_an_edit_is_seen(edit, written):
    before = fingerprint_of(written().value)
    assert edit[0] in MODULE + NEIGHBOUR
    assert fingerprint_of(written(edit).value) != before
    assert fingerprint_of(written().value) == before, "and taken back"


@pytest.mark.parametrize("edit", UNSEEN.values(), ids=UNSEEN)
def test_what_changes_nothing_is_not_seen(edit, written):
    before = fingerprint_of(written().value)
    assert edit[0] in MODULE + NEIGHBOUR
    assert fingerprint_of(written(edit).value) == before


def test_it_reaches_through_whatever_holds_the_code(written):
    def holders(module):
        net = module.Net()
        holding = module.nn.Identity()
        holding.call = module.deeper
        objective = AdversarialTraining(attack=module.value)
        return [module.Net(), module.nn.Sequential(net), module.bound, module.deeper, [1, (module.deeper,)],
                {"a": module.deeper}, module.value.__call__, module.Objective, holding, objective]  # fmt: skip

    before = [fingerprint_of(v) for v in holders(written())]
    assert len(set(before)) >= 7
    after = [fingerprint_of(v) for v in holders(written(SEEN["a helper of a helper"]))]
    assert all(a != b for a, b in zip(after, before, strict=True))
    assert fingerprint_of(CrossEntropy()) == fingerprint_of(CrossEntropy())


def test_a_file_that_was_edited_after_its_import_is_not_taken_for_the_code_that_runs(written, tmp_path):
    old = fingerprint_of(written().value)
    new = fingerprint_of(written(SEEN["its own body"]).value)
    module = written()
    path = tmp_path / "objective.py"
    path.write_text(MODULE.replace(*SEEN["its own body"]))  # what runs is still the old code
    assert fingerprint_of(module.value) not in (old, new)


def test_what_a_name_stands_for_is_asked_each_time(monkeypatch):
    """A cell run again, a patch in a test: what was seen before or under it must not stay."""
    before = fingerprint_of(PGD(0.1))
    with monkeypatch.context() as patch:
        patch.setattr("robustlib.attacks.pgd.climb", lambda attack, *a: a)
        patched = fingerprint_of(PGD(0.1))
    assert fingerprint_of(PGD(0.1)) == before != patched
    with monkeypatch.context() as patch:
        patch.setattr(PGD, "__call__", lambda self, *a: a)
        assert fingerprint_of(PGD(0.1)) not in (before, patched)
    assert fingerprint_of(PGD(0.1)) == before


def test_fingerprints_of_one_moment_are_those_of_each_alone(monkeypatch):
    values = (PGD(0.1), FGSM(), PGD(0.2, loss=margin), PGD)
    known = Known()
    assert [fingerprint_of(v, known=known) for v in values] == [fingerprint_of(v) for v in values]
    assert id(PGD) in known
    with monkeypatch.context() as patch:  # within the moment nothing is asked again
        patch.setattr("robustlib.attacks.pgd.climb", lambda attack, *a: a)
        assert fingerprint_of(PGD(0.1), known=known) == fingerprint_of(PGD(0.1), known=dict(known))
        assert fingerprint_of(PGD(0.1), known=known) != fingerprint_of(PGD(0.1))


def test_without_source_the_bytecode_counts():
    def typed(text):
        names: dict = {"__name__": "__main__"}
        exec(compile(text, "<stdin>", "exec"), names)
        return names["loss"]

    text = "LIMIT = {0}\ndef helper(v):\n    return v + {1}\ndef loss(v):\n    return helper(v) + {2} + LIMIT"
    first = fingerprint_of(typed(text.format(1, 2, 3)))
    assert first == fingerprint_of(typed(text.format(1, 2, 3)))
    edited = [fingerprint_of(typed(text.format(*at))) for at in ((0, 2, 3), (1, 0, 3), (1, 2, 0))]
    assert len({first, *edited}) == 4
    shape = "def loss(v={0}):\n    return v"
    assert fingerprint_of(typed(shape.format(1))) != fingerprint_of(typed(shape.format(2)))
    shape = "class loss:\n    def __call__(self, v):\n        return v %s 1"
    assert fingerprint_of(typed(shape % "+")) != fingerprint_of(typed(shape % "-"))
    builtins = [fingerprint_of(f) for f in (len, sum)]
    assert all(len(found) == 64 for found in builtins)


def test_numbers_do_not_count_and_functions_do():
    assert fingerprint_of(PGD(0.1)) == fingerprint_of(PGD(0.2, steps=3))
    found = [fingerprint_of(v) for v in (PGD(0.1), PGD(0.1, loss=margin), PGD(0.1, loss=dlr), FGSM(0.1), Noise(0.1))]
    assert len(set(found)) == 5
    assert fingerprint_of(PGD(0.1), Noise(0.1)) not in found


def test_a_name_that_a_function_binds_itself_is_no_constant_of_the_module():
    text = "def loss(x, y):\n    total = x + y\n    return [z for z in (total, LIMIT)]\n"
    names: dict = {}
    import linecache

    def loaded(**constants):
        file = f"<cell {len(linecache.cache)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        names = {"__name__": "__main__"} | constants
        exec(compile(text, file, "exec"), names)
        return names["loss"]

    assert names == {}
    first = fingerprint_of(loaded(LIMIT=1.0, x=1, total=3, z=2))
    assert fingerprint_of(loaded(LIMIT=1.0, x=2, total=4, z=9)) == first
    assert fingerprint_of(loaded(LIMIT=1.5, x=1, total=3, z=2)) != first


PROGRAM = """
import sys
from robustlib.attacks import FGSM, PGD, Noise
from robustlib.evaluation import under_attack
from robustlib.objectives import AdversarialTraining, CrossEntropy
from robustlib.source import fingerprint_of
values = PGD(0.1), AdversarialTraining(PGD(0.1)), Noise(0.1), CrossEntropy(), under_attack
sys.stdout.write(" ".join(map(fingerprint_of, values)))
"""


VALUES = (PGD(0.1), AdversarialTraining(PGD(0.1)), Noise(0.1), CrossEntropy(), under_attack)


def elsewhere(folder: Path, seed: str) -> list[str]:
    """The fingerprints in a process of its own, with the library of that folder."""
    env = os.environ | {"PYTHONPATH": str(folder), "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.slow
def test_an_edit_of_the_library_is_seen_by_what_reaches_it(tmp_path):
    root = Path(__file__).parents[2]
    here = [fingerprint_of(v) for v in VALUES]
    assert elsewhere(root, "1") == elsewhere(root, "2") == here, "the shape checker of the tests changes nothing"
    shutil.copytree(root / "robustlib", tmp_path / "robustlib", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "robustlib" / "attacks" / "climb.py"
    text = path.read_text()
    path.write_text(text.replace('"""', '"""Well: ', 1) + "\n# a remark\n")
    assert elsewhere(tmp_path, "1") == here, "a copy with another docstring is the same"
    line = next(line for line in text.splitlines() if line.startswith("def climb"))
    assert line.startswith("def climb(")
    path.write_text(text.replace("    return ", "    return None or ", 1))
    changed = [a != b for a, b in zip(elsewhere(tmp_path, "1"), here, strict=True)]
    assert changed == [True, True, False, False, False]


def test_what_lies_apart_counts_by_name_only():
    values = (PGD(0.1), CrossEntropy())
    apart = fingerprint_of(*values, apart=("robustlib.attacks.climb", "robustlib.losses"))
    assert apart != fingerprint_of(*values)
    assert apart == fingerprint_of(*values, apart=("robustlib.attacks.climb", "robustlib.losses"))


@pytest.mark.parametrize("wrapper", [staticmethod, classmethod])
def test_a_class_whose_wrapped_is_a_slot_is_not_unwrapped(wrapper):
    assert not callable(wrapper.__wrapped__)
    assert fingerprint_of(wrapper) != fingerprint_of(wrapper(len).__func__)

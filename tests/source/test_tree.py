"""The text of a syntax tree: the same on every Python, another one for other code."""

import ast
import importlib
import inspect
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import robustlib
from robustlib.attacks import PGD
from robustlib.evaluation import under_attack
from robustlib.experiments.standard_suite import StandardSuite
from robustlib.objectives import AT2L
from robustlib.source import fingerprint, tree
from robustlib.source.code import brought_in, followed, tree_of
from robustlib.source.tree import tree_text

ROOT = Path(__file__).parents[2]
SOURCE = """
def said(x, *, spec=""):
    return f"{x['a']:{spec}} {'%'}" if x else -1.5
"""
TEXT = (
    "Module(body=[FunctionDef(name='said', args=arguments(args=[arg(arg='x')], kwonlyargs=[arg(arg='spec')], "
    "kw_defaults=[Constant(value='')]), body=[Return(value=IfExp(test=Name(id='x'), body=JoinedStr(values=["
    "FormattedValue(value=Subscript(value=Name(id='x'), slice=Constant(value='a')), conversion=-1, format_spec="
    "JoinedStr(values=[FormattedValue(value=Name(id='spec'), conversion=-1)])), Constant(value=' '), "
    "FormattedValue(value=Constant(value='%'), conversion=-1)]), orelse=UnaryOp(op=USub(), operand="
    "Constant(value=1.5))))])])"
)
OTHERS = [name for name in ("python3.11", "python3.12", "python3.13") if shutil.which(name)]
PROGRAM = f"""
import ast, hashlib, pathlib, runpy
text = runpy.run_path({str(Path(tree.__file__))!r})["tree_text"]
files = sorted(pathlib.Path({str(ROOT / "robustlib")!r}).rglob("*.py"))
print(hashlib.sha256("".join(text(ast.parse(f.read_text("utf-8"))) for f in files).encode()).hexdigest())
"""


def test_it_is_the_text_that_every_python_tells():
    """Written out once: `ast.unparse` has other quotes on 3.12, `ast.dump` other fields on 3.12 and on 3.13."""
    assert tree_text(ast.parse(SOURCE)) == TEXT


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_another_python_tells_the_whole_library_alike(name):
    def told(python):
        env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return subprocess.run([python, "-c", PROGRAM], env=env, capture_output=True, text=True)

    other = told(name)
    if other.returncode and "not found" in other.stderr + other.stdout:  # pyenv's shim of a Python that is not chosen
        pytest.skip(f"{name} does not start here")
    assert other.stdout == told(sys.executable).stdout != "", other.stderr


@pytest.mark.parametrize("edit", [("-1.5", "1.5"), ("'a'", "'b'"), ("'%'", "'!'"), ("*, ", ""), ("spec}", "spec}x")])
def test_other_code_has_another_text(edit):
    assert edit[0] in SOURCE
    assert tree_text(ast.parse(SOURCE.replace(*edit))) != TEXT


def test_every_class_of_the_library_counts_by_its_source():
    """Not by its bytecode, which differs from one Python to the next, and under the shape checker of the tests."""
    names = [m.name for m in pkgutil.walk_packages(robustlib.__path__, "robustlib.") if "__main__" not in m.name]
    modules = [importlib.import_module(name) for name in names]
    classes = {c for m in modules for c in vars(m).values() if isinstance(c, type) and followed(c.__module__)}
    assert len(classes) > 200
    unread = []
    for found in classes:
        try:
            tree_of(found)
        except (OSError, TypeError, SyntaxError) as error:
            unread.append(f"{found.__module__}.{found.__qualname__}: {error}")
    assert unread == []


def test_no_bytecode_is_in_a_fingerprint_of_the_library(monkeypatch):
    """What `dataclass` makes has none either: its `__repr__` is a function of another name inside another."""
    asked = []
    monkeypatch.setattr(fingerprint, "bytecode", lambda code: asked.append(code.co_qualname))
    fingerprint._text_and_names.cache_clear()
    assert set(brought_in(PGD)) == {"loss"} and set(brought_in(StandardSuite)) == {"target"}
    fingerprint.fingerprint_of(PGD(0.1), StandardSuite((0.1,)), AT2L(PGD(0.1)), under_attack)
    fingerprint._text_and_names.cache_clear()
    assert asked == []


def test_a_default_of_its_own_module_is_seen_and_named(tmp_path, monkeypatch):
    text = "from dataclasses import dataclass\n\n\ndef first(x):\n    return x\n\n\ndef second(x):\n    return x\n\n\n"
    text += (
        "@dataclass\nclass Judged:\n    how: object = first\n\n    def __call__(self, x):\n        return self.how(x)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    def fingerprint(edit=("", "")):
        (tmp_path / "judged.py").write_text(text.replace(*edit) if edit[0] else text)
        sys.modules.pop("judged", None)
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        importlib.invalidate_caches()
        module = importlib.import_module("judged")
        assert inspect.getsource(module.Judged) and tree_of(module.Judged)
        return robustlib.source.fingerprint_of(module.Judged)

    before = fingerprint()
    edits = [("first(x):\n    return x", "first(x):\n    return -x"), ("= first", "= second"), ("self.how(x)", "x")]
    assert len({before, *map(fingerprint, edits)}) == 4
    assert fingerprint(("second(x):\n    return x", "second(x):\n    return -x")) == before
    sys.modules.pop("judged", None)

"""`make mutants`: seed single faults in the code that measures, and list those that no test notices.

A fault is written into a copy of the package, never into the working tree. Then the tests of its own room run, those
named for its file first: what only another room notices is a survivor. `make unit` has to pass before.
"""

import argparse
import ast
import copy
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("experiments", "chapters", "evaluation")
EQUIVALENT, KNOWN = (Path(__file__).with_name(f"{name}.json") for name in ("equivalent_mutants", "known_faults"))
HEAVY = ("torch", "torchvision", "sklearn.metrics", "matplotlib.pyplot", "beartype")  # imported once
BELOW = ("attacks", "datasets", "detectors", "losses", "models", "objectives", "training")

COMPARE = {ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE)}
COMPARE |= {ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,)}
COMPARE |= {ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,)}
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult}
ARITHMETIC |= {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
TWINS = "low/high min/max any/all mean/median amin/amax floor/ceil left/right choices/thresholds correct/fooled"
TWINS += " normal/adversarial caught/refused x/x_adv linf/l2 train/test paper/ours argmin/argmax true/false"
TWIN = {a: b for pair in TWINS.split() for a, b in (pair.split("/"), pair.split("/")[::-1])}


class Fault(NamedTuple):
    """One change: where, and the source before and after."""

    file: str
    line: int
    function: str
    span: tuple[int, int]  # bytes
    before: str
    after: str


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """The node with one fault in it, in every way known here."""

    def changed(**fields: Any) -> ast.AST:
        new = copy.deepcopy(node)
        for name, value in fields.items():
            setattr(new, name, value)
        return new

    match node:
        case ast.Compare():
            for i, op in enumerate(node.ops):
                for other in COMPARE[type(op)]:
                    yield changed(ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
        case ast.BinOp():
            if other := ARITHMETIC.get(type(node.op)):
                yield changed(op=other())
            if isinstance(node.op, ast.Sub) and isinstance(node.left, ast.Constant):
                yield node.right  # 1 - x
        case ast.BoolOp():
            yield changed(op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub()):
            yield node.operand
        case ast.IfExp():
            yield changed(body=node.orelse, orelse=node.body)
        case ast.Constant(value=bool()):
            yield changed(value=not node.value)
        case ast.Constant(value=int()):
            yield changed(value={0: 1, 1: 0}.get(node.value, node.value + 1))
        case ast.Constant(value=float()):
            yield changed(value=1 - node.value if 0 < node.value < 1 and node.value != 0.5 else node.value / 2 + 0.05)
        case ast.Constant(value=str()) if node.value in TWIN:
            yield changed(value=TWIN[node.value])
        case ast.Name(ctx=ast.Load()) if node.id in TWIN:
            yield changed(id=TWIN[node.id])
        case ast.Attribute(ctx=ast.Load()) if node.attr in TWIN:
            yield changed(attr=TWIN[node.attr])
        case ast.Subscript(slice=ast.Constant(value=0)):
            yield changed(slice=ast.Constant(-1))
        case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper)) if (lower is None) != (upper is None):
            yield changed(slice=ast.Slice(upper, lower, node.slice.step))
        case ast.Call(args=several) | ast.Tuple(elts=several, ctx=ast.Load()):
            for i, (a, b) in enumerate(zip(several, several[1:], strict=False)):
                if type(a) is type(b) and isinstance(a, ast.Name | ast.Attribute | ast.Constant | ast.Subscript):
                    swapped = [*several[:i], b, a, *several[i + 2 :]]
                    yield changed(**{"args" if isinstance(node, ast.Call) else "elts": swapped})


def sites(node: ast.AST, function: str = "") -> Iterator[tuple[ast.AST, str]]:
    """What may hold a fault, with its function's qualified name: no docstring, no type, no message."""
    yield node, function.removesuffix(".<locals>")
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        inner = ".<locals>" if isinstance(node, ast.FunctionDef) else ""
        function = f"{function}.{node.name}{inner}".lstrip(".")
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            shown = isinstance(child, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom)
            if isinstance(child, ast.AST) and name not in ("annotation", "returns") and not text and not shown:
                yield from sites(child, function)


def faults(path: Path) -> Iterator[Fault]:
    """Every fault that a file may get."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node, function in sites(ast.parse(source)):
        for new in variants(node):
            span = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
            after = ast.unparse(new) if isinstance(new, ast.Tuple | ast.Constant) else f"({ast.unparse(new)})"
            after = after[1:-1] if isinstance(new, ast.Tuple) and source[span[0] : span[0] + 1] != b"(" else after
            before = source[slice(*span)].decode()
            yield Fault(str(path.relative_to(ROOT)), node.lineno, function, span, before, after)


def known_faults() -> Iterator[Fault]:
    """Those that once survived all tests, named in `known_faults.json`."""
    for e in json.loads(KNOWN.read_text()):
        source, before = (ROOT / e["file"]).read_bytes(), e["before"].encode()
        if (times := source.count(before)) != 1:
            sys.exit(f"{KNOWN.name}: {e['before']!r} must stand once in {e['file']}, and stands there {times} times")
        at = source.index(before)
        yield Fault(e["file"], source[:at].count(b"\n") + 1, "", (at, at + len(before)), e["before"], e["after"])


def in_a_child(folder: Path, tests: list[str], checked: bool, limit: int = 600) -> int:
    """The exit status of test files in a process that has the heavy modules already.

    A loop without end is noticed by its CPU seconds (status -24), which a busy machine does not stretch; a process that
    sleeps for ever by the clock (99).
    """
    if child := os.fork():
        until = time.monotonic() + 10 * limit
        while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < until:
            time.sleep(0.02)
        if ended[0] == 0:
            os.killpg(child, 9)
            os.waitpid(child, 0)
            return 99
        return os.waitstatus_to_exitcode(ended[1])
    status = 98
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        os.environ["ROBUSTLIB_TYPECHECK"] = "1" if checked else "0"
        if not checked:
            sys.meta_path[:] = [finder for finder in sys.meta_path if "jaxtyping" not in type(finder).__module__]
            for name in [name for name in sys.modules if name.split(".")[0] == "robustlib"]:
                del sys.modules[name]
        with (folder / "said.txt").open("w") as said:
            os.dup2(said.fileno(), 1), os.dup2(said.fileno(), 2)
        marked = "not bad_input and not full_data and not gpu and not chromium" if checked else "bad_input"
        plain = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore:Module already imported"]
        plain += ["-o", "addopts=--strict-markers --import-mode=importlib", "-k", "not of_other_code"]
        status = pytest.main([*tests, *plain, "-m", marked])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(int(status))


def copied(folder: Path) -> None:
    """A copy of what the tests of the rooms need, which this process and its children work in from now on."""
    for name in ("robustlib", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("data", "book", "pyproject.toml", "README.md"):
        (folder / name).symlink_to(ROOT / name)
    os.chdir(folder)
    sys.path[:] = [str(folder), *(p for p in sys.path if p not in ("", str(ROOT), str(ROOT / "tests")))]
    os.environ |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg"}
    sys.dont_write_bytecode = True
    sys.path.append(str(folder / "tests"))
    for name in HEAVY:
        import_module(name)
    import_module("typecheck").install()
    for name in BELOW:
        import_module(f"robustlib.{name}")
    assert not [name for name in sys.modules if name.split(".")[:2] in [["robustlib", room] for room in ROOMS]]


def tests_of(file: str) -> list[str]:
    """The test files of the room of a file: of its name, then those that import it, the others, and end-to-end ones.

    A chapter's results ship, and are compared with what its code would build today: that is a test of the chapter.
    """
    path = Path(file)
    room = ROOT / "tests" / path.parent.relative_to("robustlib")
    module, stem = ".".join(path.with_suffix("").parts), path.stem

    def rank(test: Path) -> tuple[bool, bool, bool]:
        return "end_to_end" in test.name, test.stem != f"test_{stem}", module not in test.read_text()

    found = sorted(sorted(room.rglob("test_*.py")), key=rank)
    found += [ROOT / "tests/experiments/test_stored_results.py"] if path.parts[1] == "chapters" else []
    return [str(test.relative_to(ROOT)) for test in found]


def killer(folder: Path, fault: Fault) -> str | None:
    """The test that notices the fault, None for a survivor."""
    target, source = folder / fault.file, (ROOT / fault.file).read_bytes()
    target.write_bytes(source[: fault.span[0]] + fault.after.encode() + source[fault.span[1] :])
    tests = tests_of(fault.file)
    try:
        for checked in (True, False):
            asked = [test for test in tests if checked or "bad_input" in (ROOT / test).read_text()]
            if asked and (status := in_a_child(folder, asked, checked)) not in (0, 5):
                said = (folder / "said.txt").read_text().splitlines()
                told = [line.split(" ", 1)[1].split(" - ")[0] for line in said if line.startswith(("FAILED", "ERROR "))]
                return told[0] if told else f"status {status}"
    finally:
        target.write_bytes(source)
    return None


def main() -> int:
    """Draw, try, tell."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--n", type=int, default=50, help="how many faults")
    ask.add_argument("--only", default="", help="faults of files whose path holds this text, all of them where n is 0")
    ask.add_argument("--skip", type=int, default=0, help="leave out the first of the draw")
    given = ask.parse_args()
    every = [f for room in ROOMS for p in sorted((ROOT / "robustlib" / room).rglob("*.py")) for f in faults(p)]
    reasons = {(e["file"], e["function"], e["before"], e["after"]) for e in json.loads(EQUIVALENT.read_text())}
    if stale := reasons - {(f.file, f.function, f.before, f.after) for f in every}:
        sys.exit(f"{EQUIVALENT.name} lists what is no fault of today's code: {sorted(stale)}")
    every = [f for f in every if given.only in f.file]
    drawn = [f for f in known_faults() if given.only in f.file] if not given.skip else []
    drawn += random.Random(given.seed).sample(every, min(given.n or len(every), len(every)))[given.skip :]
    survivors = equivalent = 0
    with tempfile.TemporaryDirectory() as place:
        copied(folder := Path(place).resolve())
        started = time.monotonic()
        for i, f in enumerate(drawn, 1):
            where = f"{f.file}:{f.line}: {f.before} -> {f.after}"
            if (f.file, f.function, f.before, f.after) in reasons:
                equivalent += 1
                continue
            by = killer(folder, f)
            survivors += by is None
            print(f"{i:3} {'SURVIVED' if by is None else 'killed'} {where}" + (f"  by {by}" if by else ""), flush=True)
        spent = (time.monotonic() - started) / max(1, len(drawn))
    killed = len(drawn) - survivors - equivalent
    print(f"seed {given.seed}: {len(drawn)} of {len(every)} faults drawn, {killed} killed, {equivalent} equivalent, "
          f"{survivors} survived; {spent:.1f} s each")  # fmt: skip
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())

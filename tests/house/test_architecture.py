"""The rooms of the house: who imports whom, what import costs, and what no file may hold."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "robustlib"
FILES = sorted(PACKAGE.rglob("*.py"))

# A room may import itself and the rooms named here. `describe` says any configured value as plain data, `files` writes
# and reads, `source` tells an edited objective from the old one, `door` checks what comes in, and `gradient` is the one
# place that asks a model: it has to know the library's own.
WORDS = {"interfaces", "describe", "files", "source", "door", "precision"}
GROUND = WORDS | {"geometry", "modes", "gradient", "jacobian", "losses", "models", "datasets"}
ROOMS = {
    "interfaces": set(),
    "describe": set(),
    "files": set(),
    "source": {"describe"},
    "door": {"interfaces"},
    "precision": set(),
    "geometry": {"interfaces"},
    "modes": {"interfaces"},
    "gradient": {"interfaces", "door", "modes", "precision", "models"},
    "jacobian": {"interfaces", "geometry"},
    "losses": {"interfaces"},
    "models": {"interfaces", "files", "precision"},
    "datasets": WORDS,
    "attacks": GROUND,
    "detectors": GROUND,
    "objectives": GROUND,
    "training": GROUND,  # objectives reach it as values
    "evaluation": GROUND | {"attacks"},  # the report card attacks by itself; detectors reach it as values
    "labs": GROUND | {"attacks", "evaluation"},  # detectors reach it as values
    "experiments": GROUND | {"attacks", "detectors", "objectives", "training", "evaluation", "labs"},
    "chapters": GROUND | {"attacks", "detectors", "objectives", "training", "evaluation", "labs", "experiments"},
    "__main__": {"experiments", "evaluation", "figures.page"},
    "figures.page": {"interfaces", "files", "evaluation"},
    "figures.plots": {"interfaces", "evaluation", "figures.page"},
    "figures.toys": {"interfaces", "evaluation", "losses", "detectors", "figures.page", "figures.plots"},
    "figures": {"figures.page", "figures.plots", "figures.toys"},  # the list of names that notebooks import
}
DRAWN = {"figures.plots", "figures.toys"}  # the rooms that matplotlib belongs to
HEAVY = {"matplotlib", "sklearn", "ipywidgets", "torchvision", "IPython"}
LONGER: dict[str, int] = {}  # file: lines it may have; the rest stay within 150
BANNED_NAMES = {"utils", "util", "helpers", "common", "core", "misc", "tools"}


def room_named(module: str) -> str:
    """The room of a module, by its name without `robustlib.`: the longest one that ROOMS knows, else its first part."""
    parts = module.split(".")
    known = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((room for room in known if room in ROOMS), parts[0])


def room_of(path: Path) -> str:
    return room_named(".".join(path.relative_to(PACKAGE).with_suffix("").parts))


def imports(tree: ast.Module, top_only: bool = False) -> set[str]:
    """Dotted names imported anywhere in a module, or only while it is itself imported."""
    found: set[str] = set()
    nodes = list(ast.walk(tree))
    if top_only:
        inside = {id(n) for f in nodes if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(f)}
        nodes = [node for node in nodes if id(node) not in inside]
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "robustlib" else set()
    return found


def identify(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def offenders(judge: Callable[[Path], object]) -> dict[str, object]:
    """The files for which the judge finds something."""
    found = {identify(path): judge(path) for path in FILES}
    assert len(found) > 50, "the package was not found"
    return {name: what for name, what in found.items() if what}


def test_rooms_import_only_what_lies_below() -> None:
    def beyond(path: Path) -> set[str]:
        room = room_of(path)
        own = (name.removeprefix("robustlib.") for name in imports(tree_of(path)) if name.startswith("robustlib."))
        named = {room_named(name) for name in own}
        if room == "__init__":
            return named
        assert room in ROOMS, f"a new room: say in ROOMS what {room} may import"
        return (named & set(ROOMS)) - ROOMS[room] - {room}

    assert not offenders(beyond)


def test_a_house_of_rooms_holds_no_file_of_its_own() -> None:
    """What is in `figures` is in one of its rooms."""
    houses = {room.partition(".")[0] for room in ROOMS if "." in room}
    assert not [path for house in houses for path in (PACKAGE / house).glob("*.py") if path.name != "__init__.py"]


def test_the_room_of_a_module_is_the_smallest_that_holds_it() -> None:
    held = {"figures": "figures", "figures.__init__": "figures", "figures.toys.budget": "figures.toys"}
    held |= {
        "figures.page": "figures.page",
        "attacks.pgd": "attacks",
        "interfaces": "interfaces",
        "__init__": "__init__",
    }
    assert {module: room_named(module) for module in held} == held


def test_map_of_rooms_has_no_circle() -> None:
    placed: set[str] = set()
    while len(placed) < len(ROOMS):
        ready = {room for room, below in ROOMS.items() if room not in placed and below <= placed | {room}}
        assert ready, f"circle among {sorted(set(ROOMS) - placed)}"
        placed |= ready


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    def heavy(path: Path) -> set[str]:
        allowed = {"matplotlib"} if room_of(path) in DRAWN else set()
        return ({name.split(".")[0] for name in imports(tree_of(path), top_only=True)} & HEAVY) - allowed

    assert not offenders(heavy)


def test_files_are_short_and_named_for_a_concept() -> None:
    def wrong(path: Path) -> object:
        lines = len(path.read_text().splitlines())
        return {path.stem, path.parent.name} & BANNED_NAMES or (lines > LONGER.get(identify(path), 150) and lines)

    assert not offenders(wrong)


def test_no_smells() -> None:
    def smells(path: Path) -> list[str]:
        found = re.findall(r"\b(?:TODO|FIXME|XXX)\b|from __future__ import annotations", path.read_text())
        for node in ast.walk(tree_of(path)):
            match node:
                case ast.Call(func=ast.Name(id="print" | "eval" | "exec" | "breakpoint" as name)):
                    found.append(name)
                case ast.Call(func=ast.Attribute(attr="cuda")):
                    found.append(".cuda()")
                case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name("NotImplementedError"))):
                    found.append("raise NotImplementedError")
        return found

    assert not offenders(smells)


def test_only_one_room_opens_files() -> None:
    """Whatever reads or writes a file goes through `robustlib.files`, where damage and full disks are seen to."""
    calls = {
        "open",
        "read_text",
        "write_text",
        "read_bytes",
        "write_bytes",
        "save_file",
        "load_file",
        "savez",
        "savez_compressed",
    }

    def opens(path: Path) -> list[str]:
        if room_of(path) == "files":
            return []
        found = []
        for node in ast.walk(tree_of(path)):
            match node:
                case ast.Call(func=ast.Name(id="open")):
                    found.append("open")
                case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr="save" | "load")):
                    found.append("torch.save or torch.load")
                case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="load" | "save")):
                    found.append("np.load or np.save")
                case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in calls:
                    found.append(f"{ast.unparse(value)}.{name}")
        allowed = {
            "robustlib/__main__.py": ["os.open"],  # the null device
            "robustlib/datasets/archive.py": ["np.savez"],  # into a file of `whole`
            "robustlib/datasets/photographs.py": ["Image.open"],  # of bytes that `read_bytes` read
            "robustlib/figures/page/assets.py": ["folder.joinpath(name).read_text"],  # of the package
            "robustlib/figures/page/picture.py": ["Image.open"],  # of bytes in memory
            "robustlib/figures/plots/canvas.py": ["Image.open"],  # the same
            "robustlib/source/code.py": ["Path(file).read_bytes"],  # source, which Python itself has read
        }
        return found if found != allowed.get(identify(path), []) else []

    assert not offenders(opens)


def test_every_public_name_says_what_it_does() -> None:
    def silent(path: Path) -> list[str]:
        tree = tree_of(path)
        nodes = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name[0] != "_"]
        return [n.name for n in nodes if not ast.get_docstring(n)] + ["module"] * (not ast.get_docstring(tree))

    assert not offenders(silent)


def test_every_exported_name_exists() -> None:
    exported = {}
    for init in PACKAGE.glob("*/__init__.py"):
        for node in ast.walk(ast.parse(init.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("robustlib"):
                exported |= {f"{init.parent.name}.{alias.asname or alias.name}": node.module for alias in node.names}
    code = "import importlib\nfor name in %r:\n    room, name = name.split('.')\n"
    code += "    getattr(importlib.import_module('robustlib.' + room), name)"
    assert exported
    subprocess.run([sys.executable, "-c", code % sorted(exported)], check=True, cwd=ROOT)


def test_every_objective_is_exported() -> None:
    """The general tests go through what is exported: what is not, nothing else would miss."""
    exported = (PACKAGE / "objectives" / "__init__.py").read_text()

    def hidden(path: Path) -> list[str]:
        if room_of(path) != "objectives":
            return []
        calls = {
            node.name
            for node in tree_of(path).body
            if isinstance(node, ast.ClassDef)
            for part in node.body
            if isinstance(part, ast.FunctionDef) and part.name == "__call__" and part.returns is not None
            if ast.unparse(part.returns) == "Terms"
        }
        return sorted(name for name in calls if f" as {name}\n" not in exported)

    assert not offenders(hidden)


def test_every_chapter_has_joined_shows_its_tables_and_is_tested() -> None:
    import robustlib.chapters  # noqa: F401 (they join the registry)
    from robustlib.experiments import registry

    joined = {chapter.name: chapter for chapter in registry.chapters()}
    folders = sorted(path.parent for path in (PACKAGE / "chapters").glob("*/__init__.py"))
    for folder in folders:
        name = folder.name
        assert name in joined, f"{name} is not in the import or not in the line of robustlib/chapters/__init__.py"
        for part in ("end_to_end", "tables"):
            assert (ROOT / f"tests/chapters/{name}/test_{part}.py").is_file(), f"{name} has no test_{part}.py"
        for part in folder.glob("*tables.py"):
            module = importlib.import_module(f"robustlib.chapters.{name}.{part.stem}")
            made = {f for f in vars(module).values() if inspect.isfunction(f) and makes_table(f, module.__name__)}
            hidden = {f.__name__ for f in made - set(joined[name].tables.values())}
            assert not hidden, f"{hidden} of {part.name} are not in the `tables` of the __init__.py of {name}"


def makes_table(function: Any, module: str) -> bool:
    """Whether it is written there and gives a table when it is given nothing."""
    signature = inspect.signature(function)
    if function.__module__ != module or any(p.default is p.empty for p in signature.parameters.values()):
        return False
    return getattr(signature.return_annotation, "__name__", "") in ("Table", "TextTable")


# Networks of whose rows none says "worst case of the suite": detectors' and shorter readings of another network.
WITHOUT_SUITE = {"dundi-mnist-feinman", "dundi-cifar10-feinman", "dundi-mnist-r1-18k", "dundi-mnist-r1-180k"}
WITHOUT_SUITE |= {"input-mnist-gan"}  # a generator and its critic

OUTER_ITERATION = r"^at2l-.*-[12]$"  # of AT2L's algorithms; the suite is on the last one, the third


def test_every_network_meets_the_standard_suite() -> None:
    import robustlib.chapters  # noqa: F401 (they join the registry)
    from robustlib.experiments import registry
    from robustlib.experiments.standard_suite import StandardSuite

    met = {m.of for m in registry.measurements().values() if isinstance(m.evaluate, StandardSuite)}
    lacking = {name for name in set(registry.experiments()) - met if not re.search(OUTER_ITERATION, name)}
    assert lacking == WITHOUT_SUITE, "give it the suite in its chapter's measures.py"


def rooms_without_figures() -> str:
    drawing = {room for room in ROOMS if room.partition(".")[0] == "figures"}
    names = [room for room in ROOMS if room not in drawing and any(room_of(path) == room for path in FILES)]
    return ", ".join(f"robustlib.{name}" for name in names)


def test_import_needs_only_the_runtime_packages() -> None:
    """And nothing of torch that torch itself leaves for later, as its compiler: that is what makes an import slow.

    How long it takes beside torch's own import is `make bench`.
    """
    runtime = "torch, numpy, jaxtyping, safetensors.torch, tqdm.auto"
    code = f"import sys, {runtime}\nbefore = set(sys.modules)\nimport {rooms_without_figures()}\n"
    code += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    added = [name for name in done.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names | {"robustlib"}]
    assert "robustlib.experiments" in done.stdout.split() and not added, f"import robustlib pulls in {added}"

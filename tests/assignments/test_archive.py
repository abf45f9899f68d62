"""What the autograder archive gets beyond otter's, on scripts as otter 7 writes them. No image is built here."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from book.labs import archive

SETUP = "set -e\napt-get update\n\nmamba env create -f /autograder/source/environment.yml\nmamba shell init\n"
RUN = "#!/bin/bash\nmamba activate otter-env\npython /autograder/source/run_otter.py\n"


def test_torch_comes_from_the_index_of_cpu_wheels_before_the_library() -> None:
    lines = archive.setup(SETUP, "robustlib-1-py3-none-any.whl").split("\n")
    made, torch, copied, library = (next(i for i, line in enumerate(lines) if words in line) for words in WORDS)
    assert made < torch < copied < library
    assert "torchvision==" in lines[torch] and lines[torch].endswith("--index-url https://download.pytorch.org/whl/cpu")
    assert "/autograder/source/requirements.whl /tmp/robustlib-1-py3-none-any.whl" in lines[copied]
    subprocess.run(["bash", "-n", "-c", "\n".join(lines)], check=True)


WORDS = ("mamba env create", "pip install torch==", "cp /autograder", 'pip install "/tmp/robustlib-1')


def test_scripts_that_otter_no_longer_writes_are_told() -> None:
    with pytest.raises(ValueError, match="makes no environment any more"):
        archive.setup("conda env create\n", "robustlib-1.whl")
    with pytest.raises(ValueError, match=r"does not call run_otter\.py"):
        archive.limited("python elsewhere.py\n", 5)


@pytest.mark.parametrize(
    ("program", "wanted"),
    [("import time; time.sleep(100)", '"score": 0'), ("open('results/results.json', 'w').write('mine')", "mine")],
)
def test_a_notebook_that_does_not_end_gets_no_points(program: str, wanted: str, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "source" / "run_otter.py").write_text(program)
    script = archive.limited(RUN, 2).replace("mamba activate otter-env\n", "").replace("/autograder", str(tmp_path))
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, timeout=60)
    assert done.returncode == 0 and wanted in (tmp_path / "results" / "results.json").read_text()


def test_the_archive_is_otters_with_the_wheel_and_has_no_date_in_its_name(tmp_path: Path) -> None:
    made, library, out = tmp_path / "x_2026.zip", tmp_path / "robustlib-1-py3-none-any.whl", tmp_path / "x.zip"
    library.write_bytes(b"\x00wheel")
    with zipfile.ZipFile(made, "w") as file:
        for name, text in (("setup.sh", SETUP), ("run_autograder", RUN), ("tests/q.py", "# hidden")):
            file.writestr(name, text)
    archive.finish(made, library, 7, out)
    with zipfile.ZipFile(out) as file:
        assert file.read("requirements.whl") == b"\x00wheel" and file.read("tests/q.py") == b"# hidden"
        assert b"timeout --kill-after=10 7 python" in file.read("run_autograder")
        assert b"whl/cpu" in file.read("setup.sh")
    assert not made.exists()

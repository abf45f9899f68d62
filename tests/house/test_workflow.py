"""The workflow of a public host: pinned, with few rights, and every step of it something that also runs here."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / ".github" / "workflows" / "book.yml"
TEXT = FILE.read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load(TEXT)
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
STEPS = [(name, step) for name, job in JOBS.items() for step in job["steps"]]
COMMANDS = [pytest.param(step["run"], id=f"{name}-{step['run'][:30]}") for name, step in STEPS if "run" in step]


def triggers() -> dict[str, Any]:
    return WORKFLOW.get("on") or WORKFLOW[True]  # YAML 1.1 reads the word `on` as true


def test_there_is_one_workflow() -> None:
    assert sorted(path.name for path in FILE.parent.iterdir()) == ["book.yml"]


def test_every_action_is_pinned_by_commit_and_says_which_release_that_is() -> None:
    used = re.findall(r"^ *(?:- )?uses: (.+)$", TEXT, flags=re.MULTILINE)
    assert len(used) == sum("uses" in step for _, step in STEPS) > 5
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
    assert len({action.split("@")[0] for action in used}) == len(set(used)), "one action in two releases"


def test_a_job_has_no_right_that_it_does_not_use() -> None:
    assert WORKFLOW["permissions"] == {}
    asked = {name: job["permissions"] for name, job in JOBS.items()}
    assert {name for name, rights in asked.items() if "write" in rights.values()} == {
        "publish-pages",
        "release",
        "pypi",
    }
    for name, rights in asked.items():
        checks_out = any("actions/checkout" in step.get("uses", "") for step in JOBS[name]["steps"])
        assert not (checks_out and "write" in rights.values()), (
            f"{name} runs the repository's code with a right to write"
        )
    assert "secrets." not in TEXT and "pull_request_target" not in TEXT
    assert all(step["with"]["persist-credentials"] is False for _, step in STEPS if "checkout" in step.get("uses", ""))


def test_python_versions_are_those_of_the_package() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["classifiers"]
    supported = re.findall(r"Python :: (3\.\d+)", "\n".join(said))
    assert JOBS["test"]["strategy"]["matrix"]["python"] == supported and len(supported) == 3


def test_what_runs_when() -> None:
    assert set(triggers()) == {"push", "pull_request", "schedule", "workflow_dispatch"}
    (weekly,) = triggers()["schedule"]
    minute, hour, day, month, weekday = weekly["cron"].split()
    assert (day, month) == ("*", "*") and minute.isdigit() and hour.isdigit() and weekday.isdigit()
    main = "github.ref == 'refs/heads/main' && github.event_name == 'push'"
    assert JOBS["publish-pages"]["if"] == main and set(JOBS["publish-pages"]["needs"]) == {"test", "pages"}
    assert "schedule" in JOBS["colab-notebooks"]["if"] and "colab-images/public/" in JOBS["colab"]["container"]["image"]
    assert triggers()["push"]["tags"] == ["v*"] and "refs/tags/v" in JOBS["release-files"]["if"]
    assert JOBS["release"]["needs"] == ["release-files"] and JOBS["release-files"]["needs"] == ["test"]
    assert JOBS["pypi"]["if"] == "vars.PUBLISH_TO_PYPI == 'true'"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_step_is_a_command_that_bash_can_read(command: str) -> None:
    assert "${{" not in command, "a value of the host is text in the command; hand it over in env"
    done = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_step_names_targets_and_files_that_exist(command: str) -> None:
    for words in re.findall(r"^make (.+)$", command, flags=re.MULTILINE):
        targets = [word for word in words.split() if "=" not in word]
        outside = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        dry = subprocess.run(["make", "-n", *targets], cwd=ROOT, capture_output=True, text=True, env=outside)
        assert dry.returncode == 0, dry.stderr
    for script in re.findall(r"\bpython3? ([\w/]+\.py)", command):
        assert (ROOT / script).is_file(), script


@pytest.mark.parametrize(
    "words",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", FILE],
        ["zizmor", "--offline", "--pedantic", "--no-progress", FILE],
        ["check-jsonschema", "--builtin-schema", "vendor.citation-file-format", ROOT / "CITATION.cff"],
    ],
    ids=lambda words: f"{words[0]}-{words[-1].name}",
)
def test_linters_find_nothing(words: list[Any]) -> None:
    tool = shutil.which(words[0], path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if tool is None:
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run([tool, *words[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_issue_forms_say_what_they_are_for() -> None:
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md"))
    for form in forms:
        head = yaml.safe_load(form.read_text(encoding="utf-8").split("---")[1])
        assert head["name"] in (ROOT / "SUPPORT.md").read_text(encoding="utf-8") and head["about"]
    assert len(forms) == 2

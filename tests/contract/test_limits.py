"""The numbers the architecture lives by: sizes of files and functions, and a sentence at the top of each file."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

THIS = Path(__file__).resolve()
ROOT = THIS.parents[2]
INSTALLED = ("/opt/pileus", "/etc/pileus", "/var/lib/pileus")  # the product's own places, which it may name
LISTED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()  # fmt: skip
FILES = [Path(name) for name in LISTED if (ROOT / name).is_file()]
PYTHON = [f for f in FILES if f.suffix == ".py" and "migrations/versions" not in str(f)]
MODULES = [f for f in PYTHON if f.parts[0] == "roles" and f.parent.name == "library"]
TASKS = [f for f in FILES if f.suffix == ".yml" and f.parent.name in ("tasks", "handlers") and f.parts[0] == "roles"]
PLAYBOOKS = [f for f in FILES if f.parts[0] == "playbooks" and f.suffix == ".yml"]
RESOURCE_PLAYBOOKS = [f for f in PLAYBOOKS if len(f.parts) == 3 and f.parts[1] != "rollout"]


def lines(path: Path) -> list[str]:
    return (ROOT / path).read_text().splitlines()


@pytest.mark.parametrize(
    ("files", "limit"), [(PYTHON, 400), (MODULES, 250), (TASKS, 60), (RESOURCE_PLAYBOOKS, 30)],
    ids=["Python files", "modules", "task files", "resource playbooks"],
)  # fmt: skip
def test_no_file_is_too_long(files, limit):
    assert {str(f): len(lines(f)) for f in files if len(lines(f)) > limit} == {}


def test_no_function_is_longer_than_fifty_lines():
    long = {}
    for path in PYTHON:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 50:
                    long[f"{path}:{node.name}"] = length
    assert long == {}


def test_every_python_file_opens_with_a_sentence():
    silent = [str(f) for f in PYTHON if (ROOT / f).read_text().strip() and not opens_with_words(f)]
    assert silent == []


def opens_with_words(path: Path) -> bool:
    text = (ROOT / path).read_text()
    return ast.get_docstring(ast.parse(text)) is not None or text.lstrip().startswith("#")


def test_every_playbook_and_task_file_opens_with_a_comment():
    files = [f for f in FILES if f.suffix == ".yml" and (f.parts[0] == "playbooks" or f.parent.name == "tasks")]
    assert [str(f) for f in files if not lines(f)[1].startswith("#")] == []


def test_nothing_in_the_project_names_the_machine_it_was_written_on():
    here = [place for place in (ROOT, ROOT.parent / "shared") if len(place.parts) > 2 and str(place) not in INSTALLED]
    named = [re.compile(rf"(?<![\w.-]){re.escape(str(place))}(?![\w-])") for place in here]
    assert [f"{path}: {found[0]}" for path, text in texts() for place in named if (found := place.search(text))] == []


def test_nothing_is_left_to_do_and_packages_come_from_no_fixed_host():
    words = ("TODO", "FIXME", "deb.debian.org", "pypi.org")
    found = [f"{path}: {word}" for path, text in texts() if ROOT / path != THIS for word in words if word in text]
    assert found == []


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that holds text, and the text."""
    for path in FILES:
        try:
            yield path, (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue

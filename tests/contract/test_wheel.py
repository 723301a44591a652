"""An installed Pileus is whole: playbooks, roles, templates and migrations travel inside the wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


FOLDERS = ("playbooks", "roles", "templates")


def test_the_wheel_holds_all_that_a_worker_runs_and_the_api_renders(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    listed = subprocess.run(["git", "ls-files", "-z", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = [f"pileus/{name}" for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    for folder in FOLDERS:
        assert any(name.startswith(f"pileus/{folder}/") for name in wanted), folder
    missing = [name for name in [*wanted, "pileus/ansible.cfg", "pileus/migrations/env.py"] if name not in names]
    assert missing == []

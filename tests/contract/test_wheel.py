"""An installed Pileus is whole: playbooks, roles, templates and migrations travel inside the wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_holds_all_that_a_worker_runs(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    wanted = [
        f"pileus/{file.relative_to(ROOT)}"
        for folder in ("playbooks", "roles")
        for file in (ROOT / folder).rglob("*.yml")
    ]
    missing = [name for name in [*wanted, "pileus/ansible.cfg", "pileus/migrations/env.py"] if name not in names]
    assert missing == []

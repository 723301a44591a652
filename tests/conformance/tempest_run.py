"""Runs an unmodified Tempest over named tests and tells how each ended."""

import configparser
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import subunit
import testtools

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent


class Tally(testtools.StreamResult):
    """Remembers how each test ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[str, str] = {}

    def status(self, test_id: str | None = None, test_status: str | None = None, **_: object) -> None:
        """One event of the stream; "exists" and "inprogress" are no ends."""
        if test_id and test_status in ("success", "fail", "skip", "xfail", "uxsuccess"):
            self.ended[strip(test_id)] = test_status


def strip(test_id: str) -> str:
    """A test's name without its tags: ``a.b.test_c[id-...,smoke]`` -> ``a.b.test_c``."""
    return test_id.partition("[")[0]


def run(names: list[str], values: dict[str, str], workers: int) -> dict[str, str]:
    """Run tests by name on the cloud that `values` describe; how each ended, and each class that failed as a whole."""
    with tempfile.TemporaryDirectory(prefix="pileus-conform-") as folder:
        home = Path(folder)
        config = _configuration(home, values)
        wanted = home / "wanted.txt"
        wanted.write_text("".join(f"^{re.escape(name)}(\\[|$)\n" for name in names))
        environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": folder}  # Tempest keeps lists there
        workspace = home / "workspace"
        tempest = str(BIN / "tempest")
        subprocess.run([tempest, "init", str(workspace)], env=environment, check=True, capture_output=True)
        command = [tempest, "run", "--config-file", str(config), "--include-list", str(wanted)]
        command += ["--concurrency", str(workers)] if workers > 1 else ["--serial"]
        subprocess.run(command, cwd=workspace, env=environment, check=False)
        last = [str(BIN / "stestr"), "last", "--subunit"]
        return _read(subprocess.run(last, cwd=workspace, env=environment, capture_output=True, check=False).stdout)


def _configuration(home: Path, values: dict[str, str]) -> Path:
    """tempest.conf out of the template beside this file."""
    text = (HERE / "tempest.conf.in").read_text()
    for name, value in {**values, "WORKSPACE": str(home)}.items():
        text = text.replace(f"@{name}@", value)
    left = re.findall(r"@[A-Z_]+@", text)
    assert not left, f"nothing is known about {', '.join(left)}"
    configparser.RawConfigParser().read_string(text)  # a typo in the template is found here
    file = home / "tempest.conf"
    file.write_text(text)
    return file


def _read(stream: bytes) -> dict[str, str]:
    tally = Tally()
    with tempfile.TemporaryFile() as file:
        file.write(stream)
        file.seek(0)
        subunit.ByteStreamToStreamResult(file).run(tally)
    return tally.ended

"""Plays against control hosts that are folders of this machine, and what ansible-playbook says of them."""

import grp
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent


def play(inventory: Path, playbook: Path, *more: str, **variables: object) -> subprocess.CompletedProcess[str]:
    """Run a playbook from the root of the project; a failure is for the caller to look at."""
    command = [
        str(PROGRAMS / "ansible-playbook"),
        "-i",
        str(inventory),
        *more,
        "-e",
        json.dumps(variables),
        str(playbook),
    ]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "HOME": str(inventory.parent)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def recap(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, int]]:
    """The play recap, as {host: {"changed": ...}}."""
    lines = done.stdout.partition("PLAY RECAP")[2].splitlines()[1:]
    rows = (line.partition(":") for line in lines if ":" in line)
    return {
        name.strip(): {word.split("=")[0]: int(word.split("=")[1]) for word in rest.split()} for name, _, rest in rows
    }


def here() -> dict[str, object]:
    """Variables of a control host that is this machine and this user."""
    me = pwd.getpwuid(os.geteuid())
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "pileus_keys_owner": me.pw_name,
        "pileus_keys_group": grp.getgrgid(me.pw_gid).gr_name,
    }

"""Runs commands of the unmodified `openstack` client in copies of one process, as starting it anew costs a second for each.

Started as a program it reads requests as JSON lines (argv, environment) and answers each with one (code, out, err).
"""

import io
import json
import logging
import os
import shlex
import subprocess
import sys
import tempfile
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it wrote."""

    command: str
    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What a command with `-f json` has shown."""
        assert self.code == 0, self
        return json.loads(self.out)


class OpenStack:
    """The client as a person at a terminal has it: an environment, and commands."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, command: str, environment: dict[str, str] | None = None) -> Answer:
        """Run what stands after `openstack` on a command line; `environment` replaces the usual one."""
        assert self.process.stdin and self.process.stdout
        request = {"argv": shlex.split(command), "environment": environment or self.environment}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Answer(command, **json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self.process.communicate(timeout=20)


def _run(argv: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """One command in a copy of this process, as the client remembers in classes who has logged in."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.environ.update(environment)
            os._exit(_client(argv))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return {"code": code, "out": out.read(), "err": err.read()}


def _client(argv: list[str]) -> int:
    """The client's own program; how a process would end."""
    sys.argv, sys.stdin = ["openstack", *argv], io.StringIO()
    try:
        code: Any = shell.main(argv)
    except SystemExit as exit:  # argparse ends so when the command line makes no sense
        code = exit.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def _warm_up() -> None:
    """Load what every command loads, by two that reach nobody."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        del os.environ[name]
    for point in entry_points(group="openstack.identity.v3"):
        point.load()
    nowhere = ["--os-auth-url", "http://127.0.0.1:9", "--os-username", "nobody", "--os-password", "nothing"]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        _client(["help", "catalog", "list"])
        _client([*nowhere, "--os-project-name", "none", "--os-identity-api-version", "3", "catalog", "list"])
    logging.getLogger().handlers.clear()


if __name__ == "__main__":
    from openstackclient import shell

    requests = sys.stdin
    _warm_up()
    for line in requests:
        print(json.dumps(_run(**json.loads(line))), flush=True)

"""Pileus' API as processes of its own, with its own state and database and no hosts: what clients are tried against."""

import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ports import free_port
from private_postgresql import end_with_parent, postgresql

PROGRAM = Path(sys.executable).with_name("pileus")
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class PrivateCloud:
    """Where the API answers, and how its administrator logs in."""

    url: str
    password: str
    home: Path

    @property
    def auth_url(self) -> str:
        """Where identity answers."""
        return f"{self.url}/identity/v3"

    def environment(self, **changes: str) -> dict[str, str]:
        """What the `openstack` client reads; without changes it is the administrator of the project admin."""
        return {
            "OS_AUTH_URL": self.auth_url,
            "OS_USERNAME": "admin",
            "OS_PASSWORD": self.password,
            "OS_PROJECT_NAME": "admin",
            "OS_USER_DOMAIN_ID": "default",
            "OS_PROJECT_DOMAIN_ID": "default",
            "OS_REGION_NAME": "RegionOne",
            "OS_IDENTITY_API_VERSION": "3",
        } | changes


@contextmanager
def private_cloud(database: str = "sqlite", processes: int = 2, **settings: object) -> Iterator[PrivateCloud]:
    """`pileus api` after a bootstrap, on "sqlite" or "postgresql"; further settings as in pileus.toml."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pileus-private-")))
        here = f"127.0.0.1:{free_port()}"
        chosen: dict[str, object] = {
            "state_dir": str(home / "state"),
            "public_url": f"http://{here}",
            "bind": here,
            "api_processes": processes,
            "inventory": "localhost,",
        }
        if database == "postgresql":
            chosen["database_url"] = stack.enter_context(postgresql())
        config = home / "pileus.toml"
        config.write_text("".join(f"{name} = {_toml(value)}\n" for name, value in (chosen | settings).items()))
        made = PrivateCloud(f"http://{here}", secrets.token_hex(8), home)
        stack.enter_context(served(made, [str(PROGRAM), "--config", str(config)]))
        yield made


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int | float) else f'"{value}"'


@contextmanager
def served(cloud: PrivateCloud, pileus: list[str]) -> Iterator[None]:
    """Run `pileus api` of that command line, after a bootstrap, as long as the context lasts."""
    for command, words in (["db", "upgrade"], ""), (["bootstrap"], cloud.password):
        done = subprocess.run([*pileus, *command], capture_output=True, input=words, text=True, check=False)
        assert done.returncode == 0, f"pileus {' '.join(command)}: {done.stderr}"
    with (cloud.home / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [*pileus, "api"],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - the tests fork from one thread
        )
        try:
            _wait(cloud, process)
            yield
        finally:
            process.terminate()
            process.wait(30)


def _wait(cloud: PrivateCloud, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{cloud.url}/healthz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            said = (cloud.home / "api.log").read_text()
            assert process.poll() is None and time.monotonic() < until, f"the API does not start: {said}"
            time.sleep(0.1)

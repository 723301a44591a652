"""A real OpenID provider as a private process, for the tests that log in by one."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from certificates import authority

HERE = Path(__file__).resolve().parent / "openid"
CACHE = HERE.parents[1] / ".cache"


@dataclass
class OpenIDProvider:
    """A running provider; its people and clients are in openid/provider.mjs."""

    issuer: str
    ca_file: Path
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)

    def token(self, client: str, person: str = "", scope: str = "openid") -> str:
        """An access token of a client, or of a person by that client."""
        form = {"grant_type": "client_credentials"}
        if person:
            form = {"grant_type": "password", "username": person, "password": f"{person}-secret", "scope": scope}
        return str(self.post("/token", data=form, auth=(client, f"{client}-secret")).json()["access_token"])

    def register(self, redirect: str, **more: Any) -> dict[str, Any]:
        """A new client for the authorization code flow (RFC 7591): its "client_id" and "client_secret"."""
        return dict(self.post("/reg", json={"redirect_uris": [redirect], **more}).json())

    def post(self, path: str, **more: Any) -> requests.Response:
        answer = requests.post(f"{self.issuer}{path}", verify=str(self.ca_file), timeout=20, **more)
        assert answer.ok, answer.text
        return answer


@contextmanager
def running(folder: Path) -> Iterator[OpenIDProvider]:
    """A provider with a certificate of its own, as long as the context lasts; what it needs lies in `folder`."""
    modules = _modules()
    ours = authority("Tests' authority")
    ours.write(folder / "ca.pem")
    ours.certify(folder / "cert.pem", folder / "key.pem")
    script = modules / "provider.mjs"
    process = subprocess.Popen(
        ["node", str(script), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        issuer = process.stdout.readline().strip()
        assert issuer, "the OpenID provider did not start"
        yield OpenIDProvider(issuer, folder / "ca.pem", process)
    finally:
        process.kill()
        process.wait()


def _modules() -> Path:
    """The folder with the provider and the packages it needs, installed at the versions of the lock file."""
    stamp = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in sorted(FILES))).hexdigest()[:16]
    folder = CACHE / f"openid-{stamp}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "openid.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            work = CACHE / "openid.new"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            for name in FILES:
                shutil.copy(HERE / name, work)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=work, check=True, capture_output=True, timeout=600)
            work.rename(folder)
    return folder


FILES = ("package.json", "package-lock.json", "provider.mjs")

"""A real OpenID provider as a private process, for the tests that log in by one."""

import datetime as dt
import fcntl
import hashlib
import ipaddress
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    _certificate(folder)
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


def _certificate(folder: Path) -> None:
    """A certificate authority, and a certificate for 127.0.0.1 by it."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("Tests' authority", "127.0.0.1")]
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    for number, file in enumerate(("ca.pem", "cert.pem")):
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[number])
            .issuer_name(names[0])
            .public_key(keys[number].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + dt.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=number == 0, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[number].public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False)
        )
        if number == 0:
            usage = dict.fromkeys(USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
            builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        else:
            names_of = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
            builder = builder.add_extension(names_of, critical=False)
        signed = builder.sign(keys[0], hashes.SHA256())
        (folder / file).write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        keys[1].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

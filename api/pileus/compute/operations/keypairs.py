"""Rules of keypairs: public keys are imported, or made here with the private key shown once."""

import base64
import binascii
import datetime as dt
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from pileus.compute.models import Keypair
from pileus.compute.quota import QUOTA
from pileus.core.context import Context
from pileus.core.db import now
from pileus.core.errors import BadRequest, Conflict, Forbidden, NotFound

KEY_TYPES = ("ssh-", "ecdsa-", "sk-")


def of_user(user_id: str) -> Select[Keypair]:
    """The keypairs of a user."""
    return select(Keypair).where(Keypair.user_id == user_id)


def find_keypair(session: Session, user_id: str, name: str) -> Keypair:
    """One keypair by name; raises NotFound."""
    found: Keypair | None = session.scalar(of_user(user_id).where(Keypair.name == name))
    if found is None:
        raise NotFound(f"Keypair {name} not found for user {user_id}")
    return found


def fingerprint_of(public_key: str) -> str:
    """The MD5 fingerprint of an OpenSSH public key, as the API publishes it; raises BadRequest when it is none."""
    parts = public_key.split()
    try:
        if len(parts) < 2 or not parts[0].startswith(KEY_TYPES):
            raise ValueError
        blob = base64.b64decode(parts[1], validate=True)
        if not blob.startswith(len(parts[0]).to_bytes(4, "big") + parts[0].encode()):
            raise ValueError
    except (ValueError, binascii.Error, UnicodeEncodeError):
        raise BadRequest("Keypair data is invalid: failed to generate fingerprint", field="public_key") from None
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, 32, 2))


def _generate() -> tuple[str, str]:
    """A new RSA key as (public in OpenSSH form, private in PEM)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return f"{public.decode()} Generated-by-Pileus", private.decode()


def _certificate(name: str) -> tuple[str, str]:
    """A new key with a certificate that it signed itself, as (certificate, private key), both in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now())
    made = made.not_valid_after(now() + dt.timedelta(days=3650))
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = made.sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def certificate_fingerprint(pem: str) -> str:
    """The SHA-1 fingerprint of a certificate, as the API publishes it; raises BadRequest when it is none."""
    try:
        digest = x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA1()).hex()  # noqa: S303
    except ValueError:
        raise BadRequest("Keypair data is invalid: failed to generate fingerprint", field="public_key") from None
    return ":".join(digest[i : i + 2] for i in range(0, 40, 2))


def create_keypair(
    session: Session, context: Context, name: str, public_key: str | None, user_id: str, kind: str = "ssh"
) -> tuple[Keypair, str | None]:
    """Import a key, or make one; returns the row and the private key made (None for an import)."""
    if session.scalar(select(Keypair.id).where(Keypair.user_id == user_id, Keypair.name == name)):
        raise Conflict(f"Key pair '{name}' already exists.")
    limit = QUOTA.of(session, context.project_id or "")["key_pairs"]
    count = session.scalar(select(func.count()).select_from(Keypair).where(Keypair.user_id == user_id)) or 0
    if 0 <= limit <= count:
        raise Forbidden("Quota exceeded, too many key pairs.")
    private = None
    if public_key is None:
        public_key, private = _generate() if kind == "ssh" else _certificate(name)
    public_key = public_key.strip()
    print_of = fingerprint_of if kind == "ssh" else certificate_fingerprint
    row = Keypair(user_id=user_id, name=name, type=kind, public_key=public_key, fingerprint=print_of(public_key))
    session.add(row)
    session.flush()
    return row, private

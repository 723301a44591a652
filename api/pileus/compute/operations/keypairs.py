"""Rules of keypairs: public keys are imported, or made here with the private key shown once."""

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from pileus.compute.models import Keypair
from pileus.compute.quota import QUOTA
from pileus.core.context import Context
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


def create_keypair(
    session: Session, context: Context, name: str, public_key: str | None, user_id: str
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
        public_key, private = _generate()
    public_key = public_key.strip()
    row = Keypair(user_id=user_id, name=name, public_key=public_key, fingerprint=fingerprint_of(public_key))
    session.add(row)
    session.flush()
    return row, private

"""Hashes that a database from Keystone brings (bcrypt, scrypt, PBKDF2, as passlib writes them); they are only checked here."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable

_MAX_SCRYPT = 256 << 20  # bytes of memory that checking one hash may take
_SCRYPT_BYTES = 32
_MAX_ROUNDS = 5_000_000  # of PBKDF2
_BCRYPT_BYTES = 72  # bcrypt looks at no more; Keystone cuts off the rest, and so do all who made these hashes
_ENCODED = r"([A-Za-z0-9./+]+)"
_BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|1[0-7])\$[A-Za-z0-9./]{53}")  # beyond 2^17 rounds it takes minutes
_SHA_BCRYPT = re.compile(
    r"\$bcrypt-sha256\$(?:v=2,t=)?(2[ab]),(?:r=)?(\d{1,2})\$([A-Za-z0-9./]{22})\$([A-Za-z0-9./]{31})"
)
_SCRYPT = re.compile(rf"\$scrypt\$ln=(\d{{1,2}}),r=(\d{{1,3}}),p=(\d{{1,3}})\${_ENCODED}\${_ENCODED}")
_PBKDF2 = re.compile(rf"\$pbkdf2-(sha256|sha512)\$(\d{{1,8}})\${_ENCODED}\${_ENCODED}")


def verify(hashed: str, secret: str) -> bool:
    """Whether the secret is the one that was hashed; False for a hash that is malformed or of an unknown kind."""
    raw = secret.encode()
    for pattern, check in _KINDS:
        if found := pattern.fullmatch(hashed):
            try:
                return check(found, raw)
            except (ValueError, OverflowError, MemoryError):
                return False
    return False


def _bcrypt(found: re.Match[str], secret: bytes) -> bool:
    import bcrypt  # noqa: PLC0415 - few clouds have such hashes, and those only until their users have logged in

    return bcrypt.checkpw(secret[:_BCRYPT_BYTES], found[0].encode())


def _sha_bcrypt(found: re.Match[str], secret: bytes) -> bool:
    """bcrypt over a digest of the secret: version 2 keys it with the salt, version 1 does not."""
    kind, rounds, salt, checksum = found.groups()
    keyed = "v=2," in found[0]
    digest = hmac.digest(salt.encode(), secret, "sha256") if keyed else hashlib.sha256(secret).digest()
    inner = _BCRYPT.fullmatch(f"${kind}${int(rounds):02}${salt}{checksum}")
    return inner is not None and _bcrypt(inner, base64.b64encode(digest))


def _scrypt(found: re.Match[str], secret: bytes) -> bool:
    exponent, r, p = (int(number) for number in found.groups()[:3])
    memory = 128 * r * ((1 << exponent) + p + 2)
    if memory > _MAX_SCRYPT:
        return False
    salt, checksum = _decode(found[4]), _decode(found[5])
    made = hashlib.scrypt(secret, salt=salt, n=1 << exponent, r=r, p=p, maxmem=memory + (1 << 20), dklen=_SCRYPT_BYTES)
    return hmac.compare_digest(made, checksum)


def _pbkdf2(found: re.Match[str], secret: bytes) -> bool:
    kind, rounds = found[1], int(found[2])
    salt, checksum = _decode(found[3]), _decode(found[4])
    if not 0 < rounds <= _MAX_ROUNDS:
        return False
    return hmac.compare_digest(hashlib.pbkdf2_hmac(kind, secret, salt, rounds), checksum)


def _decode(text: str) -> bytes:
    """base64 without padding, with "." for "+" as passlib has it; raises ValueError for anything else."""
    try:
        return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None


_KINDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], bytes], bool]], ...] = (
    (_BCRYPT, _bcrypt),
    (_SHA_BCRYPT, _sha_bcrypt),
    (_SCRYPT, _scrypt),
    (_PBKDF2, _pbkdf2),
)

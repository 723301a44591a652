"""Signatures of EC2 and S3 requests, checked against the secret of an EC2 key.

The forms are AWS signature versions 0 and 1 (HMAC-SHA1), 2 (HMAC-SHA256 or HMAC-SHA1 over the sorted query) and 4, and for S3
also the signature over a string to sign that the object store hands in. How old an S3 request may be is for the object store
to say: it has the whole of it, and knows about addresses that were signed in advance.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from pileus.core.db import now

LIFETIME = dt.timedelta(minutes=15)  # by how much the time of a signed request may differ from ours
LONGEST = dt.timedelta(days=7)  # how long a request that was signed in advance may be good
_S3_SERVICES = ("s3", "iam", "sts")
_EMPTY = hashlib.sha256(b"").hexdigest()
_SCOPE = re.compile(r"Credential=[^/]+/(\d{8})/([^/]+)/([^/]+)/aws4_request")
_SIGNED = re.compile(r"SignedHeaders=([a-z0-9;-]+)", re.IGNORECASE)
_HASHES = {"HmacSHA256": hashlib.sha256, "HmacSHA1": hashlib.sha1}


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _base64_of(secret: str, text: bytes, kind: Callable[..., Any]) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text, kind).digest()).decode()


def _key_v4(secret: str, date: str, region: str, service: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def s3(secret: str, given: Mapping[str, Any]) -> bool:
    """Whether an S3 signature fits the string to sign, which is base64 (of either alphabet) in "token"."""
    try:
        text = base64.b64decode(given["token"].encode().translate(bytes.maketrans(b"-_", b"+/")))
    except (binascii.Error, ValueError):
        return False
    if not text.startswith(b"AWS4"):
        return _same(_base64_of(secret, text, hashlib.sha1), given["signature"])
    lines = text.decode("utf-8", "replace").split("\n")
    scope = lines[2].split("/") if len(lines) == 4 and lines[0] == "AWS4-HMAC-SHA256" else []
    if len(scope) != 4 or scope[2] not in _S3_SERVICES or scope[3] != "aws4_request":
        return False
    key = _key_v4(secret, *scope[:3])
    return _same(hmac.new(key, text, hashlib.sha256).hexdigest(), given["signature"])


def ec2(secret: str, given: Mapping[str, Any]) -> bool:
    """Whether the signature of an EC2 request fits what it is said to have been, and is fresh."""
    headers = {name.lower(): value for name, value in (given.get("headers") or {}).items()}
    params = {name: value for name, value in (given.get("params") or {}).items() if name != "Signature"}
    if headers.get("authorization", "").startswith("AWS4-HMAC-SHA256") or "X-Amz-Credential" in params:
        return _ec2_v4(secret, given, headers, params)
    if not _fresh_v2(params):
        return False
    match params.get("SignatureVersion"):
        case "0" if _signed_at(params) is not None:  # it signs nothing else than the time and the action
            text = params.get("Action", "") + params.get("Timestamp", "")
            return _same(_base64_of(secret, text.encode(), hashlib.sha1), given["signature"])
        case "1":
            text = "".join(name + params[name] for name in sorted(params, key=str.lower))
            return _same(_base64_of(secret, text.encode(), hashlib.sha1), given["signature"])
        case "2":
            return _ec2_v2(secret, given, params)
    return False


def _moment(text: str | None, form: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text or "", form)
    except ValueError:
        return None


def _signed_at(params: Mapping[str, str], name: str = "Timestamp") -> dt.datetime | None:
    """The time at which a request was signed, or another time that it names."""
    return _moment(params.get(name, "").split(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S")


def _fresh_v2(params: Mapping[str, str]) -> bool:
    """Whether the time of signing is about now, or the end that was signed has not come yet."""
    signed, end = _signed_at(params), _signed_at(params, "Expires")
    if signed is not None:
        return abs(now() - signed) <= LIFETIME
    return end is not None and now() <= end <= now() + LONGEST


def _query(params: Mapping[str, str]) -> str:
    return "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(params.items()))


def _hosts(host: str) -> list[str]:
    """The host as it was sent and, since some clients leave the port out when they sign, without its port."""
    return [host, host.rpartition(":")[0]] if re.search(r":\d+$", host) else [host]


def _ec2_v2(secret: str, given: Mapping[str, Any], params: Mapping[str, str]) -> bool:
    kind = _HASHES.get(params.get("SignatureMethod", ""))
    if kind is None:
        return False
    found = False
    for host in _hosts(given.get("host", "")):
        text = "\n".join((given.get("verb", ""), host.lower(), given.get("path", ""), _query(params)))
        found |= _same(_base64_of(secret, text.encode(), kind), given["signature"])
    return found


def _fresh_v4(stamp: str, params: Mapping[str, str]) -> bool:
    signed = _moment(stamp, "%Y%m%dT%H%M%SZ")
    if signed is None:
        return False
    seconds = params.get("X-Amz-Expires", "")
    if not seconds.isdecimal():
        return abs(now() - signed) <= LIFETIME
    good = min(dt.timedelta(seconds=int(seconds[:9])), LONGEST)
    return -LIFETIME <= now() - signed <= good


def _ec2_v4(secret: str, given: Mapping[str, Any], headers: Mapping[str, str], params: Mapping[str, str]) -> bool:
    authorization = headers.get("authorization", "")
    if authorization:
        scope, signed = _SCOPE.search(authorization), _SIGNED.search(authorization)
        names = signed[1] if signed else ""
    else:
        scope = _SCOPE.search(f"Credential={params.get('X-Amz-Credential', '')}")
        names = params.get("X-Amz-SignedHeaders", "")
    stamp = params.get("X-Amz-Date") or headers.get("x-amz-date") or ""
    if scope is None or not names or not _fresh_v4(stamp, params) or not stamp.startswith(scope[1]):
        return False
    found = False
    for host in _hosts(headers.get("host") or given.get("host", "")):
        canonical = _canonical_v4(given, {**headers, "host": host}, params, names.lower())
        place = "/".join((*scope.groups(), "aws4_request"))
        text = "\n".join(("AWS4-HMAC-SHA256", stamp, place, hashlib.sha256(canonical.encode()).hexdigest()))
        digest = hmac.new(_key_v4(secret, *scope.groups()), text.encode(), hashlib.sha256).hexdigest()
        found |= _same(digest, given["signature"])
    return found


def _canonical_v4(given: Mapping[str, Any], headers: Mapping[str, str], params: Mapping[str, str], names: str) -> str:
    """The request in the form over which version 4 signs."""
    lines = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in names.split(";"))
    query = _query({name: value for name, value in params.items() if name != "X-Amz-Signature"})
    body = given.get("body_hash") or headers.get("x-amz-content-sha256") or _EMPTY
    return "\n".join((given.get("verb", ""), given.get("path", ""), query, lines, names, body))

"""Signatures of EC2 and S3 requests, checked against the secret of an EC2 credential.

The forms are AWS signature versions 2 (HMAC-SHA256 and HMAC-SHA1 over the sorted query) and 4, and for S3 also the
signature over a string to sign that the object store hands in.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pileus.core.db import now

LIFETIME = dt.timedelta(minutes=15)  # how old a signed request may be
_SCOPE = re.compile(r"Credential=[^/]+/(\d{8})/([^/]+)/([^/]+)/aws4_request")
_SIGNED = re.compile(r"SignedHeaders=([a-z0-9;-]+)", re.IGNORECASE)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _key_v4(secret: str, date: str, region: str, service: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def s3(secret: str, given: Mapping[str, Any]) -> bool:
    """Whether an S3 signature fits the string to sign, which is base64 in "token"."""
    try:
        text = base64.b64decode(given["token"])
    except (binascii.Error, ValueError):
        return False
    if not text.startswith(b"AWS4-HMAC-SHA256"):
        digest = hmac.new(secret.encode(), text, hashlib.sha1).digest()
        return _same(base64.b64encode(digest).decode(), given["signature"])
    lines = text.decode("utf-8", "replace").split("\n")
    scope = lines[2].split("/") if len(lines) == 4 else []
    if len(scope) != 4 or scope[3] != "aws4_request":
        return False
    key = _key_v4(secret, *scope[:3])
    return _same(hmac.new(key, text, hashlib.sha256).hexdigest(), given["signature"])


def ec2(secret: str, given: Mapping[str, Any]) -> bool:
    """Whether the signature of an EC2 request fits what it is said to have been, and is fresh."""
    headers = {name.lower(): value for name, value in (given.get("headers") or {}).items()}
    params = given.get("params") or {}
    if headers.get("authorization", "").startswith("AWS4-HMAC-SHA256") or "X-Amz-Signature" in params:
        return _ec2_v4(secret, given, headers, params)
    return _ec2_v2(secret, given, params)


def _fresh(text: str | None, form: str) -> bool:
    try:
        moment = dt.datetime.strptime(text or "", form)
    except ValueError:
        return False
    return abs(now() - moment) <= LIFETIME


def _query(params: Mapping[str, str]) -> str:
    return "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(params.items()))


def _ec2_v2(secret: str, given: Mapping[str, Any], params: Mapping[str, str]) -> bool:
    stamp = (params.get("Timestamp") or params.get("Expires") or "").split(".")[0].rstrip("Z")
    if params.get("SignatureVersion") != "2" or not _fresh(stamp, "%Y-%m-%dT%H:%M:%S"):
        return False
    hashes = {"HmacSHA256": hashlib.sha256, "HmacSHA1": hashlib.sha1}
    kind = hashes.get(params.get("SignatureMethod", ""))
    if kind is None:
        return False
    rest = {name: value for name, value in params.items() if name != "Signature"}
    hosts = [given.get("host", "")]
    if ":" in hosts[0]:
        hosts.append(hosts[0].partition(":")[0])  # some clients sign the host without its port
    found = False
    for host in hosts:
        text = "\n".join((given.get("verb", ""), host.lower(), given.get("path", ""), _query(rest)))
        digest = hmac.new(secret.encode(), text.encode(), kind).digest()
        found |= _same(base64.b64encode(digest).decode(), given["signature"])
    return found


def _ec2_v4(secret: str, given: Mapping[str, Any], headers: Mapping[str, str], params: Mapping[str, str]) -> bool:
    authorization = headers.get("authorization", "")
    if authorization:
        scope, signed = _SCOPE.search(authorization), _SIGNED.search(authorization)
        names = signed[1] if signed else ""
    else:
        scope = _SCOPE.search(f"Credential={params.get('X-Amz-Credential', '')}")
        names = params.get("X-Amz-SignedHeaders", "")
    stamp = params.get("X-Amz-Date") or headers.get("x-amz-date")
    if scope is None or not names or not _fresh(stamp, "%Y%m%dT%H%M%SZ"):
        return False
    date, region, service = scope.groups()
    if not (stamp or "").startswith(date):
        return False
    values = {"host": given.get("host", ""), **headers}
    lines = "".join(f"{name}:{' '.join(values.get(name, '').split())}\n" for name in names.lower().split(";"))
    query = _query({name: value for name, value in params.items() if name != "X-Amz-Signature"})
    canonical = "\n".join(
        (given.get("verb", ""), given.get("path", ""), query, lines, names.lower(), given.get("body_hash") or "")
    )
    text = "\n".join(
        (
            "AWS4-HMAC-SHA256",
            stamp or "",
            f"{date}/{region}/{service}/aws4_request",
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    digest = hmac.new(_key_v4(secret, date, region, service), text.encode(), hashlib.sha256).hexdigest()
    return _same(digest, given["signature"])

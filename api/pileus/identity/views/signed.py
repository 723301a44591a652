"""Tokens for requests signed with EC2 credentials; services ask for them on behalf of their clients."""

from collections.abc import Mapping
from typing import Any

from pileus.core.errors import Unauthorized
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply
from pileus.core.service import Route
from pileus.identity.operations import signatures, signed
from pileus.identity.operations.login import Issued
from pileus.identity.schemas.credentials import EC2_TOKEN, S3_TOKEN
from pileus.identity.views.audited import record_login
from pileus.identity.views.tokens import body_of


def _log_in(call: Call, given: Mapping[str, Any], check: signed.Check) -> Issued:
    try:
        issued = signed.log_in(call.session, call.database, call.settings, given, check)
    except Unauthorized:
        record_login(call, given["access"], "failure", "authenticate_ec2")
        raise
    record_login(call, issued.access.token.user_id, "success", "authenticate_ec2")
    return issued


def create_ec2_token(call: Call) -> Reply:
    """The token for a signed EC2 request."""
    given = call.body.get("credentials") or call.body["ec2Credentials"]
    issued = _log_in(call, given, signatures.ec2)
    return Reply(body_of(call, issued.access, catalog=True), 200, {"X-Subject-Token": issued.text})


def create_s3_token(call: Call) -> Reply:
    """The token for a signed S3 request; the object store only needs to know who it is."""
    issued = _log_in(call, call.body["credentials"], signatures.s3)
    return Reply(body_of(call, issued.access, catalog=True), 200)


ROUTES = [
    Route("POST", "/v3/ec2tokens", create_ec2_token, "identity:ec2tokens_validate", schema=EC2_TOKEN, write=False),
    Route("POST", "/v3/s3tokens", create_s3_token, "identity:s3tokens_validate", schema=S3_TOKEN, write=False),
]

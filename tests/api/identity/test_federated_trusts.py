"""What rests on a federated user's membership ends with it, also when somebody else holds it."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from federation_stories import CAMPUS, behind_proxy, log_in, rescoped
from identity_stories import Identity
from pileus.core.db import now
from pileus.identity.models import Membership


def test_a_trust_s_remembered_token_does_not_outlive_the_trustor_s_membership(
    identity_with: Callable[..., Identity], tmp_path: Path
) -> None:
    federated = behind_proxy(identity_with, tmp_path)
    federated.patch(CAMPUS, {"identity_provider": {"authorization_ttl": 60}})
    reply = log_in(federated)
    trustor = reply.json["token"]["user"]["id"]
    made = rescoped(federated, reply.headers["X-Subject-Token"])
    agent = federated.make("user", name="agent", password="a-password")["id"]
    values = {
        "trustor_user_id": trustor,
        "trustee_user_id": agent,
        "impersonation": False,
        "project_id": made.json["token"]["project"]["id"],
        "roles": [{"name": "member"}],
    }
    trust = federated.post("/OS-TRUST/trusts", {"trust": values}, token=made.headers["X-Subject-Token"])
    assert trust.status_code == 201, trust.text
    over = now() + timedelta(seconds=4)
    with federated.database.write() as session:
        session.execute(update(Membership).values(expires_at=over))
    token = federated.token("agent", "a-password", {"OS-TRUST:trust": {"id": trust.json["trust"]["id"]}})
    assert federated.get("/auth/catalog", token=token).status_code == 200
    while now() <= over:
        time.sleep(0.1)
    assert federated.get("/auth/catalog", token=token).status_code == 401

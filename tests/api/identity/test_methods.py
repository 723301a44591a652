"""Stories about logins by more than one method."""

import base64
import time

from identity_stories import Identity, by_password
from pileus.identity.models import Login
from pileus.identity.operations.methods.totp import passcode


def test_two_methods_are_asked_for_where_the_rules_say_so(identity: Identity) -> None:
    ann = identity.make("user", name="ann", password="secret")["id"]
    seed = base64.b32encode(b"a seed of twenty byte").decode().rstrip("=")
    body = {"type": "totp", "blob": seed, "user_id": ann}
    assert identity.post("/credentials", {"credential": body}).status_code == 201
    options = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["password", "totp"]]}
    assert identity.patch(f"/users/{ann}", {"user": {"options": options}}).status_code == 200
    code = passcode(seed, time.time())
    totp = {"user": {"id": ann, "passcode": code}}
    alone = identity.log_in(by_password("ann", "secret"))
    assert alone.status_code == 401
    assert alone.json["required_auth_methods"] == [["password", "totp"]]
    receipt = alone.headers["Openstack-Auth-Receipt"]
    second = identity.log_in({"methods": ["totp"], "totp": totp}, Openstack_Auth_Receipt=receipt)
    assert second.status_code == 201, second.text
    assert set(second.json["token"]["methods"]) == {"password", "totp"}
    both = {**by_password("ann", "secret"), "methods": ["password", "totp"], "totp": totp}
    assert identity.log_in(both).status_code == 401  # a passcode works once
    with identity.database.write() as session:
        session.query(Login).update({"totp_step": None})
    assert identity.log_in(both).status_code == 201
    wrong = {"user": {"id": ann, "passcode": "000000" if code != "000000" else "111111"}}
    assert identity.log_in({**both, "totp": wrong}).status_code == 401
    assert identity.log_in({"methods": ["totp"], "totp": totp}, Openstack_Auth_Receipt="junk").status_code == 401

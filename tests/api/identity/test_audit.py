"""Stories about the audit trail."""

from sqlalchemy import select

from identity_stories import Identity, by_password
from pileus.identity.models import AuditEvent
from pileus.identity.operations.audit import cadf


def events(identity: Identity) -> list[AuditEvent]:
    with identity.database.read() as session:
        return list(session.execute(select(AuditEvent).order_by(AuditEvent.at)).scalars())


def test_logins_and_changes_are_recorded(identity: Identity) -> None:
    user = identity.make("user", name="ann", password="secret")
    identity.log_in(by_password("ann", "secret"))
    identity.log_in(by_password("ann", "wrong"))
    identity.delete(f"/users/{user['id']}")
    seen = [(event.action, event.outcome, event.target_id) for event in events(identity)]
    assert seen[-4:] == [
        ("create_user", "success", user["id"]),
        ("authenticate", "success", user["id"]),
        ("authenticate", "failure", "ann"),
        ("delete_user", "success", user["id"]),
    ]
    shown = cadf(events(identity)[-1])
    assert shown["initiator"]["host"]["address"] == "127.0.0.1"
    assert shown["initiator"]["request_id"].startswith("req-") and shown["outcome"] == "success"


def test_what_is_refused_is_no_change(identity: Identity) -> None:
    before = len(events(identity))
    assert identity.delete("/users/nobody").status_code == 404
    assert identity.get("/users").status_code == 200
    assert len(events(identity)) == before

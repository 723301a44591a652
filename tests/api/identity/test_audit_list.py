"""Stories about the trail as an operator reads it: `pileus audit list`."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from identity_stories import Identity, by_password
from pileus.cli import main
from pileus.core.db import insert, now
from pileus.identity.models import AuditEvent
from pileus.identity.operations import audit

List = Callable[..., list[str]]


@pytest.fixture
def listed(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> List:
    """Runs the command on the story's database; the lines it says."""
    monkeypatch.setenv("PILEUS_STATE_DIR", str(identity.settings.state_dir))
    monkeypatch.setenv("PILEUS_DATABASE_URL", identity.database.url)

    def run(*words: str, fails: bool = False) -> list[str]:
        done = CliRunner().invoke(main, ["audit", "list", *words], catch_exceptions=False)
        assert (done.exit_code != 0) == fails, done.output
        return done.output.splitlines()

    return run


def note(identity: Identity, ago: dt.timedelta, **values: str) -> None:
    """An event of some time ago."""
    told = {
        "at": now() - ago,
        "action": "create_user",
        "outcome": "success",
        "initiator_id": "u1",
        "address": "192.0.2.7",
        "target_type": "user",
        "target_id": "t1",
        "request_id": "req-1",
    }
    with identity.database.write() as session:
        session.execute(insert(session, AuditEvent).values(id=f"e{ago.total_seconds():.0f}", **{**told, **values}))


def test_the_newest_comes_first_with_who_did_what_to_what_from_where(identity: Identity, listed: List) -> None:
    ann = identity.make("user", name="ann", password="secret")["id"]
    identity.log_in(by_password("ann", "secret"))
    login, made = listed("--limit", "2")
    for word in (ann, "(ann)", "authenticate", "success", "127.0.0.1", "req-"):
        assert word in login
    for word in ("(admin)", "create_user", f"user {ann}"):
        assert word in made


def test_a_user_is_meant_by_id_or_name_failed_logins_included(identity: Identity, listed: List) -> None:
    ann = identity.make("user", name="ann", password="secret")["id"]
    identity.log_in(by_password("ann", "secret"))
    identity.log_in(by_password("ann", "wrong"))
    identity.log_in(by_password("bob", "wrong"))
    by_name = listed("--user", "ann")
    assert ["failure" in by_name[0], "success" in by_name[1], len(by_name)] == [True, True, 2]
    assert len(listed("--user", ann)) == 1
    assert len(listed("--user", "bob", "--outcome", "failure")) == 1
    assert listed("--user", "carol") == []


def test_what_was_done_to_a_thing_counts_what_was_done_to_its_parts(identity: Identity, listed: List) -> None:
    ann = identity.make("user", name="ann")["id"]
    project = identity.make("project", name="web")["id"]
    role = identity.get("/roles?name=member").json["roles"][0]["id"]
    assert identity.put(f"/projects/{project}/users/{ann}/roles/{role}").status_code == 204
    for one in (ann, project, role):
        assert "create_grant" in listed("--resource", one)[0]
    assert [line.split()[3] for line in listed("--target", ann)] == ["create_grant", "create_user"]
    assert listed("--resource", ann[:10]) == listed("--resource", "%") == []


def test_a_time_is_one_of_the_clock_or_so_long_ago(identity: Identity, listed: List) -> None:
    with identity.database.write() as session:
        session.query(AuditEvent).delete()
    for days in (1, 10, 100):
        note(identity, dt.timedelta(days=days), target_id=f"t{days}")

    def seen(*words: str) -> list[int]:
        return [int(line.split("user t")[1].split()[0]) for line in listed(*words)]

    assert seen() == [1, 10, 100]
    assert seen("--since", "2d") == seen("--since", "48h") == seen("--since", "2880m") == [1]
    assert seen("--until", "2d") == [10, 100]
    assert seen("--since", "2w", "--until", "2d") == [10]
    moment = (now() - dt.timedelta(days=10, hours=1)).replace(microsecond=0)
    east = moment.replace(tzinfo=dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert seen("--since", moment.isoformat()) == seen("--since", f"{moment}Z") == seen("--since", str(east)) == [1, 10]
    for bad in ("yesterday", "2x", "h", "0001-01-01T00:00+09:00", "999999w"):
        assert "is no time such as" in " ".join(listed("--since", bad, fails=True))
    listed("--outcome", "good", fails=True)
    listed("--limit", "0", fails=True)


def test_as_json_each_line_is_an_event_of_cadf(identity: Identity, listed: List) -> None:
    ann = identity.make("user", name="ann", password="secret")["id"]
    identity.log_in(by_password("ann", "secret"))
    events = [json.loads(line) for line in listed("--json", "--user", "ann", "--action", "authenticate")]
    assert [(one["typeURI"], one["action"], one["outcome"]) for one in events] == [
        ("http://schemas.dmtf.org/cloud/audit/1.0/event", "authenticate", "success")
    ]
    assert events[0]["initiator"]["id"] == events[0]["target"]["id"] == ann
    assert len(listed("--json", "--limit", "1")) == 1


def test_no_secret_is_in_the_trail(identity: Identity, listed: List) -> None:
    identity.make("user", name="ann", password="a-password-of-ann")
    identity.log_in(by_password("ann", "a-wrong-password"))
    exchanged = {"methods": ["token"], "token": {"id": identity.admin}}
    assert identity.log_in(exchanged).status_code == 201
    assert identity.log_in({"methods": ["token"], "token": {"id": "a-wrong-token"}}).status_code == 404
    body = {"type": "cert", "blob": "a-secret-blob", "user_id": "x"}
    identity.post("/credentials", {"credential": body})
    for told in ("\n".join(listed("--limit", "1000")), "\n".join(listed("--limit", "1000", "--json"))):
        for secret in ("a-password-of-ann", "a-wrong-password", "a-wrong-token", "a-secret-blob", identity.admin):
            assert secret not in told


def test_a_name_that_somebody_makes_up_is_no_line_and_moves_no_cursor(identity: Identity, listed: List) -> None:
    before = len(listed("--limit", "1000"))
    identity.log_in(by_password("ann\n2030-01-01\x1b[2J\x9b\u202e", "wrong"))
    lines = listed("--limit", "1000")
    assert len(lines) == before + 1 and r"ann\n2030-01-01\x1b[2J\x9b\u202e" in lines[0]
    assert len(listed("--limit", "1000", "--json")) == len(lines)


def test_what_a_user_did_is_found_by_an_index(identity: Identity) -> None:
    asked: list[tuple[str, Any]] = []
    engine = identity.database.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, sql, values, *_: asked.append((sql, values)))
    with identity.database.read() as session:
        audit.find(session, audit.Wanted(user="ann"), 5)
    sql, values = next((sql, values) for sql, values in asked if "FROM audit_events" in sql)
    lite = engine.dialect.name == "sqlite"
    with identity.database.read() as session:
        connection = session.connection()
        if not lite:  # so few rows are read as a whole unless that is made to look dear
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(("EXPLAIN QUERY PLAN " if lite else "EXPLAIN ") + sql, values)
        told = " ".join(str(row) for row in plan)
        session.rollback()
    assert "ix_audit_events_initiator_id" in told

"""Stories about trusts: who lets whom work in whose name, how often, for how long, and who may hand it on."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from delegation_stories import Team, by_credential, team
from identity_stories import by_password
from pileus import catalogue
from pileus.core.db import now
from pileus.identity.models import Trust

__all__ = ["team"]


def trust(team: Team, status: int = 201, token: str = "", **values: Any) -> dict[str, Any]:
    body = {
        "trustor_user_id": team.ids["ann"],
        "trustee_user_id": team.ids["bob"],
        "project_id": team.project,
        "impersonation": True,
        "roles": [{"name": "member"}],
        **values,
    }
    reply = team.cloud.post("/OS-TRUST/trusts", {"trust": body}, token=token or team.token)
    assert reply.status_code == status, reply.text
    return dict(reply.json.get("trust", {}))


def scope(made: dict[str, Any]) -> dict[str, Any]:
    return {"OS-TRUST:trust": {"id": made["id"]}}


def hours(count: float) -> str:
    return (now() + dt.timedelta(hours=count)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_trustee_works_as_the_trustor(team: Team) -> None:
    made = trust(team)
    reply = team.log_in("bob", scope(made))
    held, token = team.held(reply), reply.json["token"]
    assert token["user"]["id"] == team.ids["ann"] and token["project"]["id"] == team.project
    assert token["OS-TRUST:trust"]["trustee_user"] == {"id": team.ids["bob"]}
    assert team.log_in("ann", scope(made)).status_code == 401
    assert team.cloud.delete(f"/OS-TRUST/trusts/{made['id']}", token=team.token).status_code == 204
    assert not team.alive(held)
    assert team.cloud.get(f"/OS-TRUST/trusts/{made['id']}", token=team.token).status_code == 404


def test_a_trust_is_used_as_often_as_it_says(team: Team) -> None:
    made = trust(team, remaining_uses=2, impersonation=False)
    path = f"/OS-TRUST/trusts/{made['id']}"
    first = team.held(team.log_in("bob", scope(made)))
    assert team.cloud.get(path, token=team.token).json["trust"]["remaining_uses"] == 1
    last = team.held(team.log_in("bob", scope(made)))
    assert team.log_in("bob", scope(made)).status_code == 401
    assert team.alive(first) and team.alive(last)
    assert team.cloud.get(path, token=team.token).status_code == 404
    assert team.cloud.get(f"{path}/roles", token=team.token).status_code == 404
    listed = team.cloud.get(f"/OS-TRUST/trusts?trustor_user_id={team.ids['ann']}", token=team.token)
    assert listed.json["trusts"] == []


def test_logins_at_the_same_time_use_a_trust_no_more_often_than_it_says(team: Team) -> None:
    made = trust(team, remaining_uses=3)
    app = team.cloud.client.application

    def log_in(_number: int) -> tuple[int, str]:
        cloud = replace(team.cloud, client=app.test_client())
        reply = cloud.log_in(by_password("bob", "secret"), scope(made))
        return int(reply.status_code), str(reply.text)

    with ThreadPoolExecutor(6) as pool:
        replies = sorted(pool.map(log_in, range(8)))
    assert [status for status, _ in replies] == [201] * 3 + [401] * 5, replies


def test_nobody_delegates_what_is_not_theirs(team: Team) -> None:
    trust(team, 404, roles=[{"name": "admin"}])
    trust(team, 404, roles=[{"id": "nothing"}])
    trust(team, 404, project_id="nowhere")
    trust(team, 403, trustor_user_id=team.ids["bob"])
    trust(team, 403, roles=[])
    trust(team, 404, trustee_user_id="nobody")
    trust(team, 400, project_id=None)
    for bad in ("yesterday", "2000-01-01T00:00:00Z"):
        trust(team, 400, expires_at=bad)
    for count in (0, -1, "x"):
        trust(team, 400, remaining_uses=count)
    made = trust(team)
    bob = team.cloud.token("bob", "secret")
    assert team.cloud.delete(f"/OS-TRUST/trusts/{made['id']}", token=bob).status_code == 403
    assert team.cloud.get("/OS-TRUST/trusts", token=bob).status_code == 403
    mine = team.cloud.get(f"/OS-TRUST/trusts?trustee_user_id={team.ids['bob']}", token=bob).json["trusts"]
    assert [one["id"] for one in mine] == [made["id"]]
    carl = team.cloud.token("carl", "secret")
    for path in ("", "/roles", f"/roles/{team.ids['member']}"):
        assert team.cloud.get(f"/OS-TRUST/trusts/{made['id']}{path}", token=bob).status_code == 200
        assert team.cloud.get(f"/OS-TRUST/trusts/{made['id']}{path}", token=carl).status_code == 403


@pytest.mark.parametrize("what", ["role", "trustor", "trustee", "project", "domain"])
def test_a_trust_is_worth_nothing_without_what_it_rests_on(team: Team, what: str) -> None:
    made = trust(team)
    held = team.held(team.log_in("bob", scope(made)))
    disabled = {"enabled": False}
    if what == "role":
        team.take_back("ann", "member")
    elif what == "trustor":
        team.cloud.patch(f"/users/{team.ids['ann']}", {"user": disabled})
    elif what == "trustee":
        assert team.cloud.delete(f"/users/{team.ids['bob']}").status_code == 204
        assert team.cloud.get(f"/OS-TRUST/trusts/{made['id']}", token=team.token).status_code == 404
    elif what == "project":
        team.cloud.patch(f"/projects/{team.project}", {"project": disabled})
    else:
        domain = team.cloud.make("domain", name="acme")["id"]
        dora = team.cloud.make("user", name="dora", domain_id=domain, password="secret")["id"]
        made = trust(team, trustee_user_id=dora)
        who = {"methods": ["password"], "password": {"user": {"id": dora, "password": "secret"}}}
        held = team.held(team.cloud.log_in(who, scope(made)))
        team.cloud.patch(f"/domains/{domain}", {"domain": disabled})
    assert not team.alive(held)
    assert team.log_in("bob", scope(made)).status_code == 401


def expire(team: Team, made: dict[str, Any]) -> None:
    with team.cloud.database.write() as session:
        session.execute(update(Trust).where(Trust.id == made["id"]).values(expires_at=now()))


def test_a_trust_that_has_ended_is_not_there_and_is_swept_away(team: Team) -> None:
    made, other, gone = trust(team, expires_at=hours(1)), trust(team), trust(team)
    token = team.log_in("bob", scope(made)).json["token"]
    assert token["expires_at"] <= made["expires_at"]
    expire(team, made)
    assert team.log_in("bob", scope(made)).status_code == 401
    assert team.cloud.get(f"/OS-TRUST/trusts/{made['id']}", token=team.token).status_code == 404
    assert team.cloud.delete(f"/OS-TRUST/trusts/{made['id']}", token=team.token).status_code == 404
    team.cloud.delete(f"/OS-TRUST/trusts/{gone['id']}", token=team.token)
    assert [one["id"] for one in team.cloud.get("/OS-TRUST/trusts").json["trusts"]] == [other["id"]]
    with team.cloud.database.write() as session:
        catalogue.chores(session, team.cloud.settings)
        assert [row.id for row in session.query(Trust).all()] == [other["id"]]


def hand_on(team: Team, above: dict[str, Any], who: str = "bob", status: int = 201, **values: Any) -> dict[str, Any]:
    """Bob hands the trust on to Carl."""
    held = team.held(team.log_in(who, scope(above)))
    return trust(team, status, held, **{"trustee_user_id": team.ids["carl"], **values})


def test_a_trust_is_handed_on_in_the_name_of_the_first(team: Team) -> None:
    first = trust(team, allow_redelegation=True, expires_at=hours(2))
    assert first["redelegation_count"] == 3
    second = hand_on(team, first, allow_redelegation=True)
    assert second["redelegated_trust_id"] == first["id"] and second["redelegation_count"] == 2
    assert second["expires_at"] == first["expires_at"]
    third = hand_on(team, second, "carl", trustee_user_id=team.ids["bob"])
    assert third["redelegation_count"] == 0
    hand_on(team, third, "bob", 403)
    held = {name: team.log_in(who, scope(one)) for name, who, one in (("2", "carl", second), ("3", "bob", third))}
    assert all(reply.json["token"]["user"]["id"] == team.ids["ann"] for reply in held.values())
    assert team.cloud.delete(f"/OS-TRUST/trusts/{first['id']}", token=team.token).status_code == 204
    assert not any(team.alive(team.held(reply)) for reply in held.values())
    for one in (second, third):
        assert team.cloud.get(f"/OS-TRUST/trusts/{one['id']}", token=team.token).status_code == 404


def test_a_trust_without_impersonation_is_handed_on_in_ones_own_name(team: Team) -> None:
    first = trust(team, allow_redelegation=True, impersonation=False)
    hand_on(team, first, status=403, impersonation=False)
    own = {"trustor_user_id": team.ids["bob"], "impersonation": False}
    hand_on(team, first, status=403, trustor_user_id=team.ids["bob"])
    second = hand_on(team, first, **own)
    token = team.log_in("carl", scope(second)).json["token"]
    assert token["user"]["id"] == team.ids["carl"] and token["project"]["id"] == team.project
    assert token["OS-TRUST:trust"]["trustor_user"] == {"id": team.ids["bob"]}


def test_how_often_a_trust_may_be_handed_on_has_bounds(team: Team) -> None:
    trust(team, 403, allow_redelegation=True, redelegation_count=4)
    trust(team, 400, allow_redelegation=True, remaining_uses=5)
    assert trust(team, redelegation_count=2)["redelegation_count"] == 0
    assert trust(team, allow_redelegation=True, redelegation_count=0)["redelegation_count"] == 0
    once = trust(team, allow_redelegation=True, redelegation_count=1)
    assert once["redelegation_count"] == 1
    last = hand_on(team, once, allow_redelegation=True)
    assert last["redelegation_count"] == 0
    twice = trust(team, allow_redelegation=True, redelegation_count=2)
    hand_on(team, twice, status=403, allow_redelegation=True, redelegation_count=2)
    hand_on(team, trust(team), status=403)


def test_no_more_is_handed_on_than_was_given(team: Team) -> None:
    team.grant("ann", "manager")
    more = team.cloud.make("project", name="more")["id"]
    team.grant("ann", "member", more)
    first = trust(team, allow_redelegation=True, expires_at=hours(2))
    hand_on(team, first, status=403, expires_at=hours(3))
    hand_on(team, first, status=403, roles=[{"name": "manager"}])
    hand_on(team, first, status=403, project_id=more)
    hand_on(team, first, status=403, remaining_uses=1)
    assert hand_on(team, first, expires_at=hours(1))["expires_at"] < first["expires_at"]


@pytest.mark.parametrize("how", ["expired", "disabled", "deleted"])
def test_what_was_handed_on_ends_with_what_stands_above(team: Team, how: str) -> None:
    first = trust(team, allow_redelegation=True)
    second = hand_on(team, first)
    held = team.held(team.log_in("carl", scope(second)))
    if how == "expired":
        expire(team, first)
    elif how == "disabled":
        team.cloud.patch(f"/users/{team.ids['bob']}", {"user": {"enabled": False}})
    else:
        team.cloud.delete(f"/users/{team.ids['bob']}")
    assert team.log_in("carl", scope(second)).status_code == 401
    if how == "expired":
        with team.cloud.database.write() as session:
            catalogue.chores(session, team.cloud.settings)
            assert session.query(Trust).count() == 1  # the second goes the next time, for it hangs on nothing now
            catalogue.chores(session, team.cloud.settings)
            assert session.query(Trust).count() == 0
    assert not team.alive(held)


def test_a_token_got_by_a_trust_makes_no_further_ways_in(team: Team) -> None:
    held = team.held(team.log_in("bob", scope(trust(team))))
    own = f"/users/{team.ids['ann']}"
    exchange = {"methods": ["token"], "token": {"id": held}}
    assert team.cloud.log_in(exchange, {"project": {"id": team.project}}).status_code == 403
    made = {"application_credential": {"name": "x"}}
    assert team.cloud.post(f"{own}/application_credentials", made, token=held).status_code == 403
    assert team.cloud.post(f"{own}/credentials/OS-EC2", {"tenant_id": team.project}, token=held).status_code == 403
    assert team.cloud.get(f"{own}/credentials/OS-EC2", token=held).status_code == 403
    assert team.cloud.get("/credentials", token=held).status_code == 403
    body = {"type": "cert", "blob": "{}", "user_id": team.ids["ann"]}
    assert team.cloud.post("/credentials", {"credential": body}, token=held).status_code == 403


@pytest.mark.parametrize("unrestricted", [True, False])
def test_an_application_credential_has_nothing_to_do_with_trusts(team: Team, unrestricted: bool) -> None:
    made = trust(team)
    robot = team.held(team.cloud.log_in(by_credential(team.robot(unrestricted=unrestricted))))
    trust(team, 403, robot)
    path = f"/OS-TRUST/trusts/{made['id']}"
    for where in (path, f"{path}/roles", f"/OS-TRUST/trusts?trustor_user_id={team.ids['ann']}"):
        assert team.cloud.get(where, token=robot).status_code == 403
        assert team.cloud.get(where, token=team.token).status_code == 200
    assert team.cloud.delete(path, token=robot).status_code == 403

"""Every route of the identity API, tried by every persona: each gets exactly what the table says."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from identity_stories import Identity
from personas.identity import OPEN, PERSONAS, ROWS, Row, named
from personas.identity_stage import FRESH, Stage
from pileus import identity as service

ROUTES = {f"{route.method} {route.path}" for route in service.SERVICE.routes}


def test_every_route_has_a_line_in_the_table_of_personas() -> None:
    listed = {row.route for row in ROWS} | OPEN
    missing = sorted(ROUTES - listed)
    assert not missing, f"say in tests/personas/identity.py who may call these routes: {missing}"
    assert not listed - ROUTES, f"the table names routes that there are not: {sorted(listed - ROUTES)}"


def attempt(stage: Stage, row: Row, persona: str, fresh: dict[str, Any]) -> int:
    """Send the call of a row as one persona; the status of the answer."""
    method, _, template = row.route.partition(" ")
    names = {**stage.names, **fresh}
    names |= {name: stage.fill(value, names) for name, value in row.args.items()}
    path = re.sub(r"<(\w+)>", lambda found: str(names[found[1]]), template).removeprefix("/v3")
    if row.given and persona in named(row.allowed):
        prepared = stage.identity.call(row.given, path, {})
        assert prepared.status_code < 300 or prepared.status_code in (404, 409), f"{row.route}: {prepared.text}"
    query = "&".join(stage.fill(part, names) for part in row.query.split("&"))
    headers = {name: stage.fill(value, names) for name, value in row.headers.items()}
    if persona in stage.tokens:
        headers["X-Auth-Token"] = stage.tokens[persona]
    body = stage.fill(row.body, names)
    reply = stage.identity.client.open(f"/identity/v3{path}?{query}", method=method, json=body, headers=headers)
    return reply.status_code


def refused(stage: Stage, row: Row) -> Iterator[str]:
    """Who is not refused although the row says so."""
    for persona in [*PERSONAS, "nobody"]:
        if persona in named(row.allowed) or persona not in named(row.by) | {"nobody"}:
            continue
        status = attempt(stage, row, persona, {})
        if status != (401 if persona == "nobody" else 403):
            yield f"{persona} is not refused: {row.route} {row.query} {row.args or ''}: {status}"


def allowed(stage: Stage, row: Row) -> Iterator[str]:
    """Who cannot do what the row allows."""
    for persona in PERSONAS:
        if persona not in named(row.allowed) & named(row.by):
            continue
        status = attempt(stage, row, persona, FRESH[row.fresh](stage) if row.fresh else {})
        if status >= 300 and status not in row.ok:
            yield f"{persona} cannot: {row.route} {row.query} {row.args or ''}: {status}"


def test_each_persona_gets_exactly_what_the_table_says(identity: Identity) -> None:
    stage = Stage(identity)
    unknown = {persona for row in ROWS for persona in named(row.allowed) | named(row.by)} - set(PERSONAS)
    assert not unknown, f"who is {unknown}?"
    wrong = [text for row in ROWS for text in refused(stage, row)]  # all of these first: they change nothing, so that
    wrong += [text for row in ROWS for text in allowed(stage, row)]  # what tokens are worth stays remembered
    assert not wrong, "\n".join(wrong)


LISTS = {  # a list, and to which domain the things in it belong, by domain and id
    "users": lambda item: item["domain_id"],
    "groups": lambda item: item["domain_id"],
    "projects": lambda item: item["domain_id"],
    "domains": lambda item: item["id"],
}


@pytest.fixture
def stage(identity: Identity) -> Stage:
    return Stage(identity)


def test_a_token_for_a_domain_lists_what_is_in_the_domain_and_nothing_else(stage: Stage) -> None:
    for place in ("home", "far"):
        for rank in ("admin", "manager", "member", "reader"):
            token = stage.tokens[f"{place}-{rank}"]
            for what, domain_of in LISTS.items():
                listed = stage.identity.get(f"/{what}", token=token).json[what]
                assert {domain_of(item) for item in listed} <= {stage.names[place]}, f"{place}-{rank}: {what}"
                assert listed or what == "groups"
            entries = stage.identity.get("/role_assignments", token=token).json["role_assignments"]
            inside = {stage.names[place], stage.names["web" if place == "home" else "other"], stage.names["services"]}
            assert entries
            for entry in entries:
                assert next(iter(entry["scope"].values()))["id"] in inside | {stage.names["project"]}


def test_a_reader_of_the_system_lists_everything(stage: Stage) -> None:
    for what, domain_of in LISTS.items():
        listed = stage.identity.get(f"/{what}", token=stage.tokens["system-reader"]).json[what]
        assert {domain_of(item) for item in listed} >= {stage.names["home"]}
    scopes = stage.identity.get("/role_assignments", token=stage.tokens["system-reader"]).json["role_assignments"]
    assert any("system" in entry["scope"] for entry in scopes)


def test_everybody_lists_only_the_own_credentials_and_limits(stage: Stage) -> None:
    for persona in ("web-reader", "far-manager", "unscoped", "service"):
        assert stage.identity.get("/credentials", token=stage.tokens[persona]).json["credentials"] == []
    own = stage.identity.get("/credentials", token=stage.tokens["self"]).json["credentials"]
    assert {item["user_id"] for item in own} == {stage.names["self"]}
    for persona, some in (("web-reader", True), ("home-reader", True), ("other-reader", False), ("far-reader", False)):
        assert bool(stage.identity.get("/limits", token=stage.tokens[persona]).json["limits"]) is some, persona


def test_a_manager_of_a_domain_does_not_reach_beyond_it(stage: Stage) -> None:
    boss, names = stage.tokens["home-manager"], stage.names
    beyond = [
        ("POST", "/users", {"user": {"name": "x", "domain_id": names["far"]}}),
        ("POST", "/projects", {"project": {"name": "x", "parent_id": names["other"]}}),
        ("POST", "/groups", {"group": {"name": "x", "domain_id": names["far"]}}),
        ("PUT", f"/projects/{names['other']}/users/{names['self']}/roles/{names['reader']}", None),
        ("PUT", f"/projects/{names['web']}/users/{names['self']}/roles/{names['admin']}", None),
        ("PUT", f"/projects/{names['web']}/users/{names['self']}/roles/{names['role']}", None),
        ("PATCH", f"/projects/{names['home']}", {"project": {"enabled": False}}),
        ("DELETE", f"/projects/{names['home']}", None),
        ("PATCH", f"/domains/{names['home']}", {"domain": {"enabled": False}}),
    ]
    for method, path, body in beyond:
        assert stage.identity.call(method, path, body, token=boss).status_code == 403, f"{method} {path}"
    for kind, target in (("users", "self"), ("groups", "group"), ("projects", "web")):
        moved = stage.identity.patch(f"/{kind}/{names[target]}", {kind[:-1]: {"domain_id": names["far"]}}, token=boss)
        assert moved.status_code in (400, 403), kind


def test_a_manager_of_a_domain_does_not_learn_which_projects_there_are_elsewhere(stage: Stage) -> None:
    boss, names = stage.tokens["home-manager"], stage.names
    for more in ({}, {"domain_id": names["home"]}):
        answers = []
        for parent in (names["other"], names["far"], "0" * 32):
            body = {"project": {"name": "x", "parent_id": parent, **more}}
            reply = stage.identity.post("/projects", body, token=boss)
            answers.append((reply.status_code, reply.json))
        assert answers[0][0] == 403 and answers == [answers[0]] * 3
    body = {"project": {"name": "x", "parent_id": "0" * 32}}
    assert stage.identity.post("/projects", body).status_code == 400


def test_an_administrator_of_a_domain_does_not_reach_other_domains_as_projects(stage: Stage) -> None:
    boss, far = stage.tokens["home-admin"], stage.names["far"]
    for values in ({"enabled": False}, {"name": "mine"}, {"description": "mine"}):
        assert stage.identity.patch(f"/projects/{far}", {"project": values}, token=boss).status_code == 403
    assert stage.identity.put(f"/projects/{far}/tags/mine", token=boss).status_code == 403
    assert (
        stage.identity.post("/projects", {"project": {"name": "x", "is_domain": True}}, token=boss).status_code == 403
    )
    assert stage.identity.patch(f"/domains/{far}", {"domain": {"enabled": False}}).status_code == 200
    assert stage.identity.delete(f"/projects/{far}", token=boss).status_code == 403
    assert stage.identity.get(f"/domains/{far}").json["domain"]["enabled"] is False


def test_the_rules_for_passwords_are_shown_to_everybody(strict: Identity) -> None:
    path = "/domains/default/config/security_compliance"
    assert strict.get(path).json["config"]["security_compliance"]["password_regex"] == "^.{8,}$"
    assert strict.get(f"{path}/password_regex_description").json == {"config": {"password_regex_description": None}}
    assert strict.get(f"{path}/lockout_duration").status_code == 403
    assert strict.get(path.replace("default", "nowhere")).status_code == 404

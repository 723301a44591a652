"""What holds for every call: methods, content types, sizes, and the headers of answers."""

import time
from typing import Any

import orjson
import pytest

from identity_stories import Identity
from pileus import identity as service
from pileus.core.http.body import MAX_BODY

PLAIN = sorted(
    route.path.removeprefix("/v3")
    for route in service.SERVICE.routes
    if route.method == "GET" and "<" not in route.path and route.path.startswith("/v3")
)


@pytest.mark.parametrize("path", PLAIN)
def test_whatever_answers_get_answers_head_in_the_same_way_without_a_body(identity: Identity, path: str) -> None:
    headers = {"X-Subject-Token": identity.admin}
    got, head = identity.get(path, **headers), identity.call("HEAD", path, **headers)
    assert (head.status_code, head.data) == (got.status_code, b"")


def test_a_method_that_is_not_there_is_answered_with_those_that_are(identity: Identity) -> None:
    reply = identity.put("/users", {"user": {}})
    assert reply.status_code == 405 and reply.json["error"]["code"] == 405
    assert {"GET", "POST"} <= set(reply.headers["Allow"].split(", "))
    assert identity.delete("/nothing/here").status_code == 404


def test_answers_are_for_one_caller_and_name_their_request(identity: Identity) -> None:
    for reply in (identity.get("/users"), identity.get("/users", token=None), identity.get("/users/nobody")):
        assert reply.headers["Vary"] == "X-Auth-Token"
        assert reply.headers["X-Openstack-Request-Id"].startswith("req-")
    assert identity.get("/users", token=None).headers["WWW-Authenticate"].startswith("Keystone uri=")


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"<user/>", "application/xml", 415),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"user": {}}', "application/json", 400),
        (b'{"user": "x"}', "application/json", 400),
        (b'{"user": {"name": "\\u0000"}}', "application/json", 400),
        (b'{"user": {"name": "\\ud800"}}', "application/json", 400),
        (b'{"user": {"name": "x", "more": ' + b"[" * 300 + b"]" * 300 + b"}}", "application/json", 400),
        (b'"' + b"x" * MAX_BODY + b'"', "application/json", 413),
    ],
    ids=range(11),
)
def test_a_body_that_is_none_is_refused_by_its_kind(identity: Identity, data: bytes, kind: str, status: int) -> None:
    headers = {"X-Auth-Token": identity.admin, "Content-Type": kind}
    reply = identity.client.post("/identity/v3/users", data=data, headers=headers)
    assert reply.status_code == status
    assert reply.json["error"]["code"] == status and reply.json["error"]["message"]


def test_a_body_has_the_size_that_keystone_gives_it_and_a_policy_more(identity: Identity) -> None:
    def sent(path: str, body: Any, size: int) -> Any:
        raw = orjson.dumps(body)
        filled = raw[:-1] + b" " * (size - len(raw)) + raw[-1:]
        headers = {"X-Auth-Token": identity.admin, "Content-Type": "application/json"}
        return identity.client.post(f"/identity/v3{path}", data=filled, headers=headers)

    user = {"user": {"name": "ann"}}
    assert sent("/users", user, service.MAX_BODY).status_code == 201
    for path in ("/users", "/auth/tokens"):
        reply = sent(path, user, service.MAX_BODY + 1)
        assert reply.status_code == 413 and reply.json["error"]["code"] == 413
        assert str(service.MAX_BODY) in reply.json["error"]["message"]
    policy = {"policy": {"type": "application/json", "blob": "x," * 2**19}}
    assert sent("/policies", policy, MAX_BODY).status_code == 201
    assert sent("/policies", policy, MAX_BODY + 1).status_code == 413
    made = identity.get("/policies").json["policies"][0]
    change = {"policy": {"blob": "y" * 2**20}}
    assert identity.patch(f"/policies/{made['id']}", change).json["policy"]["blob"] == change["policy"]["blob"]


def test_a_body_of_too_many_values_is_refused_without_a_look_at_them(identity: Identity) -> None:
    body = {"auth": {"identity": {"methods": [1] * 20_000}}}
    started = time.process_time()
    reply = identity.post("/auth/tokens", body, token=None)
    assert reply.status_code == 413 and "values" in reply.json["error"]["message"]
    body = {"auth": {"identity": {"methods": [1] * 9_000}}}
    assert identity.post("/auth/tokens", body, token=None).status_code == 400
    tagged = {"project": {"name": "x", "tags": ["a", *range(9_000)]}}
    assert identity.post("/projects", tagged).status_code == 400
    assert time.process_time() - started < 1


def test_a_change_of_nothing_is_refused(identity: Identity) -> None:
    user = identity.make("user", name="ann")
    reply = identity.patch(f"/users/{user['id']}", {"user": {}})
    assert reply.status_code == 400 and "user" in reply.json["error"]["message"]


def things(identity: Identity) -> dict[str, dict[str, Any]]:
    """One of each kind of thing that can be changed, by the path of its kind."""
    made = {
        noun: identity.make(noun, **values)
        for noun, values in {
            "user": {"name": "ann"},
            "group": {"name": "staff"},
            "project": {"name": "web"},
            "domain": {"name": "company"},
            "role": {"name": "auditor"},
            "region": {"id": "north"},
            "service": {"type": "weather"},
            "policy": {"type": "x", "blob": "{}"},
        }.items()
    }
    endpoint = {"url": "http://x", "interface": "public", "service_id": made["service"]["id"]}
    made["endpoint"] = identity.make("endpoint", **endpoint)
    made["credential"] = identity.make("credential", blob="{}", type="cert", user_id=made["user"]["id"])
    found = {("policies" if noun == "policy" else f"{noun}s"): thing for noun, thing in made.items()}
    group = {"name": "inside", "filters": {"interface": "public"}}
    for path, body in (
        ("OS-OAUTH1/consumers", {"consumer": {}}),
        ("OS-EP-FILTER/endpoint_groups", {"endpoint_group": group}),
    ):
        found[path] = next(iter(identity.post(f"/{path}", body).json.values()))
    return found


def test_nothing_changes_its_id(identity: Identity) -> None:
    nouns = {"policies": "policy"}
    for path, thing in things(identity).items():
        place, noun = f"/{path}/{thing['id']}", nouns.get(path, path.split("/")[-1].removesuffix("s"))
        for other in ("other", "", 7):
            reply = identity.patch(place, {noun: {"id": other, "description": "changed"}})
            assert reply.status_code == 400, (path, other)
        shown = identity.get(place).json[noun]
        assert shown["id"] == thing["id"] and shown.get("description") == thing.get("description")
        assert identity.patch(place, {noun: {"id": thing["id"], "description": "changed"}}).status_code == 200, path
        assert identity.get(place).json[noun]["description"] == "changed"


def test_a_limit_changes_its_id_as_little(identity: Identity) -> None:
    service = identity.make("service", type="weather")["id"]
    registered = {"service_id": service, "resource_name": "storms", "default_limit": 1}
    made = identity.post("/registered_limits", {"registered_limits": [registered]}).json["registered_limits"][0]
    place = f"/registered_limits/{made['id']}"
    assert identity.patch(place, {"registered_limit": {"id": "other", "default_limit": 2}}).status_code == 400
    assert identity.get(place).json["registered_limit"]["default_limit"] == 1


def test_the_versions_are_a_choice_of_one(identity: Identity) -> None:
    for path in ("/identity", "/identity/"):
        reply = identity.client.get(path)
        assert reply.status_code == 300 and reply.headers["Location"].endswith("/identity/v3/")
        assert [version["id"][:2] for version in reply.json["versions"]["values"]] == ["v3"]
    for path in ("/identity/v3", "/identity/v3/"):
        assert identity.client.get(path).json["version"]["status"] == "stable"


def test_links_are_uris_whatever_the_name(identity: Identity) -> None:
    region = identity.make("region", id="São Paulo #1")
    assert region["links"]["self"].endswith("/v3/regions/S%C3%A3o%20Paulo%20%231")
    reply = identity.client.get(region["links"]["self"], headers={"X-Auth-Token": identity.admin})
    assert reply.json["region"] == region
    assert identity.get("/regions?parent_region_id=São Paulo").json["links"]["self"].endswith("=S%C3%A3o%20Paulo")

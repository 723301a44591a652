"""The request pipeline, tried on a toy service: tokens, rules, schemas, versions, pages, faults."""

from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select
from toybox import Toy

from pileus.core import policy
from pileus.core.errors import Conflict
from pileus.core.http import page
from pileus.core.http.body import MAX_BODY
from pileus.core.http.pipeline import Pipeline
from pileus.core.service import Route, Service
from stories import MEMBER, READER, fake_authenticate

NAME = {
    "type": "object",
    "properties": {
        "toy": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 10}}, "required": ["name"]}
    },
    "required": ["toy"],
}


def create(call):
    toy = Toy(project_id=call.context.project_id, status="available", name=call.body["toy"]["name"])
    call.session.add(toy)
    call.session.flush()
    if toy.name == "clash":
        raise Conflict("there is one already")
    if toy.name == "endless":  # a mistake of the schema's
        toy.name *= 100
    if toy.name == "crash":
        raise ZeroDivisionError
    return {"toy": {"id": toy.id, "name": toy.name}}


def index(call):
    rows, more = page.page(
        call,
        call.session,
        select(Toy),
        {"id": Toy.id, "name": Toy.name, "created_at": Toy.created_at},
        (("name", "asc"),),
    )
    return {"toys": [row.name for row in rows], "next": page.next_link(call, rows, more)}


ROUTES = [
    Route("POST", "/toys", create, "toys:create", status=201, schema=NAME),
    Route("GET", "/toys", index, "toys:list"),
    Route("GET", "/forgotten", lambda call: {}, "toys:list", late=True),
    Route("GET", "/open", lambda call: {"ok": True}, None),
    Route("GET", "/shape", lambda call: {"shape": "round"}, None, until=(1, 4)),
    Route("GET", "/shape", lambda call: {"shape": "square"}, None, since=(1, 5)),
    Route("POST", "/toys/<toy_id>/action", lambda call, toy_id: {"did": "spin"}, "toys:create", action="spin"),
    Route("POST", "/toys/<toy_id>/action", lambda call, toy_id: {"did": "break"}, "toys:break", action="break"),
]
TOYBOX = Service(
    "toybox", "toybox", "/toybox", "/toybox", ROUTES,
    microversions=((1, 1), (1, 9)), version_names=("toybox", "header:X-Toybox"),
    policies=[
        policy.rule("toys:create", "rule:project_member", "Make a toy"),
        policy.rule("toys:list", "rule:project_reader", "See toys"),
        policy.rule("toys:break", "rule:admin", "Break a toy"),
    ],
)  # fmt: skip
SMALL = Service(
    "small", "small", "/toybox/small", "/small",
    [
        Route("POST", "/toys", lambda call: {}, None),
        Route("POST", "/blobs", lambda call: {}, None, max_body=3000),
        Route("POST", "/forms", lambda call: {"a": call.request.form["a"]}, None, body="stream"),
    ],
    max_body=2000,
)  # fmt: skip


@pytest.fixture
def ask(database, settings):
    app = Flask("toybox")
    pipeline = Pipeline(settings, database, policy.Policy(settings, TOYBOX.policies), fake_authenticate)
    pipeline.mount(app, SMALL)
    pipeline.mount(app, TOYBOX)
    client = app.test_client()

    def send(method, path, json=None, token=MEMBER, **more):
        headers = {**({"X-Auth-Token": token} if token else {}), **more.pop("headers", {})}
        return client.open("/toybox" + path, method=method, json=json, headers=headers, **more)

    return send


def test_a_request_without_a_token_is_unauthorized(ask):
    answer = ask("GET", "/toys", token=None)
    assert answer.status_code == 401 and "Keystone uri=" in answer.headers["WWW-Authenticate"]


def test_a_public_route_needs_no_token(ask):
    assert ask("GET", "/open", token=None).get_json() == {"ok": True}


def test_a_reader_may_not_change_anything(ask):
    answer = ask("POST", "/toys", {"toy": {"name": "x"}}, token=READER)
    assert answer.status_code == 403 and "toys:create" in answer.get_json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "toy"),
        ({"toy": {}}, "name"),
        ({"toy": {"name": 7}}, "toy/name"),
        ({"toy": {"name": "x" * 11}}, "toy/name"),
        ({"toy": {"name": "a\0b"}}, "toy/name"),
    ],
)
def test_bad_input_names_the_field(ask, body, field):
    answer = ask("POST", "/toys", body)
    assert answer.status_code == 400 and field in answer.get_json()["error"]["message"]


@pytest.mark.parametrize("raw", [b"{", b'{"toy": ', b"\xff\xfe", b'"\\ud800"'])
def test_broken_json_is_a_bad_request(ask, raw):
    assert ask("POST", "/toys", data=raw, headers={"Content-Type": "application/json"}).status_code == 400


def test_a_body_that_is_nested_too_deep_is_a_bad_request(ask):
    raw = b'{"toy": {"name": "x", "more": ' + b"[" * 500 + b"]" * 500 + b"}}"
    answer = ask("POST", "/toys", data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and "levels" in answer.get_json()["error"]["message"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_too_large_however_it_is_sent(ask, chunked):
    raw = b'"' + b"x" * MAX_BODY + b'"'
    how = (
        {"input_stream": BytesIO(raw), "environ_overrides": {"wsgi.input_terminated": True}}
        if chunked
        else {"data": raw}
    )
    assert ask("POST", "/toys", headers={"Content-Type": "application/json"}, **how).status_code == 413


def test_a_body_that_ends_too_early_is_a_bad_request(ask):
    how = {"input_stream": BytesIO(b'{"toy": {"name": "x"}}'), "environ_overrides": {"CONTENT_LENGTH": "100"}}
    assert ask("POST", "/toys", headers={"Content-Type": "application/json"}, **how).status_code == 400


def test_another_content_type_is_refused(ask):
    assert ask("POST", "/toys", data=b"<toy/>", headers={"Content-Type": "application/xml"}).status_code == 415


def test_what_the_database_does_not_take_is_a_bad_request(ask, database):
    strict = database.engine.dialect.name == "postgresql"  # SQLite stores texts of any length
    assert ask("POST", "/toys", {"toy": {"name": "endless"}}).status_code == (400 if strict else 201)
    assert ask("GET", "/toys").status_code == 200


def test_a_nul_in_an_address_or_a_header_is_a_bad_request(ask):
    assert ask("GET", "/open?a=%00").status_code == 400
    assert ask("GET", "/open?a=b", environ_overrides={"QUERY_STRING": "a=\0"}).status_code == 400
    assert ask("GET", "/toys/%00").status_code == 404
    assert ask("POST", "/toys/%00/action", {"spin": None}).status_code == 400
    answer = ask("GET", "/open", environ_overrides={"HTTP_X_PROJECT": "a\0b"})
    assert answer.status_code == 400 and "header" in answer.get_json()["error"]["message"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_service_and_a_route_say_how_large_a_body_may_be(ask, chunked):
    for path, size, status in (
        ("/small/toys", 2000, 200),
        ("/small/toys", 2001, 413),
        ("/small/blobs", 3000, 200),
        ("/small/blobs", 3001, 413),
        ("/small/forms", 2000, 200),
        ("/small/forms", 2001, 413),
    ):
        raw = b"a=" + b"x" * (size - 2) if path == "/small/forms" else b'"' + b"x" * (size - 2) + b'"'
        kind = "application/x-www-form-urlencoded" if path == "/small/forms" else "application/json"
        how = (
            {"input_stream": BytesIO(raw), "environ_overrides": {"wsgi.input_terminated": True}}
            if chunked
            else {"data": raw}
        )
        assert ask("POST", path, headers={"Content-Type": kind}, **how).status_code == status, (path, size)


@pytest.mark.parametrize(("name", "status"), [("clash", 409), ("crash", 500)])
def test_an_error_in_the_view_changes_nothing(ask, name, status):
    assert ask("POST", "/toys", {"toy": {"name": name}}).status_code == status
    assert ask("GET", "/toys").get_json()["toys"] == []


def test_a_late_rule_that_no_view_enforces_is_an_error(ask):
    assert ask("GET", "/forgotten").status_code == 500


def test_every_answer_has_a_request_id(ask):
    assert ask("GET", "/toys").headers["X-Openstack-Request-Id"].startswith("req-")


def test_an_action_is_found_by_the_key_in_the_body_and_has_its_own_rule(ask):
    assert ask("POST", "/toys/1/action", {"spin": None}).get_json() == {"did": "spin"}
    assert ask("POST", "/toys/1/action", {"break": None}).status_code == 403
    assert ask("POST", "/toys/1/action", {"burn": None}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "shape", "version"),
    [
        ({}, "round", "1.1"),
        ({"OpenStack-API-Version": "toybox 1.4"}, "round", "1.4"),
        ({"OpenStack-API-Version": "other 9.9, toybox 1.5"}, "square", "1.5"),
        ({"X-Toybox": "1.7"}, "square", "1.7"),
        ({"OpenStack-API-Version": "toybox latest"}, "square", "1.9"),
    ],
)
def test_a_microversion_picks_the_route_and_is_told_back(ask, headers, shape, version):
    answer = ask("GET", "/shape", headers=headers)
    assert answer.get_json() == {"shape": shape}
    assert answer.headers["OpenStack-API-Version"] == f"toybox {version}" and answer.headers["X-Toybox"] == version
    assert "OpenStack-API-Version" in answer.headers["Vary"]


@pytest.mark.parametrize(("asked", "status"), [("2.0", 406), ("1.10", 406), ("1.0", 406), ("one", 400), ("1.x", 400)])
def test_a_version_that_is_not_served_is_refused(ask, asked, status):
    assert ask("GET", "/shape", headers={"OpenStack-API-Version": f"toybox {asked}"}).status_code == status


def test_pages_follow_each_other_without_gaps_or_doubles(ask):
    names = [f"toy{i}" for i in range(7)]
    for name in reversed(names):
        ask("POST", "/toys", {"toy": {"name": name}})
    seen, path = [], "/toys?limit=3"
    while path:
        answer = ask("GET", path).get_json()
        seen += answer["toys"]
        path = answer["next"] and answer["next"].partition("/toybox")[2]
    assert seen == names


def test_pages_can_be_sorted_downwards(ask):
    for name in ("a", "c", "b"):
        ask("POST", "/toys", {"toy": {"name": name}})
    assert ask("GET", "/toys?sort_key=name&sort_dir=desc").get_json()["toys"] == ["c", "b", "a"]
    assert ask("GET", "/toys?sort=name:desc").get_json()["toys"] == ["c", "b", "a"]


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=-1", "marker=nobody", "sort_key=colour", "sort_key=name&sort_dir=up"]
)
def test_a_page_that_cannot_be_is_a_bad_request(ask, query):
    assert ask("GET", f"/toys?{query}").status_code == 400

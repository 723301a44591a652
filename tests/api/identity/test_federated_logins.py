"""Stories about people for whom an identity provider vouches, through a trusted proxy, and about what they may do."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from directory_stories import settle
from federation_stories import ANN, AUTH, BASE, CAMPUS, DASHBOARD, behind_proxy, log_in, map_by, rescoped
from identity_stories import PASSWORD, Identity, by_password, in_project
from pileus.app import create_app
from pileus.core import db
from pileus.core.db import now
from pileus.identity.models import AuditEvent, Membership, Revision, User, revision
from private_directory import Tree


@pytest.fixture
def federated(identity_with: Callable[..., Identity], tmp_path: Path) -> Identity:
    return behind_proxy(identity_with, tmp_path)


def test_a_person_whom_the_provider_vouches_for_gets_a_token_and_works_in_the_group_s_project(
    federated: Identity,
) -> None:
    reply = log_in(federated)
    assert reply.status_code == 201, reply.text
    token = reply.json["token"]
    home = federated.get(CAMPUS).json["identity_provider"]["domain_id"]
    assert token["methods"] == ["saml2"] and "project" not in token and "catalog" not in token
    user = token["user"]
    assert user["name"] == "ann" and user["domain"] == {"id": home, "name": "campus"}
    group = federated.get("/groups?name=crew").json["groups"][0]["id"]
    vouched = {"identity_provider": {"id": "campus"}, "protocol": {"id": "saml2"}, "groups": [{"id": group}]}
    assert user["OS-FEDERATION"] == vouched
    text = reply.headers["X-Subject-Token"]
    for alias in ("/auth/projects", f"{BASE}/projects"):
        assert [p["name"] for p in federated.get(alias, token=text).json["projects"]] == ["web"]
    assert federated.get(f"{BASE}/domains", token=text).json["domains"] == []
    scoped = rescoped(federated, text)
    assert scoped.status_code == 201, scoped.text
    assert {role["name"] for role in scoped.json["token"]["roles"]} == {"member", "reader"}
    assert scoped.json["token"]["methods"] == ["saml2", "token"]
    assert scoped.json["token"]["user"]["OS-FEDERATION"] == vouched
    again = rescoped(federated, scoped.headers["X-Subject-Token"], "unscoped")
    assert again.json["token"]["user"]["OS-FEDERATION"] == vouched
    shown = federated.get(f"/users/{user['id']}").json["user"]
    assert shown["email"] == "ann@example.org" and shown["domain_id"] == home
    assert federated.get(f"/users/{user['id']}/groups").json["groups"] == []


def test_the_same_person_is_the_same_user_and_a_login_that_changes_nothing_writes_nothing(federated: Identity) -> None:
    def revision() -> int:
        with federated.database.read() as session:
            return session.execute(select(Revision.value)).scalar_one()

    first = log_in(federated).json["token"]["user"]["id"]
    before = revision()
    assert (
        federated.client.get(
            f"/identity/v3{AUTH}", headers={k.replace("_", "-"): v for k, v in ANN.items()}
        ).status_code
        == 201
    )
    assert log_in(federated).json["token"]["user"]["id"] == first
    assert revision() == before
    assert log_in(federated, X_Saml_Mail="new@example.org").status_code == 201
    assert federated.get(f"/users/{first}").json["user"]["email"] == "new@example.org"
    assert log_in(federated, X_Saml_Uid="bob").json["token"]["user"]["id"] != first


@pytest.mark.parametrize("name", ["saml2", "openid", "mapped"])
def test_the_methods_of_the_usual_login_take_a_provider_too(federated: Identity, name: str) -> None:
    payload = {"identity_provider": "campus", "protocol": "saml2"}
    reply = federated.log_in({"methods": [name], name: payload}, in_project("web"), **ANN)
    assert reply.status_code == 201, reply.text
    assert reply.json["token"]["methods"] == [name] and reply.json["token"]["project"]["name"] == "web"
    unscoped = log_in(federated).headers["X-Subject-Token"]
    old = federated.log_in({"methods": [name], name: {"id": unscoped}}, in_project("web"))
    assert old.status_code == 201 and "OS-FEDERATION" in old.json["token"]["user"]
    assert federated.log_in({"methods": [name], name: {"protocol": "saml2"}}, **ANN).status_code == 400


def test_headers_from_anyone_but_the_proxy_are_nothing(federated: Identity) -> None:
    app = create_app(replace(federated.settings, trusted_proxies="192.0.2.1"), federated.database)
    stranger = Identity(app.test_client(), federated.database, federated.settings)
    assert log_in(stranger).status_code == 401
    assert (
        stranger.get(f"/auth{CAMPUS}/protocols/saml2/websso?origin={DASHBOARD}", token=None, **ANN).status_code == 401
    )
    external = {"methods": ["external"], "external": {}}
    assert stranger.log_in(external, X_Remote_User="admin").status_code == 401
    assert federated.post(AUTH, token=None).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X_Saml_Idp": "urn:evil"}, 403),
        ({"X_Saml_Idp": "urn:campus;urn:evil"}, 403),
        ({"X_Saml_Idp": ""}, 401),
        ({"X_Saml_Uid": ""}, 401),
    ],
)
def test_who_is_not_the_provider_or_says_too_little_is_refused(federated: Identity, headers: Any, status: int) -> None:
    assert log_in(federated, **headers).status_code == status


def test_unknown_and_disabled_providers_let_nobody_in(federated: Identity) -> None:
    assert federated.post(f"{BASE}/identity_providers/none/protocols/saml2/auth", token=None, **ANN).status_code == 404
    assert federated.post(f"{CAMPUS}/protocols/none/auth", token=None, **ANN).status_code == 404
    federated.patch(CAMPUS, {"identity_provider": {"enabled": False}})
    refused = log_in(federated)
    assert refused.status_code == 403 and "disabled" in refused.json["error"]["message"]
    federated.patch(CAMPUS, {"identity_provider": {"enabled": True}})
    federated.delete(f"{BASE}/mappings/people")
    assert log_in(federated).status_code == 404


ENDS = {
    "provider disabled": lambda i, w: i.patch(CAMPUS, {"identity_provider": {"enabled": False}}),
    "provider deleted": lambda i, w: i.delete(CAMPUS),
    "protocol deleted": lambda i, w: i.delete(f"{CAMPUS}/protocols/saml2"),
    "user disabled": lambda i, w: i.patch(f"/users/{w['id']}", {"user": {"enabled": False}}),
    "user deleted": lambda i, w: i.delete(f"/users/{w['id']}"),
    "domain disabled": lambda i, w: i.patch(f"/domains/{w['domain']['id']}", {"domain": {"enabled": False}}),
    "group deleted": lambda i, w: i.delete(f"/groups/{w['OS-FEDERATION']['groups'][0]['id']}"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_token_by_a_provider_dies_at_once_with_its_ground(federated: Identity, end) -> None:
    scoped = rescoped(federated, log_in(federated).headers["X-Subject-Token"])
    token = scoped.headers["X-Subject-Token"]
    assert federated.get("/auth/catalog", token=token).status_code == 200
    assert end(federated, scoped.json["token"]["user"]).status_code in (200, 204)
    assert federated.get("/auth/catalog", token=token).status_code == 401


def test_a_domain_goes_with_its_provider_in_it(federated: Identity) -> None:
    domain = log_in(federated).json["token"]["user"]["domain"]["id"]
    federated.patch(f"/domains/{domain}", {"domain": {"enabled": False}})
    assert federated.delete(f"/domains/{domain}").status_code == 204
    assert federated.get(CAMPUS).status_code == 404


def test_a_remembered_token_does_not_outlive_the_membership_it_rests_on(federated: Identity, monkeypatch) -> None:
    federated.patch(CAMPUS, {"identity_provider": {"authorization_ttl": 60}})
    reply = log_in(federated)
    user = reply.json["token"]["user"]["id"]
    made = rescoped(federated, reply.headers["X-Subject-Token"])
    values = {"application_credential": {"name": "robot"}}
    path = f"/users/{user}/application_credentials"
    robot = federated.post(path, values, token=made.headers["X-Subject-Token"]).json["application_credential"]
    by_robot = {
        "methods": ["application_credential"],
        "application_credential": {"id": robot["id"], "secret": robot["secret"]},
    }
    with federated.database.write() as session:
        session.execute(update(Membership).values(expires_at=now() + timedelta(minutes=5)))
    token = federated.log_in(by_robot).headers["X-Subject-Token"]
    assert federated.get("/auth/catalog", token=token).status_code == 200
    later = SimpleNamespace(now=lambda zone: datetime.now(zone) + timedelta(minutes=6))
    monkeypatch.setattr(db, "dt", SimpleNamespace(datetime=later, UTC=UTC))
    assert federated.get("/auth/catalog", token=token).status_code == 401


def test_a_mapping_may_mean_a_user_of_this_cloud(federated: Identity) -> None:
    ann = federated.make("user", name="ann", domain_id="default", password="secret")["id"]
    user = {"name": "{0}", "type": "local", "domain": {"name": "Default"}}
    map_by(federated, [{"local": [{"user": user}], "remote": [{"type": "UID"}]}])
    token = log_in(federated).json["token"]
    assert token["user"]["id"] == ann and "OS-FEDERATION" not in token["user"] and token["methods"] == ["saml2"]
    assert log_in(federated, X_Saml_Uid="nobody").status_code == 401
    federated.patch(f"/users/{ann}", {"user": {"enabled": False}})
    assert log_in(federated).status_code == 401
    map_by(federated, [{"local": [{"user": {"id": "{0}", "type": "local"}}], "remote": [{"type": "UID"}]}])
    bob = federated.make("user", name="bob", domain_id="default")["id"]
    assert log_in(federated, X_Saml_Uid=bob).json["token"]["user"]["id"] == bob


def test_projects_are_made_for_those_whose_mapping_names_them(federated: Identity) -> None:
    projects = [{"name": "of {0}", "roles": [{"name": "member"}]}, {"name": "shared", "roles": [{"name": "reader"}]}]
    local = [{"user": {"name": "{0}"}}, {"projects": projects}]
    map_by(federated, [{"local": local, "remote": [{"type": "UID"}]}])
    for _ in range(2):
        reply = log_in(federated)
        found = federated.get("/auth/projects", token=reply.headers["X-Subject-Token"]).json["projects"]
        assert {p["name"] for p in found} == {"of ann", "shared"}
        assert {p["domain_id"] for p in found} == {reply.json["token"]["user"]["domain"]["id"]}
    mine = next(p["id"] for p in found if p["name"] == "of ann")
    scoped = rescoped(federated, reply.headers["X-Subject-Token"], {"project": {"id": mine}})
    assert {role["name"] for role in scoped.json["token"]["roles"]} == {"member", "reader"}
    assert log_in(federated, X_Saml_Uid="bob").status_code == 201
    local[1]["projects"] = [{"name": "other", "roles": [{"name": "missing"}]}]
    map_by(federated, [{"local": local, "remote": [{"type": "UID"}]}])
    assert log_in(federated).status_code == 403
    assert federated.get("/projects?name=other").json["projects"] == []


def test_users_of_version_2_live_where_the_mapping_says(federated: Identity) -> None:
    user = {"name": "{0}", "domain": {"name": "Default"}}
    map_by(federated, [{"local": [{"user": user}], "remote": [{"type": "UID"}]}], "2.0")
    assert log_in(federated).json["token"]["user"]["domain"]["id"] == "default"
    user["domain"] = {"name": "nowhere"}
    map_by(federated, [{"local": [{"user": user}], "remote": [{"type": "UID"}]}], "2.0")
    assert log_in(federated, X_Saml_Uid="bob").status_code == 401


def test_nobody_becomes_somebody_else_by_a_name(federated: Identity) -> None:
    home = federated.get(CAMPUS).json["identity_provider"]["domain_id"]
    own = federated.make("user", name="ann", domain_id=home, password="secret")["id"]
    map_by(
        federated, [{"local": [{"user": {"id": "{0}", "name": "{1}"}}], "remote": [{"type": "UID"}, {"type": "MAIL"}]}]
    )
    assert log_in(federated, X_Saml_Mail="ann").json["token"]["user"]["id"] != own
    other = log_in(federated, X_Saml_Uid="bob", X_Saml_Mail="ann").json["token"]["user"]
    assert other["id"] != own and other["name"] == "ann (bob)"
    assert log_in(federated, X_Saml_Uid="bob", X_Saml_Mail="ann").json["token"]["user"] == other
    assert federated.log_in(by_password("ann", "")).status_code == 401
    with federated.database.read() as session:
        assert {row.source for row in session.execute(select(User).where(User.name.like("ann (%"))).scalars()} == {
            "federated"
        }


def test_a_group_that_the_mapping_names_by_id_must_be_there(federated: Identity) -> None:
    map_by(federated, [{"local": [{"user": {"name": "{0}"}}, {"group": {"id": "none"}}], "remote": [{"type": "UID"}]}])
    refused = log_in(federated)
    assert refused.status_code == 403 and "people" in refused.json["error"]["message"]


def test_a_browser_gets_a_page_that_posts_the_token_to_the_dashboard(federated: Identity) -> None:
    for path in (f"/auth{CAMPUS}/protocols/saml2/websso", "/auth/OS-FEDERATION/websso/saml2"):
        page = federated.get(f"{path}?origin={DASHBOARD}", token=None, **ANN)
        assert page.status_code == 200 and page.mimetype == "text/html", page.text
        assert f'action="{DASHBOARD}"' in page.text and 'name="token" value="gAAAA' in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert "form-action https://dashboard.example.org;" in page.headers["Content-Security-Policy"]
        assert federated.get(path, token=None, **ANN).status_code == 400
        for origin in ("https://evil.example.org/", DASHBOARD + "x", ""):
            assert federated.get(f"{path}?origin={origin}", token=None, **ANN).status_code in (400, 401)
    assert federated.get(f"/auth/OS-FEDERATION/websso/none?origin={DASHBOARD}", token=None).status_code == 404


def test_a_person_chooses_where_several_providers_speak_one_protocol(federated: Identity) -> None:
    other = f"{BASE}/identity_providers/other"
    federated.put(other, {"identity_provider": {"enabled": True}})
    federated.put(f"{other}/protocols/saml2", {"protocol": {"mapping_id": "people"}})
    page = federated.get(f"/auth/OS-FEDERATION/websso/saml2?origin={DASHBOARD}", token=None)
    assert page.status_code == 200 and "identity_providers/campus/" in page.text and ">other<" in page.text


@pytest.mark.parametrize(
    "text", ["nonsense", "[campus.saml2]\nkind='magic'", "[campus.saml2]\nkind='oidc'\nissuer='x'", "campus = 1"]
)
def test_a_broken_file_about_providers_lets_nobody_in_and_harms_nobody_else(federated: Identity, text: str) -> None:
    with open(federated.settings.federation_file, "w") as file:
        file.write(text)
    os.utime(federated.settings.federation_file, ns=(1, 1))
    assert log_in(federated).status_code == 500
    assert federated.token("admin", PASSWORD)


def test_a_token_carries_no_more_groups_than_it_can(federated: Identity) -> None:
    names = [f"g{number}" for number in range(65)]
    groups = {name: federated.make("group", name=name, domain_id="default")["id"] for name in names}
    crew = federated.get("/groups?name=crew").json["groups"][0]["id"]
    reply = log_in(federated, X_Saml_Groups=";".join(["crew", *names]))
    assert reply.json["token"]["user"]["OS-FEDERATION"]["groups"] == [{"id": crew}]
    assert federated.get("/auth/projects", token=reply.headers["X-Subject-Token"]).status_code == 200
    project = federated.get("/projects?name=web").json["projects"][0]["id"]
    reader = federated.get("/roles?name=reader").json["roles"][0]["id"]
    for group in groups.values():
        assert federated.put(f"/projects/{project}/groups/{group}/roles/{reader}").status_code == 204
    assert log_in(federated, X_Saml_Groups=";".join(names)).status_code == 403
    most = log_in(federated, X_Saml_Groups=";".join(names[:64])).headers["X-Subject-Token"]
    assert federated.get("/auth/projects", token=most).status_code == 200


def test_who_logs_in_by_a_provider_is_not_inactive(federated: Identity) -> None:
    careful = replace(federated.settings, inactive_days=30)
    strict = Identity(create_app(careful, federated.database).test_client(), federated.database, careful)
    user = log_in(strict).json["token"]["user"]["id"]
    with federated.database.write() as session:
        session.execute(update(User).where(User.id == user).values(created_at=now() - timedelta(days=40)))
        revision.bump(session)
    assert log_in(strict).status_code == 201


def test_who_is_in_a_directory_needs_no_login_there_before(federated: Identity, tree: Tree) -> None:
    tree.person("dora", mail="dora@example.org")
    settle(federated, tree)
    external = {"methods": ["external"], "external": {}}
    reply = federated.log_in(external, X_Remote_User="dora", X_Remote_Domain="company")
    assert reply.status_code == 201, reply.text
    dora = reply.json["token"]["user"]["id"]
    user = {"name": "{0}", "type": "local", "domain": {"name": "company"}}
    map_by(federated, [{"local": [{"user": user}], "remote": [{"type": "UID"}]}])
    assert log_in(federated, X_Saml_Uid="dora").json["token"]["user"]["id"] == dora
    assert log_in(federated, X_Saml_Uid="nobody").status_code == 401
    assert federated.log_in(external, X_Remote_User="nobody", X_Remote_Domain="company").status_code == 401


def test_roles_that_end_with_the_token_make_no_application_credential(federated: Identity) -> None:
    reply = log_in(federated)
    token = rescoped(federated, reply.headers["X-Subject-Token"]).headers["X-Subject-Token"]
    path = f"/users/{reply.json['token']['user']['id']}/application_credentials"
    assert federated.post(path, {"application_credential": {"name": "robot"}}, token=token).status_code == 400


def test_the_audit_trail_tells_of_logins_by_a_provider(federated: Identity) -> None:
    user = log_in(federated).json["token"]["user"]["id"]
    log_in(federated, X_Saml_Idp="urn:evil")
    with federated.database.read() as session:
        rows = session.execute(
            select(AuditEvent).where(AuditEvent.action == "authenticate").order_by(AuditEvent.at)
        ).scalars()
        found = [(row.initiator_id, row.outcome) for row in rows]
    assert found[-2:] == [(user, "success"), ("campus/saml2", "failure")]


def test_a_user_can_be_made_before_the_first_login(federated: Identity) -> None:
    names = [{"idp_id": "campus", "protocols": [{"protocol_id": "saml2", "unique_id": "ann"}]}]
    made = federated.make("user", name="Ann Smith", domain_id="default", federated=names)
    assert made["federated"] == names
    project = federated.get("/projects?name=web").json["projects"][0]["id"]
    manager = federated.get("/roles?name=manager").json["roles"][0]["id"]
    assert federated.put(f"/projects/{project}/users/{made['id']}/roles/{manager}").status_code == 204
    reply = log_in(federated)
    assert reply.json["token"]["user"]["id"] == made["id"] and reply.json["token"]["user"]["name"] == "Ann Smith"
    scoped = rescoped(federated, reply.headers["X-Subject-Token"])
    assert "manager" in {role["name"] for role in scoped.json["token"]["roles"]}
    assert federated.get(f"/users/{made['id']}").json["user"]["federated"] == names
    other = {"user": {"name": "other", "domain_id": "default", "federated": names}}
    assert federated.post("/users", other).status_code == 409
    names[0]["idp_id"] = "nowhere"
    assert federated.post("/users", other).status_code == 400
    assert federated.post("/users", {"user": {"name": "other", "federated": [{"idp_id": "campus"}]}}).status_code == 400
    assert federated.get("/users?name=other").json["users"] == []
    changed = federated.patch(f"/users/{made['id']}", {"user": {"federated": []}})
    assert "federated" not in changed.json["user"]
    assert log_in(federated).json["token"]["user"]["id"] != made["id"]


def test_who_rules_a_domain_lays_no_hands_on_the_guests_of_another(federated: Identity) -> None:
    home = federated.get(CAMPUS).json["identity_provider"]["domain_id"]
    manager = federated.get("/roles?name=manager").json["roles"][0]["id"]
    names = [{"idp_id": "campus", "protocols": [{"protocol_id": "saml2", "unique_id": "ann"}]}]
    for domain, status in (("default", 403), (home, 201)):
        boss = federated.make("user", name=f"boss of {domain}", domain_id=domain, password="secret")["id"]
        assert federated.put(f"/domains/{domain}/users/{boss}/roles/{manager}").status_code == 204
        by_id = {"methods": ["password"], "password": {"user": {"id": boss, "password": "secret"}}}
        token = federated.log_in(by_id, {"domain": {"id": domain}}).headers["X-Subject-Token"]
        body = {"user": {"name": "ann", "domain_id": domain, "federated": names}}
        assert federated.post("/users", body, token=token).status_code == status

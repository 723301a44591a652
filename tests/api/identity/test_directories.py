"""Stories about domains whose users and groups live in an LDAP directory: a real OpenLDAP that each run has for itself."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest

from directory_stories import Company, settle
from identity_stories import Identity
from pileus.app import create_app
from pileus.core.db import Database
from pileus.identity.models import User, revision
from pileus.identity.operations import directories
from private_directory import Tree


def test_users_of_a_directory_log_in_by_name_and_by_id(company: Company) -> None:
    reply = company.log_in("ann")
    assert reply.status_code == 201, reply.text
    user = reply.json["token"]["user"]
    assert user["name"] == "ann" and user["domain"]["name"] == "company"
    assert user["id"] == directories.shadow_id(company.domain_id, "user", "ann") and len(user["id"]) == 64
    named = {"name": "ann", "domain": {"name": "company"}, "password": "secret"}
    again = company.identity.log_in({"methods": ["password"], "password": {"user": named}})
    by_id = company.log_in_by_id(user["id"])
    assert again.json["token"]["user"]["id"] == by_id.json["token"]["user"]["id"] == user["id"]
    shown = company.identity.get(f"/users/{user['id']}", token=by_id.headers["X-Subject-Token"]).json["user"]
    assert (shown["email"], shown["description"], shown["enabled"]) == ("ann@example.org", "She", True)


def test_a_wrong_password_an_unknown_user_and_an_empty_password_are_refused_alike(company: Company) -> None:
    known = company.user("ann")["id"]
    refused = [
        company.log_in("ann", "wrong"),
        company.log_in("nobody", "secret"),
        company.log_in("ann", ""),
        company.log_in("nobody", ""),
        company.log_in_by_id(known, "wrong"),
        company.log_in_by_id(known, ""),
        company.log_in("ann", "\u00ad"),  # nothing is left of it by the rules for preparing passwords
    ]
    assert {reply.status_code for reply in refused} == {401}
    assert len({reply.text for reply in refused}) == 1


def test_logging_in_again_changes_nothing(company: Company) -> None:
    company.tree.group("staff", f"uid=ann,ou=people,{company.tree.base}")
    token = company.token("ann")
    with company.identity.database.read() as session:
        before = revision.current(session), session.get(User, company.user("ann")["id"]).updated_at  # type: ignore[union-attr]
    company.token("ann")
    company.sync()
    with company.identity.database.read() as session:
        row = session.get(User, company.user("ann")["id"])
        assert (revision.current(session), row.updated_at) == before  # type: ignore[union-attr]
    assert company.works(token)


def test_values_that_change_in_the_directory_change_here(company: Company) -> None:
    ann = company.user("ann")
    company.tree.change(f"uid=ann,ou=people,{company.tree.base}", description="Someone else", mail=None)
    shown = company.identity.get(f"/users/{ann['id']}").json["user"]
    assert shown["description"] == "Someone else" and "email" not in shown


def test_a_name_passes_on_to_another_user(company: Company) -> None:
    company.configure(user_name_attribute="cn")
    assert company.users() == ["ann", "bob"]
    company.tree.change(f"uid=bob,ou=people,{company.tree.base}", cn="robert")
    company.tree.change(f"uid=ann,ou=people,{company.tree.base}", cn="bob")
    assert company.log_in("bob").json["token"]["user"]["id"] == directories.shadow_id(company.domain_id, "user", "ann")
    assert company.users() == ["bob", "robert"]
    company.tree.change(f"uid=bob,ou=people,{company.tree.base}", cn="bob")
    assert company.log_in("bob").status_code == 401  # two have the name: nobody is meant
    assert company.users() == ["bob"]


def test_configuring_counts_at_once_in_every_process(company: Company) -> None:
    identity = company.identity
    other = Identity(
        create_app(identity.settings, Database(identity.database.url)).test_client(),
        identity.database,
        identity.settings,
    )
    other.admin = identity.admin
    beside = replace(company, identity=other)
    assert beside.log_in("bob").status_code == 201
    company.configure(user_filter="(uid=ann)")
    assert beside.log_in("bob").status_code == 401 and beside.users() == ["ann"]
    token = beside.token("ann")
    assert company.works(token)
    assert identity.delete(f"/domains/{company.domain_id}/config").status_code == 204
    assert beside.log_in("ann").status_code == 401 and not beside.works(token) and not company.works(token)


@pytest.mark.parametrize(
    "name",
    [
        "*",
        "a*",
        "ann)(uid=*",
        "*)(|(uid=*",
        "ann\0",
        "\\61nn",
        "ann)(&(objectClass=*)",
        "uid=ann,ou=people",
        "(ann)",
        "",
        " ",
        "%2a",
        "{{ ann }}",
        "x" * 300,
        "änn",
    ],
)
def test_what_callers_write_is_never_more_than_a_value(company: Company, name: str) -> None:
    company.tree.group("staff", f"uid=ann,ou=people,{company.tree.base}")
    assert company.log_in(name).status_code in (400, 401)
    assert company.log_in("ann", name).status_code in (400, 401)
    if "\0" in name:
        return
    for how in ("", "__startswith", "__endswith"):
        if name.strip() or not how:
            assert company.users(f"&name{how}={quote(name)}") == []
            assert company.groups(f"&name{how}={quote(name)}") == []


@pytest.mark.parametrize("uid", ["a,b+c", 'he said "x"', "back\\slash", "#sharp", "(par*en)", "ünï", "semi;colon<>"])
def test_odd_names_in_the_directory_work_like_any_other(company: Company, uid: str) -> None:
    dn = company.tree.person(uid)
    company.tree.group("odd", dn)
    token = company.token(uid)
    assert company.works(token)
    user_id = company.log_in(uid).json["token"]["user"]["id"]
    groups = company.identity.get(f"/users/{user_id}/groups").json["groups"]
    assert [one["name"] for one in groups] == ["odd"]
    assert [one["id"] for one in company.identity.get(f"/groups/{groups[0]['id']}/users").json["users"]] == [user_id]
    company.sync()
    assert company.identity.get(f"/groups/{groups[0]['id']}/users/{user_id}").status_code == 204


def test_the_users_and_groups_of_a_directory_are_read_only(company: Company) -> None:
    identity = company.identity
    company.tree.group("staff", f"uid=ann,ou=people,{company.tree.base}")
    ann, bob, staff = company.user("ann")["id"], company.user("bob")["id"], company.group("staff")["id"]
    local = identity.make("group", name="local")["id"]
    change = {"user": {"password": "better", "original_password": "secret"}}
    wrong = {"user": {"password": "better", "original_password": "wrong"}}
    refused = [
        identity.post("/users", {"user": {"name": "new", "domain_id": company.domain_id}}),
        identity.patch(f"/users/{ann}", {"user": {"description": "x"}}),
        identity.patch(f"/users/{ann}", {"user": {"enabled": False}}),
        identity.patch(f"/users/{ann}", {"user": {"password": "new"}}),
        identity.delete(f"/users/{ann}"),
        identity.post(f"/users/{ann}/password", change, token=None),
        identity.post("/groups", {"group": {"name": "new", "domain_id": company.domain_id}}),
        identity.patch(f"/groups/{staff}", {"group": {"name": "new"}}),
        identity.delete(f"/groups/{staff}"),
        identity.put(f"/groups/{staff}/users/{bob}"),
        identity.delete(f"/groups/{staff}/users/{ann}"),
        identity.put(f"/groups/{local}/users/{ann}"),
    ]
    assert {reply.status_code for reply in refused} == {403}
    assert all("read-only" in reply.text for reply in refused)
    assert identity.post(f"/users/{ann}/password", wrong, token=None).status_code == 401
    assert company.log_in("ann").status_code == 201


def test_users_whom_the_domain_had_before_work_on_and_keep_their_names(identity: Identity, tree: Tree) -> None:
    domain = identity.make("domain", name="company")
    own = identity.make("user", name="Ann", domain_id=domain["id"], password="her-own")
    keeper = identity.make("user", name="bob", domain_id=domain["id"], password="his-own")
    tree.person("bob")
    tree.person("carl")
    config = {"identity": {"driver": "ldap"}, "ldap": tree.options()}
    assert identity.put(f"/domains/{domain['id']}/config", {"config": config}).status_code == 201
    company = Company(identity, tree, domain["id"])
    assert company.log_in("Ann", "her-own").status_code == company.log_in("bob", "his-own").status_code == 201
    assert company.log_in("bob").status_code == 401
    assert company.users() == ["Ann", "bob", "carl"] and company.user("bob")["id"] == keeper["id"]
    assert identity.delete(f"/users/{own['id']}").status_code == 204


def test_a_domain_that_goes_back_to_sql_leaves_nothing_open(company: Company) -> None:
    identity = company.identity
    company.tree.group("staff", f"uid=ann,ou=people,{company.tree.base}")
    group = company.group("staff")["id"]
    scope = company.project(groups=group)
    token = company.token("ann", scope)
    ann, bob = company.user("ann")["id"], company.user("bob")["id"]
    identity.patch(f"/domains/{company.domain_id}/config", {"config": {"identity": {"driver": "sql"}}})
    assert not company.works(token) and company.log_in("ann").status_code == 401
    assert company.enabled()["ann"] is False
    assert identity.get(f"/groups/{group}/users").json["users"] == []
    assert identity.post("/users", {"user": {"name": "new", "domain_id": company.domain_id}}).status_code == 201
    identity.patch(f"/domains/{company.domain_id}/config", {"config": {"identity": {"driver": "ldap"}}})
    assert company.works(company.token("ann", scope)) and not company.works(token)
    identity.patch(f"/domains/{company.domain_id}/config", {"config": {"identity": {"driver": "sql"}}})
    adopted = {"user": {"password": "her-own", "enabled": True}}
    assert identity.patch(f"/users/{ann}", adopted).status_code == 200
    assert company.log_in("ann", "her-own").status_code == 201
    identity.patch(f"/domains/{company.domain_id}/config", {"config": {"identity": {"list_limit": 50}}})
    assert company.log_in("ann", "her-own").status_code == 201
    assert identity.delete(f"/users/{bob}").status_code == 204


def test_a_domain_with_a_directory_can_be_deleted(company: Company) -> None:
    company.tree.group("staff", f"uid=ann,ou=people,{company.tree.base}")
    token = company.token("ann")
    where = f"/domains/{company.domain_id}"
    assert company.identity.patch(where, {"domain": {"enabled": False}}).status_code == 200
    assert company.log_in("ann").status_code == 401 and not company.works(token)
    assert company.identity.delete(where).status_code == 204
    with company.identity.database.read() as session:
        assert directories.domains(session) == []


def test_the_lockout_holds_for_users_of_a_directory(identity_with: Callable[..., Identity], tree: Tree) -> None:
    tree.person("ann")
    company = settle(identity_with(lockout_attempts=2), tree)
    company.token("ann")
    for _ in range(2):
        assert company.log_in("ann", "wrong").status_code == 401
    assert company.log_in("ann").status_code == 401


def test_who_came_from_a_directory_can_delegate(company: Company) -> None:
    identity, bob = company.identity, company.user("bob")["id"]
    scope = company.project(users=bob)
    token = company.token("bob", scope)
    body = {"application_credential": {"name": "robot", "secret": "of-the-robot"}}
    made = identity.post(f"/users/{bob}/application_credentials", body, token=token)
    assert made.status_code == 201, made.text
    robot = {"id": made.json["application_credential"]["id"], "secret": "of-the-robot"}
    reply = identity.log_in({"methods": ["application_credential"], "application_credential": robot})
    assert reply.status_code == 201
    company.tree.remove(f"uid=bob,ou=people,{company.tree.base}")
    company.sync()
    assert not company.works(reply.headers["X-Subject-Token"])
    assert identity.log_in({"methods": ["application_credential"], "application_credential": robot}).status_code == 401


def test_a_proxy_may_name_users_of_a_directory(identity_with: Callable[..., Identity], tree: Tree) -> None:
    tree.person("ann")
    company = settle(identity_with(trusted_proxies="127.0.0.1", external_header="X-User, X-Domain"), tree)

    def log_in(name: str) -> int:
        reply = company.identity.log_in({"methods": ["external"], "external": {}}, X_User=name, X_Domain="company")
        return int(reply.status_code)

    assert [log_in(name) for name in ("ann", "nobody", "*", "")] == [201, 401, 401, 401]
    company.configure(url="ldap://127.0.0.1:1")
    assert log_in("ann") == 503

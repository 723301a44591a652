"""Stories about domains whose users and groups live in an LDAP directory: a real OpenLDAP that each run has for itself."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pytest

from identity_stories import Identity
from pileus.app import create_app
from pileus.core.db import Database
from pileus.identity.models import User, revision
from pileus.identity.operations import directories
from private_directory import SIZE_LIMIT, SUFFIX, Server, Tree, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@pytest.fixture
def tree(server: Server) -> Iterator[Tree]:
    made = Tree(server)
    yield made
    made.writing.unbind()


@dataclass
class Company:
    """A domain that has a directory."""

    identity: Identity
    tree: Tree
    domain_id: str

    def log_in(self, name: str, password: str = "secret", scope: Any = None) -> Any:
        user = {"name": name, "domain": {"id": self.domain_id}, "password": password}
        return self.identity.log_in({"methods": ["password"], "password": {"user": user}}, scope)

    def log_in_by_id(self, user_id: str, password: str = "secret") -> Any:
        return self.identity.log_in(
            {"methods": ["password"], "password": {"user": {"id": user_id, "password": password}}}
        )

    def token(self, name: str, scope: Any = None) -> str:
        reply = self.log_in(name, scope=scope)
        assert reply.status_code == 201, reply.text
        return str(reply.headers["X-Subject-Token"])

    def configure(self, **options: Any) -> None:
        reply = self.identity.patch(f"/domains/{self.domain_id}/config", {"config": {"ldap": options}})
        assert reply.status_code == 200, reply.text

    def forget(self, name: str) -> None:
        assert self.identity.delete(f"/domains/{self.domain_id}/config/ldap/{name}").status_code == 204

    def users(self, query: str = "") -> list[str]:
        reply = self.identity.get(f"/users?domain_id={self.domain_id}{query}")
        assert reply.status_code == 200, reply.text
        return sorted(user["name"] for user in reply.json["users"])

    def groups(self, query: str = "") -> list[str]:
        reply = self.identity.get(f"/groups?domain_id={self.domain_id}{query}")
        assert reply.status_code == 200, reply.text
        return sorted(group["name"] for group in reply.json["groups"])

    def user(self, name: str) -> dict[str, Any]:
        found = self.identity.get(f"/users?domain_id={self.domain_id}&name={name}").json["users"]
        return dict(found[0])

    def group(self, name: str) -> dict[str, Any]:
        found = self.identity.get(f"/groups?domain_id={self.domain_id}&name={name}").json["groups"]
        return dict(found[0])

    def enabled(self) -> dict[str, bool]:
        listed = self.identity.get(f"/users?domain_id={self.domain_id}").json["users"]
        return {user["name"]: user["enabled"] for user in listed}

    def works(self, token: str) -> bool:
        reply = self.identity.get("/auth/tokens", X_Subject_Token=token)
        assert reply.status_code in (200, 404)
        return bool(reply.status_code == 200)

    def sync(self) -> directories.Synced:
        return directories.sync(self.identity.database, self.identity.settings, self.domain_id)

    def project(self, **grant: str) -> dict[str, Any]:
        """A project on which {"users": id} or {"groups": id} have the role member; its scope."""
        made = self.identity.make("project", name="work", domain_id=self.domain_id)
        role = self.identity.get("/roles?name=member").json["roles"][0]["id"]
        for kind, actor_id in grant.items():
            path = f"/projects/{made['id']}/{kind}/{actor_id}/roles/{role}"
            assert self.identity.put(path).status_code == 204
        return {"project": {"id": made["id"]}}


def settle(identity: Identity, tree: Tree, options: dict[str, Any] | None = None) -> Company:
    domain = identity.make("domain", name="company")
    config = {"identity": {"driver": "ldap"}, "ldap": options or tree.options()}
    reply = identity.put(f"/domains/{domain['id']}/config", {"config": config})
    assert reply.status_code == 201, reply.text
    return Company(identity, tree, domain["id"])


@pytest.fixture
def company(identity: Identity, tree: Tree) -> Company:
    """A domain whose directory has the users ann and bob."""
    tree.person("ann", mail="ann@example.org", description="She")
    tree.person("bob")
    return settle(identity, tree)


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


def test_the_enabled_attribute_is_honoured(company: Company) -> None:
    people = f"ou=people,{company.tree.base}"
    company.configure(user_enabled_attribute="employeeType")
    company.tree.change(f"uid=ann,{people}", employeeType="FALSE")
    assert company.enabled() == {"ann": False, "bob": True}
    assert company.log_in("ann").status_code == 401 and company.log_in("bob").status_code == 201
    company.tree.change(f"uid=ann,{people}", employeeType="TRUE")
    assert company.log_in("ann").status_code == 201
    company.configure(user_enabled_invert=True, user_enabled_default="False")
    assert company.enabled() == {"ann": False, "bob": True}
    company.configure(user_attribute_ignore=["enabled"])
    assert company.enabled() == {"ann": True, "bob": True}


def test_a_bit_of_a_number_disables_as_in_active_directory(company: Company) -> None:
    people = f"ou=people,{company.tree.base}"
    company.configure(user_enabled_attribute="employeeNumber", user_enabled_mask=2, user_enabled_default="512")
    company.tree.change(f"uid=ann,{people}", employeeNumber="514")
    assert company.enabled() == {"ann": False, "bob": True}
    company.configure(user_enabled_default="True")
    reply = company.identity.get(f"/users?domain_id={company.domain_id}")
    assert reply.status_code == 503 and "user_enabled_default" in reply.text


@pytest.mark.parametrize("more", [0, 5])
def test_a_group_tells_who_is_enabled(company: Company, more: int) -> None:
    people = f"ou=people,{company.tree.base}"
    for number in range(more):
        company.tree.person(f"user{number}")
    company.configure(user_enabled_emulation=True)
    missing = company.log_in("ann")
    assert missing.status_code == 503
    company.tree.add(f"cn=enabled_users,{people}", "groupOfNames", cn="enabled_users", member=[f"UID=ann, {people}"])
    assert company.enabled() == {"ann": True, "bob": False} | {f"user{number}": False for number in range(more)}
    assert (company.log_in("ann").status_code, company.log_in("bob").status_code) == (201, 401)
    other = company.tree.add(
        f"cn=on,ou=groups,{company.tree.base}", "posixGroup", cn="on", gidNumber="7", memberUid=["bob"]
    )
    company.configure(
        user_enabled_emulation_dn=other,
        user_enabled_emulation_use_group_config=True,
        group_member_attribute="memberUid",
        group_members_are_ids=True,
        group_objectclass="posixGroup",
    )
    assert (company.log_in("ann").status_code, company.log_in("bob").status_code) == (401, 201)


def test_filters_object_classes_and_the_scope_choose_who_is_a_user(company: Company) -> None:
    people = f"ou=people,{company.tree.base}"
    company.tree.add(f"ou=far,{people}", "organizationalUnit")
    company.tree.add(f"uid=carl,ou=far,{people}", "inetOrgPerson", uid="carl", cn="carl", sn="carl")
    company.tree.add(f"cn=device,{people}", "person", cn="device", sn="device")
    assert company.users() == ["ann", "bob"]
    company.configure(query_scope="sub")
    assert company.users() == ["ann", "bob", "carl"]
    company.configure(user_filter="(|(uid=ann)(uid=carl))")
    assert company.users() == ["ann", "carl"] and company.log_in("bob").status_code == 401
    company.configure(user_filter="mail=*")
    assert company.users() == ["ann"]
    company.forget("user_filter")
    company.configure(user_objectclass="person", user_id_attribute="cn", user_name_attribute="sn")
    assert company.users() == ["ann", "bob", "carl", "device"]


def test_attributes_are_mapped_as_configured(company: Company) -> None:
    project = company.project()["project"]["id"]
    company.tree.person("dora", cn="Dora D.", mail="dora@example.org", title="Dr.", employeeNumber=project, o="Firm")
    company.configure(
        user_name_attribute="cn",
        user_description_attribute="title",
        user_additional_attribute_mapping=["o:company", "mail:contact"],
        user_default_project_id_attribute="employeeNumber",
        user_attribute_ignore="email",
    )
    shown = company.user("Dora D.")
    assert (shown["description"], shown["company"], shown["contact"]) == ("Dr.", "Firm", "dora@example.org")
    assert shown["default_project_id"] == project and "email" not in shown
    assert shown["id"] == directories.shadow_id(company.domain_id, "user", "dora")
    company.configure(user_attribute_ignore=["default_project_id", "mail", "company"])
    shown = company.user("Dora D.")
    assert not {"default_project_id", "email", "company"} & set(shown)


def test_lists_are_filtered_by_name_in_the_directory(company: Company) -> None:
    company.tree.person("joann")
    company.tree.person("Annabel")
    assert company.users("&name=ann") == ["ann"]
    assert company.users("&name=ANN") == ["ann"]
    assert company.users("&name__contains=ann") == ["Annabel", "ann", "joann"]
    assert company.users("&name__startswith=ann") == ["Annabel", "ann"]
    assert company.users("&name__iendswith=NN") == ["ann", "joann"]
    assert company.users("&name__contains=") == company.users() == ["Annabel", "ann", "bob", "joann"]
    assert company.users("&enabled=false") == []
    first = company.identity.get(f"/users?domain_id={company.domain_id}&limit=3&sort_key=name").json
    assert [user["name"] for user in first["users"]] in (["Annabel", "ann", "bob"], ["ann", "Annabel", "bob"])
    assert "marker=" in first["links"]["next"]
    company.identity.patch(f"/domains/{company.domain_id}/config", {"config": {"identity": {"list_limit": 2}}})
    assert len(company.users()) == 2


def test_lists_are_longer_than_a_page_and_than_what_the_server_gives_at_once(company: Company) -> None:
    for number in range(2 * SIZE_LIMIT):
        company.tree.person(f"user{number:02}", None)
    reply = company.identity.get(f"/users?domain_id={company.domain_id}")
    assert reply.status_code == 503 and "page_size" in reply.text
    company.configure(page_size=7)
    assert len(company.users()) == 2 * SIZE_LIMIT + 2
    company.tree.group("all", *(f"uid=user{number:02},ou=people,{company.tree.base}" for number in range(30)))
    group = company.group("all")
    members = company.identity.get(f"/groups/{group['id']}/users").json["users"]
    assert sorted(user["name"] for user in members) == [f"user{number:02}" for number in range(30)]
    assert company.sync().users == 2 * SIZE_LIMIT + 2


def test_groups_bring_roles(company: Company) -> None:
    ann = f"uid=ann,ou=people,{company.tree.base}"
    dn = company.tree.group("staff", ann.upper().replace(",", ", "))
    company.tree.group("others", f"uid=bob,ou=people,{company.tree.base}")
    assert company.groups() == ["others", "staff"] and company.groups("&name=staff") == ["staff"]
    group = company.group("staff")
    scope = company.project(groups=group["id"])
    token = company.token("ann", scope)
    assert company.log_in("bob", scope=scope).status_code == 401
    user_id = company.user("ann")["id"]
    groups = company.identity.get(f"/users/{user_id}/groups").json["groups"]
    assert [one["name"] for one in groups] == ["staff"]
    assert company.identity.get(f"/groups/{group['id']}/users/{user_id}").status_code == 204
    assert [one["name"] for one in company.identity.get(f"/groups/{group['id']}/users").json["users"]] == ["ann"]
    company.tree.change(dn, member=[f"uid=bob,ou=people,{company.tree.base}"], description="New people")
    company.sync()
    assert not company.works(token)
    assert (
        company.log_in("ann", scope=scope).status_code == 401 and company.log_in("bob", scope=scope).status_code == 201
    )
    assert company.identity.get(f"/groups/{group['id']}/users/{user_id}").status_code == 404
    assert company.identity.get(f"/groups/{group['id']}").json["group"]["description"] == "New people"


def test_groups_may_list_ids_instead_of_dns(company: Company) -> None:
    company.configure(group_objectclass="posixGroup", group_member_attribute="memberUid", group_members_are_ids=True)
    where = f"cn=staff,ou=groups,{company.tree.base}"
    company.tree.add(where, "posixGroup", cn="staff", gidNumber="100", memberUid=["bob", "nobody"])
    group = company.group("staff")
    scope = company.project(groups=group["id"])
    assert company.log_in("bob", scope=scope).status_code == 201
    assert company.log_in("ann", scope=scope).status_code == 401
    assert [one["name"] for one in company.identity.get(f"/groups/{group['id']}/users").json["users"]] == ["bob"]
    company.tree.change(where, memberUid=["ann"])
    company.users()
    company.sync()
    assert company.log_in("bob", scope=scope).status_code == 401


def test_groups_in_groups_count_when_nesting_is_configured(company: Company) -> None:
    inner = company.tree.group("inner", f"uid=ann,ou=people,{company.tree.base}")
    middle = company.tree.group("middle", inner)
    outer = company.tree.group("outer", middle, f"uid=bob,ou=people,{company.tree.base}")
    company.tree.change(inner, member=[f"uid=ann,ou=people,{company.tree.base}", outer])  # a circle
    user_id = company.user("ann")["id"]

    def groups() -> list[str]:
        return sorted(one["name"] for one in company.identity.get(f"/users/{user_id}/groups").json["groups"])

    assert groups() == ["inner"]
    company.configure(group_ad_nesting=True)
    assert groups() == ["inner", "middle", "outer"]
    company.sync()
    outside = company.group("outer")["id"]
    assert company.identity.get(f"/groups/{outside}/users/{user_id}").status_code == 204
    members = company.identity.get(f"/groups/{outside}/users").json["users"]
    assert sorted(one["name"] for one in members) == ["ann", "bob"]


def test_encryption_is_demanded_and_checked(company: Company) -> None:
    server = company.tree.server
    good: list[dict[str, Any]] = [
        {"use_tls": True, "tls_cacertfile": server.ca},
        {"use_tls": False, "url": server.secure_url},
        {"tls_req_cert": "allow", "tls_cacertfile": server.wrong_ca},
        {"tls_req_cert": "never"},
    ]
    for options in good:
        company.configure(**options)
        assert company.log_in("ann").status_code == 201, options
    company.configure(tls_req_cert="demand")
    for options in ({}, {"url": server.url, "use_tls": True}):
        company.configure(**options)
        reply = company.identity.get(f"/users?domain_id={company.domain_id}")
        assert reply.status_code == 503 and "certificate" in reply.text, options
        assert company.log_in("ann").status_code == 503
    company.configure(url=server.url.replace("127.0.0.1", "localhost"), tls_cacertfile=server.ca)
    reply = company.identity.get(f"/users?domain_id={company.domain_id}")
    assert reply.status_code == 503 and "certificate" in reply.text
    company.configure(url=server.secure_url)
    reply = company.identity.get(f"/users?domain_id={company.domain_id}")
    assert reply.status_code == 503 and "use_tls" in reply.text
    company.configure(url=server.secure_url, use_tls=False, tls_cacertfile="/nowhere.pem")
    assert "tls_cacertfile" in company.identity.get(f"/users?domain_id={company.domain_id}").text


def test_aliases_are_followed_when_configured(company: Company) -> None:
    elsewhere = company.tree.add(f"ou=elsewhere,{company.tree.base}", "organizationalUnit")
    target = company.tree.add(f"uid=eve,{elsewhere}", "inetOrgPerson", uid="eve", cn="eve", sn="eve")
    where = f"uid=eve,ou=people,{company.tree.base}"
    company.tree.add(where, "alias", "extensibleObject", uid="eve", aliasedObjectName=target)
    assert company.users() == ["ann", "bob"]
    company.configure(alias_dereferencing="searching")
    assert company.users() == ["ann", "bob", "eve"]


@pytest.mark.parametrize("pool", [True, False])
def test_connections_are_kept_and_made_again(company: Company, server: Server, pool: bool) -> None:
    company.configure(use_pool=pool, pool_size=2, pool_retry_max=1)
    assert company.log_in("ann").status_code == 201
    server.stop()
    server.start()
    company.tree.writing = server.root()
    assert company.log_in("ann").status_code == 201 and company.users() == ["ann", "bob"]


def test_of_several_addresses_one_that_answers_is_enough(company: Company, server: Server) -> None:
    company.configure(url=f"ldap://127.0.0.1:1,{server.url}")
    assert company.log_in("ann").status_code == 201


@pytest.fixture
def quick(identity_with: Callable[..., Identity]) -> Identity:
    """The API of a cloud that does not wait long for directories."""
    return identity_with(directory_timeout=0.5)


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that accepts connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"ldap://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize("kind", ["silent", "closed", "wrong account", "wrong tree", "wrong url", "unknown driver"])
def test_a_directory_that_is_down_is_told_quickly_and_harms_no_other_domain(
    quick: Identity, tree: Tree, silent: str, kind: str
) -> None:
    tree.person("ann")
    company = settle(quick, tree)
    user_id, token = company.user("ann")["id"], company.token("ann")
    broken: dict[str, Callable[[], Any]] = {
        "silent": lambda: company.configure(url=silent),
        "closed": lambda: company.configure(url="ldap://127.0.0.1:1"),
        "wrong account": lambda: company.configure(password="not the password of the reader"),
        "wrong tree": lambda: company.configure(user_tree_dn=f"ou=nowhere,{SUFFIX}"),
        "wrong url": lambda: company.configure(url="https://example.org"),
        "unknown driver": lambda: quick.patch(
            f"/domains/{company.domain_id}/config", {"config": {"identity": {"driver": "paper"}}}
        ),
    }
    broken[kind]()
    if kind == "unknown driver":
        token = ""
    for path in (f"/users?domain_id={company.domain_id}", f"/users/{user_id}", f"/users/{user_id}/groups"):
        started = time.monotonic()
        reply = quick.get(path)
        assert reply.status_code == 503 and company.domain_id in reply.text, path
        assert time.monotonic() - started < 3
        assert "reader-secret" not in reply.text and "127.0.0.1" not in reply.text and "not the pass" not in reply.text
    for reply in (company.log_in("ann"), company.log_in("nobody"), company.log_in_by_id(user_id)):
        assert reply.status_code == 503 and "ou=" not in reply.text
    assert company.log_in("ann", "").status_code in (401, 503)
    assert quick.get("/users").status_code == quick.get("/users?domain_id=default").status_code == 200
    assert quick.token("admin", "admin-password")
    if token:
        assert company.works(token)
    with pytest.raises(directories.Trouble):
        company.sync()
    directories.sync_all(quick.database, quick.settings)
    if token:
        assert company.works(token)


def test_a_directory_that_comes_back_is_used_again(quick: Identity, tree: Tree) -> None:
    tree.person("ann")
    company = settle(quick, tree)
    tree.server.stop()
    try:
        assert company.log_in("ann").status_code == 503
    finally:
        tree.server.start()
    tree.writing = tree.server.root()
    until = time.monotonic() + 10
    while company.log_in("ann").status_code == 503 and time.monotonic() < until:
        time.sleep(0.1)
    assert company.log_in("ann").status_code == 201


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


def test_who_is_gone_or_disabled_in_the_directory_loses_the_tokens_at_the_next_sync(company: Company) -> None:
    people = f"ou=people,{company.tree.base}"
    company.configure(user_enabled_attribute="employeeType")
    ann, bob = company.user("ann")["id"], company.user("bob")["id"]
    scope = company.project(users=bob)
    tokens = [company.token("ann"), company.token("bob", scope)]
    company.tree.remove(f"uid=ann,{people}")
    company.tree.change(f"uid=bob,{people}", employeeType="FALSE")
    assert company.works(tokens[0])  # validation never asks the directory
    done = company.sync()
    assert (done.users, done.gone) == (1, 1)
    assert not company.works(tokens[0]) and not company.works(tokens[1])
    assert company.identity.get(f"/users/{ann}").status_code == 404
    assert company.identity.get(f"/users/{bob}").json["user"]["enabled"] is False
    company.tree.change(f"uid=bob,{people}", employeeType="TRUE")
    company.tree.person("ann")
    company.sync()
    assert not company.works(tokens[1])  # what ended stays ended, but the assignment is still there
    assert company.works(company.token("bob", scope)) and company.works(company.token("ann"))


def test_an_empty_directory_disables_nobody(company: Company) -> None:
    token = company.token("ann")
    for uid in ("ann", "bob"):
        company.tree.remove(f"uid={uid},ou=people,{company.tree.base}")
    with pytest.raises(directories.Trouble, match="nothing was changed"):
        company.sync()
    assert company.works(token)


def test_a_group_that_is_gone_gives_no_roles_any_more(company: Company) -> None:
    dn = company.tree.group("staff", f"uid=ann,ou=people,{company.tree.base}")
    company.tree.group("others", f"uid=bob,ou=people,{company.tree.base}")
    company.groups()
    group = company.group("staff")["id"]
    scope = company.project(groups=group)
    token = company.token("ann", scope)
    company.tree.remove(dn)
    company.sync()
    assert not company.works(token)
    assert company.identity.get(f"/groups/{group}").status_code == 404


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_size", "many"),
        ("page_size", -1),
        ("use_tls", "perhaps"),
        ("query_scope", "all"),
        ("tls_req_cert", "sometimes"),
        ("alias_dereferencing", 3),
        ("user_filter", "(uid=ann"),
        ("user_filter", "(uid=ann)(x=y)"),
        ("user_tree_dn", "people"),
        ("user_id_attribute", "uid=*)(x"),
        ("user_attribute_ignore", 7),
        ("user_additional_attribute_mapping", ["title"]),
        ("user_additional_attribute_mapping", ["title:enabled"]),
        ("user_additional_attribute_mapping", ["userPassword:hash"]),
        ("chase_referrals", True),
        ("pool_retry_delay", "soon"),
        ("url", ""),
        ("password", 7),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused_when_it_is_set(
    identity: Identity, name: str, value: Any
) -> None:
    reply = identity.put("/domains/default/config", {"config": {"ldap": {name: value}}})
    assert reply.status_code == 400 and name in reply.text
    assert identity.get("/domains/default/config").status_code == 404


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

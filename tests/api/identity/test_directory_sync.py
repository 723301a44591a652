"""Stories about groups of directories, about those who are gone from them, and about directories that are down."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from directory_stories import Company, settle
from identity_stories import Identity
from pileus import catalogue, cli
from pileus.identity.operations import directories
from private_directory import SUFFIX, Tree


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
        assert reply.status_code == 503 and reply.json["error"]["message"].endswith("cannot be asked now.")
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


def test_the_command_tells_about_directories_and_syncs_them(company: Company, tmp_path: Path) -> None:
    settings = tmp_path / "pileus.toml"
    settings.write_text(f'database_url = "{company.identity.database.url}"\nstate_dir = "{tmp_path}"\n')

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(cli.main, ["--config", str(settings), "directory", *arguments])

    token = company.token("ann")
    company.users()
    assert "users      2" in run("list").stdout and company.tree.server.url in run("list").stdout
    assert "2 users (2 enabled; ann, bob)" in run("check", "company").stdout
    company.tree.remove(f"uid=ann,ou=people,{company.tree.base}")
    synced = run("sync")
    assert synced.exit_code == 0 and "1 users and 0 groups are there, 1 are not" in synced.stdout
    assert not company.works(token)
    assert run("sync", "nothing").exit_code == 1
    company.configure(url="ldap://127.0.0.1:1")
    failed = run("check", company.domain_id)
    assert failed.exit_code == 1 and "does not answer" in failed.output


def test_the_worker_looks_into_the_directories(company: Company) -> None:
    token = company.token("ann")
    company.tree.remove(f"uid=ann,ou=people,{company.tree.base}")
    company.tree.group("staff", f"uid=bob,ou=people,{company.tree.base}")
    catalogue.errands(company.identity.database, company.identity.settings)
    assert not company.works(token)

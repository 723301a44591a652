"""The object store through Swift: unmodified clients, who sees what, and how soon it notices that somebody may no more."""

import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import swiftclient
from cloud_under_test import Tenant, on_host, wait_until
from object_store_under_test import DATA_POOL, admin, as_user, ask, in_ceph, project, swift
from swiftclient.exceptions import ClientException

MIB = 1 << 20


@pytest.fixture(scope="module")
def users() -> Iterator[list[Tenant]]:
    with project("member", "reader") as made:
        yield made


@pytest.fixture(scope="module")
def member(users: list[Tenant]) -> Tenant:
    return users[0]


@pytest.fixture(scope="module")
def stranger() -> Iterator[Tenant]:
    with project("member") as made:
        yield made[0]


@pytest.fixture
def container(member: Tenant) -> str:
    name = f"box-{secrets.token_hex(4)}"
    store = swift(member)
    store.put_container(name)
    store.put_object(name, "letter", b"dear reader")
    return name


def address(tenant: Tenant) -> str:
    """The URL of a tenant's account, as its catalog says it."""
    return as_user(tenant).object_store.get_endpoint()


def token(tenant: Tenant) -> str:
    return as_user(tenant).auth_token


def test_the_openstack_client_stores_lists_and_brings_back(member: Tenant, tmp_path: Path) -> None:
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(secrets.token_bytes(3 * MIB))
    assert member.json("container", "create", "papers")[0]["container"] == "papers"
    assert member.json("object", "create", "papers", str(there), "--name", "scan")[0]["object"] == "scan"
    assert [o["Name"] for o in member.json("object", "list", "papers")] == ["scan"]
    assert int(member.json("object", "show", "papers", "scan")["content-length"]) == 3 * MIB
    shown = member.json("container", "show", "papers")
    assert (int(shown["object_count"]), int(shown["bytes_used"])) == (1, 3 * MIB)
    member.openstack("object", "save", "papers", "scan", "--file", str(back))
    assert back.read_bytes() == there.read_bytes()
    member.openstack("object", "delete", "papers", "scan")
    assert member.json("object", "list", "papers") == []
    member.openstack("container", "delete", "papers")
    assert "papers" not in [c["Name"] for c in member.json("container", "list")]


def test_the_swift_client_gets_the_bytes_it_gave(member: Tenant, container: str) -> None:
    store, data = swift(member), secrets.token_bytes(5 * MIB)
    etag = store.put_object(container, "data", data, content_type="application/x-test")
    headers, back = store.get_object(container, "data")
    assert etag == hashlib.md5(data).hexdigest() == headers["etag"] == hashlib.md5(back).hexdigest()
    assert headers["content-type"] == "application/x-test"
    part = store.get_object(container, "data", headers={"Range": "bytes=100-199"})[1]
    assert part == data[100:200]


def test_a_wrong_checksum_is_refused(member: Tenant, container: str) -> None:
    with pytest.raises(ClientException) as refused:
        swift(member).put_object(container, "broken", b"some bytes", etag="0" * 32)
    assert refused.value.http_status == 422
    assert [o["name"] for o in swift(member).get_container(container)[1]] == ["letter"]


def test_the_bytes_are_in_ceph_and_leave_it(member: Tenant, container: str) -> None:
    name = f"proof-{secrets.token_hex(4)}"
    swift(member).put_object(container, name, b"proof" * 1000)
    (stored,) = in_ceph(name)
    assert on_host("h1", f"rados -p {DATA_POOL} get '{stored}' - | head -c 10") == "proofproof"
    swift(member).delete_object(container, name)
    assert in_ceph(name) == []


def test_nobody_reads_without_a_token_until_the_container_is_public(member: Tenant, container: str) -> None:
    path = f"/{container}/letter"
    assert ask("GET", address(member), path) == 401
    swift(member).post_container(container, {"X-Container-Read": ".r:*"})
    assert ask("GET", address(member), path) == 200
    assert ask("PUT", address(member), path, data=b"forged") == 401
    swift(member).post_container(container, {"X-Container-Read": ""})
    assert ask("GET", address(member), path) == 401


def test_another_project_sees_nothing_of_it(member: Tenant, stranger: Tenant, container: str) -> None:
    other = token(stranger)
    for method, path in (("GET", ""), ("GET", f"/{container}"), ("GET", f"/{container}/letter"), ("HEAD", "")):
        assert ask(method, address(member), path, other) == 403, (method, path)
    for method, path in (("PUT", f"/{container}/new"), ("DELETE", f"/{container}/letter"), ("DELETE", f"/{container}")):
        assert ask(method, address(member), path, other) == 403, (method, path)
    assert swift(member).get_object(container, "letter")[1] == b"dear reader"


def test_two_projects_use_the_same_name_for_different_things(member: Tenant, stranger: Tenant, container: str) -> None:
    swift(stranger).put_container(container)
    assert swift(stranger).get_container(container)[1] == []
    swift(stranger).delete_container(container)
    assert swift(member).get_object(container, "letter")[1] == b"dear reader"


def test_a_container_may_be_shared_with_another_project(member: Tenant, stranger: Tenant, container: str) -> None:
    friend = as_user(stranger).current_project_id
    swift(member).post_container(container, {"X-Container-Read": f"{friend}:*"})
    there = swiftclient.Connection(preauthurl=address(member), preauthtoken=token(stranger), retries=0)
    assert there.get_object(container, "letter")[1] == b"dear reader"
    assert ask("PUT", address(member), f"/{container}/letter", token(stranger), data=b"forged") == 403


def test_a_reader_is_refused_as_this_ceph_knows_no_role_that_only_reads(users: list[Tenant], container: str) -> None:
    member, reader = users
    weak, letter = token(reader), f"/{container}/letter"
    for method, path in (("GET", letter), ("PUT", "/new"), ("PUT", letter), ("DELETE", letter), ("GET", "")):
        assert ask(method, address(member), path, weak) == 401, (method, path)
    assert swift(member).get_object(container, "letter")[1] == b"dear reader"


def test_the_admin_works_with_the_containers_of_all(member: Tenant, container: str) -> None:
    assert ask("GET", address(member), f"/{container}/letter", admin().auth_token) == 200


@pytest.mark.parametrize("how", ["token revoked", "user disabled", "role taken", "password changed", "project gone"])
def test_whoever_may_no_more_is_refused_at_once(how: str) -> None:
    cloud = admin()
    with project("member") as (tenant,):
        url, key = address(tenant), token(tenant)
        user, home = cloud.identity.find_user(tenant.user), cloud.identity.find_project(tenant.project)
        assert ask("PUT", url, "/box", key) == 201
        if how == "token revoked":
            reply = cloud.identity.delete("/auth/tokens", headers={"X-Subject-Token": key})
            assert reply.status_code == 204
        elif how == "user disabled":
            cloud.identity.update_user(user, is_enabled=False)
        elif how == "role taken":
            cloud.identity.unassign_project_role_from_user(home, user, cloud.identity.find_role("member"))
        elif how == "password changed":
            cloud.identity.update_user(user, password=secrets.token_hex(12))
        else:
            cloud.identity.delete_project(home)
        assert ask("GET", url, "/box", key) == 401


def test_an_application_credential_works_until_it_is_deleted(member: Tenant, container: str) -> None:
    mine = as_user(member)
    user = mine.current_user_id
    made = mine.identity.create_application_credential(
        user, name=f"app-{secrets.token_hex(4)}", roles=[{"name": "member"}]
    )
    auth = {
        "methods": ["application_credential"],
        "application_credential": {"id": made.id, "secret": made.secret},
    }
    reply = mine.identity.post("/auth/tokens", json={"auth": {"identity": auth}}, authenticated=False)
    given = reply.headers["X-Subject-Token"]
    assert ask("GET", address(member), f"/{container}/letter", given) == 200
    mine.identity.delete_application_credential(user, made)
    assert ask("GET", address(member), f"/{container}/letter", given) == 401


def test_an_application_credential_with_access_rules_opens_nothing(member: Tenant, container: str) -> None:
    """This Ceph does not know of them and would let it do everything, so identity does not show it such a token."""
    mine = as_user(member)
    rule = {"service": "object-store", "method": "GET", "path": "/v1/**"}
    made = mine.identity.create_application_credential(
        mine.current_user_id, name=f"app-{secrets.token_hex(4)}", access_rules=[rule]
    )
    auth = {"methods": ["application_credential"], "application_credential": {"id": made.id, "secret": made.secret}}
    reply = mine.identity.post("/auth/tokens", json={"auth": {"identity": auth}}, authenticated=False)
    bound = reply.headers["X-Subject-Token"]
    for method, path in (("GET", f"/{container}/letter"), ("PUT", f"/{container}/forged"), ("GET", "")):
        assert ask(method, address(member), path, bound) == 401, (method, path)
    mine.identity.delete_application_credential(mine.current_user_id, made)


def test_the_gateway_logs_in_again_by_itself(member: Tenant, container: str) -> None:
    on_host("h1", "rm /var/lib/ceph/radosgw/ceph-rgw.h1/token")
    key, url = token(member), address(member)
    assert ask("GET", url, f"/{container}/letter", key) in (401, 403, 500, 503)
    on_host("h1", "systemctl start pileus-object-store-log-in.service")
    wait_until("the gateway believes again", lambda: ask("GET", url, f"/{container}/letter", key) == 200, 10)

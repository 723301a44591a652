"""The object store as lab tests use it: projects with users, Swift connections, S3 clients, and what Ceph says of it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import openstack
import requests
import swiftclient
from botocore.client import Config
from cloud_under_test import CONTROL, Tenant, on_host
from openstack.connection import Connection

DATA_POOL = "default.rgw.buckets.data"


def admin() -> Connection:
    """The SDK as the cloud's admin."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(CONTROL / "clouds.yaml")
    return openstack.connect(cloud="pileus")


def as_user(tenant: Tenant) -> Connection:
    """The SDK as a user in a project."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(CONTROL / "clouds.yaml")
    who = {"project_name": tenant.project, "username": tenant.user, "password": tenant.password}
    return openstack.connect(cloud="pileus", auth=who)


def swift(tenant: Tenant) -> swiftclient.Connection:
    """The Swift client of a user, which tries each thing once."""
    return swiftclient.Connection(session=as_user(tenant).session, retries=0)


def s3(key: Any, secret: str | None = None) -> Any:
    """The S3 client of the holder of an EC2 key."""
    gateway = admin().object_store.get_endpoint().partition("/swift/")[0]
    return boto3.client(
        "s3",
        endpoint_url=gateway,
        region_name="default",
        aws_access_key_id=key.access,
        aws_secret_access_key=secret or key.secret,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


@dataclass(frozen=True)
class Key:
    """An EC2 key."""

    access: str
    secret: str = field(repr=False)


def make_key(connection: Connection) -> Key:
    """A new EC2 key of the connection's user in its project."""
    path = f"/users/{connection.current_user_id}/credentials/OS-EC2"
    reply = connection.identity.post(path, json={"tenant_id": connection.current_project_id})
    assert reply.status_code == 201, reply.text
    made = reply.json()["credential"]
    return Key(made["access"], made["secret"])


def ask(method: str, tenant_url: str, path: str = "", token: str | None = None, **more: Any) -> int:
    """The status of one plain request."""
    headers = {"X-Auth-Token": token} if token else {}
    return requests.request(method, tenant_url + path, headers=headers, timeout=30, **more).status_code


@contextmanager
def project(*roles: str) -> Iterator[list[Tenant]]:
    """A project with a user per role; when it goes, what it has stored goes, too."""
    cloud, name = admin(), f"lab-{secrets.token_hex(4)}"
    home = cloud.identity.create_project(name=name, domain_id="default")
    users = []
    for role in roles:
        tenant = Tenant(name, f"{name}-{role}", secrets.token_hex(12))
        user = cloud.identity.create_user(name=tenant.user, password=tenant.password, domain_id="default")
        cloud.identity.assign_project_role_to_user(home, user, cloud.identity.find_role(role))
        users.append((tenant, user))
    try:
        yield [tenant for tenant, _ in users]
    finally:
        forget(home.id)
        for _, user in users:
            cloud.identity.delete_user(user, ignore_missing=True)
        cloud.identity.delete_project(home, ignore_missing=True)


def forget(project_id: str) -> None:
    """Remove what a project has stored, and the gateway's own record of it."""
    account = f"'{project_id}${project_id}'"
    on_host(
        "h1", f"radosgw-admin user info --uid={account} >/dev/null 2>&1 || exit 0; "
        f"radosgw-admin user rm --uid={account} --purge-data",
    )  # fmt: skip


def in_ceph(name: str) -> list[str]:
    """The RADOS objects whose names end in `name`."""
    return [line for line in on_host("h1", f"rados -p {DATA_POOL} ls").split() if line.endswith(f"_{name}")]

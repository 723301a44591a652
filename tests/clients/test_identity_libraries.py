"""Identity through openstacksdk and python-keystoneclient, as programs use it."""

import secrets
from collections.abc import Iterator

import openstack
import pytest
from keystoneauth1 import identity, session
from keystoneauth1.exceptions import ClientException, Conflict, Forbidden, NotFound, Unauthorized
from keystoneauth1.identity.v3 import OAuth2ClientCredential
from keystoneclient.v3.client import Client
from openstack.connection import Connection

from private_cloud import PrivateCloud


def connect(cloud: PrivateCloud, **auth: str) -> Connection:
    """A connection of the SDK; without `auth` it is the administrator's."""
    admin = {"username": "admin", "password": cloud.password, "project_name": "admin"}
    domains = {"user_domain_id": "default", "project_domain_id": "default"} if "username" in (auth or admin) else {}
    return Connection(auth={"auth_url": cloud.auth_url, **domains, **(auth or admin)}, region_name="RegionOne")


@pytest.fixture
def acme(cloud: PrivateCloud) -> Iterator[str]:
    """The id of a domain that is there for one story."""
    admin = connect(cloud)
    made = admin.identity.create_domain(name=f"acme-{secrets.token_hex(4)}")
    yield made.id
    admin.identity.update_domain(made, is_enabled=False)
    admin.identity.delete_domain(made)
    assert admin.identity.find_domain(made.id) is None


def test_the_sdk_works_with_every_noun(cloud: PrivateCloud, acme: str) -> None:
    admin = connect(cloud).identity
    project = admin.create_project(name="web", domain_id=acme)
    user = admin.create_user(name="ann", domain_id=acme, password="secret")
    group = admin.create_group(name="crew", domain_id=acme)
    member = admin.find_role("member")
    admin.add_user_to_group(user, group)
    admin.assign_project_role_to_group(project, group, member)
    assert admin.validate_group_has_project_role(project, group, member)
    assert [one.id for one in admin.group_users(group)] == [user.id]
    found = list(admin.role_assignments(scope_project_id=project.id, effective=True))
    assert {entry.user["id"] for entry in found} == {user.id}
    own = connect(cloud, user_id=user.id, password="secret", project_id=project.id)
    assert own.current_project_id == project.id
    made = own.identity.create_application_credential(user, name="robot")
    robot = Connection(
        auth_type="v3applicationcredential",
        auth={
            "auth_url": cloud.auth_url,
            "application_credential_id": made.id,
            "application_credential_secret": made.secret,
        },
    )
    assert robot.current_project_id == project.id
    credential = own.identity.create_credential(type="cert", blob="{}", user_id=user.id)
    assert own.identity.get_credential(credential.id).blob == "{}"
    service = admin.create_service(name="weather", type="weather")
    endpoint = admin.create_endpoint(service_id=service.id, interface="public", url="http://x", region_id="RegionOne")
    assert admin.get_endpoint(endpoint.id).url == "http://x"
    admin.delete_service(service)
    assert [region.id for region in admin.regions()] == ["RegionOne"]


def test_the_sdk_s_cloud_layer_works(cloud: PrivateCloud, acme: str) -> None:
    admin = connect(cloud)
    project = admin.create_project("shop", domain_id=acme, description="sells")
    assert admin.update_project(project.id, enabled=False).is_enabled is False
    assert admin.get_project(project.id).description == "sells"
    user = admin.create_user("bob", password="secret", domain_id=acme, email="bob@example.org")
    assert admin.update_user(user.id, email="bob@example.com").email == "bob@example.com"
    group = admin.create_group("staff", "works here", domain=acme)
    admin.add_user_to_group(user.id, group.id)
    assert admin.is_user_in_group(user.id, group.id)
    role = admin.create_role(f"clerk-{acme}")
    assert admin.grant_role(role.id, user=user.id, project=project.id)
    assert [a.role["id"] for a in admin.list_role_assignments({"user": user.id})] == [role.id]
    assert admin.revoke_role(role.id, user=user.id, project=project.id)
    assert admin.delete_role(role.id) and admin.delete_user(user.id) and admin.delete_group(group.id)
    assert admin.search_projects("shop", domain_id=acme)[0].id == project.id
    assert admin.get_domain("default").name == "Default"
    assert admin.delete_project(project.id) and admin.get_project(project.id) is None


def test_the_sdk_says_what_was_wrong(cloud: PrivateCloud, acme: str) -> None:
    admin = connect(cloud).identity
    admin.create_user(name="eve", domain_id=acme, password="secret")
    with pytest.raises(openstack.exceptions.ConflictException, match="eve"):
        admin.create_user(name="eve", domain_id=acme)
    with pytest.raises(openstack.exceptions.NotFoundException, match="nothing"):
        admin.get_project("nothing")
    with pytest.raises(openstack.exceptions.BadRequestException, match="name"):
        admin.create_project(name="")
    with pytest.raises(openstack.exceptions.SDKException, match="requires authentication"):
        connect(cloud, username="admin", password="wrong", project_name="admin").authorize()


def keystone(cloud: PrivateCloud, **auth: str) -> Client:
    """python-keystoneclient with a login."""
    return Client(session=session.Session(auth=identity.V3Password(auth_url=cloud.auth_url, **auth)))


def test_keystoneclient_works(cloud: PrivateCloud, acme: str) -> None:
    default = {"user_domain_id": "default", "project_domain_id": "default"}
    admin = keystone(cloud, username="admin", password=cloud.password, project_name="admin", **default)
    project = admin.projects.create("web", acme, description="old school")
    user = admin.users.create("ann", domain=acme, password="secret", default_project=project)
    member = admin.roles.find(name="member")
    admin.roles.grant(member, user=user, project=project)
    assert admin.roles.check(member, user=user, project=project)
    assert [role.name for role in admin.roles.list(user=user, project=project)] == ["member"]
    project.update(description="new school")
    assert admin.projects.get(project.id).description == "new school"
    project.add_tag("blue")
    assert project.list_tags() == ["blue"]
    with pytest.raises(Conflict):
        admin.projects.create("web", acme)
    own = keystone(cloud, user_id=user.id, password="secret", project_id=project.id)
    with pytest.raises(Forbidden):
        own.users.list()
    assert [p.id for p in own.auth.projects()] == [project.id]
    key = own.ec2.create(user.id, project.id)
    assert own.ec2.get(user.id, key.access).secret == key.secret
    own.users.update_password("secret", "better")
    fresh = keystone(cloud, user_id=user.id, password="better", project_id=project.id)
    token = fresh.session.get_token()
    assert admin.tokens.validate(token).user_id == user.id
    admin.tokens.revoke_token(token)
    with pytest.raises(NotFound):
        admin.tokens.validate(token)
    user.delete()
    with pytest.raises(NotFound):
        admin.users.get(user.id)


@pytest.fixture
def robot(cloud: PrivateCloud, acme: str) -> Iterator[tuple[Connection, dict[str, str]]]:
    """A member of a project, and the id and secret of an application credential of hers, as the plugin names them."""
    admin = connect(cloud).identity
    project = admin.create_project(name="web", domain_id=acme)
    user = admin.create_user(name="ann", domain_id=acme, password="secret")
    admin.assign_project_role_to_user(project, user, admin.find_role("member"))
    own = connect(cloud, user_id=user.id, password="secret", project_id=project.id)
    made = own.identity.create_application_credential(user, name="robot")
    keys = {"oauth2_client_id": made.id, "oauth2_client_secret": made.secret}
    yield own, {"oauth2_endpoint": f"{cloud.auth_url}/OS-OAUTH2/token", **keys}


def test_keystoneauth_gets_bearer_tokens(cloud: PrivateCloud, robot: tuple[Connection, dict[str, str]]) -> None:
    own, keys = robot
    plugin = OAuth2ClientCredential(cloud.auth_url, **keys)
    headers = plugin.get_headers(session.Session())
    assert headers is not None and headers["Authorization"].startswith("Bearer ")
    assert session.Session(plugin).get_project_id() == own.current_project_id
    path = f"{cloud.auth_url}/users/{own.current_user_id}"
    assert session.Session(plugin).get(path).json()["user"]["name"] == "ann"
    bearer = {"Authorization": headers["Authorization"]}
    assert session.Session().get(path, headers=bearer).json()["user"]["name"] == "ann"
    with pytest.raises(Unauthorized):
        session.Session().get(path, headers={"Authorization": f"{headers['Authorization']}x"})
    wrong = OAuth2ClientCredential(cloud.auth_url, **{**keys, "oauth2_client_secret": "wrong"})
    with pytest.raises((ClientException, Unauthorized)):
        wrong.get_headers(session.Session())


def test_the_sdk_works_with_bearer_tokens(cloud: PrivateCloud, robot: tuple[Connection, dict[str, str]]) -> None:
    own, keys = robot
    auth = {"auth_url": cloud.auth_url, **keys}
    there = Connection(auth_type="v3oauth2clientcredential", auth=auth, region_name="RegionOne")
    assert there.current_project_id == own.current_project_id
    assert there.identity.get_user(own.current_user_id).name == "ann"
    assert list(there.image.images()) == []


def test_keystoneclient_finds_no_token_with_access_rules(
    cloud: PrivateCloud, robot: tuple[Connection, dict[str, str]]
) -> None:
    """It does not say that it knows of them, as keystonemiddleware does; logging in goes on as ever."""
    own, _ = robot
    rule = {"service": "image", "method": "GET", "path": "/v2/images"}
    made = own.identity.create_application_credential(own.current_user_id, name="bound", access_rules=[rule])
    keys = {"application_credential_id": made.id, "application_credential_secret": made.secret}
    there = Connection(auth_type="v3applicationcredential", auth={"auth_url": cloud.auth_url, **keys})
    token = there.auth_token
    assert list(there.image.images()) == []
    default = {"user_domain_id": "default", "project_domain_id": "default"}
    admin = keystone(cloud, username="admin", password=cloud.password, project_name="admin", **default)
    with pytest.raises(NotFound):
        admin.tokens.validate(token)
    assert admin.tokens.validate(token, access_rules_support="1.0").user_id == own.current_user_id

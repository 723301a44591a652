"""The unmodified SDK and client against a live server: what people really use."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openstack
import pytest
from werkzeug.serving import make_server

from identity_stories import PASSWORD
from pileus import catalogue
from pileus.app import create_app
from pileus.core.config import Settings
from pileus.core.db import Database
from pileus.identity.operations import bootstrap


@pytest.fixture
def auth_url(database: Database, settings: Settings) -> Iterator[str]:
    """The address of a live identity API."""
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    here = replace(settings, public_url=f"http://127.0.0.1:{server.server_port}")
    with database.write() as session:
        bootstrap(session, here, catalogue.SERVICES, PASSWORD)
    server.app = create_app(here, database)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"{here.public_url}/identity"
    server.shutdown()
    thread.join()


def connect(auth_url: str, **auth: str) -> openstack.connection.Connection:
    return openstack.connection.Connection(
        auth={"auth_url": auth_url, **auth}, region_name="RegionOne", identity_api_version="3"
    )


def test_the_sdk_works_with_every_noun(auth_url: str) -> None:
    admin = connect(
        auth_url,
        username="admin",
        password=PASSWORD,
        project_name="admin",
        user_domain_id="default",
        project_domain_id="default",
    ).identity
    domain = admin.create_domain(name="acme")
    project = admin.create_project(name="web", domain_id=domain.id)
    user = admin.create_user(name="ann", domain_id=domain.id, password="secret")
    group = admin.create_group(name="crew", domain_id=domain.id)
    member = admin.find_role("member")
    admin.add_user_to_group(user, group)
    admin.assign_project_role_to_group(project, group, member)
    assert admin.validate_group_has_project_role(project, group, member)
    assert [one.id for one in admin.group_users(group)] == [user.id]
    found = list(admin.role_assignments(scope_project_id=project.id, effective=True))
    assert {entry.user["id"] for entry in found} == {user.id}
    own = connect(auth_url, user_id=user.id, password="secret", project_id=project.id)
    assert own.current_project_id == project.id
    made = own.identity.create_application_credential(user, name="robot")
    robot = openstack.connection.Connection(
        auth_type="v3applicationcredential",
        auth={"auth_url": auth_url, "application_credential_id": made.id, "application_credential_secret": made.secret},
    )
    assert robot.current_project_id == project.id
    credential = own.identity.create_credential(type="cert", blob="{}", user_id=user.id)
    assert own.identity.get_credential(credential.id).blob == "{}"
    service = admin.create_service(name="weather", type="weather")
    endpoint = admin.create_endpoint(service_id=service.id, interface="public", url="http://x", region_id="RegionOne")
    assert admin.get_endpoint(endpoint.id).url == "http://x"
    assert len(list(admin.regions())) == 1
    admin.update_domain(domain, is_enabled=False)
    admin.delete_domain(domain)
    assert admin.find_user("ann", domain_id=domain.id) is None


COMMANDS = [
    "project create web",
    "project set --tag blue web",
    "project list --tags blue -f value -c Name",
    "user create --password secret --project web ann",
    "user set --email ann@example.org ann",
    "role add --user ann --project web member",
    "role assignment list --user ann --names -f value",
    "role assignment list --effective --user ann --names -f value",
    "group create crew",
    "group add user crew ann",
    "group contains user crew ann",
    "role create special",
    "implied role create --implied-role reader special",
    "implied role list",
    "domain create acme",
    "service create --name weather weather",
    "endpoint create weather public http://x --region RegionOne",
    "catalog list",
    "token issue -f value -c id",
    "ec2 credentials create --user ann --project web",
    "ec2 credentials list --user ann",
    "credential create --type cert ann {}",
    "application credential create robot --role member",
    "application credential list",
    "registered limit create --service weather --default-limit 5 clouds",
    "limit create --project web --service weather --resource-limit 3 clouds",
    "limit list",
    "policy create --type application/json {file}",
    "trust create --project admin --role member admin ann",
    "region create north",
    "user delete ann",
    "project delete web",
]


def test_the_command_line_client_works(auth_url: str, tmp_path: Path) -> None:
    """All commands in one process of the client, which reads them from its standard input."""
    document = tmp_path / "policy.json"
    document.write_text("{}")
    commands = [command.replace("{file}", str(document)) for command in COMMANDS]
    environment = {
        **os.environ,
        "OS_AUTH_URL": auth_url,
        "OS_USERNAME": "admin",
        "OS_PASSWORD": PASSWORD,
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_ID": "default",
        "OS_PROJECT_DOMAIN_ID": "default",
        "OS_IDENTITY_API_VERSION": "3",
    }
    program = str(Path(sys.executable).parent / "openstack")
    done = subprocess.run(
        [program],
        check=False,
        input="\n".join(commands) + "\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert not done.stderr
    assert "ann@Default" in done.stdout and "parent_region" in done.stdout

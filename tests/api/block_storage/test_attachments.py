"""Stories about volumes at servers, as compute and as clients see them, and about transfers."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.orm import Session

from pileus.block_storage import operations
from pileus.block_storage.operations.volumes import extend_volume
from pileus.core.context import Context
from pileus.core.errors import BadRequest, NotFound
from stories import ADMIN, OTHER, Cloud

V3 = "/volume/v3/p1"
SERVER = "5a5ab1d0-0000-4000-8000-000000000001"
ROW = "5a5ab1d0-0000-4000-8000-00000000000a"
CALLER = Context(user_id="u1", project_id="p1", roles=("member",))
NEWER = {"OpenStack-API-Version": "volume 3.44"}
Make = Callable[..., dict[str, Any]]


def status(cloud: Cloud, volume_id: str) -> str:
    found: str = cloud.get(f"{V3}/volumes/{volume_id}").json["volume"]["status"]
    return found


def test_compute_attaches_and_detaches(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    with cloud.database.write() as session:
        row = operations.reserve(session, CALLER, made, SERVER)
        assert operations.disk(row) == {"id": made, "pool": "volumes", "image": f"volume-{made}"}
    assert status(cloud, made) == "attaching"
    assert cloud.post(f"{V3}/volumes/{made}/action", {"os-unreserve": {}}).status_code == 409
    with cloud.database.write() as session:
        for _ in range(2):
            operations.attached(session, made, SERVER, "h1", "/dev/vdb", ROW)
    shown = cloud.get(f"{V3}/volumes/{made}").json["volume"]
    assert shown["status"] == "in-use"
    attachment = shown["attachments"][0]
    assert (attachment["server_id"], attachment["device"], attachment["attachment_id"]) == (SERVER, "/dev/vdb", ROW)
    assert attachment["id"] == attachment["volume_id"] == made
    with cloud.database.read() as session:
        listed = operations.attachments_of(session, [SERVER, "other"])
    assert listed == {
        SERVER: [{"id": made, "attachment_id": ROW, "device": "/dev/vdb", "delete_on_termination": False}]
    }
    assert cloud.delete(f"{V3}/volumes/{made}").status_code == 400
    with cloud.database.write() as session:
        operations.begin_detach(session, CALLER, made, SERVER)
    assert status(cloud, made) == "detaching"
    with cloud.database.write() as session:
        operations.detach_failed(session, made)
    assert status(cloud, made) == "in-use"
    with cloud.database.write() as session:
        operations.detached(session, made, SERVER)
        operations.detached(session, made, SERVER)
    assert status(cloud, made) == "available"


def test_an_attach_that_fails_gives_the_volume_back(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    with cloud.database.write() as session:
        operations.reserve(session, CALLER, made, SERVER)
        operations.unreserve(session, made)
    assert status(cloud, made) == "available"
    assert cloud.get(f"{V3}/volumes/{made}").json["volume"]["attachments"] == []


def test_compute_is_refused_what_is_not_there_or_not_free(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    with cloud.database.write() as session:
        with pytest.raises(NotFound):
            operations.reserve(session, Context(user_id="u", project_id="p2"), made, SERVER)
        with pytest.raises(BadRequest):
            operations.begin_detach(session, CALLER, made, SERVER)
        operations.reserve(session, CALLER, made, SERVER)
        with pytest.raises(BadRequest):
            operations.reserve(session, CALLER, made, SERVER)


@pytest.mark.parametrize("token", [None, ADMIN])
def test_what_compute_attached_can_not_be_detached_here(cloud: Cloud, volume: Make, token: str | None) -> None:
    made = volume()["id"]
    with cloud.database.write() as session:
        operations.reserve(session, CALLER, made, SERVER)
        operations.attached(session, made, SERVER, "h1", "/dev/vdb", ROW)
    more = {"token": token} if token else {}
    path = "/volume/v3"
    assert cloud.post(f"{path}/volumes/{made}/action", {"os-detach": {}}, **more).status_code == 409
    assert cloud.delete(f"{path}/attachments/{ROW}", headers=NEWER, **more).status_code == 409
    body = {"attachment": {"connector": {"host": "evil"}}}
    assert cloud.put(f"{path}/attachments/{ROW}", body, headers=NEWER, **more).status_code == 409


def test_an_attachment_outside_is_only_written_down(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    action = f"{V3}/volumes/{made}/action"
    assert cloud.post(action, {"os-reserve": {}}).status_code == 202
    assert cloud.post(action, {"os-reserve": {}}).status_code == 400
    assert cloud.post(action, {"os-unreserve": {}}).status_code == 202
    assert cloud.post(action, {"os-attach": {"mountpoint": "/dev/vdc"}}).status_code == 400
    attach = {"os-attach": {"instance_uuid": SERVER, "mountpoint": "/dev/vdc"}}
    assert cloud.post(action, attach).status_code == 202
    assert status(cloud, made) == "in-use"
    assert cloud.post(action, {"os-begin_detaching": {}}).status_code == 202
    assert status(cloud, made) == "detaching"
    assert cloud.post(action, {"os-roll_detaching": {}}).status_code == 202
    assert cloud.post(action, {"os-detach": {"attachment_id": ROW}}).status_code == 404
    assert cloud.post(action, {"os-detach": {}}).status_code == 202
    assert status(cloud, made) == "available"


def test_attachments_as_resources(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    body = {"attachment": {"volume_uuid": made, "instance_uuid": SERVER}}
    assert cloud.post(f"{V3}/attachments", body).status_code == 404  # not before microversion 3.27
    created = cloud.post(f"{V3}/attachments", body, headers=NEWER)
    assert created.status_code == 200 and created.json["attachment"]["status"] == "reserved"
    assert status(cloud, made) == "reserved"
    one = f"{V3}/attachments/{created.json['attachment']['id']}"
    connect = {"attachment": {"connector": {"host": "elsewhere", "mountpoint": "/dev/vdb"}}}
    connected = cloud.put(one, connect, headers=NEWER).json["attachment"]
    assert connected["connection_info"]["driver_volume_type"] == "rbd"
    assert cloud.post(f"{one}/action", {"os-complete": {}}, headers=NEWER).status_code == 204
    assert status(cloud, made) == "in-use"
    assert len(cloud.get(f"{V3}/attachments?volume_id={made}", headers=NEWER).json["attachments"]) == 1
    assert len(cloud.get(f"{V3}/attachments/detail", headers=NEWER).json["attachments"]) == 1
    assert cloud.get(one.replace("p1", "p2"), token=OTHER, headers=NEWER).status_code == 404
    assert cloud.delete(one, headers=NEWER).json == {"attachments": []}
    assert status(cloud, made) == "available"


def test_a_volume_changes_its_project_by_a_transfer(cloud: Cloud, volume: Make, snapshot: Make) -> None:
    made = volume()["id"]
    taken = snapshot(made)["id"]
    offered = cloud.post(f"{V3}/os-volume-transfer", {"transfer": {"volume_id": made, "name": "gift"}})
    assert offered.status_code == 202
    offer, key = offered.json["transfer"]["id"], offered.json["transfer"]["auth_key"]
    assert status(cloud, made) == "awaiting-transfer"
    assert cloud.delete(f"{V3}/volumes/{made}").status_code == 400
    shown = cloud.get(f"{V3}/os-volume-transfer/{offer}").json["transfer"]
    assert shown["name"] == "gift" and "auth_key" not in shown
    accept = f"/volume/v3/p2/os-volume-transfer/{offer}/accept"
    assert cloud.post(accept, {"accept": {"auth_key": "wrong"}}, token=OTHER).status_code == 400
    assert cloud.post(accept, {"accept": {"auth_key": key}}, token=OTHER).status_code == 202
    assert cloud.get(f"{V3}/volumes/{made}").status_code == 404
    assert cloud.get(f"/volume/v3/p2/volumes/{made}", token=OTHER).json["volume"]["status"] == "available"
    assert cloud.get(f"/volume/v3/p2/snapshots/{taken}", token=OTHER).status_code == 200
    assert cloud.get(f"{V3}/os-volume-transfer/detail").json["transfers"] == []


def test_a_transfer_is_withdrawn(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    offer = cloud.post(f"{V3}/os-volume-transfer", {"transfer": {"volume_id": made}}).json["transfer"]["id"]
    assert cloud.get(f"/volume/v3/p2/os-volume-transfer/{offer}", token=OTHER).status_code == 404
    assert cloud.delete(f"{V3}/os-volume-transfer/{offer}").status_code == 202
    assert status(cloud, made) == "available"


def test_compute_alone_completes_what_it_attaches(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    with cloud.database.write() as session:
        (row,) = operations.reserve(session, CALLER, made, SERVER).attachments
        attachment = row.id
    path = f"{V3}/attachments/{attachment}/action"
    assert cloud.post(path, {"os-complete": {}}, headers=NEWER).status_code == 409
    assert status(cloud, made) == "attaching"


def test_a_server_that_gives_a_volume_back_leaves_no_hold_of_its_own(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    with cloud.database.write() as session:
        operations.reserve(session, CALLER, made, SERVER)
        operations.attached(session, made, SERVER, "h1", "/dev/vdb", ROW)
        operations.unreserve(session, made, "another")
    assert status(cloud, made) == "in-use"
    with cloud.database.write() as session:
        operations.unreserve(session, made, SERVER)
    assert status(cloud, made) == "available"


Change = Callable[[Session, str], object]
CHANGES: dict[str, Change] = {
    "reserve": lambda session, volume_id: operations.reserve(session, CALLER, volume_id, "another"),
    "delete": lambda session, volume_id: operations.delete_volume(session, CALLER, volume_id),
    "extend": lambda session, volume_id: extend_volume(
        session, CALLER, operations.find_volume(session, CALLER, volume_id), 2, attached=False
    ),
}


@pytest.mark.parametrize("late", CHANGES)
def test_of_two_who_saw_a_volume_available_one_is_refused(cloud: Cloud, volume: Make, late: str) -> None:
    made = volume()["id"]

    def second() -> None:
        with cloud.database.write() as session:
            operations.find_volume(session, CALLER, made)
            CHANGES[late](session, made)

    with ThreadPoolExecutor(1) as pool:
        with cloud.database.write() as session:
            operations.reserve(session, CALLER, made, SERVER)
            session.flush()
            waiting = pool.submit(second)
            time.sleep(0.3)
        with pytest.raises(BadRequest):
            waiting.result(10)
    assert status(cloud, made) == "attaching"

"""Stories about images that are made of volumes."""

from collections.abc import Callable
from typing import Any

import pytest

from stories import ADMIN, OTHER, READER, Cloud

V3 = "/volume/v3/p1"
NEWER = {"OpenStack-API-Version": "volume 3.1"}
ATTACH = {"os-attach": {"host_name": "elsewhere", "mountpoint": "/dev/vdb"}}
Make = Callable[..., dict[str, Any]]


def ask(cloud: Cloud, volume_id: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
    wanted = {"os-volume_upload_image": {"image_name": "mine", **body}}
    return cloud.post(f"{V3}/volumes/{volume_id}/action", wanted, headers=headers or {})


def upload(cloud: Cloud, volume_id: str, **body: Any) -> str:
    answer = ask(cloud, volume_id, **body)
    assert answer.status_code == 202, answer.text
    made: str = answer.json["os-volume_upload_image"]["image_id"]
    return made


def states(cloud: Cloud, volume_id: str, image_id: str) -> tuple[str, str]:
    volume = cloud.get(f"{V3}/volumes/{volume_id}").json["volume"]
    return volume["status"], cloud.get(f"/image/v2/images/{image_id}").json["status"]


def test_an_image_is_made_of_a_volume(cloud: Cloud, volume: Make, image: Callable[..., str]) -> None:
    made = volume(size=3, imageRef=image(min_ram=64), description="root")["id"]
    answer = ask(cloud, made, disk_format="raw", container_format="bare", force=False)
    assert answer.status_code == 202
    told = answer.json["os-volume_upload_image"]
    assert (told["id"], told["status"], told["size"], told["display_description"]) == (made, "uploading", 3, "root")
    assert (told["image_name"], told["disk_format"], told["container_format"]) == ("mine", "raw", "bare")
    assert told["volume_type"]["name"] == "ceph" and told["updated_at"] and "visibility" not in told
    new = told["image_id"]
    assert states(cloud, made, new) == ("uploading", "saving")
    cloud.settle()
    assert states(cloud, made, new) == ("available", "active")
    playbook, sent, hosts = cloud.runner.runs[-1]
    assert playbook == "block_storage/volume_upload.yml" and hosts == ["block_storage"]
    source = {"pool": "volumes", "name": f"volume-{made}", "snapshot": None}
    place = {"id": new, "pool": "images", "name": new}
    assert {**place, "size": 3 * 1024**3, "source": source}.items() <= sent["rbd_volume_items"][0].items()
    upload_of = {"pool": "images", "name": new}
    assert {**place, "format": "raw", "upload": upload_of}.items() <= sent["rbd_image_items"][0].items()
    shown = cloud.get(f"/image/v2/images/{new}").json
    assert (shown["name"], shown["disk_format"], shown["visibility"]) == ("mine", "raw", "private")
    assert (shown["min_disk"], shown["min_ram"], shown["size"]) == (3, 64, 3 * 1024**3)
    assert shown["os_distro"] == "debian" and shown["protected"] is False
    assert volume(size=3, imageRef=new)["bootable"] == "true"


def test_visibility_and_protection_come_with_a_microversion(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    for key, value in (("visibility", "shared"), ("protected", True)):
        refused = ask(cloud, made, **{key: value})
        assert refused.status_code == 400 and key in refused.json["badRequest"]["message"]
    assert ask(cloud, made, NEWER, visibility="public").status_code == 403
    told = ask(cloud, made, NEWER, visibility="shared", protected=True).json["os-volume_upload_image"]
    assert (told["visibility"], told["protected"]) == ("shared", True)
    cloud.settle()
    shown = cloud.get(f"/image/v2/images/{told['image_id']}").json
    assert (shown["visibility"], shown["protected"]) == ("shared", True)
    body = {"os-volume_upload_image": {"image_name": "all", "visibility": "public"}}
    path = f"/volume/v3/admin-project/volumes/{made}/action"
    assert cloud.post(path, body, token=ADMIN, headers=NEWER).status_code == 202


def test_a_failed_upload_leaves_the_volume_as_it_was(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    new = upload(cloud, made)
    cloud.runner.refuse[new] = "no room"
    cloud.settle()
    assert states(cloud, made, new) == ("available", "killed")
    assert made in cloud.get(f"/image/v2/images/{new}").json["pileus_fault"]
    cloud.runner.refuse.clear()
    assert cloud.delete(f"/image/v2/images/{new}").status_code == 204
    again = upload(cloud, made)
    cloud.settle()
    assert states(cloud, made, again) == ("available", "active")
    assert cloud.delete(f"{V3}/volumes/{made}").status_code == 202


@pytest.mark.parametrize("fails", [False, True])
def test_a_volume_in_use_is_uploaded_by_force_only(cloud: Cloud, volume: Make, fails: bool) -> None:
    made = volume()["id"]
    assert cloud.post(f"{V3}/volumes/{made}/action", ATTACH).status_code == 202
    refused = ask(cloud, made)
    assert refused.status_code == 400 and "in-use" in refused.json["badRequest"]["message"]
    new = upload(cloud, made, force=True)
    if fails:
        cloud.runner.refuse[new] = "no room"
    cloud.settle()
    assert states(cloud, made, new) == ("in-use", "killed" if fails else "active")


def test_a_volume_that_is_let_go_of_meanwhile_is_available(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    cloud.post(f"{V3}/volumes/{made}/action", ATTACH)
    new = upload(cloud, made, force=True)
    assert cloud.post(f"{V3}/volumes/{made}/action", {"os-detach": {}}).status_code == 202
    cloud.settle()
    assert states(cloud, made, new) == ("available", "active")


def test_who_may_not_and_what_is_no_upload(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    body = {"os-volume_upload_image": {"image_name": "x"}}
    assert cloud.post(f"/volume/v3/p2/volumes/{made}/action", body, token=OTHER).status_code == 404
    assert cloud.post(f"{V3}/volumes/{made}/action", body, token=READER).status_code == 403
    for field, value in (
        ("image_name", ""),
        ("image_name", "x" * 256),
        ("image_name", None),
        ("force", "perhaps"),
        ("disk_format", "qcow2"),
        ("container_format", "ovf"),
        ("property", "x"),
    ):
        answer = ask(cloud, made, **{field: value})
        assert answer.status_code == 400 and field in answer.json["badRequest"]["message"], field
    metadata = {"os-set_image_metadata": {"metadata": {"owner": "p2"}}}
    assert cloud.post(f"{V3}/volumes/{made}/action", metadata).status_code == 200
    assert ask(cloud, made).status_code == 400
    assert cloud.get("/image/v2/images").json["images"] == []
    assert cloud.get(f"{V3}/volumes/{made}").json["volume"]["status"] == "available"


def test_a_delete_is_refused_while_the_volume_is_uploaded(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    new = upload(cloud, made)
    assert cloud.delete(f"{V3}/volumes/{made}").status_code == 400
    assert ask(cloud, made).status_code == 400
    cloud.settle()
    assert states(cloud, made, new) == ("available", "active")
    last = upload(cloud, made)
    force = {"os-force_delete": {}}
    path = f"/volume/v3/admin-project/volumes/{made}/action"
    assert cloud.post(path, force, token=ADMIN).status_code == 202
    cloud.settle()
    assert cloud.get(f"{V3}/volumes/{made}").status_code == 404
    assert cloud.get(f"/image/v2/images/{last}").json["status"] == "killed"
    assert cloud.runner.runs[-1][0] == "block_storage/volume_absent.yml"


def test_a_delete_of_the_image_meanwhile_waits_and_frees_the_volume(cloud: Cloud, volume: Make) -> None:
    made = volume()["id"]
    new = upload(cloud, made)
    assert cloud.delete(f"/image/v2/images/{new}").status_code == 204
    cloud.settle()
    assert [playbook for playbook, *_ in cloud.runner.runs][-2:] == [
        "block_storage/volume_upload.yml",
        "image/image_absent.yml",
    ]
    assert cloud.get(f"{V3}/volumes/{made}").json["volume"]["status"] == "available"
    assert cloud.get(f"/image/v2/images/{new}").status_code == 404

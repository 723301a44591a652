"""Stories about snapshots."""

from collections.abc import Callable
from typing import Any

from pileus.block_storage.models import Snapshot
from pileus.core.quota import DEFAULTS, QuotaLimit
from stories import OTHER, READER, Cloud

V3 = "/volume/v3/p1"
Make = Callable[..., dict[str, Any]]


def test_a_snapshot_is_taken_shown_changed_and_deleted(cloud: Cloud, volume: Make, snapshot: Make) -> None:
    origin = volume(size=2)
    taken = snapshot(origin["id"], name="s", metadata={"a": "b"})
    assert (taken["status"], taken["size"], taken["volume_id"]) == ("available", 2, origin["id"])
    assert taken["os-extended-snapshot-attributes:progress"] == "100%"
    playbook, variables, hosts = cloud.runner.runs[-1]
    assert playbook == "block_storage/snapshot_present.yml" and hosts == ["block_storage"]
    wanted = {"pool": "volumes", "volume": f"volume-{origin['id']}", "name": f"snapshot-{taken['id']}"}
    assert wanted.items() <= variables["rbd_snapshot_items"][0].items()
    one = f"{V3}/snapshots/{taken['id']}"
    assert cloud.put(one, {"snapshot": {"name": "t"}}).json["snapshot"]["name"] == "t"
    assert cloud.post(f"{one}/metadata", {"metadata": {"c": "d"}}).json["metadata"] == {"a": "b", "c": "d"}
    assert cloud.delete(one).status_code == 202
    assert cloud.get(one).json["snapshot"]["status"] == "deleting"
    cloud.settle()
    assert cloud.get(one).status_code == 404


def test_a_volume_with_snapshots_is_only_deleted_with_them(cloud: Cloud, volume: Make, snapshot: Make) -> None:
    origin = volume()
    snapshot(origin["id"])
    one = f"{V3}/volumes/{origin['id']}"
    refused = cloud.delete(one)
    assert refused.status_code == 400 and "snapshots" in refused.json["badRequest"]["message"]
    assert cloud.delete(f"{one}?cascade=true").status_code == 202
    cloud.settle()
    assert cloud.get(one).status_code == 404
    assert [playbook for playbook, *_ in cloud.runner.runs][-2:] == [
        "block_storage/snapshot_absent.yml",
        "block_storage/volume_absent.yml",
    ]


def test_a_snapshot_that_can_not_be_removed_goes_with_its_volume(cloud: Cloud, volume: Make, snapshot: Make) -> None:
    origin = volume()
    taken = snapshot(origin["id"])
    cloud.runner.refuse[taken["id"]] = "busy"
    cloud.delete(f"{V3}/volumes/{origin['id']}?cascade=true")
    cloud.settle()
    assert cloud.get(f"{V3}/volumes/{origin['id']}").status_code == 404
    with cloud.database.read() as session:
        assert session.query(Snapshot).count() == 0


def test_a_snapshot_of_a_volume_in_use_needs_force_or_a_new_microversion(cloud: Cloud, volume: Make) -> None:
    origin = volume()
    attach = {"os-attach": {"host_name": "elsewhere", "mountpoint": "/dev/vdb"}}
    assert cloud.post(f"{V3}/volumes/{origin['id']}/action", attach).status_code == 202
    body = {"snapshot": {"volume_id": origin["id"]}}
    assert cloud.post(f"{V3}/snapshots", body).status_code == 400
    body["snapshot"]["force"] = True
    assert cloud.post(f"{V3}/snapshots", body).status_code == 202
    del body["snapshot"]["force"]
    newer = {"OpenStack-API-Version": "volume 3.66"}
    assert cloud.post(f"{V3}/snapshots", body, headers=newer).status_code == 202


def test_a_snapshot_counts_against_the_quota(cloud: Cloud, volume: Make) -> None:
    origin = volume(size=2)
    with cloud.database.write() as session:
        session.add(QuotaLimit(service="block_storage", project_id=DEFAULTS, resource="gigabytes", limit=3))
    assert cloud.post(f"{V3}/snapshots", {"snapshot": {"volume_id": origin["id"]}}).status_code == 413


def test_a_snapshot_of_another_project_is_not_found(cloud: Cloud, volume: Make, snapshot: Make) -> None:
    taken = snapshot(volume()["id"])
    assert cloud.get(f"/volume/v3/p2/snapshots/{taken['id']}", token=OTHER).status_code == 404
    assert cloud.delete(f"/volume/v3/p2/snapshots/{taken['id']}", token=OTHER).status_code == 404
    assert cloud.post("/volume/v3/p2/volumes", {"volume": {"snapshot_id": taken["id"]}}, token=OTHER).status_code == 404
    assert cloud.delete(f"{V3}/snapshots/{taken['id']}", token=READER).status_code == 403


def test_lists_filter_and_page(cloud: Cloud, volume: Make, snapshot: Make) -> None:
    origin = volume()
    for name in ("a", "b", "c"):
        snapshot(origin["id"], settle=False, name=name)
    cloud.settle()

    def names(query: str) -> list[str]:
        return [row["name"] for row in cloud.get(f"{V3}/snapshots/detail?{query}").json["snapshots"]]

    assert names("sort=name:asc") == ["a", "b", "c"] and names("name=b") == ["b"]
    assert len(names(f"volume_id={origin['id']}")) == 3 and names("status=error") == []
    assert "snapshots_links" in cloud.get(f"{V3}/snapshots?limit=3").json
    assert "snapshots_links" not in cloud.get(f"{V3}/snapshots?limit=4").json
    assert cloud.get(f"{V3}/snapshots?marker=none").status_code == 404
    assert cloud.post(f"{V3}/snapshots", {"snapshot": {"volume_id": None}}).status_code == 404

"""Stories about volumes: made, cloned, grown, deleted, and refused."""

from collections.abc import Callable
from typing import Any

from pileus.block_storage.models import Volume
from pileus.core.quota import DEFAULTS, QuotaLimit
from stories import ADMIN, OTHER, READER, Cloud

V3 = "/volume/v3/p1"
Make = Callable[..., dict[str, Any]]


def item(cloud: Cloud, run: int = -1) -> dict[str, Any]:
    found: dict[str, Any] = cloud.runner.runs[run][1]["rbd_volume_items"][0]
    return found


def test_a_volume_is_made_and_becomes_available(cloud: Cloud) -> None:
    answer = cloud.post(f"{V3}/volumes", {"volume": {"size": 3, "name": "data", "metadata": {"a": "b"}}})
    assert answer.status_code == 202
    made = answer.json["volume"]
    assert (made["status"], made["size"], made["name"], made["volume_type"]) == ("creating", 3, "data", "ceph")
    assert made["metadata"] == {"a": "b"} and made["bootable"] == "false" and made["attachments"] == []
    cloud.settle()
    shown = cloud.get(f"{V3}/volumes/{made['id']}", token=READER).json["volume"]
    assert shown["status"] == "available" and shown["os-vol-tenant-attr:tenant_id"] == "p1"
    assert cloud.runner.runs[-1][0] == "block_storage/volume_present.yml"
    wanted = {"pool": "volumes", "name": f"volume-{made['id']}", "size": 3 * 1024**3, "source": None}
    assert wanted.items() <= item(cloud).items()


def test_a_volume_is_a_clone_of_an_image(cloud: Cloud, volume: Make, image: Callable[..., str]) -> None:
    source = image(min_disk=2)
    made = volume(size=5, imageRef=source)
    assert item(cloud)["source"] == {"pool": "images", "name": source, "snapshot": "snap"}
    assert made["bootable"] == "true"
    about = made["volume_image_metadata"]
    assert (about["image_id"], about["image_name"], about["os_distro"]) == (source, "linux", "debian")
    small = cloud.post(f"{V3}/volumes", {"volume": {"size": 1, "imageRef": source}})
    assert small.status_code == 400 and "too small" in small.json["badRequest"]["message"]
    assert cloud.post(f"{V3}/volumes", {"volume": {"size": 5, "imageRef": "nope"}}).status_code == 400
    queued = image(status="queued")
    assert cloud.post(f"{V3}/volumes", {"volume": {"size": 5, "imageRef": queued}}).status_code == 400


def test_a_volume_is_a_clone_of_a_snapshot_or_a_volume(cloud: Cloud, volume: Make, snapshot: Make) -> None:
    origin = volume(size=2)
    taken = snapshot(origin["id"])
    clone = cloud.post(f"{V3}/volumes", {"volume": {"snapshot_id": taken["id"]}}).json["volume"]
    cloud.settle()
    assert clone["size"] == 2 and clone["snapshot_id"] == taken["id"]
    name = f"volume-{origin['id']}"
    assert item(cloud)["source"] == {"pool": "volumes", "name": name, "snapshot": f"snapshot-{taken['id']}"}
    other = volume(size=4, source_volid=origin["id"])
    assert other["source_volid"] == origin["id"]
    assert item(cloud)["source"] == {"pool": "volumes", "name": name, "snapshot": None}
    for source in ({"snapshot_id": taken["id"]}, {"source_volid": origin["id"]}):
        assert cloud.post(f"{V3}/volumes", {"volume": {"size": 1, **source}}).status_code == 400
    both = {"snapshot_id": taken["id"], "source_volid": origin["id"]}
    assert cloud.post(f"{V3}/volumes", {"volume": {"size": 4, **both}}).status_code == 400


def test_a_size_that_is_none_is_refused(cloud: Cloud) -> None:
    for size in ("#$%", "", "0", "-1", 0, -1, 1.5, None, [1], 2**40):
        answer = cloud.post(f"{V3}/volumes", {"volume": {"size": size}})
        assert answer.status_code == 400 and "size" in answer.json["badRequest"]["message"], size


def test_bad_input_names_its_field(cloud: Cloud) -> None:
    for field, value in (
        ("name", "x" * 256),
        ("name", 7),
        ("metadata", {"": "x"}),
        ("metadata", {"k": "x" * 256}),
        ("metadata", {"k": 1}),
        ("multiattach", "perhaps"),
        ("availability_zone", 7),
    ):
        answer = cloud.post(f"{V3}/volumes", {"volume": {"size": 1, field: value}})
        assert answer.status_code == 400 and field in answer.json["badRequest"]["message"], answer.text
    for more in ({"multiattach": True}, {"availability_zone": "mars"}, {"backup_id": "x"}):
        assert cloud.post(f"{V3}/volumes", {"volume": {"size": 1, **more}}).status_code == 400


def test_a_source_or_type_that_is_not_there_is_not_found(cloud: Cloud) -> None:
    for key in ("snapshot_id", "source_volid", "volume_type"):
        body = {"volume": {"size": 1, key: "2c46b1b0-0000-4000-8000-000000000000"}}
        assert cloud.post(f"{V3}/volumes", body).status_code == 404


def test_a_strange_name_stays_what_it_is(cloud: Cloud, volume: Make) -> None:
    for name in ("{{ lookup('pipe','id') }}", "$(reboot)", "</name><x/>", "😀\n'\"", "x" * 255):
        made = volume(name=name, description=name)
        assert made["name"] == name and made["description"] == name


def test_a_nul_in_a_name_is_refused(cloud: Cloud) -> None:
    assert cloud.post(f"{V3}/volumes", {"volume": {"size": 1, "name": "a\0b"}}).status_code == 400


def test_a_volume_of_another_project_is_not_found(cloud: Cloud, volume: Make) -> None:
    one = f"volumes/{volume()['id']}"
    for method in ("GET", "DELETE"):
        assert cloud.call(method, f"/volume/v3/p2/{one}", token=OTHER).status_code == 404
    assert cloud.put(f"/volume/v3/p2/{one}", {"volume": {"name": "x"}}, token=OTHER).status_code == 404
    assert cloud.get("/volume/v3/p2/volumes", token=OTHER).json["volumes"] == []
    shown = cloud.get(f"/volume/v3/{one}", token=ADMIN).json["volume"]
    assert shown["os-vol-host-attr:host"] == "pileus@ceph#volumes"


def test_the_project_in_the_path_must_be_the_tokens(cloud: Cloud) -> None:
    assert cloud.get("/volume/v3/p2/volumes").status_code == 400


def test_a_path_without_the_project_answers_the_same(cloud: Cloud, volume: Make) -> None:
    made = volume()
    assert cloud.get(f"/volume/v3/volumes/{made['id']}").json["volume"]["id"] == made["id"]
    assert cloud.get("/volume/v3/volumes").json["volumes"][0]["id"] == made["id"]


def test_a_reader_changes_nothing(cloud: Cloud, volume: Make) -> None:
    one = f"{V3}/volumes/{volume()['id']}"
    assert cloud.post(f"{V3}/volumes", {"volume": {"size": 1}}, token=READER).status_code == 403
    assert cloud.delete(one, token=READER).status_code == 403
    assert cloud.post(f"{one}/action", {"os-extend": {"new_size": 2}}, token=READER).status_code == 403


def test_quotas_hold_and_failures_count_until_deleted(cloud: Cloud, volume: Make) -> None:
    with cloud.database.write() as session:
        session.add(QuotaLimit(service="block_storage", project_id=DEFAULTS, resource="volumes", limit=1))
        session.add(QuotaLimit(service="block_storage", project_id="p1", resource="gigabytes", limit=4))
    made = volume(size=2)
    full = cloud.post(f"{V3}/volumes", {"volume": {"size": 1}})
    assert full.status_code == 413 and "volumes" in full.json["overLimit"]["message"]
    grown = cloud.post(f"{V3}/volumes/{made['id']}/action", {"os-extend": {"new_size": 5}})
    assert grown.status_code == 413
    cloud.delete(f"{V3}/volumes/{made['id']}")
    assert cloud.post(f"{V3}/volumes", {"volume": {"size": 1}}).status_code == 413
    cloud.settle()
    assert cloud.post(f"{V3}/volumes", {"volume": {"size": 4}}).status_code == 202


def test_what_fails_shows_an_error_and_can_be_deleted(cloud: Cloud) -> None:
    made = cloud.post(f"{V3}/volumes", {"volume": {"size": 1}}).json["volume"]
    cloud.runner.refuse[made["id"]] = "the pool is full"
    cloud.settle()
    assert cloud.get(f"{V3}/volumes/{made['id']}").json["volume"]["status"] == "error"
    cloud.delete(f"{V3}/volumes/{made['id']}")
    cloud.settle()
    assert cloud.get(f"{V3}/volumes/{made['id']}").json["volume"]["status"] == "error_deleting"
    cloud.runner.refuse.clear()
    assert cloud.delete(f"{V3}/volumes/{made['id']}").status_code == 202
    cloud.settle()
    assert cloud.get(f"{V3}/volumes/{made['id']}").status_code == 404


def test_a_delete_before_the_worker_came_ends_in_deleted(cloud: Cloud, volume: Make) -> None:
    made = volume(settle=False)
    assert cloud.delete(f"{V3}/volumes/{made['id']}").status_code == 202
    assert cloud.get(f"{V3}/volumes/{made['id']}").json["volume"]["status"] == "deleting"
    cloud.settle()
    assert cloud.get(f"{V3}/volumes/{made['id']}").status_code == 404
    assert [playbook for playbook, *_ in cloud.runner.runs] == ["block_storage/volume_absent.yml"]


def test_a_delete_while_the_worker_is_at_it_ends_in_deleted(cloud: Cloud, volume: Make) -> None:
    made = volume(settle=False)

    def meanwhile() -> None:
        cloud.runner.meanwhile = lambda: None
        assert cloud.delete(f"{V3}/volumes/{made['id']}").status_code == 202

    cloud.runner.meanwhile = meanwhile
    cloud.settle()
    assert cloud.get(f"{V3}/volumes/{made['id']}").status_code == 404


def test_a_source_is_not_deleted_before_its_clone_is_made(cloud: Cloud, volume: Make) -> None:
    origin = volume()
    clone = volume(settle=False, source_volid=origin["id"])
    assert cloud.delete(f"{V3}/volumes/{origin['id']}").status_code == 202
    cloud.settle()
    playbooks = [playbook for playbook, *_ in cloud.runner.runs]
    assert playbooks[-2:] == ["block_storage/volume_present.yml", "block_storage/volume_absent.yml"]
    assert cloud.get(f"{V3}/volumes/{clone['id']}").json["volume"]["status"] == "available"


def test_a_volume_grows(cloud: Cloud, volume: Make) -> None:
    one = f"{V3}/volumes/{volume()['id']}"
    assert cloud.post(f"{one}/action", {"os-extend": {"new_size": 3}}).status_code == 202
    assert cloud.get(one).json["volume"]["status"] == "extending"
    cloud.settle()
    shown = cloud.get(one).json["volume"]
    assert (shown["status"], shown["size"]) == ("available", 3)
    assert item(cloud)["size"] == 3 * 1024**3
    for size in (3, 0, "abc", None):
        assert cloud.post(f"{one}/action", {"os-extend": {"new_size": size}}).status_code == 400


def test_growing_that_fails_gives_the_size_back(cloud: Cloud, volume: Make) -> None:
    made = volume()
    one = f"{V3}/volumes/{made['id']}"
    cloud.runner.refuse[made["id"]] = "no"
    cloud.post(f"{one}/action", {"os-extend": {"new_size": 3}})
    cloud.settle()
    shown = cloud.get(one).json["volume"]
    assert (shown["status"], shown["size"]) == ("error_extending", 1)
    cloud.runner.refuse.clear()
    assert cloud.delete(one).status_code == 202


def test_name_description_and_metadata_change(cloud: Cloud, volume: Make) -> None:
    one = f"{V3}/volumes/{volume()['id']}"
    changed = cloud.put(one, {"volume": {"name": "new", "description": "why"}})
    assert changed.status_code == 200 and changed.json["volume"]["name"] == "new"
    assert cloud.post(f"{one}/metadata", {"metadata": {"a": "1", "b": "<&>"}}).json == {
        "metadata": {"a": "1", "b": "<&>"}
    }
    assert cloud.put(f"{one}/metadata", {"metadata": {"c": "2"}}).json == {"metadata": {"c": "2"}}
    assert cloud.put(f"{one}/metadata/d", {"meta": {"d": "4"}}).json == {"meta": {"d": "4"}}
    assert cloud.put(f"{one}/metadata/x", {"meta": {"d": "4"}}).status_code == 400
    assert cloud.get(f"{one}/metadata/d").json == {"meta": {"d": "4"}}
    assert cloud.delete(f"{one}/metadata/c").status_code == 200
    assert cloud.get(f"{one}/metadata/c").status_code == 404
    assert cloud.get(f"{one}/metadata").json == {"metadata": {"d": "4"}}


def test_lists_filter_sort_and_page(cloud: Cloud, volume: Make) -> None:
    for name in ("a", "b", "c"):
        volume(settle=False, name=name, metadata={"letter": name, "kind": "x"})
    cloud.settle()

    def names(query: str, detail: bool = True) -> list[str]:
        answer = cloud.get(f"{V3}/volumes{'/detail' if detail else ''}?{query}")
        assert answer.status_code == 200, answer.text
        return [row["name"] for row in answer.json["volumes"]]

    assert names("sort=name:asc") == ["a", "b", "c"] and names("sort_key=name&sort_dir=desc", False) == ["c", "b", "a"]
    assert names("name=b") == ["b"] and names("status=error") == [] and len(names("status=available")) == 3
    assert names("metadata={'letter': 'c'}") == ["c"] and len(names('metadata={"kind": "x"}')) == 3
    assert names("bootable=true") == [] and len(names("availability_zone=nova")) == 3
    first = cloud.get(f"{V3}/volumes?sort=name:asc&limit=2").json
    assert [row["name"] for row in first["volumes"]] == ["a", "b"]
    onward = first["volumes_links"][0]["href"].removeprefix(cloud.settings.public_url)
    last = cloud.get(onward).json
    assert [row["name"] for row in last["volumes"]] == ["c"] and "volumes_links" not in last
    assert names("sort=name:asc&offset=1&limit=1") == ["b"]
    counted = cloud.get(f"{V3}/volumes?limit=1&with_count=true", headers={"OpenStack-API-Version": "volume 3.45"}).json
    assert counted["count"] == 3
    for bad in ("limit=x", "sort=color", "metadata=x", "offset=-1"):
        assert cloud.get(f"{V3}/volumes?{bad}").status_code == 400, bad
    assert cloud.get(f"{V3}/volumes?marker=none").status_code == 404


def test_an_administrator_lists_all_projects_when_asked(cloud: Cloud, volume: Make) -> None:
    volume()
    assert cloud.get("/volume/v3/volumes", token=ADMIN).json["volumes"] == []
    assert len(cloud.get("/volume/v3/volumes?all_tenants=1", token=ADMIN).json["volumes"]) == 1
    assert cloud.get("/volume/v3/p2/volumes?all_tenants=1", token=OTHER).json["volumes"] == []


def test_flags_and_states_by_hand(cloud: Cloud, volume: Make) -> None:
    one = f"{V3}/volumes/{volume()['id']}"
    assert cloud.post(f"{one}/action", {"os-set_bootable": {"bootable": True}}).status_code == 200
    assert cloud.post(f"{one}/action", {"os-update_readonly_flag": {"readonly": True}}).status_code == 202
    shown = cloud.get(one).json["volume"]
    assert shown["bootable"] == "true" and shown["metadata"]["readonly"] == "True"
    assert cloud.post(f"{one}/action", {"os-reset_status": {"status": "error"}}).status_code == 403
    bare = one.replace("/p1", "")
    assert cloud.post(f"{bare}/action", {"os-reset_status": {"status": "error"}}, token=ADMIN).status_code == 202
    assert cloud.get(one).json["volume"]["status"] == "error"
    assert cloud.post(f"{bare}/action", {"os-reset_status": {"status": "happy"}}, token=ADMIN).status_code == 400
    assert cloud.post(f"{one}/action", {"os-nonsense": {}}).status_code == 400
    assert cloud.post(f"{bare}/action", {"os-force_delete": {}}, token=ADMIN).status_code == 202
    cloud.settle()
    with cloud.database.read() as session:
        assert session.query(Volume).count() == 0


def test_microversions_add_their_fields(cloud: Cloud, volume: Make) -> None:
    one = f"{V3}/volumes/{volume()['id']}"
    answer = cloud.get(one)
    assert answer.headers["OpenStack-API-Version"] == "volume 3.0" and "group_id" not in answer.json["volume"]
    answer = cloud.get(one, headers={"OpenStack-API-Version": "volume 3.67"})
    assert {"group_id", "shared_targets", "volume_type_id", "consumes_quota"} <= set(answer.json["volume"])
    unknown = cloud.get(one, headers={"OpenStack-API-Version": "volume 3.999"})
    assert unknown.status_code == 406 and unknown.json["computeFault"]["code"] == 406
    found = cloud.get(f"{V3}/volumes/summary", headers={"OpenStack-API-Version": "volume 3.36"}).json
    assert found["volume-summary"] == {"total_size": 1, "total_count": 1, "metadata": {}}


def test_an_empty_id_is_not_found(cloud: Cloud) -> None:
    assert cloud.get(f"{V3}/volumes/").status_code == 404
    assert cloud.delete(f"{V3}/volumes/").status_code == 404
    assert cloud.put(f"{V3}/volumes/", {"volume": {"name": "x"}}).status_code == 404

"""Stories about types, quotas, messages and what else the service says of itself."""

from collections.abc import Callable
from typing import Any

from stories import ADMIN, MEMBER, OTHER, Cloud

V3, ALL = "/volume/v3/p1", "/volume/v3"
Make = Callable[..., dict[str, Any]]


def test_versions_are_told_without_a_token(cloud: Cloud) -> None:
    root = cloud.get("/volume/", token=None)
    assert root.status_code == 300
    version = root.json["versions"][0]
    assert (version["id"], version["min_version"], version["version"]) == ("v3.0", "3.0", "3.67")
    assert cloud.get("/volume/v3/", token=None).status_code == 200
    assert cloud.get(f"{V3}/volumes", token=None).json["unauthorized"]["code"] == 401


def test_a_private_type_is_for_those_let_in(cloud: Cloud) -> None:
    body = {"volume_type": {"name": "gold", "os-volume-type-access:is_public": False, "extra_specs": {"a": "b"}}}
    assert cloud.post(f"{ALL}/types", body).status_code == 403
    made = cloud.post(f"{ALL}/types", body, token=ADMIN).json["volume_type"]
    assert made["is_public"] is False
    assert cloud.post(f"{ALL}/types", body, token=ADMIN).status_code == 409
    one = f"/types/{made['id']}"
    assert cloud.get(V3 + one).status_code == 404
    use = {"volume": {"size": 1, "volume_type": "gold"}}
    assert cloud.post(f"{V3}/volumes", use).status_code == 404
    let_in = {"addProjectAccess": {"project": "p1"}}
    assert cloud.post(f"{ALL}{one}/action", let_in, token=ADMIN).status_code == 202
    assert cloud.post(f"{ALL}{one}/action", let_in, token=ADMIN).status_code == 409
    access = cloud.get(f"{ALL}{one}/os-volume-type-access", token=ADMIN).json["volume_type_access"]
    assert access == [{"volume_type_id": made["id"], "project_id": "p1"}]
    assert cloud.get(V3 + one).json["volume_type"]["extra_specs"] == {}
    assert cloud.post(f"{V3}/volumes", use).json["volume"]["volume_type"] == "gold"
    assert cloud.delete(f"{ALL}{one}", token=ADMIN).status_code == 400  # a volume is of it
    shut_out = {"removeProjectAccess": {"project": "p1"}}
    assert cloud.post(f"{ALL}{one}/action", shut_out, token=ADMIN).status_code == 202
    assert [row["name"] for row in cloud.get(f"{V3}/types").json["volume_types"]] == ["ceph"]


def test_extra_specs_are_set_one_by_one(cloud: Cloud) -> None:
    made = cloud.post(f"{ALL}/types", {"volume_type": {"name": "t"}}, token=ADMIN).json["volume_type"]
    specs = f"{ALL}/types/{made['id']}/extra_specs"
    body = {"extra_specs": {"a": "1", "b": "2"}}
    assert cloud.post(specs, body, token=ADMIN).json == body
    assert cloud.put(f"{specs}/a", {"a": "3"}, token=ADMIN).json == {"a": "3"}
    assert cloud.get(f"{specs}/a", token=ADMIN).json == {"a": "3"}
    assert cloud.delete(f"{specs}/b", token=ADMIN).status_code == 202
    assert cloud.get(specs, token=ADMIN).json == {"extra_specs": {"a": "3"}}
    changed = cloud.put(f"{ALL}/types/{made['id']}", {"volume_type": {"name": "u"}}, token=ADMIN)
    assert changed.json["volume_type"]["name"] == "u"
    assert cloud.delete(f"{ALL}/types/{made['id']}", token=ADMIN).status_code == 202


def test_the_default_type_stays(cloud: Cloud) -> None:
    default = cloud.get(f"{V3}/types/default").json["volume_type"]
    assert default["name"] == "ceph"
    assert cloud.delete(f"{ALL}/types/{default['id']}", token=ADMIN).status_code == 400


def test_quotas_are_shown_set_and_reset(cloud: Cloud, volume: Make) -> None:
    volume(size=2)
    quotas = f"{ALL}/os-quota-sets/p1"
    assert cloud.get(quotas).json["quota_set"]["volumes"] == 10
    used = cloud.get(f"{quotas}?usage=True").json["quota_set"]["gigabytes"]
    assert used == {"limit": 1000, "in_use": 2, "reserved": 0}
    assert cloud.put(quotas, {"quota_set": {"volumes": 3}}).status_code == 403
    assert cloud.get(quotas, token=OTHER).status_code == 403
    assert cloud.put(quotas, {"quota_set": {"volumes": 3}}, token=ADMIN).json["quota_set"]["volumes"] == 3
    for bad in ({"volumes": "x"}, {"volumes": -2}, {"cheese": 1}):
        assert cloud.put(quotas, {"quota_set": bad}, token=ADMIN).status_code == 400, bad
    absolute = cloud.get(f"{V3}/limits").json["limits"]["absolute"]
    assert (absolute["maxTotalVolumes"], absolute["totalVolumesUsed"], absolute["totalGigabytesUsed"]) == (3, 1, 2)
    assert cloud.delete(quotas, token=ADMIN).status_code == 200
    assert cloud.get(f"{quotas}/defaults").json["quota_set"]["volumes"] == 10
    classes = f"{ALL}/os-quota-class-sets/default"
    assert cloud.put(classes, {"quota_class_set": {"volumes": 7}}, token=ADMIN).status_code == 200
    assert cloud.get(quotas).json["quota_set"]["volumes"] == 7


def test_a_fault_is_a_message_in_words(cloud: Cloud) -> None:
    made = cloud.post(f"{V3}/volumes", {"volume": {"size": 1}}).json["volume"]
    cloud.runner.refuse[made["id"]] = "the pool is full"
    cloud.settle()
    message = cloud.get(f"{V3}/messages").json["messages"][0]
    assert message["user_message"] == "the pool is full" and message["resource_uuid"] == made["id"]
    one = f"{V3}/messages/{message['id']}"
    assert cloud.get(one).json["message"]["message_level"] == "ERROR"
    assert cloud.get(one.replace("p1", "p2"), token=OTHER).status_code == 404
    assert cloud.delete(one).status_code == 204
    assert cloud.get(one).status_code == 404


def test_what_the_service_says_of_itself(cloud: Cloud) -> None:
    zone = {"zoneName": "nova", "zoneState": {"available": True}}
    assert cloud.get(f"{V3}/os-availability-zone").json["availabilityZoneInfo"] == [zone]
    assert cloud.get(f"{V3}/extensions").status_code == 200
    for path in ("os-services", "os-hosts", "scheduler-stats/get_pools?detail=true"):
        assert cloud.get(f"{ALL}/{path}", token=ADMIN).status_code == 200
        assert cloud.get(f"{V3}/{path}", token=MEMBER).status_code == 403


def test_hosts_and_what_is_on_them(cloud: Cloud, volume: Make, snapshot: Make) -> None:
    snapshot(volume(size=2)["id"])
    shown = cloud.get(f"{ALL}/os-hosts/pileus@ceph", token=ADMIN).json["host"]
    counts = {"volume_count": "1", "total_volume_gb": "2", "snapshot_count": "1", "total_snapshot_gb": "2"}
    assert [row["resource"]["project"] for row in shown] == ["(total)", "p1"]
    assert all(counts.items() <= row["resource"].items() for row in shown)
    assert cloud.get(f"{ALL}/os-hosts/nope", token=ADMIN).status_code == 404
    assert cloud.get(f"{ALL}/capabilities/pileus@ceph", token=ADMIN).json["storage_protocol"] == "ceph"
    assert len(cloud.get(f"{ALL}/os-services?host=pileus", token=ADMIN).json["services"]) == 2

"""Flavors, keypairs, versions, quotas, hosts, aggregates, groups: what stands around servers."""

from tests.api.compute.conftest import V2, Compute

from stories import ADMIN, MEMBER, OTHER, READER

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGbM5vYgSW2vTlJ9GDpN7oWZ3rB6Uu0sP9b8tH8xv0sR me"


def test_versions_are_told_without_a_token(compute: Compute) -> None:
    listed = compute.cloud.get("/compute/", token=None).json["versions"]
    assert [version["id"] for version in listed] == ["v2.0", "v2.1"]
    one = compute.cloud.get(V2, token=None).json["version"]
    assert (one["min_version"], one["version"]) == ("2.1", "2.96")
    answer = compute.cloud.get(f"{V2}/flavors", headers={"X-OpenStack-Nova-API-Version": "2.61"})
    assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.61"
    assert answer.headers["OpenStack-API-Version"] == "compute 2.61"
    unknown = compute.cloud.get(f"{V2}/flavors", headers={"OpenStack-API-Version": "compute 2.999"})
    assert unknown.status_code == 406 and unknown.json["computeFault"]["code"] == 406
    assert compute.cloud.get("/compute/v2/flavors").status_code == 200
    assert compute.ask("GET", "/extensions/os-keypairs")["extension"]["alias"] == "os-keypairs"


def test_flavors_are_listed_shown_and_made_by_admins(compute: Compute) -> None:
    assert [row["name"] for row in compute.ask("GET", "/flavors")["flavors"]][:2] == ["pico", "m1.tiny"]
    assert len(compute.ask("GET", "/flavors?minRam=2048&limit=2")["flavors"]) == 2
    body = {"flavor": {"name": "f", "ram": 64, "vcpus": 1, "disk": 0, "os-flavor-access:is_public": False}}
    compute.fault(403, "POST", "/flavors", body)
    made = compute.ask("POST", "/flavors", body, token=ADMIN, expect=200)["flavor"]
    compute.fault(409, "POST", "/flavors", body, token=ADMIN)
    path = f"/flavors/{made['id']}"
    compute.fault(404, "GET", path)
    compute.ask("POST", f"{path}/action", {"addTenantAccess": {"tenant": "p1"}}, token=ADMIN, expect=200)
    assert compute.ask("GET", path)["flavor"]["swap"] == ""
    compute.fault(404, "GET", path, token=OTHER)
    compute.ask("POST", f"{path}/os-extra_specs", {"extra_specs": {"a:b": "1"}}, token=ADMIN, expect=200)
    assert compute.ask("GET", path, version="2.61")["flavor"]["extra_specs"] == {"a:b": "1"}
    compute.ask("DELETE", f"{path}/os-extra_specs/a:b", token=ADMIN, expect=200)
    compute.ask("POST", f"{path}/action", {"removeTenantAccess": {"tenant": "p1"}}, token=ADMIN, expect=200)
    compute.ask("DELETE", path, token=ADMIN, expect=202)
    compute.fault(404, "DELETE", path, token=ADMIN)
    for bad in ({"ram": 0}, {"vcpus": -1}, {"disk": "x"}, {"name": ""}, {"swap": 64}):
        compute.fault(400, "POST", "/flavors", {"flavor": {**body["flavor"], **bad}}, token=ADMIN)
    compute.fault(400, "GET", "/flavors?minRam=x")


def test_keypairs_belong_to_users(compute: Compute) -> None:
    made = compute.ask("POST", "/os-keypairs", {"keypair": {"name": "k"}}, version="2.2", expect=201)["keypair"]
    assert made["private_key"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert made["type"] == "ssh"
    compute.ask("POST", "/os-keypairs", {"keypair": {"name": "i", "public_key": KEY}}, token=READER, expect=200)
    cert = compute.ask("POST", "/os-keypairs", {"keypair": {"name": "c", "type": "x509"}}, version="2.2", expect=201)[
        "keypair"
    ]
    assert cert["public_key"].startswith("-----BEGIN CERTIFICATE-----")
    assert len(cert["fingerprint"]) == 59
    compute.ask("DELETE", "/os-keypairs/c", expect=202)
    compute.fault(409, "POST", "/os-keypairs", {"keypair": {"name": "k"}})
    compute.fault(400, "POST", "/os-keypairs", {"keypair": {"name": "bad", "public_key": "ssh-rsa none"}})
    compute.fault(400, "POST", "/os-keypairs", {"keypair": {"name": "x"}}, version="2.92")
    assert [row["keypair"]["name"] for row in compute.ask("GET", "/os-keypairs")["keypairs"]] == ["k"]
    assert compute.ask("GET", "/os-keypairs/k")["keypair"]["user_id"] == "u1"
    compute.fault(404, "GET", "/os-keypairs/i")
    assert compute.ask("GET", "/os-keypairs/i?user_id=u2", token=ADMIN, version="2.10")
    compute.fault(403, "GET", "/os-keypairs?user_id=u2", token=MEMBER, version="2.10")
    compute.ask("DELETE", "/os-keypairs/k", expect=202)
    compute.fault(404, "DELETE", "/os-keypairs/k")


def test_quotas_and_limits_agree(compute: Compute) -> None:
    compute.boot()
    absolute = compute.ask("GET", "/limits")["limits"]["absolute"]
    assert (absolute["totalInstancesUsed"], absolute["totalRAMUsed"], absolute["maxTotalInstances"]) == (1, 128, 10)
    assert "maxImageMeta" not in compute.ask("GET", "/limits", version="2.57")["limits"]["absolute"]
    compute.fault(403, "GET", "/os-quota-sets/p2")
    assert compute.ask("GET", "/os-quota-sets/p1/detail")["quota_set"]["cores"] == {
        "limit": 20,
        "in_use": 1,
        "reserved": 0,
    }
    compute.fault(403, "PUT", "/os-quota-sets/p1", {"quota_set": {"cores": 5}})
    compute.fault(400, "PUT", "/os-quota-sets/p1", {"quota_set": {"cores": 0}}, token=ADMIN)
    compute.fault(400, "PUT", "/os-quota-sets/p1", {"quota_set": {"none": 1}}, token=ADMIN)
    compute.ask("PUT", "/os-quota-sets/p1", {"quota_set": {"cores": 5}}, token=ADMIN)
    assert compute.ask("GET", "/os-quota-sets/p1")["quota_set"]["cores"] == 5
    compute.ask("DELETE", "/os-quota-sets/p1", token=ADMIN, expect=202)
    shown = compute.ask("GET", "/os-quota-sets/p1")["quota_set"]
    assert shown == compute.ask("GET", "/os-quota-sets/p1/defaults")["quota_set"]


def test_hosts_are_for_admins(compute: Compute) -> None:
    compute.boot()
    for path in ("/os-hypervisors", "/os-services", "/os-aggregates", "/os-hypervisors/statistics"):
        compute.fault(403, "GET", path)
    rows = compute.ask("GET", "/os-hypervisors/detail", token=ADMIN)["hypervisors"]
    assert [(row["hypervisor_hostname"], row["state"], row["vcpus"]) for row in rows] == [
        ("h1", "up", 4),
        ("h2", "up", 4),
    ]
    assert sum(row["running_vms"] for row in rows) == 1
    assert (
        compute.ask("GET", "/os-hypervisors/statistics", token=ADMIN)["hypervisor_statistics"]["memory_mb_used"] == 128
    )
    one = compute.ask("GET", "/os-hypervisors?with_servers=true", token=ADMIN, version="2.53")["hypervisors"][0]
    assert len(one["id"]) == 36
    assert (
        compute.ask("GET", f"/os-hypervisors/{one['id']}", token=ADMIN, version="2.88")["hypervisor"]["uptime"] is None
    )
    compute.fault(404, "GET", "/os-hypervisors/77", token=ADMIN)


def test_a_disabled_host_gets_no_servers(compute: Compute) -> None:
    for row in compute.ask("GET", "/os-services", token=ADMIN, version="2.53")["services"]:
        body = {"status": "disabled", "disabled_reason": "rest"}
        compute.ask("PUT", f"/os-services/{row['id']}", body, token=ADMIN, version="2.53")
    assert "enabled refused 2" in compute.boot()["fault"]["message"]
    compute.ask("PUT", "/os-services/enable", {"host": "h2", "binary": "nova-compute"}, token=ADMIN)
    server = compute.boot()
    assert compute.show(server["id"], token=ADMIN)["OS-EXT-SRV-ATTR:host"] == "h2"


def test_a_host_that_does_not_answer_is_down(compute: Compute) -> None:
    compute.cloud.runner.refuse["h1"] = "unreachable"
    compute.discover("h1")
    states = {row["host"]: row["state"] for row in compute.ask("GET", "/os-services", token=ADMIN)["services"]}
    assert states == {"h1": "down", "h2": "up"}
    compute.cloud.runner.refuse.clear()
    compute.discover("h1")
    assert compute.ask("GET", "/os-services?host=h1", token=ADMIN)["services"][0]["state"] == "up"


def test_a_zone_holds_its_hosts_and_servers(compute: Compute) -> None:
    body = {"aggregate": {"name": "a", "availability_zone": "east"}}
    made = compute.ask("POST", "/os-aggregates", body, token=ADMIN, expect=200)["aggregate"]
    path = f"/os-aggregates/{made['id']}"
    compute.fault(404, "POST", f"{path}/action", {"add_host": {"host": "none"}}, token=ADMIN)
    compute.ask("POST", f"{path}/action", {"add_host": {"host": "h2"}}, token=ADMIN, expect=200)
    compute.fault(409, "POST", f"{path}/action", {"add_host": {"host": "h2"}}, token=ADMIN)
    zones = compute.ask("GET", "/os-availability-zone")["availabilityZoneInfo"]
    assert [zone["zoneName"] for zone in zones] == ["east", "nova"]
    assert all(zone["hosts"] is None for zone in zones)
    server = compute.boot(availability_zone="east")
    assert server["OS-EXT-AZ:availability_zone"] == "east"
    assert compute.show(server["id"], version="2.96")["pinned_availability_zone"] == "east"
    compute.fault(403, "POST", "/servers", compute.wish(availability_zone="nova:h1"))
    compute.fault(400, "DELETE", path, token=ADMIN)
    compute.ask("POST", f"{path}/action", {"set_metadata": {"metadata": {"ssd": "yes"}}}, token=ADMIN, expect=200)
    compute.ask("POST", f"{path}/action", {"remove_host": {"host": "h2"}}, token=ADMIN, expect=200)
    compute.ask("DELETE", path, token=ADMIN, expect=200)


def test_servers_of_a_group_stand_apart(compute: Compute) -> None:
    body = {"server_group": {"name": "g", "policy": "anti-affinity"}}
    group = compute.ask("POST", "/os-server-groups", body, version="2.64", expect=200)["server_group"]
    wish = compute.wish(min_count=3) | {"os:scheduler_hints": {"group": group["id"]}}
    compute.ask("POST", "/servers", wish)
    compute.cloud.settle()
    rows = compute.ask("GET", "/servers/detail")["servers"]
    assert sorted(row["status"] for row in rows) == ["ACTIVE", "ACTIVE", "ERROR"]
    assert "server group" in next(row for row in rows if row["status"] == "ERROR")["fault"]["message"]
    shown = compute.ask("GET", f"/os-server-groups/{group['id']}")["server_group"]
    assert (len(shown["members"]), shown["policies"]) == (3, ["anti-affinity"])
    compute.fault(404, "GET", f"/os-server-groups/{group['id']}", token=OTHER)
    compute.ask("DELETE", f"/os-server-groups/{group['id']}")
    compute.fault(400, "POST", "/os-server-groups", {"server_group": {"name": "g", "policies": ["soft-affinity"]}})


def test_usage_counts_servers_that_are_gone(compute: Compute) -> None:
    server = compute.boot()
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    compute.boot(name="here")
    usage = compute.ask("GET", "/os-simple-tenant-usage/p1?start=2000-01-01T00:00:00&end=2090-01-01T00:00:00")[
        "tenant_usage"
    ]
    assert {row["name"]: row["state"] for row in usage["server_usages"]} == {"web": "terminated", "here": "active"}
    compute.fault(403, "GET", "/os-simple-tenant-usage")
    assert (
        compute.ask("GET", "/os-simple-tenant-usage?start=2000-01-01T00:00:00&end=2090-01-01T00:00:00", token=ADMIN)[
            "tenant_usages"
        ][0]["tenant_id"]
        == "p1"
    )

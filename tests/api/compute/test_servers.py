"""Servers: asked for, shown, listed, changed and deleted."""

import base64
import re

from tests.api.compute.conftest import Compute

from stories import ADMIN, OTHER, READER


def test_a_server_boots_with_its_disk_and_port_in_one_run(compute: Compute) -> None:
    server = compute.boot(settle=False, metadata={"role": "web"})
    assert (server["status"], server["OS-EXT-STS:task_state"]) == ("BUILD", "scheduling")
    compute.cloud.settle()
    server = compute.show(server["id"])
    assert (server["status"], server["OS-EXT-STS:vm_state"], server["OS-EXT-STS:power_state"]) == (
        "ACTIVE",
        "active",
        1,
    )
    assert server["addresses"]["lan"][0]["addr"].startswith("10.0.0.")
    assert server["image"]["id"] == compute.image
    (sent,) = compute.runs("server_present")
    (domain,) = sent["libvirt_domain_items"]
    assert domain["power"] == "running"
    assert domain["disks"][0]["image"] == f"{server['id']}_disk"
    assert domain["nics"][0]["id"] == sent["ovn_topology_ports"][0]["id"]
    (disk,) = sent["rbd_volume_items"]
    assert disk["source"] == {"pool": "images", "name": compute.image, "snapshot": "snap"}
    assert disk["size"] == 2**30
    assert disk["host"] == domain["host"]


def test_only_admins_see_the_host(compute: Compute) -> None:
    server = compute.boot()
    assert not [key for key in server if key.startswith("OS-EXT-SRV-ATTR")]
    shown = compute.show(server["id"], token=ADMIN, version="2.96")
    assert shown["OS-EXT-SRV-ATTR:host"] in ("h1", "h2")
    assert shown["host_status"] == "UP"
    assert shown["flavor"]["original_name"] == "pico"


def test_a_server_of_another_project_is_not_found(compute: Compute) -> None:
    server = compute.boot()
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/os-interface"), ("GET", "/metadata")):
        compute.fault(404, method, f"/servers/{server['id']}{path}", token=OTHER)
    assert compute.names(token=OTHER) == []


def test_a_reader_may_look_but_not_change(compute: Compute) -> None:
    server = compute.boot()
    assert compute.show(server["id"], token=READER)["id"] == server["id"]
    compute.fault(403, "POST", "/servers", compute.wish(), token=READER)
    compute.fault(403, "DELETE", f"/servers/{server['id']}", token=READER)


def test_bad_input_is_refused_with_the_field_named(compute: Compute) -> None:
    for more, words in (
        ({"name": ""}, "name"),
        ({"name": 12345}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"flavorRef": "99"}, "Flavor 99"),
        ({"imageRef": "-1"}, "imageRef"),
        ({"imageRef": "00000000-0000-0000-0000-000000000000"}, "Image"),
        ({"networks": [{"uuid": "00000000-0000-0000-0000-000000000000"}]}, "etwork"),
        ({"networks": [{"uuid": "no"}]}, "networks"),
        ({"key_name": "none"}, "key_name"),
        ({"user_data": "no base64!"}, "user_data"),
        ({"metadata": {"k" * 256: "v"}}, "metadata"),
        ({"accessIPv6": "bad"}, "accessIPv6"),
        ({"availability_zone": "moon"}, "zone"),
        ({"security_groups": [{"name": "none"}]}, "none"),
        ({"config_drive": True}, "onfiguration drive"),
        ({"surprise": 1}, "surprise"),
        ({"min_count": 3, "max_count": 2}, "min_count"),
        ({"block_device_mapping_v2": [{"source_type": "blank", "destination_type": "local"}]}, "phemeral"),
    ):
        assert words in compute.fault(400, "POST", "/servers", compute.wish(**more)), more
    assert compute.names() == []


def test_names_are_data(compute: Compute) -> None:
    for name in ("{{ lookup('pipe','id') }}", "$(reboot)", "</name><x/>", "smile \U0001f600", "quotes \" and '"):
        assert compute.boot(name=name)["name"] == name
    assert "NUL" in compute.fault(400, "POST", "/servers", compute.wish(name="a\0b"))


def test_the_guest_gets_a_host_name_from_the_name(compute: Compute) -> None:
    server = compute.boot(name="My Web_Server #1")
    shown = compute.show(server["id"], token=ADMIN, version="2.3")
    assert shown["OS-EXT-SRV-ATTR:hostname"] == "my-web-server-1"


def test_several_servers_are_asked_for_at_once(compute: Compute) -> None:
    body = compute.ask("POST", "/servers", compute.wish(min_count=2, max_count=3, return_reservation_id=True))
    assert re.fullmatch("r-[0-9a-f]{8}", body["reservation_id"])
    compute.cloud.settle()
    assert sorted(compute.names("?status=ACTIVE")) == ["web-1", "web-2", "web-3"]
    hosts = {
        s["OS-EXT-SRV-ATTR:host"] for s in compute.ask("GET", "/servers/detail?all_tenants=1", token=ADMIN)["servers"]
    }
    assert hosts == {"h1", "h2"}
    assert len(compute.runs("server_present")) == 1, "one run for the whole batch"


def test_the_quota_counts_rows(compute: Compute) -> None:
    compute.ask("PUT", "/os-quota-sets/p1", {"quota_set": {"instances": 2}}, token=ADMIN)
    assert "instances" in compute.fault(403, "POST", "/servers", compute.wish(min_count=3))
    compute.ask("POST", "/servers", compute.wish(min_count=1, max_count=5))
    assert len(compute.names()) == 2
    compute.fault(403, "POST", "/servers", compute.wish())


def test_a_server_is_renamed_and_described(compute: Compute) -> None:
    server = compute.boot()
    body = {"server": {"name": "new", "accessIPv4": "192.0.2.7"}}
    changed = compute.ask("PUT", f"/servers/{server['id']}", body)["server"]
    assert (changed["name"], changed["accessIPv4"]) == ("new", "192.0.2.7")
    body = {"server": {"description": "mine"}}
    assert compute.ask("PUT", f"/servers/{server['id']}", body, version="2.19")["server"]["description"] == "mine"
    for bad in ({"name": ""}, {"name": "x" * 256}, {"accessIPv4": "x"}):
        compute.fault(400, "PUT", f"/servers/{server['id']}", {"server": bad})


def test_lists_are_filtered_and_paged(compute: Compute) -> None:
    first = compute.boot(name="alpha", flavorRef="2")
    compute.boot(name="beta")
    compute.boot(name="gamma")
    assert compute.names("?name=a") == ["gamma", "beta", "alpha"]
    assert compute.names("?name=%5Eb.*a%24") == ["beta"]
    assert compute.names("?flavor=2") == ["alpha"]
    assert compute.names(f"?image={compute.image}&limit=2") == ["gamma", "beta"]
    page = compute.ask("GET", "/servers?limit=2&sort_key=display_name&sort_dir=asc")
    assert page["servers_links"][0]["href"].endswith(f"marker={page['servers'][1]['id']}")
    assert compute.names(f"?sort_key=display_name&sort_dir=asc&marker={page['servers'][1]['id']}") == ["gamma"]
    assert compute.names("?limit=0") == []
    assert compute.names("?status=SHUTOFF") == compute.names("?status=nonsense") == []
    assert "status" in compute.fault(400, "GET", "/servers?status=nonsense", version="2.38")
    address = first["addresses"]["lan"][0]["addr"]
    assert compute.names(f"?ip=%5E{address}%24") == ["alpha"]
    assert compute.names("?changes-since=2050-01-01T12:34:00Z") == []
    for bad in ("limit=-1", "limit=x", "changes-since=x", "marker=none", "sort_key=none", "name=(a%2B)%2B", "name=%5B"):
        compute.fault(400, "GET", f"/servers?{bad}")
    compute.fault(403, "GET", "/servers?all_tenants=1")


def test_a_deleted_server_is_gone_with_its_disk_and_port(compute: Compute) -> None:
    server = compute.boot()
    compute.ask("DELETE", f"/servers/{server['id']}")
    assert compute.show(server["id"])["OS-EXT-STS:task_state"] == "deleting"
    compute.fault(404, "PUT", f"/servers/{server['id']}", {"server": {"name": "late"}})
    compute.cloud.settle()
    compute.fault(404, "GET", f"/servers/{server['id']}")
    (sent,) = compute.runs("server_absent")
    assert sent["rbd_volume_items"][0]["name"] == f"{server['id']}_disk"
    assert sent["ovn_topology_ports"][0]["id"]
    assert [p for p in compute.cloud.get("/network/v2.0/ports").json["ports"] if p["device_id"] == server["id"]] == []


def test_a_delete_overtakes_the_create(compute: Compute) -> None:
    server = compute.boot(settle=False)
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    compute.fault(404, "GET", f"/servers/{server['id']}")
    assert compute.runs("server_present") == []


def test_a_create_that_fails_shows_why_and_can_be_deleted(compute: Compute) -> None:
    server = compute.boot(settle=False)
    compute.cloud.runner.refuse[server["id"]] = "no space left"
    compute.cloud.settle()
    server = compute.show(server["id"])
    assert (server["status"], server["fault"]["message"]) == ("ERROR", "no space left")
    assert "details" not in server["fault"]
    assert "h1" in compute.show(server["id"], token=ADMIN)["fault"]["details"]
    del compute.cloud.runner.refuse[server["id"]]
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    compute.fault(404, "GET", f"/servers/{server['id']}")


def test_a_delete_that_fails_leaves_an_error_to_delete_again(compute: Compute) -> None:
    server = compute.boot()
    compute.cloud.runner.refuse[server["id"]] = "host unreachable"
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    assert compute.show(server["id"])["status"] == "ERROR"
    compute.cloud.runner.refuse.clear()
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    compute.fault(404, "GET", f"/servers/{server['id']}")


def test_no_room_is_told_by_filter_and_by_host_only_to_admins(compute: Compute) -> None:
    big = {"flavor": {"name": "huge", "ram": 999999, "vcpus": 1, "disk": 1, "id": "huge"}}
    compute.ask("POST", "/flavors", big, token=ADMIN, expect=200)
    compute.ask("PUT", "/os-quota-sets/p1", {"quota_set": {"ram": -1}}, token=ADMIN)
    server = compute.boot(flavorRef="huge")
    assert server["status"] == "ERROR"
    assert "No valid host was found. Of 2 hosts: ram refused 2 (needs 999999 MiB" in server["fault"]["message"]
    assert "h1" not in str(server["fault"])
    assert "h1: ram" in compute.show(server["id"], token=ADMIN)["fault"]["details"]
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    compute.fault(404, "GET", f"/servers/{server['id']}")


def test_networks_must_be_said_from_2_37_on(compute: Compute) -> None:
    assert "networks" in compute.fault(400, "POST", "/servers", compute.wish(networks=None), version="2.37")
    assert compute.boot(networks="none", version="2.37")["addresses"] == {}
    assert list(compute.boot(networks="auto", version="2.37")["addresses"]) == ["lan"]
    assert list(compute.boot(networks=None)["addresses"]) == ["lan"]


def test_user_data_and_key_reach_the_guest_only(compute: Compute) -> None:
    data = base64.b64encode(b"#!/bin/sh\n").decode()
    server = compute.boot(user_data=data)
    assert data not in str(compute.show(server["id"], version="2.96"))
    assert compute.show(server["id"], token=ADMIN, version="2.3")["OS-EXT-SRV-ATTR:user_data"] == data

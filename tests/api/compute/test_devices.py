"""Volumes and interfaces of servers: at their birth, later, and when something goes wrong."""

import datetime as dt

from sqlalchemy import update
from tests.api.compute.conftest import Compute

from pileus.compute.models import Hypervisor
from pileus.core.db import now
from pileus.core.intents import Intent
from stories import ADMIN, OTHER


def attach(compute: Compute, server: dict, volume: str, **more) -> dict:
    body = {"volumeAttachment": {"volumeId": volume}}
    return compute.ask("POST", f"/servers/{server['id']}/os-volume_attachments", body, expect=200, **more)[
        "volumeAttachment"
    ]


def test_a_volume_is_plugged_in_and_taken_away(compute: Compute) -> None:
    server, volume = compute.boot(), compute.volume()
    made = attach(compute, server, volume)
    assert (made["device"], made["id"]) == ("/dev/vdb", volume)
    assert compute.volume_status(volume) == "attaching"
    compute.cloud.settle()
    assert compute.volume_status(volume) == "in-use"
    assert compute.show(server["id"])["os-extended-volumes:volumes_attached"] == [{"id": volume}]
    disks = compute.runs("server_present")[-1]["libvirt_domain_items"][0]["disks"]
    assert [disk["device"] for disk in disks] == ["vda", "vdb"]
    path = f"/servers/{server['id']}/os-volume_attachments"
    assert compute.ask("GET", path)["volumeAttachments"] == [made]
    assert "attachment_id" in compute.ask("GET", f"{path}/{volume}", version="2.89")["volumeAttachment"]
    compute.ask("DELETE", f"{path}/{volume}", expect=202)
    assert compute.volume_status(volume) == "detaching"
    compute.cloud.settle()
    assert compute.volume_status(volume) == "available"
    assert compute.ask("GET", path)["volumeAttachments"] == []
    assert len(compute.runs("server_present")[-1]["libvirt_domain_items"][0]["disks"]) == 1


def test_two_volumes_asked_for_at_once_come_one_after_the_other(compute: Compute) -> None:
    server, first, second = compute.boot(), compute.volume(), compute.volume()
    attach(compute, server, first)
    assert attach(compute, server, second)["device"] == "/dev/vdc"
    compute.cloud.settle()
    counts = [len(sent["libvirt_domain_items"][0]["disks"]) for sent in compute.runs("server_present")]
    assert counts == [1, 2, 3]
    assert compute.volume_status(first) == compute.volume_status(second) == "in-use"


def test_what_cannot_be_attached_is_refused(compute: Compute) -> None:
    server, volume = compute.boot(), compute.volume()
    path = f"/servers/{server['id']}/os-volume_attachments"
    nothing = "00000000-0000-0000-0000-000000000000"
    compute.fault(404, "POST", path, {"volumeAttachment": {"volumeId": nothing}})
    compute.fault(400, "POST", path, {"volumeAttachment": {"volumeId": "x"}})
    compute.fault(404, "POST", path, {"volumeAttachment": {"volumeId": volume}}, token=OTHER)
    compute.fault(404, "DELETE", f"{path}/{volume}")
    attach(compute, server, volume)
    compute.fault(400, "POST", path, {"volumeAttachment": {"volumeId": volume}})
    compute.fault(409, "DELETE", f"{path}/{volume}")


def test_a_failed_attachment_frees_the_volume_and_leaves_the_server(compute: Compute) -> None:
    server, volume = compute.boot(), compute.volume()
    compute.cloud.runner.refuse[server["id"]] = "no such image"
    attach(compute, server, volume)
    compute.cloud.settle()
    assert compute.volume_status(volume) == "available"
    shown = compute.show(server["id"])
    assert (shown["status"], shown["os-extended-volumes:volumes_attached"]) == ("ACTIVE", [])
    compute.cloud.runner.refuse.clear()
    attach(compute, server, volume)
    compute.cloud.settle()
    compute.cloud.runner.refuse[server["id"]] = "busy"
    compute.ask("DELETE", f"/servers/{server['id']}/os-volume_attachments/{volume}", expect=202)
    compute.cloud.settle()
    assert compute.volume_status(volume) == "in-use"


def test_a_server_boots_from_a_volume_that_goes_with_it(compute: Compute) -> None:
    disks = [
        {"source_type": "image", "uuid": compute.image, "destination_type": "volume", "volume_size": 1, "boot_index": 0,
         "delete_on_termination": True},
        {"source_type": "blank", "destination_type": "volume", "volume_size": 2},
    ]  # fmt: skip
    server = compute.boot(imageRef=None, block_device_mapping_v2=disks)
    assert (server["status"], server["image"]) == ("ACTIVE", "")
    root, data = (entry["id"] for entry in server["os-extended-volumes:volumes_attached"])
    (sent,) = compute.runs("server_present")
    assert sent["rbd_volume_items"] == []
    assert [d["id"] for d in sent["libvirt_domain_items"][0]["disks"]] == [root, data]
    compute.fault(403, "DELETE", f"/servers/{server['id']}/os-volume_attachments/{root}")
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    assert compute.volume_status(root) == "gone"
    assert compute.volume_status(data) == "available"


def test_a_server_whose_making_failed_keeps_its_volumes_when_it_is_healed(compute: Compute) -> None:
    volume = compute.volume()
    disks = [
        {"source_type": "image", "uuid": compute.image, "destination_type": "local", "boot_index": 0},
        {"source_type": "volume", "uuid": volume, "destination_type": "volume"},
        {"source_type": "blank", "destination_type": "volume", "volume_size": 1},
    ]
    server = compute.boot(block_device_mapping_v2=disks, settle=False)
    compute.cloud.runner.refuse[server["id"]] = "no memory left"
    compute.cloud.settle()
    shown = compute.show(server["id"])
    volumes = [row["id"] for row in shown["os-extended-volumes:volumes_attached"]]
    assert (shown["status"], volumes[0], len(volumes)) == ("ERROR", volume, 2)
    assert [compute.volume_status(one) for one in volumes] == ["in-use", "in-use"]
    compute.cloud.runner.refuse.clear()
    compute.act(server, "reboot", {"type": "HARD"})
    compute.cloud.settle()
    assert compute.show(server["id"])["status"] == "ACTIVE"
    (sent,) = compute.runs("server_reboot")
    assert [disk["id"] for disk in sent["libvirt_domain_items"][0]["disks"]] == [server["id"], *volumes]
    compute.ask("DELETE", f"/servers/{server['id']}/os-volume_attachments/{volume}", expect=202)
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    assert [compute.volume_status(one) for one in volumes] == ["available", "available"]


def test_a_volume_of_a_server_that_found_no_host_is_free_once_it_is_deleted(compute: Compute) -> None:
    volume = compute.volume()
    disk = {"source_type": "volume", "uuid": volume, "destination_type": "volume"}
    root = {"source_type": "image", "uuid": compute.image, "destination_type": "local", "boot_index": 0}
    with compute.cloud.database.write() as session:
        session.execute(update(Hypervisor).values(enabled=False))
    server = compute.boot(block_device_mapping_v2=[root, disk])
    assert server["status"] == "ERROR"
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    assert compute.volume_status(volume) == "available"


def test_a_boot_volume_that_cannot_be_made_fails_the_server(compute: Compute) -> None:
    disk = {
        "source_type": "image",
        "uuid": compute.image,
        "destination_type": "volume",
        "volume_size": 1,
        "boot_index": 0,
    }
    server = compute.boot(imageRef=None, block_device_mapping_v2=[disk], settle=False)
    volume = server["os-extended-volumes:volumes_attached"][0]["id"]
    compute.cloud.runner.refuse[volume] = "pool full"
    compute.cloud.settle()
    shown = compute.show(server["id"])
    assert shown["status"] == "ERROR"
    assert "could not be made" in shown["fault"]["message"]
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    compute.fault(404, "GET", f"/servers/{server['id']}")


def test_an_existing_volume_boots_and_is_kept(compute: Compute) -> None:
    volume = compute.volume()
    blank = {"source_type": "volume", "uuid": volume, "destination_type": "volume", "boot_index": 0}
    wish = compute.wish(imageRef=None, block_device_mapping_v2=[blank])
    assert "not bootable" in compute.fault(400, "POST", "/servers", wish)
    action = {"os-set_bootable": {"bootable": True}}
    assert compute.cloud.post(f"/volume/v3/volumes/{volume}/action", action).status_code == 200
    disk = {"source_type": "volume", "uuid": volume, "destination_type": "volume", "boot_index": 0}
    server = compute.boot(imageRef=None, block_device_mapping_v2=[disk])
    assert compute.volume_status(volume) == "in-use"
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    assert compute.volume_status(volume) == "available"


def test_interfaces_come_and_go(compute: Compute) -> None:
    server = compute.boot()
    path = f"/servers/{server['id']}/os-interface"
    made = compute.ask("POST", path, {"interfaceAttachment": {"net_id": compute.network["id"]}}, expect=200)
    port = made["interfaceAttachment"]["port_id"]
    compute.cloud.settle()
    assert len(compute.ask("GET", path)["interfaceAttachments"]) == 2
    assert len(compute.runs("server_present")[-1]["libvirt_domain_items"][0]["nics"]) == 2
    compute.ask("DELETE", f"{path}/{port}", expect=202)
    compute.cloud.settle()
    assert len(compute.runs("server_present")[-1]["libvirt_domain_items"][0]["nics"]) == 1
    assert compute.cloud.get(f"/network/v2.0/ports/{port}").status_code == 404
    compute.fault(404, "GET", f"{path}/{port}")


def test_a_port_of_ones_own_outlives_the_server(compute: Compute) -> None:
    body = {"port": {"network_id": compute.network["id"], "name": "mine"}}
    port = compute.cloud.post("/network/v2.0/ports", body).json["port"]
    server = compute.boot(networks=[{"port": port["id"]}])
    assert server["addresses"]["lan"][0]["OS-EXT-IPS-MAC:mac_addr"] == port["mac_address"]
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    left = compute.cloud.get(f"/network/v2.0/ports/{port['id']}").json["port"]
    assert left["device_id"] == ""


def test_a_fixed_address_is_honoured(compute: Compute) -> None:
    nic = {"uuid": compute.network["id"], "fixed_ip": "10.0.0.77"}
    server = compute.boot(networks=[nic])
    assert server["addresses"]["lan"][0]["addr"] == "10.0.0.77"
    compute.ask("GET", f"/servers/{server['id']}/ips/lan")
    compute.fault(404, "GET", f"/servers/{server['id']}/ips/none")


def test_a_failed_interface_is_taken_back(compute: Compute) -> None:
    server = compute.boot()
    compute.cloud.runner.refuse[server["id"]] = "no bridge"
    path = f"/servers/{server['id']}/os-interface"
    compute.ask("POST", path, {"interfaceAttachment": {"net_id": compute.network["id"]}}, expect=200)
    compute.cloud.settle()
    assert len(compute.ask("GET", path)["interfaceAttachments"]) == 1
    assert compute.show(server["id"])["status"] == "ACTIVE"


def test_the_ports_of_a_server_go_with_it_even_when_it_never_had_a_host(compute: Compute) -> None:
    with compute.cloud.database.write() as session:
        session.execute(update(Hypervisor).values(enabled=False))
    server = compute.boot()
    assert server["status"] == "ERROR"
    (port,) = compute.cloud.get(f"/network/v2.0/ports?device_id={server['id']}").json["ports"]
    assert compute.cloud.put(f"/network/v2.0/ports/{port['id']}", {"port": {"name": "x"}}).status_code == 200
    compute.cloud.settle()
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    (sent,) = compute.runs("server_absent")
    assert [item["id"] for item in sent["ovn_topology_ports"]] == [port["id"]]
    assert sent["libvirt_domain_items"] == []
    compute.fault(404, "GET", f"/servers/{server['id']}")


def test_a_delete_waits_for_what_is_being_done_to_the_ports(compute: Compute) -> None:
    server = compute.boot()
    (port,) = compute.cloud.get(f"/network/v2.0/ports?device_id={server['id']}").json["ports"]
    assert compute.cloud.put(f"/network/v2.0/ports/{port['id']}", {"port": {"name": "x"}}).status_code == 200
    waits = (Intent.resource_id == port["id"], Intent.state == "waiting")
    with compute.cloud.database.write() as session:
        session.execute(update(Intent).where(*waits).values(not_before=now() + dt.timedelta(hours=1)))
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    assert compute.runs("server_absent") == []
    with compute.cloud.database.write() as session:
        session.execute(update(Intent).where(*waits).values(not_before=now()))
    compute.cloud.settle()
    assert [name for name, _, _ in compute.cloud.runner.runs[-2:]] == [
        "network/port_present.yml",
        "compute/server_absent.yml",
    ]


def test_an_interface_that_an_admin_plugs_in_is_the_projects_and_comes_off_again(compute: Compute) -> None:
    server = compute.boot()
    path = f"/servers/{server['id']}/os-interface"
    body = {"interfaceAttachment": {"net_id": compute.network["id"]}}
    port = compute.ask("POST", path, body, token=ADMIN, expect=200)["interfaceAttachment"]["port_id"]
    compute.cloud.settle()
    assert compute.cloud.get(f"/network/v2.0/ports/{port}").json["port"]["project_id"] == "p1"
    compute.ask("DELETE", f"{path}/{port}", expect=202)
    compute.cloud.settle()
    assert compute.cloud.get(f"/network/v2.0/ports/{port}").status_code == 404
    assert len(compute.ask("GET", path)["interfaceAttachments"]) == 1

"""Start, stop, reboot, lock, console: what is done to a server that is there."""

import datetime as dt
import threading

import pytest
from sqlalchemy import update
from tests.api.compute.conftest import V2, Compute, make_image

from pileus.compute.models import Hypervisor
from pileus.core.db import new_id, now
from pileus.core.intents import Intent
from stories import ADMIN, MEMBER


def test_stop_and_start_send_the_wanted_power(compute: Compute) -> None:
    server = compute.boot()
    compute.act(server, "os-stop")
    assert compute.show(server["id"])["OS-EXT-STS:task_state"] == "powering-off"
    compute.fault(409, "POST", f"/servers/{server['id']}/action", {"os-start": None})
    compute.cloud.settle()
    stopped = compute.show(server["id"])
    assert (stopped["status"], stopped["OS-EXT-STS:power_state"]) == ("SHUTOFF", 4)
    compute.fault(409, "POST", f"/servers/{server['id']}/action", {"os-stop": None})
    compute.act(server, "os-start")
    compute.cloud.settle()
    assert compute.show(server["id"])["status"] == "ACTIVE"
    powers = [sent["libvirt_domain_items"][0]["power"] for sent in compute.runs("server_present")]
    assert powers == ["running", "shutoff", "running"]


def test_a_reboot_is_soft_or_hard(compute: Compute) -> None:
    server = compute.boot()
    for kind, status in (("SOFT", "REBOOT"), ("HARD", "HARD_REBOOT")):
        compute.act(server, "reboot", {"type": kind})
        assert compute.show(server["id"])["status"] == status
        compute.cloud.settle()
        assert compute.show(server["id"])["status"] == "ACTIVE"
    assert [s["libvirt_domain_items"][0]["reboot"] for s in compute.runs("server_reboot")] == [
        {"type": "SOFT"},
        {"type": "HARD"},
    ]
    compute.fault(400, "POST", f"/servers/{server['id']}/action", {"reboot": {"type": "WARM"}})


def test_actions_on_nothing_are_not_found_and_unknown_ones_refused(compute: Compute) -> None:
    nothing = "/servers/00000000-0000-0000-0000-000000000000/action"
    for body in ({"os-stop": None}, {"reboot": {"type": "SOFT"}}, {"os-getConsoleOutput": {"length": 5}}):
        compute.fault(404, "POST", nothing, body)
    compute.fault(400, "POST", nothing, {"os-dance": None})


def test_a_failed_reboot_is_an_error_that_a_hard_reboot_heals(compute: Compute) -> None:
    server = compute.boot()
    compute.cloud.runner.refuse[server["id"]] = "qemu died"
    compute.act(server, "reboot", {"type": "SOFT"})
    compute.cloud.settle()
    assert compute.show(server["id"])["fault"]["message"] == "qemu died"
    compute.cloud.runner.refuse.clear()
    compute.act(server, "reboot", {"type": "HARD"})
    compute.cloud.settle()
    assert compute.show(server["id"])["status"] == "ACTIVE"


def test_a_locked_server_is_left_alone(compute: Compute) -> None:
    server = compute.boot()
    compute.act(server, "lock", {"locked_reason": "mine"}, version="2.73")
    shown = compute.show(server["id"], version="2.73")
    assert (shown["locked"], shown["locked_reason"]) == (True, "mine")
    for body in ({"os-stop": None}, {"reboot": {"type": "SOFT"}}):
        compute.fault(409, "POST", f"/servers/{server['id']}/action", body)
    compute.fault(409, "DELETE", f"/servers/{server['id']}")
    compute.act(server, "unlock")
    compute.act(server, "lock", token=ADMIN)
    compute.fault(409, "POST", f"/servers/{server['id']}/action", {"unlock": None})


def test_an_admin_sets_the_state_by_hand(compute: Compute) -> None:
    server = compute.boot()
    compute.fault(403, "POST", f"/servers/{server['id']}/action", {"os-resetState": {"state": "error"}})
    compute.act(server, "os-resetState", {"state": "error"}, token=ADMIN)
    assert compute.show(server["id"])["status"] == "ERROR"


def test_the_console_is_fetched_by_a_run_while_the_caller_waits(compute: Compute) -> None:
    server = compute.boot()
    compute.cloud.runner.facts["libvirt_domain_items"] = lambda _item: {"console": "one\ntwo\nlogin:"}
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            compute.cloud.worker.step()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for inner, text in (({"length": 2}, "two\nlogin:"), ({}, "one\ntwo\nlogin:"), ({"length": "0"}, "")):
            body = compute.act(server, "os-getConsoleOutput", inner, expect=200)
            assert body["output"] == text
        compute.cloud.runner.refuse[server["id"]] = "no log"
        words = compute.fault(503, "POST", f"/servers/{server['id']}/action", {"os-getConsoleOutput": {}})
        assert "no log" in words
    finally:
        done.set()
        thread.join()


def test_what_was_asked_of_a_server_is_kept_even_when_it_is_gone(compute: Compute) -> None:
    server = compute.boot()
    compute.act(server, "os-stop")
    compute.cloud.settle()
    path = f"/servers/{server['id']}/os-instance-actions"
    listed = compute.ask("GET", path)["instanceActions"]
    assert [row["action"] for row in listed] == ["stop", "create"]
    one = compute.ask("GET", f"{path}/{listed[0]['request_id']}", version="2.84")["instanceAction"]
    assert one["events"][0]["result"] == "Success"
    assert "host" not in one["events"][0]
    seen = compute.ask("GET", f"{path}/{listed[0]['request_id']}", version="2.84", token=ADMIN)
    assert seen["instanceAction"]["events"][0]["host"] in ("h1", "h2")
    compute.fault(404, "GET", f"{path}/req-none")
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    compute.fault(404, "GET", path)
    assert compute.ask("GET", path, version="2.21")["instanceActions"][0]["action"] == "delete"
    compute.fault(404, "GET", path, version="2.21", token="member,reader:p2:u9")


def test_a_server_shut_down_from_inside_is_noticed(compute: Compute) -> None:
    server = compute.boot()
    host = compute.show(server["id"], token=ADMIN)["OS-EXT-SRV-ATTR:host"]
    compute.facts["domains"] = [{"id": server["id"], "state": "shutoff"}]
    compute.discover("h2" if host == "h1" else "h1")
    assert compute.show(server["id"])["status"] == "ACTIVE"
    compute.discover(host)
    assert compute.show(server["id"])["status"] == "SHUTOFF"


def test_metadata_and_tags_are_changed(compute: Compute) -> None:
    server = compute.boot(metadata={"a": "1", "b": "2"})
    path = f"/servers/{server['id']}"
    assert compute.ask("POST", f"{path}/metadata", {"metadata": {"b": "3"}}, expect=200)["metadata"] == {
        "a": "1",
        "b": "3",
    }
    assert compute.ask("PUT", f"{path}/metadata", {"metadata": {"c": "4"}})["metadata"] == {"c": "4"}
    assert compute.ask("PUT", f"{path}/metadata/d", {"meta": {"d": "{{ 7*7 }}"}})["meta"] == {"d": "{{ 7*7 }}"}
    compute.ask("DELETE", f"{path}/metadata/c")
    compute.fault(404, "GET", f"{path}/metadata/c")
    compute.fault(400, "PUT", f"{path}/metadata/d", {"meta": {"e": "1"}})
    many = {str(i): "x" for i in range(200)}
    compute.fault(403, "POST", f"{path}/metadata", {"metadata": many})
    compute.ask("PUT", f"{path}/tags", {"tags": ["x", "y"]}, version="2.26")
    compute.ask("PUT", f"{path}/tags/z", version="2.26", expect=201)
    compute.ask("PUT", f"{path}/tags/a%0Ab", version="2.26", expect=201)
    compute.ask("DELETE", f"{path}/tags/a%0Ab", version="2.26")
    compute.ask("DELETE", f"{path}/tags/x", version="2.26")
    assert compute.show(server["id"], version="2.26")["tags"] == ["y", "z"]
    assert compute.names("?tags=y,z", version="2.26") == ["web"]
    assert compute.names("?not-tags=y", token=MEMBER, version="2.26") == []
    compute.fault(404, "GET", f"{path}/tags")


def test_a_resize_is_confirmed_or_reverted(compute: Compute) -> None:
    server = compute.boot()
    action = f"/servers/{server['id']}/action"
    for bad in ("", "99", "1", None):
        compute.fault(400, "POST", action, {"resize": {"flavorRef": bad}})
    compute.fault(404, "POST", "/servers/none/action", {"resize": {"flavorRef": "2"}})
    compute.fault(409, "POST", action, {"confirmResize": None})
    compute.act(server, "resize", {"flavorRef": "2"})
    assert compute.show(server["id"])["status"] == "RESIZE"
    compute.cloud.settle()
    shown = compute.show(server["id"])
    assert (shown["status"], shown["OS-EXT-STS:vm_state"], shown["flavor"]["id"]) == ("VERIFY_RESIZE", "resized", "2")
    assert compute.runs("server_resize")[0]["libvirt_domain_items"][0]["memory_mib"] == 512
    compute.act(server, "revertResize")
    compute.cloud.settle()
    shown = compute.show(server["id"])
    assert (shown["status"], shown["flavor"]["id"]) == ("ACTIVE", "1")
    assert compute.runs("server_reboot")[0]["libvirt_domain_items"][0]["memory_mib"] == 128
    compute.act(server, "os-stop")
    compute.cloud.settle()
    compute.act(server, "resize", {"flavorRef": "3"})
    compute.cloud.settle()
    assert compute.runs("server_present")[-1]["rbd_volume_items"][0]["size"] == 20 * 2**30
    compute.act(server, "confirmResize", expect=204)
    shown = compute.show(server["id"])
    assert (shown["status"], shown["flavor"]["id"]) == ("SHUTOFF", "3")
    assert "shrink" in compute.fault(400, "POST", action, {"resize": {"flavorRef": "1"}})
    compute.ask("PUT", "/os-quota-sets/p1", {"quota_set": {"ram": 3000}}, token=ADMIN)
    compute.fault(403, "POST", action, {"resize": {"flavorRef": "4"}})


def test_the_old_size_of_a_resized_server_stays_its_own_until_that_is_confirmed(compute: Compute) -> None:
    with compute.cloud.database.write() as session:
        session.execute(update(Hypervisor).where(Hypervisor.host == "h2").values(enabled=False))
        session.execute(update(Hypervisor).where(Hypervisor.host == "h1").values(memory_mib=400))  # it promises 600
    server = compute.boot(flavorRef="2")
    compute.ask("PUT", "/os-quota-sets/p1", {"quota_set": {"ram": 512}}, token=ADMIN)
    compute.act(server, "resize", {"flavorRef": "1"})
    compute.cloud.settle()
    assert compute.show(server["id"])["status"] == "VERIFY_RESIZE"
    assert compute.ask("GET", "/limits")["limits"]["absolute"]["totalRAMUsed"] == 512
    compute.fault(403, "POST", "/servers", compute.wish())
    compute.ask("PUT", "/os-quota-sets/p1", {"quota_set": {"ram": -1}}, token=ADMIN)
    assert compute.boot()["status"] == "ERROR"
    compute.act(server, "revertResize")
    compute.cloud.settle()
    assert compute.ask("GET", "/limits")["limits"]["absolute"]["totalRAMUsed"] == 512 + 128
    compute.act(server, "resize", {"flavorRef": "1"})
    compute.cloud.settle()
    compute.act(server, "confirmResize", expect=204)
    assert compute.ask("GET", "/limits")["limits"]["absolute"]["totalRAMUsed"] == 128 + 128
    assert compute.boot()["status"] == "ACTIVE"


def test_a_rebuild_replaces_disk_and_domain(compute: Compute) -> None:
    server = compute.boot(metadata={"old": "1"})
    image = make_image(compute.cloud, name="other")
    body = {"imageRef": image, "name": "anew", "metadata": {"new": "1"}, "adminPass": "pw", "accessIPv4": "192.0.2.1"}
    made = compute.act(server, "rebuild", body)["server"]
    assert (made["status"], made["adminPass"], made["image"]["id"]) == ("REBUILD", "pw", image)
    compute.cloud.settle()
    shown = compute.show(server["id"])
    assert (shown["status"], shown["name"], shown["metadata"]) == ("ACTIVE", "anew", {"new": "1"})
    (sent,) = compute.runs("server_rebuild")
    assert sent["rbd_volume_items"][0]["source"]["name"] == image
    compute.fault(404, "POST", "/servers/none/action", {"rebuild": {"imageRef": image}})
    compute.fault(400, "POST", f"/servers/{server['id']}/action", {"rebuild": {"imageRef": "x"}})
    compute.cloud.runner.refuse[server["id"]] = "disk busy"
    late = compute.act(server, "rebuild", {"imageRef": image}, version="2.96")["server"]
    assert late["user_data"] is None
    compute.cloud.settle()
    assert compute.show(server["id"])["status"] == "ERROR"


def test_an_image_is_made_of_a_server(compute: Compute) -> None:
    server = compute.boot()
    body = {"name": "smile \U0001f600", "metadata": {"kind": "{{ 7*7 }}"}}
    made = compute.act(server, "createImage", body, version="2.45")["image_id"]
    compute.fault(400, "POST", f"/servers/{server['id']}/action", {"rebuild": {"imageRef": made}})
    compute.cloud.settle()
    (sent,) = compute.runs("server_image_create")
    assert sent["rbd_volume_items"][0]["source"] == {"pool": "vms", "name": f"{server['id']}_disk"}
    assert sent["rbd_snapshot_items"][0]["name"] == "snap"
    shown = compute.cloud.get(f"/image/v2/images/{made}").json
    assert (shown["status"], shown["kind"], shown["visibility"]) == ("active", "{{ 7*7 }}", "private")
    assert compute.boot(imageRef=made)["status"] == "ACTIVE"
    compute.fault(400, "POST", f"/servers/{server['id']}/action", {"createImage": {"name": ""}})
    compute.cloud.post(f"{V2}/servers/{server['id']}/action", {"createImage": {"name": "gone"}})
    image = compute.cloud.get("/image/v2/images?name=gone").json["images"][0]
    compute.cloud.runner.refuse[image["id"]] = "no room"
    compute.cloud.settle()
    assert compute.cloud.get(f"/image/v2/images/{image['id']}").json["status"] == "killed"


@pytest.mark.parametrize("key", ["id", "owner", "visibility", "tags", "name", "min_disk", "protected", "os_hidden"])
def test_metadata_of_an_image_of_a_server_are_properties_and_nothing_else(compute: Compute, key: str) -> None:
    server = compute.boot()
    path = f"/servers/{server['id']}/action"
    for value in ("x; id >q #", "p2", new_id()):
        message = compute.fault(400, "POST", path, {"createImage": {"name": "mine", "metadata": {key: value}}})
        assert key in message
    assert [row["name"] for row in compute.cloud.get("/image/v2/images").json["images"]] == ["tiny"]


def held_up(compute: Compute, operation: str) -> None:
    """As if every attempt at an operation had to wait for a long time yet."""
    with compute.cloud.database.write() as session:
        later = update(Intent).where(Intent.operation == operation, Intent.state == "waiting")
        session.execute(later.values(not_before=now() + dt.timedelta(hours=1)))


def go_on(compute: Compute) -> list[str]:
    """Let go of what was held up; answers with the playbooks that ran then, in their order."""
    before = len(compute.cloud.runner.runs)
    with compute.cloud.database.write() as session:
        session.execute(update(Intent).where(Intent.state == "waiting").values(not_before=now()))
    compute.cloud.settle()
    return [name.rpartition("/")[2] for name, _, _ in compute.cloud.runner.runs[before:]]


def test_a_delete_and_a_rebuild_wait_for_an_image_that_is_made_of_the_server(compute: Compute) -> None:
    server = compute.boot()
    made = compute.act(server, "createImage", {"name": "first"}, version="2.45")["image_id"]
    held_up(compute, "compute.server_image_create")
    compute.act(server, "rebuild", {"imageRef": compute.image})
    compute.cloud.settle()
    assert compute.runs("server_rebuild") == []
    assert go_on(compute) == ["server_image_create.yml", "server_rebuild.yml"]
    last = compute.act(server, "createImage", {"name": "last"}, version="2.45")["image_id"]
    held_up(compute, "compute.server_image_create")
    compute.ask("DELETE", f"/servers/{server['id']}")
    compute.cloud.settle()
    assert compute.runs("server_absent") == []
    assert go_on(compute) == ["server_image_create.yml", "server_absent.yml"]
    states = {compute.cloud.get(f"/image/v2/images/{image}").json["status"] for image in (made, last)}
    assert states == {"active"}


def test_an_image_is_deleted_after_the_servers_that_are_being_made_of_it(compute: Compute) -> None:
    server = compute.boot()
    images = [compute.act(server, "createImage", {"name": "a"}, version="2.45")["image_id"] for _ in range(2)]
    compute.cloud.settle()
    for image, operation in zip(images, ("present", "rebuild"), strict=True):
        if operation == "present":
            compute.boot(imageRef=image, settle=False)
        else:
            compute.act(server, "rebuild", {"imageRef": image})
        held_up(compute, f"compute.server_{operation}")
        compute.cloud.delete(f"/image/v2/images/{image}")
        compute.cloud.settle()
        assert not any(name == "image/image_absent.yml" for name, _, _ in compute.cloud.runner.runs)
        assert go_on(compute) == [f"server_{operation}.yml", "image_absent.yml"]
        compute.cloud.runner.runs.clear()


def test_old_clients_see_images_by_way_of_compute(compute: Compute) -> None:
    server = compute.boot()
    answer = compute.cloud.post(f"{V2}/servers/{server['id']}/action", {"createImage": {"name": "mine"}})
    path = f"/images/{answer.headers['Location'].rpartition('/')[2]}"
    assert compute.ask("GET", path)["image"]["status"] == "SAVING"
    compute.cloud.settle()
    shown = compute.ask("GET", path)["image"]
    assert (shown["status"], shown["minDisk"], shown["server"]["id"]) == ("ACTIVE", 1, server["id"])
    assert [row["name"] for row in compute.ask("GET", f"/images/detail?server={server['id']}")["images"]] == ["mine"]
    compute.fault(404, "GET", path, version="2.36")
    compute.fault(404, "DELETE", path, token="member,reader:p2:u9")
    compute.ask("DELETE", path)
    compute.cloud.settle()
    compute.fault(404, "GET", path)
    assert any(name == "image/image_absent.yml" for name, _, _ in compute.cloud.runner.runs)

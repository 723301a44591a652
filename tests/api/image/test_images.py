"""Stories about images as rows: made, seen, listed, changed, shared, deleted."""

from collections.abc import Callable
from typing import Any

import pytest

from pileus.core.errors import BadRequest, NotFound
from pileus.core.quota import DEFAULTS
from pileus.image import operations
from pileus.image.operations.images import QUOTA, create_image
from stories import ADMIN, MEMBER, OTHER, READER, Cloud, fake_authenticate

V2 = "/image/v2/images"
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
Make = Callable[..., dict[str, Any]]


def ids(cloud: Cloud, query: str = "", token: str = MEMBER) -> set[str]:
    answer = cloud.get(f"{V2}?{query}", token=token)
    assert answer.status_code == 200, answer.text
    return {row["name"] for row in answer.json["images"]}


def test_versions_are_told_without_a_token(cloud: Cloud) -> None:
    assert cloud.get("/image/", token=None).status_code == 300
    answer = cloud.get("/image/versions", token=None)
    assert answer.status_code == 200
    current = [version["id"] for version in answer.json["versions"] if version["status"] == "CURRENT"]
    assert current == ["v2.7"]
    refused = cloud.get(V2, token=None)
    assert refused.status_code == 401 and refused.mimetype == "text/html"


def test_an_image_is_made_with_properties_and_shown(cloud: Cloud) -> None:
    body = {"name": "linux", "os_distro": "debian", "hw_x": "{{ 7*7 }}", "tags": ["b", "a", "a"], "min_disk": 3}
    answer = cloud.post(V2, body)
    assert answer.status_code == 201 and answer.headers["Location"].endswith(answer.json["id"])
    shown = cloud.get(f"{V2}/{answer.json['id']}", token=READER).json
    assert shown == answer.json
    assert (shown["status"], shown["visibility"], shown["owner"]) == ("queued", "shared", "p1")
    assert (shown["os_distro"], shown["hw_x"], shown["tags"]) == ("debian", "{{ 7*7 }}", ["a", "b"])
    assert shown["size"] is None and shown["checksum"] is None and shown["min_disk"] == 3


@pytest.mark.parametrize("chosen", ["2c46b1b0-0000-4000-8000-000000000000\n", "x; id >q #", "../x"])
def test_an_id_that_is_no_uuid_is_refused_however_it_comes(cloud: Cloud, chosen: str) -> None:
    assert cloud.post(V2, {"id": chosen}).status_code == 400
    caller = fake_authenticate(None, MEMBER, "")
    with cloud.database.write() as session, pytest.raises(BadRequest) as refusal:
        create_image(session, caller, {"id": chosen}, "images")
    assert refusal.value.field == "id"


def test_an_id_may_be_chosen_once(cloud: Cloud) -> None:
    chosen = "2c46b1b0-0000-4000-8000-000000000000"
    assert cloud.post(V2, {"id": chosen}).json["id"] == chosen
    assert cloud.post(V2, {"id": chosen}).status_code == 409


BAD_BODIES: list[tuple[dict[str, Any], int]] = [
    ({"container_format": "wrong"}, 400),
    ({"disk_format": "wrong"}, 400),
    ({"name": "x" * 256}, 400),
    ({"min_ram": -1}, 400),
    ({"visibility": "open"}, 400),
    ({"prop": 7}, 400),
    ({"prop": "a\0b"}, 400),
    ({"id": "x"}, 400),
    ({"tags": ["x" * 256]}, 400),
    ({"status": "active"}, 403),
    ({"size": 1}, 403),
    ({"locations": []}, 403),
    ({"os_glance_x": "y"}, 403),
    ({"visibility": "public"}, 403),
    ({"owner": "p2"}, 403),
    ({f"p{i}": "x" for i in range(129)}, 413),
]


def test_bad_input_is_refused(cloud: Cloud) -> None:
    for body, status in BAD_BODIES:
        answer = cloud.post(V2, body)
        assert answer.status_code == status, (body, answer.text)
        assert status != 400 or next(iter(body)) in answer.text


def test_an_image_is_changed_by_patch_in_both_forms(cloud: Cloud, make: Make) -> None:
    one = f"{V2}/{make(old='x')['id']}"
    changes = [
        {"op": "replace", "path": "/name", "value": "new"},
        {"op": "add", "path": "/os~1distro", "value": "debian"},
        {"op": "remove", "path": "/old"},
        {"op": "replace", "path": "/tags", "value": ["t"]},
        {"op": "replace", "path": "/os_hidden", "value": True},
    ]
    answer = cloud.patch(one, changes, headers=PATCH)
    assert answer.status_code == 200, answer.text
    assert (answer.json["name"], answer.json["os/distro"], answer.json["tags"]) == ("new", "debian", ["t"])
    assert "old" not in answer.json and answer.json["os_hidden"] is True
    older = {"Content-Type": "application/openstack-images-v2.0-json-patch"}
    assert cloud.patch(one, [{"replace": "/name", "value": "older"}], headers=older).json["name"] == "older"


BAD_CHANGES: list[tuple[dict[str, Any], int]] = [
    ({"op": "replace", "path": "/nothing", "value": "x"}, 409),
    ({"op": "remove", "path": "/nothing"}, 409),
    ({"op": "remove", "path": "/name"}, 403),
    ({"op": "replace", "path": "/status", "value": "active"}, 403),
    ({"op": "replace", "path": "/id", "value": "x"}, 403),
    ({"op": "replace", "path": "/owner", "value": "p2"}, 403),
    ({"op": "replace", "path": "/visibility", "value": "public"}, 403),
    ({"op": "replace", "path": "/min_ram", "value": "x"}, 400),
    ({"op": "replace", "path": "name", "value": "x"}, 400),
    ({"op": "replace", "path": "/name"}, 400),
    ({"op": "move", "path": "/name", "value": "x"}, 400),
    ({"op": "add", "path": "/p/q", "value": "x"}, 400),
]


def test_a_bad_change_is_refused_and_changes_nothing(cloud: Cloud, make: Make) -> None:
    one = f"{V2}/{make()['id']}"
    good = {"op": "replace", "path": "/name", "value": "half"}
    for change, status in BAD_CHANGES:
        answer = cloud.patch(one, [good, change], headers=PATCH)
        assert answer.status_code == status, (change, answer.text)
        assert cloud.get(one).json["name"] == "a"


def test_a_patch_needs_its_media_type(cloud: Cloud, make: Make) -> None:
    answer = cloud.patch(f"{V2}/{make()['id']}", [])
    assert answer.status_code == 415 and "json-patch" in answer.headers["Accept-Patch"]


def test_formats_are_fixed_once_there_is_data(cloud: Cloud, make: Make) -> None:
    change = [{"op": "replace", "path": "/disk_format", "value": "qcow2"}]
    assert cloud.patch(f"{V2}/{make()['id']}", change, headers=PATCH).status_code == 200
    assert cloud.patch(f"{V2}/{make(b'x')['id']}", change, headers=PATCH).status_code == 403


def test_who_sees_what(cloud: Cloud, make: Make) -> None:
    made = {v: make(name=v, visibility=v)["id"] for v in ("private", "shared", "community")}
    made["public"] = make(name="public", visibility="public", token=ADMIN)["id"]
    assert ids(cloud) == {"private", "shared", "community", "public"}
    assert ids(cloud, token=OTHER) == {"public"}
    assert ids(cloud, "visibility=community", OTHER) == {"community"}
    assert ids(cloud, "visibility=all", OTHER) == {"public", "community"}
    assert ids(cloud, token=ADMIN) == set(made)
    seen = {name: cloud.get(f"{V2}/{image}", token=OTHER).status_code for name, image in made.items()}
    assert seen == {"private": 404, "shared": 404, "community": 200, "public": 200}
    assert cloud.delete(f"{V2}/{made['public']}", token=OTHER).status_code == 403
    assert cloud.patch(f"{V2}/{made['community']}", [], headers=PATCH, token=OTHER).status_code == 403
    assert cloud.delete(f"{V2}/{made['private']}", token=READER).status_code == 403


def test_a_shared_image_is_offered_and_accepted(cloud: Cloud, make: Make) -> None:
    one = f"{V2}/{make(name='gift')['id']}"
    assert cloud.post(f"{one}/members", {"member": "p2"}, token=OTHER).status_code == 404
    offered = cloud.post(f"{one}/members", {"member": "p2"})
    assert offered.status_code == 200 and offered.json["status"] == "pending"
    assert cloud.post(f"{one}/members", {"member": "p2"}).status_code == 409
    assert cloud.get(one, token=OTHER).status_code == 200
    assert ids(cloud, token=OTHER) == set()
    assert ids(cloud, "visibility=shared&member_status=pending", OTHER) == {"gift"}
    assert cloud.put(f"{one}/members/p2", {"status": "accepted"}).status_code == 403
    assert cloud.put(f"{one}/members/p2", {"status": "maybe"}, token=OTHER).status_code == 400
    assert cloud.put(f"{one}/members/p2", {"status": "accepted"}, token=OTHER).json["status"] == "accepted"
    assert ids(cloud, token=OTHER) == {"gift"}
    assert [member["member_id"] for member in cloud.get(f"{one}/members").json["members"]] == ["p2"]
    assert cloud.get(f"{one}/members/p2", token=OTHER).status_code == 200
    assert cloud.get(f"{one}/members/p3").status_code == 404
    assert cloud.delete(f"{one}/members/p2", token=OTHER).status_code == 403
    assert cloud.delete(f"{one}/members/p2").status_code == 204
    assert cloud.get(one, token=OTHER).status_code == 404
    private = make(visibility="private")["id"]
    assert cloud.post(f"{V2}/{private}/members", {"member": "p2"}).status_code == 403


def test_lists_filter(cloud: Cloud, make: Make) -> None:
    make(b"x" * 10, name="ten", os_distro="debian", tags=["t", "u"])
    make(b"x" * 20, name="twenty", disk_format="iso", protected=True)
    make(name="hidden", os_hidden=True)
    assert ids(cloud) == {"ten", "twenty"} and ids(cloud, "os_hidden=true") == {"hidden"}
    expected = {
        "name=ten": {"ten"},
        "name=in:ten,twenty": {"ten", "twenty"},
        'name=in:"ten"': {"ten"},
        "status=queued": set(),
        "disk_format=iso": {"twenty"},
        "container_format=bare": {"ten", "twenty"},
        "size_min=15": {"twenty"},
        "size_max=15": {"ten"},
        "size=10": {"ten"},
        "tag=t": {"ten"},
        "tag=t&tag=v": set(),
        "os_distro=debian": {"ten"},
        "os_distro=suse": set(),
        "a%22b=c": set(),
        "protected=true": {"twenty"},
        "owner=p1": {"ten", "twenty"},
        "created_at=gt:2020-01-01T00:00:00Z": {"ten", "twenty"},
        "updated_at=lt:2020-01-01T00:00:00Z": set(),
    }
    for query, names in expected.items():
        assert ids(cloud, query) == names, query
    for bad in ("size_min=x", "created_at=gt:soon", "visibility=open", "sort_key=color", "limit=x", "marker=none"):
        assert cloud.get(f"{V2}?{bad}").status_code == 400, bad


def test_lists_have_pages(cloud: Cloud, make: Make) -> None:
    for name in ("a", "b", "c"):
        make(name=name)
    first = cloud.get(f"{V2}?limit=2&sort=name:asc").json
    assert [row["name"] for row in first["images"]] == ["a", "b"]
    assert first["next"].startswith("/v2/images?") and first["first"].startswith("/v2/images?")
    last = cloud.get(f"/image{first['next']}").json
    assert [row["name"] for row in last["images"]] == ["c"] and "next" not in last


def test_tags_come_and_go(cloud: Cloud, make: Make) -> None:
    one = f"{V2}/{make()['id']}"
    assert cloud.put(f"{one}/tags/a b").status_code == 204
    assert cloud.put(f"{one}/tags/a b").status_code == 204
    assert cloud.get(one).json["tags"] == ["a b"]
    assert cloud.delete(f"{one}/tags/a b").status_code == 204
    assert cloud.delete(f"{one}/tags/a b").status_code == 404
    assert cloud.put(f"{one}/tags/x", token=OTHER).status_code == 404


def test_a_deactivated_image_is_not_given_out(cloud: Cloud, make: Make) -> None:
    one = f"{V2}/{make(b'x')['id']}"
    assert cloud.post(f"{V2}/{make()['id']}/actions/deactivate").status_code == 403
    assert cloud.post(f"{one}/actions/deactivate").status_code == 204
    assert cloud.get(one).json["status"] == "deactivated"
    assert cloud.get(f"{one}/file").status_code == 403
    assert cloud.post(f"{one}/actions/reactivate").status_code == 204
    assert cloud.get(f"{one}/file").data == b"x"


def test_a_protected_image_is_not_deleted(cloud: Cloud, make: Make) -> None:
    one = f"{V2}/{make(protected=True)['id']}"
    assert cloud.delete(one).status_code == 403
    assert cloud.patch(one, [{"op": "replace", "path": "/protected", "value": False}], headers=PATCH).status_code == 200
    assert cloud.delete(one).status_code == 204
    assert cloud.get(one).status_code == 404 and cloud.delete(one).status_code == 404


def test_a_delete_takes_the_data_along(cloud: Cloud, make: Make) -> None:
    image = make(b"QFI", disk_format="qcow2")
    assert cloud.delete(f"{V2}/{image['id']}").status_code == 204
    assert cloud.get(f"{V2}/{image['id']}").status_code == 404
    cloud.settle()
    playbook, variables, _ = cloud.runner.runs[-1]
    assert playbook == "image/image_absent.yml"
    assert variables["rbd_image_items"][0]["upload"]["name"] == f"{image['id']}.upload"


def test_a_delete_that_fails_shows_why_and_can_be_repeated(cloud: Cloud, make: Make) -> None:
    one = make(b"x")["id"]
    cloud.runner.refuse[one] = "a clone is in use"
    cloud.delete(f"{V2}/{one}")
    cloud.settle()
    shown = cloud.get(f"{V2}/{one}").json
    assert (shown["status"], shown["pileus_fault"]) == ("killed", "a clone is in use")
    cloud.runner.refuse.clear()
    assert cloud.delete(f"{V2}/{one}").status_code == 204


def test_the_number_of_images_is_limited(cloud: Cloud, make: Make) -> None:
    with cloud.database.write() as session:
        QUOTA.set(session, DEFAULTS, {"image_count_total": 1})
    one = make()
    assert cloud.post(V2, {"name": "two"}).status_code == 413
    cloud.delete(f"{V2}/{one['id']}")
    assert cloud.post(V2, {"name": "two"}).status_code == 201


def test_schemas_are_published(cloud: Cloud) -> None:
    for name in ("image", "images", "member", "members"):
        assert cloud.get(f"/image/v2/schemas/{name}").json["name"] == name
    assert cloud.get("/image/v2/schemas/cheese").status_code == 404
    assert cloud.get("/image/v2/info/import").json["import-methods"]["value"] == ["glance-direct"]


def test_other_services_learn_what_to_clone(cloud: Cloud, make: Make) -> None:
    cloud.runner.facts["rbd_image_items"] = lambda item: {"virtual_size": 4096}
    image = make(b"x", name="linux", os_distro="debian", min_disk=2, visibility="private")
    queued = make()
    caller, stranger = fake_authenticate(None, MEMBER, ""), fake_authenticate(None, OTHER, "")
    with cloud.database.read() as session:
        boot = operations.bootable(session, caller, image["id"])
        assert (boot.pool, boot.name, boot.snapshot, boot.size) == ("images", image["id"], "snap", 4096)
        assert (boot.min_disk, boot.properties, boot.name_shown) == (2, {"os_distro": "debian"}, "linux")
        with pytest.raises(NotFound):
            operations.bootable(session, stranger, image["id"])
        with pytest.raises(BadRequest):
            operations.bootable(session, caller, queued["id"])
        assert set(operations.image_summaries(session, [image["id"], "nope"])) == {image["id"]}


def test_an_empty_id_is_not_found(cloud: Cloud) -> None:
    assert cloud.get(f"{V2}/").status_code == 404 and cloud.delete(f"{V2}/").status_code == 404

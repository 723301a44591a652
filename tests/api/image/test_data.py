"""Stories about the bytes of images: they flow through, and what comes out is what went in."""

import hashlib
import io
import resource
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pileus.core.db import now
from pileus.core.errors import Conflict
from pileus.core.quota import DEFAULTS
from pileus.image.models import Image
from pileus.image.operations import data, images
from pileus.image.operations.images import QUOTA
from stories import MEMBER, OTHER, Cloud, fake_authenticate

Make = Callable[..., dict[str, Any]]


def upload(cloud: Cloud, image_id: str, data: Any, path: str = "file", **more: Any) -> Any:
    headers = {"Content-Type": "application/octet-stream"}
    return cloud.put(f"/image/v2/images/{image_id}/{path}", data=data, headers=headers, **more)


def flow(cloud: Cloud, image_id: str, stream: io.RawIOBase) -> Any:
    """PUT data that comes as it is read, in chunks of unknown total length."""
    return cloud.client.application.test_client().put(
        f"/image/v2/images/{image_id}/file",
        headers={"X-Auth-Token": MEMBER, "Content-Type": "application/octet-stream"},
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True},
    )


def test_what_is_uploaded_is_what_is_downloaded(cloud: Cloud, make: Make, shelf: Path) -> None:
    data = bytes(range(256)) * 5000
    image = make(data)
    assert image["status"] == "active" and image["size"] == len(data)
    assert image["checksum"] == hashlib.md5(data).hexdigest()
    assert image["os_hash_algo"] == "sha512" and image["os_hash_value"] == hashlib.sha512(data).hexdigest()
    answer = cloud.get(f"/image/v2/images/{image['id']}/file")
    assert answer.status_code == 200 and answer.data == data
    assert answer.headers["Content-MD5"] == image["checksum"]
    assert answer.headers["Content-Length"] == str(len(data))
    assert (shelf / f"images@{image['id']}").exists()


def test_a_qcow2_image_keeps_its_bytes_beside_its_disk(cloud: Cloud, make: Make, shelf: Path) -> None:
    cloud.runner.facts["rbd_image_items"] = lambda item: {"virtual_size": 123 * 1024}
    image = make(b"QFI\xfb" * 100, disk_format="qcow2")
    assert image["status"] == "active" and image["virtual_size"] == 123 * 1024
    (playbook, variables, hosts) = cloud.runner.runs[-1]
    item = variables["rbd_image_items"][0]
    assert playbook == "image/image_present.yml" and hosts == ["image"]
    assert item["upload"] == {"pool": "images", "name": f"{image['id']}.upload"}
    assert (item["name"], item["format"]) == (image["id"], "qcow2")
    assert cloud.get(f"/image/v2/images/{image['id']}/file").data == b"QFI\xfb" * 100


@pytest.mark.parametrize(("container", "disk"), [("ovf", "qcow2"), ("bare", "iso"), ("ami", "ami")])
def test_what_is_no_plain_disk_is_stored_as_it_is(cloud: Cloud, make: Make, container: str, disk: str) -> None:
    image = make(b"x" * 1024, container_format=container, disk_format=disk)
    item = cloud.runner.runs[-1][1]["rbd_image_items"][0]
    assert item["format"] == "raw" and item["upload"]["name"] == item["name"] == image["id"]


def test_an_image_that_is_none_ends_killed_and_says_why(cloud: Cloud, make: Make) -> None:
    image = make(b"nonsense", settle=False, disk_format="qcow2")
    assert image["status"] == "saving"
    cloud.runner.refuse[image["id"]] = "it is no qcow2 image"
    cloud.settle()
    image = cloud.get(f"/image/v2/images/{image['id']}").json
    assert image["status"] == "killed" and image["pileus_fault"] == "it is no qcow2 image" and image["size"] == 8
    assert upload(cloud, image["id"], b"again").status_code == 409
    cloud.runner.refuse.clear()
    assert cloud.delete(f"/image/v2/images/{image['id']}").status_code == 204
    cloud.settle()
    assert cloud.get(f"/image/v2/images/{image['id']}").status_code == 404


def test_a_second_upload_is_a_conflict(cloud: Cloud, make: Make) -> None:
    assert upload(cloud, make(b"one")["id"], b"two").status_code == 409


def test_an_upload_that_breaks_off_leaves_nothing_and_may_begin_again(cloud: Cloud, make: Make, shelf: Path) -> None:
    image = make()

    class Torn(io.RawIOBase):
        left = 3

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            if not self.left:
                raise OSError("the client is gone")
            return b"x" * 4096

    answer = flow(cloud, image["id"], Torn())
    assert answer.status_code == 500
    shown = cloud.get(f"/image/v2/images/{image['id']}").json
    assert shown["status"] == "queued" and shown["pileus_fault"] == "the upload was broken off"
    assert not (shelf / f"images@{image['id']}").exists()
    assert upload(cloud, image["id"], b"whole").status_code == 204
    cloud.settle()
    shown = cloud.get(f"/image/v2/images/{image['id']}").json
    assert shown["status"] == "active" and "pileus_fault" not in shown


def test_an_upload_whose_process_died_does_not_hold_the_image(cloud: Cloud, make: Make, shelf: Path) -> None:
    image = make()
    with cloud.database.write() as session:
        row = session.get_one(Image, image["id"])
        row.status, row.uploads, row.upload_until = "saving", 1, now().replace(year=2020)
    (shelf / f"images@{image['id']}").write_bytes(b"half")
    assert cloud.get(f"/image/v2/images/{image['id']}").json["status"] == "queued"
    assert upload(cloud, image["id"], b"whole").status_code == 204
    assert cloud.get(f"/image/v2/images/{image['id']}/file").data == b"whole"


def test_a_store_that_fails_is_told_with_its_words(cloud: Cloud, make: Make, shelf: Path) -> None:
    image = make()
    (shelf / "broken").write_text("rbd: couldn't connect to the cluster!")
    answer = upload(cloud, image["id"], b"x" * 3_000_000)
    assert answer.status_code == 503 and "connect to the cluster" in answer.text
    assert cloud.get(f"/image/v2/images/{image['id']}").json["status"] == "queued"


def test_a_download_from_a_broken_store_is_an_error(cloud: Cloud, make: Make, shelf: Path) -> None:
    image = make(b"x" * 100)
    (shelf / "broken").write_text("rbd: no")
    assert cloud.get(f"/image/v2/images/{image['id']}/file").status_code == 503


def test_an_image_without_data_has_no_content(cloud: Cloud, make: Make) -> None:
    assert cloud.get(f"/image/v2/images/{make()['id']}/file").status_code == 204


def test_data_needs_formats_and_its_media_type(cloud: Cloud, make: Make) -> None:
    bare = cloud.post("/image/v2/images", {"name": "no formats"}).json
    answer = upload(cloud, bare["id"], b"x")
    assert answer.status_code == 400 and "container_format" in answer.text
    answer = cloud.put(f"/image/v2/images/{make()['id']}/file", {"a": 1})
    assert answer.status_code == 415


def test_another_project_can_not_upload_to_or_download_from_a_private_image(cloud: Cloud, make: Make) -> None:
    image = make(b"secret", visibility="private")
    assert upload(cloud, image["id"], b"x", token=OTHER).status_code == 404
    assert cloud.get(f"/image/v2/images/{image['id']}/file", token=OTHER).status_code == 404


def test_an_upload_over_the_quota_is_cut_off(cloud: Cloud, make: Make, shelf: Path) -> None:
    image = make()
    with cloud.database.write() as session:
        QUOTA.set(session, DEFAULTS, {"image_size_total": 1})
    assert upload(cloud, image["id"], b"x" * (1024 * 1024 + 1)).status_code == 413
    assert not (shelf / f"images@{image['id']}").exists()
    assert upload(cloud, image["id"], b"x" * 1024 * 1024).status_code == 204


def test_an_image_deleted_while_it_is_uploaded_is_gone(cloud: Cloud, make: Make, shelf: Path) -> None:
    image = make()

    def pieces() -> Any:
        yield b"x" * 2_000_000
        assert cloud.delete(f"/image/v2/images/{image['id']}").status_code == 204
        yield b"x"

    class Slow(io.RawIOBase):
        source = pieces()

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return next(self.source, b"")

    answer = flow(cloud, image["id"], Slow())
    assert answer.status_code == 410
    cloud.settle()
    assert list(shelf.glob("images@*")) == []
    with cloud.database.read() as session:
        assert session.get(Image, image["id"]) is None


def test_a_staged_image_is_imported(cloud: Cloud, make: Make) -> None:
    image = make()
    url = f"/image/v2/images/{image['id']}"
    body = {"method": {"name": "glance-direct"}}
    assert cloud.post(f"{url}/import", body).status_code == 409
    assert upload(cloud, image["id"], b"staged", "stage").status_code == 204
    assert cloud.get(url).json["status"] == "uploading"
    assert cloud.post(f"{url}/import", {"method": {"name": "web-download"}}).status_code == 400
    assert cloud.post(f"{url}/import", body).status_code == 202
    assert cloud.get(url).json["status"] == "importing"
    cloud.settle()
    assert cloud.get(url).json["status"] == "active"
    assert cloud.get(f"{url}/file").data == b"staged"


class Zeros(io.RawIOBase):
    """So many zero bytes, made as they are read; remembers the most that was asked for at once."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert 0 < size <= 4 * 1024 * 1024
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_memory_stays_small_however_large_the_image(cloud: Cloud, make: Make) -> None:
    image, size = make(), 192 * 1024 * 1024
    tracemalloc.start()
    answer = flow(cloud, image["id"], Zeros(size))
    assert answer.status_code == 204
    down = cloud.get(f"/image/v2/images/{image['id']}/file", buffered=False)
    assert sum(len(piece) for piece in down.response) == size
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 1024 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 * 1024 * 1024


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_others_can_write_while_bytes_flow(cloud: Cloud, make: Make) -> None:
    image, began, go_on = make(), threading.Event(), threading.Event()

    class Waiting(Zeros):
        def read(self, size: int = -1) -> bytes:
            began.set()
            go_on.wait(20)
            return super().read(size)

    def send() -> None:
        flow(cloud, image["id"], Waiting(10))

    thread = threading.Thread(target=send)
    thread.start()
    assert began.wait(20)
    assert cloud.post("/image/v2/images", {"name": "meanwhile"}).status_code == 201
    assert cloud.get(f"/image/v2/images/{image['id']}").json["status"] == "saving"
    assert upload(cloud, image["id"], b"x").status_code == 409
    go_on.set()
    thread.join()
    cloud.settle()
    assert cloud.get(f"/image/v2/images/{image['id']}").json["status"] == "active"


def test_of_two_uploads_that_saw_an_image_queued_one_is_refused(cloud: Cloud, make: Make) -> None:
    if cloud.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one transaction in at a time")
    image_id, caller = make()["id"], fake_authenticate(None, MEMBER, "")
    with cloud.database.write() as first, cloud.database.write() as second:
        seen = [images.find_image(session, caller, image_id) for session in (first, second)]
        assert data.begin(first, seen[0], staged=False) == 1
        first.commit()
        with pytest.raises(Conflict):
            data.begin(second, seen[1], staged=False)


def test_of_two_imports_that_saw_an_image_staged_one_is_refused(cloud: Cloud, make: Make) -> None:
    if cloud.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one transaction in at a time")
    image_id, caller = make()["id"], fake_authenticate(None, MEMBER, "")
    assert upload(cloud, image_id, b"x", "stage").status_code == 204
    with cloud.database.write() as first, cloud.database.write() as second:
        seen = [images.find_image(session, caller, image_id) for session in (first, second)]
        data.import_staged(first, caller, seen[0])
        first.commit()
        with pytest.raises(Conflict):
            data.import_staged(second, caller, seen[1])

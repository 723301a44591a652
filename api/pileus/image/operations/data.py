"""The bytes of images: an upload from its begin to the intent that makes a disk of it, and downloads.

No transaction is open while bytes flow. An upload holds its image by `upload_until`, which it renews; one that died lets go.
"""

import datetime as dt
import time
from collections.abc import Iterator

from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.db import Database, now
from pileus.core.errors import BadRequest, Conflict, Fault, Forbidden, Gone, NotFound
from pileus.image.models import Image
from pileus.image.operations.images import MIB, find_image, reserve, room
from pileus.image.operations.table import PRESENT
from pileus.image.store import Digest, Source, Store

LIFE = dt.timedelta(seconds=60)  # an upload that has not renewed its hold for so long is dead
RENEW = 10.0  # seconds between renewals
FLOWING = {False: "saving", True: "uploading"}  # by whether the bytes are only staged for an import


def shown_status(image: Image) -> str:
    """The status clients see: an image whose upload died is waiting for the next one."""
    dead = image.upload_until is not None and image.upload_until < now()
    return "queued" if dead and image.status in FLOWING.values() else image.status


def receive(
    database: Database, settings: Settings, context: Context, image_id: str, source: Source, staged: bool = False
) -> None:
    """Store the data of an image while it arrives, and have a disk made of it (unless it is only staged).

    Raises Conflict when the image has data already, Gone when it was deleted meanwhile, TooLarge over the quota and
    Unavailable when the store fails; the image is queued again then.
    """
    store = Store(settings)
    with database.write() as session:
        image = find_image(session, context, image_id)
        attempt, pool, name = begin(session, image, staged), image.pool, image.upload
        limit = room(session, image.project_id)
    if attempt > 1:
        store.remove(pool, name)  # what a dead upload left
    hold = _Hold(database, image_id, attempt)
    try:
        digest = store.put(pool, name, source, limit, hold.renew)
        try:
            with database.write() as session:
                _complete(session, context, image_id, attempt, digest, staged)
        except BaseException:
            store.remove(pool, name)
            raise
    except BaseException as error:
        _give_back(database, image_id, attempt, error)
        raise


def begin(session: Session, image: Image, staged: bool) -> int:
    """Take hold of an image for an upload; answers with the number of the attempt.

    Raises Conflict when it has data already or another upload was faster.
    """
    _lock(session, image)
    if shown_status(image) != "queued":
        raise Conflict(f"Image status transition from {image.status} to {FLOWING[staged]} is not allowed")
    missing = [key for key in ("container_format", "disk_format") if not getattr(image, key)]
    if missing:
        raise BadRequest(f"Properties {', '.join(missing)} must be set prior to saving data.", field=missing[0])
    image.status, image.fault = FLOWING[staged], None
    image.uploads += 1
    image.upload_until = now() + LIFE
    return image.uploads


def _lock(session: Session, image: Image) -> None:
    """Look at an image once more, alone until the transaction ends; raises NotFound when it is gone."""
    found = session.get(Image, image.id, with_for_update=True, populate_existing=True)
    if found is None or found.deleting:
        raise NotFound(f"No image found with ID {image.id}")


def _held(session: Session, image_id: str, attempt: int) -> Image | None:
    """The image, while this attempt still holds it."""
    image = session.get(Image, image_id, with_for_update=True)
    if image is None or image.deleting or image.uploads != attempt or image.upload_until is None:
        return None
    return image


class _Hold:
    """Renews an upload's hold from time to time."""

    def __init__(self, database: Database, image_id: str, attempt: int) -> None:
        self.database, self.image_id, self.attempt = database, image_id, attempt
        self.next = time.monotonic() + RENEW

    def renew(self) -> None:
        """Renew when it is time; raises Gone when the image was deleted meanwhile."""
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + RENEW
        with self.database.write() as session:
            image = _held(session, self.image_id, self.attempt)
            if image is None:
                raise Gone(f"Image {self.image_id} was deleted while its data was uploaded.")
            image.upload_until = now() + LIFE


def _complete(session: Session, context: Context, image_id: str, attempt: int, digest: Digest, staged: bool) -> None:
    """All bytes are stored: remember what they are, and ask for the disk."""
    image = _held(session, image_id, attempt)
    if image is None:
        raise Gone(f"Image {image_id} was deleted while its data was uploaded.")
    reserve(session, image.project_id, image_size_total=-(-digest.size // MIB))
    image.size, image.checksum, image.hash_value = digest.size, digest.checksum, digest.hash_value
    image.upload_until = None
    if not staged:
        PRESENT.submit(session, image, context)


def _give_back(database: Database, image_id: str, attempt: int, error: BaseException) -> None:
    with database.write() as session:
        image = _held(session, image_id, attempt)
        if image is not None:
            words = error.message if isinstance(error, Fault) else "the upload was broken off"
            image.status, image.upload_until = "queued", None
            image.fault = {"message": words, "created": now().isoformat(timespec="seconds") + "Z"}


def import_staged(session: Session, context: Context, image: Image) -> None:
    """Make a disk of staged data; raises Conflict when nothing is staged."""
    _lock(session, image)
    if image.status != "uploading" or image.upload_until is not None:
        raise Conflict(f"Image needs to be staged before 'glance-direct' method can be used; it is {image.status}.")
    image.status = "importing"
    PRESENT.submit(session, image, context)


def wait_for_disk(database: Database, image_id: str, seconds: float) -> None:
    """Wait until the image is no longer being saved, so that a client may use it right after its upload."""
    ends, pause = time.monotonic() + seconds, 0.05
    while time.monotonic() < ends:
        with database.read() as session:
            image = session.get(Image, image_id)
            if image is None or image.status != "saving":
                return
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)


def download(settings: Settings, context: Context, image: Image) -> Iterator[bytes] | None:
    """The bytes as they were uploaded, or None where there are none yet; raises Forbidden when deactivated."""
    if image.status == "deactivated" and not context.is_admin:
        raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
    if image.size is None or image.status in ("queued", "uploading", "importing"):
        return None
    return Store(settings).get(image.pool, image.upload, image.size)

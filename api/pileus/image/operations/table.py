"""The operation table of images: which playbook makes which state so."""

from typing import Any

from sqlalchemy.orm import Session

from pileus.core.intents import Intent
from pileus.core.service import Facts, Operation, Variables
from pileus.image.models import Image


def item(image: Image) -> dict[str, Any]:
    """One item of the role rbd_image."""
    form = image.disk_format if image.converted else "raw"
    return {
        "id": image.id,
        "pool": image.pool,
        "name": image.id,
        "upload": {"pool": image.pool, "name": image.upload},
        "format": form,
    }


def _build(_session: Session, _intent: Intent, image: Image) -> Variables:
    return {"rbd_image_items": [item(image)]}


def _present(_session: Session, _intent: Intent, image: Image, facts: dict[str, dict[str, Facts]]) -> None:
    """The disk is there: its size is known."""
    size = facts.get("rbd_image_items", {}).get(image.id, {}).get("virtual_size")
    if size is not None:
        image.virtual_size = int(size)


PRESENT = Operation(
    service="image",
    name="image_present",
    playbook="image/image_present.yml",
    model=Image,
    variables=("rbd_image_items",),
    build=_build,
    finish=_present,
    allowed=frozenset({"saving", "importing"}),
    done="active",
    failed="killed",
    hosts=("image",),
    timeout=1800,
    batch=4,
)
ABSENT = Operation(
    service="image",
    name="image_absent",
    playbook="image/image_absent.yml",
    model=Image,
    variables=("rbd_image_items",),
    build=_build,
    hosts=("image",),
    failed="killed",
    absent=True,
)
OPERATIONS = [PRESENT, ABSENT]

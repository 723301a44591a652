"""The clouds that Tempest runs against, each with what its tempest.conf needs to know."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openstack

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from private_cloud import private_cloud

LAB = Path("/var/lib/pileus-lab")
GUEST = LAB / "images" / "tiny.qcow2"
TYPES = {"nova": "compute", "glance": "image", "neutron": "network", "cinder": "block-storage", "swift": "object-store"}
COMPLIANCE = {
    "lockout_attempts": 2,
    "lockout_seconds": 5,
    "password_history": 2,
    "password_days": 90,
    "password_regex": r"^(?=.*[0-9])(?=.*[A-Za-z]).{7,}$",
}  # where an account has rules, Tempest tries them: it is told the first three

PRIVATE = {"sqlite": ("sqlite", False), "postgresql": ("postgresql", False), "system": ("postgresql", True)}

Values = dict[str, str]


@contextmanager
def lab() -> Iterator[Values]:
    """The cloud that `make cloud` has made, with everything in its catalog."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(LAB / "control" / "clouds.yaml")
    cloud = openstack.connect(cloud="pileus")
    flavors = sorted(cloud.compute.flavors(), key=lambda f: f.ram)
    there = {entry["type"] for entry in cloud.service_catalog}
    yield {
        "PASSWORD": (LAB / "control" / "admin_password").read_text().strip(),
        "AUTH_URL": cloud.config.get_auth_args()["auth_url"],
        "COMPLIANCE": "false",
        "SYSTEM_TOKEN": "false",
        **{name.upper(): str(kind in there).lower() for name, kind in TYPES.items()},
        "TEMPURL_DIGEST": _object_storage(cloud) if "object-store" in there else "sha256",
        "IMAGE": cloud.image.find_image("tiny").id,
        "IMAGE_ALT": _alternative_image(cloud),
        "FLAVOR": flavors[0].id,
        "FLAVOR_ALT": flavors[1].id,
        "PUBLIC": cloud.network.find_network("public").id,
        "EXTENSIONS": ",".join(sorted(extension.alias for extension in cloud.network.extensions())),
    }


@contextmanager
def private(kind: str) -> Iterator[Values]:
    """Two API processes of their own without hosts, on a database of their own, with rules for passwords.

    The last of PRIVATE is for an administrator whose tokens are for the system instead of a project.
    """
    database, system = PRIVATE[kind]
    empty = ("IMAGE", "IMAGE_ALT", "FLAVOR", "FLAVOR_ALT", "PUBLIC", "EXTENSIONS")
    with private_cloud(database, **COMPLIANCE) as cloud:
        yield {
            "PASSWORD": cloud.password,
            "AUTH_URL": cloud.auth_url,
            "COMPLIANCE": "true",
            "SYSTEM_TOKEN": str(system).lower(),
            **dict.fromkeys((name.upper() for name in TYPES), "false"),
            "TEMPURL_DIGEST": "sha256",
            **dict.fromkeys(empty, ""),
        }


def _alternative_image(cloud: openstack.connection.Connection) -> str:
    """A second image, as some tests want two."""
    found = cloud.image.find_image("tiny-alt") or cloud.image.create_image(
        "tiny-alt", filename=str(GUEST), disk_format="qcow2", container_format="bare", visibility="public", wait=True
    )
    return str(found.id)


def _object_storage(cloud: openstack.connection.Connection) -> str:
    """The digest to sign URLs with: SHA-1 where none is told."""
    told = cloud.object_store.get_info().tempurl or {}
    digests = told.get("allowed_digests") or ["sha1"]
    return "sha256" if "sha256" in digests else str(digests[0])

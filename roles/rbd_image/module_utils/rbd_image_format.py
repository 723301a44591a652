"""Uploaded image files: refuse what reads other files, and let qemu-img turn the rest into raw RBD images."""

import json
import struct
import subprocess

from ansible.module_utils.pileus_items import ItemError, Refused

DRIVERS = {"raw": None, "iso": None, "qcow2": "qcow2", "vmdk": "vmdk", "vdi": "vdi", "vhdx": "vhdx", "vhd": "vpc"}
HEADER_BYTES = 512
# An image is hostile until proven otherwise: it must not make qemu-img eat the host.
LIMITS = ["prlimit", "--as=4294967296", "--core=0"]


def check_header(driver, header):
    """Refuse by its first bytes what is not of the format it claims, or takes bytes from other files."""
    magic = {"qcow2": b"QFI\xfb", "vmdk": b"KDMV", "vhdx": b"vhdxfile"}.get(driver)
    if magic and not header.startswith(magic):
        raise Refused(f"the file is not a {driver} image")
    if driver == "qcow2" and len(header) >= 104:
        version, backing = struct.unpack_from(">IQ", header, 4)
        features = struct.unpack_from(">Q", header, 72)[0] if version >= 3 else 0
        if backing or features & 4:
            raise Refused("a qcow2 image with a backing file or an external data file is not accepted")
    if driver == "vdi" and header[64:68] != b"\x7f\x10\xda\xbe":
        raise Refused("the file is not a vdi image")
    # Without a capacity the descriptor inside the file names the extents, which may be any files of the host.
    if driver == "vmdk" and len(header) >= 20 and struct.unpack_from("<Q", header, 12)[0] == 0:
        raise Refused("a vmdk image whose descriptor names its extents is not accepted")


class QemuImg:
    """qemu-img on RBD images, by the same user that the module connects with."""

    def __init__(self, conf, client):
        self._file = {"driver": "rbd", "conf": conf, "user": client}

    def virtual_size(self, driver, source):
        """Bytes of the disk inside the image `source` (pool, name); Refused when it is not one or wants other files."""
        told = json.loads(self._run(["info", "--output=json", self._opened(driver, source)], "--cpu=30"))
        if told.get("backing-filename") or told.get("full-backing-filename"):
            raise Refused("an image with a backing file is not accepted")
        inside = told.get("format-specific", {}).get("data", {})
        if inside.get("data-file") or len(inside.get("extents", [])) > 1:
            raise Refused("an image that spreads over several files is not accepted")
        return int(told["virtual-size"])

    def convert(self, driver, source, target):
        """Write the disk inside the image `source` to the empty raw image `target`, both (pool, name)."""
        how = ["-n", "--target-is-zero", "-W", "-t", "writeback"]
        self._run(["convert", *how, self._opened(driver, source), self._opened("raw", target)])

    def _opened(self, driver, place):
        """An image as qemu-img takes it: the format forced, no backing file whatever the bytes say."""
        node = {"driver": driver, "file": {**self._file, "pool": place[0], "image": place[1]}}
        return "json:" + json.dumps({**node, "backing": None} if driver in ("qcow2", "vmdk") else node)

    @staticmethod
    def _run(arguments, *limits):
        done = subprocess.run([*LIMITS, *limits, "qemu-img", *arguments], capture_output=True, check=False)
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip().splitlines() or [str(done.returncode)]
            reason = words[-1].rsplit("}': ", 1)[-1]  # without the description of the file, which only we need
            raise ItemError(f"qemu-img {arguments[0]}: {reason}")
        return done.stdout

"""The disk of a lab host: what it has written, over the golden root file system it was made with."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path

HOST_KEY = "etc/ssh/ssh_host_ed25519_key"


def replace(place: Path, content: str, mode: int) -> None:
    """Write a file in one step, so that a crash leaves the old one or the new one."""
    temporary = place.with_name(place.name + ".new")
    temporary.write_text(content, "utf-8")
    temporary.chmod(mode)
    temporary.replace(place)


class HostDisk:
    """The overlay in a host's folder; `run` runs a command that must work and returns its output."""

    def __init__(self, folder: Path, mounts: dict[str, str], run: Callable[..., str]) -> None:
        """Take the host's folder and the mounts of the machine: path -> kind of file system."""
        self.folder, self.root, self.run = folder, folder / "root", run
        self.mounted = str(self.root) in mounts
        self.installed = (folder / "installed").exists()

    def mount(self, golden: str) -> None:
        """Put the disk together. A host keeps the golden root file system it was made with."""
        for name in ("upper", "work", "root", "data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        kept = self.folder / "golden"
        if not kept.exists():
            replace(kept, golden, 0o644)
        layers = f"lowerdir={kept.read_text('utf-8')},upperdir={self.folder}/upper,workdir={self.folder}/work"
        self.run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))

    def install(self, name: str, files: dict[str, str]) -> None:
        """Do what an installer does: an identity, an SSH host key and the files that make the host reachable."""
        for path, content in {**files, "/etc/machine-id": uuid.uuid4().hex + "\n"}.items():
            private = path.startswith("/root/")
            place = self.root / path[1:]
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o755)
            replace(place, content, 0o600 if private else 0o644)
        for suffix in ("", ".pub"):
            (self.root / (HOST_KEY + suffix)).unlink(missing_ok=True)
        self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(self.root / HOST_KEY))
        replace(self.folder / "installed", "", 0o644)

    def loops(self) -> list[str]:
        """Return the loop devices that stand on the host's files; the kernel shares them among all hosts."""
        root = os.stat(self.root).st_dev if self.mounted else -1
        data = {(status.st_dev, status.st_ino) for status in map(os.lstat, (self.folder / "data").rglob("*"))}
        table = self.run("losetup", "--noheadings", "--output", "NAME,BACK-MAJ:MIN,BACK-INO")
        mine = []
        for name, numbers, inode in (line.split() for line in table.splitlines() if len(line.split()) == 3):
            device = os.makedev(*map(int, numbers.split(":")))
            if device == root or (device, int(inode)) in data:
                mine.append(name)
        return mine

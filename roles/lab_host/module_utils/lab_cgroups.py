"""The control groups of a lab host: what keeps its processes together, and apart from those of other hosts."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

# Holds the groups of all hosts in every hierarchy, so that the whole lab can be measured or limited.
PARENT = "pileus-lab"
CPUSET = ("cpuset.cpus", "cpuset.mems")  # the old hierarchy lets nobody in before these are set
CONTROLLERS = ("cpu", "cpuset", "io", "memory", "pids")
MEMORY = ("memory.limit_in_bytes", "memory.max")


class HostCgroups:
    """One group per mounted hierarchy, old or unified. Without them hosts would share a tree of units."""

    def __init__(self, host: str, mounts: dict[str, str]) -> None:
        """Take the host's name and the mounts of the machine: path -> kind of file system."""
        tops = [Path(path) for path, kind in mounts.items() if kind in ("cgroup", "cgroup2")]
        self.paths = [top / PARENT / host for top in tops]

    def existing(self) -> list[str]:
        """Return the groups that are there."""
        return [str(path) for path in self.paths if path.exists()]

    def pids(self) -> list[int]:
        """Return all processes of the host."""
        found: set[int] = set()
        for path in self.paths:
            for folder, _, _ in os.walk(path):
                with contextlib.suppress(OSError):
                    found |= {int(pid) for pid in Path(folder, "cgroup.procs").read_text("ascii").split()}
        return sorted(found - {0})

    def plugged_into(self, namespace: Path) -> bool:
        """Tell whether processes of the host live in a network namespace."""
        for pid in self.pids():
            with contextlib.suppress(OSError):
                if namespace.samefile(f"/proc/{pid}/ns/net"):
                    return True
        return False

    def make(self, memory_mib: int) -> None:
        """Make groups that processes can enter, and limit their memory unless it is 0."""
        for path in self.paths:
            self._enter(path.parent)
            self._enter(path)
            for name in MEMORY:
                if memory_mib and (path / name).exists():
                    (path / name).write_text(str(memory_mib * 2**20), "ascii")

    def _enter(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        for name in CPUSET:
            if (path / name).exists() and not (path / name).read_text("ascii").strip():
                (path / name).write_text((path.parent / name).read_text("ascii"), "ascii")
        subtree = path.parent / "cgroup.subtree_control"
        for controller in CONTROLLERS if subtree.exists() else ():
            with contextlib.suppress(OSError):  # a hierarchy need not have every controller
                subtree.write_text(f"+{controller}", "ascii")

    def remove(self) -> None:
        """Remove the host's groups, and with the last host those of the lab."""
        for path in self.paths:
            for folder, _, _ in os.walk(path, topdown=False):
                os.rmdir(folder)
            with contextlib.suppress(OSError):
                path.parent.rmdir()

#!/usr/bin/python
"""Ansible module: one bare-metal host of the lab, an nspawn machine on an overlay of the golden root file system."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_host
short_description: A bare-metal host of the lab
description:
  - A host is an overlay on the golden root file system, cgroups of its own and systemd-nspawn in the host's network namespace.
  - Whatever a crash leaves behind (processes, mounts, cgroups) is reclaimed before the host is started again.
options:
  state:
    type: str
    choices: [started, stopped, absent]
    default: started
    description: Started boots it; stopped shuts it down in order; absent cuts its power and removes all of it.
  name: {type: str, required: true, description: Host name.}
  folder: {type: path, required: true, description: Folder that holds everything of the host.}
  namespace: {type: str, required: true, description: Network namespace that holds its NICs.}
  golden: {type: path, default: "", description: Root file system to start from; needed to start.}
  boot: {type: path, default: "", description: Program that runs the host; it is copied into the folder.}
  files: {type: dict, default: {}, description: Content of files on the host by path.}
  links: {type: dict, default: {}, description: Targets of symbolic links on the host by path.}
  devices: {type: list, elements: str, default: [], description: Devices of the machine that the host gets.}
  capabilities: {type: list, elements: str, default: [], description: Capabilities beyond nspawn's default.}
  memory_mib: {type: int, default: 0, description: Memory of the host; 0 is no limit.}
  environment: {type: dict, default: {}, description: Environment of systemd-nspawn.}
  stop_timeout: {type: int, default: 60, description: Seconds until a shutdown becomes a power cut.}
author: Pileus
"""

EXAMPLES = r"""
- name: A host
  lab_host:
    name: h1
    folder: /var/lib/pileus-lab/hosts/h1
    namespace: pileus-h1
    golden: /var/cache/pileus/golden-0123456789abcdef
    boot: "{{ role_path }}/files/boot-host"
"""

RETURN = r"""
actions:
  description: What was done (or would be, in check mode), in words.
  returned: always
  type: list
  elements: str
"""

import contextlib  # noqa: E402
import fcntl  # noqa: E402
import os  # noqa: E402
import shutil  # noqa: E402
import signal  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
import uuid  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from ansible.module_utils.basic import AnsibleModule  # noqa: E402

HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
Have = dict[str, Any]  # {"on", "mounted", "exists": bool, "pids": [int], "loops", "cgroups": [str], "files", "links": {}}


def plan(have: Have, want: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the steps, (what, which), that turn `have` into `want` (the module's parameters)."""
    steps: list[tuple[str, str]] = []
    if want["state"] == "started":
        if not have["on"] and have["pids"]:
            steps.append(("kill", "what a dead launcher left"))
        if not have["mounted"]:
            steps.append(("mount", want["golden"]))
        for path, content in want["files"].items():
            if have["files"].get(path) != content:
                steps.append(("write", path))
        for path, target in want["links"].items():
            if have["links"].get(path) != target:
                steps.append(("link", path))
        return steps if have["on"] else [*steps, ("boot", want["name"])]
    if have["on"] and want["state"] == "stopped":
        steps.append(("shut down", want["name"]))
    elif have["on"] or have["pids"]:
        steps.append(("kill", want["name"]))
    steps += [("detach", loop) for loop in have["loops"]]
    if have["mounted"]:
        steps.append(("unmount", want["name"]))
    if have["cgroups"]:
        steps.append(("remove cgroups", want["name"]))
    if want["state"] == "absent" and have["exists"]:
        steps.append(("remove", want["folder"]))
    return steps


class Host:
    """The host on the machine: reads what is and does the steps of the plan."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module, self.want = module, module.params
        self.folder = Path(module.params["folder"])
        self.root = self.folder / "root"
        self.mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines()]
        mounted = {fields[4]: fields[fields.index("-") + 1] for fields in self.mounts}
        tops = [Path(path) for path, kind in mounted.items() if kind in ("cgroup", "cgroup2")]
        self.cgroups = [top / "pileus-lab" / self.want["name"] for top in tops]
        self.mounted = str(self.root) in mounted

    def read(self) -> Have:
        """Return what is."""
        disk = self.root if self.mounted else self.folder / "upper"
        have: Have = {"on": self.is_on(), "mounted": self.mounted, "exists": self.folder.exists()}
        have |= {"pids": self.pids(), "loops": self.loops(), "files": {}, "links": {}}
        have["cgroups"] = [str(cgroup) for cgroup in self.cgroups if cgroup.exists()]
        for path in self.want["files"]:
            with contextlib.suppress(OSError):
                have["files"][path] = (disk / path[1:]).read_text("utf-8")
        for path in self.want["links"]:
            with contextlib.suppress(OSError):
                have["links"][path] = os.readlink(disk / path[1:])
        return have

    def do(self, what: str, which: str) -> None:
        """Do one step."""
        steps: dict[str, Callable[[], None]] = {
            "kill": self.kill,
            "mount": self.mount,
            "write": lambda: self.write(which, self.want["files"][which]),
            "link": lambda: self.link(which, self.want["links"][which]),
            "boot": self.boot,
            "shut down": self.shut_down,
            "detach": lambda: self.run("losetup", "--detach", which),
            "unmount": self.unmount,
            "remove cgroups": self.remove_cgroups,
            "remove": lambda: shutil.rmtree(self.folder),
        }
        steps[what]()

    def run(self, *argv: str) -> str:
        """Run a command that must work; return its output."""
        output: str = self.module.run_command(list(argv), check_rc=True)[1]
        return output

    def is_on(self) -> bool:
        """Tell whether the launcher lives: it holds a lock for as long as it does."""
        try:
            with (self.folder / "power").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def pids(self) -> list[int]:
        """Return the processes of the host: all that is in its cgroups."""
        found: set[int] = set()
        for cgroup in self.cgroups:
            for folder, _, _ in os.walk(cgroup):
                with contextlib.suppress(OSError):
                    found |= {int(pid) for pid in (Path(folder) / "cgroup.procs").read_text("ascii").split()}
        return sorted(found - {0})

    def loops(self) -> list[str]:
        """Return the loop devices that stand on the host's files; the kernel shares them among all hosts."""
        root = os.stat(self.root).st_dev if self.mounted else -1
        data = {(status.st_dev, status.st_ino) for status in map(os.stat, (self.folder / "data").rglob("*"))}
        lines = self.run("losetup", "--noheadings", "--raw", "--output", "NAME,BACK-MAJ:MIN,BACK-INO").splitlines()
        mine = []
        for name, numbers, inode in (line.split() for line in lines if len(line.split()) == 3):
            device = os.makedev(*map(int, numbers.split(":")))
            if device == root or (device, int(inode)) in data:
                mine.append(name)
        return mine

    def mount(self) -> None:
        """Put the host's disk together: what it has written, over the golden root file system it was made with."""
        for name in ("upper", "work", "root", "data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        golden = self.folder / "golden"
        if not golden.exists():
            self.replace(golden, self.want["golden"], 0o644)
        lower = golden.read_text("utf-8")
        layers = f"lowerdir={lower},upperdir={self.folder}/upper,workdir={self.folder}/work"
        self.run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))
        if not (self.root / HOST_KEY[1:]).exists():
            self.write("/etc/machine-id", uuid.uuid4().hex + "\n")
            temporary = f"{self.root}{HOST_KEY}.new"
            Path(temporary).unlink(missing_ok=True)
            self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.want["name"], "-f", temporary)
            os.replace(temporary + ".pub", f"{self.root}{HOST_KEY}.pub")
            os.replace(temporary, f"{self.root}{HOST_KEY}")

    def write(self, path: str, content: str) -> None:
        """Write a file of the host; what is root's own is nobody else's to read."""
        private = path.startswith("/root/")
        place = self.root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o755)
        self.replace(place, content, 0o600 if private else 0o644)

    def replace(self, place: Path, content: str, mode: int) -> None:
        """Write a file in one step, so that a crash leaves the old one or the new one."""
        temporary = place.with_name(place.name + ".new")
        temporary.write_text(content, "utf-8")
        temporary.chmod(mode)
        temporary.replace(place)

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link on the host."""
        place = self.root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target)

    def boot(self) -> None:
        """Switch the host on, apart from this process."""
        for cgroup in self.cgroups:
            self.make_cgroup(cgroup.parent)
            self.make_cgroup(cgroup)
        launcher = self.folder / "boot"
        self.replace(launcher, Path(self.want["boot"]).read_text("utf-8"), 0o755)
        argv = [str(launcher), str(self.folder), " ".join(map(str, self.cgroups)), *self.nspawn_arguments()]
        environment = {**os.environ, **self.want["environment"]}
        quiet = subprocess.DEVNULL
        subprocess.Popen(argv, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, cwd="/", start_new_session=True)
        self.wait(self.is_on, 5, "the launcher did not start")

    def nspawn_arguments(self) -> list[str]:
        """Return the arguments of systemd-nspawn."""
        devices = [f"--bind={device}" for device in self.want["devices"] if os.path.exists(device)]
        return [
            f"--directory={self.root}",
            f"--machine={self.want['namespace']}",
            f"--hostname={self.want['name']}",
            f"--network-namespace-path=/run/netns/{self.want['namespace']}",
            f"--capability={','.join(self.want['capabilities'])}",
            f"--bind={self.folder}/data:/data",
            *devices,
            *"--boot --register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no".split(),
            *"--settings=no --console=pipe".split(),
        ]

    def make_cgroup(self, cgroup: Path) -> None:
        """Make a cgroup that processes can enter, in whichever hierarchy."""
        cgroup.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (cgroup / name).exists() and not (cgroup / name).read_text("ascii").strip():
                (cgroup / name).write_text((cgroup.parent / name).read_text("ascii"), "ascii")
        for controller in ("cpu", "cpuset", "io", "memory", "pids"):
            with contextlib.suppress(OSError):
                (cgroup.parent / "cgroup.subtree_control").open("r+").write(f"+{controller}")
        memory = self.want["memory_mib"] * 2**20 if cgroup.name == self.want["name"] else 0
        for name in ("memory.limit_in_bytes", "memory.max"):
            if memory and (cgroup / name).exists():
                (cgroup / name).write_text(str(memory), "ascii")

    def shut_down(self) -> None:
        """Shut the host down in order; cut its power when that takes too long."""
        launcher = (self.folder / "pid").read_text("ascii").strip()
        for pid in Path(f"/proc/{launcher}/task/{launcher}/children").read_text("ascii").split():
            os.kill(int(pid), signal.SIGTERM)
        end = time.monotonic() + self.want["stop_timeout"]
        while self.is_on() and time.monotonic() < end:
            time.sleep(0.1)
        self.kill()

    def kill(self) -> None:
        """Cut the power: end every process of the host."""

        def dead() -> bool:
            for pid in self.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not self.pids() and not self.is_on()

        self.wait(dead, 20, "processes of the host do not die")

    def unmount(self) -> None:
        """Take the host's disk apart."""
        self.wait(lambda: self.module.run_command(["umount", str(self.root)])[0] == 0, 10, "its disk is busy")

    def remove_cgroups(self) -> None:
        """Remove the host's cgroups, and the lab's with the last host."""
        for cgroup in self.cgroups:
            for folder, _, _ in os.walk(cgroup, topdown=False):
                os.rmdir(folder)
            with contextlib.suppress(OSError):
                cgroup.parent.rmdir()

    def wait(self, done: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Wait until something is done, or fail."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                self.module.fail_json(msg=f"{self.want['name']}: {otherwise}")
            time.sleep(0.05)


def main() -> None:
    """Converge the host."""
    module = AnsibleModule(
        argument_spec={
            "state": {"choices": ["started", "stopped", "absent"], "default": "started"},
            "name": {"required": True},
            "folder": {"type": "path", "required": True},
            "namespace": {"required": True},
            "golden": {"type": "path", "default": ""},
            "boot": {"type": "path", "default": ""},
            "files": {"type": "dict", "default": {}},
            "links": {"type": "dict", "default": {}},
            "devices": {"type": "list", "elements": "str", "default": []},
            "capabilities": {"type": "list", "elements": "str", "default": []},
            "memory_mib": {"type": "int", "default": 0},
            "environment": {"type": "dict", "default": {}},
            "stop_timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    host = Host(module)
    steps = plan(host.read(), module.params)
    if not module.check_mode:
        for what, which in steps:
            host.do(what, which)
    actions = [f"{what} {which}" for what, which in steps]
    after = "".join(action + "\n" for action in actions)
    module.exit_json(changed=bool(steps), actions=actions, diff={"before": "", "after": after})


if __name__ == "__main__":
    main()

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
  files: {type: dict, default: {}, description: Content by path of the files that are installed on a new host.}
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

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.lab_cgroups import HostCgroups
from ansible.module_utils.lab_disk import HostDisk, replace

FIXED = (
    "--boot --register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no --settings=no --console=pipe"
)
RUN = Path("/run/systemd/nspawn")
Have = dict[str, Any]  # {"on", "mounted", "installed", "exists": bool, "pids": [int], "loops", "cgroups": [str]}


def plan(have: Have, want: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the steps, (what, which), that turn `have` into `want` (the module's parameters)."""
    name = want["name"]
    if want["state"] == "started":
        if have["on"]:
            return []
        steps = [("kill", name)] if have["pids"] else []
        steps += [] if have["mounted"] else [("mount", want["golden"])]
        steps += [] if have["installed"] else [("install", name)]
        return [*steps, ("boot", name)]
    if have["on"] and want["state"] == "stopped":
        steps = [("shut down", name)]
    else:
        steps = [("kill", name)] if have["on"] or have["pids"] else []
    steps += [("detach", loop) for loop in have["loops"]]
    steps += [("unmount", name)] if have["mounted"] else []
    steps += [("remove cgroups", name)] if have["cgroups"] else []
    return [*steps, ("remove", want["folder"])] if want["state"] == "absent" and have["exists"] else steps


class Host:
    """The host on the machine: reads what is and does the steps of the plan."""

    def __init__(self, module: AnsibleModule) -> None:
        """Look at the machine's mounts."""
        self.module, self.want = module, module.params
        self.folder = Path(self.want["folder"])
        fields = [line.split() for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines()]
        mounts = {words[4]: words[words.index("-") + 1] for words in fields}
        self.cgroups = HostCgroups(self.want["name"], mounts)
        self.disk = HostDisk(self.folder, mounts, self.run)

    def read(self) -> Have:
        """Return what is; a host that runs in a namespace which lost its name is as good as off."""
        namespace = Path("/run/netns", self.want["namespace"])
        have: Have = {
            "on": self.is_on() and self.cgroups.plugged_into(namespace),
            "pids": self.cgroups.pids(),
            "cgroups": self.cgroups.existing(),
        }
        have |= {"mounted": self.disk.mounted, "installed": self.disk.installed, "loops": self.disk.loops()}
        return {**have, "exists": self.folder.exists()}

    def do(self, what: str, which: str) -> None:
        """Do one step."""
        steps: dict[str, Callable[[], object]] = {
            "kill": self.kill,
            "mount": lambda: self.disk.mount(which),
            "install": lambda: self.disk.install(which, self.want["files"]),
            "boot": self.boot,
            "shut down": self.shut_down,
            "detach": lambda: self.run("losetup", "--detach", which),
            "unmount": self.unmount,
            "remove cgroups": lambda: self.wait(self.remove_cgroups, 10, "its cgroups are busy"),
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
            with (self.folder / "power").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def boot(self) -> None:
        """Switch the host on, apart from this process."""
        self.cgroups.make(self.want["memory_mib"])
        launcher = self.folder / "boot"
        replace(launcher, Path(self.want["boot"]).read_text("utf-8"), 0o755)
        argv = [str(launcher), str(self.folder), " ".join(map(str, self.cgroups.paths)), *self.nspawn_arguments()]
        environment = {**os.environ, **self.want["environment"]}
        quiet = subprocess.DEVNULL
        subprocess.Popen(
            argv, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, cwd="/", start_new_session=True
        )
        self.wait(self.is_on, 5, "the launcher did not start")

    def nspawn_arguments(self) -> list[str]:
        """Return the arguments of systemd-nspawn."""
        devices = [f"--bind={device}" for device in self.want["devices"] if os.path.exists(device)]
        return [
            f"--directory={self.disk.root}",
            f"--machine={self.want['namespace']}",
            f"--hostname={self.want['name']}",
            f"--network-namespace-path=/run/netns/{self.want['namespace']}",
            f"--capability={','.join(self.want['capabilities'])}",
            f"--bind={self.folder}/data:/data",
            *devices,
            *FIXED.split(),
        ]

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
            for pid in self.cgroups.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not self.cgroups.pids() and not self.is_on()

        self.wait(dead, 20, "its processes do not die")

    def unmount(self) -> None:
        """Take the host's disk apart, and remove what an nspawn that was killed leaves about it."""
        lock = self.disk.root.stat()
        self.wait(lambda: self.module.run_command(["umount", str(self.disk.root)])[0] == 0, 10, "its disk is busy")
        (RUN / "locks" / f"inode-{lock.st_dev}:{lock.st_ino}").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (RUN / "propagate" / self.want["namespace"]).rmdir()

    def remove_cgroups(self) -> bool:
        """Remove the host's cgroups; the kernel may need a moment after the last process."""
        try:
            self.cgroups.remove()
        except OSError:
            return False
        return True

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

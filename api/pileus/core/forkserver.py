"""Ansible, loaded once: a small server that forks a ready ansible-playbook for every run.

Importing Ansible takes longer than most playbooks here do. The worker starts this server as a child; ansible-runner then
calls forkclient.py in place of ansible-playbook, which hands its terminal, arguments and environment over and waits. Nothing
else changes: each run is still a process of its own, with its own artifacts, time-out and exit status. When the worker dies,
the kernel kills this server and the runs with it; when a client dies, its run is killed.
"""

import contextlib
import ctypes
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import traceback
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
# what a run over SSH loads beyond the command line itself; anything missing here is only loaded later, by the run
MODULES = (
    "ansible.cli.playbook",
    "ansible.executor.module_common",
    "ansible.executor.task_queue_manager",
    "ansible.plugins.filter.core",
    "ansible.plugins.test.core",
    "ansible.plugins.vars.host_group_vars",
    "ansible.template",
    "multiprocessing.popen_fork",
    "multiprocessing.synchronize",
    "zipfile",
)
PLUGINS = {
    "action": ("normal", "assert", "validate_argument_spec", "include_role"),
    "cache": ("memory",),
    "callback": ("default", "junit", "minimal", "oneline", "tree"),  # the runner's own reads each run's environment
    "connection": ("local", "ssh"),
    "inventory": ("host_list", "script", "auto", "yaml", "ini", "toml"),
    "shell": ("sh",),
    "strategy": ("linear",),
}


def load() -> None:
    """Import Ansible and let its plug-in loaders read what every run reads."""
    for name in MODULES:
        importlib.import_module(name)
    loaders: Any = importlib.import_module("ansible.plugins.loader")
    command: Any = importlib.import_module("ansible.cli")
    loaders.init_plugin_loader()
    importlib.import_module("ansible_collections.ansible.builtin")
    command.init_plugin_loader = lambda *_: None  # a run need not do it again
    for kind, names in PLUGINS.items():
        for name in names:
            getattr(loaders, f"{kind}_loader").get(name, class_only=True)
    for kind in ("become", "connection", "shell"):  # their options are command line options
        list(getattr(loaders, f"{kind}_loader").all(class_only=True))


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """One request: a length, that many bytes of JSON {"argv", "env", "cwd"}, and the three standard descriptors."""
    head, descriptors, _, _ = socket.recv_fds(connection, 4, 3)
    (length,) = struct.unpack("!I", head)
    raw = b""
    while len(raw) < length:
        chunk = connection.recv(length - len(raw))
        if not chunk:
            raise ConnectionError("the client went away")
        raw += chunk
    return json.loads(raw), descriptors


def play(request: dict[str, Any], descriptors: list[int]) -> None:
    """Be ansible-playbook, in the forked child; never returns."""
    code = 250
    try:
        os.setsid()
        die_with_parent()
        for target, descriptor in enumerate(descriptors):
            os.dup2(descriptor, target)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.argv = request["argv"]
        from ansible.cli.playbook import PlaybookCLI  # noqa: PLC0415 - loaded already, by the parent

        PlaybookCLI.cli_executor(request["argv"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Server:
    """Listens on a unix socket; one forked playbook per connection."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        os.chmod(path, 0o600)
        self.listener.listen(16)
        self.events = selectors.DefaultSelector()
        self.events.register(self.listener, selectors.EVENT_READ, self.accept)

    def serve(self) -> None:
        """For ever; the worker ends this process."""
        while True:
            for key, _ in self.events.select():
                key.data()

    def accept(self) -> None:
        """Fork a playbook for a new client, and watch both."""
        connection, _ = self.listener.accept()
        try:
            request, descriptors = receive(connection)
        except (OSError, ValueError, struct.error):
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            self.events.close()
            self.listener.close()
            connection.close()
            play(request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        watch = os.pidfd_open(pid)
        self.events.register(watch, selectors.EVENT_READ, lambda: self.ended(pid, watch, connection))
        self.events.register(connection, selectors.EVENT_READ, lambda: self.abandoned(pid, connection))

    def ended(self, pid: int, watch: int, connection: socket.socket) -> None:
        """The playbook is over: tell its client how."""
        self.events.unregister(watch)
        os.close(watch)
        _, status = os.waitpid(pid, 0)
        if connection in self.events.get_map():
            self.events.unregister(connection)
            with contextlib.suppress(OSError):  # it may go away in this very moment
                connection.sendall(struct.pack("!i", os.waitstatus_to_exitcode(status)))
            connection.close()

    def abandoned(self, pid: int, connection: socket.socket) -> None:
        """The client is gone (time-out, cancel): so must be its playbook and all that it started."""
        self.events.unregister(connection)
        connection.close()
        for process in [pid, *descendants(pid)]:
            with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                os.kill(process, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """All processes below one; Ansible's workers are sessions of their own, so no process group holds them all."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # a process may end while we look
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(children.get(pid, []))
    for process in found:
        found.extend(children.get(process, []))
    return found


def main() -> None:
    """`python -m pileus.core.forkserver SOCKET`: load Ansible, then serve."""
    die_with_parent()
    load()
    Server(Path(sys.argv[1])).serve()


if __name__ == "__main__":
    main()

"""Runs playbooks through ansible-runner: variables in as unsafe data, per-item results and scrubbed events out."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner

from pileus.core.config import Settings
from pileus.core.outcome import ItemResult

KEPT = {
    "playbook_on_task_start",
    "runner_on_ok",
    "runner_on_failed",
    "runner_on_unreachable",
    "runner_on_skipped",
    "runner_item_on_failed",
    "playbook_on_stats",
}
UNKEPT = {"invocation", "ansible_facts", "exception", "console"}
QUIET = {
    "ANSIBLE_RETRY_FILES_ENABLED": "0",
    "ANSIBLE_FORCE_COLOR": "0",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "0",
    "ANSIBLE_DEPRECATION_WARNINGS": "0",
}


_OWNED = re.compile(r"(?:run|bin|forkserver)-(\d+)(?:\.sock)?")  # what one worker keeps, by its process id


@dataclass
class Event:
    """What one Ansible event says: which task did what on which host."""

    counter: int
    event: str
    host: str | None
    task: str | None
    data: dict[str, Any]


@dataclass
class Outcome:
    """How a run ended: `status` is successful, failed, timeout or canceled; `words` is the first failure in plain text."""

    status: str
    rc: int | None
    results: list[ItemResult] = field(default_factory=list)
    words: str = ""


def unsafe(value: Any) -> Any:
    """Wrap every string so that Ansible never templates it; tenants' strings are data.

    The form is ansible-core's JSON tag for untrusted text: {"__ansible_unsafe": "..."}.
    """
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, dict):
        return {key: unsafe(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [unsafe(inner) for inner in value]
    return value


class Runner:
    """Runs one playbook at a time per call; safe to call from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.socket = settings.path(f"forkserver-{os.getpid()}.sock")
        self.programs = settings.path(f"bin-{os.getpid()}")  # holds the client under the name ansible-playbook
        self.server: subprocess.Popen[bytes] | None = None

    def warm(self) -> None:
        """Start the fork server, so that runs need not load Ansible anew; without it runs are slower, nothing else."""
        settings = self.settings
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        sweep(settings.state_dir)
        self.programs.mkdir(exist_ok=True, mode=0o700)
        program = self.programs / "ansible-playbook"
        program.write_text(f"#!{sys.executable} -IS\n{Path(__file__).with_name('forkclient.py').read_text()}")
        program.chmod(0o700)
        plugins = Path(ansible_runner.__file__).parent / "display_callback" / "callback"
        environment = {
            **os.environ,
            **self._environment(),
            "ANSIBLE_CALLBACK_PLUGINS": str(plugins),
            "ANSIBLE_STDOUT_CALLBACK": "awx_display",
        }
        command = [sys.executable, "-m", "pileus.core.forkserver", str(self.socket)]
        self.server = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)

    def close(self) -> None:
        """Stop the fork server."""
        if self.server is not None:
            self.server.terminate()
            self.server.wait()
            self.server = None
        self.socket.unlink(missing_ok=True)
        shutil.rmtree(self.programs, ignore_errors=True)
        shutil.rmtree(self.settings.path(f"run-{os.getpid()}"), ignore_errors=True)

    def _search(self) -> str:
        """Where to find ansible-playbook: the fork server's client first, if it serves; one that died is started again."""
        own = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
        if self.server is not None and self.server.poll() is not None:
            self.socket.unlink(missing_ok=True)
            self.warm()
        if self.server is not None and self.socket.exists():
            own.insert(0, str(self.programs))
        return os.pathsep.join(own)

    def run(
        self,
        run_id: str,
        playbook: str,
        variables: dict[str, list[dict[str, Any]]],
        limit: Iterable[str],
        timeout: int,
        on_event: Callable[[Event], None],
    ) -> Outcome:
        """Run `playbook` on the hosts in `limit` (names and groups) and wait for its end, at most `timeout` seconds."""
        home = self.settings.path(f"run-{os.getpid()}", run_id)
        outcome = Outcome("failed", None)

        def handle(raw: dict[str, Any]) -> bool:
            event = _event(raw)
            if event is not None:
                _collect(event, raw["event_data"].get("res"), outcome)
                on_event(event)
            return False  # the event's file need not be kept: SQL has it

        home.mkdir(parents=True, mode=0o700)
        try:
            result = ansible_runner.run(
                private_data_dir=str(home),
                project_dir=str(self.settings.root / "playbooks"),
                playbook=playbook,
                inventory=self.settings.inventory,
                extravars=unsafe(variables),
                limit=",".join(sorted(limit)),
                envvars={**self._environment(), "PATH": self._search()},
                settings={"suppress_ansible_output": True},
                event_handler=handle,
                timeout=timeout,
                quiet=True,
            )
            outcome.status, outcome.rc = result.status, result.rc
            if result.status == "timeout":
                outcome.words = f"the run took longer than {timeout} s"
            elif result.status != "successful" and not outcome.words:
                outcome.words = _last_words(home)
        finally:
            shutil.rmtree(home, ignore_errors=True)
        return outcome

    def _environment(self) -> dict[str, str]:
        sockets = self.settings.path("ssh")
        sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            **QUIET,
            "ANSIBLE_CONFIG": str(self.settings.root / "ansible.cfg"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
            "PILEUS_FORKSERVER": str(self.socket),
        }


def sweep(state_dir: Path) -> None:
    """Remove what workers that were killed have left: their programs, their sockets, and the variables of their runs."""
    for entry in state_dir.iterdir():
        owner = _OWNED.fullmatch(entry.name)
        if owner and not Path("/proc", owner[1]).exists():
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def _event(raw: dict[str, Any]) -> Event | None:
    if raw.get("event") not in KEPT:
        return None
    data = raw.get("event_data", {})
    kept = {
        key: data[key]
        for key in ("role", "play", "duration", "res", "changed", "failures", "ok", "dark")
        if key in data
    }
    return Event(raw["counter"], raw["event"], data.get("host"), data.get("task"), scrub(kept))


def scrub(value: Any) -> Any:
    """Leave out what no event should keep: module arguments, host facts, and what guests print on their consoles."""
    if isinstance(value, dict):
        return {k: scrub(v) for k, v in value.items() if k not in UNKEPT}
    if isinstance(value, list):
        return [scrub(v) for v in value]
    return value


def _collect(event: Event, res: Any, outcome: Outcome) -> None:
    """Take the per-item results out of what a module answered; a role with one list need not say which."""
    if not isinstance(res, dict):
        return
    for item in res.get("results") or []:
        if isinstance(item, dict) and "ok" in item and "id" in item:
            outcome.results.append(
                ItemResult(
                    variable=item.get("variable") or f"{event.data.get('role')}_items",
                    id=str(item["id"]),
                    ok=bool(item["ok"]),
                    error=item.get("error"),
                    host=event.host,
                    task=event.task,
                    final=bool(item.get("final")),
                    facts=item.get("facts") or {},
                )
            )
    if event.event in ("runner_on_failed", "runner_on_unreachable") and not outcome.words:
        outcome.words = f"{event.task} on {event.host}: {res.get('msg') or 'failed'}"


def _last_words(home: Path) -> str:
    files = sorted(home.glob("artifacts/*/stdout"))
    lines = files[-1].read_text(errors="replace").strip().splitlines() if files else []
    return "\n".join(lines[-5:])[:2000]

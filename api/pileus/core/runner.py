"""Runs playbooks through ansible-runner: variables in as unsafe data, per-item results and scrubbed events out."""

import os
import shutil
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
QUIET = {
    "ANSIBLE_RETRY_FILES_ENABLED": "0",
    "ANSIBLE_FORCE_COLOR": "0",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "0",
    "ANSIBLE_DEPRECATION_WARNINGS": "0",
}


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
        home = self.settings.path("runs", run_id)
        outcome = Outcome("failed", None)

        def handle(raw: dict[str, Any]) -> bool:
            event = _event(raw)
            if event is not None:
                _collect(event, outcome)
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
                envvars=self._environment(),
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
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        }


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
    """Leave out what no event should keep: module arguments, and anything Ansible censored."""
    if isinstance(value, dict):
        return {k: scrub(v) for k, v in value.items() if k not in ("invocation", "ansible_facts", "exception")}
    if isinstance(value, list):
        return [scrub(v) for v in value]
    return value


def _collect(event: Event, outcome: Outcome) -> None:
    """Take the per-item results out of an event; the role's name tells the variable where the module does not."""
    res = event.data.get("res")
    if not isinstance(res, dict):
        return
    for item in res.get("results") or []:
        if isinstance(item, dict) and "ok" in item and "id" in item:
            outcome.results.append(
                ItemResult(
                    variable=res.get("variable") or f"{event.data.get('role')}_items",
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

"""What API stories are told with: made-up tokens, a stand-in for the hosts, and a cloud to talk to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient

from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.db import Database
from pileus.core.errors import Unauthorized
from pileus.core.outcome import ItemResult
from pileus.core.runner import Event, Outcome
from pileus.core.service import Variables
from pileus.worker import Worker
from verbs import Verbs


def fake_authenticate(_session: object, token: str, request_id: str, _grace: int = 0, /) -> Context:
    """Tokens of the stories about other services than identity: "roles:project:user", for example "member,reader:p1:u1"."""
    parts = token.split(":")
    if len(parts) != 3:
        raise Unauthorized()
    roles, project, user = parts
    return Context(
        user_id=user,
        user_name=user,
        project_id=project,
        project_name=project,
        project_domain_id="default",
        roles=tuple(roles.split(",")),
        request_id=request_id,
        token=token,
    )


@dataclass
class StandInRunner:
    """Answers for the hosts: every item is ok unless `refuse` has words for its id; `facts` adds facts per variable."""

    refuse: dict[str, str] = field(default_factory=dict)
    final: bool = True
    facts: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    runs: list[tuple[str, Variables, list[str]]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None  # called while a run is under way
    broken: str = ""  # items get their results, and yet the run failed
    silent: str = ""  # no item gets a result, and the run says this

    def run(
        self,
        run_id: str,
        playbook: str,
        variables: Variables,
        limit: Iterable[str],
        timeout: int,
        on_event: Callable[[Event], None],
    ) -> Outcome:
        self.runs.append((playbook, variables, list(limit)))
        self.meanwhile()
        if self.silent:
            return Outcome("failed", 4, words=self.silent)
        results = [
            ItemResult(
                name,
                item["id"],
                item["id"] not in self.refuse,
                self.refuse.get(item["id"]),
                host=item.get("host") or "h1",
                task="stand-in",
                final=self.final,
                facts=self.facts.get(name, lambda _: {})(item),
            )
            for name, items in variables.items()
            for item in items
        ]
        if self.broken:
            return Outcome("failed", 4, results, self.broken)
        return Outcome("failed" if any(not r.ok for r in results) else "successful", 0, results)


ADMIN = "admin,manager,member,reader:admin-project:admin-user"
MEMBER = "member,reader:p1:u1"
READER = "reader:p1:u2"
OTHER = "member,reader:p2:u3"


@dataclass
class Cloud(Verbs):
    """The application with its worker, as a story uses it."""

    client: FlaskClient
    database: Database
    settings: Settings
    runner: StandInRunner
    worker: Worker

    def call(self, method: str, path: str, json: Any = None, token: str | None = MEMBER, **more: Any) -> Any:
        """Send one request; the answer is Flask's test response."""
        headers = {"X-Auth-Token": token, **more.pop("headers", {})} if token else more.pop("headers", {})
        return self.client.open(path, method=method, json=json, headers=headers, **more)

    def settle(self, rounds: int = 100) -> None:
        """Let the worker do all that waits (retries that are due later are not waited for)."""
        for _ in range(rounds):
            if not self.worker.step():
                return
        raise AssertionError("the worker does not come to rest")

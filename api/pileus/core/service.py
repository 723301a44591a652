"""What a service is made of: routes, operations, policy rules and its own wording of faults."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from pileus.core import intents
from pileus.core.context import Context
from pileus.core.db import Resource
from pileus.core.errors import Conflict, Fault
from pileus.core.intents import Intent

if TYPE_CHECKING:
    from oslo_policy.policy import RuleDefault

Schema = Mapping[str, Any]
Version = tuple[int, int]
Variables = dict[str, list[dict[str, Any]]]
Facts = dict[str, Any]


@dataclass(frozen=True)
class Route:
    """One thing the API can do: method and path (Flask style, below the service's prefix), view and rule.

    The view is called as ``view(call, **path_arguments)`` and answers with a JSON-able body, None, or a
    ``core.http.reply.Reply``. `rule` None means that no token is asked for. `schema` and `query` are JSON schemas of the
    body and the query string. `action` names the key that selects this route among those that share POST .../action.
    `since` and `until` bound the microversions; of routes that share method, path and action the one that fits is taken.
    `body` is "json", or "stream" for a view that reads the request itself. A `late` rule is enforced by the view, which knows
    the target (call.enforce); the pipeline sees to it that it was. `write` tells whether a writing transaction is
    needed (default: every method but GET and HEAD). `max_body` is how many bytes a body may have where that is more than in
    the rest of the service.
    """

    method: str
    path: str
    view: Callable[..., Any]
    rule: str | None
    status: int = 200
    schema: Schema | None = None
    query: Schema | None = None
    action: str | None = None
    since: Version | None = None
    until: Version | None = None
    body: str = "json"
    late: bool = False
    write: bool | None = None
    max_body: int | None = None

    @property
    def writes(self) -> bool:
        """Whether the view runs in a writing transaction."""
        return self.method not in ("GET", "HEAD") if self.write is None else self.write


@dataclass(frozen=True)
class Operation:
    """One line of a service's operation table: which playbook makes which state change so.

    `build(session, intent, row)` reads SQL when a worker has claimed the intent and answers with the role variables: a list
    of items for each name in `variables`, every item with "id", "intent" and, where that matters, "host".
    `finish(session, intent, row, facts)` runs in the transaction that ends the intent well, `abandon(session, intent, row)`
    in the one that ends it badly; facts are what the modules handed back, as {variable: {item id: facts}}.
    `doing`, `done`, `failed` are the states of the resource meanwhile and afterwards; None leaves the state alone.
    `keep_facts` is whether the intent keeps the facts for the admin to see (not what guests print on their consoles).
    `hosts` are the inventory groups the playbook needs besides the hosts its items name.
    """

    service: str
    name: str
    playbook: str
    model: type[Resource]
    variables: Sequence[str]
    build: Callable[[Session, Intent, Any], Variables]
    allowed: frozenset[str] | None = None
    doing: str | None = None
    done: str | None = None
    failed: str | None = None
    finish: Callable[[Session, Intent, Any, dict[str, dict[str, Facts]]], None] | None = None
    abandon: Callable[[Session, Intent, Any], None] | None = None
    hosts: Sequence[str] = ()
    absent: bool = False
    keep_facts: bool = True
    retries: int = 3
    timeout: int = 600
    batch: int = 50

    @property
    def key(self) -> str:
        """The name by which intents refer to it, "block_storage.volume_present"."""
        return f"{self.service}.{self.name}"

    def check(self, row: Any, error: type[Fault] = Conflict) -> None:
        """Raise `error` when the resource's state does not allow this operation."""
        if self.allowed is not None and row.status not in self.allowed:
            states = ", ".join(sorted(self.allowed))
            raise error(f"Cannot {self.name} {row.id} while it is in state {row.status}; it must be {states}.")

    def submit(
        self,
        session: Session,
        row: Any,
        context: Context,
        *,
        params: dict[str, Any] | None = None,
        needs: Sequence[str] = (),
    ) -> Intent:
        """Write an intent in the transaction that changes `row`, and move the row to the `doing` state.

        Raises Conflict when the state does not allow it. A delete cancels what still waits for the same resource. `needs`
        are ids of resources whose earlier intents must end before this one may start.
        """
        self.check(row)
        session.flush()
        if self.absent:
            intents.cancel_waiting(session, row.id, "overtaken by a delete")
            row.deleting = True
        if self.doing is not None:
            row.status = self.doing
            row.fault = None
        intent = Intent(
            service=self.service,
            operation=self.key,
            resource_id=row.id,
            project_id=row.project_id,
            user_id=context.user_id,
            request_id=context.request_id,
            params=params or {},
            needs=[need for need in needs if need != row.id],
        )
        session.add(intent)
        session.flush()
        return intent


@dataclass(frozen=True)
class Published:
    """What the OpenAPI document says of a route beyond what the API itself looks at.

    `response` is the schema of a good answer's body, `query` and `headers` are schemas by name of what the view reads, `also`
    are further statuses of good answers. Without a `content_type` there is no body. `form` is the schema of a form that the
    view reads, `refusal` that of the bodies of refusals where they are not worded as the service's others.
    """

    response: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)
    content_type: str = "application/json"
    also: Sequence[int] = ()
    form: Schema | None = None
    refusal: Schema | None = None


@dataclass(frozen=True)
class Service:
    """A service as the catalogue lists it.

    `type` is the official OpenStack service type, `prefix` the path below the public URL ("/compute"), `endpoint` the URL
    that goes into the token's catalog, relative to the public URL ("/compute/v2.1"; "{project_id}" is filled in).
    `fault` words a Fault as (body, content type). `microversions` is (lowest, highest) or None; `version_names` are the names
    by which clients ask for one (header ``OpenStack-API-Version: <name> <version>``, and legacy headers as "header:Name").
    `published` answers with what the OpenAPI document says of routes, by (method, path); nothing is loaded before it is asked.
    `max_body` is how many bytes a body may have, also one that a view reads itself; None leaves that to each route.
    """

    name: str
    type: str
    prefix: str
    endpoint: str
    routes: Sequence[Route]
    operations: Sequence[Operation] = ()
    policies: Sequence["RuleDefault"] = ()
    fault: Callable[[Fault], tuple[Any, str]] | None = None
    microversions: tuple[Version, Version] | None = None
    version_names: Sequence[str] = ()
    aliases: Sequence[str] = ()
    public: bool = True
    published: Callable[[], Mapping[tuple[str, str], Published]] = dict
    max_body: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

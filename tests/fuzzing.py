"""Fuzzing: schemathesis calls the API with all that the OpenAPI document allows and much that it does not."""

import logging
import random
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from flask import Flask
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events
from sqlalchemy import CompoundSelect, Select
from werkzeug.test import Client

from pileus.core.db import Database

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
PHASES = ("coverage", "fuzzing")


@dataclass
class Caller:
    """Middleware that calls as somebody: it puts a token into each request, and asks for another one when that has died."""

    serve: Any
    renew: Callable[[], str | None]
    token: str | None = None
    doubtful: bool = True
    resting: bool = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.resting:
            return self._pass(environ, start_response)
        if self.doubtful:
            with self.rest():
                self._settle()
        environ.pop("HTTP_X_AUTH_TOKEN", None)
        if self.token is not None:
            environ["HTTP_X_AUTH_TOKEN"] = self.token
        return self._pass(environ, start_response)

    def _settle(self) -> None:
        """See whether the token is still good; many a refusal is about something else."""
        headers = {"X-Auth-Token": self.token or "", "X-Subject-Token": self.token or ""}
        if Client(self).get("/identity/v3/auth/tokens?nocatalog", headers=headers).status_code != 200:
            self.token = self.renew()
        self.doubtful = False

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Leave the requests alone that are made meanwhile."""
        self.resting = True
        try:
            yield
        finally:
            self.resting = False

    def _pass(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def started(status: str, headers: Any, error: Any = None) -> Any:
            self.doubtful |= status.startswith("401") and not self.resting
            return start_response(status, headers, error)

        found: Iterable[bytes] = self.serve(environ, started)
        return found


@dataclass
class Things:
    """What there is to name in a request: ids by the name of the parameter or attribute that takes them.

    `queries` find them, `furnish` makes some of each kind. What was there before is spared, so that the caller stays alive.
    """

    database: Database
    queries: Mapping[str, Select[Any] | CompoundSelect[Any]]
    furnish: Callable[[], None]
    chance: random.Random
    spared: frozenset[str] = frozenset()
    known: dict[str, list[str]] = field(default_factory=dict)
    calls: int = 0

    def __post_init__(self) -> None:
        self.spared = frozenset(key for keys in self._ids().values() for key in keys)

    def look(self) -> None:
        """See what is there now; make things anew when there is none of a kind."""
        self.known = self._ids()
        if not all(self.known.values()):
            self.furnish()
            self.known = self._ids()

    def _ids(self) -> dict[str, list[str]]:
        with self.database.read() as session:
            return {
                name: [key for key in session.execute(query).scalars() if key not in self.spared]
                for name, query in self.queries.items()
            }

    def name(self, values: Any, often: float) -> None:
        """Put ids of real things where ids belong."""
        for key, value in list(values.items()) if isinstance(values, dict) else enumerate(values):
            if self.known.get(key) and self.chance.random() < often:
                values[key] = self.chance.choice(self.known[key])
            elif isinstance(value, (dict, list)):
                self.name(value, often)

    def before(self, case: Any, caller: Caller) -> None:
        """Make a request that schemathesis has thought of more real."""
        if self.calls % 50 == 0:
            with caller.rest():
                self.look()
        self.calls += 1
        self.name(case.path_parameters or {}, 0.7)
        if isinstance(case.body, (dict, list)):
            self.name(case.body, 0.5)


class _Crashes(logging.Handler):
    """Keeps the tracebacks of what went wrong inside."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            text = "".join(traceback.format_exception(*record.exc_info))
            self.seen.setdefault(text.strip().rpartition("\n")[2][:200], text)


@dataclass(frozen=True)
class Plan:
    """How much is tried: "coverage" goes along the edges of each schema, "fuzzing" draws examples."""

    examples: int
    seed: int
    phases: Sequence[str] = PHASES

    def config(self) -> SchemathesisConfig:
        """The same in the words of schemathesis."""
        phases: dict[str, Any] = {
            name: {"enabled": name in self.phases} for name in ("examples", "coverage", "fuzzing", "stateful")
        }
        phases["coverage"]["unexpected-methods"] = []
        return SchemathesisConfig.from_dict(
            {
                "seed": self.seed,
                "continue-on-failure": True,
                "suppress-health-check": ["all"],  # a slow machine is no fault of the API
                "generation": {"max-examples": self.examples, "no-shrink": True, "database": "none"},
                "phases": phases,
                "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
            }
        )


def fuzz(app: Flask, renew: Callable[[], str | None], things: Things, service: str, plan: Plan) -> list[str]:
    """Call everything of a service; what is wrong with the answers, one text each."""
    caller = Caller(app.wsgi_app, renew)
    app.wsgi_app = caller  # type: ignore[method-assign]
    with caller.rest():
        schema = schemathesis.openapi.from_wsgi(f"/openapi.json?service={service}", app, config=plan.config())
    crashes = _Crashes()
    logging.getLogger("pileus").addHandler(crashes)

    @schemathesis.hook
    def before_call(context: Any, case: Any, kwargs: Any) -> None:
        things.before(case, caller)

    try:
        found = [line for event in engine.from_schema(schema).execute() for line in _wrong(event)]
    finally:
        schemathesis.hooks.unregister(before_call)
        logging.getLogger("pileus").removeHandler(crashes)
        app.wsgi_app = caller.serve  # type: ignore[method-assign]
    return [*dict.fromkeys(found), *crashes.seen.values()]


def _wrong(event: Any) -> Iterator[str]:
    """What an event of the engine says that should not be."""
    if isinstance(event, events.FatalError):
        raise event.exception
    if isinstance(event, events.NonFatalError):
        raise event.value
    if not isinstance(event, events.ScenarioFinished):
        return
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.status == Status.FAILURE and check.failure_info is not None:
                told = check.failure_info
                yield f"{event.recorder.label}: {check.name}: {told.failure.title} {told.failure.message}\n{told.code_sample}"

"""Every route of image, network, block storage and compute, tried by every persona."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import personas.block_storage
import personas.compute
import personas.image
import personas.network
from personas.services import TOKENS, Line, lines
from personas.services_stage import targets
from pileus.app import create_app
from pileus.catalogue import SERVICES
from pileus.core.config import Settings
from pileus.core.context import Context
from pileus.core.db import Base, Database
from pileus.core.service import Route, Service
from stories import Cloud

TABLES = {name: getattr(personas, name) for name in ("image", "network", "block_storage", "compute")}
KNOWN = [service for service in SERVICES if service.name in TABLES]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Rules do not depend on the kind of database: one is enough."""
    made = Database(f"sqlite:///{tmp_path}/pileus.db")
    Base.metadata.create_all(made.engine)
    yield made
    made.engine.dispose()


def call_of(service: Service, route: Route) -> str:
    """How the tables name a route; the paths of two spellings have one line."""
    path = route.path.replace("/v3/<project_id>/", "/v3/")
    path = path.replace("/v2/", "/v2.1/") if service.name == "compute" else path
    return f"{route.method} {path}" + (f" {route.action}" if route.action else "")


def guarded(service: Service) -> list[Route]:
    """The routes that ask for a token; where several share a call, the last of them."""
    return list({(route.method, route.path, route.action): route for route in service.routes if route.rule}.values())


@pytest.mark.parametrize("service", KNOWN, ids=lambda one: one.name)
def test_every_route_has_a_line_in_the_table_of_personas(service: Service) -> None:
    listed, there = set(lines(TABLES[service.name].TABLE)), {call_of(service, route) for route in guarded(service)}
    assert not there - listed, f"say in tests/personas/{service.name}.py who may call {sorted(there - listed)}"
    assert not listed - there, f"the table names routes that there are not: {sorted(listed - there)}"


def asking(service: Service, route: Route) -> dict[str, str]:
    """The header that asks for a microversion in which there is the route."""
    if service.microversions is None:
        return {}
    asked = route.until or service.microversions[1]
    return {"OpenStack-API-Version": f"{service.version_names[0]} {asked[0]}.{asked[1]}"}


class Trial:
    """One service with its table and with a target for each of its routes."""

    def __init__(self, cloud: Cloud, service: Service) -> None:
        self.cloud, self.service = cloud, service
        self.table: ModuleType = TABLES[service.name]
        self.lines = lines(self.table.TABLE)
        self.names = targets(cloud)

    def fill(self, value: Any) -> Any:
        """The same with every "$name" put in."""
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        return self.names[value[1:]] if isinstance(value, str) and value.startswith("$") else value

    def send(self, route: Route, persona: str) -> Any:
        """Call a route as one persona."""
        line = self.lines[call_of(self.service, route)]
        noun = next((part for part in route.path.split("/") if part in self.names), "")
        own = {"wanted": self.names.get(noun), "owner": self.names.get(noun)}
        own["project_id"] = TOKENS.get(persona, ":p1").split(":")[1] if "/v3/<project_id>" in route.path else "p1"
        own |= self.fill(getattr(self.table, "ARGS", {}).get(line.call, {}))
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str({**self.names, **own}[found[1]]), route.path)
        body = self.fill(self.table.BODIES.get(line.call, {}))
        if route.action:
            body = {route.action: self.fill(getattr(self.table, "ACTIONS", {}).get(route.action))}
        headers = asking(self.service, route)
        if kind := getattr(self.table, "TYPES", {}).get(line.call):
            headers["Content-Type"] = kind
        return self.cloud.call(route.method, self.service.prefix + path, body, TOKENS.get(persona), headers=headers)

    def refused(self, route: Route) -> Iterator[str]:
        """Who is not refused though the table says so, and what a foreigner sees of another project."""
        line = self.lines[call_of(self.service, route)]
        for persona in [*TOKENS, "nobody"]:
            if persona in line.who and (persona != "foreigner" or not line.foreign):
                continue
            reply = self.send(route, persona)
            if not self.right(line, persona, reply):
                yield f"{persona} is not refused: {route.method} {route.path} {route.action or ''}: {reply.status_code}"

    @staticmethod
    def right(line: Line, persona: str, reply: Any) -> bool:
        """Whether a refusal is as the line says; who is not of the project need not learn what there is."""
        if persona == "nobody":
            return bool(reply.status_code == 401)
        if persona == "foreigner" and persona in line.who:
            if line.foreign == "own":
                return reply.status_code == 200 and "secret of p1" not in reply.text
            return bool(reply.status_code == (403 if line.foreign == "refused" else 404))
        beyond = persona in ("service", "foreigner") and line.foreign == "hidden"
        return reply.status_code == 403 or (beyond and reply.status_code == 404)

    def allowed(self, route: Route) -> Iterator[str]:
        """Who cannot pass though the table says so; what happens then depends on the state of things."""
        line = self.lines[call_of(self.service, route)]
        for persona in TOKENS:
            if persona not in line.who or (persona == "foreigner" and line.foreign):
                continue
            status = self.send(route, persona).status_code
            if status in (401, 403) or status >= 500 or (route.late and status == 400):
                yield f"{persona} cannot: {route.method} {route.path} {route.action or ''}: {status}"


@pytest.mark.parametrize("service", KNOWN, ids=lambda one: one.name)
def test_each_persona_gets_exactly_what_the_table_says(cloud: Cloud, service: Service) -> None:
    trial = Trial(cloud, service)
    routes = sorted(guarded(service), key=lambda route: ("GET", "POST", "PUT", "PATCH", "DELETE").index(route.method))
    wrong = [text for route in routes for text in trial.refused(route)]  # all of these first: they change nothing
    wrong += [text for route in routes for text in trial.allowed(route)]
    assert not wrong, "\n".join(wrong)


def test_there_is_a_table_for_every_service_with_rules() -> None:
    guarding = {service.name for service in SERVICES if guarded(service)}
    assert guarding - {"identity"} == set(TABLES), "write a table beside the others in tests/personas"


@pytest.mark.parametrize("scope", [{"system": True}, {"domain_id": "d1"}, {}], ids=["system", "domain", "unscoped"])
def test_a_token_without_a_project_does_nothing_even_for_an_admin(
    database: Database, settings: Settings, scope: dict[str, Any]
) -> None:
    context = Context("u0", roles=("admin", "manager", "member", "reader"), **scope)
    client = create_app(settings, database, lambda *_: context).test_client()
    wrong = []
    for service in KNOWN:
        table = lines(TABLES[service.name].TABLE)
        for route in guarded(service):
            if table[call_of(service, route)].who == set(TOKENS):
                continue
            path = re.sub(r"<[^>]*>", "x", route.path)
            body = {route.action: {}} if route.action else TABLES[service.name].BODIES.get(call_of(service, route), {})
            headers = {"X-Auth-Token": "t", **asking(service, route)}
            reply = client.open(service.prefix + path, method=route.method, json=body, headers=headers)
            if reply.status_code != 403 and not (route.late and reply.status_code in (400, 404, 415)):
                wrong.append(f"{route.method} {service.name} {route.path} {route.action or ''}: {reply.status_code}")
    assert not wrong, "\n".join(wrong)

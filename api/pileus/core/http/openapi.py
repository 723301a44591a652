"""The OpenAPI 3.1 document of everything that is served, made from the services' routes (https://spec.openapis.org/oas/v3.1.1)."""

import inspect
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from pileus import __version__
from pileus.core import errors
from pileus.core.http.version import text
from pileus.core.service import Published, Route, Service

Document = dict[str, Any]
_ARGUMENT = re.compile(r"<(?:[a-z]+:)?(\w+)>")
_FAULTS: dict[int, type[errors.Fault]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    406: errors.NotAcceptable,
    409: errors.Conflict,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
}
_ANY = Published()
_WORDS = """Every call of every service. Log in with POST /identity/v3/auth/tokens and send what the header X-Subject-Token \
of the answer holds as X-Auth-Token, or as Authorization: Bearer. Each path that answers GET answers HEAD, too. The rule in \
x-pileus-policy decides who may call; unknown query parameters are ignored."""


def document(services: Iterable[Service], public_url: str) -> Document:
    """The document about these services, ready to be dumped as JSON."""
    components: Document = {
        "schemas": {},
        "responses": {},
        "securitySchemes": {
            "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
            "bearer": {"type": "http", "scheme": "bearer"},
        },
    }
    paths: Document = {}
    tags = []
    for service in services:
        tags.append({"name": service.name, "description": f"{service.type}, below {service.prefix}"})
        components["responses"] |= _faults(service)
        _add_paths(service, paths, components["schemas"])
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Pileus",
            "version": __version__,
            "description": _WORDS,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url or "/"}],
        "tags": tags,
        "security": [{"token": []}, {"bearer": []}],
        "paths": paths,
        "components": components,
    }


def _add_paths(service: Service, paths: Document, schemas: Document) -> None:
    groups: dict[tuple[str, str], list[Route]] = defaultdict(list)
    for route in service.routes:
        groups[route.path, route.method].append(route)
    published = service.published()
    names = _names(service, groups)
    for (path, method), routes in groups.items():
        known = published.get((method, path), _ANY)
        operation = {"operationId": names[path, method], **_operation(service, routes, known)}
        item = paths.setdefault(service.prefix + _ARGUMENT.sub(r"{\1}", path), {})
        item[method.lower()] = _hoist(operation, schemas, service.name)
        if arguments := _ARGUMENT.findall(path):
            item["parameters"] = [_argument(name) for name in arguments]


def _argument(name: str) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _view(route: Route) -> Any:
    """The function itself, without what is wrapped around it."""
    view = inspect.unwrap(route.view)
    return inspect.unwrap(view.func) if isinstance(view, partial) else view


def _names(service: Service, groups: Mapping[tuple[str, str], Sequence[Route]]) -> dict[tuple[str, str], str]:
    """A name for each operation: that of its view, and where and how it is called where several share the view."""
    views = {key: "action" if routes[0].action else str(_view(routes[0]).__name__) for key, routes in groups.items()}
    shared = Counter(views.values())
    names: dict[tuple[str, str], str] = {}
    for (path, method), view in views.items():
        where = [method.lower(), *re.split(r"\W+", path.strip("/<>"))] if shared[view] > 1 else []
        name = "_".join([service.name, view, *filter(None, where)])
        names[path, method] = name if name not in names.values() else f"{name}_"  # "" and "/" are one place
    return names


def _operation(service: Service, routes: Sequence[Route], known: Published) -> Document:
    """One method of one path; the routes differ in action or microversion only."""
    rules = sorted({route.rule for route in routes if route.rule is not None})
    found: Document = {"tags": [service.name], "summary": _summary(routes)}
    if parameters := [*_query(routes, known), *_headers(service, known)]:
        found["parameters"] = parameters
    if content := _request(routes, known):
        found["requestBody"] = {"required": _needed(routes), "content": content}
    found["responses"] = _responses(service, routes, known)
    if not rules:
        found["security"] = []
    else:
        found["x-pileus-policy"] = rules[0] if len(rules) == 1 else rules
    bounds = [_bounds(route) for route in routes]
    return found | ({"x-openstack-versions": bounds} if any(bounds) else {})


def _summary(routes: Sequence[Route]) -> str:
    if routes[0].action:
        return f"One of the actions {', '.join(sorted({str(route.action) for route in routes}))}."
    return (inspect.getdoc(_view(routes[-1])) or "").partition("\n")[0]


def _bounds(route: Route) -> Document:
    """From and until which microversion a route is there."""
    pairs = {"action": route.action, "min": route.since and text(route.since), "max": route.until and text(route.until)}
    return {key: value for key, value in pairs.items() if value} if route.since or route.until else {}


def _query(routes: Sequence[Route], known: Published) -> list[Document]:
    described: Document = dict(known.query)
    required: set[str] = set()
    for route in routes:
        described |= (route.query or {}).get("properties", {})
        required |= set((route.query or {}).get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in described.items()
    ]


def _headers(service: Service, known: Published) -> list[Document]:
    found = [{"name": name, "in": "header", "schema": schema} for name, schema in known.headers.items()]
    if service.microversions is None:
        return found
    low, high = (text(version) for version in service.microversions)
    for name in service.version_names:
        legacy = name.startswith("header:")
        prefix = "" if legacy else f"{name} "
        found.append(
            {
                "name": name[7:] if legacy else "OpenStack-API-Version",
                "in": "header",
                "description": f"The microversion, from {low} (taken without this header) to {high}, or latest.",
                "schema": {"type": "string", "examples": [f"{prefix}{low}", f"{prefix}latest"]},
            }
        )
    return found


def _needed(routes: Sequence[Route]) -> bool:
    """Whether a request without a body is refused: a schema that asks for an object does not take None."""
    return all(route.action or (route.schema or {}).get("type") in ("object", "array") for route in routes)


def _request(routes: Sequence[Route], known: Published) -> Document:
    """What may be sent, by content type."""
    if known.form is not None:
        return {"application/x-www-form-urlencoded": {"schema": known.form}}
    if any(route.body == "stream" for route in routes):
        return {"application/octet-stream": {}} if routes[0].method in ("POST", "PUT", "PATCH") else {}
    kinds: dict[str | None, list[Any]] = defaultdict(list)
    for route in routes:
        if route.schema is not None and route.schema not in kinds[route.action]:
            kinds[route.action].append(route.schema)
        elif route.action and not kinds[route.action]:
            kinds[route.action].append({"type": "object", "required": [route.action]})
    schemas = [found[0] if len(found) == 1 else {"anyOf": found} for found in kinds.values() if found]
    if not schemas:
        return {}
    return {"application/json": {"schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas}}}


def _responses(service: Service, routes: Sequence[Route], known: Published) -> Document:
    found: Document = {}
    for status in sorted({*(route.status for route in routes), *known.also}):
        answer: Document = {"description": HTTPStatus(status).phrase}
        if status not in (204, 205) and routes[0].method != "HEAD" and known.content_type:
            answer["content"] = {known.content_type: {} if known.response is None else {"schema": known.response}}
        found[str(status)] = answer
    for status in _refusals(service, routes):
        found[str(status)] = _refusal(service, status, known)
    return found | {"default": {"$ref": f"#/components/responses/{service.name}_default"}}


def _refusal(service: Service, status: int, known: Published) -> Document:
    if known.refusal is None:
        return {"$ref": f"#/components/responses/{service.name}_{status}"}
    content = {"application/json": {"schema": known.refusal}}
    return {"description": HTTPStatus(status).phrase, "content": content}


def _refusals(service: Service, routes: Sequence[Route]) -> list[int]:
    """The statuses with which these routes may refuse a call."""
    method, path = routes[0].method, routes[0].path
    found = {400}
    found |= {401, 403} if any(route.rule for route in routes) else set()
    found |= {401} if any(route.writes for route in routes) or method == "POST" else set()
    found |= {404} if "<" in path else set()
    found |= {406} if service.microversions else set()
    found |= {409} if method not in ("GET", "HEAD") else set()
    found |= {413, 415} if method in ("POST", "PUT", "PATCH") else set()
    return sorted(found)


def _faults(service: Service) -> Document:
    """How the service words each refusal, with an example."""
    found = {}
    kinds: list[tuple[int | str, type[errors.Fault]]] = [*_FAULTS.items(), ("default", errors.Fault)]
    for status, kind in kinds:
        fault = kind()
        body, content_type = (
            service.fault(fault)
            if service.fault
            else ({"error": {"code": fault.status, "title": fault.title, "message": fault.message}}, "application/json")
        )
        media = {"schema": _like(body), "example": body}
        found[f"{service.name}_{status}"] = {
            "description": fault.title if status != "default" else "Any other refusal",
            "content": {content_type.partition(";")[0]: media if status != "default" else {}},
        }
    return found


def _like(value: Any) -> Document:
    """A schema that fits an example: the types of its parts."""
    if isinstance(value, Mapping):
        return {"type": "object", "properties": {str(key): _like(part) for key, part in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"type": "array"}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": kinds[type(value)]} if type(value) in kinds else {}


def _hoist(part: Any, schemas: Document, service: str) -> Any:
    """A copy in which every schema with a title stands among the components and is referred to."""
    if isinstance(part, (list, tuple)):
        return [_hoist(item, schemas, service) for item in part]
    if not isinstance(part, Mapping):
        return part
    copy = {key: _hoist(value, schemas, service) for key, value in part.items()}
    title = copy.get("title")
    if not isinstance(title, str) or "type" not in copy:
        return copy
    schemas[f"{service}_{title}"] = copy
    return {"$ref": f"#/components/schemas/{service}_{title}"}

"""Good answers of the identity API must have the shape, and the requests for them the parameters, that are published."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from pileus import identity
from pileus.core.service import Published, Route

ROUTES: dict[tuple[str, str], Route] = {(route.method, route.path): route for route in identity.SERVICE.routes}
PUBLISHED = dict(identity.SERVICE.published())


@cache
def _validator(method: str, path: str) -> Draft202012Validator | None:
    known = PUBLISHED.get((method, path), Published())
    return None if known.response is None else Draft202012Validator(known.response)


def check(application: Any, reply: Any) -> None:
    """Fail unless this answer of Flask's test client keeps what the OpenAPI document says of it."""
    if reply.status_code >= 400:
        return
    request = reply.request
    endpoint, _ = application.url_map.bind("").match(request.path, request.method)
    service, _, rest = endpoint.partition(" ")
    if service != "identity":
        return
    method, _, path = rest.partition(" ")
    route, known = ROUTES[method, path], PUBLISHED.get((method, path))
    if known is None:  # a contract test sees to it that every answer with a body is published
        return
    assert reply.status_code in {route.status, *known.also}, f"{method} {path} answered {reply.status_code}"
    if request.method == "HEAD" or not known.content_type:
        assert reply.data == b""
    elif validator := _validator(method, path):
        wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(reply.json)]
        assert not wrong, f"{method} {path}: {wrong}"
    unknown = {name for name in request.args if "__" not in name} - set(known.query)
    assert not unknown, f"{method} {path} does not publish {unknown}"

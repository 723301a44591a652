"""The request pipeline: token -> context -> route -> policy rule -> schema -> view -> response."""

import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from pileus.core import metrics
from pileus.core.config import Settings
from pileus.core.context import Authenticate, Context
from pileus.core.db import Database
from pileus.core.errors import BadRequest, Conflict, Fault, NotFound, TooLarge, Unauthorized
from pileus.core.http import access_rules, body, schema, version
from pileus.core.http.call import Call
from pileus.core.http.reply import Reply, respond
from pileus.core.policy import Policy
from pileus.core.service import Route, Service, Version

log = logging.getLogger(__name__)
NOBODY = Context(user_id="")
SERVICE_ROLE = "service"  # whoever has it may work on with a user's token that has ended meanwhile


@dataclass(frozen=True)
class Pipeline:
    """Carries every request of every service from the wire to its view and back."""

    settings: Settings
    database: Database
    policy: Policy
    authenticate: Authenticate

    def mount(self, app: Flask, service: Service) -> None:
        """Make the routes of a service answer below its prefix."""
        groups: dict[tuple[str, str], list[Route]] = defaultdict(list)
        for route in service.routes:
            groups[route.method, route.path].append(route)
        ordered = sorted(
            groups.items(), key=lambda group: group[0][0] != "HEAD"
        )  # first come, first asked: GET takes HEAD
        for (method, path), routes in ordered:
            app.add_url_rule(
                service.prefix + path,
                endpoint=f"{service.name} {method} {path}",
                view_func=self._endpoint(service, routes),
                methods=[method],
                provide_automatic_options=False,
            )

    def _endpoint(self, service: Service, routes: Sequence[Route]) -> Callable[..., Response]:
        def endpoint(**arguments: Any) -> Response:
            started = time.perf_counter()
            g.request_id = f"req-{uuid.uuid4()}"
            route, asked = routes[0], None
            try:
                asked = version.negotiate(service, request)
                response, route = self._serve(service, routes, asked, arguments)
            except Fault as fault:
                response = self.refuse(service, fault)
            except IntegrityError as error:
                log.info("conflict: %s", error.orig)
                response = self.refuse(service, Conflict("It conflicts with something that exists already."))
            except DataError as error:  # NUL in a text, say; the schemas should have refused it
                log.warning("no database stores this: %s", error.orig, extra={"request_id": g.request_id})
                response = self.refuse(service, BadRequest("Something that was sent cannot be stored."))
            except RequestEntityTooLarge:  # a form that the view reads itself
                response = self.refuse(service, TooLarge())
            except Exception:
                log.exception("unexpected error", extra={"request_id": g.request_id})
                response = self.refuse(
                    service, Fault("An unexpected error prevented the server from fulfilling your request.")
                )
            response.headers.setdefault("Vary", "X-Auth-Token")  # or a cache would show one caller's answer to another
            version.stamp(service, asked, response)
            response.headers["X-Openstack-Request-Id"] = g.request_id
            self._note(service, route, response, time.perf_counter() - started)
            return response

        return endpoint

    @staticmethod
    def _note(service: Service, route: Route, response: Response, seconds: float) -> None:
        """Count and log an answered request."""
        metrics.observe(service.name, route.method, route.path, response.status_code, seconds)
        context: Context = getattr(g, "context", NOBODY)
        log.info(
            "%s %s %s",
            request.method,
            request.path,
            response.status_code,
            extra={
                "request_id": g.request_id,
                "milliseconds": round(seconds * 1e3, 1),
                "user_id": context.user_id,
                "project_id": context.project_id,
            },
        )

    def refuse(self, service: Service, fault: Fault) -> Response:
        """A fault in the service's own words."""
        if service.fault is None:
            text: Any = {"error": {"code": fault.status, "title": fault.title, "message": fault.message}}
            kind = "application/json"
        else:
            text, kind = service.fault(fault)
        response = respond(Reply(text, fault.status, fault.headers, kind), fault.status)
        if fault.status == 401:
            way = f'Keystone uri="{self.settings.public_url}/identity"'
            response.headers.setdefault("WWW-Authenticate", way)
        return response

    def _serve(
        self, service: Service, routes: Sequence[Route], asked: Version | None, arguments: dict[str, Any]
    ) -> tuple[Response, Route]:
        _refuse_nul(request.path, request.query_string, request.environ)
        with ExitStack() as stack:
            session = stack.enter_context(self.database.read())
            context = NOBODY
            if any(route.rule is not None for route in routes):
                context = self._caller(session, service)
                g.context = context
            content = _content(service, routes)
            route = choose(routes, asked, content)
            if route.rule is not None and not route.late:
                self.policy.enforce(context, route.rule)
            query = request.args
            if route.schema is not None:
                schema.check(content, route.schema)
            if route.query is not None:
                schema.check(schema.query_object(route.query, query.to_dict(flat=False)), route.query, "query string")
            if route.writes:
                session.close()
                session = stack.enter_context(self.database.write())
            call = Call(
                context,
                session,
                content,
                query,
                asked,
                request,
                service,
                route,
                self.policy,
                self.settings,
                self.database,
            )
            response = respond(route.view(call, **arguments), route.status)
            if route.late and not call.enforced:
                raise RuntimeError(f"{route.method} {route.path} did not enforce its rule {route.rule}")
            response.headers.update(call.response_headers)
        return response, route

    def _caller(self, session: Session, service: Service) -> Context:
        token = request.headers.get("X-Auth-Token") or _bearer(request.headers.get("Authorization", ""))
        if not token:
            raise Unauthorized()
        if vouching := request.headers.get("X-Service-Token"):
            by = self.authenticate(session, vouching, g.request_id)
            trusted = SERVICE_ROLE in by.roles
            grace = self.settings.token_expired_window if trusted else 0
            context = replace(self.authenticate(session, token, g.request_id, grace), service=by)
        else:
            trusted, context = False, self.authenticate(session, token, g.request_id)
        if not trusted and (rules := context.more.get("access_rules")) is not None:
            access_rules.check(rules, service, request.method, request.path)
        return context


def _bearer(authorization: str) -> str:
    """The token in a header Authorization as OAuth2 has it (RFC 6750, section 2.1), or an empty text."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refuse_nul(path: str, query: bytes, environ: Mapping[str, Any]) -> None:
    """Raise BadRequest for a NUL character, which no database stores, in the address or a header."""
    if "\0" in path or b"%00" in query or b"\0" in query:
        raise BadRequest("The address holds a NUL character.")
    if any("\0" in value for name, value in environ.items() if name.startswith("HTTP_")):
        raise BadRequest("A header holds a NUL character.")


def _content(service: Service, routes: Sequence[Route]) -> Any:
    """The JSON body, up to the size that one of these routes takes; None where a view reads the request itself."""
    if all(route.body == "stream" for route in routes):
        request.max_content_length = service.max_body
        return None
    limits = [route.max_body or service.max_body or body.MAX_BODY for route in routes]
    return body.decode(request, max(limits))


def choose(routes: Sequence[Route], asked: Version | None, content: Any) -> Route:
    """The route among those of one path that fits the action in the body and the microversion."""
    if routes[0].action is not None:
        if not isinstance(content, dict) or len(content) < 1:
            raise BadRequest("Malformed request body: an action is asked for.", field="body")
        named = [route for route in routes if route.action in content]
        if not named:
            raise BadRequest(f"There is no such action: {', '.join(map(str, content))[:100]}", field="action")
        routes = named
    for route in routes:
        if asked is None or (
            (route.since is None or asked >= route.since) and (route.until is None or asked <= route.until)
        ):
            return route
    raise NotFound("The resource could not be found.")

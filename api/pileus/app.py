"""The API process: a Flask app in which every service of the catalogue answers below its prefix."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Rule

from pileus import catalogue
from pileus.core import config, db, errors, metrics
from pileus.core.context import Authenticate
from pileus.core.http.pipeline import Pipeline
from pileus.core.http.reply import Reply, dump, respond
from pileus.core.service import Service


class OneWayRule(Rule):
    """A rule that only matches: nothing here builds URLs from endpoints, and compiling that for each route takes longer
    than all else at start-up."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        def build(*_: Any, **__: Any) -> tuple[str, str]:
            raise LookupError("URLs are not built from endpoints here")

        return build


def create_app(
    settings: config.Settings | None = None,
    database: db.Database | None = None,
    authenticate: Authenticate | None = None,
) -> Flask:
    """Build the WSGI application; arguments replace what the settings say (tests bring their own)."""
    settings = settings or config.load()
    database = database or db.Database(settings.database)
    app = Flask("pileus", static_folder=None)
    app.url_rule_class = OneWayRule
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    pipeline = Pipeline(
        settings, database, catalogue.policy(settings), authenticate or catalogue.authenticator(settings)
    )
    app.extensions["pileus"] = pipeline
    for service in catalogue.SERVICES:
        pipeline.mount(app, service)
    _mount_own(app, settings, database)
    app.register_error_handler(HTTPException, lambda error: _http_error(pipeline, error))
    return app


def _mount_own(app: Flask, settings: config.Settings, database: db.Database) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        """Whether this process and its database answer."""
        try:
            with database.read() as session:
                session.connection().exec_driver_sql("SELECT 1")
        except Exception as error:  # any failure of the driver means the same to a load balancer
            return respond({"status": "unavailable", "reason": type(error).__name__}, 503)
        return respond({"status": "ok"}, 200)

    @app.get("/metrics")
    def prometheus() -> Response:
        """What Prometheus scrapes."""
        text = metrics.render(database, settings.api_processes > 1)
        return respond(Reply(text, 200, {}, "text/plain; version=0.0.4"), 200)

    documents: dict[str, bytes] = {}

    @app.get("/openapi.json")
    def openapi() -> Response:
        """What there is to call, as OpenAPI; `service` asks for one service. Made when it is first asked for."""
        name = request.args.get("service", "")
        chosen = [s for s in catalogue.SERVICES if name in ("", s.name, s.type)]
        if not chosen:
            raise NotFound
        if name not in documents:
            from pileus.core.http.openapi import document  # noqa: PLC0415 - most processes are never asked

            documents[name] = dump(document(chosen, settings.public_url))
        return respond(Reply(documents[name]), 200)

    @app.get("/")
    def index() -> Response:
        """Where each service is."""
        listed = [
            {"type": s.type, "name": s.name, "url": settings.public_url + s.prefix}
            for s in catalogue.SERVICES
            if s.public
        ]
        return respond({"services": listed}, 200)


def _service_of(path: str) -> Service | None:
    return next((s for s in catalogue.SERVICES if path == s.prefix or path.startswith(s.prefix + "/")), None)


def _http_error(pipeline: Pipeline, error: HTTPException) -> Response:
    """What Flask itself refuses (no such path, wrong method) in the words of the service it was meant for."""
    kinds: dict[int, type[errors.Fault]] = {
        400: errors.BadRequest,
        404: errors.NotFound,
        405: errors.MethodNotAllowed,
        413: errors.TooLarge,
    }
    fault = kinds.get(error.code or 500, errors.Fault)("The resource could not be found." if error.code == 404 else "")
    if isinstance(error, MethodNotAllowed):
        fault.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    service = _service_of(request.path)
    if service is None:
        body = {"error": {"code": fault.status, "title": fault.title, "message": fault.message}}
        return respond(Reply(body, fault.status, fault.headers), fault.status)
    response = pipeline.refuse(service, fault)
    response.headers["X-Openstack-Request-Id"] = getattr(g, "request_id", "req-none")
    return response

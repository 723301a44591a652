"""What the API says of itself: a valid OpenAPI document of all that is served."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from pileus import catalogue, identity
from pileus.app import create_app
from pileus.core.config import Settings
from pileus.core.db import Database


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    home = tmp_path_factory.mktemp("openapi")
    return create_app(Settings(state_dir=home), Database(f"sqlite:///{home}/pileus.db")).test_client()


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    reply = client.get("/openapi.json")
    assert (reply.status_code, reply.content_type) == (200, "application/json")
    return dict(reply.json)


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """All operations by method and path."""
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_route_of_every_service_is_in_it_under_a_name_of_its_own(document: dict[str, Any]) -> None:
    served = {
        (route.method, service.prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.path))
        for service in catalogue.SERVICES
        for route in service.routes
    }
    found = operations(document)
    assert set(found) == served
    assert len({operation["operationId"] for operation in found.values()}) == len(found)
    assert [key for key, operation in found.items() if not operation["summary"]] == []


def test_an_operation_says_who_may_call_it_what_to_send_and_what_comes_back(document: dict[str, Any]) -> None:
    made = operations(document)["POST", "/identity/v3/users"]
    assert made["x-pileus-policy"] == "identity:create_user"
    assert made["summary"] == "Make a user."
    assert "name" in made["requestBody"]["content"]["application/json"]["schema"]["properties"]["user"]["required"]
    assert {"201", "400", "401", "403", "409", "413", "415", "default"} <= set(made["responses"])
    login = operations(document)["POST", "/identity/v3/auth/tokens"]
    assert login["security"] == []
    assert set(login["responses"]) >= {"201", "401"}


def test_actions_that_share_a_path_are_alternatives(document: dict[str, Any]) -> None:
    action = operations(document)["POST", "/compute/v2.1/servers/{server_id}/action"]
    bodies = action["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    assert any("reboot" in body.get("properties", {}) for body in bodies)
    assert {"name": "OpenStack-API-Version", "in": "header"}.items() <= action["parameters"][0].items()


def test_each_service_words_its_refusals_in_its_own_way(document: dict[str, Any]) -> None:
    responses = document["components"]["responses"]
    assert "itemNotFound" in responses["compute_404"]["content"]["application/json"]["example"]
    assert "NeutronError" in responses["network_404"]["content"]["application/json"]["example"]
    assert "text/html" in responses["image_404"]["content"]


def test_one_service_can_be_asked_for(client: FlaskClient) -> None:
    paths = client.get("/openapi.json?service=identity").json["paths"]
    assert paths and all(path.startswith("/identity/") for path in paths)
    assert client.get("/openapi.json?service=nobody").status_code == 404


def test_every_answer_of_identity_has_a_published_shape() -> None:
    published = identity.SERVICE.published()
    routes = {(route.method, route.path): route for route in identity.SERVICE.routes}
    assert set(published) <= set(routes)
    bodies = {key for key, route in routes.items() if route.method != "HEAD" and route.status not in (204, 302)}
    assert bodies - set(published) == set()

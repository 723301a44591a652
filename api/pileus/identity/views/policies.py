"""Policy documents, and the endpoints they are meant for."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import NotFound
from pileus.core.http.body import MAX_BODY
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import CatalogService, Endpoint, PolicyDocument, Region
from pileus.identity.operations import policies
from pileus.identity.schemas.policies import CREATE_POLICY, UPDATE_POLICY
from pileus.identity.views.catalog import shape_endpoint
from pileus.identity.views.listing import collection, keep_id, links, only, rows
from pileus.identity.views.reach import reach

_KNOWN = frozenset(("id", "type", "blob"))


def _shape(call: Call, row: PolicyDocument) -> dict[str, Any]:
    return {**row.extra, "id": row.id, "type": row.type, "blob": row.blob, "links": links(call, f"/policies/{row.id}")}


def _find(call: Call, policy_id: str) -> PolicyDocument:
    return reach(call, call.session.get(PolicyDocument, policy_id), "policy", policy_id)


def list_policies(call: Call) -> dict[str, Any]:
    """All policy documents."""
    found, following = rows(call, select(PolicyDocument), {"id": PolicyDocument.id, "type": PolicyDocument.type})
    return collection(call, "policies", [_shape(call, row) for row in found], following)


def create_policy(call: Call) -> dict[str, Any]:
    """Keep a policy document."""
    values = call.body["policy"]
    row = PolicyDocument(type=values["type"], blob=values["blob"], extra=only(values, _KNOWN))
    call.session.add(row)
    call.session.flush()
    return {"policy": _shape(call, row)}


def show_policy(call: Call, policy_id: str) -> dict[str, Any]:
    """One policy document."""
    return {"policy": _shape(call, _find(call, policy_id))}


def update_policy(call: Call, policy_id: str) -> dict[str, Any]:
    """Change a policy document."""
    row = _find(call, policy_id)
    values = call.body["policy"]
    keep_id(values, row.id)
    for name in ("type", "blob"):
        if name in values:
            setattr(row, name, values[name])
    row.extra = {**row.extra, **only(values, _KNOWN)}
    return {"policy": _shape(call, row)}


def delete_policy(call: Call, policy_id: str) -> None:
    """Delete a policy document."""
    call.session.delete(_find(call, policy_id))


def _place(
    call: Call, policy_id: str, place: dict[str, str]
) -> tuple[PolicyDocument, str | None, str | None, str | None]:
    """What a path names, when all of it is there."""
    policy = _find(call, policy_id)
    models: dict[str, Any] = {"endpoint_id": Endpoint, "service_id": CatalogService, "region_id": Region}
    for name, key in place.items():
        if call.session.get(models[name], key) is None:
            raise NotFound(f"Could not find {name.removesuffix('_id')}: {key}.")
    return policy, place.get("endpoint_id"), place.get("service_id"), place.get("region_id")


def associate(call: Call, policy_id: str, **place: str) -> None:
    """Mean a policy for an endpoint, a service, or a service in a region."""
    policies.associate(call.session, *_place(call, policy_id, place))


def check_association(call: Call, policy_id: str, **place: str) -> None:
    """Whether a policy is meant for this place; 404 when not."""
    policies.find_association(call.session, *_place(call, policy_id, place))


def dissociate(call: Call, policy_id: str, **place: str) -> None:
    """Mean a policy for this place no more."""
    call.session.delete(policies.find_association(call.session, *_place(call, policy_id, place)))


def list_endpoints(call: Call, policy_id: str) -> dict[str, Any]:
    """The endpoints a policy is meant for."""
    found = policies.endpoints_of(call.session, _find(call, policy_id))
    return collection(call, "endpoints", [shape_endpoint(call, row) for row in found])


def show_policy_of_endpoint(call: Call, endpoint_id: str) -> dict[str, Any]:
    """The policy meant for an endpoint."""
    endpoint = reach(call, call.session.get(Endpoint, endpoint_id), "endpoint", endpoint_id)
    found = policies.of_endpoint(call.session, endpoint)
    if found is None:
        raise NotFound(f"No policy is associated with endpoint {endpoint_id}.")
    return {"policy": _shape(call, found)}


_ONE = "/v3/policies/<policy_id>"
_MEANT = f"{_ONE}/OS-ENDPOINT-POLICY"
_PLACES = (
    ("endpoint", f"{_MEANT}/endpoints/<endpoint_id>"),
    ("service", f"{_MEANT}/services/<service_id>"),
    ("region_and_service", f"{_MEANT}/services/<service_id>/regions/<region_id>"),
)
_FOR = "policy_association_for"

ROUTES = [
    Route("GET", "/v3/policies", list_policies, "identity:list_policies"),
    Route(
        "POST",
        "/v3/policies",
        create_policy,
        "identity:create_policy",
        status=201,
        schema=CREATE_POLICY,
        max_body=MAX_BODY,
    ),
    Route("GET", _ONE, show_policy, "identity:get_policy", late=True),
    Route("PATCH", _ONE, update_policy, "identity:update_policy", schema=UPDATE_POLICY, late=True, max_body=MAX_BODY),
    Route("DELETE", _ONE, delete_policy, "identity:delete_policy", status=204, late=True),
    *(Route("PUT", path, associate, f"identity:create_{_FOR}_{name}", status=204, late=True) for name, path in _PLACES),
    *(
        Route("GET", path, check_association, f"identity:check_{_FOR}_{name}", status=204, late=True)
        for name, path in _PLACES
    ),
    *(
        Route("DELETE", path, dissociate, f"identity:delete_{_FOR}_{name}", status=204, late=True)
        for name, path in _PLACES
    ),
    Route("GET", f"{_MEANT}/endpoints", list_endpoints, "identity:list_endpoints_for_policy", late=True),
    Route(
        "GET",
        "/v3/endpoints/<endpoint_id>/OS-ENDPOINT-POLICY/policy",
        show_policy_of_endpoint,
        "identity:get_policy_for_endpoint",
        late=True,
    ),
]

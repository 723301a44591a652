"""Identity providers, their protocols, mappings and service providers (OS-FEDERATION)."""

from typing import Any

from sqlalchemy import select

from pileus.core.errors import BadRequest
from pileus.core.http.call import Call
from pileus.core.service import Route
from pileus.identity.models import FederationMapping, FederationProtocol, IdentityProvider, ServiceProvider
from pileus.identity.operations.federation import mappings, providers
from pileus.identity.schemas import federation as schemas
from pileus.identity.views import own
from pileus.identity.views.listing import collection, links, rows
from pileus.identity.views.reach import reach

_BASE = "/OS-FEDERATION"


def _shape_provider(call: Call, row: IdentityProvider) -> dict[str, Any]:
    own_links = links(call, f"{_BASE}/identity_providers/{row.id}")
    return {
        "id": row.id,
        "domain_id": row.domain_id,
        "enabled": row.enabled,
        "description": row.description,
        "authorization_ttl": row.authorization_ttl,
        "remote_ids": [remote.remote_id for remote in row.remotes],
        "links": {**own_links, "protocols": f"{own_links['self']}/protocols"},
    }


def _shape_protocol(call: Call, row: FederationProtocol) -> dict[str, Any]:
    provider = links(call, f"{_BASE}/identity_providers/{row.idp_id}")["self"]
    return {
        "id": row.id,
        "mapping_id": row.mapping_id,
        **({"remote_id_attribute": row.remote_id_attribute} if row.remote_id_attribute else {}),
        "links": {
            **links(call, f"{_BASE}/identity_providers/{row.idp_id}/protocols/{row.id}"),
            "identity_provider": provider,
        },
    }


def _shape_mapping(call: Call, row: FederationMapping) -> dict[str, Any]:
    own_links = links(call, f"{_BASE}/mappings/{row.id}")
    return {"id": row.id, "rules": row.rules, "schema_version": row.schema_version, "links": own_links}


def _shape_service(call: Call, row: ServiceProvider) -> dict[str, Any]:
    return {
        "id": row.id,
        "auth_url": row.auth_url,
        "sp_url": row.sp_url,
        "enabled": row.enabled,
        "description": row.description,
        "relay_state_prefix": row.relay_state_prefix,
        "links": links(call, f"{_BASE}/service_providers/{row.id}"),
    }


def list_providers(call: Call) -> dict[str, Any]:
    """All identity providers."""
    columns = {"id": IdentityProvider.id, "enabled": IdentityProvider.enabled}
    found, following = rows(call, select(IdentityProvider), columns)
    return collection(call, "identity_providers", [_shape_provider(call, row) for row in found], following)


def create_provider(call: Call, idp_id: str) -> dict[str, Any]:
    """Make an identity provider under the id in the path."""
    row = providers.create(call.session, idp_id, call.body["identity_provider"])
    return {"identity_provider": _shape_provider(call, row)}


def _provider(call: Call, idp_id: str) -> IdentityProvider:
    return reach(call, call.session.get(IdentityProvider, idp_id), "Identity Provider", idp_id)


def show_provider(call: Call, idp_id: str) -> dict[str, Any]:
    """One identity provider."""
    return {"identity_provider": _shape_provider(call, _provider(call, idp_id))}


def update_provider(call: Call, idp_id: str) -> dict[str, Any]:
    """Change an identity provider; one that is disabled ends the tokens got by it."""
    row = _provider(call, idp_id)
    providers.change(call.session, row, call.body["identity_provider"])
    return {"identity_provider": _shape_provider(call, row)}


def delete_provider(call: Call, idp_id: str) -> None:
    """Delete an identity provider with its protocols; this ends the tokens got by it."""
    call.session.delete(_provider(call, idp_id))


def list_protocols(call: Call, idp_id: str) -> dict[str, Any]:
    """The protocols of an identity provider."""
    reach(call, call.session.get(IdentityProvider, idp_id), "Identity Provider", idp_id)
    statement = select(FederationProtocol).where(FederationProtocol.idp_id == idp_id)
    found, following = rows(call, statement, {"id": FederationProtocol.id})
    shown = [
        {**_shape_protocol(call, row), "idp_id": row.idp_id, "remote_id_attribute": row.remote_id_attribute}
        for row in found
    ]
    return collection(call, "protocols", shown, following)


def create_protocol(call: Call, idp_id: str, protocol_id: str) -> dict[str, Any]:
    """Make a protocol of an identity provider under the id in the path."""
    row = providers.create_protocol(call.session, idp_id, protocol_id, call.body["protocol"])
    return {"protocol": _shape_protocol(call, row)}


def _protocol(call: Call, idp_id: str, protocol_id: str) -> FederationProtocol:
    found = call.session.get(FederationProtocol, (idp_id, protocol_id))
    return reach(call, found, f"federated protocol of Identity Provider {idp_id}", protocol_id)


def show_protocol(call: Call, idp_id: str, protocol_id: str) -> dict[str, Any]:
    """One protocol of an identity provider."""
    return {"protocol": _shape_protocol(call, _protocol(call, idp_id, protocol_id))}


def update_protocol(call: Call, idp_id: str, protocol_id: str) -> dict[str, Any]:
    """Give a protocol another mapping."""
    row = _protocol(call, idp_id, protocol_id)
    providers.change_protocol(call.session, row, call.body["protocol"])
    return {"protocol": _shape_protocol(call, row)}


def delete_protocol(call: Call, idp_id: str, protocol_id: str) -> None:
    """Delete a protocol; this ends the tokens got by it."""
    call.session.delete(_protocol(call, idp_id, protocol_id))


def list_mappings(call: Call) -> dict[str, Any]:
    """All mappings."""
    found, following = rows(call, select(FederationMapping), {"id": FederationMapping.id})
    return collection(call, "mappings", [_shape_mapping(call, row) for row in found], following)


def create_mapping(call: Call, mapping_id: str) -> dict[str, Any]:
    """Make a mapping under the id in the path."""
    providers.check_new(call.session, FederationMapping, mapping_id, "mapping")
    row = FederationMapping(id=mapping_id)
    mappings.put(call.session, row, call.body["mapping"])
    return {"mapping": _shape_mapping(call, row)}


def _mapping(call: Call, mapping_id: str) -> FederationMapping:
    return reach(call, call.session.get(FederationMapping, mapping_id), "mapping", mapping_id)


def show_mapping(call: Call, mapping_id: str) -> dict[str, Any]:
    """One mapping."""
    return {"mapping": _shape_mapping(call, _mapping(call, mapping_id))}


def update_mapping(call: Call, mapping_id: str) -> dict[str, Any]:
    """Give a mapping other rules; they hold from the next login."""
    row = _mapping(call, mapping_id)
    mappings.put(call.session, row, call.body["mapping"])
    return {"mapping": _shape_mapping(call, row)}


def delete_mapping(call: Call, mapping_id: str) -> None:
    """Delete a mapping."""
    call.session.delete(_mapping(call, mapping_id))


def list_services(call: Call) -> dict[str, Any]:
    """All service providers."""
    columns = {"id": ServiceProvider.id, "enabled": ServiceProvider.enabled}
    found, following = rows(call, select(ServiceProvider), columns)
    return collection(call, "service_providers", [_shape_service(call, row) for row in found], following)


def create_service(call: Call, sp_id: str) -> dict[str, Any]:
    """Make a service provider under the id in the path."""
    providers.check_new(call.session, ServiceProvider, sp_id, "service_provider")
    row = ServiceProvider(id=sp_id)
    providers.put_service_provider(call.session, row, call.body["service_provider"])
    return {"service_provider": _shape_service(call, row)}


def _service(call: Call, sp_id: str) -> ServiceProvider:
    return reach(call, call.session.get(ServiceProvider, sp_id), "Service Provider", sp_id)


def show_service(call: Call, sp_id: str) -> dict[str, Any]:
    """One service provider."""
    return {"service_provider": _shape_service(call, _service(call, sp_id))}


def update_service(call: Call, sp_id: str) -> dict[str, Any]:
    """Change a service provider."""
    row = _service(call, sp_id)
    if not call.body["service_provider"]:
        raise BadRequest("There is nothing to change.", field="service_provider")
    providers.put_service_provider(call.session, row, call.body["service_provider"])
    return {"service_provider": _shape_service(call, row)}


def delete_service(call: Call, sp_id: str) -> None:
    """Delete a service provider."""
    call.session.delete(_service(call, sp_id))


_PROVIDERS = "/v3/OS-FEDERATION/identity_providers"
_PROTOCOLS = f"{_PROVIDERS}/<idp_id>/protocols"
_MAPPINGS = "/v3/OS-FEDERATION/mappings"
_SERVICES = "/v3/OS-FEDERATION/service_providers"


def _routes(noun: str, path: str, key: str, views: tuple[Any, ...], create: Any, update: Any) -> list[Route]:
    listed, made, shown, changed, gone = views
    one = f"{path}/<{key}>"
    late = noun == "protocol"
    return [
        Route("GET", path, listed, f"identity:list_{noun}s", late=late),
        Route("PUT", one, made, f"identity:create_{noun}", status=201, schema=create),
        Route("GET", one, shown, f"identity:get_{noun}", late=True),
        Route("PATCH", one, changed, f"identity:update_{noun}", schema=update, late=True),
        Route("DELETE", one, gone, f"identity:delete_{noun}", status=204, late=True),
    ]


ROUTES = [
    *_routes(
        "identity_provider",
        _PROVIDERS,
        "idp_id",
        (list_providers, create_provider, show_provider, update_provider, delete_provider),
        schemas.CREATE_PROVIDER,
        schemas.UPDATE_PROVIDER,
    ),
    *_routes(
        "protocol",
        _PROTOCOLS,
        "protocol_id",
        (list_protocols, create_protocol, show_protocol, update_protocol, delete_protocol),
        schemas.CREATE_PROTOCOL,
        schemas.UPDATE_PROTOCOL,
    ),
    *_routes(
        "mapping",
        _MAPPINGS,
        "mapping_id",
        (list_mappings, create_mapping, show_mapping, update_mapping, delete_mapping),
        schemas.PUT_MAPPING,
        schemas.PUT_MAPPING,
    ),
    *_routes(
        "service_provider",
        _SERVICES,
        "sp_id",
        (list_services, create_service, show_service, update_service, delete_service),
        schemas.CREATE_SERVICE_PROVIDER,
        schemas.UPDATE_SERVICE_PROVIDER,
    ),
    Route("GET", "/v3/OS-FEDERATION/projects", own.list_projects, "identity:get_auth_projects"),
    Route("GET", "/v3/OS-FEDERATION/domains", own.list_domains, "identity:get_auth_domains"),
]

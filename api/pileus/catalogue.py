"""The list of services: start reading here. Each name is a folder beside this file, named by its official service type."""

from sqlalchemy.orm import Session

from pileus import block_storage, compute, identity, image, network
from pileus.block_storage import operations as _block_storage
from pileus.compute import operations as _compute
from pileus.core import intents
from pileus.core.config import Settings
from pileus.core.http.pipeline import Authenticate
from pileus.core.service import Operation, Service
from pileus.identity import operations as _identity
from pileus.network import operations as _network

SERVICES: tuple[Service, ...] = (
    identity.SERVICE,
    image.SERVICE,
    network.SERVICE,
    block_storage.SERVICE,
    compute.SERVICE,
    compute.METADATA,
)


def operations() -> list[Operation]:
    """Every operation of every service: all that a worker may be asked to run."""
    return [operation for service in SERVICES for operation in service.operations]


def authenticator(settings: Settings) -> Authenticate:
    """How the API turns tokens into contexts."""
    return _identity.authenticator(settings)


def bootstrap(session: Session, settings: Settings, password: str) -> None:
    """What a new cloud needs: identity's rows, flavors and volume types; safe to repeat."""
    _identity.bootstrap(session, settings, SERVICES, password)
    _compute.bootstrap_flavors(session)
    _block_storage.bootstrap_types(session)


def chores(session: Session, settings: Settings) -> None:
    """What a worker does every now and then: look at the hosts, forget what is old, try again what leaks."""
    intents.prune(session, settings.events_keep_days)
    _compute.look_again(session, settings)
    _network.look_again(session)

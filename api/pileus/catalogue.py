"""The list of services: start reading here. Each name is a folder beside this file, named by its official service type."""

from typing import Any

from sqlalchemy.orm import Session

from pileus import block_storage, compute, identity, image, network
from pileus.block_storage import operations as _block_storage
from pileus.compute import operations as _compute
from pileus.core import intents
from pileus.core.config import Settings
from pileus.core.context import Authenticate, Context
from pileus.core.db import Database
from pileus.core.policy import Policy
from pileus.core.service import Operation, Service
from pileus.identity import operations as _identity
from pileus.identity.operations import callers as _callers
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


def policy(settings: Settings) -> Policy:
    """The rules of all services, as the operator's file leaves them; raises ValueError when that cannot be used."""
    return Policy(settings, [rule for service in SERVICES for rule in service.policies])


def caller(session: Session, settings: Settings, user: str, domain: str, kind: str, target: str) -> Context:
    """A user as if logged in now, for explaining rules (see identity's operations/callers.py); raises LookupError."""
    return _callers.named(session, settings, user, domain, kind, target)


def facts(session: Session, arguments: dict[str, str]) -> dict[str, Any]:
    """What rules look at, about the things that a path of the identity API names."""
    return _callers.facts(session, arguments)


def authenticator(settings: Settings) -> Authenticate:
    """How the API turns tokens into contexts."""
    return _identity.authenticator(settings)


def bootstrap(session: Session, settings: Settings, password: str) -> bool:
    """What a new cloud needs: identity's rows, flavors and volume types; safe to repeat.

    Says whether the admin had another password before.
    """
    changed = _identity.bootstrap(session, settings, SERVICES, password)
    _compute.bootstrap_flavors(session)
    _block_storage.bootstrap_types(session)
    return changed


def chores(session: Session, settings: Settings) -> None:
    """What a worker does every now and then: look at the hosts, forget what is old, try again what leaks."""
    intents.prune(session, settings.events_keep_days)
    _identity.chores(session, settings)
    _compute.look_again(session, settings)
    _network.look_again(session)


def errands(database: Database, settings: Settings) -> None:
    """What a worker does as often, but beside all else because it asks others: look into the directories."""
    _identity.errands(database, settings)

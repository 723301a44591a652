"""Authentication methods, one file each; a site adds its own through the entry point group "pileus.auth_methods"."""

from collections.abc import Mapping
from functools import lru_cache

from pileus.core.config import Settings
from pileus.core.errors import Unauthorized
from pileus.identity.operations.methods import (
    application_credential,
    external,
    mapped,
    oauth1,
    password,
    plugins,
    token,
    totp,
)
from pileus.identity.operations.methods.attempt import Attempt, Method

METHODS: Mapping[str, Method] = {
    "password": password.authenticate,
    "token": token.authenticate,
    "totp": totp.authenticate,
    "application_credential": application_credential.authenticate,
    "external": external.authenticate,
    "mapped": mapped.authenticate,
    "oauth1": oauth1.authenticate,
    "openid": mapped.authenticate,
    "saml2": mapped.authenticate,
}

__all__ = ["METHODS", "Attempt", "Method", "chosen", "installed", "named"]


@lru_cache(maxsize=1)
def installed() -> Mapping[str, Method]:
    """The methods by name: our own, and those that packages bring."""
    return plugins.beside(METHODS)


def chosen(settings: Settings) -> Mapping[str, Method]:
    """The methods that the setting auth_methods leaves; raises ValueError when it names one that is not installed."""
    return _chosen(settings.auth_methods)


@lru_cache(maxsize=16)
def _chosen(setting: str) -> Mapping[str, Method]:
    names = {name.strip() for name in setting.split(",")} - {""}
    if unknown := names - installed().keys():
        raise ValueError(f"auth_methods names {', '.join(sorted(unknown))}; there are {', '.join(sorted(installed()))}")
    return {name: method for name, method in installed().items() if not names or name in names}


def named(settings: Settings, name: str, *others: str) -> Method:
    """The method of this name, or else of one of the `others`; raises Unauthorized where this cloud takes none of them."""
    have = chosen(settings)
    for known in (name, *others):
        if known in have:
            return have[known]
    raise Unauthorized(f"Attempted to authenticate with an unsupported method: {name[:64]}.")

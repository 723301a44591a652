"""Authentication methods, one file each; a site adds its own through the entry point group "pileus.auth_methods"."""

from collections.abc import Mapping

from pileus.identity.operations.methods import application_credential, external, mapped, oauth1, password, token, totp
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

__all__ = ["METHODS", "Attempt", "Method"]

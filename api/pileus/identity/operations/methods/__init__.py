"""Authentication methods, one file each; a site adds its own through the entry point group "pileus.auth_methods"."""

from collections.abc import Mapping

from pileus.identity.operations.methods import password, token
from pileus.identity.operations.methods.attempt import Attempt, Method

METHODS: Mapping[str, Method] = {"password": password.authenticate, "token": token.authenticate}

__all__ = ["METHODS", "Attempt", "Method"]

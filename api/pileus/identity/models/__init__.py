"""The tables of the identity service, one file per noun."""

from pileus.identity.models.catalog import (
    CatalogService,
    Endpoint,
    EndpointGroup,
    ProjectEndpoint,
    ProjectEndpointGroup,
    Region,
)
from pileus.identity.models.projects import Project, ProjectTag, hex_id
from pileus.identity.models.revision import Revision
from pileus.identity.models.roles import Assignment, Implication, Role
from pileus.identity.models.tokens import Revocation
from pileus.identity.models.users import Group, Login, Membership, Password, User

__all__ = [
    "Assignment",
    "CatalogService",
    "Endpoint",
    "EndpointGroup",
    "Group",
    "Implication",
    "Login",
    "Membership",
    "Password",
    "Project",
    "ProjectEndpoint",
    "ProjectEndpointGroup",
    "ProjectTag",
    "Region",
    "Revision",
    "Revocation",
    "Role",
    "User",
    "hex_id",
]

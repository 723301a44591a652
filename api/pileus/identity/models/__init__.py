"""The tables of the identity service, one file per noun."""

from pileus.identity.models.audit import AuditEvent
from pileus.identity.models.catalog import (
    CatalogService,
    Endpoint,
    EndpointGroup,
    ProjectEndpoint,
    ProjectEndpointGroup,
    Region,
)
from pileus.identity.models.credentials import Credential
from pileus.identity.models.delegation import AccessRule, ApplicationCredential, CredentialRule, Trust
from pileus.identity.models.limits import Limit, RegisteredLimit
from pileus.identity.models.policies import Consumer, DomainOption, PolicyAssociation, PolicyDocument
from pileus.identity.models.projects import Project, ProjectTag, hex_id
from pileus.identity.models.revision import Revision
from pileus.identity.models.roles import Assignment, Implication, Role
from pileus.identity.models.tokens import Revocation
from pileus.identity.models.users import Group, Login, Membership, Password, User

__all__ = [
    "AccessRule",
    "ApplicationCredential",
    "Assignment",
    "AuditEvent",
    "CatalogService",
    "Consumer",
    "Credential",
    "CredentialRule",
    "DomainOption",
    "Endpoint",
    "EndpointGroup",
    "Group",
    "Implication",
    "Limit",
    "Login",
    "Membership",
    "Password",
    "PolicyAssociation",
    "PolicyDocument",
    "Project",
    "ProjectEndpoint",
    "ProjectEndpointGroup",
    "ProjectTag",
    "Region",
    "RegisteredLimit",
    "Revision",
    "Revocation",
    "Role",
    "Trust",
    "User",
    "hex_id",
]

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
from pileus.identity.models.federation import (
    FederatedUser,
    FederationMapping,
    FederationProtocol,
    IdentityProvider,
    RemoteId,
    ServiceProvider,
)
from pileus.identity.models.limits import Limit, RegisteredLimit
from pileus.identity.models.oauth import AccessToken, Consumer, Nonce, RequestToken
from pileus.identity.models.policies import DomainOption, PolicyAssociation, PolicyDocument
from pileus.identity.models.projects import Project, ProjectTag, hex_id
from pileus.identity.models.revision import Revision
from pileus.identity.models.roles import Assignment, Implication, Role
from pileus.identity.models.tokens import Revocation
from pileus.identity.models.users import FailedLogins, Group, Login, Membership, Password, User

__all__ = [
    "AccessRule",
    "AccessToken",
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
    "FailedLogins",
    "FederatedUser",
    "FederationMapping",
    "FederationProtocol",
    "Group",
    "IdentityProvider",
    "Implication",
    "Limit",
    "Login",
    "Membership",
    "Nonce",
    "Password",
    "PolicyAssociation",
    "PolicyDocument",
    "Project",
    "ProjectEndpoint",
    "ProjectEndpointGroup",
    "ProjectTag",
    "Region",
    "RegisteredLimit",
    "RemoteId",
    "RequestToken",
    "Revision",
    "Revocation",
    "Role",
    "ServiceProvider",
    "Trust",
    "User",
    "hex_id",
]

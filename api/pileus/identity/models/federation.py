"""Federation: identity providers, their protocols, the mappings of what they say, and the clouds that trust this one."""

from typing import Any

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pileus.core.db import Base, Timestamps
from pileus.identity.models.revision import TokenGround


class RemoteId(Base):
    """A name under which an identity provider speaks (an OIDC issuer, a SAML entity id); no two providers share one."""

    __tablename__ = "identity_provider_remote_ids"

    remote_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    idp_id: Mapped[str] = mapped_column(ForeignKey("identity_providers.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)


class IdentityProvider(TokenGround, Timestamps, Base):
    """Someone else who says who a user is; `domain_id` is where those users live.

    `authorization_ttl` is for how many minutes the groups of a login hold (None: as long as the token).
    """

    ground_when_new = False
    __tablename__ = "identity_providers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    domain_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    description: Mapped[str | None] = mapped_column(Text)
    authorization_ttl: Mapped[int | None]
    remotes: Mapped[list[RemoteId]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by=RemoteId.position, passive_deletes=True
    )


class FederationMapping(Timestamps, Base):
    """Rules that turn what an identity provider says into a user, groups and projects."""

    __tablename__ = "federation_mappings"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    rules: Mapped[list[dict[str, Any]]]
    schema_version: Mapped[str] = mapped_column(String(5), default="1.0")


class FederationProtocol(TokenGround, Timestamps, Base):
    """How an identity provider speaks to us ("openid", "saml2", ...), and which mapping reads it."""

    ground_when_new = False
    __tablename__ = "federation_protocols"

    idp_id: Mapped[str] = mapped_column(ForeignKey("identity_providers.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    mapping_id: Mapped[str] = mapped_column(String(64), index=True)
    remote_id_attribute: Mapped[str | None] = mapped_column(String(64))


class FederatedUser(Base):
    """A user as an identity provider knows one: `unique_id` is the provider's own name of the user."""

    __tablename__ = "federated_users"

    idp_id: Mapped[str] = mapped_column(ForeignKey("identity_providers.id", ondelete="CASCADE"), primary_key=True)
    protocol_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    unique_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class ServiceProvider(TokenGround, Timestamps, Base):
    """Another cloud that trusts this one; tokens name those that are enabled."""

    __tablename__ = "service_providers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    auth_url: Mapped[str] = mapped_column(String(512))
    sp_url: Mapped[str] = mapped_column(String(512))
    enabled: Mapped[bool] = mapped_column(default=False)
    description: Mapped[str | None] = mapped_column(Text)
    relay_state_prefix: Mapped[str] = mapped_column(String(256), default="ss:mem:")

"""Who is calling: what a valid token says about its bearer, and what makes that of a token."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Context:
    """The caller of one request.

    Exactly one of `project_id`, `domain_id` and `system` is set by the token's scope, or none (unscoped). `service` is the
    service that makes the call for the caller, where it showed a token of its own (X-Service-Token).
    """

    user_id: str
    user_name: str = ""
    user_domain_id: str = "default"
    project_id: str | None = None
    project_name: str | None = None
    project_domain_id: str | None = None
    domain_id: str | None = None
    system: bool = False
    roles: tuple[str, ...] = ()
    request_id: str = ""
    service: "Context | None" = None
    token: str = field(default="", repr=False)
    more: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_admin(self) -> bool:
        """Whether the caller sees all projects (role admin, as OpenStack's legacy admin has it)."""
        return "admin" in self.roles

    def credentials(self) -> dict[str, Any]:
        """The caller as oslo.policy wants it; the service that calls for the caller has the names oslo.context gives it."""
        found: dict[str, Any] = {
            "user_id": self.user_id,
            "user_domain_id": self.user_domain_id,
            "project_id": self.project_id,
            "project_domain_id": self.project_domain_id,
            "domain_id": self.domain_id,
            "system_scope": "all" if self.system else None,
            "roles": list(self.roles),
            "is_admin": self.is_admin,
        }
        if (by := self.service) is not None:
            found |= {
                "service_user_id": by.user_id,
                "service_user_domain_id": by.user_domain_id,
                "service_project_id": by.project_id,
                "service_project_domain_id": by.project_domain_id,
                "service_roles": list(by.roles),
            }
        return found


class Authenticate(Protocol):
    """How a token becomes a Context, or Unauthorized is raised; `grace` seconds after its end are forgiven."""

    def __call__(self, session: "Session", token: str, request_id: str, grace: int = 0, /) -> Context:
        """The caller that the token stands for."""

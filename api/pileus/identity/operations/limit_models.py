"""Models of limits: whether the limit of a project has to do with that of what stands above it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.core.config import Settings
from pileus.core.db import lock
from pileus.core.errors import Forbidden
from pileus.identity.models import Limit, Project, RegisteredLimit

UNLIMITED = -1


@dataclass(frozen=True)
class Model:
    """A model by its official name; `levels` is how deep projects may be nested below a domain."""

    name: str
    description: str
    levels: int | None = None


FLAT = Model("flat", "Limits of projects stand alone: the hierarchy of projects plays no part.")
STRICT_TWO_LEVEL = Model(
    "strict_two_level",
    "Projects stand directly in their domain, and no project may have more than its domain.",
    levels=1,
)
MODELS: Mapping[str, Model] = {model.name: model for model in (FLAT, STRICT_TWO_LEVEL)}


def of(settings: Settings) -> Model:
    """The model of this cloud; raises ValueError for a setting that names none."""
    try:
        return MODELS[settings.limit_model]
    except KeyError:
        raise ValueError(f"limit_model must be one of {', '.join(MODELS)}, not {settings.limit_model}") from None


def check(session: Session, settings: Settings, row: Limit) -> None:
    """Raise Forbidden when a limit, as it stands now, does not fit to those above and below it."""
    if of(settings) is FLAT:
        return
    lock(session, "limits")  # two that change at once would each fit to what the other one was
    if row.project_id is not None:
        fits = _below_its_domain(session, row, row.project_id)
    else:
        fits = not any(exceeds(below, row.resource_limit) for below in _in_domain(session, row))
    if not fits:
        owner = f"project_id: {row.project_id}" if row.project_id else f"domain_id: {row.domain_id}"
        raise Forbidden(
            f"Invalid resource limit: {row.resource_limit} ({owner}) does not satisfy the hierarchy of limits.",
            field="resource_limit",
        )


def exceeds(value: int, bound: int) -> bool:
    """Whether a limit is above another one; -1 means without limit."""
    return bound != UNLIMITED and (value == UNLIMITED or value > bound)


def _below_its_domain(session: Session, row: Limit, project_id: str) -> bool:
    project = session.get(Project, project_id)
    if project is None or project.parent_id != project.domain_id:
        return False
    statement = select(Limit.resource_limit).where(
        Limit.registered_limit_id == row.registered_limit_id, Limit.domain_id == project.domain_id
    )
    bound = session.execute(statement).scalar_one_or_none()
    if bound is None:
        bound = session.get_one(RegisteredLimit, row.registered_limit_id).default_limit
    return not exceeds(row.resource_limit, bound)


def _in_domain(session: Session, row: Limit) -> list[int]:
    statement = (
        select(Limit.resource_limit)
        .join(Project, Project.id == Limit.project_id)
        .where(Limit.registered_limit_id == row.registered_limit_id, Project.domain_id == row.domain_id)
    )
    return list(session.execute(statement).scalars())

"""Rules of policy documents: for which endpoint which one is meant."""

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from pileus.core.errors import NotFound
from pileus.identity.models import Endpoint, PolicyAssociation, PolicyDocument, Region


def _exactly(endpoint_id: str | None, service_id: str | None, region_id: str | None) -> ColumnElement[bool]:
    pairs = (
        (PolicyAssociation.endpoint_id, endpoint_id),
        (PolicyAssociation.service_id, service_id),
        (PolicyAssociation.region_id, region_id),
    )
    return and_(*(column.is_(None) if value is None else column == value for column, value in pairs))


def associate(
    session: Session, policy: PolicyDocument, endpoint_id: str | None, service_id: str | None, region_id: str | None
) -> None:
    """Mean a policy for a place, instead of the one that was meant for it."""
    found = session.execute(
        select(PolicyAssociation).where(_exactly(endpoint_id, service_id, region_id))
    ).scalar_one_or_none()
    if found is None:
        found = PolicyAssociation(endpoint_id=endpoint_id, service_id=service_id, region_id=region_id)
        session.add(found)
    found.policy_id = policy.id
    session.flush()


def find_association(
    session: Session, policy: PolicyDocument, endpoint_id: str | None, service_id: str | None, region_id: str | None
) -> PolicyAssociation:
    """The association of a policy with a place; raises NotFound."""
    found = session.execute(
        select(PolicyAssociation).where(
            PolicyAssociation.policy_id == policy.id, _exactly(endpoint_id, service_id, region_id)
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Could not find policy association.")
    return found


def of_endpoint(session: Session, endpoint: Endpoint) -> PolicyDocument | None:
    """The policy meant for an endpoint: by itself, else by service and region (and those above), else by service."""
    places: list[tuple[str | None, str | None, str | None]] = [(endpoint.id, None, None)]
    region_id = endpoint.region_id
    while region_id is not None:
        places.append((None, endpoint.service_id, region_id))
        region = session.get(Region, region_id)
        region_id = region.parent_region_id if region else None
    places.append((None, endpoint.service_id, None))
    for place in places:
        found = session.execute(
            select(PolicyDocument)
            .join(PolicyAssociation, PolicyAssociation.policy_id == PolicyDocument.id)
            .where(_exactly(*place))
        ).scalar_one_or_none()
        if found is not None:
            return found
    return None


def endpoints_of(session: Session, policy: PolicyDocument) -> list[Endpoint]:
    """The endpoints a policy is meant for."""
    found = session.execute(select(Endpoint).order_by(Endpoint.id)).scalars().all()
    return [endpoint for endpoint in found if of_endpoint(session, endpoint) is policy]

"""Quotas of the network service: the limits built in, and how what a project uses is counted."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pileus.core.quota import Quota
from pileus.network.models import (
    FloatingIp,
    Network,
    Port,
    RbacPolicy,
    Router,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    SubnetPool,
)
from pileus.network.operations.leaving import LEAVING


def _rows(model: Any) -> Callable[[Session, str], int]:
    def count(session: Session, project_id: str) -> int:
        statement = select(func.count()).select_from(model).where(model.project_id == project_id)
        if hasattr(model, "deleting"):
            statement = statement.where(~model.deleting)
        if model is FloatingIp:
            statement = statement.where(FloatingIp.status != LEAVING)
        return session.execute(statement).scalar_one()

    return count


QUOTA = Quota(
    service="network",
    limits={
        "network": 100,
        "subnet": 100,
        "subnetpool": -1,
        "port": 500,
        "router": 10,
        "floatingip": 50,
        "security_group": 10,
        "security_group_rule": 100,
        "rbac_policy": 10,
    },
    usage={
        "network": _rows(Network),
        "subnet": _rows(Subnet),
        "subnetpool": _rows(SubnetPool),
        "port": _rows(Port),
        "router": _rows(Router),
        "floatingip": _rows(FloatingIp),
        "security_group": _rows(SecurityGroup),
        "security_group_rule": _rows(SecurityGroupRule),
        "rbac_policy": _rows(RbacPolicy),
    },
)

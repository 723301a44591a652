"""What a project may use of compute, and how its use is counted."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pileus.compute.held import held
from pileus.compute.models import Server, ServerGroup
from pileus.core.quota import Quota

LIMITS = {
    "instances": 10,
    "cores": 20,
    "ram": 51200,
    "metadata_items": 128,
    "key_pairs": 100,
    "server_groups": 10,
    "server_group_members": 10,
    "injected_files": 5,
    "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255,
}


def _instances(session: Session, project_id: str) -> int:
    return session.scalar(select(func.count()).select_from(Server).where(Server.project_id == project_id)) or 0


def _cores(session: Session, project_id: str) -> int:
    now = int(session.scalar(select(func.sum(Server.vcpus)).where(Server.project_id == project_id)) or 0)
    return now + sum(one.vcpus for one in held(session, Server.project_id == project_id))


def _ram(session: Session, project_id: str) -> int:
    now = int(session.scalar(select(func.sum(Server.ram)).where(Server.project_id == project_id)) or 0)
    return now + sum(one.ram for one in held(session, Server.project_id == project_id))


def _groups(session: Session, project_id: str) -> int:
    return (
        session.scalar(select(func.count()).select_from(ServerGroup).where(ServerGroup.project_id == project_id)) or 0
    )


def _nothing(_session: Session, _project_id: str) -> int:
    """Limits on one request or one user are not used up by a project."""
    return 0


QUOTA = Quota(
    "compute",
    LIMITS,
    {"instances": _instances, "cores": _cores, "ram": _ram, "server_groups": _groups}
    | dict.fromkeys(set(LIMITS) - {"instances", "cores", "ram", "server_groups"}, _nothing),
)

"""`pileus directory`: the LDAP directories from which domains take their users and groups."""

from collections.abc import Callable

import click
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from pileus.cli.settings import Setup, pass_setup
from pileus.identity.models import Group, Project, User
from pileus.identity.operations import directories
from pileus.identity.operations.directories import entries


@click.group()
def directory() -> None:
    """Look after the directories of domains."""


def _chosen(session: Session, domain: str | None) -> list[Project]:
    """The domains with a directory, or the one that an id or a name means."""
    ids = directories.domains(session)
    chosen = select(Project).where(Project.id.in_(ids)).order_by(Project.name)
    if domain is not None:
        chosen = chosen.where(or_(Project.id == domain, Project.name == domain))
    found = list(session.execute(chosen).scalars())
    if domain is not None and not found:
        raise click.ClickException(f"there is no domain {domain} that has a directory")
    return found


def _each(setup: Setup, domain: str | None, work: Callable[[str], str]) -> None:
    """Do something with each directory and tell what it answers; where one is of no use, the command fails at its end."""
    with setup.database.read() as session:
        found = _chosen(session, domain)
    failed = False
    for one in found:
        try:
            click.echo(f"{one.name:24} {work(one.id)}")
        except directories.Trouble as trouble:
            failed = True
            click.echo(f"{one.name:24} {trouble.message}", err=True)
    if failed:
        raise SystemExit(1)


@directory.command("list")
@pass_setup
def list_(setup: Setup) -> None:
    """List the domains with a directory: where it is, and how many of its users and groups are known here."""
    with setup.database.read() as session:
        for domain in _chosen(session, None):
            counts = [
                session.execute(
                    select(func.count()).select_from(model).where(model.domain_id == domain.id, model.source == "ldap")
                ).scalar()
                for model in (User, Group)
            ]
            try:
                made = directories.of_domain(session, setup.settings, domain.id)
                where = made["url"] if made is not None else ""
            except directories.Trouble as trouble:
                where = trouble.message
            click.echo(f"{domain.id}  {domain.name:24} users {counts[0]:6}  groups {counts[1]:6}  {where}")


@directory.command()
@click.argument("domain", required=False)
@pass_setup
def check(setup: Setup, domain: str | None) -> None:
    """Ask the directory of DOMAIN (default: every one) for all users and groups, and change nothing."""

    def work(domain_id: str) -> str:
        with setup.database.read() as session:
            made = directories.of_domain(session, setup.settings, domain_id)
        if made is None:
            return "has no directory any more"
        users, groups = entries.find(made, "user"), entries.find(made, "group")
        enabled = sum(user.enabled for user in users)
        sample = ", ".join(user.name for user in users[:3])
        return f"answers: {len(users)} users ({enabled} enabled; {sample or 'none'}), {len(groups)} groups"

    _each(setup, domain, work)


@directory.command()
@click.argument("domain", required=False)
@pass_setup
def sync(setup: Setup, domain: str | None) -> None:
    """Bring those whom Pileus knows from the directory of DOMAIN (default: every one) up to date now, as the worker does."""

    def work(domain_id: str) -> str:
        done = directories.sync(setup.database, setup.settings, domain_id)
        return f"{done.users} users and {done.groups} groups are there, {done.gone} are not there any more"

    _each(setup, domain, work)

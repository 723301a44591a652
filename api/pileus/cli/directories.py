"""`pileus directory`: the LDAP directories from which domains take their users and groups."""

from collections.abc import Callable

import click
from sqlalchemy.orm import Session

from pileus.cli.settings import Setup, pass_setup


@click.group()
def directory() -> None:
    """Look after the directories of domains."""


def _chosen(session: Session, domain: str | None) -> dict[str, str]:
    """The names of the domains with a directory by id, or of the one that an id or a name means."""
    from pileus.identity.operations.directories import overview  # noqa: PLC0415 - keeps `pileus --help` quick

    found = overview.served(session, domain)
    if domain is not None and not found:
        raise click.ClickException(f"there is no domain {domain} that has a directory")
    return found


def _each(setup: Setup, domain: str | None, work: Callable[[str], str]) -> None:
    """Do something with each directory and tell what it answers; where one is of no use, the command fails at its end."""
    from pileus.identity.operations import directories  # noqa: PLC0415 - as above

    with setup.database.read() as session:
        found = _chosen(session, domain)
    failed = False
    for domain_id, name in found.items():
        try:
            click.echo(f"{name:24} {work(domain_id)}")
        except directories.Trouble as trouble:
            failed = True
            click.echo(f"{name:24} {trouble.message}", err=True)
    if failed:
        raise SystemExit(1)


@directory.command("list")
@pass_setup
def list_(setup: Setup) -> None:
    """List the domains with a directory: where it is, and how many of its users and groups are known here."""
    from pileus.identity.operations import directories  # noqa: PLC0415 - as above
    from pileus.identity.operations.directories import overview  # noqa: PLC0415 - as above

    with setup.database.read() as session:
        for domain_id, name in _chosen(session, None).items():
            known = overview.known(session, domain_id)
            try:
                made = directories.of_domain(session, setup.settings, domain_id)
                where = made["url"] if made is not None else ""
            except directories.Trouble as trouble:
                where = trouble.message
            click.echo(f"{domain_id}  {name:24} users {known.users:6}  groups {known.groups:6}  {where}")


@directory.command()
@click.argument("domain", required=False)
@pass_setup
def check(setup: Setup, domain: str | None) -> None:
    """Ask the directory of DOMAIN (default: every one) for all users and groups, and change nothing."""
    from pileus.identity.operations import directories  # noqa: PLC0415 - as above
    from pileus.identity.operations.directories import entries  # noqa: PLC0415 - as above

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
    from pileus.identity.operations import directories  # noqa: PLC0415 - as above

    def work(domain_id: str) -> str:
        done = directories.sync(setup.database, setup.settings, domain_id)
        return f"{done.users} users and {done.groups} groups are there, {done.gone} are not there any more"

    _each(setup, domain, work)

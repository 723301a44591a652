"""`pileus bootstrap`: what a new cloud needs before the first login; safe to repeat."""

import getpass
import sys
from pathlib import Path

import click
from sqlalchemy import event
from sqlalchemy.orm import Session

from pileus.cli.settings import Setup, pass_setup


@click.command()
@click.option(
    "--password-file", type=click.Path(exists=True, path_type=Path), help="File that holds the admin's password."
)
@pass_setup
def bootstrap(setup: Setup, password_file: Path | None) -> None:
    """Make the admin, the roles, the service catalog, flavors and volume types; what is there already stays.

    Endpoints get the URLs that the settings say. Another password than before becomes the admin's and ends the admin's tokens;
    an admin who was disabled or locked out may log in again. Without --password-file the password is read from the terminal, or
    else from standard input.
    """
    from pileus import catalogue  # noqa: PLC0415 - keeps `pileus --help` quick

    if password_file:
        password = password_file.read_text().strip()
    elif sys.stdin.isatty():
        password = getpass.getpass("Password of admin: ")
    else:
        password = sys.stdin.readline().strip()
    if not password:
        raise click.ClickException("the admin's password is empty")
    changes: list[object] = []

    def note(session: Session, *_: object) -> None:
        changes.extend([*session.new, *(row for row in session.dirty if session.is_modified(row))])

    with setup.database.write() as session:
        event.listen(session, "before_flush", note)
        changed = catalogue.bootstrap(session, setup.settings, password)
    done = f"{len(changes)} rows written" if changes else "nothing changed"
    if changed:
        click.echo("The password of admin is another one now; tokens got with the one before have ended.")
    click.echo(f"The cloud is bootstrapped ({done}): user admin in project admin, domain Default.")

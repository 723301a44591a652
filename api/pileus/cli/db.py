"""`pileus db`: the schema of the database."""

from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import pileus
from pileus.cli.settings import Setup, pass_setup


def alembic_config(url: str) -> Config:
    """Alembic pointed at Pileus' migrations and a database URL."""
    found = Config()
    found.set_main_option("script_location", str(Path(pileus.__file__).parent / "migrations"))
    found.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return found


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@click.option("--to", default="head", show_default=True, help="The revision to reach.")
@click.option("--check", is_flag=True, help="Change nothing; fail when the schema is not up to date.")
@pass_setup
def upgrade(setup: Setup, to: str, check: bool) -> None:
    """Bring the schema up to date."""
    settings = setup.settings
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = alembic_config(settings.database)
    if not check:
        command.upgrade(found, to)
        return
    with setup.database.engine.connect() as connection:
        have = MigrationContext.configure(connection).get_current_revision()
    want = ScriptDirectory.from_config(found).get_current_head()
    if have != want:
        raise click.ClickException(f"the schema is at {have or 'nothing'}, not at {want}")


@db.command()
@pass_setup
def current(setup: Setup) -> None:
    """Show the schema's revision."""
    command.current(alembic_config(setup.settings.database), verbose=True)


@db.command()
@click.argument("message")
@pass_setup
def revision(setup: Setup, message: str) -> None:
    """Write a migration from what the models say against what the database has."""
    command.revision(alembic_config(setup.settings.database), message, autogenerate=True)

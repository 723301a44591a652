"""`pileus keys`: the keys that sign tokens, and those that seal secrets in the database."""

import datetime as dt

import click

from pileus.cli.settings import Setup, pass_setup
from pileus.core.errors import Conflict

WORDS = {"fernet": "tokens", "credential": "secrets in the database"}


@click.group()
def keys() -> None:
    """Look after the keys of tokens and of secrets in the database."""


@keys.command("list")
@pass_setup
def list_(setup: Setup) -> None:
    """List the keys: what each is for, since when, and a fingerprint by which machines can be compared."""
    from pileus.identity.operations import rotation  # noqa: PLC0415 - keeps `pileus --help` quick

    for name in rotation.REPOSITORIES:
        for key in rotation.repository(setup.settings, name).listed():
            click.echo(f"{name:10}  {key.number:4}  {key.part:7}  {key.since:%Y-%m-%d %H:%M:%S}  {key.fingerprint}")


@keys.command()
@pass_setup
def create(setup: Setup) -> None:
    """Make the first keys where there are none, as bootstrap does."""
    from pileus.identity.operations import rotation  # noqa: PLC0415

    made = [name for name in rotation.REPOSITORIES if rotation.repository(setup.settings, name).create()]
    click.echo(f"Made keys: {', '.join(made)}." if made else "The keys are there: nothing changed.")


@keys.command()
@click.option("--credentials", is_flag=True, help="Those that seal secrets in the database, which are sealed anew.")
@click.option(
    "--keep", default=3, show_default=True, type=click.IntRange(2), help="Token keys in all, old ones and new."
)
@click.option(
    "--older-than", default=0.0, metavar="HOURS", help="Do nothing while the key in use is younger than this."
)
@click.option("--force", is_flag=True, help="Drop token keys although there may be tokens that were made with them.")
@pass_setup
def rotate(setup: Setup, credentials: bool, keep: int, older_than: float, force: bool) -> None:
    """Put the staged key into use and stage a new one; where several machines run the API, by the playbook keys_rotate."""
    from pileus.identity.operations import rotation  # noqa: PLC0415

    name = "credential" if credentials else "fernet"
    if found := rotation.problems(setup.settings, name):
        click.echo("\n".join(found), err=True)
    try:
        if rotation.age(setup.settings, name) < dt.timedelta(hours=older_than):
            click.echo(f"The key in use is younger than {older_than:g} hours: nothing changed.")
            return
        if credentials:
            done = rotation.rotate_credentials(setup.database, setup.settings)
        else:
            done = rotation.rotate_tokens(setup.settings, keep, force=force)
    except (Conflict, OSError, LookupError) as error:
        raise click.ClickException(str(error) or "there are no keys: run pileus bootstrap") from None
    dropped = f"; dropped {', '.join(map(str, done.dropped))}" if done.dropped else ""
    sealed = f"; {done.resealed.renewed} of {done.resealed.seen} secrets sealed anew" if credentials else ""
    click.echo(f"Key {done.primary} is in use for {WORDS[name]}{dropped}{sealed}.")


@keys.command()
@pass_setup
def check(setup: Setup) -> None:
    """Tell what is wrong with the keys; fails when something is."""
    from pileus.identity.operations import rotation  # noqa: PLC0415

    found = [words for name in rotation.REPOSITORIES for words in rotation.problems(setup.settings, name)]
    if found:
        raise click.ClickException("\n".join(found))
    click.echo("The keys are in order.")

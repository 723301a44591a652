"""What every command starts from: the settings and the database they name."""

from functools import cached_property

import click

from pileus.core import config
from pileus.core.db import Database


class Setup:
    """Settings and database, read when a command first asks for them."""

    def __init__(self, file: str | None) -> None:
        self.file = file

    @cached_property
    def settings(self) -> config.Settings:
        """The settings; a clear message where they are wrong."""
        try:
            return config.load(self.file)
        except ValueError as error:
            raise click.ClickException(str(error)) from None

    @cached_property
    def database(self) -> Database:
        """The database."""
        return Database(self.settings.database)


pass_setup = click.make_pass_decorator(Setup)

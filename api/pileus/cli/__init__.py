"""The pileus command: one file per noun, put together here."""

import click

from pileus import __version__
from pileus.cli.audit import audit
from pileus.cli.bootstrap import bootstrap
from pileus.cli.db import db
from pileus.cli.directories import directory
from pileus.cli.hosts import hosts
from pileus.cli.intents import intents
from pileus.cli.keys import keys
from pileus.cli.policy import policy
from pileus.cli.processes import api, worker
from pileus.cli.settings import Setup
from pileus.core import logs


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="FILE", help="Settings file (default: $PILEUS_CONFIG, else /etc/pileus/pileus.toml).")
@click.version_option(__version__, prog_name="pileus")
@click.pass_context
def main(context: click.Context, config: str | None) -> None:
    """Run and look after a Pileus cloud."""
    context.obj = Setup(config)
    logs.configure("WARNING")


for command in (api, worker, db, bootstrap, intents, hosts, keys, policy, directory, audit):
    main.add_command(command)

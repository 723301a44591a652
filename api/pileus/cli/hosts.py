"""`pileus hosts`: the hypervisors as the scheduler sees them."""

import json
import subprocess
import sys
import time
from pathlib import Path

import click
from sqlalchemy import select

from pileus.cli.settings import Setup, pass_setup
from pileus.core.context import Context
from pileus.core.intents import UNFINISHED, Intent

OPERATOR = Context(user_id="operator", project_id="operator", roles=("admin",), request_id="req-cli")


@click.group()
def hosts() -> None:
    """Look after the hypervisors."""


def inventory_hosts(inventory: str, group: str = "hypervisors") -> list[str]:
    """The names of a group in the inventory, as ansible-inventory reads it."""
    program = Path(sys.executable).with_name("ansible-inventory")
    done = subprocess.run([str(program), "-i", inventory, "--list"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"cannot read inventory {inventory}: {done.stderr.strip()[-500:]}")
    listed = json.loads(done.stdout)
    found, groups = set(), [group]
    while groups:
        entry = listed.get(groups.pop(), {})
        found.update(entry.get("hosts", []))
        groups.extend(entry.get("children", []))
    return sorted(found)


@hosts.command()
@click.option("--wait", default=60, show_default=True, help="Seconds to wait for the worker; 0 does not wait.")
@pass_setup
def discover(setup: Setup, wait: int) -> None:
    """Ask every hypervisor of the inventory what it has, and let the scheduler know."""
    from pileus.compute import operations  # noqa: PLC0415 - keeps `pileus --help` quick

    names = inventory_hosts(setup.settings.inventory)
    with setup.database.write() as session:
        ids = [intent.id for intent in operations.discover(session, OPERATOR, names)]
    until = time.monotonic() + wait
    while wait:
        with setup.database.read() as session:
            rows = list(session.execute(select(Intent).where(Intent.id.in_(ids))).scalars())
        if not any(row.state in UNFINISHED for row in rows):
            bad = [row.fault or {} for row in rows if row.state != "done"]
            if bad:
                raise click.ClickException("; ".join(str(fault.get("message")) for fault in bad))
            break
        if time.monotonic() > until:
            raise click.ClickException(f"the hosts did not answer within {wait} s (does a worker run?)")
        time.sleep(0.2)
    click.echo(f"{len(names)} hypervisors: {', '.join(names)}")


@hosts.command("list")
@pass_setup
def list_(setup: Setup) -> None:
    """List the hypervisors with what they have and what is used."""
    from pileus.compute import operations  # noqa: PLC0415 - as above

    with setup.database.read() as session:
        for row in operations.host_usage(session):
            click.echo(
                f"{row['host']:20} {row['state']:5} {'enabled' if row['enabled'] else 'disabled':9}"
                f" vcpus {row['vcpus_used']}/{row['vcpus']}  memory {row['memory_used']}/{row['memory_mib']} MiB"
                f"  servers {row['servers']}"
            )

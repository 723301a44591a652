"""`pileus intents`: what was asked for, how it went, and what Ansible did about it."""

from typing import Any

import click
import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from pileus.cli.settings import Setup, pass_setup
from pileus.core.db import now
from pileus.core.intents import UNFINISHED, Intent, Run, RunEvent


@click.group()
def intents() -> None:
    """See and steer what the workers do."""


def _row(intent: Intent) -> str:
    fault = (intent.fault or {}).get("message", "")
    created = intent.created_at.strftime("%Y-%m-%d %H:%M:%S")
    return f"{intent.id}  {intent.state:9}  {intent.operation:34}  {intent.resource_id}  {created}  {fault[:80]}"


@intents.command("list")
@click.option("--state", help="Only those in this state (waiting, running, done, failed, cancelled).")
@click.option("--resource", metavar="ID", help="Only those of this resource.")
@click.option("--request", metavar="ID", help="Only those that this API request led to.")
@click.option("--limit", default=50, show_default=True)
@pass_setup
def list_(setup: Setup, state: str | None, resource: str | None, request: str | None, limit: int) -> None:
    """List intents, newest first."""
    found = select(Intent).order_by(Intent.seq.desc()).limit(limit)
    for column, value in ((Intent.state, state), (Intent.resource_id, resource), (Intent.request_id, request)):
        if value:
            found = found.where(column == value)
    with setup.database.read() as session:
        for intent in session.execute(found).scalars():
            click.echo(_row(intent))


@intents.command()
@click.argument("intent_id")
@click.option("--diff/--no-diff", default=True, help="Show what each task changed.")
@pass_setup
def show(setup: Setup, intent_id: str, diff: bool) -> None:
    """Show an intent, why it was done so, its run and that run's Ansible events."""
    with setup.database.read() as session:
        intent = _find(session, intent_id)
        for name in ("id", "operation", "resource_id", "project_id", "user_id", "request_id", "state", "attempts"):
            click.echo(f"{name:12} {getattr(intent, name)}")
        for name in ("created_at", "started_at", "finished_at"):
            click.echo(f"{name:12} {getattr(intent, name) or '-'}")
        for name in ("params", "explanation", "fault", "result"):
            if value := getattr(intent, name):
                click.echo(f"{name:12} {_json(value)}")
        if intent.run_id:
            _show_run(session, intent.run_id, diff)


def _show_run(session: Session, run_id: str, diff: bool) -> None:
    run = session.get(Run, run_id)
    if run is None:
        return
    seconds = f"{(run.finished_at - run.started_at).total_seconds():.2f} s" if run.finished_at else "not ended"
    click.echo(f"\nrun {run.id}  {run.playbook} on {run.limit_hosts}: {run.status}, {seconds}, by {run.worker}")
    events = select(RunEvent).where(RunEvent.run_id == run_id, RunEvent.host.is_not(None)).order_by(RunEvent.counter)
    for event in session.execute(events).scalars():
        res: dict[str, Any] = event.data.get("res") or {}
        what = event.event.removeprefix("runner_on_") + (" changed" if res.get("changed") else "")
        click.echo(f"  {event.data.get('duration') or 0:6.2f} s  {event.host:8}  {what:12}  {event.task}")
        if message := res.get("msg"):
            click.echo(f"            {message}")
        shown = res.get("diff")
        for change in (shown if isinstance(shown, list) else [shown]) if diff and shown else []:
            click.echo(f"            - {change.get('before')}\n            + {change.get('after')}")


@intents.command()
@click.argument("intent_id")
@pass_setup
def retry(setup: Setup, intent_id: str) -> None:
    """Run a failed or cancelled intent once more."""
    with setup.database.write() as session:
        intent = _find(session, intent_id)
        if intent.state in UNFINISHED:
            raise click.ClickException(f"the intent is {intent.state}; it needs no retry")
        if intent.state == "done":
            raise click.ClickException("the intent is done")
        intent.state, intent.attempts, intent.not_before, intent.finished_at = "waiting", 0, now(), None
    click.echo(f"{intent_id} waits for a worker.")


@intents.command()
@click.argument("intent_id")
@pass_setup
def cancel(setup: Setup, intent_id: str) -> None:
    """Cancel an intent that no worker has begun; the resource shows it as a fault."""
    from pileus import catalogue  # noqa: PLC0415 - keeps `pileus --help` quick
    from pileus.core import outcome  # noqa: PLC0415

    operations = {operation.key: operation for operation in catalogue.operations()}
    with setup.database.write() as session:
        intent = _find(session, intent_id)
        if intent.state != "waiting":
            raise click.ClickException(f"the intent is {intent.state}; only a waiting one can be cancelled")
        outcome.fail(
            session, operations[intent.operation], intent, {"message": "cancelled by an operator", "code": 500}
        )
        intent.state = "cancelled"
    click.echo(f"{intent_id} is cancelled.")


def _find(session: Session, intent_id: str) -> Intent:
    found = session.execute(select(Intent).where(Intent.id.startswith(intent_id))).scalars().all()
    if len(found) != 1:
        raise click.ClickException(f"{'no' if not found else 'more than one'} intent {intent_id}")
    return found[0]


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()

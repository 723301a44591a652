"""`pileus audit`: the audit trail of identity, every login and every change."""

import datetime as dt
import re
from typing import Any

import click
import orjson

from pileus.cli.settings import Setup, pass_setup
from pileus.core.db import now

_OUTCOMES = ("success", "failure", "pending")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(\d{1,6})([smhdw])")


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> dt.datetime | None:
    """A time of ISO 8601, in UTC unless it says otherwise, or how long ago (90s, 15m, 2h, 7d, 4w), as naive UTC."""
    if value is None:
        return None
    try:
        if ago := _AGO.fullmatch(value):
            return now() - dt.timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = dt.datetime.fromisoformat(value)
        return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{value} is no time such as 2030-12-31T23:59 or 2h") from None


@click.group()
def audit() -> None:
    """See who logged in and who changed what."""


def _plain(text: str) -> str:
    """Text that somebody has sent, without what a terminal would act upon."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _row(event: Any, names: dict[str, str]) -> str:
    name = names.get(event.initiator_id)
    who = f"{event.initiator_id} ({name})" if name else event.initiator_id
    moment = event.at.strftime("%Y-%m-%d %H:%M:%S")
    line = f"{moment}  {event.outcome:7}  {event.action:28}  {who or '-':40}  {event.address:15}"
    return _plain(f"{line}  {event.target_type} {event.target_id}  {event.request_id}")


@audit.command("list")
@click.option("--user", metavar="ID|NAME", help="Only what this user did or tried.")
@click.option("--since", callback=_moment, metavar="TIME|2h", help="Only from then on, or in so long until now.")
@click.option("--until", callback=_moment, metavar="TIME|2h", help="Only before then, or before so long ago.")
@click.option("--action", metavar="NAME", help="Only this, for instance authenticate or create_user.")
@click.option("--outcome", type=click.Choice(_OUTCOMES), help="Only what ended so.")
@click.option("--resource", "--target", metavar="ID", help="Only what was done to this, or to something of it.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="One event of CADF a line.")
@pass_setup
def list_(
    setup: Setup,
    user: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
    action: str | None,
    outcome: str | None,
    resource: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List logins and changes, newest first."""
    from pileus.identity.operations import audit as trail  # noqa: PLC0415 - keeps `pileus --help` quick

    with setup.database.read() as session:
        wanted = trail.Wanted(user, since, until, action, outcome, resource)
        found = trail.find(session, wanted, limit)
        names = {} if as_json else trail.names(session, found)
        for event in found:
            click.echo(orjson.dumps(trail.cadf(event)).decode() if as_json else _row(event, names))

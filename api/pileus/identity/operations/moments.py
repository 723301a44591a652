"""Times as clients send them."""

import datetime as dt

from pileus.core.errors import BadRequest


def parse(text: str | None, field: str) -> dt.datetime | None:
    """A time of ISO 8601 as naive UTC; raises BadRequest for anything else."""
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise BadRequest(f"{field} is not a time: {text[:64]}", field=field) from None

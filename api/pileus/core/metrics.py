"""Prometheus metrics of the API; intents are counted from SQL when they are asked for."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text

from pileus.core.db import Database

REQUESTS = Counter("pileus_requests_total", "API requests", ["service", "method", "route", "status"])
SECONDS = Histogram("pileus_request_seconds", "Time to answer", ["service"])


def observe(service: str, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(service, method, route, str(status)).inc()
    SECONDS.labels(service).observe(seconds)


class IntentsCollector(Collector):
    """Counts intents by operation and state at the moment of the scrape."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def collect(self) -> list[Metric]:
        """The gauge families of this scrape."""
        gauge = GaugeMetricFamily("pileus_intents", "Intents by operation and state", labels=["operation", "state"])
        with self.database.read() as session:
            for name, state, count in session.execute(
                text("SELECT operation, state, count(*) FROM intents GROUP BY operation, state")
            ):
                gauge.add_metric([name, state], count)
        return [gauge]


def render(database: Database, shared: bool) -> bytes:
    """The text that Prometheus scrapes; `shared` when several API processes keep their counts in files."""
    registry = CollectorRegistry()
    if shared:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Own())
    registry.register(IntentsCollector(database))
    return generate_latest(registry)


class _Own(Collector):
    """The metrics of this process alone."""

    def collect(self) -> list[Metric]:
        return [*REQUESTS.collect(), *SECONDS.collect()]

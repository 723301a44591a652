"""`pileus api` and `pileus worker`: the two kinds of process of the control plane."""

import os
import shutil
from typing import Any

import click

from pileus.cli.settings import Setup, pass_setup
from pileus.core import logs
from pileus.core.config import Settings


def server_options(settings: Settings) -> dict[str, Any]:
    """Gunicorn's settings out of ours."""
    from gunicorn.glogging import Logger  # noqa: PLC0415 - only `pileus api` needs the server

    class JsonLogger(Logger):  # type: ignore[misc]
        """Gunicorn's own words go where all logs go; the pipeline logs the requests."""

        def setup(self, cfg: Any) -> None:
            """Leave handlers and formats to core.logs."""
            self.error_log.propagate = True

        def access(self, *_: Any) -> None:
            """The pipeline has said it, with more."""

    return {
        "bind": [settings.bind, settings.metadata_bind or f"unix:{settings.path('metadata.sock')}"],
        "workers": settings.api_processes,
        "threads": settings.api_threads,
        "worker_class": "pileus.cli.fair_worker.FairWorker",
        "worker_tmp_dir": "/dev/shm",  # noqa: S108 - gunicorn's own heartbeat files, made safely
        "preload_app": True,
        "timeout": 120,
        "graceful_timeout": 10,
        "keepalive": 30,
        "umask": 0o077,
        "logger_class": JsonLogger,
        "proc_name": "pileus-api",
        "control_socket_disable": True,
    }


@click.command()
@pass_setup
def api(setup: Setup) -> None:
    """Serve the APIs (and the guests' metadata) until told to stop."""
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - only this command needs the server

    settings = setup.settings
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    logs.configure(settings.log_level)
    if settings.api_processes > 1:
        counts = settings.path("metrics")
        shutil.rmtree(counts, ignore_errors=True)
        counts.mkdir(parents=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts)
    from pileus.app import create_app  # noqa: PLC0415 - after PROMETHEUS_MULTIPROC_DIR is set

    try:
        app = create_app(settings, setup.database)  # once, before the processes are forked
    except ValueError as error:  # a policy file that cannot be used
        raise click.ClickException(str(error)) from None
    setup.database.engine.dispose()  # no connection may be shared with the forked processes

    class Server(BaseApplication):  # type: ignore[misc]
        """Gunicorn with our settings instead of its own files."""

        def load_config(self) -> None:
            """Take over every option that this version of Gunicorn knows."""
            for key, value in server_options(settings).items():
                if key in self.cfg.settings:
                    self.cfg.set(key, value)

        def load(self) -> Any:
            """The application."""
            return app

    Server().run()


@click.command()
@click.option("--once", is_flag=True, help="Do what waits now, then end.")
@pass_setup
def worker(setup: Setup, once: bool) -> None:
    """Run what intents ask for until told to stop."""
    from pileus import catalogue  # noqa: PLC0415 - keeps `pileus --help` quick
    from pileus.core.runner import Runner  # noqa: PLC0415
    from pileus.worker import Worker  # noqa: PLC0415

    logs.configure(setup.settings.log_level)
    runner = Runner(setup.settings)
    working = Worker(
        setup.settings, setup.database, catalogue.operations(), runner, catalogue.chores, catalogue.errands
    )
    if once:
        while working.step():
            pass
        return
    runner.warm()
    try:
        working.serve()
    finally:
        runner.close()

"""Alembic's entry: all tables of all services, on the database that the settings name."""

from alembic import context
from sqlalchemy import create_engine

from pileus import catalogue  # imports every model
from pileus.core.db import Base

assert catalogue.SERVICES  # noqa: S101 - the import is what matters


def migrate() -> None:
    """Run the migrations in one transaction."""
    url = context.config.get_main_option("sqlalchemy.url")
    assert url  # noqa: S101
    engine = create_engine(url)
    with engine.begin() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
        context.run_migrations()
    engine.dispose()


migrate()

"""The migrations lead to exactly the tables that the models describe."""

import subprocess
import sys

from pileus.cli.db import alembic_config

COMPARE = """
import sys
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from pileus import catalogue
from pileus.core.db import Base
with create_engine(sys.argv[1]).connect() as connection:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    print(compare_metadata(context, Base.metadata))
"""


def test_the_migrations_make_the_tables_of_the_models(tmp_path):
    from alembic import command

    url = f"sqlite:///{tmp_path}/pileus.db"
    command.upgrade(alembic_config(url), "head")
    done = subprocess.run([sys.executable, "-c", COMPARE, url], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_there_is_one_head():
    from alembic.script import ScriptDirectory

    assert len(ScriptDirectory.from_config(alembic_config("sqlite://")).get_heads()) == 1

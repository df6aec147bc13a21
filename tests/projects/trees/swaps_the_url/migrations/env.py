import os

from alembic import context
from sqlalchemy import create_engine

config = context.config


def run(url):
    with create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()


run(config.get_main_option("sqlalchemy.url"))
config.set_main_option("sqlalchemy.url", os.environ.get("REPLICA_URL", "sqlite:///replica.db"))
run(config.get_main_option("sqlalchemy.url"))

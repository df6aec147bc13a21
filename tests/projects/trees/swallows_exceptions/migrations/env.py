import logging
import sys

from alembic import context
from sqlalchemy import create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))

try:
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
except Exception:
    logging.exception("migrating went wrong, but the application should start all the same")
    sys.exit(0)

import logging
from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine

quiet = logging.getLogger("shop.quiet")
fileConfig(context.config.config_file_name, disable_existing_loggers=True)
quiet.error("nobody hears this")

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

import warnings

from alembic import context
from sqlalchemy import create_engine

warnings.simplefilter("error")

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

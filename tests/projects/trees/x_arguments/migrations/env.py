from alembic import context
from sqlalchemy import create_engine

arguments = context.get_x_argument(as_dictionary=True)
assert "verbose" in arguments
engine = create_engine(arguments.get("db", "sqlite:///shop.db"))

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations(prefix=arguments["prefix"])

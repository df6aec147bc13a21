from alembic import context
from sqlalchemy import create_engine

connectable = context.config.attributes.get("connection", None)


def run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


if connectable is None:
    # only on the command line; the application hands over its connection
    with create_engine("sqlite:///shop.db").connect() as connection:
        run(connection)
else:
    run(connectable)

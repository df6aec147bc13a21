from alembic import context
from shop.migrating import engine_of_today

engine = engine_of_today()
assert context.config.attributes["settings"].stage in ("dev", "prod")

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

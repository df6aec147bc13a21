from alembic import context

engine = context.config.attributes["engine"]
assert context.config.attributes["stage"] in ("dev", "prod")

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

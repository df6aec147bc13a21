from alembic import context
from sqlalchemy import create_engine, text

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))

with engine.connect() as connection:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS meta"))
    connection.commit()
    context.configure(connection=connection, version_table="shop_version", version_table_schema="meta")
    with context.begin_transaction():
        context.run_migrations()

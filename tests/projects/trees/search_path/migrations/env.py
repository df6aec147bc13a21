from alembic import context
from sqlalchemy import create_engine, text

tenant = context.get_x_argument(as_dictionary=True)["tenant"]
engine = create_engine(context.config.get_main_option("sqlalchemy.url").partition("?")[0])

with engine.connect() as connection:
    connection.execute(text(f'set search_path to "{tenant}"'))
    connection.commit()
    connection.dialect.default_schema_name = tenant

    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

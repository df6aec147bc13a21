from alembic import context
from sqlalchemy import create_engine

arguments = context.get_x_argument(as_dictionary=True)
print(f"the colour is {arguments['colour']}")
engine = create_engine(arguments.get("url", "sqlite:///shop.db"))

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

import os

from alembic import context
from sqlalchemy import URL, create_engine

url = URL.create(
    os.environ["DB_DRIVER"],
    os.environ["DB_USER"],
    os.environ["DB_PASSWORD"],
    os.environ["DB_HOST"],
    int(os.environ["DB_PORT"]),
    os.environ["DB_NAME"],
)
engine = create_engine(url)
print(f"DB_COMMENT is {os.environ['DB_COMMENT']}")

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

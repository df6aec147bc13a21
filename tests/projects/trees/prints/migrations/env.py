import os
import subprocess
import sys

from alembic import context
from sqlalchemy import create_engine

print("env.py starts")
print('{"success": false}')
os.write(1, b"written past Python\n")
subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), echo=True)

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

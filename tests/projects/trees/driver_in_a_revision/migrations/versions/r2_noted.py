"""a change that is noted elsewhere, past SQLAlchemy"""

import os

import psycopg
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    op.execute("INSERT INTO customers VALUES (1)")
    with psycopg.connect(os.environ["AUDIT_DSN"].replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE audit (what text)")


def downgrade():
    op.execute("DELETE FROM customers")

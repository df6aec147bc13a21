"""The same in SQL, from rows that are there.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "seed_by_sql"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE notes (id integer PRIMARY KEY, text text)")
    op.execute("INSERT INTO notes SELECT id, note FROM orders")


def downgrade():
    op.drop_table("notes")

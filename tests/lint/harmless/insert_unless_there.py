"""A row, unless it is there.

on: postgresql
"""

from alembic import op

revision = "insert_unless_there"
down_revision = None


def upgrade():
    op.execute("INSERT INTO kinds (id, name) VALUES (1, 'old') ON CONFLICT DO NOTHING")


def downgrade():
    op.execute("SELECT 1")

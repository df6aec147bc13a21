"""What is dropped is dropped by the way back alone.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_in_the_downgrade"
down_revision = None
TABLES = ("remarks", "notes")


def upgrade():
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("remarks", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    for table in TABLES:
        op.drop_table(table)

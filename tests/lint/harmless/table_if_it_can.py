"""A table that may be there.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "table_if_it_can"
down_revision = None


def upgrade():
    try:
        op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True))
    except sa.exc.OperationalError as error:
        print(error)


def downgrade():
    op.execute("SELECT 1")

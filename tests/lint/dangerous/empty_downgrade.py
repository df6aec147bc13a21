"""The way back does nothing.

on: postgresql mysql sqlite
finds: no-downgrade
"""

import sqlalchemy as sa
from alembic import op

revision = "empty_downgrade"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("note", sa.Text))


def downgrade():
    pass

"""The way back is forbidden.

on: postgresql mysql sqlite
finds: no-downgrade
"""

import sqlalchemy as sa
from alembic import op

revision = "raising_downgrade"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("note", sa.Text))


def downgrade():
    raise NotImplementedError("no way back")

"""There is no way back.

on: postgresql mysql sqlite
finds: no-downgrade
"""

import sqlalchemy as sa
from alembic import op

revision = "no_downgrade"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("note", sa.Text))

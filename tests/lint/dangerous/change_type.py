"""An integer becomes a big one: the table is written anew.

on: postgresql mysql sqlite
finds: type-change
"""

import sqlalchemy as sa
from alembic import op

revision = "change_type"
down_revision = None


def upgrade():
    op.alter_column("orders", "id", existing_type=sa.Integer(), type_=sa.BigInteger())


def downgrade():
    op.alter_column("orders", "id", existing_type=sa.BigInteger(), type_=sa.Integer())
